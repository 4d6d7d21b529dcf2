package remediate

import (
	"fmt"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"

	"flowproof/internal/finding"
	"flowproof/internal/inventory"
)

// telemetryTag marks flow logs and groups that a CloudWatch telemetry enablement rule keeps: what
// anybody else changes of them, the rule changes back.
const telemetryTag = "CloudWatchTelemetryRuleManaged"

// subject is a kind of resource that gets flow logs, and how CreateFlowLogs takes it.
type subject struct {
	resourceType string // of CreateFlowLogs
	gateway      bool   // no traffic type, and an interval of 60 only
}

func subjectOf(cfnType string) (subject, bool) {
	switch cfnType {
	case finding.VPCType:
		return subject{resourceType: "VPC"}, true
	case finding.TransitGatewayType:
		return subject{resourceType: "TransitGateway", gateway: true}, true
	}
	return subject{}, false
}

// idsPerCall is the most ids of a resource type that one CreateFlowLogs takes (EC2 API reference,
// CreateFlowLogs, ResourceIds).
func idsPerCall(resourceType string) int {
	if strings.HasPrefix(resourceType, "TransitGateway") {
		return 25
	}
	return 300
}

// natGateways are the regional NAT gateways of a VPC as subjects of CreateFlowLogs: one on the VPC
// records none of what passes them.
var natGateways = subject{resourceType: "RegionalNatGateway"}

// logsPerResource is how many flow logs one resource can have (transit gateway guide).
const logsPerResource = 250

// target is a resource that is to get a flow log.
type target struct {
	subject
	inv     *inventory.Inventory
	id      string
	finding finding.Finding // the first that the flow log answers
	logs    []inventory.FlowLog
}

// choose says of every finding what becomes of it, and gives the resources to be repaired in order.
// Findings come in order: those of one resource stand together.
func (p *planner) choose(findings []finding.Finding) []target {
	byScope := map[inventory.Scope][]finding.Finding{}
	for _, f := range findings {
		byScope[f.Resource.Scope()] = append(byScope[f.Resource.Scope()], f)
	}
	var targets []target
	for _, inv := range p.scopes {
		rest := byScope[inv.Scope]
		for len(rest) > 0 {
			n := 1
			for n < len(rest) && rest[n].Resource.Type == rest[0].Resource.Type && rest[n].Resource.ID == rest[0].Resource.ID {
				n++
			}
			targets = append(targets, p.chooseOne(inv, rest[:n])...)
			rest = rest[n:]
		}
	}
	return targets
}

// chooseOne looks at what is said of one resource. Of several failures the plan names the one about
// no recording at all, which says the most. NAT gateways that a finding names get flow logs of their own.
func (p *planner) chooseOne(inv *inventory.Inventory, findings []finding.Finding) []target {
	s, isSubject := subjectOf(findings[0].Resource.Type)
	var reason *finding.Finding
	var targets []target
	for i, f := range findings {
		if at, ok := faultOf(inv, f); ok {
			p.faults = append(p.faults, at)
			continue
		}
		if nats := natGatewaysOutside(inv, f); f.Outcome == finding.Fail && len(nats) > 0 {
			if p.chosen(inv, f) {
				for _, id := range nats {
					targets = append(targets, target{subject: natGateways, inv: inv, id: id, finding: f, logs: inv.LogsOn(id)})
				}
			}
			continue
		}
		if !isSubject || f.Outcome != finding.Fail || !answers(f) {
			p.explain(inv, f, isSubject)
			continue
		}
		if reason == nil || f.Rule == recordingRule {
			reason = &findings[i]
		}
	}
	if reason == nil || !p.chosen(inv, *reason) {
		return targets
	}
	on := target{subject: s, inv: inv, id: reason.Resource.ID, finding: *reason, logs: inv.LogsOn(reason.Resource.ID)}
	return append([]target{on}, targets...)
}

