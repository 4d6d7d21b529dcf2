package cli

import (
	"context"
	"errors"
	"strings"

	"github.com/spf13/cobra"

	"flowproof/internal/config"
	"flowproof/internal/event"
	"flowproof/internal/finding"
	"flowproof/internal/report"
)

// proofRules are what prove asks: is the VPC recorded at all, and have records arrived.
var proofRules = []string{"vpc-flow-log-check", "flow-log-arrival-check"}

// proofFlags are those of scan but for the choice of rules.
var proofFlags = []string{
	"source", "profile", "endpoint-url", "region", "exclude-region", "account",
	"org", "ou", "accounts-file", "exclude-account", "role-name", "external-id", "session-name", "session-duration",
	"window", "read-records", "sample", "quiet", "verbose", "no-color",
	"format", "output", "report", "fail-on", "allow-gaps", "save-snapshot",
}

func (a *app) proveCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:     "prove",
		Short:   "Has each flow log delivered records lately, and from which interfaces",
		GroupID: groupKnow,
		Long: `Looks at the places that flow logs deliver to, and says of each VPC which network interfaces
records were seen of within --window, and which in use were not. An interface that was not
seen has not lost records for that reason.

Of a log group the streams are listed, of a bucket the names of the newest files: a call or two
for each. Of a Firehose stream its metric is asked, which proves arrival for a flow log that alone
delivers there. Records themselves are read only with --read-records.

Exit status:
  0    every flow log with interfaces in use is proven, and every VPC recorded
  1    internal error
  2    usage or configuration
  3    something is not proven; --fail-on none makes it 0
  4    no AWS identity could be obtained
  5    incomplete: something could not be read (over 3; --allow-gaps ignores it)
  130  interrupted`,
		Example: `  flowproof prove
  flowproof prove --region eu-west-1 --window 6h
  flowproof prove --read-records --sample 5
  flowproof prove --format json --output proof.json
  flowproof prove --org`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			settings, err := a.settings(cmd)
			if err != nil {
				return err
			}
			return a.prove(cmd.Context(), settings, planAfter(cmd.Flags(), settings))
		},
	}
	a.addFlags(cmd, proofFlags...)
	return cmd
}

// prove is a scan by two rules, told as what arrived where. plan is the command that it suggests for
// VPCs that are not recorded.
func (a *app) prove(ctx context.Context, s config.Settings, plan string) (err error) {
	if s.Sample > 0 && !s.ReadRecords {
		return usageError{errors.New("--sample shows records, which are read only with --read-records")}
	}
	s.Rule, s.SkipRule, s.Framework = proofRules, nil, nil
	outputs, err := a.openOutputs(s, report.Options{Plan: plan, Access: a.access(s, "--rule", strings.Join(proofRules, ","))})
	if err != nil {
		return err
	}
	defer func() { err = joinClose(err, outputs) }()
	r, err := a.openRun(ctx, s)
	if err != nil {
		return err
	}
	defer func() { err = joinClose(err, r) }()
	r.options.Live = append(r.options.Live, outputs.live()...)
	r.options.Status = func(sum event.Summary) int {
		if ctx.Err() != nil {
			return statusInterrupted
		}
		return proofStatus(sum, s)
	}
	summary, err := r.run(ctx)
	if err != nil {
		return err
	}
	a.status = summary.ExitStatus
	return outputs.writeAs(report.WriteProof, r.options.Spool)
}

// proofStatus decides the exit status of prove: what is not known is not proven, so it counts.
func proofStatus(sum event.Summary, s config.Settings) int {
	switch {
	case !sum.Complete && !s.AllowGaps:
		return statusIncomplete
	case s.FailOn != "none" && sum.Outcomes[finding.Fail]+sum.Outcomes[finding.Unknown] > 0:
		return statusFindings
	}
	return statusClean
}
