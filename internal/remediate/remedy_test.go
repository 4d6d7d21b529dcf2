package remediate

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"flowproof/internal/finding"
	"flowproof/internal/inventory"
	"flowproof/internal/rule"
	"flowproof/internal/sandbox"
)

// judgedBy is the input of a plan with a policy of the rules.
func judgedBy(required rule.Policy, change Policy, inv inventory.Inventory) Input {
	inv = asked(inv, change)
	return Input{Policy: change, Inventories: []inventory.Inventory{inv}, Findings: rule.Judge(decidable(inv), &inv, required)}
}

func recorded(id, traffic, format string) inventory.FlowLog {
	return inventory.FlowLog{
		ID: id, ResourceID: "vpc-a", Status: "ACTIVE", DeliveryStatus: "SUCCESS", TrafficType: traffic, Format: format,
		DestinationType: inventory.ToS3, Destination: "arn:aws:s3:::logs", Created: time.Date(2026, 9, 1, 0, 0, 0, 0, time.UTC),
	}
}

// TestWhatNoFlowLogRepairs: one flow log more makes none of these better, so no step does, and the plan
// says how a person would.
func TestWhatNoFlowLogRepairs(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name     string
		required rule.Policy
		change   func(*inventory.Inventory)
		resource string
		byHand   string
	}{
		{"one too many", rule.DefaultPolicy(), func(inv *inventory.Inventory) {
			inv.FlowLogs = []inventory.FlowLog{recorded("fl-all", "ALL", ""), recorded("fl-half", "REJECT", "")}
		}, "vpc-a", "--flow-log-ids fl-half"},
		{"fields that lack", rule.Policy{Format: []string{"vpc-id"}}, func(inv *inventory.Inventory) {
			inv.FlowLogs = []inventory.FlowLog{recorded("fl-all", "ALL", "${version}")}
		}, "fl-all", "--flow-log-ids fl-all"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			inv := readScope("eu-west-1", "vpc-a")
			inv.Kinds = append(inv.Kinds, inventory.Subnets, inventory.Interfaces, inventory.NATGateways)
			tt.change(&inv)
			p := built(t, judgedBy(tt.required, DefaultPolicy(), inv))
			if len(p.Steps) != 0 || len(p.Unplanned) != 1 || p.Unplanned[0].Resource != tt.resource || !strings.Contains(strings.Join(p.Unplanned[0].ByHand, "\n"), tt.byHand) {
				t.Errorf("steps %v, not planned %+v", p.Steps, p.Unplanned)
			}
			policy := DefaultPolicy()
			policy.Resources = []string{"vpc-other"}
			if p := built(t, judgedBy(tt.required, policy, inv)); len(p.Unplanned) != 0 || len(p.LeftOut) == 0 {
				t.Errorf("not chosen, and yet not planned %+v, left out %+v", p.Unplanned, p.LeftOut)
			}
		})
	}
}

