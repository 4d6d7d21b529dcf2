package remediate

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"flowproof/internal/finding"
	"flowproof/internal/inventory"
	"flowproof/internal/rule"
	"flowproof/internal/rules"
)

const ownAccount = "123456789012"

var readTime = time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)

// readScope is one scope with these VPCs, everything read whole, nothing there by name.
func readScope(region string, vpcs ...string) inventory.Inventory {
	inv := inventory.Inventory{
		Target: inventory.Target{Scope: inventory.Scope{Partition: inventory.PartitionOf(region), Account: ownAccount, Region: region}},
		ReadAt: readTime, Kinds: slices.Concat(inventory.NamedKinds(), []inventory.Kind{inventory.FlowLogs, inventory.VPCs}),
	}
	for _, id := range vpcs {
		inv.VPCs = append(inv.VPCs, inventory.VPC{ID: id, OwnerID: ownAccount})
	}
	return inv
}

// asked marks what the policy asks for by name as asked for, and normalizes.
func asked(inv inventory.Inventory, p Policy) inventory.Inventory {
	inv.Named.Asked = p.Names().For(inv.Scope)
	if !strings.Contains(strings.Join(inv.Named.Asked.Streams, " "), ":"+inv.Region+":"+inv.Account+":") {
		inv.Named.Asked.Streams = nil // as the account's own source does
	}
	inv.Normalize()
	return inv
}

// judged is the input of a plan: inventories, and what all rules say of them.
func judged(p Policy, inventories ...inventory.Inventory) Input {
	in := Input{Policy: p}
	for _, inv := range inventories {
		inv = asked(inv, p)
		in.Inventories = append(in.Inventories, inv)
		if inv.Absent == inventory.Present {
			in.Findings = append(in.Findings, rule.Judge(decidable(inv), &inv, rule.DefaultPolicy())...)
		}
	}
	return in
}

// decidable are the rules whose lists an inventory has been asked for, as in a scan.
func decidable(inv inventory.Inventory) []rule.Rule {
	return slices.DeleteFunc(rules.All(), func(r rule.Rule) bool {
		return slices.ContainsFunc(r.Needs, func(k inventory.Kind) bool { return !slices.Contains(inv.Kinds, k) })
	})
}

