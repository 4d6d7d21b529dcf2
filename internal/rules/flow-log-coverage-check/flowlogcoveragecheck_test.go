package flowlogcoveragecheck_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"flowproof/internal/finding"
	"flowproof/internal/inventory"
	"flowproof/internal/rule"
	flowlogcoveragecheck "flowproof/internal/rules/flow-log-coverage-check"
)

const account, participant = "111122223333", "444455556666"

func on(resource, traffic string) inventory.FlowLog {
	return inventory.FlowLog{
		ID: "fl-" + resource, ResourceID: resource, Status: "ACTIVE", DeliveryStatus: "SUCCESS", TrafficType: traffic,
		DestinationType: inventory.ToS3, Destination: "arn:aws:s3:::" + traffic,
	}
}

// network is a VPC with two subnets, two interfaces in the first and one in the second.
func network(change func(*inventory.Inventory)) *inventory.Inventory {
	eni := func(id, subnet string) inventory.Interface {
		return inventory.Interface{ID: id, VPCID: "vpc-1", SubnetID: subnet, OwnerID: account, Status: "in-use"}
	}
	inv := &inventory.Inventory{
		Target:     inventory.Target{Scope: inventory.Scope{Partition: "aws", Account: account, Region: "eu-west-1"}},
		Kinds:      []inventory.Kind{inventory.FlowLogs, inventory.Interfaces, inventory.NATGateways, inventory.Subnets, inventory.VPCs},
		VPCs:       []inventory.VPC{{ID: "vpc-1", OwnerID: account}},
		Subnets:    []inventory.Subnet{{ID: "subnet-1", VPCID: "vpc-1"}, {ID: "subnet-2", VPCID: "vpc-1"}},
		Interfaces: []inventory.Interface{eni("eni-1", "subnet-1"), eni("eni-2", "subnet-1"), eni("eni-3", "subnet-2")},
	}
	change(inv)
	inv.FlowLogs = slices.Clone(inv.FlowLogs) // to put in order: cases share them
	inv.Normalize()
	return inv
}

func logs(list ...inventory.FlowLog) func(*inventory.Inventory) {
	return func(inv *inventory.Inventory) { inv.FlowLogs = list }
}

func TestVerdicts(t *testing.T) {
	t.Parallel()
	failing := on("vpc-1", "ALL")
	failing.DeliveryStatus = "FAILED"
	deny := func(kind inventory.Kind, list ...inventory.FlowLog) func(*inventory.Inventory) {
		return func(inv *inventory.Inventory) {
			inv.FlowLogs = list
			inv.Fail("ec2:Describe", inventory.Denied, "no", kind)
		}
	}
	tests := []struct {
		name    string
		change  func(*inventory.Inventory)
		outcome finding.Outcome
		message string
	}{
		{"the VPC", logs(on("vpc-1", "ALL")), finding.Pass, "on the VPC itself records every interface"},
		{"every subnet", logs(on("subnet-1", "ALL"), on("subnet-2", "ALL")), finding.Pass, "on each of its 3 interfaces"},
		{"every interface, and subnets to come outside", logs(on("eni-1", "ALL"), on("eni-2", "ALL"), on("eni-3", "ALL")), finding.Pass,
			"on each of its 3 interfaces; the next one in subnet-1, subnet-2 would not be recorded"},
		{"one subnet", logs(on("subnet-1", "ALL")), finding.Fail, "1 of 3 interfaces is outside every working flow log: eni-3"},
		{"one interface", logs(on("eni-3", "REJECT")), finding.Fail, "2 of 3 interfaces are outside every working flow log: eni-1, eni-2"},
		{"nothing", logs(), finding.NotApplicable, "see vpc-flow-log-check"},
		{"the VPC, and it fails", logs(failing), finding.NotApplicable, "see vpc-flow-log-check"},
		{"no interface, one subnet", func(inv *inventory.Inventory) {
			inv.Interfaces, inv.FlowLogs = nil, []inventory.FlowLog{on("subnet-1", "ALL")}
		}, finding.NotApplicable, "no network interface is in it; the next one in subnet-2 would not be recorded"},
		{"a participant's interface outside", func(inv *inventory.Inventory) {
			inv.Interfaces[2].OwnerID, inv.FlowLogs = participant, []inventory.FlowLog{on("subnet-1", "ALL")}
		}, finding.Unknown, "1 of 3 interfaces is of other accounts"},
		{"a participant's and an own one outside", func(inv *inventory.Inventory) {
			inv.Interfaces[2].OwnerID, inv.FlowLogs = participant, []inventory.FlowLog{on("eni-1", "ALL")}
		}, finding.Fail, "1 of 3 interfaces is outside every working flow log: eni-2"},
		{"flow logs denied", deny(inventory.FlowLogs), finding.Unknown, "ec2:Describe denied: no"},
		{"flow logs cut off behind one on the VPC", deny(inventory.FlowLogs, on("vpc-1", "ALL")), finding.Pass, "records every interface"},
		{"flow logs cut off behind one on a subnet", deny(inventory.FlowLogs, on("subnet-1", "ALL")), finding.Unknown, "denied"},
		{"interfaces cut off behind one outside", deny(inventory.Interfaces, on("subnet-1", "ALL")), finding.Fail, "eni-3"},
		{"interfaces cut off behind those inside", deny(inventory.Interfaces, on("subnet-1", "ALL"), on("subnet-2", "ALL")), finding.Unknown, "denied"},
		{"interfaces denied under one on the VPC", deny(inventory.Interfaces, on("vpc-1", "ALL")), finding.Pass, "records every interface"},
		{"another owner", func(inv *inventory.Inventory) { inv.VPCs[0].OwnerID = participant }, finding.NotApplicable, "shared by account 444455556666"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			f := judged(t, network(tt.change), rule.DefaultPolicy())
			if f.Outcome != tt.outcome || !strings.Contains(f.Message, tt.message) {
				t.Errorf("%s: %q; want %s: %q", f.Outcome, f.Message, tt.outcome, tt.message)
			}
		})
	}
}