func TestWhichOfTwoGoes(t *testing.T) {
	t.Parallel()
	later := recorded("fl-0", "ALL", "")
	later.Created = later.Created.Add(time.Hour)
	managed := later
	managed.Tags = map[string]string{telemetryTag: "true"}
	elsewhere := recorded("fl-9", "ALL", "")
	elsewhere.Destination = "arn:aws:s3:::other"
	tests := []struct {
		name string
		logs []inventory.FlowLog
		want string
	}{
		{"the one of less traffic", []inventory.FlowLog{recorded("fl-1", "ACCEPT", ""), recorded("fl-2", "ALL", "")}, "fl-1"},
		{"the later one", []inventory.FlowLog{later, recorded("fl-1", "ALL", "")}, "fl-0"},
		{"never the one that comes again", []inventory.FlowLog{managed, recorded("fl-1", "ALL", "")}, "fl-1"},
		{"all but one", []inventory.FlowLog{recorded("fl-1", "ALL", ""), recorded("fl-2", "ALL", ""), recorded("fl-3", "REJECT", "")}, "fl-2 fl-3"},
		{"none of two halves", []inventory.FlowLog{recorded("fl-1", "ACCEPT", ""), recorded("fl-2", "REJECT", "")}, ""},
		{"none of two places", []inventory.FlowLog{recorded("fl-1", "ALL", ""), elsewhere}, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var got []string
			for _, l := range redundant(tt.logs) {
				got = append(got, l.ID)
			}
			if diff := cmp.Diff(tt.want, strings.Join(got, " ")); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestGatewaysAreChosenByTheirTags as VPCs are.
func TestGatewaysAreChosenByTheirTags(t *testing.T) {
	t.Parallel()
	inv := readScope("eu-west-1")
	inv.Kinds = append(inv.Kinds, inventory.TransitGateways, inventory.GatewayAttachments)
	inv.TransitGateways = []inventory.TransitGateway{{ID: "tgw-a", Tags: map[string]string{"env": "prod"}}, {ID: "tgw-b"}}
	policy := DefaultPolicy()
	policy.ChosenTags = map[string]string{"env": "prod"}
	p := built(t, judged(policy, inv))
	last := p.Steps[len(p.Steps)-1]
	if last.Action != CreateFlowLog || last.Resource != "tgw-a" || len(p.LeftOut) != 1 || p.LeftOut[0].Resource != "tgw-b" {
		t.Errorf("the last step is %s %s, left out %+v", last.Action, last.Resource, p.LeftOut)
	}
	if want := "Wanted: all traffic of transit gateways every 60 seconds, to"; !strings.HasPrefix(p.wantedInWords(), want) {
		t.Errorf("%q does not begin with %q", p.wantedInWords(), want)
	}
	text, err := p.WritePolicy()
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"ec2:DescribeTransitGateways", "ec2:DescribeTransitGatewayAttachments", ":transit-gateway/tgw-a"} {
		if !strings.Contains(text, want) {
			t.Errorf("the policy of the plan does not name %s", want)
		}
	}
}

// TestARuleThatWasNotAskedIsNotNew: what the plan did not look at may have failed before.
func TestARuleThatWasNotAskedIsNotNew(t *testing.T) {
	t.Parallel()
	inv := readScope("eu-west-1", "vpc-a")
	v := Verify{Plan: built(t, judged(DefaultPolicy(), inv))}
	of := func(ruleID, vpc string) finding.Finding {
		return finding.Finding{Rule: ruleID, Resource: finding.Resource{Type: finding.VPCType, ID: vpc, Account: ownAccount, Region: "eu-west-1"}}
	}
	for _, tt := range []struct {
		f    finding.Finding
		want bool
	}{
		{of(recordingRule, "vpc-b"), true},
		{of(coverageRule, "vpc-b"), false},
		{of(coverageRule, "vpc-a"), true},
	} {
		if got := v.isNew(tt.f); got != tt.want {
			t.Errorf("%s of %s is new: %v, want %v", tt.f.Rule, tt.f.Resource.ID, got, tt.want)
		}
	}
}

// TestALogMadeAnewKeepsItsTagFields names the keys of the tags that records show where a person is told
// to make a flow log with the same settings.
func TestALogMadeAnewKeepsItsTagFields(t *testing.T) {
	t.Parallel()
	l := log("fl-1", "vpc-1", nil)
	if hand := strings.Join(reformatByHand("eu-west-1", []inventory.FlowLog{l}), "\n"); strings.Contains(hand, "tag-field") {
		t.Errorf("without tag fields: %s", hand)
	}
	l.TagFields = []inventory.TagField{{Resource: "instance", Keys: []string{"it's", "team"}}}
	want := `--tag-field-specifications '[{"ResourceType":"instance","TagKeys":["it'\''s","team"]}]'`
	if hand := strings.Join(reformatByHand("eu-west-1", []inventory.FlowLog{l}), "\n"); !strings.Contains(hand, want) {
		t.Errorf("no %s in: %s", want, hand)
	}
}

// TestALinkedRoleThatIsNotYetAvailableIsWaitedFor makes the first flow log of an account whose records
// show tags: AWS makes a role for it, and refuses until it is there.
func TestALinkedRoleThatIsNotYetAvailableIsWaitedFor(t *testing.T) {
	t.Parallel()
	s := newStand(t, threeVPCs+"writes: {linked_role: 20s}\n")
	p := planOf(t, func(h *handmade) {
		h.flowLog("vpc-0bbb", "tags", `"LogDestinationType":"s3","LogDestination":"arn:aws:s3:::archive","LogFormat":"${version} ${instance-tag}",`+
			`"TagFieldSpecifications":[{"ResourceType":"instance","TagKeys":["Name"]}]`, nil)
	})
	if x := find(t, s.apply(p), "create-flow-log vpc-0bbb"); x.Outcome != Done {
		t.Errorf("%+v", x)
	}
	for id, l := range s.state().FlowLogs {
		if l.Resource == "vpc-0bbb" && !slices.Equal(l.TagFields["instance"], []string{"Name"}) {
			t.Errorf("%s shows tags %v", id, l.TagFields)
		}
	}
}

// TestRegionalNATGatewaysGetFlowLogsOfTheirOwn plans one on each that has none, in every form of a plan.
func TestRegionalNATGatewaysGetFlowLogsOfTheirOwn(t *testing.T) {
	t.Parallel()
	inv := readScope("eu-west-1", "vpc-a", "vpc-b")
	inv.Kinds = append(inv.Kinds, inventory.Subnets, inventory.Interfaces, inventory.NATGateways)
	inv.FlowLogs = []inventory.FlowLog{recorded("fl-all", "ALL", "")}
	inv.NATGateways = []inventory.NATGateway{
		{ID: "nat-a", VPCID: "vpc-a", Mode: "regional"}, {ID: "nat-b", VPCID: "vpc-a", Mode: "regional"},
		{ID: "nat-z", VPCID: "vpc-a", Mode: "zonal"}, {ID: "nat-d", VPCID: "vpc-a", Mode: "regional", State: "deleted"},
		{ID: "nat-o", VPCID: "vpc-b", Mode: "regional"}, // of a VPC that nothing records: that comes first
	}
	required := rule.Policy{NATGateways: true}
	p := built(t, judgedBy(required, DefaultPolicy(), inv))
	var on []string
	for _, s := range p.Steps {
		if s.Action == CreateFlowLog {
			on = append(on, s.Resource)
		}
	}
	if diff := cmp.Diff([]string{"vpc-b", "nat-a", "nat-b"}, on, cmpopts.SortSlices(strings.Compare)); diff != "" {
		t.Fatal(diff)
	}
	a, b := stepOf(t, p, CreateFlowLog, "nat-a"), stepOf(t, p, CreateFlowLog, "nat-b")
	if a.Call != b.Call || input(t, a)["ResourceType"] != "RegionalNatGateway" || input(t, a)["TrafficType"] != "ALL" {
		t.Errorf("calls %s and %s with %v", a.Call, b.Call, input(t, a))
	}
	for kind, want := range map[string]string{
		"terraform": "regional_nat_gateway_id", "cloudformation": "ResourceType: RegionalNatGateway", "cli": "--resource-type RegionalNatGateway",
	} {
		var out strings.Builder
		if err := p.Export(kind, &out); err != nil || !strings.Contains(out.String(), want) {
			t.Errorf("%s without %s: %v\n%s", kind, want, err, out.String())
		}
	}
	policy, err := p.WritePolicy()
	if err != nil || !strings.Contains(policy, ":natgateway/nat-a") || !strings.Contains(policy, "ec2:DescribeNatGateways") {
		t.Errorf("%v: %s", err, policy)
	}
	chosen := DefaultPolicy()
	chosen.Resources = []string{"vpc-b"}
	if p := built(t, judgedBy(required, chosen, inv)); len(p.LeftOut) == 0 || slices.ContainsFunc(p.Steps, func(s Step) bool { return s.Resource == "nat-a" }) {
		t.Errorf("not chosen, and yet %v, left out %+v", outline(p), p.LeftOut)
	}
}

// TestAFlowLogOnANATGatewayIsAppliedAndTakenBack makes a regional NAT gateway, plans, applies and rolls
// back, and finds everything as it was.
func TestAFlowLogOnANATGatewayIsAppliedAndTakenBack(t *testing.T) {
	t.Parallel()
	s := newStand(t, threeVPCs)
	cfg := s.config()
	cfg.Region = "eu-west-1"
	s.form("ec2", "Action=CreateNatGateway&VpcId=vpc-0eee&AvailabilityMode=regional")
	made, err := ec2.NewFromConfig(cfg).DescribeNatGateways(t.Context(), &ec2.DescribeNatGatewaysInput{})
	if err != nil || len(made.NatGateways) != 1 {
		t.Fatal(made, err)
	}
	nat := *made.NatGateways[0].NatGatewayId
	inv := readScope("eu-west-1", "vpc-0eee")
	inv.Kinds = append(inv.Kinds, inventory.Subnets, inventory.Interfaces, inventory.NATGateways)
	inv.FlowLogs = []inventory.FlowLog{log("fl-1", "vpc-0eee", nil)}
	inv.NATGateways = []inventory.NATGateway{{ID: nat, VPCID: "vpc-0eee", Mode: "regional"}}
	p := built(t, judgedBy(rule.Policy{NATGateways: true}, DefaultPolicy(), inv))
	before := s.state()
	s.reach(p)
	if !slices.ContainsFunc(slices.Collect(maps.Values(s.state().FlowLogs)), func(l sandbox.FlowLogDump) bool { return l.Resource == nat }) {
		t.Error("no flow log is on the NAT gateway")
	}
	s.undo(p)
	if diff := cmp.Diff(before, s.state()); diff != "" {
		t.Error(diff)
	}
}