func built(t *testing.T, in Input) Plan {
	t.Helper()
	p, err := readBack(in)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// readBack builds a plan and holds it to what Decode takes.
func readBack(in Input) (Plan, error) {
	p, err := Build(in)
	if err != nil {
		return p, err
	}
	var file bytes.Buffer
	if err := p.Encode(&file); err != nil {
		return p, err
	}
	if _, err := Decode(&file); err != nil {
		return p, fmt.Errorf("the plan does not read back: %w", err)
	}
	return p, nil
}

// outline is each step as ACTION RESOURCE REGION.
func outline(p Plan) []string {
	lines := []string{}
	for _, s := range p.Steps {
		lines = append(lines, fmt.Sprintf("%s %s %s", s.Action, s.Resource, s.Region))
	}
	return lines
}

func reasons(p Plan) []string {
	lines := []string{}
	for _, u := range p.Unplanned {
		lines = append(lines, u.Resource+": "+u.Reason)
	}
	return lines
}

// input decodes the request of a step.
func input(t *testing.T, s Step) map[string]any {
	t.Helper()
	var m map[string]any
	if err := json.Unmarshal(s.API.Input, &m); err != nil {
		t.Fatal(err)
	}
	return m
}

func stepOf(t *testing.T, p Plan, a Action, resource string) Step {
	t.Helper()
	i := slices.IndexFunc(p.Steps, func(s Step) bool { return s.Action == a && s.Resource == resource })
	if i < 0 {
		t.Fatalf("no step %s of %s in %v", a, resource, outline(p))
	}
	return p.Steps[i]
}

func perVPC() Policy {
	p := DefaultPolicy()
	p.LogGroup = "/flowproof/{account}/{vpc}"
	return p
}

func TestAnAccountWithNothingGetsRoleGroupsAndFlowLogs(t *testing.T) {
	t.Parallel()
	p := built(t, judged(DefaultPolicy(), readScope("us-east-1", "vpc-a", "vpc-b"), readScope("eu-west-1", "vpc-c")))
	want := []string{
		"create-role flowproof-delivery us-east-1",
		"put-role-policy flowproof-delivery us-east-1",
		"create-log-group MyFlowLogs eu-west-1",
		"put-retention-policy MyFlowLogs eu-west-1",
		"create-log-group MyFlowLogs us-east-1",
		"put-retention-policy MyFlowLogs us-east-1",
		"create-flow-log vpc-c eu-west-1",
		"create-flow-log vpc-a us-east-1",
		"create-flow-log vpc-b us-east-1",
	}
	if diff := cmp.Diff(want, outline(p)); diff != "" {
		t.Error(diff)
	}
	if len(p.Unplanned)+len(p.LeftOut)+len(p.Notes)+len(p.Gaps) > 0 {
		t.Errorf("unplanned %v, left out %v, notes %v, gaps %v", p.Unplanned, p.LeftOut, p.Notes, p.Gaps)
	}
	last := p.Steps[8]
	wantInput := map[string]any{
		"ResourceIds": []any{"vpc-b"}, "ResourceType": "VPC", "TrafficType": "ALL", "MaxAggregationInterval": 600.0,
		"LogDestinationType": "cloud-watch-logs", "LogGroupName": "MyFlowLogs",
		"DeliverLogsPermissionArn": "arn:aws:iam::123456789012:role/flowproof-delivery",
		"TagSpecifications": []any{map[string]any{"ResourceType": "vpc-flow-log", "Tags": []any{
			map[string]any{"Key": "flowproof:managed", "Value": "true"}, map[string]any{"Key": "flowproof:plan", "Value": p.ID},
		}}},
	}
	if diff := cmp.Diff(wantInput, input(t, last)); diff != "" {
		t.Error(diff)
	}
	wantAfter := []string{p.Steps[0].ID, p.Steps[1].ID, p.Steps[4].ID} // and not for the group's retention
	if diff := cmp.Diff(wantAfter, last.After); diff != "" {
		t.Error(diff)
	}
	if last.Call != p.Steps[7].Call || last.Call == p.Steps[6].Call {
		t.Errorf("calls are %s, %s, %s: one a Region is wanted", p.Steps[6].Call, p.Steps[7].Call, last.Call)
	}
	wantExpect := []Precondition{
		{FactFlowLogs, "vpc-b", map[string]string{"ids": "none"}},
		{FactVPC, "vpc-b", map[string]string{"exists": "true", "owner": ownAccount}},
	}
	if diff := cmp.Diff(wantExpect, last.Preconditions); diff != "" {
		t.Error(diff)
	}
	if want := "vpc-flow-log-check@arn:aws:ec2:us-east-1:123456789012:vpc/vpc-b"; last.Reason != want {
		t.Errorf("the reason is %s", last.Reason)
	}
}

func TestWhatIsMadeTrustsAndMayNoMoreThanItMust(t *testing.T) {
	t.Parallel()
	for region, partition := range map[string]string{"eu-west-1": "aws", "cn-north-1": "aws-cn", "us-gov-east-1": "aws-us-gov"} {
		p := built(t, judged(perVPC(), readScope(region, "vpc-a")))
		trust := fmt.Sprintf(`{"Statement":[{"Action":["sts:AssumeRole"],"Condition":{"ArnLike":{"aws:SourceArn":"arn:%[1]s:ec2:*:123456789012:vpc-flow-log/*"},"StringEquals":{"aws:SourceAccount":"123456789012"}},"Effect":"Allow","Principal":{"Service":"vpc-flow-logs.amazonaws.com"},"Sid":"FlowproofDelivery"}],"Version":"2012-10-17"}`, partition)
		if diff := cmp.Diff(trust, input(t, p.Steps[0])["AssumeRolePolicyDocument"]); diff != "" {
			t.Errorf("%s: %s", region, diff)
		}
		may := fmt.Sprintf(`{"Statement":[{"Action":["logs:CreateLogGroup","logs:CreateLogStream","logs:DescribeLogStreams","logs:PutLogEvents"],"Effect":"Allow","Resource":["arn:%[1]s:logs:*:123456789012:log-group:/flowproof/123456789012/vpc-*:*"],"Sid":"FlowproofWrite"},{"Action":["logs:DescribeLogGroups"],"Effect":"Allow","Resource":["arn:%[1]s:logs:*:123456789012:log-group:*"],"Sid":"FlowproofList"}],"Version":"2012-10-17"}`, partition)
		if diff := cmp.Diff(may, input(t, p.Steps[1])["PolicyDocument"]); diff != "" {
			t.Errorf("%s: %s", region, diff)
		}
		role := input(t, stepOf(t, p, CreateFlowLog, "vpc-a"))["DeliverLogsPermissionArn"]
		if want := "arn:" + partition + ":iam::123456789012:role/flowproof-delivery"; role != want {
			t.Errorf("%s: role %s", region, role)
		}
		home := map[string]string{"aws": "us-east-1", "aws-cn": "cn-north-1", "aws-us-gov": "us-gov-west-1"}[partition]
		if p.Steps[0].Region != home {
			t.Errorf("%s: IAM is called in %s, want %s", region, p.Steps[0].Region, home)
		}
	}
}

func TestEachVPCMayHaveAGroupOfItsOwn(t *testing.T) {
	t.Parallel()
	p := built(t, judged(perVPC(), readScope("eu-west-1", "vpc-a", "vpc-b")))
	a, b := stepOf(t, p, CreateFlowLog, "vpc-a"), stepOf(t, p, CreateFlowLog, "vpc-b")
	if a.Call == b.Call {
		t.Error("two flow logs with different groups share a request")
	}
	if got := input(t, b)["LogGroupName"]; got != "/flowproof/123456789012/vpc-b" {
		t.Errorf("the group is %s", got)
	}
	if slices.Contains(b.After, stepOf(t, p, CreateLogGroup, "/flowproof/123456789012/vpc-a").ID) {
		t.Error("a flow log waits for the group of another")
	}
}

func log(id, vpc string, change func(*inventory.FlowLog)) inventory.FlowLog {
	l := inventory.FlowLog{
		ID: id, ResourceID: vpc, Status: "ACTIVE", DeliveryStatus: "SUCCESS", TrafficType: "ALL",
		DestinationType: "cloud-watch-logs", LogGroup: "theirs", Role: "arn:aws:iam::123456789012:role/theirs", Interval: 600,
	}
	if change != nil {
		change(&l)
	}
	return l
}

func failing(l *inventory.FlowLog) { l.DeliveryStatus, l.DeliveryError = "FAILED", "Access error" }

func TestWhatIsThereDecidesWhatIsPlanned(t *testing.T) {
	t.Parallel()
	const created = "create-flow-log vpc-a eu-west-1"
	in := func(change func(*inventory.FlowLog)) func(*inventory.Inventory) {
		return func(inv *inventory.Inventory) { inv.FlowLogs = append(inv.FlowLogs, log("fl-1", "vpc-a", change)) }
	}
	for name, test := range map[string]struct {
		there     func(*inventory.Inventory)
		policy    func(*Policy)
		planned   bool
		unplanned string // part of the one reason; empty for none
		note      string // part of any note, left out or left alone
	}{
		"nothing":                 {planned: true},
		"a working log":           {there: in(nil)},
		"an inactive log":         {there: in(func(l *inventory.FlowLog) { l.Status = "INACTIVE" }), planned: true},
		"a failing log elsewhere": {there: in(failing), planned: true, note: "flowproof leaves it as it is"},
		"a failing log in our place": {
			there:     in(func(l *inventory.FlowLog) { failing(l); l.LogGroup = "MyFlowLogs" }),
			unplanned: "AlreadyExists", note: "flowproof leaves it as it is",
		},
		"a failing log in our place by ARN": {
			there: in(func(l *inventory.FlowLog) {
				failing(l)
				l.LogGroup, l.Destination = "", "arn:aws:logs:eu-west-1:123456789012:log-group:MyFlowLogs:*"
			}),
			unplanned: "AlreadyExists",
		},
		"a failing log of other traffic in our place": {
			there:   in(func(l *inventory.FlowLog) { failing(l); l.LogGroup, l.TrafficType = "MyFlowLogs", "REJECT" }),
			planned: true,
		},
		"an old answer without a type": {
			there:     in(func(l *inventory.FlowLog) { failing(l); l.LogGroup, l.DestinationType = "MyFlowLogs", "" }),
			unplanned: "AlreadyExists",
		},
		"accepted traffic alone": {
			there:   in(func(l *inventory.FlowLog) { l.TrafficType = "ACCEPT" }),
			planned: true, note: "record ACCEPT already, so the plan adds one of REJECT",
		},
		"accepted traffic alone, and rejected traffic fails in our place": {
			there: func(inv *inventory.Inventory) {
				inv.FlowLogs = append(inv.FlowLogs,
					log("fl-1", "vpc-a", func(l *inventory.FlowLog) { l.TrafficType = "ACCEPT" }),
					log("fl-2", "vpc-a", func(l *inventory.FlowLog) { failing(l); l.LogGroup, l.TrafficType = "MyFlowLogs", "REJECT" }))
			},
			unplanned: "AlreadyExists",
		},
		"accepted traffic alone, and more of it is asked for": {
			there:     in(func(l *inventory.FlowLog) { l.TrafficType = "ACCEPT" }),
			policy:    func(p *Policy) { p.Traffic = "ACCEPT" },
			unplanned: "--traffic ALL",
		},
		"a failing log that a telemetry rule manages": {
			there: in(func(l *inventory.FlowLog) {
				failing(l)
				l.Tags = map[string]string{"CloudWatchTelemetryRuleManaged": "true"}
			}),
			planned: true, note: "managed by a CloudWatch telemetry rule",
		},
		"a working log that a telemetry rule manages": {
			there: in(func(l *inventory.FlowLog) { l.Tags = map[string]string{"CloudWatchTelemetryRuleManaged": "true"} }),
			note:  "managed by a CloudWatch telemetry rule",
		},
		"as many logs as AWS allows": {
			there: func(inv *inventory.Inventory) {
				for i := range 250 {
					inv.FlowLogs = append(inv.FlowLogs, log(fmt.Sprintf("fl-%d", i), "vpc-a", failing))
				}
			},
			unplanned: "AWS allows 250",
		},
		"a VPC of another owner": {
			there: func(inv *inventory.Inventory) { inv.VPCs[0].OwnerID = "999999999999" },
			note:  "shared by account 999999999999",
		},
		"a denied list": {
			there: func(inv *inventory.Inventory) {
				inv.Fail("ec2:DescribeFlowLogs", inventory.Denied, "no", inventory.FlowLogs)
			},
			unplanned: "not known",
		},
		"another VPC was chosen": {
			policy: func(p *Policy) { p.Resources = []string{"vpc-b*"} },
			note:   "not chosen: --resource vpc-b*",
		},
		"another tag was chosen": {
			there:  func(inv *inventory.Inventory) { inv.VPCs[0].Tags = map[string]string{"env": "dev"} },
			policy: func(p *Policy) { p.ChosenTags = map[string]string{"env": "prod"} },
			note:   "not chosen: --tag env=prod",
		},
		"this tag was chosen": {
			there:   func(inv *inventory.Inventory) { inv.VPCs[0].Tags = map[string]string{"env": "prod"} },
			policy:  func(p *Policy) { p.ChosenTags, p.Resources = map[string]string{"env": "prod"}, []string{"vpc-*"} },
			planned: true,
		},
		"a name that is no name of a group": {
			policy:    func(p *Policy) { p.LogGroup = strings.Repeat("x", 505) + "{vpc}" },
			there:     func(inv *inventory.Inventory) { inv.VPCs[0].ID = "vpc-0123456789" },
			unplanned: "does not take",
		},
		"a key of another Region": {
			policy:    func(p *Policy) { p.KMSKey = "arn:aws:kms:us-east-1:123456789012:key/k" },
			unplanned: "not of this Region",
		},
		"a key in every Region": {
			policy:  func(p *Policy) { p.KMSKey = "arn:aws:kms:{region}:123456789012:key/mrk-k" },
			planned: true,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inv, policy := readScope("eu-west-1", "vpc-a"), DefaultPolicy()
			if test.there != nil {
				test.there(&inv)
			}
			if test.policy != nil {
				test.policy(&policy)
			}
			p := built(t, judged(policy, inv))
			if got := slices.Contains(outline(p), created); got != test.planned {
				t.Errorf("planned %v, want %v: %v", got, test.planned, outline(p))
			}
			if !test.planned && len(p.Steps) > 0 {
				t.Errorf("steps without a flow log: %v", outline(p))
			}
			checkReason(t, p, test.unplanned)
			notes := fmt.Sprint(p.Notes, p.LeftOut, p.LeftAlone)
			if !strings.Contains(notes, test.note) {
				t.Errorf("notes are %s, want one with %q", notes, test.note)
			}
		})
	}
}

