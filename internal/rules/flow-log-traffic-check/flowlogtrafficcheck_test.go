package flowlogtrafficcheck_test

import (
	"strings"
	"testing"

	"flowproof/internal/finding"
	"flowproof/internal/inventory"
	"flowproof/internal/rule"
	flowlogtrafficcheck "flowproof/internal/rules/flow-log-traffic-check"
)

func TestVerdicts(t *testing.T) {
	t.Parallel()
	log := func(traffic string) inventory.FlowLog {
		return inventory.FlowLog{ID: "fl-0" + traffic, ResourceID: "vpc-1", Status: "ACTIVE", DeliveryStatus: "SUCCESS", TrafficType: traffic}
	}
	failing := func(traffic string) inventory.FlowLog {
		l := log(traffic)
		l.DeliveryStatus = "FAILED"
		return l
	}
	off := log("ALL")
	off.Status = "DELETED"
	subnet := log("ALL")
	subnet.ResourceID = "subnet-1"
	cut := func(inv *inventory.Inventory) {
		inv.Fail("ec2:DescribeFlowLogs", inventory.Throttled, "slow down", inventory.FlowLogs)
	}
	const none = "nothing works here that could record any traffic: see vpc-flow-log-check"
	tests := []struct {
		name     string
		policy   inventory.Traffic // 0 is the default: rejected traffic
		logs     []inventory.FlowLog
		change   func(*inventory.Inventory)
		outcome  finding.Outcome
		message  string
		assuring finding.Assurance
	}{
		{"all", 0, []inventory.FlowLog{log("ALL")}, nil, finding.Pass, "its working flow logs record ACCEPT and REJECT", finding.Unproven},
		{"rejected only", 0, []inventory.FlowLog{log("REJECT")}, nil, finding.Pass, "its working flow logs record REJECT", finding.Unproven},
		{"accepted only", 0, []inventory.FlowLog{log("ACCEPT")}, nil, finding.Fail, "its working flow logs record ACCEPT; required is REJECT", finding.Unproven},
		{"accepted and rejected apart", inventory.AllTraffic, []inventory.FlowLog{log("ACCEPT"), log("REJECT")}, nil, finding.Pass, "record ACCEPT and REJECT", finding.Unproven},
		{"all wanted, rejected recorded", inventory.AllTraffic, []inventory.FlowLog{log("REJECT")}, nil, finding.Fail, "record REJECT; required is ACCEPT and REJECT", finding.Unproven},
		{"the half that matters fails", 0, []inventory.FlowLog{log("ACCEPT"), failing("REJECT")}, nil, finding.Fail, "record ACCEPT; required is REJECT", finding.Unproven},
		{"all of it fails", 0, []inventory.FlowLog{failing("ALL")}, nil, finding.NotApplicable, none, finding.Failing},
		{"not active", 0, []inventory.FlowLog{off}, nil, finding.NotApplicable, none, finding.Inactive},
		{"no flow log", 0, nil, nil, finding.NotApplicable, none, finding.Absent},
		{"a subnet's flow log does not count", 0, []inventory.FlowLog{subnet}, nil, finding.NotApplicable, none, finding.Absent},
		{"traffic not stated", 0, []inventory.FlowLog{log("")}, nil, finding.Unknown, "AWS does not state which traffic its flow log records", finding.Unproven},
		{"traffic not stated beside enough", 0, []inventory.FlowLog{log(""), log("REJECT")}, nil, finding.Pass, "record REJECT", finding.Unproven},
		{"traffic not stated beside too little", 0, []inventory.FlowLog{log(""), log("ACCEPT")}, nil, finding.Unknown, "AWS does not state", finding.Unproven},
		{"traffic not stated of one that fails", 0, []inventory.FlowLog{failing("")}, nil, finding.NotApplicable, none, finding.Failing},
		{"the list cut off behind enough", 0, []inventory.FlowLog{log("ALL")}, cut, finding.Pass, "record ACCEPT and REJECT", finding.Unproven},
		{"the list cut off behind too little", 0, []inventory.FlowLog{log("ACCEPT")}, cut, finding.Unknown, "could not be read: ec2:DescribeFlowLogs throttled: slow down", finding.Unproven},
		{"the list denied", 0, nil, cut, finding.Unknown, "could not be read", ""},
		{"another owner", 0, []inventory.FlowLog{log("ALL")}, func(inv *inventory.Inventory) { inv.VPCs[0].OwnerID = "444455556666" }, finding.NotApplicable, "shared by account 444455556666", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			inv := inventory.Inventory{
				Target:   inventory.Target{Scope: inventory.Scope{Partition: "aws", Account: "111122223333", Region: "eu-west-1"}},
				Kinds:    []inventory.Kind{inventory.FlowLogs, inventory.VPCs},
				VPCs:     []inventory.VPC{{ID: "vpc-1"}},
				FlowLogs: tt.logs,
			}
			if tt.change != nil {
				tt.change(&inv)
			}
			inv.Normalize()
			got := rule.Judge([]rule.Rule{flowlogtrafficcheck.Rule()}, &inv, rule.Policy{Traffic: tt.policy})
			if len(got) != 1 {
				t.Fatalf("%d findings, want 1", len(got))
			}
			f := got[0]
			if f.Outcome != tt.outcome || !strings.Contains(f.Message, tt.message) {
				t.Errorf("%s: %q; want %s: %q", f.Outcome, f.Message, tt.outcome, tt.message)
			}
			if f.Assurance != tt.assuring || f.Severity != finding.Low {
				t.Errorf("assurance %q, severity %s; want %q, low", f.Assurance, f.Severity, tt.assuring)
			}
		})
	}
}

func TestOneDestinationAlone(t *testing.T) {
	t.Parallel()
	to := func(bucket, traffic string) inventory.FlowLog {
		return inventory.FlowLog{
			ID: "fl-0" + bucket + traffic, ResourceID: "vpc-1", Status: "ACTIVE", TrafficType: traffic,
			DestinationType: inventory.ToS3, Destination: "arn:aws:s3:::" + bucket,
		}
	}
	tests := []struct {
		name    string
		logs    []inventory.FlowLog
		cut     bool
		outcome finding.Outcome
	}{
		{"halves in two places", []inventory.FlowLog{to("a", "ACCEPT"), to("b", "REJECT")}, false, finding.Fail},
		{"halves in one place", []inventory.FlowLog{to("a", "ACCEPT"), to("a", "REJECT")}, false, finding.Pass},
		{"all in one of two places", []inventory.FlowLog{to("a", "ACCEPT"), to("b", "ALL")}, false, finding.Pass},
		{"halves in two places, cut off behind them", []inventory.FlowLog{to("a", "ACCEPT"), to("b", "REJECT")}, true, finding.Unknown},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			inv := inventory.Inventory{Kinds: []inventory.Kind{inventory.FlowLogs, inventory.VPCs}, VPCs: []inventory.VPC{{ID: "vpc-1"}}, FlowLogs: tt.logs}
			if tt.cut {
				inv.Fail("ec2:DescribeFlowLogs", inventory.Throttled, "slow down", inventory.FlowLogs)
			}
			inv.Normalize()
			got := rule.Judge([]rule.Rule{flowlogtrafficcheck.Rule()}, &inv, rule.Policy{Traffic: inventory.AllTraffic, SingleDestination: true})
			if len(got) != 1 || got[0].Outcome != tt.outcome {
				t.Errorf("%+v; want one that is %s", got, tt.outcome)
			}
		})
	}
}
