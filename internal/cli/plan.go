package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"flowproof/internal/atomicfile"
	"flowproof/internal/config"
	"flowproof/internal/event"
	"flowproof/internal/finding"
	"flowproof/internal/inventory"
	"flowproof/internal/remediate"
	"flowproof/internal/scan"
	"flowproof/internal/source/awslive"
	"flowproof/internal/source/snapshot"
)

// deliveryFlags are the settings of how VPCs are to be recorded.
var deliveryFlags = []string{
	"destination", "log-group", "delivery-role", "role-path", "permissions-boundary", "retention-days", "kms-key",
	"bucket", "prefix", "file-format", "hive-partitions", "per-hour",
	"stream", "source-role", "cross-account-role",
	"traffic", "interval", "log-format", "tag-field", "with-tag", "change-existing",
}

// readForPlanFlags are those of every command that reads, without what a plan has no use for: a step
// rests on what is configured, not on what records say.
func readForPlanFlags() []string {
	return slices.DeleteFunc(slices.Clone(readFlags), func(flag string) bool { return flag == "read-records" })
}

func (a *app) planCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:     "plan",
		Short:   "Plan the repair of what a scan finds; change nothing",
		GroupID: groupFix,
		Long: `Reads what a scan reads and, by name, what flow logs would deliver to, and writes down every
step that makes each VPC recorded: the request, why, what must still be so, how to take it back,
what it costs. Nothing is changed. Save the plan with --out and review it: flowproof apply carries
it out, verify asks the scanner whether it came true, and rollback takes it back. --export writes
the same plan as code for another tool.

What flowproof did not make is changed only with --change-existing, and never deleted.

Exit status:
  0    planned, or nothing to do
  1    internal error
  2    usage or configuration
  3    something could not be planned; the plan says what and why
  4    no AWS identity could be obtained
  5    incomplete: something could not be read (over 3; --allow-gaps ignores it)
  130  interrupted`,
		Example: `  flowproof plan --out plan.json
  flowproof plan --log-group '/flowproof/{account}/{vpc}' --out plan.json
  flowproof plan --destination s3 --bucket arn:aws:s3:::central-flow-logs \
    --change-existing --out plan.json
  flowproof plan --resource 'vpc-0a*' --tag env=prod --format markdown
  flowproof plan --export terraform > flowlogs.tf`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			settings, err := a.settings(cmd)
			if err != nil {
				return err
			}
			if manyAccounts(settings) {
				return usageError{errors.New("plan --org: planning for an organisation comes in a later version; this one plans one account")}
			}
			return a.plan(cmd.Context(), settings)
		},
	}
	a.addFlags(cmd, slices.Concat(readForPlanFlags(), deliveryFlags, []string{
		"format", "output", "allow-gaps", "save-snapshot", "out", "export", "resource", "tag", "gb-per-vpc",
	})...)
	return cmd
}

// plan is the whole of the plan command.
func (a *app) plan(ctx context.Context, s config.Settings) (err error) {
	policy, err := remediationPolicy(s)
	if err != nil {
		return usageError{err}
	}
	if err := cmp.Or(policy.CheckExport(s.Export), checkPlanOutputs(s)); err != nil {
		return usageError{err}
	}
	s.ReadRecords = false // whatever the file of settings says for scan and prove
	inventories, findings, sum, err := a.readForPlan(ctx, s, policy)
	if err != nil {
		return err
	}
	in := remediate.Input{Inventories: inventories, Findings: findings, Policy: policy}
	if err := in.CheckChoice(); err != nil {
		return usageError{err}
	}
	plan, err := remediate.Build(in)
	if err != nil && ctx.Err() != nil {
		return interruptedError{"nothing was planned"}
	}
	if err != nil {
		return usageError{err}
	}
	if s.Out != "" {
		if err := atomicfile.Write(s.Out, plan.Encode); err != nil {
			return fmt.Errorf("save the plan: %w", err)
		}
	}
	if err := a.showPlan(plan, s); err != nil {
		return err
	}
	a.status = planStatus(ctx, plan, sum, s)
	if next := a.planNext(plan, s); next != "" && !s.Quiet {
		a.sayNext(next)
	}
	return nil
}

// readForPlan runs a scan and keeps what it read and found.
func (a *app) readForPlan(ctx context.Context, s config.Settings, p remediate.Policy) (kept []inventory.Inventory, found []finding.Finding, sum event.Summary, err error) {
	r, err := a.openRun(ctx, s)
	if err != nil {
		return nil, nil, sum, err
	}
	defer func() { err = joinClose(err, r) }()
	r.options.Kinds = namedKinds(r.options.Source, p.Names())
	r.options.Status = func(event.Summary) int { return statusClean }
	keep := r.options.Keep
	r.options.Keep = func(inv inventory.Inventory) error {
		kept = append(kept, inv)
		if keep == nil {
			return nil
		}
		return keep(inv)
	}
	if sum, err = r.run(ctx); err != nil {
		return nil, nil, sum, err
	}
	err = r.options.Spool.Walk(func(_ event.Scope, findings []finding.Finding) error {
		found = append(found, findings...)
		return nil
	})
	return kept, found, sum, err
}