// explain notes findings that no flow log answers, so that none is passed over in silence.
func (p *planner) explain(inv *inventory.Inventory, f finding.Finding, isSubject bool) {
	note := Note{Resource: f.Resource.ID, Account: f.Resource.Account, Region: f.Resource.Region}
	switch {
	case f.Resource.Owner != f.Resource.Account && isSubject:
		note.Reason = fmt.Sprintf("shared by account %s, which owns it: plan there", f.Resource.Owner)
		p.leftOut = append(p.leftOut, note)
	case f.Outcome == finding.Suppressed:
		note.Reason = "accepted"
		if s := f.Suppression; s != nil {
			note.Reason = fmt.Sprintf("accepted by %s until %s: %s", s.Owner, s.Expires, s.Reason)
		}
		p.leftOut = append(p.leftOut, note)
	case f.Outcome == finding.Unknown && len(f.Gaps) > 0:
		p.unplanned = append(p.unplanned, Unplanned{
			Resource: note.Resource, Account: note.Account, Region: note.Region,
			Reason: fmt.Sprintf("not known: %s %s", f.Gaps[0].API, f.Gaps[0].Cause), ByHand: []string{},
		})
	case f.Outcome == finding.Unknown && isSubject:
		note.Reason = "not known, as AWS does not say: " + f.Message
		p.notes = append(p.notes, note)
	case f.Outcome != finding.Fail:
	case len(byHand(inv, f)) > 0:
		if f.Resource.Type == finding.FlowLogType && len(f.Evidence.FlowLogs) == 1 {
			f.Resource.ID = f.Evidence.FlowLogs[0].ResourceID // flow logs are chosen by what they are on
		}
		if p.chosen(inv, f) {
			p.skipResource(inv.Scope, note.Resource, f.Message, byHand(inv, f)...)
		}
	default:
		note.Reason = f.Message + "; flowproof leaves it as it is"
		p.notes = append(p.notes, note)
	}
}

// chosen applies --resource and --tag.
func (p *planner) chosen(inv *inventory.Inventory, f finding.Finding) bool {
	reason := ""
	matches := func(glob string) bool {
		ok, err := path.Match(glob, f.Resource.ID)
		return ok && err == nil // Check has refused malformed ones
	}
	tags := tagsOf(inv, f.Resource.ID)
	switch {
	case f.Resource.Owner != f.Resource.Account:
		reason = fmt.Sprintf("shared by account %s, which owns it: plan there", f.Resource.Owner)
	case len(p.policy.Resources) > 0 && !slices.ContainsFunc(p.policy.Resources, matches):
		reason = "not chosen: --resource " + strings.Join(p.policy.Resources, ", ")
	}
	for _, k := range slices.Sorted(maps.Keys(p.policy.ChosenTags)) {
		if v, there := tags[k]; reason == "" && (!there || v != p.policy.ChosenTags[k]) {
			reason = fmt.Sprintf("not chosen: --tag %s=%s", k, p.policy.ChosenTags[k])
		}
	}
	if reason != "" {
		p.leftOut = append(p.leftOut, Note{Resource: f.Resource.ID, Account: inv.Account, Region: inv.Region, Reason: reason})
	}
	return reason == ""
}

func tagsOf(inv *inventory.Inventory, id string) map[string]string {
	for _, v := range inv.VPCs {
		if v.ID == id {
			return v.Tags
		}
	}
	for _, g := range inv.TransitGateways {
		if g.ID == id {
			return g.Tags
		}
	}
	return nil
}

// trafficOf is what a flow log on a target is to record: of the traffic that is wanted what no
// working flow log on it records, so that nothing is paid for twice. Where these record all of it
// and a rule fails all the same, that rule asks for one flow log with the whole.
func (p *planner) trafficOf(t target) string {
	if t.gateway {
		return ""
	}
	wanted := inventory.FlowLog{TrafficType: p.policy.Traffic}.Traffic()
	missing := wanted &^ inventory.Recorded(t.logs)
	if missing == 0 || everythingRecorded(t.finding) {
		missing = wanted
	}
	if missing == inventory.AllTraffic {
		return p.policy.Traffic
	}
	return missing.String()
}

