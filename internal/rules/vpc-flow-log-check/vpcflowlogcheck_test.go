package vpcflowlogcheck_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"flowproof/internal/finding"
	"flowproof/internal/inventory"
	"flowproof/internal/rule"
	vpcflowlogcheck "flowproof/internal/rules/vpc-flow-log-check"
)

var readAt = time.Date(2024, 5, 1, 10, 0, 0, 0, time.UTC)

// on is a flow log on vpc-1.
func on(id, status, delivery, message string) inventory.FlowLog {
	return inventory.FlowLog{ID: id, ResourceID: "vpc-1", Status: status, DeliveryStatus: delivery, DeliveryError: message, TrafficType: "ALL"}
}

// judge is the verdict on vpc-1, which has the logs, after change.
func judge(t *testing.T, logs []inventory.FlowLog, change func(*inventory.Inventory)) finding.Finding {
	t.Helper()
	inv := inventory.Inventory{
		Target:   inventory.Target{Scope: inventory.Scope{Partition: "aws", Account: "111122223333", Region: "eu-west-1"}},
		ReadAt:   readAt,
		Kinds:    []inventory.Kind{inventory.FlowLogs, inventory.VPCs},
		VPCs:     []inventory.VPC{{ID: "vpc-1", OwnerID: "111122223333"}},
		FlowLogs: logs,
	}
	if change != nil {
		change(&inv)
	}
	inv.Normalize()
	for _, f := range rule.Judge([]rule.Rule{vpcflowlogcheck.Rule()}, &inv, rule.DefaultPolicy()) {
		if f.Resource.ID == "vpc-1" {
			return f
		}
	}
	t.Fatal("vpc-1 is not listed")
	return finding.Finding{}
}

// TestVerdicts is the table of verdicts on one VPC, row by row.
func TestVerdicts(t *testing.T) {
	t.Parallel()
	working, failing, off := on("fl-1", "ACTIVE", "SUCCESS", ""), on("fl-2", "ACTIVE", "FAILED", "Access error"), on("fl-3", "DELETED", "", "")
	subnet, eni := inventory.FlowLog{ID: "fl-4", ResourceID: "subnet-1", Status: "ACTIVE"}, inventory.FlowLog{ID: "fl-5", ResourceID: "eni-1", Status: "ACTIVE"}
	cut := func(inv *inventory.Inventory) {
		inv.Fail("ec2:DescribeFlowLogs", inventory.Throttled, "slow down", inventory.FlowLogs)
	}
	tests := []struct {
		name      string
		logs      []inventory.FlowLog
		change    func(*inventory.Inventory)
		outcome   finding.Outcome
		assurance finding.Assurance
		message   string
		evidence  int
	}{
		{"no flow log", nil, nil, finding.Fail, finding.Absent, "no flow log on the VPC itself", 0},
		{"a flow log on another VPC", []inventory.FlowLog{{ID: "fl-9", ResourceID: "vpc-10", Status: "ACTIVE"}}, nil, finding.Fail, finding.Absent, "no flow log on the VPC itself", 0},
		{"a flow log on a subnet", []inventory.FlowLog{subnet}, nil, finding.Fail, finding.Absent, "; the Region has 1 on a subnet or interface, which this rule does not count", 0},
		{"flow logs on a subnet and an interface", []inventory.FlowLog{subnet, eni}, nil, finding.Fail, finding.Absent, "; the Region has 2 on subnets or interfaces, which this rule does not count", 0},
		{"one that is not active", []inventory.FlowLog{off}, nil, finding.Fail, finding.Inactive, "no flow log on it is ACTIVE: fl-3 is DELETED", 1},
		{"one without a state", []inventory.FlowLog{on("fl-1", "", "SUCCESS", "")}, nil, finding.Fail, finding.Inactive, "fl-1 is in a state that AWS does not give", 1},
		{"one that fails", []inventory.FlowLog{failing}, nil, finding.Fail, finding.Failing, "fl-2 fails to deliver: Access error (usually the delivery role", 1},
		{"one with an error and no status", []inventory.FlowLog{on("fl-1", "ACTIVE", "", "Rate limited")}, nil, finding.Fail, finding.Failing, "fl-1 fails to deliver: Rate limited", 1},
		{"one that fails without saying why", []inventory.FlowLog{on("fl-1", "ACTIVE", "FAILED", "")}, nil, finding.Fail, finding.Failing, "fl-1 fails to deliver: FAILED", 1},
		{"one that fails and one that is off", []inventory.FlowLog{failing, off}, nil, finding.Fail, finding.Failing, "fl-2 fails to deliver", 2},
		{"one that works", []inventory.FlowLog{working}, nil, finding.Pass, finding.Unproven, "fl-1 is ACTIVE and not failing; arrival of records is not proven", 1},
		{"one of whose delivery nothing is said", []inventory.FlowLog{on("fl-1", "ACTIVE", "", "")}, nil, finding.Pass, finding.Unproven, "fl-1 is ACTIVE", 1},
		{"one without an id", []inventory.FlowLog{on("", "ACTIVE", "", "")}, nil, finding.Pass, finding.Unproven, "(no id) is ACTIVE", 1},
		{"one that works beside one that fails", []inventory.FlowLog{failing, working}, nil, finding.Pass, finding.Unproven, "fl-1 is ACTIVE", 2},
		{"rejected traffic only", []inventory.FlowLog{{ID: "fl-1", ResourceID: "vpc-1", Status: "ACTIVE", TrafficType: "REJECT"}}, nil, finding.Pass, finding.Unproven, "fl-1 is ACTIVE", 1},
		{"two that work", []inventory.FlowLog{working, on("fl-0", "ACTIVE", "SUCCESS", "")}, nil, finding.Pass, finding.Unproven, "fl-0 (and 1 more) is ACTIVE", 2},
		{"a record within the window", []inventory.FlowLog{working}, func(inv *inventory.Inventory) {
			inv.Arrivals = []inventory.Arrival{{FlowLog: "fl-1", Newest: readAt.Add(-time.Hour)}}
		}, finding.Pass, finding.Delivering, "fl-1 is ACTIVE and records arrive", 1},
		{"a record too old", []inventory.FlowLog{working}, func(inv *inventory.Inventory) {
			inv.Arrivals = []inventory.Arrival{{FlowLog: "fl-1", Newest: readAt.Add(-48 * time.Hour)}}
		}, finding.Pass, finding.Unproven, "not proven", 1},
		{"the list denied", nil, func(inv *inventory.Inventory) {
			inv.Fail("ec2:DescribeFlowLogs", inventory.Denied, "not authorized", inventory.FlowLogs)
		}, finding.Unknown, "", "could not be read: ec2:DescribeFlowLogs denied: not authorized", 0},
		{"the list cut off behind one that works", []inventory.FlowLog{working}, cut, finding.Pass, finding.Unproven, "fl-1 is ACTIVE", 1},
		{"the list cut off behind one that fails", []inventory.FlowLog{failing}, cut, finding.Unknown, "", "could not be read", 1},
		{"the list cut off behind one that is off", []inventory.FlowLog{off}, cut, finding.Unknown, "", "could not be read", 1},
		{"a flow log that cannot be placed", []inventory.FlowLog{{ID: "fl-1", Status: "ACTIVE"}}, nil, finding.Unknown, "", "does not say which resource these flow logs are on: fl-1", 0},
		{"one that cannot be placed beside one that works", []inventory.FlowLog{{ID: "fl-9", Status: "ACTIVE"}, working}, nil, finding.Pass, finding.Unproven, "fl-1 is ACTIVE", 1},
		{"the list of VPCs cut off", nil, func(inv *inventory.Inventory) {
			inv.Fail("ec2:DescribeVpcs", inventory.Throttled, "slow down", inventory.VPCs)
		}, finding.Fail, finding.Absent, "no flow log on the VPC itself", 0},
		{"an owner that is absent", nil, func(inv *inventory.Inventory) { inv.VPCs[0].OwnerID = "" }, finding.Fail, finding.Absent, "no flow log on the VPC itself", 0},
		{"another owner", nil, func(inv *inventory.Inventory) { inv.VPCs[0].OwnerID = "444455556666" }, finding.NotApplicable, "", "shared by account 444455556666", 0},
		{"another owner, though the flow logs were not read", nil, func(inv *inventory.Inventory) {
			inv.VPCs[0].OwnerID = "444455556666"
			cut(inv)
		}, finding.NotApplicable, "", "shared by account 444455556666", 0},
		{"a default VPC that nobody uses", nil, func(inv *inventory.Inventory) { inv.VPCs[0].IsDefault = true }, finding.Fail, finding.Absent, "no flow log on the VPC itself", 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got := judge(t, tt.logs, tt.change)
			if got.Outcome != tt.outcome || got.Assurance != tt.assurance {
				t.Errorf("%s, assurance %q; want %s, %q", got.Outcome, got.Assurance, tt.outcome, tt.assurance)
			}
			if !strings.Contains(got.Message, tt.message) {
				t.Errorf("message %q does not hold %q", got.Message, tt.message)
			}
			if len(got.Evidence.FlowLogs) != tt.evidence {
				t.Errorf("evidence %v, want %d flow logs", got.Evidence.FlowLogs, tt.evidence)
			}
			if got.Severity != finding.Low {
				t.Errorf("severity %s, want low", got.Severity)
			}
			if (got.Outcome == finding.Unknown) != (len(got.Gaps) > 0) {
				t.Errorf("%s with gaps %v", got.Outcome, got.Gaps)
			}
		})
	}
}

