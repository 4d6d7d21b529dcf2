package remediate

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"flowproof/internal/finding"
	"flowproof/internal/inventory"
	"flowproof/internal/rule"
	"flowproof/internal/rules"
)

// referring is the input of a plan for one VPC that a flow log records, with all that the flow log
// refers to read; required may be nil.
func referring(p Policy, l inventory.FlowLog, named inventory.Named, required *rule.Policy) Input {
	inv := readScope("eu-west-1", "vpc-1")
	inv.Kinds = append(inv.Kinds, inventory.Destinations, inventory.DeliveryRoles)
	inv.FlowLogs, inv.Named = []inventory.FlowLog{l}, named
	inv = asked(inv, p)
	inv.Named.Asked = inv.ReferredTo()
	policy := rule.DefaultPolicy()
	if required != nil {
		policy = *required
	}
	return Input{Policy: p, Inventories: []inventory.Inventory{inv}, Findings: rule.Judge(rules.All(), &inv, policy)}
}

// What a right role has, and what others have.
const (
	heldTrust = `{"Statement":[{"Effect":"Allow","Principal":{"Service":"vpc-flow-logs.amazonaws.com"},"Action":"sts:AssumeRole",` +
		`"Condition":{"StringEquals":{"aws:SourceAccount":"123456789012"}}}]}`
	writesTheirs = `{"Statement":[{"Effect":"Allow","Action":["logs:CreateLogStream","logs:PutLogEvents"],"Resource":"arn:aws:logs:*:123456789012:log-group:theirs:*"}]}`
	deniesIt     = `{"Statement":[{"Effect":"Deny","Action":"logs:*","Resource":"*"}]}`
)

func theirRole(trust, policy string) inventory.Role {
	return inventory.Role{
		Name: "theirs", ARN: "arn:aws:iam::" + ownAccount + ":role/theirs", Trust: trust,
		Inline: []inventory.RolePolicy{{Name: "p", Document: policy}},
	}
}

