package cli

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"flowproof/internal/config"
	"flowproof/internal/event"
	"flowproof/internal/finding"
	"flowproof/internal/inventory"
	"flowproof/internal/remediate"
	"flowproof/internal/rule"
	"flowproof/internal/rules"
)

func (a *app) verifyCommand() *cobra.Command {
	var wait time.Duration
	cmd := &cobra.Command{
		Use:     "verify PLAN",
		Short:   "Ask the scanner whether a plan came true",
		GroupID: groupFix,
		Long: `Scans what the plan touches and holds the findings against those that the plan answers: fixed, not
fixed and why, new. Without --wait it asks whether flow logs are configured; with it, until records
of each have arrived, delivery fails, or the time is over.

` + fixHelp,
		Example: `  flowproof verify plan.json
  flowproof verify plan.json --wait 20m`,
		RunE: func(cmd *cobra.Command, args []string) error {
			settings, err := a.settings(cmd)
			if err != nil {
				return err
			}
			if wait < 0 {
				return usageError{fmt.Errorf("--wait %s: it cannot be below zero", wait)}
			}
			return a.verify(cmd.Context(), settings, args[0], wait)
		},
	}
	cmd.Flags().DurationVar(&wait, "wait", 0, "wait this `DURATION` for records to arrive, such as 20m")
	a.addFlags(cmd, slices.Concat(fixFlags, []string{"window"})...)
	return cmd
}

// verify is the whole of the verify command.
func (a *app) verify(ctx context.Context, s config.Settings, path string, wait time.Duration) error {
	plan, err := openPlan(path, s, remediate.DecodeApplied)
	if err != nil {
		return err
	}
	r, err := a.openRemedy(ctx, s, plan, path)
	if err != nil {
		return err
	}
	v, err := remediate.Verify{
		Plan: plan, Reader: r.reader, Clock: remediate.SystemClock(), Wait: wait, Tell: a.tellWaiting(s),
		Scan: func(ctx context.Context, scopes []inventory.Scope) ([]finding.Finding, error) {
			return a.scanScopes(ctx, s, plan, scopes)
		},
	}.Run(ctx)
	if err != nil {
		return err
	}
	return a.endVerify(s, plan, v, path, wait)
}

// scanScopes runs the scanner on some scopes of an account, with the rules of the default set and
// those that the plan's findings are of.
func (a *app) scanScopes(ctx context.Context, s config.Settings, plan remediate.Plan, scopes []inventory.Scope) (found []finding.Finding, err error) {
	if len(scopes) == 0 {
		return nil, nil
	}
	s.Source, s.Rule, s.Framework, s.SkipRule, s.Quiet = "aws", nil, nil, nil, true
	s.Region, s.ExcludeRegion, s.Account, s.SaveSnapshot = nil, nil, nil, ""
	s.Suppressions = nil // accepted is not fixed
	for _, scope := range scopes {
		s.Region = append(s.Region, scope.Region)
	}
	set, err := rules.Set(s.Ruleset)
	if err != nil {
		return nil, usageError{err}
	}
	for _, r := range rules.All() {
		inSet := slices.ContainsFunc(set, func(o rule.Rule) bool { return o.ID == r.ID })
		if inSet || slices.Contains(plan.Rules(), r.ID) {
			s.Rule = append(s.Rule, r.ID)
		}
	}
	r, err := a.openRun(ctx, s)
	if err != nil {
		return nil, err
	}
	defer func() { err = joinClose(err, r) }()
	r.options.Status = func(event.Summary) int { return statusClean }
	if _, err := r.run(ctx); err != nil {
		return nil, err
	}
	err = r.options.Spool.Walk(func(_ event.Scope, findings []finding.Finding) error {
		found = append(found, findings...)
		return nil
	})
	return found, err
}

// verifyDocument is the result of verify in JSON.
type verifyDocument struct {
	Schema   string               `json:"schema"`
	Plan     string               `json:"plan"`
	Reached  bool                 `json:"reached"`
	Fixed    []string             `json:"fixed"`
	NotFixed []remediate.NotFixed `json:"not_fixed"`
	New      []finding.Finding    `json:"new"`
	Arrivals []remediate.Arrival  `json:"arrivals"` // null unless it was waited for
}

// endVerify shows what was verified and decides the exit status.
func (a *app) endVerify(s config.Settings, plan remediate.Plan, v remediate.Verification, path string, wait time.Duration) error {
	a.endProgress(s)
	reached := v.Reached(plan)
	switch {
	case v.Interrupted:
		a.status = statusInterrupted
	case !reached:
		a.status = statusUnreached
	}
	if s.Format == "json" {
		return a.printJSON(verifyDocument{
			Schema: "flowproof.verify/v1", Plan: plan.Hash, Reached: reached, Fixed: append([]string{}, v.Fixed...),
			NotFixed: append([]remediate.NotFixed{}, v.NotFixed...), New: append([]finding.Finding{}, v.New...), Arrivals: v.Arrivals,
		})
	}
	if err := v.WriteText(a.streams.Stdout, plan, remediate.TextOptions{Width: a.streams.Width(), Verbose: s.Verbose}); err != nil {
		return err
	}
	if !s.Quiet {
		switch {
		case reached && wait == 0:
			a.sayNext(a.again(slices.Concat(planReach, []string{"window"}), "flowproof", "verify", path, "--wait", "20m") + " asks whether records arrive")
		case !reached:
			a.sayNext(a.again(planReach, "flowproof", "apply", path) + " goes on with what is not done; " + a.again(planReach, "flowproof", "rollback", path) + " takes it back")
		}
	}
	return nil
}
