package remediate

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"flowproof/internal/inventory"
)

// Documents of roles as people write them.
const (
	plainTrust = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"vpc-flow-logs.amazonaws.com"},"Action":"sts:AssumeRole"}]}`
	wrongTrust = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}]}`
	writesAll  = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["logs:CreateLogGroup","logs:CreateLogStream","logs:PutLogEvents"],"Resource":"*"}]}`
)

func conditionedTrust(condition string) string {
	return strings.Replace(plainTrust, `"sts:AssumeRole"}`, `"sts:AssumeRole","Condition":`+condition+`}`, 1)
}

func writesTo(resource string) string {
	return strings.Replace(writesAll, `"Resource":"*"`, `"Resource":"`+resource+`"`, 1)
}

func TestAnExistingRoleIsReusedOnlyIfRecordsWouldArrive(t *testing.T) {
	t.Parallel()
	const groups = "arn:aws:logs:eu-west-1:123456789012:log-group:"
	ours := map[string]string{"flowproof:managed": "true"}
	for name, test := range map[string]struct {
		trust, policy string
		attached      bool
		tags          map[string]string
		change        bool
		steps         []string // on the role
		unplanned     string
	}{
		"does":                        {trust: plainTrust, policy: writesAll},
		"does by an attached policy":  {trust: plainTrust, policy: writesAll, attached: true},
		"limited to the group":        {trust: plainTrust, policy: writesTo(groups + "MyFlowLogs:*")},
		"limited without the colon":   {trust: plainTrust, policy: writesTo(groups + "MyFlowLogs"), unplanned: "may not write"},
		"limited to another group":    {trust: plainTrust, policy: writesTo(groups + "Other:*"), unplanned: "may not write"},
		"limited to another Region":   {trust: plainTrust, policy: writesTo("arn:aws:logs:us-east-1:123456789012:*"), unplanned: "may not write"},
		"no policy":                   {trust: plainTrust, unplanned: "may not write"},
		"wrong principal":             {trust: wrongTrust, policy: writesAll, unplanned: "does not trust"},
		"for this account":            {trust: conditionedTrust(`{"StringEquals":{"aws:SourceAccount":"123456789012"},"ArnLike":{"aws:SourceArn":"arn:aws:ec2:*:123456789012:vpc-flow-log/*"}}`), policy: writesAll},
		"for another account":         {trust: conditionedTrust(`{"StringEquals":{"aws:SourceAccount":"999999999999"}}`), policy: writesAll, unplanned: "does not trust"},
		"for another Region":          {trust: conditionedTrust(`{"ArnLike":{"aws:SourceArn":"arn:aws:ec2:us-east-1:123456789012:vpc-flow-log/*"}}`), policy: writesAll, unplanned: "does not trust"},
		"wrong principal, changed":    {trust: wrongTrust, policy: writesAll, change: true, steps: []string{"update-assume-role-policy"}},
		"nothing right, changed":      {trust: wrongTrust, change: true, steps: []string{"update-assume-role-policy", "put-role-policy"}},
		"no policy, and ours":         {trust: plainTrust, tags: ours, steps: []string{"put-role-policy"}},
		"denied, and may be changed":  {trust: plainTrust, policy: strings.Replace(writesAll, "Allow", "Deny", 1), change: true, unplanned: "denies"},
		"turned around by NotAction":  {trust: plainTrust, policy: strings.Replace(writesAll, `"Action"`, `"NotAction"`, 1), unplanned: "may not write"},
		"a trust that is no document": {trust: `"x"`, policy: writesAll, change: true, unplanned: "cannot be read"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			role := inventory.Role{Name: DefaultRole, ARN: "arn:aws:iam::123456789012:role/path/" + DefaultRole, Trust: test.trust, Tags: test.tags}
			switch {
			case test.attached:
				role.Attached = []inventory.RolePolicy{{Name: "arn:aws:iam::123456789012:policy/p", Document: test.policy}}
			case test.policy != "":
				role.Inline = []inventory.RolePolicy{{Name: "p", Document: test.policy}}
			}
			inv, policy := readScope("eu-west-1", "vpc-a"), DefaultPolicy()
			inv.Named.Roles, policy.ChangeExisting = []inventory.Role{role}, test.change
			p := built(t, judged(policy, inv))
			checkReason(t, p, test.unplanned)
			var steps []string
			for _, s := range p.Steps {
				if s.Resource != DefaultRole {
					continue
				}
				steps = append(steps, string(s.Action))
				if s.Foreign != test.change || s.Inverse == nil {
					t.Errorf("%s: foreign %v, inverse %v", s.Action, s.Foreign, s.Inverse)
				}
			}
			if diff := cmp.Diff(test.steps, steps); diff != "" {
				t.Error(diff)
			}
			if test.unplanned != "" {
				if len(p.Steps) > 0 || len(p.Unplanned[0].ByHand) == 0 && test.unplanned != "denies" && test.unplanned != "cannot be read" {
					t.Errorf("steps %v, by hand %v", outline(p), p.Unplanned[0].ByHand)
				}
				return
			}
			if got := input(t, stepOf(t, p, CreateFlowLog, "vpc-a"))["DeliverLogsPermissionArn"]; got != role.ARN {
				t.Errorf("the flow log has role %v", got)
			}
		})
	}
}

// TestWhatNobodyKnowsOfARoleIsNoted: it is neither a promise nor a reason not to plan.
func TestWhatNobodyKnowsOfARoleIsNoted(t *testing.T) {
	t.Parallel()
	guarded := strings.Replace(writesAll, `"Resource":"*"}]}`, `"Resource":"*"},{"Sid":"Office","Effect":"Deny","Action":"logs:*","Resource":"*","Condition":{"NotIpAddress":{"aws:SourceIp":"10.0.0.0/8"}}}]}`, 1)
	for name, test := range map[string]struct{ trust, policy, organization, note string }{
		"an organisation that is not known": {
			trust: conditionedTrust(`{"StringEquals":{"aws:SourceOrgID":"o-mine"}}`), policy: writesAll,
			note: "statement 1 of its policies allows delivery if aws:sourceorgid fits, which is not known here: --org-id says which organisation this is",
		},
		"its own organisation": {
			trust: conditionedTrust(`{"StringEquals":{"aws:SourceOrgID":"o-mine"}}`), policy: writesAll, organization: "o-mine",
		},
		"a denial of addresses": {
			trust: plainTrust, policy: guarded,
			note: "Office of its policies turns on aws:sourceip, which only AWS can tell: it may deny delivery",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inv := readScope("eu-west-1", "vpc-a")
			inv.Organization = test.organization
			inv.Named.Roles = []inventory.Role{{
				Name: DefaultRole, ARN: "arn:aws:iam::123456789012:role/" + DefaultRole, Trust: test.trust,
				Inline: []inventory.RolePolicy{{Name: "p", Document: test.policy}},
			}}
			p := built(t, judged(DefaultPolicy(), inv))
			if stepOf(t, p, CreateFlowLog, "vpc-a").ID == "" || len(p.Unplanned) > 0 {
				t.Errorf("steps %v, unplanned %v", outline(p), p.Unplanned)
			}
			var notes []string
			for _, n := range p.Notes {
				if n.Resource == DefaultRole {
					notes = append(notes, n.Reason)
				}
			}
			if got := strings.Join(notes, "\n"); got != test.note {
				t.Errorf("notes %q, want %q", got, test.note)
			}
		})
	}
}

// TestWhatARoleGetsIsEnoughAndOnlyMore plans again with the role as the first plan leaves it.
func TestWhatARoleGetsIsEnoughAndOnlyMore(t *testing.T) {
	t.Parallel()
	role := inventory.Role{Name: DefaultRole, ARN: "arn:aws:iam::123456789012:role/" + DefaultRole, Trust: wrongTrust}
	policy := perVPC()
	policy.ChangeExisting = true
	inv := readScope("eu-west-1", "vpc-a")
	inv.Named.Roles = []inventory.Role{role}
	p := built(t, judged(policy, inv))
	trust := stepOf(t, p, UpdateAssumeRolePolicy, DefaultRole)
	may := stepOf(t, p, PutRolePolicy, DefaultRole)
	role.Trust = input(t, trust)["PolicyDocument"].(string)
	role.Inline = []inventory.RolePolicy{{Name: input(t, may)["PolicyName"].(string), Document: input(t, may)["PolicyDocument"].(string)}}
	if !strings.Contains(role.Trust, "ec2.amazonaws.com") {
		t.Error("whom the role trusted before is gone")
	}
	if got := string(trust.Inverse.API.Input); !strings.Contains(got, "ec2.amazonaws.com") || strings.Contains(got, flowLogService) {
		t.Errorf("the inverse is %s", got)
	}
	policy.ChangeExisting = false
	inv = readScope("eu-west-1", "vpc-a", "vpc-b")
	inv.Named.Roles = []inventory.Role{role}
	again := built(t, judged(policy, inv))
	if i := slices.IndexFunc(again.Steps, func(s Step) bool { return s.Resource == DefaultRole }); i >= 0 || len(again.Unplanned) > 0 {
		t.Errorf("planned again: %v, unplanned %v", outline(again), reasons(again))
	}
}

func TestARoleThatWasNotReadIsLookedAtByApply(t *testing.T) {
	t.Parallel()
	in := judged(DefaultPolicy(), readScope("eu-west-1", "vpc-a"))
	in.Inventories[0].Named = inventory.Named{}
	p := built(t, in)
	want := []string{
		"create-role flowproof-delivery us-east-1", "put-role-policy flowproof-delivery us-east-1",
		"create-log-group MyFlowLogs eu-west-1", "put-retention-policy MyFlowLogs eu-west-1", "create-flow-log vpc-a eu-west-1",
	}
	if diff := cmp.Diff(want, outline(p)); diff != "" {
		t.Error(diff)
	}
	var notes []string
	for _, n := range p.Notes {
		notes = append(notes, n.Resource)
	}
	if diff := cmp.Diff([]string{"MyFlowLogs", "flowproof-delivery"}, notes); diff != "" {
		t.Error(diff)
	}
	wantExpect := []Precondition{{FactRole, "flowproof-delivery", map[string]string{"exists": "false"}}}
	if diff := cmp.Diff(wantExpect, p.Steps[0].Preconditions); diff != "" {
		t.Error(diff)
	}
}

func TestARoleIsMadeWithPathAndBoundary(t *testing.T) {
	t.Parallel()
	policy := DefaultPolicy()
	policy.RolePath, policy.PermissionsBoundary = "/network/", "arn:aws:iam::{account}:policy/edges"
	p := built(t, judged(policy, readScope("eu-west-1", "vpc-a")))
	made := input(t, stepOf(t, p, CreateRole, DefaultRole))
	if made["Path"] != "/network/" || made["PermissionsBoundary"] != "arn:aws:iam::123456789012:policy/edges" {
		t.Errorf("the role is made with %v and %v", made["Path"], made["PermissionsBoundary"])
	}
	const arn = "arn:aws:iam::123456789012:role/network/flowproof-delivery"
	if got := input(t, stepOf(t, p, CreateFlowLog, "vpc-a"))["DeliverLogsPermissionArn"]; got != arn {
		t.Errorf("the flow log delivers with %v", got)
	}
	if len(p.Notes) != 1 || !strings.Contains(p.Notes[0].Reason, "permissions boundary arn:aws:iam::123456789012:policy/edges, which was not read") {
		t.Errorf("notes %v", p.Notes)
	}
	may, err := p.WritePolicy()
	if err != nil || !strings.Contains(may, arn) || strings.Contains(may, "role/flowproof-delivery") {
		t.Errorf("the policy to carry it out names another role (%v): %s", err, may)
	}
	may, err = policy.WritePolicy("aws")
	if err != nil || !strings.Contains(may, "arn:aws:iam::*:role/network/flowproof-delivery") {
		t.Errorf("the policy for any plan names another role (%v): %s", err, may)
	}
	for format, parts := range map[string][]string{
		"terraform":      {`path                 = "/network/"`, `permissions_boundary = "arn:aws:iam::123456789012:policy/edges"`, "aws_iam_role.role_flowproof_delivery.arn"},
		"cloudformation": {"Path: /network/", "PermissionsBoundary: arn:aws:iam::123456789012:policy/edges", "!GetAtt"},
		"cli":            {"--path /network/", "--permissions-boundary arn:aws:iam::123456789012:policy/edges"},
	} {
		var out strings.Builder
		if err := p.Export(format, &out); err != nil {
			t.Fatal(err)
		}
		for _, part := range parts {
			if !strings.Contains(out.String(), part) {
				t.Errorf("%s lacks %q:\n%s", format, part, out.String())
			}
		}
	}
}

func TestRetentionIsLeftToWhoeverOwnsIt(t *testing.T) {
	t.Parallel()
	policy := DefaultPolicy()
	policy.RetentionDays, policy.ChangeExisting = 0, true
	short := readScope("us-east-1", "vpc-b")
	short.Named.LogGroups = []inventory.LogGroup{group(func(g *inventory.LogGroup) { g.RetentionDays = 1 })}
	p := built(t, judged(policy, readScope("eu-west-1", "vpc-a"), short))
	for _, s := range p.Steps {
		if s.Action == PutRetentionPolicy {
			t.Errorf("%s is planned", s.ID)
		}
	}
	if len(p.Unplanned) > 0 || stepOf(t, p, CreateFlowLog, "vpc-a").ID == "" || stepOf(t, p, CreateFlowLog, "vpc-b").ID == "" {
		t.Errorf("steps %v, unplanned %v", outline(p), p.Unplanned)
	}
}
