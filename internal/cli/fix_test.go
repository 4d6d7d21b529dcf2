package cli_test

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"flowproof/internal/sandbox"
)

// twoVPCs is an account in which nothing is recorded; records arrive for one of the VPCs.
const twoVPCs = `
accounts:
  - id: "123456789012"
    default_vpcs: false
    regions:
      eu-west-1: {vpcs: [{id: vpc-0000000000000000a, interfaces: 1}, {id: vpc-0000000000000000b}]}
`

// embedded is the program against an AWS in this process; handle may stand between them.
func embedded(t *testing.T, scenario string, handle func(aws http.Handler) http.Handler) witness {
	t.Helper()
	sc, err := sandbox.ParseScenario([]byte(scenario))
	if err != nil {
		t.Fatal(err)
	}
	aws, err := sandbox.New(sc)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(aws.Close)
	server := httptest.NewServer(handle(aws))
	t.Cleanup(server.Close)
	env := append(os.Environ(), "AWS_ENDPOINT_URL="+server.URL, "AWS_ACCESS_KEY_ID=test", "AWS_SECRET_ACCESS_KEY=test", "AWS_REGION=us-east-1")
	return witness{t: t, dir: t.TempDir(), env: env}
}

func asIs(aws http.Handler) http.Handler { return aws }

var hashInPlan = regexp.MustCompile(`"hash": "sha256:([0-9a-f]{64})"`)

// approval is the --approve of the plan in the witness's folder.
func (w witness) approval() string {
	w.t.Helper()
	raw, err := os.ReadFile(filepath.Join(w.dir, "plan.json"))
	hash := hashInPlan.FindSubmatch(raw)
	if err != nil || hash == nil {
		w.t.Fatalf("no hash in the plan: %v", err)
	}
	return "--approve=" + string(hash[1])
}

// schemaOf compiles a published schema, with the one of scans that others refer to.
func schemaOf(t *testing.T, name string) *jsonschema.Schema {
	t.Helper()
	const base, folder = "https://flowproof.invalid/schema/", "../../docs/schema"
	compiler := jsonschema.NewCompiler()
	compiler.AssertFormat()
	for _, file := range []string{"scan-v1.json", name} {
		raw, err := os.ReadFile(filepath.Join(folder, file))
		if err != nil {
			t.Fatal(err)
		}
		doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(raw))
		if err != nil {
			t.Fatal(err)
		}
		if err := compiler.AddResource(base+file, doc); err != nil {
			t.Fatal(err)
		}
	}
	schema, err := compiler.Compile(base + name)
	if err != nil {
		t.Fatal(err)
	}
	return schema
}

// TestResultsAreWhatTheirSchemasSay goes through everything that apply, verify and rollback write as
// JSON, in a world where part of it fails.
func TestResultsAreWhatTheirSchemasSay(t *testing.T) {
	t.Parallel()
	w := embedded(t, twoVPCs+"faults: [{operation: CreateLogGroup, do: deny, first: 1}]\n", asIs)
	w.run(0, "flowproof", "plan", "--quiet", "--out", "plan.json")
	result, verified := schemaOf(t, "result-v1.json"), schemaOf(t, "verify-v1.json")
	for _, step := range []struct {
		schema *jsonschema.Schema
		status int
		args   []string
		says   string
	}{
		{result, 0, []string{"apply", "plan.json", "--dry-run"}, `"not-tried"`},
		{verified, 6, []string{"verify", "plan.json"}, `"why"`},
		{result, 6, []string{"apply", "plan.json", w.approval()}, `"blocked"`},
		{result, 0, []string{"apply", "plan.json", w.approval()}, `"done"`},
		{verified, 0, []string{"verify", "plan.json"}, `"fixed"`},
		{verified, 0, []string{"verify", "plan.json", "--wait", "1m"}, `"nothing-to-record"`},
		{result, 6, []string{"rollback", "plan.json", w.approval()}, `"kept"`},
		{result, 0, []string{"rollback", "plan.json", w.approval(), "--delete-data", "MyFlowLogs"}, `"undone"`},
	} {
		out := w.run(step.status, "flowproof", append(step.args, "--format", "json", "--quiet")...)
		value, err := jsonschema.UnmarshalJSON(strings.NewReader(out))
		if err != nil {
			t.Fatal(err)
		}
		if err := step.schema.Validate(value); err != nil {
			t.Errorf("%v: %v", step.args, err)
		}
		if !strings.Contains(out, step.says) {
			t.Errorf("%v does not say %s:\n%s", step.args, step.says, out)
		}
		value.(map[string]any)["unheard_of"] = true
		if step.schema.Validate(value) == nil {
			t.Errorf("%v is valid with a key that is not described", step.args)
		}
	}
}

