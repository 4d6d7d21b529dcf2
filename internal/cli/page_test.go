package cli_test

import (
	"errors"
	"flag"
	"io/fs"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"flowproof/internal/rules"
	"flowproof/internal/sandbox"
)

var update = flag.Bool("update", false, "write what the program prints into the pages of the rules")

// TestPagesShowWhatFlowproofDoes runs the program's own commands on each page, in the order of the
// page and in the account that the page begins with, and compares what is shown. A command with
// --export has its output in the block that follows; a block that begins with "# flowproof.yaml" is
// the settings of the commands after it.
func TestPagesShowWhatFlowproofDoes(t *testing.T) {
	t.Parallel()
	for _, r := range rules.All() {
		t.Run(r.ID, func(t *testing.T) {
			t.Parallel()
			file := filepath.Join("..", "rules", r.ID, "page.md")
			page, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			played := playPage(t, r.ID, string(page))
			if *update {
				if err := os.WriteFile(file, []byte(played), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			if diff := cmp.Diff(string(page), played); diff != "" && !*update {
				t.Errorf("%s shows what is not so (-shown +printed; rewrite with -update):\n%s", file, diff)
			}
		})
	}
}

// playedSections are those whose commands are the program's. Each begins in a fresh account.
var playedSections = []string{"## Remediation by flowproof", "## Remediation by Terraform and CloudFormation"}

// playPage gives the page as it should be.
func playPage(t *testing.T, ruleID, page string) string {
	t.Helper()
	var out strings.Builder
	var r *reader
	pending, exported := "", false // output that the next block is to show
	for rest := page; rest != ""; {
		line, after, _ := strings.Cut(rest, "\n")
		rest = after
		out.WriteString(line + "\n")
		switch {
		case strings.HasPrefix(line, "## "):
			r = nil
			if slices.Contains(playedSections, line) {
				r = newReader(t, ruleID)
			}
		case strings.HasPrefix(line, "```") && line != "```":
			block, after, closed := strings.Cut(rest, "```\n")
			if !closed {
				t.Fatalf("a block that never closes: %s", block)
			}
			rest = after
			switch {
			case r != nil && strings.HasPrefix(block, settingsTitle):
				r.write("flowproof.yaml", block)
			case r != nil && line == "```console":
				block, pending, exported = r.console(block)
			case r != nil && strings.HasPrefix(block, "# flowproof.yaml\n"):
				if err := os.WriteFile(filepath.Join(r.dir, "flowproof.yaml"), []byte(block), 0o600); err != nil {
					t.Fatal(err)
				}
			case exported && line != "```sh":
				block, exported = pending, false
			}
			out.WriteString(block + "```\n")
		}
	}
	if exported {
		t.Error("no block shows what is exported last")
	}
	return out.String()
}

// settingsTitle begins a block that a reader is to put into the settings file.
const settingsTitle = "# flowproof.yaml\n"

// reader is somebody who follows a page.
type reader struct {
	t    *testing.T
	dir  string
	url  string
	hash string // the first digits of the latest plan's
}

// newReader prepares the account that a rule's page begins with. One without a file of its own begins
// with a VPC that nobody has touched.
func newReader(t *testing.T, ruleID string) *reader {
	t.Helper()
	yaml, err := os.ReadFile(filepath.Join("testdata", "page", ruleID+".yaml"))
	if errors.Is(err, fs.ErrNotExist) {
		yaml, err = os.ReadFile(filepath.Join("testdata", "page", "default.yaml"))
	}
	if err != nil {
		t.Fatal(err)
	}
	scenario, err := sandbox.ParseScenario(yaml)
	if err != nil {
		t.Fatal(err)
	}
	aws, err := sandbox.New(scenario)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(aws)
	t.Cleanup(func() {
		server.Close()
		aws.Close()
	})
	return &reader{t: t, dir: t.TempDir(), url: server.URL}
}

func (r *reader) write(name, content string) {
	r.t.Helper()
	if err := os.WriteFile(filepath.Join(r.dir, name), []byte(content), 0o600); err != nil {
		r.t.Fatal(err)
	}
}

// console runs the commands of a block and gives the block as it should be; of a last one that
// exports, what it printed beside it.
func (r *reader) console(block string) (played, pending string, exported bool) {
	r.t.Helper()
	commands := regexp.MustCompile(`(?m)^(?:\$ )?flowproof (?:.*\\\n)*.*$`).FindAllStringIndex(block, -1)
	if len(commands) == 0 || commands[0][0] != 0 {
		r.t.Fatalf("a console block that does not begin with a command of flowproof:\n%s", block)
	}
	for i, at := range commands {
		end := len(block)
		if i+1 < len(commands) {
			end = commands[i+1][0]
		}
		command, shown := block[at[0]:at[1]], block[at[1]+1:end]
		printed := r.run(strings.TrimPrefix(command, "$ "))
		played += command + "\n"
		switch {
		case strings.Contains(command, " --export "):
			pending, exported = printed, true
		case strings.HasPrefix(command, "$ ") && (shown == "" || !pattern(shown).MatchString(printed)):
			played += printed
		default:
			played += shown
		}
	}
	return played, pending, exported
}

// run runs a command on a screen as wide as a page's code may be.
func (r *reader) run(command string) string {
	r.t.Helper()
	cmd := exec.CommandContext(r.t.Context(), "sh", "-c", strings.ReplaceAll(command, pageHash, r.hash))
	cmd.Dir = r.dir
	cmd.Env = append(os.Environ(), "COLUMNS=78", "HOME="+r.dir,
		"AWS_ENDPOINT_URL="+r.url, "AWS_ACCESS_KEY_ID=test", "AWS_SECRET_ACCESS_KEY=test", "AWS_REGION=us-east-1")
	out, err := cmd.Output()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		if status := exit.ExitCode(); status != 3 { // findings, or something that is not planned
			r.t.Errorf("%s: exit status %d\n%s%s", command, status, out, exit.Stderr)
		}
	} else if err != nil {
		r.t.Fatalf("%s: %v", command, err)
	}
	return r.asOnPages(string(out))
}

// pageHash is what pages have for the first digits of any plan's hash, and pageTime for any time.
const (
	pageHash = "1a2b3c4d"
	pageTime = "2026-11-02T09:30:00Z"
)

var (
	printedHash = regexp.MustCompile(`\b[Pp]lan ([0-9a-f]{8})\b`)
	printedTime = regexp.MustCompile(`\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ`)
	printedWait = regexp.MustCompile(`\b\d+\.\ds\b`)
)

// asOnPages puts in place of what no two runs have in common what pages have there.
func (r *reader) asOnPages(text string) string {
	if found := printedHash.FindStringSubmatch(text); found != nil {
		r.hash = found[1]
		text = strings.ReplaceAll(text, r.hash, pageHash)
	}
	return printedWait.ReplaceAllString(printedTime.ReplaceAllString(text, pageTime), "0.1s")
}
