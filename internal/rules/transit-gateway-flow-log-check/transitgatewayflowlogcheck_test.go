package transitgatewayflowlogcheck_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"flowproof/internal/finding"
	"flowproof/internal/inventory"
	"flowproof/internal/rule"
	transitgatewayflowlogcheck "flowproof/internal/rules/transit-gateway-flow-log-check"
)

func TestVerdicts(t *testing.T) {
	t.Parallel()
	on := func(resource string) inventory.FlowLog {
		return inventory.FlowLog{ID: "fl-1", ResourceID: resource, Status: "ACTIVE", DeliveryStatus: "SUCCESS", Interval: 60}
	}
	failing := on("tgw-1")
	failing.DeliveryStatus, failing.DeliveryError = "FAILED", "Access error"
	deny := func(kind inventory.Kind) func(*inventory.Inventory) {
		return func(inv *inventory.Inventory) { inv.Fail("ec2:Describe", inventory.Denied, "no", kind) }
	}
	tests := []struct {
		name    string
		logs    []inventory.FlowLog
		change  func(*inventory.Inventory)
		outcome finding.Outcome
		message string
	}{
		{"one on it", []inventory.FlowLog{on("tgw-1")}, nil, finding.Pass, "fl-1 is ACTIVE and not failing"},
		{"none", nil, nil, finding.Fail, "no flow log on the transit gateway itself"},
		{"one on an attachment", []inventory.FlowLog{on("tgw-attach-1")}, nil, finding.Fail, "of its attachments 1 of 2 have one of their own"},
		{"one on an attachment that is gone", []inventory.FlowLog{on("tgw-attach-1")}, func(inv *inventory.Inventory) { inv.GatewayAttachments[0].State = "deleted" }, finding.Fail, "no flow log on the transit gateway itself"},
		{"one that fails", []inventory.FlowLog{failing}, nil, finding.Fail, "fl-1 fails to deliver: Access error"},
		{"flow logs denied", nil, deny(inventory.FlowLogs), finding.Unknown, "ec2:Describe denied"},
		{"flow logs cut off behind one on it", []inventory.FlowLog{on("tgw-1")}, deny(inventory.FlowLogs), finding.Pass, "ACTIVE"},
		{"attachments denied", nil, deny(inventory.GatewayAttachments), finding.Fail, "its attachments could not be read"},
		{"being deleted", nil, func(inv *inventory.Inventory) { inv.TransitGateways[0].State = "deleting" }, finding.NotApplicable, "it is deleting"},
		{"of another owner", nil, func(inv *inventory.Inventory) { inv.TransitGateways[0].OwnerID = "444455556666" }, finding.NotApplicable, "shared by account 444455556666"},
		{"no owner named", []inventory.FlowLog{on("tgw-1")}, func(inv *inventory.Inventory) { inv.TransitGateways[0].OwnerID = "" }, finding.Pass, "ACTIVE"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			inv := gateway(tt.logs)
			if tt.change != nil {
				tt.change(inv)
			}
			inv.Normalize()
			got := judge(inv)
			if len(got) != 1 || got[0].Outcome != tt.outcome || !strings.Contains(got[0].Message, tt.message) {
				t.Errorf("%+v; want one that is %s: %q", got, tt.outcome, tt.message)
			}
		})
	}
}

func TestAGatewayByItsNames(t *testing.T) {
	t.Parallel()
	got := judge(gateway([]inventory.FlowLog{{ID: "fl-1", ResourceID: "tgw-attach-2", Status: "ACTIVE"}}))[0]
	want := finding.Resource{
		ARN: "arn:aws:ec2:eu-west-1:111122223333:transit-gateway/tgw-1", Type: "AWS::EC2::TransitGateway", ID: "tgw-1", Name: "core",
		Account: "111122223333", Region: "eu-west-1", Owner: "111122223333",
	}
	if diff := cmp.Diff(want, got.Resource); diff != "" {
		t.Errorf("resource (-want +got):\n%s", diff)
	}
	coverage := &finding.Coverage{Of: 2, Percent: 50, Outside: []string{"tgw-attach-1"}, SubnetsOutside: []string{}, NeverRecorded: []string{}}
	if diff := cmp.Diff(coverage, got.Evidence.Coverage); diff != "" {
		t.Errorf("coverage (-want +got):\n%s", diff)
	}
}

func TestGatewaysThatCouldNotBeListed(t *testing.T) {
	t.Parallel()
	inv := gateway(nil)
	inv.TransitGateways = nil
	inv.Fail("ec2:DescribeTransitGateways", inventory.Denied, "no", inventory.TransitGateways)
	got := judge(inv)
	if len(got) != 1 || got[0].Outcome != finding.Unknown || got[0].Resource.Type != finding.ScopeType || !strings.Contains(got[0].Message, "the transit gateways here could not all be read") {
		t.Errorf("%+v; want one unknown about the scope", got)
	}
}

// gateway is a transit gateway with two attachments.
func gateway(logs []inventory.FlowLog) *inventory.Inventory {
	return &inventory.Inventory{
		Target:             inventory.Target{Scope: inventory.Scope{Partition: "aws", Account: "111122223333", Region: "eu-west-1"}},
		Kinds:              []inventory.Kind{inventory.FlowLogs, inventory.TransitGateways, inventory.GatewayAttachments},
		TransitGateways:    []inventory.TransitGateway{{ID: "tgw-1", OwnerID: "111122223333", State: "available", Tags: map[string]string{"Name": "core"}}},
		GatewayAttachments: []inventory.GatewayAttachment{{ID: "tgw-attach-1", GatewayID: "tgw-1"}, {ID: "tgw-attach-2", GatewayID: "tgw-1"}, {ID: "tgw-attach-3", GatewayID: "tgw-2"}},
		FlowLogs:           logs,
	}
}

func judge(inv *inventory.Inventory) []finding.Finding {
	return rule.Judge([]rule.Rule{transitgatewayflowlogcheck.Rule()}, inv, rule.DefaultPolicy())
}
