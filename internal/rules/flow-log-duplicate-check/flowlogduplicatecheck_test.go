package flowlogduplicatecheck_test

import (
	"strings"
	"testing"

	"flowproof/internal/finding"
	"flowproof/internal/inventory"
	"flowproof/internal/rule"
	flowlogduplicatecheck "flowproof/internal/rules/flow-log-duplicate-check"
)

func TestVerdicts(t *testing.T) {
	t.Parallel()
	to := func(id, traffic, bucket string) inventory.FlowLog {
		return inventory.FlowLog{ID: id, ResourceID: "vpc-1", Status: "ACTIVE", TrafficType: traffic, DestinationType: inventory.ToS3, Destination: "arn:aws:s3:::" + bucket}
	}
	nowhere := func(id, traffic string) inventory.FlowLog {
		return inventory.FlowLog{ID: id, ResourceID: "vpc-1", Status: "ACTIVE", TrafficType: traffic}
	}
	group := inventory.FlowLog{ID: "fl-3", ResourceID: "vpc-1", Status: "ACTIVE", TrafficType: "ALL", LogGroup: "g"}
	groupByARN := inventory.FlowLog{ID: "fl-4", ResourceID: "vpc-1", Status: "ACTIVE", TrafficType: "REJECT", Destination: "arn:aws:logs:eu-west-1:1:log-group:g:*"}
	failing := to("fl-2", "ALL", "a")
	failing.DeliveryStatus = "FAILED"
	subnet := to("fl-2", "ALL", "a")
	subnet.ResourceID = "subnet-1"
	cut := func(inv *inventory.Inventory) {
		inv.Fail("ec2:DescribeFlowLogs", inventory.Throttled, "slow down", inventory.FlowLogs)
	}
	tests := []struct {
		name    string
		logs    []inventory.FlowLog
		change  func(*inventory.Inventory)
		outcome finding.Outcome
		message string
	}{
		{"one", []inventory.FlowLog{to("fl-1", "ALL", "a")}, nil, finding.Pass, "no traffic is recorded twice"},
		{"two to one bucket", []inventory.FlowLog{to("fl-1", "ALL", "a"), to("fl-2", "ALL", "a")}, nil, finding.Fail, "fl-1 and fl-2 both record ACCEPT and REJECT to arn:aws:s3:::a"},
		{"all and a half", []inventory.FlowLog{to("fl-1", "ALL", "a"), to("fl-2", "REJECT", "a")}, nil, finding.Fail, "both record REJECT"},
		{"two halves", []inventory.FlowLog{to("fl-1", "ACCEPT", "a"), to("fl-2", "REJECT", "a")}, nil, finding.Pass, "no traffic"},
		{"two buckets", []inventory.FlowLog{to("fl-1", "ALL", "a"), to("fl-2", "ALL", "b")}, nil, finding.Pass, "no traffic"},
		{"a group by name and by ARN", []inventory.FlowLog{group, groupByARN}, nil, finding.Fail, "fl-3 and fl-4 both record REJECT to g"},
		{"one that fails beside", []inventory.FlowLog{to("fl-1", "ALL", "a"), failing}, nil, finding.Pass, "no traffic"},
		{"one on a subnet beside", []inventory.FlowLog{to("fl-1", "ALL", "a"), subnet}, nil, finding.Pass, "no traffic"},
		{"traffic not stated", []inventory.FlowLog{to("fl-1", "ALL", "a"), to("fl-2", "", "a")}, nil, finding.Unknown, "does not state which traffic"},
		{"a bucket with and without a slash", []inventory.FlowLog{to("fl-1", "ALL", "a"), to("fl-2", "ALL", "a/")}, nil, finding.Fail, "both record"},
		{"two prefixes of a bucket", []inventory.FlowLog{to("fl-1", "ALL", "a/x"), to("fl-2", "ALL", "a/y")}, nil, finding.Pass, "no traffic"},
		{"destinations not stated", []inventory.FlowLog{nowhere("fl-1", "ALL"), nowhere("fl-2", "ALL")}, nil, finding.Unknown, "or where to"},
		{"two halves, destinations not stated", []inventory.FlowLog{nowhere("fl-1", "ACCEPT"), nowhere("fl-2", "REJECT")}, nil, finding.Pass, "no traffic"},
		{"four alike", []inventory.FlowLog{to("fl-1", "ALL", "a"), to("fl-2", "ALL", "a"), to("fl-3", "ALL", "a"), to("fl-4", "ALL", "a")}, nil, finding.Fail, "; and 3 more pairs"},
		{"another owner", []inventory.FlowLog{to("fl-1", "ALL", "a")}, func(inv *inventory.Inventory) { inv.VPCs[0].OwnerID = "444455556666" }, finding.NotApplicable, "shared by account"},
		{"nothing", nil, nil, finding.NotApplicable, "see vpc-flow-log-check"},
		{"the list cut off behind two", []inventory.FlowLog{to("fl-1", "ALL", "a"), to("fl-2", "ALL", "a")}, cut, finding.Fail, "both record"},
		{"the list cut off behind one", []inventory.FlowLog{to("fl-1", "ALL", "a")}, cut, finding.Unknown, "throttled"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			inv := inventory.Inventory{Kinds: []inventory.Kind{inventory.FlowLogs, inventory.VPCs}, VPCs: []inventory.VPC{{ID: "vpc-1"}}, FlowLogs: tt.logs}
			if tt.change != nil {
				tt.change(&inv)
			}
			inv.Normalize()
			got := rule.Judge([]rule.Rule{flowlogduplicatecheck.Rule()}, &inv, rule.DefaultPolicy())
			if len(got) != 1 || got[0].Outcome != tt.outcome || !strings.Contains(got[0].Message, tt.message) {
				t.Errorf("%+v; want one that is %s: %q", got, tt.outcome, tt.message)
			}
		})
	}
}
