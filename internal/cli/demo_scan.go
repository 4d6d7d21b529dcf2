package cli

import (
	"context"
	"errors"

	"flowproof/internal/finding"
)

// playScan scans the account and points at what is worth seeing.
func playScan(ctx context.Context, s *stage) (err error) {
	if s.before, err = s.scan(ctx, 0); err != nil {
		return err
	}
	s.start = s.account()
	if err := s.explain(s.before); err != nil {
		return err
	}
	s.sayf("\nIn a script this scan exits %d: incomplete, which counts for more than findings.\n", statusIncomplete)
	return nil
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

// explain says what there is to see, each only if the scan really shows it.
func (s *stage) explain(r scanReport) error {
	seen := map[string]finding.Finding{}
	for _, f := range r.Findings {
		if f.Resource.Type == finding.VPCType {
			seen[f.Rule+" "+f.Resource.Region+" "+f.Resource.Name] = f
		}
	}
	s.sayf("\nWhat to see here:\n")
	var wrong []error
	for _, look := range sights {
		f, ok := seen[look.rule+" "+look.region+" "+look.name]
		if !ok || f.Outcome != look.outcome || f.Assurance != look.assurance {
			wrong = append(wrong, amissf("%s in %s is %q (%s), not %q (%s)",
				look.name, look.region, f.Outcome, f.Assurance, look.outcome, look.assurance))
			continue
		}
		name := look.name
		if name == "" {
			name = f.Resource.ID
		}
		s.sayf("  %s\n    %s\n", name, look.says)
	}
	return errors.Join(wrong...)
}
