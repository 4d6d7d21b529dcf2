package cli

import (
	"context"
	"crypto/rand"
	"errors"
	"io"
	"time"

	"github.com/spf13/cobra"

	"flowproof/internal/config"
	"flowproof/internal/control"
	"flowproof/internal/event"
	"flowproof/internal/framework"
	"flowproof/internal/inventory"
	"flowproof/internal/report"
	"flowproof/internal/rule"
	"flowproof/internal/scan"
	"flowproof/internal/source/snapshot"
)

// readFlags are the settings of every command that reads.
var readFlags = []string{
	"source", "profile", "endpoint-url", "region", "exclude-region", "account",
	"org", "ou", "accounts-file", "exclude-account", "org-id", "role-name", "external-id", "session-name", "session-duration",
	"destination-account", "rule", "framework", "skip-rule", "ruleset",
	"window", "read-records", "quiet", "verbose", "no-color",
}

// scopesAtOnce is how many scopes are read at the same time; calls have a bound of their own.
const scopesAtOnce = 64

// scopesAtOnceMany is the same in a run over many accounts: enough that those of some accounts which
// hang, or wait out throttles, leave most to the others.
const scopesAtOnceMany = 512

func (a *app) scanCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:     "scan",
		Short:   "Read an account, or every one of an organisation, and say of every VPC whether its traffic is recorded",
		GroupID: groupKnow,
		Long: `Reads VPCs and flow logs in every enabled Region, two lists a Region, judges them by the
chosen rules, and reports what fails, what is unknown and what could not be read.

With --org, --ou or --accounts-file it reads many accounts, each but the caller's own through the
role --role-name: flowproof policy org writes that role, flowproof accounts tries the way in.

Exit status:
  0    clean
  1    internal error
  2    usage or configuration
  3    findings at or above --fail-on
  4    no AWS identity could be obtained
  5    incomplete: something could not be read (over 3; --allow-gaps ignores it)
  130  interrupted`,
		Example: `  flowproof scan
  flowproof scan --profile audit --region eu-west-1,eu-central-1
  flowproof scan --format json --output scan.json --report text=scan.txt
  flowproof scan --org --checkpoint today
  flowproof scan --baseline last-week.json
  flowproof scan --framework cis-aws-5.0
  flowproof scan --save-snapshot today.json.gz
  flowproof scan --source snapshot:today.json.gz
  flowproof scan --source awscli:saved --rule vpc-flow-log-check`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			settings, err := a.settings(cmd)
			if err != nil {
				return err
			}
			return a.scan(cmd.Context(), settings, planAfter(cmd.Flags(), settings))
		},
	}
	a.addFlags(cmd, append(readFlags, "format", "output", "report", "fail-on", "allow-gaps", "save-snapshot", "baseline", "checkpoint", "max-age")...)
	return cmd
}

// scan is the whole of the scan command, from settings to reports. plan is the command that it
// suggests for what fails.
func (a *app) scan(ctx context.Context, s config.Settings, plan string) (err error) {
	go framework.All() // read while the AWS configuration is loaded: the run opens with it
	known, err := readBaseline(s.Baseline)
	if err != nil {
		return err
	}
	outputs, err := a.openOutputs(s, report.Options{Plan: plan, Access: a.access(s)})
	if err != nil {
		return err
	}
	defer func() { err = joinClose(err, outputs) }()
	r, err := a.openRun(ctx, s)
	if err != nil {
		return err
	}
	defer func() { err = joinClose(err, r) }()
	if err := a.useCheckpoint(r, s); err != nil {
		return err
	}
	if err := r.readFor(s, known); err != nil {
		return err
	}
	r.options.Live = append(r.options.Live, outputs.live()...)
	r.options.Status = func(sum event.Summary) int {
		if ctx.Err() != nil {
			return statusInterrupted
		}
		return summaryStatus(sum, s.FailOn, s.AllowGaps)
	}
	summary, err := r.run(ctx)
	if err != nil {
		return err
	}
	a.status = summary.ExitStatus
	a.tellSuppressions(s, summary)
	a.tellHowToGoOn(ctx, s, summary)
	return outputs.write(r.options.Spool)
}

// readFor adds what a scan asks beyond other commands that read: what is new since a baseline, and
// what the findings mean for frameworks.
func (r *preparedRun) readFor(s config.Settings, known reviews) error {
	asked, err := askedFrameworks(s)
	if err != nil {
		return err
	}
	review := append(reviews{r.options.Review}, known...)
	if len(asked) > 0 {
		tally := control.New(asked, ruleIDs(), idsOf(r.options.Rules))
		r.options.Live = append(r.options.Live, tally)
		review = append(review, tally)
	}
	r.options.Review = review
	return nil
}

