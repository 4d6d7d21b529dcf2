package cli_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"flowproof/internal/sandbox"
)

// pseudoTerminal opens a terminal of which the test holds the keyboard and the screen.
func pseudoTerminal(t *testing.T) (keyboard, terminal *os.File) {
	t.Helper()
	keyboard, err := os.OpenFile("/dev/ptmx", os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = keyboard.Close() })
	number, err := unix.IoctlGetInt(int(keyboard.Fd()), unix.TIOCGPTN)
	if err != nil {
		t.Fatal(err)
	}
	if err := unix.IoctlSetPointerInt(int(keyboard.Fd()), unix.TIOCSPTLCK, 0); err != nil {
		t.Fatal(err)
	}
	terminal, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	return keyboard, terminal
}

// atTerminal is a program that a person has started at a terminal.
type atTerminal struct {
	t        *testing.T
	keyboard *os.File
	cmd      *exec.Cmd

	mu     sync.Mutex
	came   *sync.Cond // something was shown, or nothing more will be
	screen bytes.Buffer
	ended  bool
}

// start starts the program at a terminal of its own, as a shell would in the foreground.
func start(t *testing.T, env []string, args ...string) *atTerminal {
	t.Helper()
	keyboard, terminal := pseudoTerminal(t)
	p := &atTerminal{t: t, keyboard: keyboard, cmd: exec.CommandContext(t.Context(), "flowproof", args...)}
	p.came = sync.NewCond(&p.mu)
	p.cmd.Env = append(os.Environ(), env...)
	p.cmd.Stdin, p.cmd.Stdout, p.cmd.Stderr = terminal, terminal, terminal
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if err := terminal.Close(); err != nil {
		t.Fatal(err)
	}
	go p.watch()
	return p
}

// watch reads the screen until the program and its terminal are gone.
func (p *atTerminal) watch() {
	buffer := make([]byte, 4096)
	for {
		n, err := p.keyboard.Read(buffer)
		p.mu.Lock()
		p.screen.Write(buffer[:n])
		p.ended = err != nil // EIO, once nobody has the terminal open
		p.came.Broadcast()
		p.mu.Unlock()
		if err != nil {
			return
		}
	}
}

// waitFor waits until the screen shows a text.
func (p *atTerminal) waitFor(pattern string) []string {
	p.t.Helper()
	wanted := regexp.MustCompile(pattern)
	p.mu.Lock()
	defer p.mu.Unlock()
	for {
		if m := wanted.FindStringSubmatch(p.screen.String()); m != nil {
			return m
		}
		if p.ended {
			p.t.Fatalf("the program ended, and its screen never showed %s:\n%s", pattern, p.screen.String())
		}
		p.came.Wait()
	}
}

func (p *atTerminal) press(keys string) {
	p.t.Helper()
	if _, err := io.WriteString(p.keyboard, keys); err != nil {
		p.t.Fatal(err)
	}
}

// end waits for the end, and gives the exit status and all that was shown.
func (p *atTerminal) end() (status int, shown string) {
	p.t.Helper()
	_ = p.cmd.Wait() // the status says it
	p.mu.Lock()
	defer p.mu.Unlock()
	for !p.ended {
		p.came.Wait()
	}
	return p.cmd.ProcessState.ExitCode(), strings.ReplaceAll(p.screen.String(), "\r\n", "\n")
}

// The keys that a terminal makes something of.
const (
	ctrlC = "\x03"
	ctrlD = "\x04"
)

// served is an embedded AWS with one VPC and no flow log, and the environment that leads to it.
func served(t *testing.T, scenario string) (aws *sandbox.Server, env []string) {
	t.Helper()
	s, err := sandbox.ParseScenario([]byte(scenario))
	if err != nil {
		t.Fatal(err)
	}
	aws, err = sandbox.New(s)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(aws)
	t.Cleanup(server.Close)
	t.Cleanup(aws.Close)
	dir := t.TempDir()
	return aws, []string{
		"AWS_ENDPOINT_URL=" + server.URL, "AWS_ACCESS_KEY_ID=test", "AWS_SECRET_ACCESS_KEY=test", "AWS_REGION=eu-west-1",
		"AWS_CONFIG_FILE=" + filepath.Join(dir, "config"), "AWS_SHARED_CREDENTIALS_FILE=" + filepath.Join(dir, "credentials"),
	}
}

const oneVPC = `
accounts:
  - id: "123456789012"
    default_vpcs: false
    regions: {eu-west-1: {vpcs: [{id: vpc-0000000000000000a, interfaces: 1}]}}
`

// writes counts the calls that change something.
func writes(aws *sandbox.Server) int {
	n := 0
	for _, c := range aws.Calls() {
		if !regexp.MustCompile(`^(Get|Describe|List|Head)`).MatchString(c.Operation) {
			n++
		}
	}
	return n
}

