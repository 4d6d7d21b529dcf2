package cli

import (
	"bytes"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"flowproof/internal/terminal"
)

func TestHelp_of_every_command(t *testing.T) {
	t.Parallel()
	eachCommand((&app{}).root(), func(cmd *cobra.Command) {
		help := helpOf(t, cmd, "")
		for line := range strings.SplitSeq(help, "\n") {
			if len(line) > terminal.DefaultWidth || strings.HasSuffix(line, " ") {
				t.Errorf("%s: a line of %d columns, or with a blank end: %q", cmd.CommandPath(), len(line), line)
			}
		}
		if cmd.HasSubCommands() {
			return
		}
		if !strings.Contains(help, "\nExamples:\n") || !strings.Contains(help, "-h, --help") {
			t.Errorf("%s: its help has no example, or does not list its flags:\n%s", cmd.CommandPath(), help)
		}
	})
}

func TestHelp_uses_a_wide_terminal(t *testing.T) {
	t.Parallel()
	longest := 0
	for line := range strings.SplitSeq(helpOf(t, (&app{}).root(), "300"), "\n") {
		longest = max(longest, len(line))
	}
	if longest <= terminal.DefaultWidth || longest > widestHelp {
		t.Errorf("the longest line has %d columns, want more than %d and at most %d", longest, terminal.DefaultWidth, widestHelp)
	}
}

func eachCommand(cmd *cobra.Command, do func(*cobra.Command)) {
	do(cmd)
	for _, c := range cmd.Commands() {
		eachCommand(c, do)
	}
}

// helpOf is what a command shows when it is asked for help on a terminal of some columns.
func helpOf(t *testing.T, cmd *cobra.Command, columns string) string {
	t.Helper()
	var shown bytes.Buffer
	status := Main(append(strings.Fields(cmd.CommandPath())[1:], "--help"), terminal.Streams{
		Stdout: &shown, Stderr: &shown, Getenv: func(name string) string { return map[string]string{"COLUMNS": columns}[name] },
	})
	if status != statusClean {
		t.Errorf("%s --help exits %d", cmd.CommandPath(), status)
	}
	return shown.String()
}

func TestSandbox_where_something_listens(t *testing.T) {
	t.Parallel()
	taken := httptest.NewServer(nil)
	defer taken.Close()
	var said bytes.Buffer
	status := Main([]string{"sandbox", "--listen", taken.Listener.Addr().String()}, terminal.Streams{Stdout: &said, Stderr: &said})
	if status != statusUsage || !strings.Contains(said.String(), "something listens there already") {
		t.Errorf("exits %d and says %q", status, said.String())
	}
}

func TestArguments(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ typed, want string }{
		{"scna", `flowproof has no command "scna": the nearest is "scan"`},
		{"kb shwo", `kb has no command "shwo": the nearest is "show"`},
		{"kb show", `kb show needs a RULE`},
		{"kb show one two", `kb show takes one RULE: what is "two"?`},
		{"version now", `version takes flags and nothing else: what is "now"?`},
		{"policy write one two", `policy write takes one PLAN: what is "two"?`},
	} {
		var said bytes.Buffer
		status := Main(strings.Fields(test.typed), terminal.Streams{Stdout: &said, Stderr: &said})
		if status != statusUsage || !strings.Contains(said.String(), test.want+"\n") {
			t.Errorf("%s: exits %d and says %q, want %q", test.typed, status, said.String(), test.want)
		}
	}
}