// TestCtrlCFinishesTheCallInFlight interrupts an apply while AWS works on one of its requests: that
// one is finished and written down, nothing follows it, and the same command goes on from there.
func TestCtrlCFinishesTheCallInFlight(t *testing.T) {
	t.Parallel()
	arrived, answer := make(chan struct{}), make(chan struct{})
	var held, interrupted atomic.Bool
	w := embedded(t, twoVPCs, func(aws http.Handler) http.Handler {
		return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
			target := r.Header.Get("X-Amz-Target")
			readsBack := strings.Contains(target, ".Describe") || strings.Contains(target, ".List")
			if interrupted.Load() && !readsBack { // a look that was begun before the signal was heard
				<-r.Context().Done()
				return
			}
			if strings.HasSuffix(target, ".CreateLogGroup") && held.CompareAndSwap(false, true) {
				close(arrived)
				<-answer
			}
			aws.ServeHTTP(rw, r)
		})
	})
	w.run(0, "flowproof", "plan", "--quiet", "--out", "plan.json")

	var stdout, stderr bytes.Buffer
	cmd := exec.CommandContext(t.Context(), "flowproof", "apply", "plan.json", "--at-once", "1", w.approval())
	cmd.Dir, cmd.Env, cmd.Stdout, cmd.Stderr = w.dir, w.env, &stdout, &stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	<-arrived
	interrupted.Store(true)
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	close(answer)
	if err := cmd.Wait(); cmd.ProcessState.ExitCode() != 130 {
		t.Fatalf("exit status %d (%v), want 130\n%s%s", cmd.ProcessState.ExitCode(), err, stdout.String(), stderr.String())
	}
	if !strings.Contains(stderr.String(), "flowproof apply plan.json goes on from here") {
		t.Errorf("it does not say how to go on: %s", stderr.String())
	}
	journal, err := os.ReadFile(filepath.Join(w.dir, "plan.json.journal"))
	if err != nil || !strings.Contains(string(journal), `create-log-group/MyFlowLogs","outcome":"done","ours":true`) {
		t.Errorf("the journal does not hold what was answered: %v\n%s", err, journal)
	}
	interrupted.Store(false)
	w.run(0, "flowproof", "apply", "plan.json", w.approval())
	w.run(0, "flowproof", "verify", "plan.json")
}

// TestWhatIsRefusedIsNotSent counts the requests of commands on plans and journals that are refused:
// none at all, or where it takes the account's number to refuse it that one question.
func TestWhatIsRefusedIsNotSent(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	var sent []string
	w := embedded(t, twoVPCs, func(aws http.Handler) http.Handler {
		return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
			body, err := io.ReadAll(r.Body)
			if err != nil {
				t.Error(err)
			}
			r.Body = io.NopCloser(bytes.NewReader(body))
			mu.Lock()
			sent = append(sent, strings.SplitN(string(body), "&", 2)[0]+r.Header.Get("X-Amz-Target"))
			mu.Unlock()
			aws.ServeHTTP(rw, r)
		})
	})
	w.run(0, "flowproof", "plan", "--quiet", "--out", "plan.json")
	plan, err := os.ReadFile(filepath.Join(w.dir, "plan.json"))
	if err != nil {
		t.Fatal(err)
	}
	write := func(name, content string) {
		if err := os.WriteFile(filepath.Join(w.dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	text := string(plan)
	write("edited.json", strings.Replace(text, "MyFlowLogs", "Other", 1))
	write("newer.json", strings.Replace(text, "flowproof.plan/v1", "flowproof.plan/v2", 1))
	write("unknown.json", strings.Replace(text, `"schema"`, `"note": "x", "schema"`, 1))
	write("truncated.json", text[:len(text)/2])
	write("other.journal", `{"schema":"flowproof.journal/v1","plan":"sha256:`+strings.Repeat("0", 64)+"\"}\n")
	for _, test := range []struct {
		args []string
		says string
		asks bool // whose credentials they are
	}{
		{args: []string{"edited.json"}, says: "edited"},
		{args: []string{"newer.json"}, says: "version"},
		{args: []string{"unknown.json"}, says: "refused"},
		{args: []string{"truncated.json"}, says: "truncated"},
		{args: []string{"plan.json", "--max-age", "1ns"}, says: "--max-age"},
		{args: []string{"plan.json", "--approve", "00000000"}, says: "another plan", asks: true},
		{args: []string{"plan.json", "--journal", "other.journal", w.approval()}, says: "belongs to another plan", asks: true},
	} {
		mu.Lock()
		sent = nil
		mu.Unlock()
		cmd := exec.CommandContext(t.Context(), "flowproof", append([]string{"apply"}, test.args...)...)
		cmd.Dir, cmd.Env = w.dir, w.env
		out, err := cmd.CombinedOutput()
		if cmd.ProcessState == nil || cmd.ProcessState.ExitCode() != 2 || !strings.Contains(string(out), test.says) {
			t.Errorf("%v: %v, want exit status 2 and %q\n%s", test.args, err, test.says, out)
		}
		mu.Lock()
		got := slices.Clone(sent)
		mu.Unlock()
		var want []string
		if test.asks {
			want = []string{"Action=GetCallerIdentity"}
		}
		if !slices.Equal(got, want) {
			t.Errorf("%v: sent %v, want %v", test.args, got, want)
		}
	}
	left, err := os.ReadFile(filepath.Join(w.dir, "other.journal"))
	if err != nil || !strings.HasSuffix(string(left), "\"}\n") {
		t.Errorf("the other plan's journal was touched: %v %s", err, left)
	}
}
