package remediate

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"flowproof/internal/inventory"
	"flowproof/internal/rule"
	"flowproof/internal/rules"
	"flowproof/internal/sandbox"
	"flowproof/internal/source/awslive"
)

// generatedAccount is a random account as a scenario, always the same for a seed, and a policy for it:
// VPCs of its own and of others, flow logs that work and that do not, and some of what the
// policy names there already, made by somebody else.
func generatedAccount(seed uint64) (scenario string, policy Policy) {
	r := rand.New(rand.NewPCG(seed, 3))
	policy = DefaultPolicy()
	policy.ChangeExisting = r.IntN(2) == 0
	policy.Traffic = []string{"ALL", "ALL", "REJECT"}[r.IntN(3)]
	switch r.IntN(4) {
	case 0:
		policy.LogGroup = "/flowproof/{account}/{vpc}"
	case 1:
		policy.Destination, policy.Bucket, policy.Prefix = ToS3, "arn:aws:s3:::archive", []string{"", "logs"}[r.IntN(2)]
		policy.Hive, policy.PerHour = r.IntN(2) == 0, r.IntN(2) == 0
	case 2:
		policy.Destination, policy.Stream = ToFirehose, "arn:aws:firehose:{region}:{account}:deliverystream/s"
	}
	var b strings.Builder
	b.WriteString("accounts:\n  - id: \"" + testAccount + "\"\n    default_vpcs: false\n    delivery_streams: [s]\n    roles:\n")
	b.WriteString("      - {name: theirs, trusted_service: vpc-flow-logs.amazonaws.com, allow: [\"logs:*\"]}\n")
	if r.IntN(3) == 0 {
		fmt.Fprintf(&b, "      - {name: %s, trusted_service: %s, allow: [%q]}\n", DefaultRole,
			[]string{"vpc-flow-logs.amazonaws.com", "ec2.amazonaws.com"}[r.IntN(2)], []string{"logs:*", "s3:*"}[r.IntN(2)])
	}
	own := ""
	if r.IntN(2) == 0 {
		own = ", policy: '" + archiveBefore + "'"
	}
	fmt.Fprintf(&b, "    buckets: [{name: archive, region: eu-west-1%s}]\n    regions:\n", own)
	for _, region := range []string{"eu-west-1", "us-east-1"} {
		generateRegion(&b, r, region)
	}
	if r.IntN(3) == 0 {
		b.WriteString("writes: {visible: 3s, assumable: 5s, overwrite_bucket_policy: true}\n")
	}
	return b.String(), policy
}

func generateRegion(b *strings.Builder, r *rand.Rand, region string) {
	fmt.Fprintf(b, "      %s:\n        vpcs:\n          - {id: vpc-0ffff}\n", region)
	for i := range r.IntN(5) {
		fmt.Fprintf(b, "          - {id: vpc-0%s%d", strings.Repeat("a", 1+i), i)
		if r.IntN(6) == 0 {
			b.WriteString(`, owner: "999999999999"`)
		}
		if r.IntN(2) == 0 {
			fmt.Fprintf(b, ", flow_logs: [{group: %s, role: theirs, traffic: %s, delivery: %s}]",
				[]string{"MyFlowLogs", "theirs"}[r.IntN(2)], []string{"ALL", "REJECT", "ACCEPT"}[r.IntN(3)], []string{"SUCCESS", "FAILED"}[r.IntN(2)])
		}
		b.WriteString("}\n")
	}
	if r.IntN(2) == 0 {
		fmt.Fprintf(b, "        log_groups: [{name: MyFlowLogs, retention_days: %d}]\n", []int{0, 30, 400}[r.IntN(3)])
	}
}

// replan reads the stand's account as the program does, judges it and plans.
func (s *stand) replan(policy Policy) Plan {
	s.t.Helper()
	web := httptest.NewServer(s.server)
	defer web.Close()
	source, err := awslive.At(web.URL, awslive.Options{
		Regions: []string{"eu-west-1", "us-east-1"}, Now: s.clock.time, Named: policy.Names(),
	})
	if err != nil {
		s.t.Fatal(err)
	}
	in := Input{Policy: policy}
	kinds := append(rule.Needs(rules.All(), rule.DefaultPolicy()), policy.Names().Kinds()...)
	err = source.Discover(s.t.Context(), func(t inventory.Target) error {
		inv := source.Read(s.t.Context(), t, kinds)
		in.Inventories = append(in.Inventories, inv)
		in.Findings = append(in.Findings, rule.Judge(rules.All(), &inv, rule.DefaultPolicy())...)
		return nil
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return built(s.t, in)
}

const generatedAccounts = 120

// TestGeneratedAccounts holds what must be so in any account: after apply there is nothing left to
// plan; a second apply changes nothing; after rollback the account is what it was; and nothing
// foreign changes but what the policy allows to change and the plan says.
func TestGeneratedAccounts(t *testing.T) {
	t.Parallel()
	var steps, changes atomic.Int64
	t.Cleanup(func() {
		if steps.Load() == 0 || changes.Load() == 0 {
			t.Errorf("%d steps, %d of them on foreign things: the test shows nothing", steps.Load(), changes.Load())
		}
	})
	for seed := range uint64(generatedAccounts) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			t.Parallel()
			scenario, policy := generatedAccount(seed)
			s := newStand(t, scenario)
			start := s.state()
			p := s.replan(policy)
			for _, step := range p.Steps {
				steps.Add(1)
				if step.Foreign {
					changes.Add(1)
				}
			}
			s.reach(p, func(a *Apply) { a.AtOnce = 4 })
			applied := s.state()
			if diff := cmp.Diff(start, withoutAsked(foreign(applied, p), p, start)); diff != "" {
				t.Errorf("something foreign changed: %s", diff)
			}
			s.reach(p)
			if diff := cmp.Diff(applied, s.state()); diff != "" {
				t.Errorf("a second apply changed: %s", diff)
			}
			_ = s.clock.sleep(t.Context(), propagationFor)
			if next := s.replan(policy); len(next.Steps) > 0 {
				t.Errorf("after apply there is left to do: %v", outline(next))
			}
			s.undo(p)
			if diff := cmp.Diff(start, s.state()); diff != "" {
				t.Errorf("after rollback: %s", diff)
			}
		})
	}
}

// withoutAsked puts back, in a state after apply, what the plan says that it changes of foreign
// things.
func withoutAsked(d sandbox.Dump, p Plan, start sandbox.Dump) sandbox.Dump {
	d.Buckets, d.Roles, d.LogGroups = maps.Clone(d.Buckets), maps.Clone(d.Roles), maps.Clone(d.LogGroups)
	for _, s := range p.Steps {
		if !s.Foreign {
			continue
		}
		switch s.Action {
		case PutBucketPolicy:
			d.Buckets[s.Resource] = start.Buckets[s.Resource]
		case PutRolePolicy, UpdateAssumeRolePolicy:
			d.Roles[s.Account+"/"+s.Resource] = start.Roles[s.Account+"/"+s.Resource]
		case PutRetentionPolicy, AssociateKMSKey:
			at := s.Account + "/" + s.Region + "/" + s.Resource
			d.LogGroups[at] = start.LogGroups[at]
		}
	}
	return d
}