// checkReason wants one thing unplanned for this reason, or nothing.
func checkReason(t *testing.T, p Plan, part string) {
	t.Helper()
	if part == "" {
		if len(p.Unplanned) > 0 {
			t.Errorf("unplanned: %v", reasons(p))
		}
		return
	}
	if len(p.Unplanned) == 0 || !slices.ContainsFunc(reasons(p), func(s string) bool { return strings.Contains(s, part) }) {
		t.Errorf("unplanned %v, want one with %q", reasons(p), part)
	}
}

func TestAFlowLogInOurPlaceIsRepairedByHand(t *testing.T) {
	t.Parallel()
	inv := readScope("eu-west-1", "vpc-a")
	inv.FlowLogs = []inventory.FlowLog{log("fl-1", "vpc-a", func(l *inventory.FlowLog) { failing(l); l.LogGroup = "MyFlowLogs" })}
	p := built(t, judged(DefaultPolicy(), inv))
	want := []string{
		"find out why it does not deliver, and that nobody needs it as it is",
		"aws ec2 delete-flow-logs --region eu-west-1 --flow-log-ids fl-1",
		"plan again",
	}
	if diff := cmp.Diff(want, p.Unplanned[0].ByHand); diff != "" {
		t.Error(diff)
	}
}

func group(change func(*inventory.LogGroup)) inventory.LogGroup {
	g := inventory.LogGroup{Name: "MyFlowLogs", Class: "STANDARD", RetentionDays: 400}
	if change != nil {
		change(&g)
	}
	return g
}

