package flowlogformatcheck_test

import (
	"strings"
	"testing"

	"flowproof/internal/finding"
	"flowproof/internal/inventory"
	"flowproof/internal/rule"
	flowlogformatcheck "flowproof/internal/rules/flow-log-format-check"
)

func TestVerdicts(t *testing.T) {
	t.Parallel()
	log := inventory.FlowLog{ID: "fl-1", ResourceID: "vpc-1", Status: "ACTIVE", Format: "${version} ${srcaddr} ${flow-direction}"}
	with := func(change func(*inventory.FlowLog)) inventory.FlowLog {
		l := log
		change(&l)
		return l
	}
	tests := []struct {
		name     string
		log      inventory.FlowLog
		required []string
		outcome  finding.Outcome
		message  string
	}{
		{"nothing required", log, nil, finding.NotApplicable, "no field is required"},
		{"all there", log, []string{"srcaddr", "flow-direction"}, finding.Pass, "have srcaddr, flow-direction"},
		{"one lacks", log, []string{"srcaddr", "vpc-id"}, finding.Fail, "its records lack vpc-id"},
		{"part of a name is none", log, []string{"addr"}, finding.Fail, "lack addr"},
		{"no format stated", with(func(l *inventory.FlowLog) { l.Format = "" }), []string{"srcaddr"}, finding.Unknown, "does not state"},
		{"not active", with(func(l *inventory.FlowLog) { l.Status = "" }), []string{"vpc-id"}, finding.NotApplicable, "does not work"},
		{"failing", with(func(l *inventory.FlowLog) { l.DeliveryStatus = "FAILED" }), []string{"vpc-id"}, finding.NotApplicable, "does not work"},
		{"of a core network", with(func(l *inventory.FlowLog) { l.ResourceID = "core-network-1" }), []string{"vpc-id"}, finding.NotApplicable, "records of Cloud WAN"},
		{"of an edge of it", with(func(l *inventory.FlowLog) { l.ResourceID = "core-network-edge-1" }), []string{"srcaddr"}, finding.NotApplicable, "records of Cloud WAN"},
		{"of an attachment to it", with(func(l *inventory.FlowLog) { l.ResourceID = "attachment-1" }), []string{"vpc-id"}, finding.NotApplicable, "records of Cloud WAN"},
		{"of a core network, by its ARN", with(func(l *inventory.FlowLog) {
			l.ResourceID = "arn:aws:networkmanager::111122223333:core-network/core-network-1"
		}), []string{"vpc-id"}, finding.NotApplicable, "records of Cloud WAN"},
		{"of something of another year", with(func(l *inventory.FlowLog) { l.ResourceID = "mesh-1" }), []string{"srcaddr"}, finding.Unknown, "it is on mesh-1"},
		{"of a transit gateway", with(func(l *inventory.FlowLog) { l.ResourceID = "tgw-1" }), []string{"vpc-id"}, finding.NotApplicable, "of their own"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			inv := inventory.Inventory{Kinds: []inventory.Kind{inventory.FlowLogs}, FlowLogs: []inventory.FlowLog{tt.log}}
			inv.Normalize()
			got := rule.Judge([]rule.Rule{flowlogformatcheck.Rule()}, &inv, rule.Policy{Format: tt.required})
			if len(got) != 1 || got[0].Outcome != tt.outcome || !strings.Contains(got[0].Message, tt.message) {
				t.Errorf("%+v; want one that is %s: %q", got, tt.outcome, tt.message)
			}
		})
	}
}
