package remediate

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// rollback takes a plan back, which must not fail but may keep things.
func (s *stand) rollback(p Plan, change ...func(*Rollback)) Report {
	s.t.Helper()
	j := s.open(p, CommandRollback)
	defer func() { _ = j.Close() }()
	b := Rollback{Plan: p, Journal: j, Writer: s.writer(), Reader: NewReader(s.config()), Clock: s.clock.clock()}
	for _, c := range change {
		c(&b)
	}
	report, err := b.Run(s.t.Context())
	if err != nil {
		s.t.Fatal(err)
	}
	return report
}

func (s *stand) undo(p Plan, change ...func(*Rollback)) {
	s.t.Helper()
	if r := s.rollback(p, change...); !r.TakenBack() {
		s.t.Fatalf("not taken back:\n%s", show(r))
	}
}

func TestRollbackLeavesNothing(t *testing.T) {
	t.Parallel()
	for planName, plan := range plans() {
		for worldName, knobs := range worlds() {
			t.Run(planName+", "+worldName, func(t *testing.T) {
				t.Parallel()
				s := newStand(t, strings.Replace(threeVPCs, "interfaces: 1", "", 1)+knobs)
				p := plan(t)
				start := s.state()
				s.reach(p)
				s.undo(p)
				if diff := cmp.Diff(start, s.state()); diff != "" {
					t.Errorf("after rollback: %s", diff)
				}
				s.undo(p) // again: nothing is left to do
				s.reach(p)
				s.undo(p)
				if diff := cmp.Diff(start, s.state()); diff != "" {
					t.Errorf("after the second rollback: %s", diff)
				}
			})
		}
	}
}

// TestApplyKilledAnywhereThenRolledBack finds what the killed run made, whatever it knew of it.
func TestApplyKilledAnywhereThenRolledBack(t *testing.T) {
	t.Parallel()
	for planName, plan := range plans() {
		for _, worldName := range map[string][]string{
			"to log groups": {"plain", "changes are seen late"}, "to a bucket": {"EC2 overwrites the policy"},
		}[planName] {
			t.Run(planName+", "+worldName, func(t *testing.T) {
				t.Parallel()
				scenario := strings.Replace(threeVPCs, "interfaces: 1", "", 1) + worlds()[worldName]
				p := plan(t)
				whole := newStand(t, scenario)
				start := whole.state()
				whole.reach(p)
				for at := 1; at <= whole.plug.moments; at++ {
					s := newStand(t, scenario)
					s.plug.reset(at)
					s.applyAndDie(p)
					s.plug.reset(0)
					s.undo(p)
					if diff := cmp.Diff(start, s.state()); diff != "" {
						t.Fatalf("killed at moment %d of %d: %s", at, whole.plug.moments, diff)
					}
				}
			})
		}
	}
}

func TestRollbackKilledAnywhere(t *testing.T) {
	t.Parallel()
	for planName, plan := range plans() {
		t.Run(planName, func(t *testing.T) {
			t.Parallel()
			scenario := strings.Replace(threeVPCs, "interfaces: 1", "", 1)
			p := plan(t)
			whole := newStand(t, scenario)
			start := whole.state()
			whole.reach(p)
			whole.plug.reset(0)
			whole.undo(p)
			moments := whole.plug.moments
			for at := 1; at <= moments; at++ {
				s := newStand(t, scenario)
				s.reach(p)
				s.plug.reset(at)
				s.rollbackAndDie(p)
				s.plug.reset(0)
				s.undo(p)
				if diff := cmp.Diff(start, s.state()); diff != "" {
					t.Fatalf("killed at moment %d of %d: %s", at, moments, diff)
				}
			}
		})
	}
}

func (s *stand) rollbackAndDie(p Plan) {
	s.t.Helper()
	j := s.open(p, CommandRollback)
	_, err := Rollback{Plan: p, Journal: j, Writer: s.writer(), Reader: NewReader(s.config()), Clock: s.clock.clock()}.Run(s.t.Context())
	if !s.plug.dead || err != nil && !errors.Is(err, errUnplugged) {
		s.t.Fatalf("the rollback was not killed at moment %d: %v", s.plug.at, err)
	}
	if err := j.Close(); err != nil {
		s.t.Fatal(err)
	}
}

// kept gives what a rollback kept, as ACTION RESOURCE: why.
func kept(r Report) map[string]string {
	out := map[string]string{}
	for _, x := range r.Results {
		if x.Outcome == Kept {
			out[string(x.Action)+" "+x.Resource] = x.Detail
		}
	}
	return out
}

