package kb_test

import (
	"bytes"
	"fmt"
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

	"flowproof/internal/rule"
	"flowproof/internal/rules"
	"flowproof/internal/sandbox"
	"flowproof/internal/sandbox/mototest"
)

// endpoint is an AWS to try the pages on.
type endpoint struct {
	name string
	// start gives the environment of a fresh account, and the account.
	start func(t *testing.T, n int) (env []string, account string)
}

var endpoints = []endpoint{{"moto", startMoto}, {"sandbox", startSandbox}}

func startMoto(t *testing.T, n int) ([]string, string) {
	account := fmt.Sprintf("21098765%04d", n)
	return mototest.AccountEnv(t, mototest.Start(t), account), account
}

func startSandbox(t *testing.T, n int) ([]string, string) {
	scenario := sandbox.DefaultScenario()
	account := fmt.Sprintf("21098765%04d", n)
	scenario.Accounts = []sandbox.AccountSeed{{ID: account}}
	aws, err := sandbox.New(scenario)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(aws)
	t.Cleanup(func() {
		server.Close()
		aws.Close()
	})
	return mototest.Env(server.URL), account
}

// difference is where an endpoint is known to answer otherwise than a page shows. Pages show
// what AWS documents.
type difference struct {
	endpoint string
	command  string // that the block ends with
	diff     string
	why      string
	// instead, for a command that the endpoint refuses: what it takes in place of what, so that
	// the rest of the page can be tried.
	instead [2]string
}

var differences = []difference{
	{
		endpoint: "moto", command: "aws ec2 create-flow-logs", diff: ".ClientToken: missing",
		why: "moto does not give back a token; the EC2 API reference has it in the answer",
	},
	{
		endpoint: "moto", command: "aws ec2 create-flow-logs", diff: "refused: FlowLogAlreadyExists",
		why: "moto takes two flow logs to one group for the same whatever they record; the VPC user guide " +
			"has one for accepted and one for rejected traffic write to one group",
		instead: [2]string{"--log-group-name MyFlowLogs", "--log-group-name OtherFlowLogs"},
	},
	{
		endpoint: "moto", command: "aws logs describe-log-streams", diff: "[0]: missing",
		why: "moto keeps flow logs but delivers no records, so no stream appears",
	},
	{
		endpoint: "moto", command: "aws ec2 describe-flow-logs", diff: "[1].LogGroupName: shown MyFlowLogs, in fact OtherFlowLogs",
		why: "as above: an account with such a pair cannot be prepared in moto",
	},
	{
		endpoint: "moto", command: "aws ec2 delete-flow-logs", diff: "no output",
		why: "moto leaves out the list of failures; the EC2 API reference has it in the answer, empty",
	},
	{
		endpoint: "moto", command: "aws logs associate-kms-key", diff: "refused: 500",
		why:     "moto does not have this call, and says so with an error of its own making",
		instead: [2]string{"aws logs associate-kms-key", "true"},
	},
	{
		endpoint: "moto", command: "--query 'logGroups[?!kmsKeyId].logGroupName'", diff: "[0]: not shown",
		why: "and so its group gets no key",
	},
}

// TestCommandsOnPages runs every block of commands of every page, in the order of the page, in
// a fresh account of each endpoint, and compares what is printed with what the page shows. It
// runs version 1 of the AWS CLI: an option that only version 2 knows fails there, and version 1
// has none that the other lacks.
func TestCommandsOnPages(t *testing.T) {
	t.Parallel()
	cli := mototest.CLI(t)
	version, err := exec.Command(cli, "--version").CombinedOutput()
	if err != nil || !bytes.HasPrefix(version, []byte("aws-cli/1.")) {
		t.Fatalf("%s is not version 1 of the AWS CLI: %s %v", cli, version, err)
	}
	var seen sync.Map // of difference
	var ran atomic.Int32
	t.Run("all", func(t *testing.T) {
		for _, e := range endpoints {
			for i, r := range rules.All() {
				t.Run(e.name+"/"+r.ID, func(t *testing.T) {
					t.Parallel()
					env, account := e.start(t, i)
					s := session{
						endpoint: e.name, cli: cli, env: env, dir: t.TempDir(), seen: &seen,
						names: prepare(t, r.ID, env, account),
					}
					s.run(t, r)
					ran.Add(1)
				})
			}
		}
	})
	if int(ran.Load()) != len(endpoints)*len(rules.All()) {
		return // a filter, or a failure reported above: nothing to say of the list
	}
	for _, d := range differences {
		if _, ok := seen.Load(d); !ok {
			t.Errorf("%s no longer differs in %q after %s: take it off the list", d.endpoint, d.diff, d.command)
		}
	}
}

// session is one reader working through one page.
type session struct {
	endpoint string
	cli      string
	env      []string
	dir      string
	names    names
	seen     *sync.Map
}

func (s *session) run(t *testing.T, r rule.Rule) {
	t.Helper()
	for _, step := range steps(t, r) {
		where := fmt.Sprintf("page of %s, line %d (%s)", r.ID, step.line, step.section)
		printed, err := s.enter(step.text)
		if err != nil {
			t.Fatalf("%s: %v", where, err)
		}
		if step.output == nil {
			continue
		}
		diffs, err := s.names.compare(step.output.text, printed, step.output.lang == "json")
		if err != nil {
			t.Fatalf("%s: %v", where, err)
		}
		for _, diff := range diffs {
			if _, known := s.known(step.text, diff); !known {
				t.Errorf("%s: %s\nprinted:\n%s", where, diff, printed)
			}
		}
	}
}

// refusal is how the AWS CLI says which error it got.
var refusal = regexp.MustCompile(`An error occurred \((\w+)\)`)

// enter runs a block, and where the endpoint is known to refuse it, what it takes instead.
func (s *session) enter(commands string) (stdout string, err error) {
	stdout, err = s.bash(s.names.apply(commands))
	if err == nil {
		return stdout, nil
	}
	code := refusal.FindStringSubmatch(err.Error())
	if code == nil {
		return "", err
	}
	d, known := s.known(commands, "refused: "+code[1])
	if !known || d.instead[0] == "" {
		return "", err
	}
	return s.bash(s.names.apply(strings.ReplaceAll(commands, d.instead[0], d.instead[1])))
}

// known looks a difference up, and remembers that it was met.
func (s *session) known(commands, diff string) (difference, bool) {
	at := slices.IndexFunc(differences, func(d difference) bool {
		return d.endpoint == s.endpoint && d.diff == diff && strings.Contains(commands, d.command)
	})
	if at < 0 {
		return difference{}, false
	}
	s.seen.Store(differences[at], true)
	return differences[at], true
}

// bash runs a block as a reader would paste it, except that the first failure ends it.
func (s *session) bash(commands string) (stdout string, err error) {
	cmd := exec.Command("bash", "-euo", "pipefail", "-c", commands)
	cmd.Dir = s.dir
	path := filepath.Dir(s.cli) + string(os.PathListSeparator) + os.Getenv("PATH")
	cmd.Env = slices.Concat(s.env, []string{"PATH=" + path, "AWS_MAX_ATTEMPTS=1"})
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil {
		return "", fmt.Errorf("%w\n%s\nstderr: %s", err, commands, errs.String())
	}
	return out.String(), nil
}
