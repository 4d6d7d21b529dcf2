package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"flowproof/internal/config"
	"flowproof/internal/event"
	"flowproof/internal/finding"
	"flowproof/internal/report"
	"flowproof/internal/sandbox"
	"flowproof/internal/source/awslive"
)

func (a *app) demoCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:     "demo",
		Short:   "See it work on the embedded AWS, without an account",
		GroupID: groupTry,
		Long: `Starts the embedded AWS with the account of a shop that has something of everything wrong,
scans it, and explains what is seen. Nothing outside this machine is contacted.

Exits 0 when the demo went as it should, 1 when it did not.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.demo(cmd.Context()) },
	}
	return cmd
}

// demo scans the embedded AWS and holds what it says about the result to the result.
func (a *app) demo(ctx context.Context) (err error) {
	running, err := startSandbox(ctx, "127.0.0.1:0", sandbox.DemoScenario())
	if err != nil {
		return err
	}
	defer running.stop()
	settings, err := config.Defaults()
	if err != nil {
		return err
	}
	source, err := awslive.At(running.url, awslive.Options{Version: version, Now: time.Now})
	if err != nil {
		return err
	}
	r, err := a.prepareRun(settings, source)
	if err != nil {
		return err
	}
	defer func() { err = joinClose(err, r) }()
	r.options.Status = func(s event.Summary) int { return summaryStatus(s, settings.FailOn, settings.AllowGaps) }
	summary, err := r.run(ctx)
	if err != nil {
		return err
	}
	if err := a.tellDemo(r.options.Spool, summary); err != nil {
		return err
	}
	if summary.ExitStatus != statusIncomplete {
		return fmt.Errorf("the demo did not go as it should: the scan would exit %d, not %d", summary.ExitStatus, statusIncomplete)
	}
	return nil
}

func (a *app) tellDemo(spool *event.Spool, summary event.Summary) error {
	var text bytes.Buffer
	text.WriteString("The account of a shop, on an AWS embedded in flowproof: 17 Regions, no network.\n\n$ flowproof scan\n")
	options := report.Options{Width: a.streams.Width(), Colour: a.streams.Color(a.streams.Stdout, false)}
	if err := report.Write(report.Text, &text, spool, options); err != nil {
		return err
	}
	if err := explain(&text, spool); err != nil {
		return err
	}
	fmt.Fprintf(&text, "\nIn a script this scan exits %d: incomplete, which counts for more than findings.\n", summary.ExitStatus)
	text.WriteString("Your own account: flowproof scan\n")
	_, err := a.streams.Stdout.Write(text.Bytes())
	return err
}

// sight is something to see in the demo: a VPC, the verdict on it, and why that is worth a look.
type sight struct {
	region, name string
	rule         string
	outcome      finding.Outcome
	assurance    finding.Assurance
	says         string
}

const vpcRule, trafficRule = "vpc-flow-log-check", "flow-log-traffic-check"

// sights is what the demo explains, in the order of the story.
var sights = []sight{
	{"us-east-1", "checkout-us", vpcRule, finding.Fail, finding.Absent, "has no flow log: the plain case."},
	{"eu-west-1", "shop-payments", vpcRule, finding.Fail, finding.Failing, "has a flow log that is ACTIVE and cannot deliver: its role may not write."},
	{"eu-central-1", "shop-datalake", vpcRule, finding.Fail, finding.Absent, "has flow logs on its subnets only: the next subnet will have none."},
	{"eu-west-1", "shop-warehouse", trafficRule, finding.Pass, finding.Unproven, "records ACCEPT and REJECT in two flow logs: together that is everything."},
	{"eu-central-1", "shop-analytics", trafficRule, finding.Pass, finding.Unproven, "records rejected traffic only, which is what CIS asks for at least."},
	{"us-east-1", "corp-shared-network", vpcRule, finding.NotApplicable, "", "is shared by another account: judged there, not here."},
	{"ap-south-1", "shop-india", vpcRule, finding.Unknown, "", "could not be judged: an organisation policy denies the list. Not a pass."},
	{"sa-east-1", "", vpcRule, finding.Fail, finding.Absent, "is a default VPC that nobody uses: listed all the same."},
}

// explain writes the sights, each only if the run really shows it.
func explain(w *bytes.Buffer, spool *event.Spool) error {
	seen := map[string]finding.Finding{}
	err := spool.Walk(func(_ event.Scope, findings []finding.Finding) error {
		for _, f := range findings {
			if f.Resource.Type == finding.VPCType {
				seen[f.Rule+" "+f.Resource.Region+" "+f.Resource.Name] = f
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	fmt.Fprintln(w, "\nWhat to see here:")
	var wrong []error
	for _, s := range sights {
		f, ok := seen[s.rule+" "+s.region+" "+s.name]
		if !ok || f.Outcome != s.outcome || f.Assurance != s.assurance {
			wrong = append(wrong, fmt.Errorf("the demo did not go as it should: %s in %s is %q (%s), not %q (%s)",
				s.name, s.region, f.Outcome, f.Assurance, s.outcome, s.assurance))
			continue
		}
		name := s.name
		if name == "" {
			name = f.Resource.ID
		}
		fmt.Fprintf(w, "  %s\n    %s\n", name, s.says)
	}
	return errors.Join(wrong...)
}
