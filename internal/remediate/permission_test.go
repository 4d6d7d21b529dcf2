package remediate

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"flowproof/internal/inventory"
	"flowproof/internal/rule"
	"flowproof/internal/rules"
	"flowproof/internal/source/awslive"
)

// indented is a policy as `policy write` prints it.
func indented(t *testing.T, policy string, err error) string {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := json.Indent(&out, []byte(policy), "", "  "); err != nil {
		t.Fatal(err)
	}
	return out.String() + "\n"
}

func TestThePolicyOfAPlanIsExactlyItsOwn(t *testing.T) {
	t.Parallel()
	p := built(t, telling())
	policy, err := p.WritePolicy()
	got := indented(t, policy, err)
	golden(t, "policy-write.json", got)
	for _, s := range p.Steps {
		for _, action := range s.Permissions {
			if !strings.Contains(got, `"`+action+`"`) {
				t.Errorf("step %s needs %s, which the policy does not allow", s.ID, action)
			}
		}
	}
	if strings.Contains(got, "vpc-0b") || strings.Contains(got, "PutBucketPolicy") {
		t.Error("the policy allows what the plan does not do")
	}
}

func TestThePolicyOfTheCommandCoversEachPlanOfIt(t *testing.T) {
	t.Parallel()
	s3 := DefaultPolicy()
	s3.Destination, s3.Bucket, s3.ChangeExisting = ToS3, "arn:aws:s3:::central", true
	firehose := DefaultPolicy()
	firehose.Destination, firehose.Stream = ToFirehose, "arn:aws:firehose:{region}:{account}:deliverystream/s"
	fields := s3
	fields.LogFormat, fields.TagFields = "v11", map[string][]string{"instance": {"Name"}, "auto-scaling-group": {"Name", "team"}}
	for name, policy := range map[string]Policy{"cloudwatch-logs": perVPC(), "s3": s3, "firehose": firehose, "fields": fields} {
		whole, err := policy.WritePolicy("aws")
		golden(t, "policy-write-"+name+".json", indented(t, whole, err))
		inv := readScope("eu-west-1", "vpc-a")
		addDestinations(&inv)
		p := built(t, judged(policy, inv))
		if len(p.Steps) == 0 {
			t.Fatalf("%s: nothing planned: %v", name, reasons(p))
		}
		exact, err := p.WritePolicy()
		if err != nil {
			t.Fatal(err)
		}
		for _, action := range actionsOf(t, exact) {
			if !slices.Contains(actionsOf(t, whole), action) {
				t.Errorf("%s: a plan needs %s, which the policy of the command does not allow", name, action)
			}
		}
	}
}

func actionsOf(t *testing.T, policy string) []string {
	t.Helper()
	var d struct{ Statement []struct{ Action []string } }
	if err := json.Unmarshal([]byte(policy), &d); err != nil {
		t.Fatal(err)
	}
	var actions []string
	for _, s := range d.Statement {
		actions = append(actions, s.Action...)
	}
	return actions
}

// iamActions are the IAM actions of calls whose names differ; GetCallerIdentity needs none.
var iamActions = map[string]string{
	"s3:HeadBucket": "s3:ListBucket", "s3:ListObjectsV2": "s3:ListBucket", "sts:GetCallerIdentity": "", "logs:AssociateKmsKey": "logs:AssociateKmsKey",
}

// readByRules are the actions with which a run reads what rules need.
func readByRules() []string {
	var actions []string
	for _, row := range awslive.Permissions() {
		if slices.ContainsFunc(row.Kinds, func(k inventory.Kind) bool { return slices.Contains(rule.Needs(rules.All(), rule.DefaultPolicy()), k) }) {
			actions = append(actions, row.Actions...)
		}
	}
	return actions
}