func TestAnExistingGroupIsReusedAndChangedOnlyWhenAsked(t *testing.T) {
	t.Parallel()
	const key = "arn:aws:kms:eu-west-1:123456789012:key/k"
	short := func(g *inventory.LogGroup) { g.RetentionDays = 30 }
	for name, test := range map[string]struct {
		group     func(*inventory.LogGroup)
		policy    func(*Policy)
		change    string // the step on the group
		foreign   bool
		unplanned string
		nothing   bool // no flow log either
	}{
		"kept longer":           {},
		"kept for ever":         {group: func(g *inventory.LogGroup) { g.RetentionDays = 0 }},
		"kept for less":         {group: short, unplanned: "keeps records for 30 days"},
		"kept for less, change": {group: short, policy: changeExisting, change: "put-retention-policy", foreign: true},
		"kept for less, and ours": {
			group:  func(g *inventory.LogGroup) { short(g); g.Tags = map[string]string{"flowproof:managed": "true"} },
			change: "put-retention-policy",
		},
		"kept for less, and a telemetry rule's": {
			group: func(g *inventory.LogGroup) {
				short(g)
				g.Tags = map[string]string{"CloudWatchTelemetryRuleManaged": "true"}
			},
			policy: changeExisting, unplanned: "keeps records for 30 days",
		},
		"kept for less, by the account's retention policy": {
			group: func(g *inventory.LogGroup) { short(g); g.RetentionPolicy = "base" }, policy: changeExisting,
			unplanned: "the account's retention policy base keeps its records for 30 days and 365 are wanted",
		},
		"kept for less, by the account's retention policy, and ours": {
			group: func(g *inventory.LogGroup) {
				short(g)
				g.RetentionPolicy, g.Tags = "base", map[string]string{"flowproof:managed": "true"}
			},
			unplanned: "the account's retention policy base keeps",
		},
		"kept for longer, by the account's retention policy": {
			group: func(g *inventory.LogGroup) { g.RetentionPolicy = "base" },
		},
		"no key where one is asked for": {
			policy: func(p *Policy) { p.KMSKey = key }, unplanned: "not encrypted",
		},
		"no key where one is asked for, change": {
			policy: func(p *Policy) { p.KMSKey = key; changeExisting(p) }, change: "associate-kms-key", foreign: true,
		},
		"the key that is asked for": {
			group: func(g *inventory.LogGroup) { g.KMSKey = key }, policy: func(p *Policy) { p.KMSKey = key },
		},
		"another key": {
			group:  func(g *inventory.LogGroup) { g.KMSKey = "arn:aws:kms:eu-west-1:123456789012:key/other" },
			policy: func(p *Policy) { p.KMSKey = key; changeExisting(p) }, unplanned: "does not replace keys", nothing: true,
		},
		"a class of which nobody knows if it takes flow logs": {
			group: func(g *inventory.LogGroup) { g.Class = "ESSENTIALS" }, unplanned: "of class ESSENTIALS, and whether flow logs are delivered to one is not known", nothing: true,
		},
		"a class of another year": {
			group: func(g *inventory.LogGroup) { g.Class = "GLACIAL" }, unplanned: "of class GLACIAL", nothing: true,
		},
		"a class that keeps a day": {
			group: func(g *inventory.LogGroup) { g.Class = "DELIVERY" }, unplanned: "of class DELIVERY", nothing: true,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inv, policy := readScope("eu-west-1", "vpc-a"), DefaultPolicy()
			inv.Named.LogGroups = []inventory.LogGroup{group(test.group)}
			if test.policy != nil {
				test.policy(&policy)
			}
			p := built(t, judged(policy, inv))
			checkReason(t, p, test.unplanned)
			if test.nothing {
				if len(p.Steps) > 0 {
					t.Errorf("steps: %v", outline(p))
				}
				return
			}
			flowLog := stepOf(t, p, CreateFlowLog, "vpc-a")
			if slices.ContainsFunc(p.Steps, func(s Step) bool { return s.Action == CreateLogGroup }) {
				t.Error("makes a group that exists")
			}
			onGroup := slices.DeleteFunc(slices.Clone(p.Steps), func(s Step) bool { return s.Resource != "MyFlowLogs" })
			if test.change == "" {
				if len(onGroup) > 0 {
					t.Errorf("changes the group: %s", onGroup[0].Action)
				}
				return
			}
			if len(onGroup) != 1 || string(onGroup[0].Action) != test.change || onGroup[0].Foreign != test.foreign {
				t.Fatalf("steps on the group: %+v", onGroup)
			}
			waits, isKey := slices.Contains(flowLog.After, onGroup[0].ID), onGroup[0].Action == AssociateKMSKey
			if waits != isKey || onGroup[0].Inverse == nil {
				t.Errorf("the flow log waits for the change: %v, wanted for a key alone; its inverse: %v", waits, onGroup[0].Inverse)
			}
		})
	}
}

