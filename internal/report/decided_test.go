package report

import (
	"time"

	"flowproof/internal/event"
	"flowproof/internal/finding"
	"flowproof/internal/inventory"
)

// decided is a run with a baseline, suppressions and frameworks.
func decided() []event.Event {
	c := newScenario()
	c.read(production, "eu-west-1", 4).healthy("vpc-0dec1ded000000001", "shop", false, finding.Unproven)
	c.unrecorded("vpc-0dec1ded000000002", "new", false)
	failing := func(id, name string) finding.Finding {
		r := c.vpc(id, name)
		return finding.Finding{
			Fingerprint: finding.Fingerprint(vpcRule, r.ARN, ""), Rule: vpcRule, Outcome: finding.Fail, Severity: finding.Low,
			Assurance: finding.Absent, Message: "no flow log on the VPC itself", Resource: r,
			Evidence: finding.Evidence{FlowLogs: []inventory.FlowLog{}}, Gaps: []inventory.Gap{},
		}
	}
	known := failing("vpc-0dec1ded000000003", "old")
	known.Baseline = true
	accepted := failing("vpc-0dec1ded000000004", "lab")
	by := finding.Suppression{Owner: "net-team@example.com", Reason: "goes away in March", Expires: "2027-03-31"}
	accepted.Suppress(by)
	c.add(known)
	c.add(accepted)
	c.summary.VPCs[string(finding.Absent)] += 2

	c.summary.Suppressions = []event.Suppression{
		{Line: 2, Rules: []string{vpcRule}, Tags: []string{"env=lab"}, Suppression: by, Status: event.SuppressionUsed, Findings: 1},
		{Line: 8, Rules: []string{"*"}, Resources: []string{"vpc-0*"}, Accounts: []string{production}, Regions: []string{"us-*"}, Suppression: by, Status: event.SuppressionUnjudged},
	}
	c.summary.Baseline = &event.Baseline{
		Run: "earlier", Started: time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC), Failed: 4,
		Known: map[finding.Severity]int{finding.Low: 1, finding.Medium: 0, finding.High: 0, finding.Critical: 0}, Fixed: 2, Other: 1,
	}
	c.summary.Frameworks = []event.Framework{{ID: "cis-aws-3.0", Name: "CIS AWS Foundations", Version: "3.0.0", Controls: []event.ControlResult{
		{Control: "3.7", Title: "Every VPC has flow logging turned on", Outcome: finding.Fail, Rules: []event.RuleResult{
			{Rule: trafficRule, Strength: "supporting", Ran: true, Outcomes: map[finding.Outcome]int{finding.Pass: 1, finding.NotApplicable: 1}},
			{Rule: vpcRule, Strength: "direct", Ran: true, Outcomes: map[finding.Outcome]int{finding.Fail: 2, finding.Suppressed: 1, finding.Pass: 1}},
			{Rule: deliveryRule, Strength: "derived", Outcomes: map[finding.Outcome]int{}},
		}},
		{Control: "3.8", Title: "One that no rule was asked about", Rules: []event.RuleResult{{Rule: deliveryRule, Strength: "direct", Outcomes: map[finding.Outcome]int{}}}},
		{Control: "3.9", Title: "One without anything to judge", Outcome: finding.NotApplicable, Rules: []event.RuleResult{{Rule: trafficRule, Strength: "direct", Ran: true, Outcomes: map[finding.Outcome]int{}}}},
	}}}
	return c.end(2, 300*time.Millisecond)
}
