package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"flowproof/internal/config"
	"flowproof/internal/remediate"
	"flowproof/internal/source/awslive"
	"flowproof/internal/terminal"
)

// fixFlags are the settings of every command that carries a plan out, verifies it or takes it back.
var fixFlags = []string{"profile", "endpoint-url", "journal", "format", "quiet", "verbose", "no-color"}

// fixHelp stands in the help of those commands.
const fixHelp = `Exit status:
  0    the end state is reached
  1    internal error
  2    usage, configuration, or a refused plan, journal or account: nothing sent
  4    no AWS identity could be obtained
  6    the end state is not reached; what is missing is said
  130  interrupted; the same command goes on from there`

func (a *app) applyCommand() *cobra.Command {
	var approve string
	var dryRun bool
	cmd := &cobra.Command{
		Use:     "apply PLAN",
		Short:   "Carry out a plan that was reviewed",
		GroupID: groupFix,
		Long: `Carries out a plan, step by step, and writes down in a journal beside it what is about to be sent
and what was answered. What each step rests on is read again just before it; where the world has
moved the step stops, and the independent ones go on.

It asks for the first eight hex digits of the plan's hash; --approve gives them without asking.
Interrupted or killed at any point, the same command goes on from there: nothing is made twice.

` + fixHelp,
		Example: `  flowproof apply plan.json
  flowproof apply plan.json --dry-run
  flowproof apply plan.json --approve 1a2b3c4d`,
		RunE: func(cmd *cobra.Command, args []string) error {
			settings, err := a.settings(cmd)
			if err != nil {
				return err
			}
			return a.apply(cmd.Context(), settings, args[0], approve, dryRun)
		},
	}
	cmd.Flags().StringVar(&approve, "approve", "", "the plan's `HASH`, or its first eight hex digits: apply without asking")
	cmd.Flags().BoolVar(&dryRun, "dry-run", false, "ask AWS whether it would do it, where its API can be asked; change nothing")
	a.addFlags(cmd, slices.Concat(fixFlags, []string{"max-age", "max-failures", "at-once"})...)
	return cmd
}

// apply is the whole of the apply command.
func (a *app) apply(ctx context.Context, s config.Settings, path, approve string, dryRun bool) (err error) {
	plan, err := openPlan(path, s, remediate.Decode)
	if err != nil {
		return err
	}
	if err := plan.CheckAge(time.Now(), s.MaxAge); err != nil {
		return usageError{err}
	}
	if err := checkCounts(s); err != nil {
		return usageError{err}
	}
	r, err := a.openRemedy(ctx, s, plan, path)
	if err != nil {
		return err
	}
	run := remediate.Apply{
		Plan: plan, Writer: r.writer, Reader: r.reader, Clock: remediate.SystemClock(),
		AtOnce: int(s.AtOnce), MaxFailures: int(s.MaxFailures), Progress: a.fixProgress(s, "steps"),
	}
	if dryRun {
		report := run.DryRun(ctx)
		return a.endFix(ctx, s, plan, fixResult{command: "dry-run", report: report, reached: report.Allowed()})
	}
	if err := a.approve(ctx, plan, approve, func() error { return a.showPlan(plan, config.Settings{Verbose: s.Verbose}) }); err != nil {
		return err
	}
	if run.Journal, err = r.openJournal(remediate.CommandApply, true); err != nil {
		return err
	}
	defer func() { err = joinClose(err, run.Journal) }()
	a.sayTorn(run.Journal)
	report, err := run.Run(ctx)
	next := a.again(planReach, "flowproof", "verify", path)
	if !report.Reached() {
		next = a.again(planReach, "flowproof", "apply", path) + " goes on from here"
	}
	return errors.Join(a.endFix(ctx, s, plan, fixResult{command: "apply", report: report, reached: report.Reached(), next: next}), err)
}