// TestRollbackKeeps changes something between apply and rollback, and wants it kept with the reason.
func TestRollbackKeeps(t *testing.T) {
	t.Parallel()
	const group = "/flowproof/vpc-0aaa"
	arn := "arn:aws:logs:eu-west-1:" + testAccount + ":log-group:" + group
	for name, test := range map[string]struct {
		change func(*stand, map[string]string)
		what   string
		why    string
	}{
		"a flow log without its tags": {
			func(s *stand, made map[string]string) {
				s.form("ec2", "Action=CreateTags&ResourceId.1="+made["vpc-0aaa"]+"&Tag.1.Key="+TagPlan+"&Tag.1.Value=0000000000000000")
			}, "create-flow-log vpc-0aaa", "do not say that this plan made it",
		},
		"a flow log that somebody tagged": {
			func(s *stand, made map[string]string) {
				s.form("ec2", "Action=CreateTags&ResourceId.1="+made["vpc-0aaa"]+"&Tag.1.Key=keep&Tag.1.Value=yes")
			}, "create-flow-log vpc-0aaa", "tags were changed since: keep",
		},
		"a group that holds records": {
			func(s *stand, _ map[string]string) { _ = s.clock.sleep(context.Background(), time.Hour) },
			"create-log-group " + group, "holds records; to delete it with them add --delete-data " + group,
		},
		"a group with another retention": {
			func(s *stand, _ map[string]string) {
				s.call("eu-west-1", "logs", "PutRetentionPolicy", `{"logGroupName":"`+group+`","retentionInDays":30}`)
			}, "create-log-group " + group, "retention was changed since, to 30 days",
		},
		"a group that is protected from deletion": {
			func(s *stand, _ map[string]string) {
				s.json("Logs_20140328.PutLogGroupDeletionProtection", `{"logGroupIdentifier":"`+group+`","deletionProtectionEnabled":true}`)
			}, "create-log-group " + group, "it is protected from deletion; to delete it, lift that and roll back again: aws logs put-log-group-deletion-protection --region eu-west-1 --log-group-identifier " + group,
		},
		"a group with a key": {
			func(s *stand, _ map[string]string) {
				s.call("eu-west-1", "logs", "AssociateKmsKey", `{"logGroupName":"`+group+`","kmsKeyId":"arn:aws:kms:eu-west-1:`+testAccount+`:key/1"}`)
			}, "create-log-group " + group, "key was changed since, to arn:aws:kms",
		},
		"a group that somebody tagged": {
			func(s *stand, _ map[string]string) {
				s.json("Logs_20140328.TagResource", `{"resourceArn":"`+arn+`","tags":{"owner":"me"}}`)
			}, "create-log-group " + group, "tags were changed since: owner",
		},
		"a group that another flow log uses": {
			func(s *stand, _ map[string]string) {
				s.call("eu-west-1", "ec2", "CreateFlowLogs", `{"ResourceIds":["vpc-0eee"],"ResourceType":"VPC","TrafficType":"ALL","LogGroupName":"`+group+`","DeliverLogsPermissionArn":"`+roleARN("theirs")+`"}`)
			}, "create-log-group " + group, "uses it",
		},
		"a role that another flow log uses": {
			func(s *stand, _ map[string]string) {
				_ = s.clock.sleep(context.Background(), time.Minute)
				s.call("eu-west-1", "ec2", "CreateFlowLogs", `{"ResourceIds":["vpc-0eee"],"ResourceType":"VPC","TrafficType":"ALL","LogGroupName":"other","DeliverLogsPermissionArn":"`+roleARN(deliveryRole)+`"}`)
			}, "create-role " + deliveryRole, "uses it",
		},
		"a role with another policy": {
			func(s *stand, _ map[string]string) {
				s.call("us-east-1", "iam", "PutRolePolicy", `{"RoleName":"`+deliveryRole+`","PolicyName":"more","PolicyDocument":`+quoted(`{"Statement":{"Effect":"Allow","Action":"s3:*","Resource":"*"}}`)+`}`)
			}, "create-role " + deliveryRole, "policies that this plan did not give it, or that were changed since: more",
		},
		"a policy that was changed": {
			func(s *stand, _ map[string]string) {
				s.call("us-east-1", "iam", "PutRolePolicy", `{"RoleName":"`+deliveryRole+`","PolicyName":"deliver","PolicyDocument":`+quoted(`{"Statement":{"Effect":"Allow","Action":"s3:*","Resource":"*"}}`)+`}`)
			}, "put-role-policy " + deliveryRole + "/deliver", "changed since",
		},
		"a role with another trust": {
			func(s *stand, _ map[string]string) {
				s.call("us-east-1", "iam", "UpdateAssumeRolePolicy", `{"RoleName":"`+deliveryRole+`","PolicyDocument":`+quoted(`{"Statement":{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}}`)+`}`)
			}, "create-role " + deliveryRole, "trust policy was changed",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			scenario := threeVPCs
			if !strings.Contains(name, "records") {
				scenario = strings.Replace(threeVPCs, "interfaces: 1", "", 1)
			}
			s := newStand(t, scenario)
			p := usual(t)
			made := map[string]string{}
			for _, x := range s.reach(p).Results {
				made[x.Resource] = x.Made
			}
			test.change(s, made)
			before := s.state()
			r := s.rollback(p)
			if why := kept(r)[test.what]; !strings.Contains(why, test.why) {
				t.Errorf("kept for %q, want %q:\n%s", why, test.why, show(r))
			}
			if r.TakenBack() {
				t.Error("everything is said to be taken back")
			}
			if diff := cmp.Diff(foreign(before, p), foreign(s.state(), p)); diff != "" {
				t.Errorf("something foreign changed: %s", diff)
			}
			s.stillThere(test.what, made)
		})
	}
}

