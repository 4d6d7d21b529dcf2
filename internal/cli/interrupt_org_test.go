package cli_test

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"flowproof/internal/sandbox"
)

// TestAnOrganizationIsGoneOnWithAsPrinted interrupts a scan of three accounts of which one Region is
// never answered, and types what it says. Meanwhile nobody else gets the checkpoint.
func TestAnOrganizationIsGoneOnWithAsPrinted(t *testing.T) {
	t.Parallel()
	scenario, err := sandbox.ParseScenario([]byte(`
organization: {role: flowproof-read}
accounts: [{id: "111111111111"}, {id: "222222222222"}, {id: "333333333333"}]
`))
	if err != nil {
		t.Fatal(err)
	}
	aws, err := sandbox.New(scenario)
	if err != nil {
		t.Fatal(err)
	}
	defer aws.Close()
	calls := &regionCalls{counts: map[string]int{}}
	answered := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if calls.note(r) == "eu-west-1" {
			<-answered
		}
		aws.ServeHTTP(w, r)
	}))
	defer server.Close()
	dir := t.TempDir()
	checkpoint := filepath.Join(dir, "it's $HOME; today")
	command := func(name string, args ...string) (*exec.Cmd, *bytes.Buffer) {
		var stderr bytes.Buffer
		cmd := exec.CommandContext(t.Context(), name, args...)
		cmd.Dir, cmd.Stderr = dir, &stderr
		cmd.Env = append(os.Environ(), "AWS_ENDPOINT_URL="+server.URL, "AWS_ACCESS_KEY_ID=test", "AWS_SECRET_ACCESS_KEY=test", "AWS_REGION=us-east-1")
		return cmd, &stderr
	}
	args := []string{"scan", "--org", "--region", "eu-west-1,eu-west-2", "--exclude-account", "lab*", "--format", "json", "--output", "scan.json"}

	first, said := command("flowproof", append(args, "--checkpoint", checkpoint)...)
	if err := first.Start(); err != nil {
		t.Fatal(err)
	}
	for readScopes(t, checkpoint) < 3 {
		runtime.Gosched()
	}
	second, refusal := command("flowproof", append(args, "--checkpoint", checkpoint)...)
	if err := second.Run(); second.ProcessState.ExitCode() != 2 {
		t.Errorf("a second run beside the first: exit status %d (%v), want 2", second.ProcessState.ExitCode(), err)
	}
	if want := fmt.Sprintf("is in use by flowproof scan, process %d on ", first.Process.Pid); !strings.Contains(refusal.String(), want) {
		t.Errorf("the second run says %q, want %q", refusal.String(), want)
	}
	if err := first.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	if err := first.Wait(); first.ProcessState.ExitCode() != 130 {
		t.Fatalf("exit status %d (%v), want 130: %s", first.ProcessState.ExitCode(), err, said.String())
	}
	close(answered)
	calls.clear()

	m := regexp.MustCompile(`(?m)^interrupted: 3 of 6 scopes are read whole; to go on: (flowproof .*)$`).FindStringSubmatch(said.String())
	if m == nil {
		t.Fatalf("nothing says how to go on: %q", said.String())
	}
	again, said := command("sh", "-c", m[1])
	if err := again.Run(); again.ProcessState.ExitCode() != 3 { // the default VPCs are not recorded
		t.Fatalf("exit status %d (%v): %s", again.ProcessState.ExitCode(), err, said.String())
	}
	if n := calls.in("eu-west-2"); n != 0 {
		t.Errorf("%d calls to the Region that had been read", n)
	}
	whole, said := command("flowproof", append(args[:len(args)-2], "--quiet")...)
	want, err := whole.Output()
	if whole.ProcessState.ExitCode() != 3 {
		t.Fatalf("exit status %d (%v): %s", whole.ProcessState.ExitCode(), err, said.String())
	}
	got, err := os.ReadFile(filepath.Join(dir, "scan.json"))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(timeless(want), timeless(got)); diff != "" {
		t.Errorf("(-never interrupted +gone on with):\n%s", diff)
	}
}

// readScopes is how many scopes a checkpoint has whole.
func readScopes(t *testing.T, dir string) int {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(dir, "scopes.jsonl"))
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	return len(regexp.MustCompile(`(?m)^\{"type":"facts".*\}\n`).FindAll(raw, -1))
}