// nameTelemetry names the flow logs that a telemetry rule manages.
func (p *planner) nameTelemetry() {
	for _, inv := range p.scopes {
		for _, l := range inv.FlowLogs {
			if l.Tags[telemetryTag] == "true" {
				p.leftAlone = append(p.leftAlone, Note{
					Resource: l.Name(), Account: inv.Account, Region: inv.Region,
					Reason: fmt.Sprintf("on %s, managed by a CloudWatch telemetry rule (tag %s)", l.ResourceID, telemetryTag),
				})
			}
		}
	}
}

// resourceIDPattern is stricter than AWS promises to be and wider than it is: saved files can say
// anything.
var resourceIDPattern = regexp.MustCompile(`^[a-z]{2,16}(-[a-z]{2,16})?-[0-9a-zA-Z]{1,32}$`)

// obstacle says why AWS would refuse this flow log; empty if nothing is known to be in the way.
func (p *planner) obstacle(t target, want inventory.FlowLog) (reason string, byHand []string) {
	if !resourceIDPattern.MatchString(t.id) {
		return "its id is none that AWS gives", nil
	}
	if len(t.logs) >= logsPerResource {
		return fmt.Sprintf("it has %d flow logs and AWS allows %d: delete some that nobody needs", len(t.logs), logsPerResource), nil
	}
	for _, l := range t.logs {
		if (t.gateway || l.TrafficType == want.TrafficType) && l.DestinationKey() == want.DestinationKey() {
			return p.repairByHand(t, l)
		}
	}
	recorded := inventory.Recorded(t.logs)
	if !t.gateway && recorded != 0 && recorded.Has(want.Traffic()) && want.Traffic() != inventory.AllTraffic {
		return fmt.Sprintf("its working flow logs record %s already, and one more of %s adds nothing: plan with --traffic ALL", recorded, want.TrafficType), nil
	}
	return "", nil
}

// repairByHand is for a flow log that is in the place of ours: AWS would answer
// FlowLogAlreadyExists, and flowproof does not delete what it did not make.
func (p *planner) repairByHand(t target, l inventory.FlowLog) (string, []string) {
	whose := "flowproof does not delete what it did not make"
	switch {
	case l.Tags[telemetryTag] == "true":
		whose = "a CloudWatch telemetry rule manages it"
	case l.Tags[TagManaged] == "true":
		whose = "an earlier plan of flowproof made it"
	}
	state := "is " + l.Status
	if l.Active() {
		state = "fails to deliver"
	}
	reason := fmt.Sprintf("%s, which %s, delivers the same traffic to the same place, so AWS would answer FlowLogAlreadyExists; %s", l.Name(), state, whose)
	remove, _ := command(API{"ec2", "DeleteFlowLogs", jsonInput(map[string]any{"FlowLogIds": []string{l.ID}})}, t.inv.Region)
	return reason, []string{
		"find out why it does not deliver, and that nobody needs it as it is",
		remove,
		"plan again",
	}
}

// skip moves targets to the unplanned ones.
func (p *planner) skip(targets []target, reason string, byHand ...string) {
	for _, t := range targets {
		p.skipResource(t.inv.Scope, t.id, reason, byHand...)
	}
}

func (p *planner) skipResource(s inventory.Scope, resource, reason string, byHand ...string) {
	p.unplanned = append(p.unplanned, Unplanned{
		Resource: resource, Account: s.Account, Region: s.Region, Reason: reason, ByHand: append([]string{}, byHand...),
	})
}

func (p *planner) note(s inventory.Scope, resource, format string, args ...any) {
	p.notes = append(p.notes, Note{Resource: resource, Account: s.Account, Region: s.Region, Reason: fmt.Sprintf(format, args...)})
}
