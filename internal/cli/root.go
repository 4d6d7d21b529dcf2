// Package cli is the program: it reads the command line, chooses implementations, wires them
// together and decides the exit status. It is the only package that knows all others.
package cli

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"runtime/debug"
	"strings"
	"sync"
	"syscall"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"flowproof/internal/report"
	"flowproof/internal/terminal"
)

// Main runs the program and returns its exit status. Ctrl-C cancels what is running, which then
// reports what it has; a second Ctrl-C ends the process at once.
func Main(args []string, streams terminal.Streams) int {
	tuneMemory()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop)
	a := &app{streams: streams, args: args}
	root := a.root()
	root.SetArgs(args)
	cmd, err := root.ExecuteContextC(ctx)
	if err = errors.Join(err, a.profiling.end()); err != nil {
		return a.fail(cmd, err)
	}
	return a.status
}

// A run of one account is over before its garbage matters, and collecting it took a tenth of the
// wall time (make bench). A run of thousands collects as ever once it nears softMemory.
const (
	lazyCollection = 400
	softMemory     = 184 << 20
)

// tuneMemory leaves whatever GOGC and GOMEMLIMIT say in force.
func tuneMemory() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(lazyCollection)
	}
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(softMemory)
	}
}

// app is one run of the program.
type app struct {
	streams terminal.Streams
	args    []string       // as they were typed
	flags   *pflag.FlagSet // of the command that runs, once its settings are read
	status  int            // of a command that ended without an error
	typed   *bufio.Reader  // over standard input, for all questions
	asking  sync.Mutex     // held while a person is asked
	meter   *report.Progress
	started bool // a command's own work has begun: what fails from here is not about usage

	embedded string // URL of the AWS that the demo's commands talk to; empty for the user's

	profiling profiling
}

func (a *app) root() *cobra.Command {
	root := &cobra.Command{
		Use:   "flowproof",
		Short: "Know and prove that every VPC's traffic is recorded",
		Long: `flowproof reads the VPCs and flow logs of an AWS account in every Region and says of each
VPC whether its network traffic is recorded, what could not be read, and what to do.

A scan only reads, and what it could not read is never counted as a pass. Nothing is changed but
by apply, which carries out a plan that was reviewed and approved, and by rollback, which takes it
back.`,
		Example: `  flowproof demo                    # see it work, without an AWS account
  flowproof scan                    # every enabled Region of your account
  flowproof scan --region 'eu-*'    # some Regions
  flowproof plan --out plan.json    # what would mend it; changes nothing
  flowproof kb show vpc-flow-log-check`,
		RunE:          showHelp,
		SilenceErrors: true,
		SilenceUsage:  true,
		PersistentPreRunE: func(*cobra.Command, []string) error {
			a.started = true
			return a.profiling.start()
		},
	}
	root.SetIn(a.streams.Stdin)
	root.SetOut(a.streams.Stdout)
	root.SetErr(a.streams.Stderr)
	root.SetFlagErrorFunc(suggestFlag)
	root.CompletionOptions.HiddenDefaultCmd = false
	if err := a.profiling.addFlags(root); err != nil {
		panic(err) // a flag's name is misspelt in this program
	}
	root.AddGroup(
		&cobra.Group{ID: groupKnow, Title: "Know:"},
		&cobra.Group{ID: groupFix, Title: "Fix:"},
		&cobra.Group{ID: groupTry, Title: "Try:"},
		&cobra.Group{ID: groupAbout, Title: "About:"},
	)
	root.AddCommand(
		a.scanCommand(), a.proveCommand(), a.snapshotCommand(), a.kbCommand(), a.frameworksCommand(), a.accountsCommand(), a.policyCommand(),
		a.planCommand(), a.applyCommand(), a.verifyCommand(), a.rollbackCommand(),
		a.demoCommand(), a.sandboxCommand(),
		a.configCommand(), a.versionCommand(),
	)
	layOut(root, min(a.streams.Width(), widestHelp))
	return root
}

// showHelp is what a command does that only holds others. Without it a mistyped command would show
// the help and exit 0.
func showHelp(cmd *cobra.Command, _ []string) error { return cmd.Help() }

// holder is a command that only holds others.
func holder(use, short, group string, commands ...*cobra.Command) *cobra.Command {
	cmd := &cobra.Command{Use: use, Short: short, GroupID: group, RunE: showHelp}
	cmd.AddCommand(commands...)
	return cmd
}

// The groups of commands in the help text.
const (
	groupKnow  = "know"
	groupFix   = "fix"
	groupTry   = "try"
	groupAbout = "about"
)

// fail says what went wrong and returns the exit status. Text from AWS may be in the error.
func (a *app) fail(cmd *cobra.Command, err error) int {
	if !a.started {
		err = usageError{err}
	}
	if err == context.Canceled { //nolint:errorlint // with nothing around it: it says no more than that
		err = interruptedError{"nothing was written"}
	}
	for line := range strings.SplitSeq(err.Error(), "\n") { // several errors come a line each
		a.sayf("flowproof: %s\n", terminal.Printable(line))
	}
	if next := nextStep(err); next != "" {
		a.sayNext(next)
	} else if !a.started {
		a.sayNext(cmd.CommandPath() + " --help")
	}
	return errorStatus(err)
}

// sayNext says what to type or to do next; on a terminal in lines that it does not break itself.
func (a *app) sayNext(text string) {
	text = "next: " + terminal.Printable(text)
	if terminal.IsTerminal(a.streams.Stderr) {
		text = wrap(text, a.streams.Width(), 0)
	}
	a.sayf("%s\n", text)
}

// sayf talks to the person, beside the data. There is nothing to be done when even that fails.
func (a *app) sayf(format string, args ...any) {
	_, _ = fmt.Fprintf(a.streams.Stderr, format, args...)
}
