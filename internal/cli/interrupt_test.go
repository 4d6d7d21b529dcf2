package cli_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"

	"flowproof/internal/sandbox"
)

// TestCtrlCReportsWhatWasRead interrupts a scan when every Region but one has been answered:
// what was read is reported, the Region that hangs is a gap, and the exit status is 130.
func TestCtrlCReportsWhatWasRead(t *testing.T) {
	t.Parallel()
	aws, err := sandbox.New(sandbox.DefaultScenario())
	if err != nil {
		t.Fatal(err)
	}
	defer aws.Close()
	var calls sync.WaitGroup
	calls.Add(36) // identity, Regions, and two lists in each of 17 Regions
	ended := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.Contains(r.Header.Get("Authorization"), "/eu-west-1/") {
			calls.Done()
			<-ended
			return
		}
		aws.ServeHTTP(w, r)
		calls.Done()
	}))
	defer server.Close()
	defer close(ended)

	var stdout, stderr bytes.Buffer
	cmd := exec.CommandContext(t.Context(), "flowproof", "scan", "--format", "json", "--rule", "vpc-flow-log-check")
	cmd.Env = append(os.Environ(), "AWS_ENDPOINT_URL="+server.URL, "AWS_ACCESS_KEY_ID=test", "AWS_SECRET_ACCESS_KEY=test", "AWS_REGION=us-east-1")
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	calls.Wait()
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); cmd.ProcessState.ExitCode() != 130 {
		t.Fatalf("exit status %d (%v), want 130", cmd.ProcessState.ExitCode(), err)
	}
	want := "interrupted: the next run begins anew; one that can be gone on with: " +
		"flowproof scan --format json --rule vpc-flow-log-check --checkpoint DIR\n"
	if !strings.Contains(stderr.String(), want) {
		t.Errorf("standard error is %q, want %q", stderr.String(), want)
	}
	var document struct {
		Summary struct {
			Complete   bool
			ExitStatus int `json:"exit_status"`
		}
		Ledger []struct {
			Region, Status string
			Gaps           []struct{ Cause string }
		}
	}
	if err := json.Unmarshal(stdout.Bytes(), &document); err != nil {
		t.Fatal(err)
	}
	if document.Summary.Complete || document.Summary.ExitStatus != 130 {
		t.Errorf("summary %+v, want incomplete with exit status 130", document.Summary)
	}
	for _, row := range document.Ledger {
		if row.Region == "eu-west-1" && row.Status != "unread" {
			t.Errorf("eu-west-1 is %s, want unread", row.Status)
		}
		for _, g := range row.Gaps { // an answer may have been on its way in another Region too
			if g.Cause != "interrupted" {
				t.Errorf("%s has a gap for another reason: %s", row.Region, g.Cause)
			}
		}
	}
}