// preparedRun is a run ready to start, with what has to be closed after it.
type preparedRun struct {
	options  scan.Options
	snapshot *snapshot.Writer // nil when none is saved
	closers  []io.Closer
}

// openRun opens the source that the settings name, and prepares a run of it.
func (a *app) openRun(ctx context.Context, s config.Settings) (*preparedRun, error) {
	source, err := a.openSource(ctx, s)
	if err != nil {
		return nil, err
	}
	return a.prepareRun(s, source)
}

// prepareRun chooses rules and readers from the settings.
func (a *app) prepareRun(s config.Settings, source scan.Source) (*preparedRun, error) {
	chosen, err := chooseRules(s)
	if err != nil {
		return nil, err
	}
	started := time.Now().UTC()
	accepted, err := suppressions(s, chosen, started)
	if err != nil {
		return nil, err
	}
	spool := event.NewSpool()
	r := &preparedRun{closers: []io.Closer{spool}, options: scan.Options{
		Source:  source,
		Rules:   chosen,
		Kinds:   kindsToRead(s),
		Policy:  policyOf(s),
		Spool:   spool,
		Review:  accepted,
		Now:     func() time.Time { return time.Now().UTC() },
		Workers: scopesAtOnce,
		Run: event.Run{
			Schema: event.Schema, ID: rand.Text(), Started: started,
			Version: version, Source: s.Source, Rules: advisories(chosen),
		},
	}}
	if manyAccounts(s) {
		r.options.Workers = scopesAtOnceMany
	}
	if !s.Quiet {
		progress := a.progress()
		a.meter = progress
		r.options.Live = append(r.options.Live, progress)
		r.closers = append(r.closers, progress)
	}
	if closer, ok := source.(io.Closer); ok {
		r.closers = append(r.closers, closer)
	}
	if s.SaveSnapshot != "" {
		w, err := snapshot.Create(s.SaveSnapshot, version, s.Source)
		if err != nil {
			return nil, joinClose(usageError{err}, r)
		}
		r.snapshot, r.options.Keep = w, w.Write
		r.closers = append(r.closers, w)
	}
	return r, nil
}

// kindsToRead are those that a person asks for beside what the rules need.
func kindsToRead(s config.Settings) []inventory.Kind {
	if !s.ReadRecords {
		return nil
	}
	return []inventory.Kind{inventory.FlowLogs, inventory.Interfaces, inventory.Arriving, inventory.Records}
}

// run runs to the end. A snapshot of a run that failed is dropped: it would pass for a whole one.
func (r *preparedRun) run(ctx context.Context) (event.Summary, error) {
	summary, err := scan.Run(ctx, r.options)
	if err != nil && r.snapshot != nil {
		err = errors.Join(err, r.snapshot.Discard())
	}
	return summary, err
}

// Close completes the snapshot and removes the spool.
func (r *preparedRun) Close() error {
	var errs []error
	for _, c := range r.closers {
		errs = append(errs, c.Close())
	}
	return errors.Join(errs...)
}

// joinClose closes c and adds its error, so that a file that could not be completed is never
// taken for a whole one.
func joinClose(err error, c io.Closer) error { return errors.Join(err, c.Close()) }

func policyOf(s config.Settings) rule.Policy {
	p := rule.DefaultPolicy()
	p.Window, p.RetentionDays, p.Encryption, p.Format = s.Window, s.PolicyRetentionDays, s.PolicyEncryption, s.PolicyFormat
	p.SubnetCoverage, p.SingleDestination, p.NATGateways = s.PolicySubnetCoverage, s.PolicySingleDestination, s.PolicyNATGateways
	for _, t := range s.PolicyDestinationTypes {
		p.DestinationTypes = append(p.DestinationTypes, destinationType(t))
	}
	if s.PolicyTraffic == "all" {
		p.Traffic = inventory.AllTraffic
	}
	return p
}

// destinationType is AWS's word for a type of destination in the settings.
func destinationType(setting string) string {
	switch setting {
	case "cloudwatch-logs":
		return inventory.ToCloudWatchLogs
	case "firehose":
		return inventory.ToFirehose
	}
	return setting
}

// advisories says of each rule what is the same in all its findings.
func advisories(chosen []rule.Rule) []event.Rule {
	var list []event.Rule
	for _, r := range chosen {
		advisory := event.Rule{ID: r.ID, Title: r.Title, Severity: r.Severity, Controls: []event.Control{}}
		for _, m := range framework.ForRule(r.ID) {
			advisory.Controls = append(advisory.Controls, event.Control{
				Framework: m.Name, Version: m.Version, Control: m.Control, Strength: string(m.Strength),
			})
		}
		list = append(list, advisory)
	}
	return list
}