func TestWhatFlowLogsReferToIsRepairedOnlyWhenAsked(t *testing.T) {
	t.Parallel()
	const key = "arn:aws:kms:eu-west-1:123456789012:key/k"
	kept := inventory.LogGroup{Name: "theirs", Class: "STANDARD", RetentionDays: 400}
	with := func(change func(*inventory.LogGroup)) inventory.LogGroup {
		g := kept
		change(&g)
		return g
	}
	short := with(func(g *inventory.LogGroup) { g.RetentionDays = 30 })
	good := theirRole(heldTrust, writesTheirs)
	keyed := func(p *Policy) { p.KMSKey = key }
	encrypted := rule.DefaultPolicy()
	encrypted.Encryption = true
	for name, test := range map[string]struct {
		group     inventory.LogGroup
		role      inventory.Role
		policy    func(*Policy)
		required  *rule.Policy
		steps     []string // with --change-existing; none: it is not planned either way
		unplanned string   // without
		hand      string   // a part of the steps by hand
	}{
		"kept too short": {
			group: short, role: good, steps: []string{"put-retention-policy theirs eu-west-1"},
			unplanned: "theirs: this log group keeps records for 30 days and the policy asks for 365; flowproof did not make it: --change-existing plans the change",
			hand:      "aws logs put-retention-policy --region eu-west-1 --log-group-name theirs --retention-in-days 365",
		},
		"kept too short, and no longer asked for": {
			group: short, role: good, policy: func(p *Policy) { p.RetentionDays = 30 },
			unplanned: "fl-1: the log group theirs keeps records for 30 days; required are 365; flowproof does not change that", hand: "plan with a higher --retention-days",
		},
		"kept too short, by the account's retention policy": {
			group: with(func(g *inventory.LogGroup) { g.RetentionDays, g.RetentionPolicy = 30, "base line" }), role: good,
			unplanned: "theirs: the account's retention policy base line keeps its records for 30 days and 365 are wanted",
			hand:      "aws logs describe-account-policies --region eu-west-1 --policy-type RETENTION_POLICY --policy-name 'base line'",
		},
		"of class DELIVERY": {
			group: with(func(g *inventory.LogGroup) { g.Class = "DELIVERY" }), role: good,
			unplanned: "fl-1: the log group theirs is of class DELIVERY", hand: "make a group of that name and class STANDARD",
		},
		"without a key, and one given": {
			group: kept, role: good, policy: keyed, required: &encrypted, steps: []string{"associate-kms-key theirs eu-west-1"},
			unplanned: "theirs: this log group is not encrypted with the policy's key " + key, hand: "aws logs associate-kms-key",
		},
		"without a key, and none given": {
			group: kept, role: good, required: &encrypted,
			unplanned: "fl-1: the log group theirs is not encrypted with a customer-managed key; flowproof does not change that", hand: "plan with --kms-key",
		},
		"a key of another Region": {
			group: kept, role: good, policy: func(p *Policy) { p.KMSKey = strings.Replace(key, "eu-west-1", "us-east-1", 1) }, required: &encrypted,
			unplanned: "fl-1: the log group theirs is not encrypted", hand: "a --kms-key of this Region",
		},
		"a role that may not write": {
			group: kept, role: theirRole(heldTrust, `{}`), steps: []string{"put-role-policy theirs us-east-1"},
			unplanned: "theirs: the role theirs may not write to the log group theirs; flowproof did not make it: --change-existing plans the change",
			hand:      "aws iam put-role-policy",
		},
		"a role that trusts somebody else": {
			group: kept, role: theirRole(wrongTrust, writesTheirs), steps: []string{"update-assume-role-policy theirs us-east-1"},
			unplanned: "theirs: the role theirs does not trust vpc-flow-logs.amazonaws.com", hand: "aws iam update-assume-role-policy",
		},
		"a role that trusts it for every account": {
			group: kept, role: theirRole(plainTrust, writesTheirs),
			unplanned: "fl-1: the role theirs trusts vpc-flow-logs.amazonaws.com for every account", hand: "edit trust.json",
		},
		"a role that may too much": {
			group: kept, role: theirRole(heldTrust, writesAll), unplanned: "fl-1: the role theirs may write to every log group", hand: "narrow its policies",
		},
		"a role that denies it": {
			group: kept, role: theirRole(heldTrust, deniesIt), unplanned: "fl-1: the role theirs may not write", hand: "take the denial out",
		},
		"a role that is gone": {
			group: kept, unplanned: "fl-1: the role theirs is gone", hand: "create the role theirs again",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			policy := DefaultPolicy()
			if test.policy != nil {
				test.policy(&policy)
			}
			named := inventory.Named{LogGroups: []inventory.LogGroup{test.group}}
			if test.role.Name != "" {
				named.Roles = []inventory.Role{test.role}
			}
			unasked := built(t, referring(policy, log("fl-1", "vpc-1", nil), named, test.required))
			if len(unasked.Steps) > 0 {
				t.Errorf("unasked: %v", outline(unasked))
			}
			i := slices.IndexFunc(unasked.Unplanned, func(u Unplanned) bool { return strings.HasPrefix(u.Resource+": "+u.Reason, test.unplanned) })
			if i < 0 {
				t.Fatalf("not said: %s\nsaid: %q", test.unplanned, reasons(unasked))
			}
			if hand := strings.Join(unasked.Unplanned[i].ByHand, "\n"); !strings.Contains(hand, test.hand) {
				t.Errorf("by hand: %s\nwant %s", hand, test.hand)
			}
			policy.ChangeExisting = true
			p := built(t, referring(policy, log("fl-1", "vpc-1", nil), named, test.required))
			if diff := cmp.Diff(append([]string{}, test.steps...), outline(p)); diff != "" {
				t.Errorf("asked (-want +got):\n%s", diff)
			}
			if (len(p.Steps) > 0) == (len(p.Unplanned) > 0) {
				t.Errorf("steps %v, unplanned %v", outline(p), reasons(p))
			}
			for _, s := range p.Steps {
				if !s.Foreign || s.Inverse == nil || !strings.Contains(s.Reason, "vpc-flow-log/fl-1") {
					t.Errorf("step %+v", s)
				}
			}
		})
	}
}

