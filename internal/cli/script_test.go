package cli_test

import (
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"flowproof/internal/cli"
	"flowproof/internal/sandbox"
	"flowproof/internal/terminal"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"flowproof": func() { os.Exit(cli.Main(os.Args[1:], terminal.System())) },
	})
}

// TestScripts runs testdata/script/*.txtar: the program as a user sees it, against the sandbox.
func TestScripts(t *testing.T) {
	t.Parallel()
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		Setup: func(env *testscript.Env) error {
			env.Setenv("AWS_ACCESS_KEY_ID", "test")
			env.Setenv("AWS_SECRET_ACCESS_KEY", "test")
			env.Setenv("AWS_EC2_METADATA_DISABLED", "true")
			env.Setenv("AWS_MAX_ATTEMPTS", "2") // a script that wants to see a gap need not wait for it
			env.Setenv("HOME", env.WorkDir)
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"approve": approve,
			"exits":   exits,
			"fleet":   serveFleet,
			"sandbox": serveScenario,
			"tls":     serveTLS,
			"truth":   holdsTruth,
			"watch":   watchDials,
		},
	})
}

// exits runs a command and wants an exit status: exits 3 flowproof scan.
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits STATUS COMMAND [ARG ...]")
	}
	want, err := strconv.Atoi(args[0])
	if err != nil {
		ts.Fatalf("exit status %q: %v", args[0], err)
	}
	got := 0
	var exit *exec.ExitError
	if err := ts.Exec(args[1], args[2:]...); errors.As(err, &exit) {
		got = exit.ExitCode()
	} else if err != nil {
		ts.Fatalf("%s: %v", args[1], err)
	}
	if got != want {
		ts.Fatalf("exit status %d, want %d", got, want)
	}
}

// approve runs a command on a plan with the approval that the plan's hash is, and wants exit status
// 0 or the one given: approve [-STATUS] apply plan.json.
func approve(ts *testscript.TestScript, neg bool, args []string) {
	want := "0"
	if len(args) > 0 && strings.HasPrefix(args[0], "-") {
		want, args = args[0][1:], args[1:]
	}
	if neg || len(args) < 2 {
		ts.Fatalf("usage: approve [-STATUS] COMMAND PLAN [ARG ...]")
	}
	_, hash, found := strings.Cut(ts.ReadFile(args[1]), `"hash": "sha256:`)
	if !found {
		ts.Fatalf("%s has no hash", args[1])
	}
	exits(ts, false, slices.Concat([]string{want, "flowproof"}, args, []string{"--approve", hash[:8]}))
}

// serveTLS serves the default scenario with a certificate that nobody knows, names its address TLS and
// writes the certificate to ca.pem.
func serveTLS(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) > 0 {
		ts.Fatalf("usage: tls")
	}
	aws, err := sandbox.New(sandbox.DefaultScenario())
	ts.Check(err)
	server := httptest.NewUnstartedServer(aws)
	server.Config.ErrorLog = log.New(io.Discard, "", 0) // handshakes that fail are meant to
	server.StartTLS()
	ts.Defer(server.Close)
	ts.Defer(aws.Close)
	ts.Setenv("TLS", server.URL)
	ca := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
	ts.Check(os.WriteFile(ts.MkAbs("ca.pem"), ca, 0o600))
}

// watchDials writes every host beyond this machine that a command asks for to the file "dialled", one a
// line: a proxy is told all of them, and connects to none. Go takes no proxy for loopback addresses.
func watchDials(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) > 0 {
		ts.Fatalf("usage: watch")
	}
	path := ts.MkAbs("dialled")
	var writing sync.Mutex
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		writing.Lock()
		defer writing.Unlock()
		file, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
		if err == nil {
			_, err = fmt.Fprintln(file, r.Host)
			err = errors.Join(err, file.Close())
		}
		if err != nil {
			panic(err)
		}
		w.WriteHeader(http.StatusBadGateway)
	}))
	ts.Defer(proxy.Close)
	ts.Setenv("HTTP_PROXY", proxy.URL)
	ts.Setenv("HTTPS_PROXY", proxy.URL)
}

// serveScenario serves a scenario file, or the demo's, and points AWS_ENDPOINT_URL at it.
func serveScenario(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) > 1 {
		ts.Fatalf("usage: sandbox [FILE|demo]")
	}
	scenario := sandbox.DefaultScenario()
	switch {
	case len(args) == 1 && args[0] == "demo":
		scenario = sandbox.DemoScenario()
	case len(args) == 1:
		var err error
		if scenario, err = sandbox.ParseScenario([]byte(ts.ReadFile(args[0]))); err != nil {
			ts.Fatalf("%v", err)
		}
	}
	aws, err := sandbox.New(scenario)
	if err != nil {
		ts.Fatalf("%v", err)
	}
	server := httptest.NewServer(aws)
	ts.Defer(server.Close)
	ts.Defer(aws.Close)
	ts.Setenv("AWS_ENDPOINT_URL", server.URL)
}