// TestApprovalAtATerminal: a plan is carried out when its hash is typed, and at no other key.
func TestApprovalAtATerminal(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		keys   func(hash string) string
		status int
		says   string
		sent   bool
	}{
		"the hash":                 {func(hash string) string { return hash + "\n" }, 0, `6 steps: 6 done\.|5 steps: 5 done\.`, true},
		"another hash":             {func(string) string { return "00000000\n" }, 2, `plan not approved: "00000000" is the hash of another plan`, false},
		"nothing":                  {func(string) string { return "\n" }, 2, `plan not approved: nothing was given`, false},
		"Ctrl-D":                   {func(string) string { return ctrlD }, 2, `plan not approved: no answer`, false},
		"Ctrl-C":                   {func(string) string { return ctrlC }, 130, `flowproof: interrupted: nothing was sent\n$`, false},
		"Ctrl-C in half an answer": {func(hash string) string { return hash[:4] + ctrlC }, 130, `flowproof: interrupted: nothing was sent\n$`, false},
	} {
		for _, command := range []string{"apply", "rollback"} {
			t.Run(command+", "+name, func(t *testing.T) {
				t.Parallel()
				aws, env := served(t, oneVPC)
				plan := filepath.Join(t.TempDir(), "plan.json")
				if status, shown := start(t, env, "plan", "--region", "eu-west-1", "--out", plan).end(); status != 0 {
					t.Fatalf("plan: exit status %d\n%s", status, shown)
				}
				if command == "rollback" {
					p := start(t, env, "apply", plan)
					p.press(p.waitFor(`Plan ([0-9a-f]{8})`)[1] + "\n")
					if status, shown := p.end(); status != 0 {
						t.Fatalf("apply: exit status %d\n%s", status, shown)
					}
				}
				before := writes(aws)
				p := start(t, env, command, plan)
				hash := p.waitFor(`Plan ([0-9a-f]{8})`)[1]
				p.waitFor("to go on: $")
				p.press(test.keys(hash))
				status, shown := p.end()
				wanted, says := test.status, test.says
				if command == "rollback" && test.sent {
					wanted, says = 6, "holds records|taken back"
				}
				if status != wanted || !regexp.MustCompile(says).MatchString(shown) {
					t.Errorf("exit status %d, want %d and %q:\n%s", status, wanted, says, shown)
				}
				if sent := writes(aws) > before; sent != test.sent {
					t.Errorf("changes were sent: %v", sent)
				}
			})
		}
	}
}

// withMFA is a configuration whose profile enters its role with a code.
const withMFA = `
[profile base]
[profile audit]
role_arn = arn:aws:iam::123456789012:role/audit
source_profile = base
mfa_serial = arn:aws:iam::123456789012:mfa/someone
[profile onward]
role_arn = arn:aws:iam::123456789012:role/second
source_profile = audit
`

const entered = oneVPC + `    roles:
      - {name: audit, trust: '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"123456789012"},"Action":"sts:AssumeRole"}]}'}
      - {name: second, trust: '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"123456789012"},"Action":"sts:AssumeRole"}]}'}
`

// mfaEnvironment leads to a sandbox through profiles, with no keys in the environment.
func mfaEnvironment(t *testing.T, env []string) []string {
	t.Helper()
	dir := t.TempDir()
	config, credentials := filepath.Join(dir, "config"), filepath.Join(dir, "credentials")
	for path, content := range map[string]string{
		config: withMFA, credentials: "[base]\naws_access_key_id = test\naws_secret_access_key = test\n",
	} {
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return append(env, "AWS_ACCESS_KEY_ID=", "AWS_SECRET_ACCESS_KEY=", "AWS_CONFIG_FILE="+config, "AWS_SHARED_CREDENTIALS_FILE="+credentials)
}

// TestAnMFACodeAtATerminal: it is asked for once, whoever needs it, and Ctrl-C ends the question.
func TestAnMFACodeAtATerminal(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		profile, keys string
		status        int
		says          string
	}{
		"a code":           {"audit", "123456\n", 3, "1 of 1 scope read whole"},
		"through a second": {"onward", "123456\n", 3, "1 of 1 scope read whole"},
		"Ctrl-C":           {"audit", ctrlC, 130, `sts:GetCallerIdentity\s+interrupted`},
		"Ctrl-D":           {"audit", ctrlD, 4, `no answer`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, env := served(t, entered)
			p := start(t, mfaEnvironment(t, env), "scan", "--profile", test.profile, "--region", "eu-west-1")
			p.waitFor("MFA code for profile " + test.profile + ": $")
			p.press(test.keys)
			status, shown := p.end()
			if status != test.status || !regexp.MustCompile(test.says).MatchString(shown) || strings.Count(shown, "MFA code") != 1 {
				t.Errorf("exit status %d, want %d and %q:\n%s", status, test.status, test.says, shown)
			}
		})
	}
}

// TestInterruptedBeforeAnybodyIsKnown: there is a report all the same, and it says what is missing.
func TestInterruptedBeforeAnybodyIsKnown(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{{"scan"}, {"scan", "--org"}, {"prove"}, {"plan"}, {"apply", "plan.json"}} {
		t.Run(strings.Join(args, " "), func(t *testing.T) {
			if args[0] == "apply" {
				_, env := served(t, oneVPC)
				args = []string{"apply", filepath.Join(t.TempDir(), "plan.json")}
				if status, shown := start(t, env, "plan", "--region", "eu-west-1", "--out", args[1]).end(); status != 0 {
					t.Fatalf("plan: exit status %d\n%s", status, shown)
				}
			}
			asked := make(chan struct{})
			var once sync.Once
			silent := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
				_, _ = io.Copy(io.Discard, r.Body) // after which the server notices who hangs up
				once.Do(func() { close(asked) })
				<-r.Context().Done()
			}))
			t.Cleanup(silent.Close)
			_, env := served(t, oneVPC)
			p := start(t, append(env, "AWS_ENDPOINT_URL="+silent.URL), args...)
			<-asked
			p.press(ctrlC)
			status, shown := p.end()
			wanted := `(?s)NOT READ.*sts:GetCallerIdentity\s+interrupted`
			switch args[0] {
			case "apply":
				wanted = "flowproof: interrupted: nothing was sent"
			case "plan":
				wanted = "flowproof: interrupted: nothing was planned"
			}
			if status != 130 || !regexp.MustCompile(wanted).MatchString(shown) || strings.Contains(shown, "context canceled") || strings.Contains(shown, "done:") {
				t.Errorf("exit status %d:\n%s", status, shown)
			}
		})
	}
}