// openPlan reads a plan and refuses one that may not be run.
func openPlan(path string, s config.Settings, decode func(io.Reader) (remediate.Plan, error)) (plan remediate.Plan, err error) {
	if !slices.Contains([]string{"text", "json"}, s.Format) {
		return plan, usageError{fmt.Errorf("--format %s: the result is text or json", s.Format)}
	}
	file, err := os.Open(path) //nolint:gosec // the user names their own plan
	if err != nil {
		return plan, usageError{fmt.Errorf("read the plan: %w", err)}
	}
	defer func() { err = joinClose(err, file) }()
	plan, err = decode(file)
	if err != nil {
		return plan, usageError{err}
	}
	return plan, nil
}

// checkCounts refuses numbers that count nothing.
func checkCounts(s config.Settings) error {
	for key, n := range map[string]float64{"at-once": s.AtOnce, "max-failures": s.MaxFailures} {
		if whole(n) < 0 || key == "at-once" && n < 1 {
			return fmt.Errorf("--%s %v: want a whole number", key, n)
		}
	}
	return nil
}

// remedy is what the commands that act on a plan share: the account, and the journal.
type remedy struct {
	plan    remediate.Plan
	journal string
	writer  remediate.Writer
	reader  remediate.Reader
}

// openRemedy loads the AWS configuration and makes sure that its credentials are those of the
// plan's account.
func (a *app) openRemedy(ctx context.Context, s config.Settings, plan remediate.Plan, path string) (*remedy, error) {
	cfg, err := awslive.ConfigAt(a.embedded)
	if a.embedded == "" {
		cfg, err = awslive.LoadConfig(ctx, a.liveOptions(ctx, s))
	}
	if err != nil {
		return nil, usageError{err}
	}
	r := &remedy{
		plan: plan, journal: cmp.Or(s.Journal, path+journalSuffix),
		writer: remediate.NewWriter(cfg), reader: remediate.NewReader(cfg),
	}
	err = awslive.SignIn(ctx, cfg)
	var caller remediate.Caller
	if err == nil {
		caller, err = r.reader.Caller(ctx, plan.HomeRegion())
	}
	if err != nil {
		if ctx.Err() != nil {
			return nil, nothingSent()
		}
		if none, ok := errors.AsType[*awslive.CredentialsError](err); ok {
			return nil, none
		}
		return nil, fmt.Errorf("%w: %w", awslive.ErrNoIdentity, err)
	}
	if err := plan.CheckCaller(caller); err != nil {
		return nil, usageError{err}
	}
	return r, nil
}

func (r *remedy) openJournal(c remediate.Command, create bool) (*remediate.Journal, error) {
	host, err := os.Hostname()
	if err != nil {
		host = "this machine"
	}
	j, err := remediate.OpenJournal(r.journal, r.plan, remediate.Opened{
		Command: c, PID: os.Getpid(), Host: host, Version: version,
	}, time.Now, create)
	if err != nil {
		return nil, usageError{err}
	}
	return j, nil
}

func (a *app) sayTorn(j *remediate.Journal) {
	if j.Torn() {
		a.sayf("the last line of %s was incomplete, as after a crash, and was cut off; what it was about is read from the account\n", terminal.Printable(j.Path()))
	}
}

// approve makes sure that somebody means this plan: by --approve, or by asking a person who has
// been shown it.
func (a *app) approve(ctx context.Context, plan remediate.Plan, given string, show func() error) error {
	if given == "" {
		if !a.canAsk() {
			return usageError{fmt.Errorf("%w: nobody can be asked here; review it and add --approve %s", remediate.ErrNotApproved, plan.ShortHash())}
		}
		if err := show(); err != nil {
			return err
		}
		answer, err := a.ask(ctx, "\nType the first eight hex digits of the plan's hash to go on: ")
		switch {
		case ctx.Err() != nil:
			return nothingSent()
		case err != nil:
			return usageError{fmt.Errorf("%w: %w", remediate.ErrNotApproved, err)}
		}
		given = answer
	}
	if ctx.Err() != nil {
		return nothingSent()
	}
	if err := plan.CheckApproval(given); err != nil {
		return usageError{err}
	}
	return nil
}