func changeExisting(p *Policy) { p.ChangeExisting = true }

func TestFindingsThatNobodyAsksAboutChangeNothing(t *testing.T) {
	t.Parallel()
	in := judged(DefaultPolicy(), readScope("eu-west-1", "vpc-a"))
	for i := range in.Findings {
		in.Findings[i].Outcome = finding.Suppressed
		in.Findings[i].Suppression = &finding.Suppression{Owner: "net", Reason: "a test VPC", Expires: "2027-01-01"}
	}
	p := built(t, in)
	if len(p.Steps)+len(p.Unplanned) > 0 || len(p.LeftOut) != 1 || !strings.Contains(p.LeftOut[0].Reason, "accepted by net until 2027-01-01: a test VPC") {
		t.Errorf("steps %v, unplanned %v, left out %v", outline(p), reasons(p), p.LeftOut)
	}
}

func TestCallsTakeAsManyResourcesAsAWSDoes(t *testing.T) {
	t.Parallel()
	var vpcs []string
	for i := range 1000 {
		vpcs = append(vpcs, fmt.Sprintf("vpc-%05d", i))
	}
	in := judged(DefaultPolicy(), readScope("eu-west-1", vpcs...))
	for i := range 60 {
		id := fmt.Sprintf("tgw-%03d", i)
		in.Findings = append(in.Findings, finding.Finding{
			Fingerprint: id, Rule: "transit-gateway-flow-log-check", Outcome: finding.Fail,
			Resource: finding.Resource{ARN: "arn:aws:ec2:eu-west-1:123456789012:transit-gateway/" + id, Type: "AWS::EC2::TransitGateway", ID: id, Account: ownAccount, Region: "eu-west-1", Owner: ownAccount},
		})
	}
	p := built(t, in)
	planned := map[string]int{}
	for _, s := range p.Steps {
		planned[s.Call]++
	}
	var sizes []int
	for _, call := range p.Calls() {
		if call[0].Action != CreateFlowLog {
			continue
		}
		sizes = append(sizes, len(call))
		if n := planned[call[0].Call]; n != len(call) {
			t.Errorf("call %s is of %d steps and sends %d", call[0].Call, n, len(call))
		}
		api, err := Merge(call)
		if err != nil {
			t.Fatal(err)
		}
		request := input(t, Step{API: api})
		if _, traffic := request["TrafficType"]; strings.HasPrefix(call[0].Resource, "tgw") && (traffic || request["MaxAggregationInterval"] != 60.0) {
			t.Errorf("a transit gateway is asked for %v", request)
		}
	}
	slices.Sort(sizes)
	if diff := cmp.Diff([]int{10, 25, 25, 100, 300, 300, 300}, sizes); diff != "" {
		t.Error(diff)
	}
}

