package cli_test

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"flowproof/internal/sandbox"
)

// TestKilledAndGoneOnWith kills the program in the middle of a run, without a warning, and runs it
// again: what was read whole is not read again, and the report is that of a run nobody killed.
func TestKilledAndGoneOnWith(t *testing.T) {
	t.Parallel()
	aws, err := sandbox.New(sandbox.DefaultScenario())
	if err != nil {
		t.Fatal(err)
	}
	defer aws.Close()
	calls := &regionCalls{counts: map[string]int{}}
	killed := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if region := calls.note(r); region == "eu-west-1" { // it is never read before the program is killed
			<-killed
		}
		aws.ServeHTTP(w, r)
	}))
	defer server.Close()
	dir := t.TempDir()
	scan := func(args ...string) *exec.Cmd {
		cmd := exec.CommandContext(t.Context(), "flowproof", append([]string{"scan", "--format", "json"}, args...)...)
		cmd.Env = append(os.Environ(), "AWS_ENDPOINT_URL="+server.URL, "AWS_ACCESS_KEY_ID=test", "AWS_SECRET_ACCESS_KEY=test", "AWS_REGION=us-east-1")
		return cmd
	}

	first := scan("--checkpoint", dir)
	if err := first.Start(); err != nil {
		t.Fatal(err)
	}
	for len(readRegions(t, dir)) < 3 {
		runtime.Gosched()
	}
	if err := first.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	if err := first.Wait(); err == nil {
		t.Error("the program came to its end before it was killed")
	}
	close(killed)
	had := readRegions(t, dir)
	calls.clear()

	var stderr bytes.Buffer
	second := scan("--checkpoint", dir)
	second.Stderr = &stderr
	got, _ := second.Output() // findings make an exit status of 3
	if second.ProcessState.ExitCode() != 3 {
		t.Fatalf("exit status %d: %s", second.ProcessState.ExitCode(), stderr.String())
	}
	for region, n := range calls.counts {
		if had[region] && region != "us-east-1" && n > 0 {
			t.Errorf("%s was read again", region)
		}
	}
	if want := 2 + 2*(17-len(had)); calls.total() != want { // identity and Regions, two lists for each Region that is left
		t.Errorf("%d calls, want %d with %d Regions read before", calls.total(), want, len(had))
	}
	want, _ := scan().Output()
	if diff := cmp.Diff(timeless(want), timeless(got)); diff != "" {
		t.Errorf("(-never killed +gone on with):\n%s", diff)
	}
}

// regionCalls counts calls by the Region that they are signed for.
type regionCalls struct {
	mu     sync.Mutex
	counts map[string]int
}

var signedFor = regexp.MustCompile(`/([a-z]{2}-[a-z]+-\d)/`)

func (c *regionCalls) note(r *http.Request) string {
	c.mu.Lock()
	defer c.mu.Unlock()
	region := ""
	if m := signedFor.FindStringSubmatch(r.Header.Get("Authorization")); m != nil {
		region = m[1]
	}
	c.counts[region]++
	return region
}

func (c *regionCalls) clear() {
	c.mu.Lock()
	defer c.mu.Unlock()
	clear(c.counts)
}

func (c *regionCalls) in(region string) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.counts[region]
}

func (c *regionCalls) total() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	n := 0
	for _, calls := range c.counts {
		n += calls
	}
	return n
}

// readRegions is the Regions that a checkpoint has whole.
func readRegions(t *testing.T, dir string) map[string]bool {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(dir, "scopes.jsonl"))
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	regions := map[string]bool{}
	facts := regexp.MustCompile(`(?m)^\{"type":"facts".*?"region":"([^"]+)".*\}\n`)
	for _, m := range facts.FindAllSubmatch(raw, -1) {
		regions[string(m[1])] = true
	}
	return regions
}

// timeless is a report without what differs from run to run.
func timeless(report []byte) string {
	text := regexp.MustCompile(`"(id|started|finished)": "[^"]*"(,?)\n`).ReplaceAllStringFunc(string(report), func(s string) string {
		if strings.HasPrefix(s, `"id": "vpc-`) {
			return s
		}
		return s[:strings.Index(s, ":")] + ": any\n"
	})
	return regexp.MustCompile(`"calls": \d+`).ReplaceAllString(text, `"calls": any`)
}