// stillThere fails unless what a result is about exists.
func (s *stand) stillThere(what string, made map[string]string) {
	s.t.Helper()
	d := s.server.Dump()
	action, resource, _ := strings.Cut(what, " ")
	at := testAccount + "/"
	there := false
	switch Action(action) {
	case CreateFlowLog:
		there = d.FlowLogs[at+"eu-west-1/"+made[resource]].Resource != ""
	case CreateLogGroup:
		there = d.LogGroups[at+"eu-west-1/"+resource].Class != ""
	case CreateRole:
		there = d.Roles[at+resource].Trust != ""
	case PutRolePolicy:
		role, policy, _ := strings.Cut(resource, "/")
		there = d.Roles[at+role].Inline[policy] != ""
	}
	if !there {
		s.t.Errorf("%s is gone", what)
	}
}

func TestRollbackDeletesDataOnlyWhereNamed(t *testing.T) {
	t.Parallel()
	s := newStand(t, threeVPCs)
	p := usual(t)
	start := s.state()
	s.reach(p)
	if err := s.clock.sleep(t.Context(), time.Hour); err != nil {
		t.Fatal(err)
	}
	if r := s.rollback(p, func(b *Rollback) { b.DeleteData = []string{"MyFlowLogs"} }); len(kept(r)) == 0 {
		t.Error("a group with records was deleted without being named")
	}
	s.undo(p, func(b *Rollback) { b.DeleteData = []string{"/flowproof/vpc-0aaa"} })
	if diff := cmp.Diff(start, s.state()); diff != "" {
		t.Error(diff)
	}
}

func TestRollbackOfWhatIsGone(t *testing.T) {
	t.Parallel()
	s := newStand(t, strings.Replace(threeVPCs, "interfaces: 1", "", 1))
	p := usual(t)
	start := s.state()
	for _, x := range s.reach(p).Results {
		if x.Made != "" {
			s.call("eu-west-1", "ec2", "DeleteFlowLogs", `{"FlowLogIds":["`+x.Made+`"]}`)
		}
	}
	s.call("eu-west-1", "logs", "DeleteLogGroup", `{"logGroupName":"MyFlowLogs"}`)
	s.call("us-east-1", "iam", "DeleteRolePolicy", `{"RoleName":"`+deliveryRole+`","PolicyName":"deliver"}`)
	s.call("us-east-1", "iam", "DeleteRole", `{"RoleName":"`+deliveryRole+`"}`)
	s.undo(p)
	if diff := cmp.Diff(start, s.state()); diff != "" {
		t.Error(diff)
	}
}

// TestRollbackOfForeignSettings puts back what was there, unless somebody has changed it since.
func TestRollbackOfForeignSettings(t *testing.T) {
	t.Parallel()
	plan := planOf(t, func(h *handmade) {
		h.add(Step{
			Action: PutRetentionPolicy, Resource: "theirs", Foreign: true,
			Preconditions: []Precondition{{Kind: FactLogGroup, Resource: "theirs", Expect: map[string]string{"retention_days": "30"}}},
		}, `{"logGroupName":"theirs","retentionInDays":365}`, `{"logGroupName":"theirs","retentionInDays":30}`, PutRetentionPolicy)
	})
	for _, changed := range []bool{false, true} {
		t.Run(fmt.Sprint("changed since: ", changed), func(t *testing.T) {
			t.Parallel()
			s := newStand(t, threeVPCs)
			start := s.state()
			s.reach(plan)
			if !changed {
				s.undo(plan)
				if diff := cmp.Diff(start, s.state()); diff != "" {
					t.Error(diff)
				}
				return
			}
			s.call("eu-west-1", "logs", "PutRetentionPolicy", `{"logGroupName":"theirs","retentionInDays":400}`)
			if why := kept(s.rollback(plan))["put-retention-policy theirs"]; !strings.Contains(why, "to 400 days") {
				t.Errorf("kept for %q", why)
			}
			if got := s.state().LogGroups[testAccount+"/eu-west-1/theirs"].Retention; got != 400 {
				t.Errorf("retention is now %d", got)
			}
		})
	}
}