// TestOnlyMissingTrafficIsAdded holds each flow log to what the VPC lacks of what is wanted.
func TestOnlyMissingTrafficIsAdded(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ there, wanted, want string }{
		{"", "ALL", "ALL"},
		{"", "REJECT", "REJECT"},
		{"ACCEPT", "ALL", "REJECT"},
		{"ACCEPT", "REJECT", "REJECT"},
		{"REJECT", "ALL", "ACCEPT"},
		{"REJECT", "ACCEPT", "ACCEPT"},
	} {
		t.Run(test.there+" to "+test.wanted, func(t *testing.T) {
			t.Parallel()
			inv, policy, required := readScope("eu-west-1", "vpc-a"), DefaultPolicy(), rule.DefaultPolicy()
			policy.Traffic, required.Traffic = test.wanted, inventory.AllTraffic
			if test.there != "" {
				inv.FlowLogs = []inventory.FlowLog{log("fl-1", "vpc-a", func(l *inventory.FlowLog) { l.TrafficType = test.there })}
			}
			inv = asked(inv, policy)
			p := built(t, Input{Policy: policy, Inventories: []inventory.Inventory{inv}, Findings: rule.Judge(rules.All(), &inv, required)})
			var got []string
			for _, s := range p.Steps {
				if s.Action == CreateFlowLog {
					in, err := s.members()
					if err != nil {
						t.Fatal(err)
					}
					got = append(got, fmt.Sprint(in["TrafficType"]))
				}
			}
			if diff := cmp.Diff([]string{test.want}, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestOneFlowLogForAllWhereTwoDoNotDo: a rule that fails although everything is recorded asks for one
// flow log that has the whole.
func TestOneFlowLogForAllWhereTwoDoNotDo(t *testing.T) {
	t.Parallel()
	inv, policy := readScope("eu-west-1", "vpc-a"), DefaultPolicy()
	for _, traffic := range []string{"ACCEPT", "REJECT"} {
		inv.FlowLogs = append(inv.FlowLogs, log("fl-"+traffic, "vpc-a", func(l *inventory.FlowLog) { l.TrafficType, l.LogGroup = traffic, traffic }))
	}
	in := judged(policy, inv)
	for i, f := range in.Findings {
		if f.Rule == "flow-log-traffic-check" {
			in.Findings[i].Outcome, in.Findings[i].Message = finding.Fail, "no destination holds all of it"
		}
	}
	p := built(t, in)
	if want := "create-flow-log vpc-a eu-west-1"; !slices.Contains(outline(p), want) || len(p.Unplanned) > 0 {
		t.Fatalf("planned %v, unplanned %v", outline(p), reasons(p))
	}
	if in := string(p.Steps[len(p.Steps)-1].API.Input); !strings.Contains(in, `"TrafficType":"ALL"`) {
		t.Errorf("the flow log is not of everything: %s", in)
	}
}
