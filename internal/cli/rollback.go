package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"flowproof/internal/config"
	"flowproof/internal/remediate"
)

func (a *app) rollbackCommand() *cobra.Command {
	var approve string
	var deleteData []string
	cmd := &cobra.Command{
		Use:     "rollback PLAN",
		Short:   "Take back what a plan has done",
		GroupID: groupFix,
		Long: `Takes back what the journal says that a plan has done, newest first: only what flowproof made or
wrote, what its tags still say so of, and what nobody has changed since. Everything else is kept,
and listed with the reason. A log group that holds records is kept unless --delete-data names it.

It asks for the first eight hex digits of the plan's hash; --approve gives them without asking.

` + fixHelp,
		Example: `  flowproof rollback plan.json
  flowproof rollback plan.json --approve 1a2b3c4d --delete-data MyFlowLogs`,
		RunE: func(cmd *cobra.Command, args []string) error {
			settings, err := a.settings(cmd)
			if err != nil {
				return err
			}
			return a.rollback(cmd.Context(), settings, args[0], approve, deleteData)
		},
	}
	cmd.Flags().StringVar(&approve, "approve", "", "the plan's `HASH`, or its first eight hex digits: roll back without asking")
	cmd.Flags().StringArrayVar(&deleteData, "delete-data", nil, "a log `GROUP` of the plan to delete with the records it holds; repeatable")
	a.addFlags(cmd, fixFlags...)
	return cmd
}

// rollback is the whole of the rollback command.
func (a *app) rollback(ctx context.Context, s config.Settings, path, approve string, deleteData []string) (err error) {
	plan, err := openPlan(path, s, remediate.DecodeApplied)
	if err != nil {
		return err
	}
	if err := checkDeleteData(plan, deleteData); err != nil {
		return usageError{err}
	}
	r, err := a.openRemedy(ctx, s, plan, path)
	if err != nil {
		return err
	}
	if err := a.approve(ctx, plan, approve, func() error {
		a.sayf("Taking back what was done about this plan:\n\n")
		return a.showPlan(plan, config.Settings{Verbose: s.Verbose})
	}); err != nil {
		return err
	}
	journal, err := r.openJournal(remediate.CommandRollback, false)
	if err != nil {
		return err
	}
	defer func() { err = joinClose(err, journal) }()
	a.sayTorn(journal)
	report, err := remediate.Rollback{
		Plan: plan, Journal: journal, Writer: r.writer, Reader: r.reader, Clock: remediate.SystemClock(),
		DeleteData: deleteData, Progress: a.fixProgress(s, "steps"),
	}.Run(ctx)
	next := rollbackNext(report, a.again(planReach, "flowproof", "rollback", path))
	return errors.Join(a.endFix(ctx, s, plan, fixResult{command: "rollback", report: report, reached: report.TakenBack(), next: next}), err)
}

// rollbackNext is what to type after a rollback that left something: command is the one that it was.
func rollbackNext(report remediate.Report, command string) string {
	switch groups := report.HoldingData(); {
	case report.TakenBack():
		return ""
	case report.Resumable():
		return command + " goes on from here"
	case len(groups) > 0:
		for _, g := range groups {
			command += " --delete-data " + shellWord(g)
		}
		return command + " deletes the records too"
	}
	return "what is kept is listed with the reason, and stays: take it back by hand where it should go"
}

// checkDeleteData refuses names of groups that the plan does not make: what is deleted with its
// records must not be a slip of the finger.
func checkDeleteData(plan remediate.Plan, groups []string) error {
	for _, g := range groups {
		made := func(s remediate.Step) bool { return s.Action == remediate.CreateLogGroup && s.Resource == g }
		if !slices.ContainsFunc(plan.Steps, made) {
			return fmt.Errorf("--delete-data %s: the plan makes no log group of that name", g)
		}
	}
	return nil
}
