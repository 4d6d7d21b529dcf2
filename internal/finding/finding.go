// Package finding holds what a rule says of a resource: the outcome, how sure we are, the
// reason in words and the facts behind it. It has no rules and reads nothing.
package finding

import (
	"cmp"
	"strings"

	"flowproof/internal/inventory"
)

// Outcome is a rule's verdict on one resource.
type Outcome string

// The outcomes. Unknown is never a pass.
const (
	Pass          Outcome = "pass"
	Fail          Outcome = "fail"
	Unknown       Outcome = "unknown"
	NotApplicable Outcome = "not-applicable"
	Suppressed    Outcome = "suppressed"
)

// Outcomes lists every outcome in the order of reports.
func Outcomes() []Outcome { return []Outcome{Pass, Fail, Unknown, NotApplicable, Suppressed} }

// Severity is how much a failing rule matters.
type Severity string

// The severities, lowest first.
const (
	Low      Severity = "low"
	Medium   Severity = "medium"
	High     Severity = "high"
	Critical Severity = "critical"
)

// Severities lists every severity, lowest first.
func Severities() []Severity { return []Severity{Low, Medium, High, Critical} }

// Assurance says how sure we are that a VPC's traffic is recorded. Empty (null in JSON)
// when that cannot be said, and for resources that are not VPCs.
type Assurance string

// The ladder, lowest rung first. "Configured" is not on it: ACTIVE says nothing of delivery.
const (
	Absent     Assurance = "absent"     // no flow log of its own
	Inactive   Assurance = "inactive"   // none that is ACTIVE
	Failing    Assurance = "failing"    // every ACTIVE one fails to deliver
	Unproven   Assurance = "unproven"   // one works as far as AWS says; no record was seen
	Delivering Assurance = "delivering" // a record arrived within the window
)

// Assurances lists the ladder, lowest rung first.
func Assurances() []Assurance { return []Assurance{Absent, Inactive, Failing, Unproven, Delivering} }

// MarshalJSON writes null for the empty assurance, so that the key is always there.
func (a Assurance) MarshalJSON() ([]byte, error) {
	if a == "" {
		return []byte("null"), nil
	}
	return []byte(`"` + string(a) + `"`), nil
}

// Resource types, by their CloudFormation names; ScopeType is ours, for a verdict about a
// scope as a whole.
const (
	VPCType            = "AWS::EC2::VPC"
	FlowLogType        = "AWS::EC2::FlowLog"
	TransitGatewayType = "AWS::EC2::TransitGateway"
	ScopeType          = "flowproof::Scope"
)

// Resource is what a finding is about. Account is the one that was read; Owner and the ARN
// are the owner's, which differ for a shared VPC.
type Resource struct {
	ARN     string `json:"arn"`
	Type    string `json:"type"`
	ID      string `json:"id"`
	Name    string `json:"name"` // the Name tag: hostile text
	Account string `json:"account"`
	Region  string `json:"region"`
	Owner   string `json:"owner"`
	Default bool   `json:"default"` // a default VPC
}

// Scope is the scope that was read: the partition stands in the ARN.
func (r Resource) Scope() inventory.Scope {
	partition := ""
	if parts := strings.SplitN(r.ARN, ":", 3); len(parts) == 3 {
		partition = parts[1]
	}
	return inventory.Scope{Partition: partition, Account: r.Account, Region: r.Region}
}

// Evidence is the facts that the verdict rests on.
type Evidence struct {
	FlowLogs []inventory.FlowLog `json:"flow_logs"`
	Coverage *Coverage           `json:"coverage,omitempty"` // of rules that ask what is recorded of each part
	Arrival  *Arrival            `json:"arrival,omitempty"`  // of the rule that asks what has arrived
}

// Coverage is what is recorded of a VPC's interfaces, or of a transit gateway's attachments.
type Coverage struct {
	Of             int      `json:"of"`              // interfaces or attachments
	Percent        int      `json:"percent"`         // of interface x required traffic, rounded down
	Outside        []string `json:"outside"`         // those that no working flow log is on
	SubnetsOutside []string `json:"subnets_outside"` // in which the next interface would be outside
	NeverRecorded  []string `json:"never_recorded"`  // what no flow log records
}

// Suppression says who accepted a finding, why and until when.
type Suppression struct {
	Owner   string `json:"owner"`
	Reason  string `json:"reason"`
	Expires string `json:"expires"` // YYYY-MM-DD
}

// Finding is one rule's verdict on one resource.
type Finding struct {
	Fingerprint string          `json:"fingerprint"`
	Rule        string          `json:"rule"`
	Outcome     Outcome         `json:"outcome"`
	Severity    Severity        `json:"severity"`
	Assurance   Assurance       `json:"assurance"`
	Message     string          `json:"message"` // one line; hostile where AWS quotes a name
	Resource    Resource        `json:"resource"`
	Evidence    Evidence        `json:"evidence"`
	Gaps        []inventory.Gap `json:"gaps"`
	Suppression *Suppression    `json:"suppression"`

	// SuppressedOutcome is what a suppressed finding would have been; empty for all others.
	SuppressedOutcome Outcome `json:"suppressed_outcome,omitempty"`
	// Baseline marks a fail that an earlier run had too.
	Baseline bool `json:"baseline,omitempty"`
}

// Suppressible reports whether somebody may accept the finding: it fails, or AWS does not state
// what would decide it. What could not be read is a gap whoever accepts it, and a VPC that
// another account owns is accepted there.
func (f Finding) Suppressible() bool {
	own := f.Resource.Owner == f.Resource.Account
	return own && (f.Outcome == Fail || f.Outcome == Unknown && len(f.Gaps) == 0)
}

// Suppress accepts a suppressible finding. It keeps what it would have been.
func (f *Finding) Suppress(by Suppression) {
	f.Outcome, f.SuppressedOutcome, f.Suppression = Suppressed, f.Outcome, &by
}

// Fingerprint identifies a finding across runs, sources and order: rule, resource and, where
// one rule says several things of one resource, an aspect. Never a time or a name.
func Fingerprint(rule, arn, aspect string) string {
	if aspect == "" {
		return rule + "@" + arn
	}
	return rule + "@" + arn + "#" + aspect
}

// SeenFrom is the aspect of a participant's view of a shared VPC.
func SeenFrom(account string) string { return "seen-from:" + account }

// Compare orders findings inside a scope: by resource type and id, then rule, then the rest of
// the fingerprint.
func Compare(a, b Finding) int {
	return cmp.Or(
		strings.Compare(a.Resource.Type, b.Resource.Type),
		strings.Compare(a.Resource.ID, b.Resource.ID),
		strings.Compare(a.Rule, b.Rule),
		strings.Compare(a.Fingerprint, b.Fingerprint))
}