// TestThePolicyOfAPlanCoversWhatIsSent applies generated plans, waits for their records and takes them
// back, and holds every request to the policy that is printed for the plan. Reading for rules beyond the default set takes
// what `flowproof policy read` prints for them.
func TestThePolicyOfAPlanCoversWhatIsSent(t *testing.T) {
	t.Parallel()
	sent := map[string]bool{}
	for seed := range uint64(40) {
		scenario, policy := generatedAccount(seed)
		s := newStand(t, scenario)
		p := s.replan(policy)
		text, err := p.WritePolicy()
		if err != nil {
			t.Fatal(err)
		}
		allowed := actionsOf(t, text)
		before := len(s.server.Calls())
		s.reach(p)
		v := s.verifier(p)
		v.Wait = 10 * time.Minute
		if _, err := v.Run(t.Context()); err != nil {
			t.Fatal(err)
		}
		s.rollback(p)
		whole, err := policy.WritePolicy("aws")
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range s.server.Calls()[:before] {
			if action := c.Service + ":" + c.Operation; iamActions[action] == "" && c.Service != "sts" && !slices.Contains(slices.Concat(actionsOf(t, whole), readByRules()), action) {
				t.Fatalf("seed %d: planning sends %s, and the policy of the command does not allow it", seed, action)
			}
		}
		for _, c := range s.server.Calls()[before:] {
			action, other := iamActions[c.Service+":"+c.Operation]
			if !other {
				action = c.Service + ":" + c.Operation
			}
			sent[action] = true
			if action != "" && !slices.Contains(allowed, action) {
				t.Fatalf("seed %d: %s was sent, and the policy does not allow it", seed, action)
			}
		}
	}
	for _, action := range []string{"ec2:CreateFlowLogs", "ec2:DeleteFlowLogs", "iam:CreateRole", "logs:CreateLogGroup", "s3:PutBucketPolicy"} {
		if !sent[action] {
			t.Errorf("no generated plan sends %s: the test shows little", action)
		}
	}
}

// TestFieldsNeedMoreOfTheirMaker holds a step, the policy of its plan and that of the command to what
// fields ask for, and no other.
func TestFieldsNeedMoreOfTheirMaker(t *testing.T) {
	t.Parallel()
	containers := containerPermissions
	for name, test := range map[string]struct {
		format string
		keys   map[string][]string
		want   []string
	}{
		"none of them":              {format: "v5"},
		"the default":               {format: "default"},
		"containers":                {format: "${version} ${ecs-task-id}", want: containers},
		"a version with containers": {format: "v8", want: containers},
		"tags of instances": {
			format: "${instance-tag}", keys: map[string][]string{"instance": {"Name"}}, want: []string{"ec2:DescribeTags", "iam:CreateServiceLinkedRole"},
		},
		"tags of groups": {
			format: "${asg-tag}", keys: map[string][]string{"auto-scaling-group": {"Name"}}, want: []string{"autoscaling:DescribeTags", "iam:CreateServiceLinkedRole"},
		},
		"version 11 without keys": {format: "v11", want: containers},
		"version 11 with a key": {
			format: "v11", keys: map[string][]string{"network-interface": {"Name"}},
			want: append([]string{"ec2:DescribeTags", "iam:CreateServiceLinkedRole"}, containers...),
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			asked := func(actions []string) []string {
				return unique(slices.DeleteFunc(slices.Clone(actions), func(a string) bool {
					return !strings.HasPrefix(a, "ecs:") && !strings.HasSuffix(a, ":DescribeTags") && a != "iam:CreateServiceLinkedRole"
				}))
			}
			policy := DefaultPolicy()
			policy.LogFormat, policy.TagFields = test.format, test.keys
			p := built(t, judged(policy, readScope("eu-west-1", "vpc-a")))
			whole, err := policy.WritePolicy("aws")
			if err != nil {
				t.Fatal(err)
			}
			exact, err := p.WritePolicy()
			if err != nil {
				t.Fatal(err)
			}
			for what, got := range map[string][]string{
				"the step": stepOf(t, p, CreateFlowLog, "vpc-a").Permissions, "the plan": actionsOf(t, exact), "the command": actionsOf(t, whole),
			} {
				if want, got := unique(test.want), asked(got); !slices.Equal(want, got) {
					t.Errorf("%s needs %v, want %v", what, got, want)
				}
			}
		})
	}
}