func TestPolicies(t *testing.T) {
	t.Parallel()
	halves := logs(on("vpc-1", "ACCEPT"), on("subnet-1", "REJECT"), on("subnet-2", "REJECT"))
	nat := func(inv *inventory.Inventory) {
		inv.FlowLogs = []inventory.FlowLog{on("vpc-1", "ALL")}
		inv.NATGateways = []inventory.NATGateway{{ID: "nat-1", VPCID: "vpc-1", Mode: "regional"}, {ID: "nat-2", VPCID: "vpc-1"}}
	}
	tests := []struct {
		name    string
		policy  rule.Policy
		change  func(*inventory.Inventory)
		outcome finding.Outcome
		message string
	}{
		{"halves in two places", rule.Policy{Traffic: inventory.AllTraffic}, halves, finding.Pass, "records every interface"},
		{"halves in two places, one asked for", rule.Policy{Traffic: inventory.AllTraffic, SingleDestination: true}, halves, finding.Fail, "no one destination receives ACCEPT and REJECT of eni-1, eni-2, eni-3"},
		{"what is asked for in one place", rule.Policy{Traffic: inventory.Reject, SingleDestination: true}, halves, finding.Pass, "each of its 3 interfaces"},
		{"one destination asked for, traffic not stated", rule.Policy{SingleDestination: true}, logs(on("vpc-1", "")), finding.Unknown, "does not state which traffic is recorded of eni-1, eni-2, eni-3"},
		{"one destination asked for, a participant's interface outside", rule.Policy{SingleDestination: true}, func(inv *inventory.Inventory) {
			inv.Interfaces[2].OwnerID, inv.FlowLogs = participant, []inventory.FlowLog{on("subnet-1", "ALL")}
		}, finding.Unknown, "1 of 3 interfaces is of other accounts"},
		{"a deleted NAT gateway", rule.Policy{NATGateways: true}, func(inv *inventory.Inventory) {
			nat(inv)
			inv.NATGateways[0].State = "deleted"
		}, finding.Pass, "on each of its 3 interfaces"},
		{"a regional NAT gateway, not asked for", rule.Policy{}, nat, finding.Pass, "records every interface"},
		{"a regional NAT gateway, asked for", rule.Policy{NATGateways: true}, nat, finding.Fail, "without a working flow log of their own: nat-1"},
		{"NAT gateways denied", rule.Policy{NATGateways: true}, func(inv *inventory.Inventory) {
			nat(inv)
			inv.Fail("ec2:DescribeNatGateways", inventory.Denied, "no", inventory.NATGateways)
		}, finding.Unknown, "ec2:DescribeNatGateways denied"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			f := judged(t, network(tt.change), tt.policy)
			if f.Outcome != tt.outcome || !strings.Contains(f.Message, tt.message) {
				t.Errorf("%s: %q; want %s: %q", f.Outcome, f.Message, tt.outcome, tt.message)
			}
		})
	}
}

func TestEvidence(t *testing.T) {
	t.Parallel()
	f := judged(t, network(logs(on("subnet-1", "ACCEPT"), on("eni-3", "ALL"))), rule.Policy{Traffic: inventory.AllTraffic})
	want := &finding.Coverage{
		Of: 3, Percent: 66, Outside: []string{}, SubnetsOutside: []string{"subnet-2"}, NeverRecorded: inventory.NeverRecorded(),
	}
	if diff := cmp.Diff(want, f.Evidence.Coverage); diff != "" || len(f.Evidence.FlowLogs) != 2 {
		t.Errorf("%d flow logs, coverage (-want +got):\n%s", len(f.Evidence.FlowLogs), diff)
	}
}

func judged(t *testing.T, inv *inventory.Inventory, policy rule.Policy) finding.Finding {
	t.Helper()
	got := rule.Judge([]rule.Rule{flowlogcoveragecheck.Rule()}, inv, policy)
	if len(got) != 1 {
		t.Fatalf("%d findings, want 1", len(got))
	}
	return got[0]
}
