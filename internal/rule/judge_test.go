package rule_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"flowproof/internal/finding"
	"flowproof/internal/inventory"
	"flowproof/internal/rule"
)

var readAt = time.Date(2024, 5, 1, 10, 0, 0, 0, time.UTC)

// scope is an inventory of 111122223333 in eu-west-1 of which both lists were read whole.
func scope(change func(*inventory.Inventory)) *inventory.Inventory {
	inv := inventory.Inventory{
		Target: inventory.Target{Scope: inventory.Scope{Partition: "aws", Account: "111122223333", Region: "eu-west-1"}},
		ReadAt: readAt,
		Kinds:  []inventory.Kind{inventory.FlowLogs, inventory.VPCs},
	}
	change(&inv)
	inv.Normalize()
	return &inv
}

// vpcRule passes every VPC, logRule every flow log.
var (
	vpcRule = rule.Rule{ID: "vpc-rule", Severity: finding.High, Judge: func(p *rule.Pass) {
		p.EachVPC(func(inventory.VPC) rule.Verdict { return rule.Verdict{Outcome: finding.Pass, Message: "seen"} })
	}}
	logRule = rule.Rule{ID: "log-rule", Severity: finding.Low, Judge: func(p *rule.Pass) {
		p.EachFlowLog(func(l inventory.FlowLog) rule.Verdict {
			return rule.Verdict{Outcome: finding.Pass, Message: l.Status}
		})
	}}
)

// lines is findings in short: fingerprint, outcome, message.
func lines(findings []finding.Finding) []string {
	var list []string
	for _, f := range findings {
		list = append(list, strings.Join([]string{f.Fingerprint, string(f.Outcome), f.Message}, " | "))
	}
	return list
}

func TestJudge_a_VPC(t *testing.T) {
	t.Parallel()
	inv := scope(func(inv *inventory.Inventory) {
		inv.VPCs = []inventory.VPC{{ID: "vpc-1", IsDefault: true, Tags: map[string]string{"Name": "\u202eprod"}}}
	})
	want := []finding.Finding{{
		Fingerprint: "vpc-rule@arn:aws:ec2:eu-west-1:111122223333:vpc/vpc-1", Rule: "vpc-rule", Outcome: finding.Pass, Severity: finding.High, Message: "seen",
		Resource: finding.Resource{
			ARN: "arn:aws:ec2:eu-west-1:111122223333:vpc/vpc-1", Type: "AWS::EC2::VPC", ID: "vpc-1", Name: "\u202eprod",
			Account: "111122223333", Region: "eu-west-1", Owner: "111122223333", Default: true,
		},
		Evidence: finding.Evidence{FlowLogs: []inventory.FlowLog{}}, Gaps: []inventory.Gap{},
	}}
	if diff := cmp.Diff(want, rule.Judge([]rule.Rule{vpcRule}, inv, rule.DefaultPolicy())); diff != "" {
		t.Errorf("findings (-want +got):\n%s", diff)
	}
}

