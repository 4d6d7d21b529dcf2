// Package rule says what a rule is and runs rules over an inventory. Rules are pure: no clock,
// no network, no SDK. A rule sees an inventory and says what it means, and what it could not
// see is unknown, never a pass.
package rule

import (
	"time"

	"flowproof/internal/finding"
	"flowproof/internal/inventory"
)

// Rule is one question asked of every resource of a kind. Its folder holds its code, its page
// and its cases.
type Rule struct {
	ID       string                        // kebab-case, "vpc-flow-log-check"
	Title    string                        // "VPC Flow Logs Enabled"
	Severity finding.Severity              // of a fail
	Resource string                        // the CloudFormation type that it judges
	Needs    []inventory.Kind              // what must have been read
	Asks     func(Policy) []inventory.Kind // what must have been read besides, when a policy is on; nil for nothing
	Page     string                        // page.md: the knowledge-base page, with its standards still to be filled in
	Judge    func(*Pass)                   // judges every resource of its kind through the pass
}

// Policy is what an organisation asks for beyond the rules' fixed questions. A rule whose
// question is switched off here says not-applicable.
type Policy struct {
	Traffic           inventory.Traffic // what must be recorded; Reject unless set
	Window            time.Duration     // how recent a record must be to prove arrival
	RetentionDays     int32             // how long records must be kept, in days; 0 asks for nothing
	Encryption        bool              // destinations must be encrypted with a customer-managed key
	Format            []string          // fields that a record must have, "flow-direction"; none asks for nothing
	DestinationTypes  []string          // those allowed, as in [inventory.FlowLog].DestinationType; none allows all
	SubnetCoverage    bool              // logs on all subnets of a VPC do in place of one on the VPC
	SingleDestination bool              // what is asked for must arrive whole at one destination
	NATGateways       bool              // regional NAT gateways must have a flow log of their own
}

// DefaultPolicy is what the documentation promises: rejected traffic recorded, arrival
// within a day, records kept for a year, and nothing else asked for.
func DefaultPolicy() Policy {
	return Policy{Traffic: inventory.Reject, Window: 24 * time.Hour, RetentionDays: 365}
}
