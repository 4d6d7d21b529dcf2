package flowlogdeliverycheck_test

import (
	"strings"
	"testing"

	"flowproof/internal/finding"
	"flowproof/internal/inventory"
	"flowproof/internal/rule"
	flowlogdeliverycheck "flowproof/internal/rules/flow-log-delivery-check"
)

// TestVerdicts has no row for not-applicable: DescribeFlowLogs gives an account its own flow logs and
// nobody else's, so each of them is judged.
func TestVerdicts(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name    string
		log     inventory.FlowLog
		outcome finding.Outcome
		message string
	}{
		{"success", inventory.FlowLog{ResourceID: "vpc-1", DeliveryStatus: "SUCCESS"}, finding.Pass, "no failure of delivery from vpc-1; that is no proof that records arrive"},
		{"success on a transit gateway", inventory.FlowLog{ResourceID: "tgw-1", DeliveryStatus: "SUCCESS"}, finding.Pass, "from tgw-1"},
		{"success of one that cannot be placed", inventory.FlowLog{DeliveryStatus: "SUCCESS"}, finding.Pass, "no failure of delivery;"},
		{"success with an error of before", inventory.FlowLog{ResourceID: "vpc-1", DeliveryStatus: "SUCCESS", DeliveryError: "Unknown error"}, finding.Pass, "from vpc-1"},
		{"failed", inventory.FlowLog{ResourceID: "vpc-1", DeliveryStatus: "FAILED", DeliveryError: "Access error"}, finding.Fail, "delivery from vpc-1 fails: Access error (usually the delivery role"},
		{"failed on a subnet", inventory.FlowLog{ResourceID: "subnet-1", DeliveryStatus: "FAILED", DeliveryError: "Unknown error"}, finding.Fail, "delivery from subnet-1 fails: Unknown error"},
		{"failed without saying why", inventory.FlowLog{ResourceID: "vpc-1", DeliveryStatus: "FAILED"}, finding.Fail, "fails: FAILED"},
		{"an error and no status", inventory.FlowLog{ResourceID: "vpc-1", DeliveryError: "Rate limited"}, finding.Fail, "fails: Rate limited"},
		{"neither", inventory.FlowLog{ResourceID: "vpc-1"}, finding.Unknown, "AWS states neither success nor failure of delivery from vpc-1"},
		{"a word of another year", inventory.FlowLog{ResourceID: "vpc-1", DeliveryStatus: "PENDING"}, finding.Unknown, "AWS states neither"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			tt.log.ID, tt.log.Status = "fl-1", "ACTIVE"
			inv := inventory.Inventory{
				Target:   inventory.Target{Scope: inventory.Scope{Partition: "aws", Account: "111122223333", Region: "eu-west-1"}},
				Kinds:    []inventory.Kind{inventory.FlowLogs},
				FlowLogs: []inventory.FlowLog{tt.log},
			}
			got := rule.Judge([]rule.Rule{flowlogdeliverycheck.Rule()}, &inv, rule.DefaultPolicy())
			if len(got) != 1 {
				t.Fatalf("%d findings, want 1", len(got))
			}
			f := got[0]
			if f.Outcome != tt.outcome || !strings.Contains(f.Message, tt.message) {
				t.Errorf("%s: %q; want %s: %q", f.Outcome, f.Message, tt.outcome, tt.message)
			}
			if f.Severity != finding.Medium || f.Assurance != "" || len(f.Evidence.FlowLogs) != 1 {
				t.Errorf("severity %s, assurance %q, evidence %v", f.Severity, f.Assurance, f.Evidence)
			}
			if f.Resource.Type != finding.FlowLogType || f.Resource.ARN != "arn:aws:ec2:eu-west-1:111122223333:vpc-flow-log/fl-1" {
				t.Errorf("resource %+v", f.Resource)
			}
			if len(f.Gaps) != 0 {
				t.Errorf("gaps %v: what AWS does not say is no gap", f.Gaps)
			}
		})
	}
}

func TestList_that_was_not_read(t *testing.T) {
	t.Parallel()
	inv := inventory.Inventory{Kinds: []inventory.Kind{inventory.FlowLogs}}
	inv.Fail("ec2:DescribeFlowLogs", inventory.Denied, "no", inventory.FlowLogs)
	got := rule.Judge([]rule.Rule{flowlogdeliverycheck.Rule()}, &inv, rule.DefaultPolicy())
	if len(got) != 1 || got[0].Outcome != finding.Unknown || got[0].Resource.Type != finding.ScopeType || len(got[0].Gaps) != 1 {
		t.Errorf("findings %+v, want one unknown about the scope", got)
	}
}