func TestJudge(t *testing.T) {
	t.Parallel()
	const vpc, log = "arn:aws:ec2:eu-west-1:111122223333:vpc/", "arn:aws:ec2:eu-west-1:111122223333:vpc-flow-log/"
	tests := []struct {
		name   string
		rules  []rule.Rule
		change func(*inventory.Inventory)
		want   []string
	}{
		{"nothing there", []rule.Rule{vpcRule, logRule}, func(*inventory.Inventory) {}, nil},
		{"a shared VPC is the owner's", []rule.Rule{vpcRule}, func(inv *inventory.Inventory) {
			inv.VPCs = []inventory.VPC{{ID: "vpc-1", OwnerID: "444455556666"}}
		}, []string{"vpc-rule@arn:aws:ec2:eu-west-1:444455556666:vpc/vpc-1#seen-from:111122223333 | not-applicable | shared by account 444455556666, which owns it: judged and fixed there"}},
		{"a list cut off speaks for the scope beside the VPCs that were read", []rule.Rule{vpcRule}, func(inv *inventory.Inventory) {
			inv.VPCs = []inventory.VPC{{ID: "vpc-1"}}
			inv.Fail("ec2:DescribeVpcs", inventory.Throttled, "slow down", inventory.VPCs)
		}, []string{"vpc-rule@" + vpc + "vpc-1 | pass | seen", "vpc-rule@" + vpc + "* | unknown | the VPCs here could not all be read: ec2:DescribeVpcs throttled: slow down"}},
		{"a list that the rule does not go through", []rule.Rule{vpcRule}, func(inv *inventory.Inventory) {
			inv.Fail("ec2:DescribeFlowLogs", inventory.Denied, "no", inventory.FlowLogs)
		}, nil},
		{"flow logs cut off", []rule.Rule{logRule}, func(inv *inventory.Inventory) {
			inv.FlowLogs = []inventory.FlowLog{{ID: "fl-1", ResourceID: "eni-1", Status: "A"}}
			inv.Fail("ec2:DescribeFlowLogs", inventory.Interrupted, "stopped", inventory.FlowLogs)
		}, []string{"log-rule@" + log + "fl-1 | pass | A", "log-rule@" + vpc + "* | unknown | the flow logs here could not all be read: ec2:DescribeFlowLogs interrupted: stopped"}},
		{"Regions that could not be listed concern every rule", []rule.Rule{vpcRule, logRule}, func(inv *inventory.Inventory) {
			inv.Region = inventory.AnyRegion
			inv.Fail("ec2:DescribeRegions", inventory.Denied, "no", inventory.Regions)
		}, []string{
			"vpc-rule@arn:aws:ec2:*:111122223333:vpc/* | unknown | the VPCs here could not all be read: ec2:DescribeRegions denied: no",
			"log-rule@arn:aws:ec2:*:111122223333:vpc/* | unknown | the flow logs here could not all be read: ec2:DescribeRegions denied: no",
		}},
		{"one id on two resources", []rule.Rule{logRule}, func(inv *inventory.Inventory) {
			inv.FlowLogs = []inventory.FlowLog{{ID: "fl-1", ResourceID: "vpc-2", Status: "B"}, {ID: "fl-1", ResourceID: "vpc-1", Status: "A"}, {ID: "fl-2", ResourceID: "vpc-1", Status: "C"}}
		}, []string{"log-rule@" + log + "fl-1#on:vpc-1 | pass | A", "log-rule@" + log + "fl-2 | pass | C", "log-rule@" + log + "fl-1#on:vpc-2 | pass | B"}},
		{"one id on one resource with other content", []rule.Rule{logRule}, func(inv *inventory.Inventory) {
			inv.FlowLogs = []inventory.FlowLog{{ID: "fl-1", ResourceID: "vpc-1", Status: "B"}, {ID: "fl-1", ResourceID: "vpc-1", Status: "A"}, {ID: "fl-1", ResourceID: "vpc-1", Status: "C"}}
		}, []string{"log-rule@" + log + "fl-1#on:vpc-1 | pass | A", "log-rule@" + log + "fl-1#on:vpc-1#2 | pass | B", "log-rule@" + log + "fl-1#on:vpc-1#3 | pass | C"}},
		{"flow logs without an id", []rule.Rule{logRule}, func(inv *inventory.Inventory) {
			inv.FlowLogs = []inventory.FlowLog{{ResourceID: "vpc-1", Status: "A"}, {ResourceID: "vpc-2", Status: "B"}}
		}, []string{"log-rule@" + log + "#on:vpc-1 | pass | A", "log-rule@" + log + "#on:vpc-2 | pass | B"}},
		{"one id under two owners", []rule.Rule{vpcRule}, func(inv *inventory.Inventory) {
			inv.VPCs = []inventory.VPC{{ID: "vpc-1", OwnerID: "444455556666"}, {ID: "vpc-1"}}
		}, []string{
			"vpc-rule@" + vpc + "vpc-1 | pass | seen",
			"vpc-rule@arn:aws:ec2:eu-west-1:444455556666:vpc/vpc-1#seen-from:111122223333 | not-applicable | shared by account 444455556666, which owns it: judged and fixed there",
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got := rule.Judge(tt.rules, scope(tt.change), rule.DefaultPolicy())
			if diff := cmp.Diff(tt.want, lines(got)); diff != "" {
				t.Errorf("findings (-want +got):\n%s", diff)
			}
			for _, f := range got {
				if (f.Outcome == finding.Unknown) != (len(f.Gaps) > 0) {
					t.Errorf("%s is %s with gaps %v", f.Fingerprint, f.Outcome, f.Gaps)
				}
			}
		})
	}
}