func TestASubnetEachWhereThePolicyAllowsIt(t *testing.T) {
	t.Parallel()
	inv := inventory.Inventory{
		Kinds: []inventory.Kind{inventory.FlowLogs, inventory.Subnets, inventory.VPCs}, VPCs: []inventory.VPC{{ID: "vpc-1"}},
		Subnets:  []inventory.Subnet{{ID: "subnet-1", VPCID: "vpc-1"}},
		FlowLogs: []inventory.FlowLog{{ID: "fl-1", ResourceID: "subnet-1", Status: "ACTIVE"}},
	}
	inv.Normalize()
	r := vpcflowlogcheck.Rule()
	policy := rule.Policy{SubnetCoverage: true}
	got := rule.Judge([]rule.Rule{r}, &inv, policy)[0]
	if got.Outcome != finding.Pass || got.Assurance != finding.Unproven || !strings.HasPrefix(got.Message, "each of its subnets has an ACTIVE flow log") {
		t.Errorf("%+v", got)
	}
	if off := rule.Judge([]rule.Rule{r}, &inv, rule.Policy{})[0]; off.Outcome != finding.Fail {
		t.Errorf("with the policy off: %+v", off)
	}
	inv.Fail("ec2:DescribeSubnets", inventory.Denied, "no", inventory.Subnets)
	if unread := rule.Judge([]rule.Rule{r}, &inv, policy)[0]; unread.Outcome != finding.Unknown || !strings.Contains(unread.Message, "ec2:DescribeSubnets denied") {
		t.Errorf("with subnets unread: %+v", unread)
	}
	if !slices.Contains(r.Asks(policy), inventory.Subnets) || len(r.Asks(rule.Policy{})) > 0 {
		t.Error("subnets are to be read when the policy is on, and only then")
	}
}