// namedKinds are the kinds that a source can be asked for by name: those of the account itself, and
// those that a snapshot was saved with. What is not known then, the plan leaves to apply.
func namedKinds(source scan.Source, names inventory.Names) []inventory.Kind {
	switch s := source.(type) {
	case *chosenScopes:
		return namedKinds(s.Source, names)
	case *remainingScopes:
		return namedKinds(s.Source, names)
	case *awslive.Source:
		return names.Kinds()
	case *snapshot.Source:
		return slices.DeleteFunc(names.Kinds(), func(k inventory.Kind) bool { return !slices.Contains(s.Kinds(), k) })
	}
	return nil
}

// namesToRead are what a plan with these settings asks the account for by name; other commands do
// not ask.
func namesToRead(s config.Settings) inventory.Names {
	p, err := remediationPolicy(s)
	if err != nil {
		return inventory.Names{} // a plan has refused it already
	}
	return p.Names()
}

// remediationPolicy is what the settings ask for.
func remediationPolicy(s config.Settings) (remediate.Policy, error) {
	p := remediate.Policy{
		Destination: remediate.Destination(s.Destination),
		LogGroup:    s.LogGroup, DeliveryRole: s.DeliveryRole, RolePath: s.RolePath, PermissionsBoundary: s.PermissionsBoundary, RetentionDays: whole(s.RetentionDays), KMSKey: s.KMSKey,
		Bucket: s.Bucket, Prefix: s.Prefix, FileFormat: s.FileFormat, Hive: s.HivePartitions, PerHour: s.PerHour,
		Stream: s.Stream, SourceRole: s.SourceRole, CrossAccountRole: s.CrossAccountRole,
		Traffic: s.Traffic, Interval: whole(s.Interval), LogFormat: s.LogFormat, TagFields: lists(s.TagField), Tags: pairs(s.WithTag),
		ChangeExisting: s.ChangeExisting, Resources: s.Resource, ChosenTags: pairs(s.Tag), GBPerVPC: s.GBPerVPC,
	}
	return p, p.Check()
}

// whole is a number that counts something; one that does not, such as 1.5, becomes none that
// a policy takes.
func whole(n float64) int32 {
	if n != float64(int32(n)) {
		return -1
	}
	return int32(n)
}

// lists reads RESOURCE=KEY texts, which the settings have checked, into the keys of each resource, in their order.
func lists(texts []string) map[string][]string {
	var m map[string][]string
	for _, text := range texts {
		resource, key, _ := strings.Cut(text, "=")
		if m == nil {
			m = map[string][]string{}
		}
		m[resource] = append(m[resource], key)
	}
	return m
}

// pairs reads KEY=VALUE texts, which the settings have checked.
func pairs(texts []string) map[string]string {
	m := map[string]string{}
	for _, text := range texts {
		key, value, _ := strings.Cut(text, "=")
		m[key] = value
	}
	return m
}

// checkPlanOutputs refuses before anything is read what cannot be written after it. A plan that was
// begun stays: without it nothing could be verified or rolled back.
func checkPlanOutputs(s config.Settings) error {
	if s.Format == "jsonl" && s.Export == "" {
		return errors.New("--format jsonl is for scans: a plan is text, json or markdown")
	}
	if err := checkPlaces(s); err != nil {
		return err
	}
	for flag, path := range map[string]string{"--output": s.Output, "--out": s.Out} {
		if path == "" {
			continue
		}
		if err := atomicfile.Check(path); err != nil {
			return fmt.Errorf("%s: %w", flag, err)
		}
	}
	if s.Out == "" {
		return nil
	}
	if _, err := os.Stat(s.Out + journalSuffix); err == nil {
		return fmt.Errorf("--out %s: a journal lies beside it, so that plan was applied: keep it, and choose another name", s.Out)
	}
	return nil
}

// journalSuffix makes the journal's name of its plan's.
const journalSuffix = ".journal"

// showPlan writes the plan, or the code it is exported as, to standard output or --output.
func (a *app) showPlan(p remediate.Plan, s config.Settings) error {
	write := func(w io.Writer) error { return a.writePlan(p, s, w) }
	if s.Output == "" {
		return write(a.streams.Stdout)
	}
	if err := atomicfile.Write(s.Output, write); err != nil {
		return fmt.Errorf("save the plan as it is shown: %w", err)
	}
	return nil
}

func (a *app) writePlan(p remediate.Plan, s config.Settings, w io.Writer) error {
	switch {
	case s.Export != "":
		return p.Export(s.Export, w)
	case s.Format == "json":
		return p.Encode(w)
	case s.Format == "markdown":
		return p.WriteMarkdown(w)
	}
	return p.WriteText(w, remediate.TextOptions{Width: a.streams.Width(), Verbose: s.Verbose})
}

// planStatus is 5 for a read with gaps, then 3 for anything that is not planned.
func planStatus(ctx context.Context, p remediate.Plan, sum event.Summary, s config.Settings) int {
	switch {
	case ctx.Err() != nil:
		return statusInterrupted
	case !sum.Complete && !s.AllowGaps:
		return statusIncomplete
	case len(p.Unplanned) > 0:
		return statusFindings
	}
	return statusClean
}

// planNext is what to type next.
func (a *app) planNext(p remediate.Plan, s config.Settings) string {
	apply := a.again(planReach, "flowproof", "apply", cmp.Or(s.Out, "plan.json"))
	switch {
	case len(p.Steps) == 0, s.Export != "":
		return ""
	case s.Out == "":
		return "save it with --out plan.json, review it, and carry it out with " + apply
	}
	return fmt.Sprintf("review %s, then %s carries it out; --export cli|terraform|cloudformation writes it as code", s.Out, apply)
}
