package remediate

import (
	"strings"

	"flowproof/internal/finding"
	"flowproof/internal/inventory"
)

// The rules of which the planner knows more than that they failed.
const (
	recordingRule = "vpc-flow-log-check" // whether anything records a VPC
	trafficRule   = "flow-log-traffic-check"
	coverageRule  = "flow-log-coverage-check"
	gatewayRule   = "transit-gateway-flow-log-check"
	duplicateRule = "flow-log-duplicate-check"
	formatRule    = "flow-log-format-check"
)

// answered are the rules whose failure one more flow log on the resource itself repairs, and what
// verify reads for them beside VPCs and flow logs.
var answered = map[string][]string{
	recordingRule: nil,
	trafficRule:   nil,
	coverageRule:  {"ec2:DescribeNetworkInterfaces", "ec2:DescribeSubnets"},
	gatewayRule:   {"ec2:DescribeTransitGatewayAttachments", "ec2:DescribeTransitGateways"},
}

// answers reports whether one more flow log on its resource repairs what a finding says.
func answers(f finding.Finding) bool {
	_, known := answered[f.Rule]
	return known
}

// everythingRecorded reports whether a coverage finding names no interface: what is recorded arrives
// at several destinations, and the policy asks for one.
func everythingRecorded(f finding.Finding) bool {
	return f.Rule == coverageRule && f.Evidence.Coverage != nil && len(f.Evidence.Coverage.Outside) == 0
}

// natGatewaysOutside are the regional NAT gateways that a coverage finding is about. An inventory
// holds some where a policy asks for them.
func natGatewaysOutside(inv *inventory.Inventory, f finding.Finding) []string {
	if !everythingRecorded(f) {
		return nil // a flow log on the VPC comes first
	}
	var ids []string
	for _, g := range inventory.Outside(inv.CoverageOfNATGateways(inventory.VPC{ID: f.Resource.ID})) {
		ids = append(ids, g.ID)
	}
	return ids
}

// byHand is how a person repairs what no step of a plan does; empty where a rule's page has to say.
func byHand(inv *inventory.Inventory, f finding.Finding) []string {
	switch f.Rule {
	case duplicateRule:
		return dropByHand(inv.Region, f.Evidence.FlowLogs)
	case formatRule:
		return reformatByHand(inv.Region, f.Evidence.FlowLogs)
	}
	return nil
}

// dropByHand is for flow logs that record what another one delivers to the same place.
func dropByHand(region string, logs []inventory.FlowLog) []string {
	var ids []string
	for _, l := range redundant(logs) {
		ids = append(ids, l.ID)
	}
	if len(ids) == 0 {
		return nil
	}
	remove, _ := command(API{"ec2", "DeleteFlowLogs", jsonInput(map[string]any{"FlowLogIds": ids})}, region)
	return []string{"find out that nobody needs the format or the interval of " + strings.Join(ids, ", "), remove}
}

// redundant are those of several logs that another one makes superfluous, each once: that of less
// traffic, and of two alike the later one, unless a telemetry rule would make it again.
func redundant(logs []inventory.FlowLog) []inventory.FlowLog {
	var drop []inventory.FlowLog
	for i, l := range logs {
		for k, other := range logs {
			same := l.DestinationKey() != "" && l.DestinationKey() == other.DestinationKey()
			if i == k || !same || l.Traffic() == 0 || !other.Traffic().Has(l.Traffic()) {
				continue
			}
			if l.Traffic() != other.Traffic() || later(l, other) {
				drop = append(drop, l)
				break
			}
		}
	}
	return drop
}

// later orders logs alike by which of them should go.
func later(l, other inventory.FlowLog) bool {
	if managed := l.Tags[telemetryTag] == "true"; managed != (other.Tags[telemetryTag] == "true") {
		return !managed
	}
	if c := l.Created.Compare(other.Created); c != 0 {
		return c > 0
	}
	return l.ID > other.ID
}

// reformatByHand is for a flow log whose records lack fields: its format cannot be changed, and AWS
// refuses a second one of the same traffic to the same place.
func reformatByHand(region string, logs []inventory.FlowLog) []string {
	if len(logs) != 1 {
		return nil
	}
	remove, _ := command(API{"ec2", "DeleteFlowLogs", jsonInput(map[string]any{"FlowLogIds": []string{logs[0].ID}})}, region)
	anew := "make a flow log with the same settings, a format with these fields too, and another log group or prefix"
	if keys := tagFieldOption(logs[0]); keys != "" {
		anew += "; its tag fields need " + keys
	}
	return []string{anew, "when its records arrive: " + remove}
}

// tagFieldOption is the option of create-flow-logs that names the tags which a log's records show; empty
// where they show none. A log made anew without it is refused, or shows other tags.
func tagFieldOption(l inventory.FlowLog) string {
	var specs []any
	for _, f := range l.TagFields {
		specs = append(specs, map[string]any{"ResourceType": f.Resource, "TagKeys": f.Keys})
	}
	if len(specs) == 0 {
		return ""
	}
	words, err := jsonWord(specs)
	if err != nil {
		return ""
	}
	return "--tag-field-specifications " + strings.Join(words, " ")
}