func TestJudge_a_scope_as_a_whole(t *testing.T) {
	t.Parallel()
	inv := scope(func(inv *inventory.Inventory) { inv.Fail("ec2:DescribeVpcs", inventory.Denied, "no", inventory.VPCs) })
	got := rule.Judge([]rule.Rule{vpcRule}, inv, rule.DefaultPolicy())
	want := finding.Resource{
		ARN: "arn:aws:ec2:eu-west-1:111122223333:vpc/*", Type: "flowproof::Scope", ID: "111122223333/eu-west-1",
		Account: "111122223333", Region: "eu-west-1", Owner: "111122223333",
	}
	if len(got) != 1 || got[0].Resource != want {
		t.Errorf("findings %+v, want one about %+v", got, want)
	}
}

func TestUnread_without_a_gap_still_says_something(t *testing.T) {
	t.Parallel()
	p := rule.Pass{Inventory: scope(func(*inventory.Inventory) {})}
	v := p.Unread("roles")
	if v.Outcome != finding.Unknown || v.Message == "" {
		t.Errorf("verdict %+v", v)
	}
}

func TestAssurance(t *testing.T) {
	t.Parallel()
	log := func(id, status, delivery, message string) inventory.FlowLog {
		return inventory.FlowLog{ID: id, ResourceID: "vpc-1", Status: status, DeliveryStatus: delivery, DeliveryError: message}
	}
	working, failing, off := log("fl-1", "ACTIVE", "SUCCESS", ""), log("fl-2", "ACTIVE", "FAILED", "Access error"), log("fl-3", "DELETED", "SUCCESS", "")
	elsewhere := inventory.FlowLog{ID: "fl-9", ResourceID: "subnet-1", Status: "ACTIVE"}
	arrived := func(id string, ago time.Duration) inventory.Arrival {
		return inventory.Arrival{FlowLog: id, Newest: readAt.Add(-ago)}
	}
	tests := []struct {
		name     string
		logs     []inventory.FlowLog
		arrivals []inventory.Arrival
		whole    finding.Assurance // when the list was read whole
		cut      finding.Assurance // when it was cut off behind these
	}{
		{"no log", nil, nil, finding.Absent, ""},
		{"logs on a subnet only", []inventory.FlowLog{elsewhere}, nil, finding.Absent, ""},
		{"one that is not active", []inventory.FlowLog{off}, nil, finding.Inactive, ""},
		{"one of which no status is known", []inventory.FlowLog{log("fl-1", "", "SUCCESS", "")}, nil, finding.Inactive, ""},
		{"one that fails", []inventory.FlowLog{failing}, nil, finding.Failing, ""},
		{"one with an error and no status", []inventory.FlowLog{log("fl-1", "ACTIVE", "", "Rate limited")}, nil, finding.Failing, ""},
		{"one that fails and one that is off", []inventory.FlowLog{failing, off}, nil, finding.Failing, ""},
		{"one that works", []inventory.FlowLog{working}, nil, finding.Unproven, finding.Unproven},
		{"one of which nothing is said", []inventory.FlowLog{log("fl-1", "ACTIVE", "", "")}, nil, finding.Unproven, finding.Unproven},
		{"one that works beside one that fails", []inventory.FlowLog{working, failing, off}, nil, finding.Unproven, finding.Unproven},
		{"a record within the window", []inventory.FlowLog{working}, []inventory.Arrival{arrived("fl-1", 24*time.Hour)}, finding.Delivering, finding.Delivering},
		{"a record before the window", []inventory.FlowLog{working}, []inventory.Arrival{arrived("fl-1", 24*time.Hour+time.Second)}, finding.Unproven, finding.Unproven},
		{"a record of the log that fails now", []inventory.FlowLog{failing}, []inventory.Arrival{arrived("fl-2", time.Hour)}, finding.Failing, ""},
		{"a record of a log elsewhere", []inventory.FlowLog{working, elsewhere}, []inventory.Arrival{arrived("fl-9", time.Hour)}, finding.Unproven, finding.Unproven},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			inv := scope(func(inv *inventory.Inventory) { inv.FlowLogs, inv.Arrivals = slices.Clone(tt.logs), tt.arrivals })
			if got := rule.Assurance(inv, inventory.VPC{ID: "vpc-1"}, rule.DefaultPolicy()); got != tt.whole {
				t.Errorf("whole: %q, want %q", got, tt.whole)
			}
			inv.Fail("ec2:DescribeFlowLogs", inventory.Throttled, "slow down", inventory.FlowLogs)
			if got := rule.Assurance(inv, inventory.VPC{ID: "vpc-1"}, rule.DefaultPolicy()); got != tt.cut {
				t.Errorf("cut off: %q, want %q", got, tt.cut)
			}
		})
	}
}