func TestBucketsAndStreamsAreRepairedByHand(t *testing.T) {
	t.Parallel()
	toBucket := log("fl-1", "vpc-1", func(l *inventory.FlowLog) {
		l.DestinationType, l.Destination, l.LogGroup, l.Role = inventory.ToS3, "arn:aws:s3:::b", "", ""
	})
	policy := DefaultPolicy()
	policy.ChangeExisting = true
	for name, test := range map[string]struct {
		buckets []inventory.Bucket
		rule    string
		hand    string
	}{
		"the bucket is gone":       {nil, destinationRule, "create it again under the same name"},
		"it deletes too soon":      {[]inventory.Bucket{{Name: "b", Owned: true, Owner: ownAccount, Expiry: []inventory.Expiry{{Days: 1}}}}, retentionRule, "the lifecycle of the bucket"},
		"it does not require TLS":  {[]inventory.Bucket{{Name: "b", Owned: true, Owner: ownAccount}}, bucketRule, "aws s3api get-bucket-policy --bucket b"},
		"and is open to everybody": {[]inventory.Bucket{{Name: "b", Owned: true, Owner: ownAccount, PublicPolicy: true}}, bucketRule, "aws s3api put-public-access-block --bucket b"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := built(t, referring(policy, toBucket, inventory.Named{Buckets: test.buckets}, nil))
			i := slices.IndexFunc(p.Unplanned, func(u Unplanned) bool { return slices.Contains(u.ByHand, "flowproof kb show "+test.rule) })
			if i < 0 || !strings.Contains(strings.Join(p.Unplanned[i].ByHand, "\n"), test.hand) || len(p.Steps) > 0 {
				t.Errorf("unplanned %+v, steps %v", p.Unplanned, outline(p))
			}
		})
	}
}

// TestARoleIsCompletedOnce for all flow logs that use it, and what it allows too much is said beside.
func TestARoleIsCompletedOnce(t *testing.T) {
	t.Parallel()
	policy := DefaultPolicy()
	policy.ChangeExisting = true
	in := referring(policy, log("fl-1", "vpc-1", nil), inventory.Named{
		LogGroups: []inventory.LogGroup{{Name: "theirs"}, {Name: "others"}}, Roles: []inventory.Role{theirRole(plainTrust, `{}`)},
	}, nil)
	inv := &in.Inventories[0]
	inv.FlowLogs = append(inv.FlowLogs, log("fl-2", "vpc-1", func(l *inventory.FlowLog) { l.LogGroup = "others" }))
	in.Findings = rule.Judge(rules.All(), inv, rule.DefaultPolicy())
	p := built(t, in)
	if diff := cmp.Diff([]string{"put-role-policy theirs us-east-1"}, outline(p)); diff != "" {
		t.Fatalf("steps (-want +got):\n%s", diff)
	}
	document, _ := input(t, p.Steps[0])["PolicyDocument"].(string)
	for _, name := range []string{"log-group:theirs:*", "log-group:others:*"} {
		if !strings.Contains(document, name) {
			t.Errorf("%s does not hold %s", document, name)
		}
	}
	if len(p.Unplanned) != 2 || !strings.Contains(p.Unplanned[0].Reason, "for every account") {
		t.Errorf("unplanned %v", reasons(p))
	}
}

func TestOneGroupIsChangedOnceForManyReasons(t *testing.T) {
	t.Parallel()
	policy := DefaultPolicy()
	policy.ChangeExisting = true
	short := inventory.LogGroup{Name: "MyFlowLogs", Class: "STANDARD", RetentionDays: 30}
	accepting := log("fl-1", "vpc-1", func(l *inventory.FlowLog) { l.LogGroup, l.TrafficType = "MyFlowLogs", "ACCEPT" })
	in := referring(policy, accepting, inventory.Named{LogGroups: []inventory.LogGroup{short}}, nil)
	n := 0
	for _, line := range outline(built(t, in)) {
		if line == "put-retention-policy MyFlowLogs eu-west-1" {
			n++
		}
	}
	if n != 1 {
		t.Errorf("%d times, want once: %v", n, outline(built(t, in)))
	}
	in.Findings = slices.DeleteFunc(in.Findings, func(f finding.Finding) bool { return f.Rule != retentionRule })
	in.Inventories[0].FlowLogs[0].Tags = map[string]string{telemetryTag: "true"}
	if p := built(t, in); len(p.Steps) > 0 || len(p.Unplanned) != 1 || !strings.Contains(p.Unplanned[0].Reason, "telemetry rule manages it") {
		t.Errorf("of a telemetry rule: %v, %v", outline(p), reasons(p))
	}
}
