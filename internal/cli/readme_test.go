package cli_test

import (
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"flowproof/internal/sandbox"
)

// shown is a command on the README and the output that stands below it.
type shown struct{ command, output string }

func readmeCommands(t *testing.T) []shown {
	t.Helper()
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	var commands []shown
	for _, block := range regexp.MustCompile("(?s)```console\n(.*?)```").FindAllStringSubmatch(string(readme), -1) {
		for line := range strings.Lines(block[1]) {
			if command, ok := strings.CutPrefix(line, "$ "); ok {
				commands = append(commands, shown{command: strings.TrimSpace(command)})
				continue
			}
			commands[len(commands)-1].output += line
		}
	}
	if len(commands) < 8 {
		t.Fatalf("found only %d commands on the README", len(commands))
	}
	return commands
}

// TestReadmeShowsWhatHappens runs each command of the README against the demo's account and
// compares what it prints; a line of three dots stands for any lines.
func TestReadmeShowsWhatHappens(t *testing.T) {
	t.Parallel()
	aws, err := sandbox.New(sandbox.DemoScenario())
	if err != nil {
		t.Fatal(err)
	}
	defer aws.Close()
	server := httptest.NewServer(aws)
	defer server.Close()
	dir := t.TempDir()
	saveWithAWSCLI(t, filepath.Join(dir, "saved", "123456789012", "eu-west-1"))
	for _, c := range readmeCommands(t) {
		t.Run(c.command, func(t *testing.T) {
			if strings.HasPrefix(c.command, "flowproof sandbox") {
				c.command += " --help" // serving goes on until it is stopped; the flags are checked
			}
			if strings.HasPrefix(c.command, "flowproof apply") || strings.HasPrefix(c.command, "flowproof rollback") {
				c.command += " " + witness{t: t, dir: dir}.approval() // which a person is asked for
			}
			cmd := exec.CommandContext(t.Context(), "sh", "-c", recipe(t, c.command))
			cmd.Dir = dir
			cmd.Env = append(os.Environ(), "AWS_ENDPOINT_URL="+server.URL, "AWS_ACCESS_KEY_ID=test", "AWS_SECRET_ACCESS_KEY=test", "AWS_REGION=us-east-1")
			output, err := cmd.Output()
			if status := cmd.ProcessState.ExitCode(); status != 0 && status != 3 && status != 5 {
				t.Fatalf("exit status %d: %v\n%s", status, err, output)
			}
			if c.output != "" && !pattern(c.output).Match(output) {
				t.Errorf("the README shows\n%s\nbut the command prints\n%s", c.output, output)
			}
		})
	}
}

// recipe is what make would run for a target: the program itself is on the path here.
func recipe(t *testing.T, command string) string {
	t.Helper()
	target, ok := strings.CutPrefix(command, "make ")
	if !ok {
		return command
	}
	makefile, err := os.ReadFile("../../Makefile")
	if err != nil {
		t.Fatal(err)
	}
	want := regexp.MustCompile(`(?m)^` + target + `:.*\n\t@?(?:\$\(GO\)|go) run ./cmd/flowproof (.*)$`).FindSubmatch(makefile)
	if want == nil {
		t.Fatalf("the Makefile has no target %s that runs flowproof", target)
	}
	return "flowproof " + string(want[1])
}

// pattern matches output that is as shown but for lines of three dots.
func pattern(shown string) *regexp.Regexp {
	expr := regexp.QuoteMeta(shown)
	expr = strings.ReplaceAll(expr, `\.\.\.`+"\n", `(?:.*\n)*`)
	return regexp.MustCompile(`\A` + expr + `\z`)
}

func saveWithAWSCLI(t *testing.T, dir string) {
	t.Helper()
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string]string{
		"describe-vpcs.json":      `{"Vpcs": [{"VpcId": "vpc-1", "OwnerId": "123456789012"}]}`,
		"describe-flow-logs.json": `{"FlowLogs": []}`,
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// TestSandboxPageShowsARealScenario reads the scenario on the page as a user would copy it.
func TestSandboxPageShowsARealScenario(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../docs/sandbox.md")
	if err != nil {
		t.Fatal(err)
	}
	block := regexp.MustCompile("(?s)```yaml\n(.*?)```").FindSubmatch(page)
	if block == nil {
		t.Fatal("the page shows no scenario")
	}
	scenario, err := sandbox.ParseScenario(block[1])
	if err != nil {
		t.Fatal(err)
	}
	aws, err := sandbox.New(scenario)
	if err != nil {
		t.Fatal(err)
	}
	aws.Close()
	for _, f := range scenario.Faults {
		if !strings.Contains(string(page), "| `"+f.Do+"` |") {
			t.Errorf("the table does not say what %s does", f.Do)
		}
	}
}