func TestAssurance_by_subnets_where_the_policy_allows_it(t *testing.T) {
	t.Parallel()
	policy := rule.DefaultPolicy()
	policy.SubnetCoverage = true
	on := func(resource string) inventory.FlowLog {
		return inventory.FlowLog{ID: "fl-" + resource, ResourceID: resource, Status: "ACTIVE", DeliveryStatus: "SUCCESS"}
	}
	both := []inventory.FlowLog{on("subnet-1"), on("subnet-2")}
	arrived := func(ids ...string) (list []inventory.Arrival) {
		for _, id := range ids {
			list = append(list, inventory.Arrival{FlowLog: id, Newest: readAt})
		}
		return list
	}
	tests := []struct {
		name     string
		policy   rule.Policy
		logs     []inventory.FlowLog
		arrivals []inventory.Arrival
		unread   bool
		want     finding.Assurance
	}{
		{"each subnet", policy, both, nil, false, finding.Unproven},
		{"each subnet, and the policy is off", rule.DefaultPolicy(), both, nil, false, finding.Absent},
		{"each subnet, and records of each", policy, both, arrived("fl-subnet-1", "fl-subnet-2"), false, finding.Delivering},
		{"each subnet, and records of one", policy, both, arrived("fl-subnet-1"), false, finding.Unproven},
		{"one subnet of two", policy, both[:1], nil, false, finding.Absent},
		{"each subnet that could be read", policy, both, nil, true, ""},
		{"one on the VPC, subnets unread", policy, []inventory.FlowLog{on("vpc-1")}, nil, true, finding.Unproven},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			inv := scope(func(inv *inventory.Inventory) {
				inv.Kinds = append(inv.Kinds, inventory.Subnets)
				inv.FlowLogs, inv.Arrivals = slices.Clone(tt.logs), tt.arrivals
				inv.Subnets = []inventory.Subnet{{ID: "subnet-1", VPCID: "vpc-1"}, {ID: "subnet-2", VPCID: "vpc-1"}, {ID: "subnet-9", VPCID: "vpc-9"}}
				if tt.unread {
					inv.Fail("ec2:DescribeSubnets", inventory.Denied, "no", inventory.Subnets)
				}
			})
			inv.Normalize()
			if got := rule.Assurance(inv, inventory.VPC{ID: "vpc-1"}, tt.policy); got != tt.want {
				t.Errorf("%q, want %q", got, tt.want)
			}
		})
	}
}
