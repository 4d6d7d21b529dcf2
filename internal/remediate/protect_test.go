package remediate

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// forgedAccounts is how many generated accounts the tests of forged plans go through.
const forgedAccounts = 60

// TestApplyChangesNothingForeignWhateverThePlanSays takes from plans what would stop them: the
// preconditions, and that a step is about a foreign thing. Nothing changes that flowproof did not make.
func TestApplyChangesNothingForeignWhateverThePlanSays(t *testing.T) {
	t.Parallel()
	for seed := range uint64(forgedAccounts) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			t.Parallel()
			scenario, policy := generatedAccount(seed)
			scenario, _, _ = strings.Cut(scenario, "writes:")
			policy.ChangeExisting = true
			s := newStand(t, scenario)
			p := s.replan(policy)
			start := s.state()
			for i := range p.Steps {
				p.Steps[i].Preconditions, p.Steps[i].Foreign = nil, false
			}
			report := s.apply(p)
			if diff := cmp.Diff(start, foreign(s.state(), p)); diff != "" {
				t.Errorf("something foreign changed: %s\n%s", diff, show(report))
			}
			if seed%2 == 0 {
				return
			}
			for i := range p.Steps {
				p.Steps[i].Foreign = true // which the policy does not allow
			}
			p.Policy.ChangeExisting = false
			s.apply(p)
			if diff := cmp.Diff(start, foreign(s.state(), p)); diff != "" {
				t.Errorf("something foreign changed that the policy does not allow: %s", diff)
			}
		})
	}
}

// TestRollbackTakesNothingForeignBack rolls back plans that were never applied, with journals that call
// each step done by flowproof: the account stays as it is.
func TestRollbackTakesNothingForeignBack(t *testing.T) {
	t.Parallel()
	for seed := range uint64(forgedAccounts) {
		for _, asForeign := range []bool{false, true} {
			t.Run(fmt.Sprintf("seed %d, steps on foreign things: %v", seed, asForeign), func(t *testing.T) {
				t.Parallel()
				scenario, policy := generatedAccount(seed)
				scenario, _, _ = strings.Cut(scenario, "writes:")
				policy.ChangeExisting = true
				s := newStand(t, scenario)
				p := s.replan(policy)
				start := s.state()
				j := s.open(p, CommandApply)
				for i := range p.Steps {
					p.Steps[i].Foreign = asForeign
					made := ""
					for at, l := range s.server.Dump().FlowLogs {
						if l.Resource == p.Steps[i].Resource {
							made = at[strings.LastIndexByte(at, '/')+1:]
						}
					}
					if err := j.append(Record{Type: RecordStep, Step: &Settled{Command: CommandApply, Step: p.Steps[i].ID, Outcome: Done, Ours: true, Made: made}}); err != nil {
						t.Fatal(err)
					}
				}
				if err := j.Close(); err != nil {
					t.Fatal(err)
				}
				var groups []string
				for _, step := range p.Steps {
					groups = append(groups, step.Resource)
				}
				s.rollback(p, func(b *Rollback) { b.DeleteData = groups })
				if diff := cmp.Diff(start, s.state()); diff != "" {
					t.Errorf("rollback changed: %s", diff)
				}
			})
		}
	}
}

// TestRollbackDoesNotBelieveInverses applies plans, has the file say that taking back is something else,
// and takes them back: the account is what it was, and what the file names is untouched.
func TestRollbackDoesNotBelieveInverses(t *testing.T) {
	t.Parallel()
	lies := []Inverse{
		{DeleteLogGroup, "theirs", api(DeleteLogGroup, `{"logGroupName":"theirs"}`)},
		{DeleteRole, "theirs", api(DeleteRole, `{"RoleName":"theirs"}`)},
		{DeleteBucketPolicy, "archive", api(DeleteBucketPolicy, `{"Bucket":"archive"}`)},
		{PutBucketPolicy, "archive", api(PutBucketPolicy, `{"Bucket":"archive","Policy":"{\"Statement\":[]}"}`)},
		{DeleteFlowLog, "vpc-0eee", api(DeleteFlowLog, `{"FlowLogIds":["fl-0"]}`)},
	}
	for planName, plan := range plans() {
		for _, lie := range lies {
			t.Run(planName+", "+string(lie.Action)+" "+string(lie.API.Input), func(t *testing.T) {
				t.Parallel()
				s, p := newStand(t, strings.Replace(threeVPCs, "interfaces: 1", "", 1)), plan(t)
				start := s.state()
				s.reach(p)
				for i := range p.Steps {
					if p.Steps[i].Inverse != nil && p.Steps[i].Action != PutBucketPolicy {
						p.Steps[i].Inverse = &lie
					}
				}
				if i := slices.IndexFunc(p.Steps, func(s Step) bool { return s.Action == PutBucketPolicy }); i >= 0 {
					honest := p.Steps[i].Inverse
					p.Steps[i].Inverse = &lie
					kept := s.rollback(p)
					if !strings.Contains(show(kept), "does not say what the policy of bucket archive was") {
						t.Errorf("the policy was put back by a file that has another:\n%s", show(kept))
					}
					p.Steps[i].Inverse = honest
				}
				s.undo(p)
				if diff := cmp.Diff(start, s.state()); diff != "" {
					t.Errorf("after rollback: %s", diff)
				}
			})
		}
	}
}

// TestWithMemberRefusesWhatIsNoObject holds a dry run, and every request, to the member that is added.
func TestWithMemberRefusesWhatIsNoObject(t *testing.T) {
	t.Parallel()
	for _, input := range []string{"", "[]", "null", "1", "{"} {
		if got, err := withMember(API{"ec2", "CreateFlowLogs", json.RawMessage(input)}, "DryRun", true); err == nil {
			t.Errorf("%q became %s", input, got.Input)
		}
	}
	if got, err := withMember(API{"ec2", "CreateFlowLogs", json.RawMessage(`{}`)}, "DryRun", true); err != nil || string(got.Input) != `{"DryRun":true}` {
		t.Errorf("got %s, %v", got.Input, err)
	}
}
