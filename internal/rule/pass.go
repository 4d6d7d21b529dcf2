package rule

import (
	"fmt"

	"flowproof/internal/finding"
	"flowproof/internal/inventory"
)

// Pass is one rule at work on one inventory. A rule calls EachVPC or EachFlowLog and returns
// a verdict for each; the pass sees to what is the same for all rules: foreign VPCs, lists
// that were not read whole, names, ARNs and fingerprints.
type Pass struct {
	Inventory *inventory.Inventory
	Policy    Policy

	rule     *Rule
	findings []finding.Finding
}

// Verdict is what a rule says of one resource.
type Verdict struct {
	Outcome   finding.Outcome
	Assurance finding.Assurance
	Message   string
	FlowLogs  []inventory.FlowLog // the facts it rests on
	Coverage  *finding.Coverage   // likewise, of rules that ask for it
	Arrival   *finding.Arrival    // likewise
	Gaps      []inventory.Gap     // what could not be read, as the reason for an unknown or beside a verdict that stands; none where AWS does not say
}

// EachVPC asks judge about every VPC that the account owns. A VPC of another owner is not
// applicable here: it is judged once, in its owner's account. Where the list was not read
// whole, one more finding says so of the scope, beside those of the VPCs that were read.
func (p *Pass) EachVPC(judge func(inventory.VPC) Verdict) {
	for _, v := range p.Inventory.VPCs {
		if v.Shared(p.Inventory.Scope) {
			p.report(p.vpc(v), finding.SeenFrom(p.Inventory.Account), sharedBy(v.OwnerID))
			continue
		}
		p.report(p.vpc(v), "", judge(v))
	}
	p.reportUnread(inventory.VPCs, "VPCs")
}

// EachFlowLog asks judge about every flow log of the scope, whatever it is on. Saved answers can
// hold one id several times with different content: each is judged, told apart by its resource.
func (p *Pass) EachFlowLog(judge func(inventory.FlowLog) Verdict) {
	ids := map[string]int{}
	for _, l := range p.Inventory.FlowLogs {
		ids[l.ID]++
	}
	for _, l := range p.Inventory.FlowLogs {
		aspect := ""
		if ids[l.ID] > 1 || l.ID == "" {
			aspect = "on:" + l.ResourceID
		}
		p.report(p.flowLog(l), aspect, judge(l))
	}
	p.reportUnread(inventory.FlowLogs, "flow logs")
}

// EachTransitGateway asks judge about every transit gateway that the account owns, as EachVPC does
// about VPCs.
func (p *Pass) EachTransitGateway(judge func(inventory.TransitGateway) Verdict) {
	for _, g := range p.Inventory.TransitGateways {
		if g.Shared(p.Inventory.Scope) {
			p.report(p.gateway(g), finding.SeenFrom(p.Inventory.Account), sharedBy(g.OwnerID))
			continue
		}
		p.report(p.gateway(g), "", judge(g))
	}
	p.reportUnread(inventory.TransitGateways, "transit gateways")
}

// reportUnread says of the scope that a list was not read whole, so that nobody who looks only
// at findings takes silence for a pass.
func (p *Pass) reportUnread(kind inventory.Kind, what string) {
	gaps := p.Inventory.GapsIn(kind)
	if len(gaps) == 0 {
		return
	}
	p.report(p.scope(), "", Verdict{
		Outcome: finding.Unknown,
		Message: fmt.Sprintf("the %s here could not all be read: %s", what, describe(gaps[0])),
		Gaps:    gaps,
	})
}

func (p *Pass) report(r finding.Resource, aspect string, v Verdict) {
	p.findings = append(p.findings, finding.Finding{
		Fingerprint: finding.Fingerprint(p.rule.ID, r.ARN, aspect),
		Rule:        p.rule.ID,
		Outcome:     v.Outcome,
		Severity:    p.rule.Severity,
		Assurance:   v.Assurance,
		Message:     v.Message,
		Resource:    r,
		Evidence:    finding.Evidence{FlowLogs: orEmpty(v.FlowLogs), Coverage: v.Coverage, Arrival: v.Arrival},
		Gaps:        orEmpty(v.Gaps),
	})
}

func (p *Pass) vpc(v inventory.VPC) finding.Resource {
	s := p.Inventory.Scope
	return finding.Resource{
		ARN: v.ARN(s), Type: finding.VPCType, ID: v.ID, Name: v.Name(),
		Account: s.Account, Region: s.Region, Owner: v.Owner(s), Default: v.IsDefault,
	}
}

func (p *Pass) flowLog(l inventory.FlowLog) finding.Resource {
	s := p.Inventory.Scope
	return finding.Resource{
		ARN: s.ARN("vpc-flow-log", l.ID), Type: finding.FlowLogType, ID: l.ID, Name: l.Tags["Name"],
		Account: s.Account, Region: s.Region, Owner: s.Account,
	}
}

func (p *Pass) gateway(g inventory.TransitGateway) finding.Resource {
	s := p.Inventory.Scope
	return finding.Resource{
		ARN: g.ARN(s), Type: finding.TransitGatewayType, ID: g.ID, Name: g.Name(),
		Account: s.Account, Region: s.Region, Owner: g.Owner(s),
	}
}

func (p *Pass) scope() finding.Resource {
	s := p.Inventory.Scope
	return finding.Resource{
		ARN: s.ARN("vpc", "*"), Type: finding.ScopeType, ID: s.String(),
		Account: s.Account, Region: s.Region, Owner: s.Account,
	}
}

// sharedBy is a participant's verdict on what another account shares, before its owner's is known.
func sharedBy(owner string) Verdict {
	return Verdict{
		Outcome: finding.NotApplicable,
		Message: "shared by account " + owner + ", which owns it: judged and fixed there",
	}
}

// Unread is the verdict where the kinds it needs were not read whole.
func (p *Pass) Unread(kinds ...inventory.Kind) Verdict {
	gaps := p.Inventory.GapsIn(kinds...)
	message := "what it rests on was not read"
	if len(gaps) > 0 {
		message = "could not be read: " + describe(gaps[0])
	}
	return Verdict{Outcome: finding.Unknown, Message: message, Gaps: gaps}
}

func describe(g inventory.Gap) string {
	return fmt.Sprintf("%s %s: %s", g.API, g.Cause, g.Message)
}

func orEmpty[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}
