package remediate

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"

	"flowproof/internal/inventory"
)

// generated is a random account, always the same for a seed: VPCs of its own and of others, flow logs
// in every state, and some of what the policy names there already.
func generated(seed uint64) Input {
	r := rand.New(rand.NewPCG(seed, 1))
	policy := generatedPolicy(r)
	global := readScope("us-east-1") // a role and a bucket are the same seen from every Region
	generateGlobal(r, &global)
	var inventories []inventory.Inventory
	for _, region := range []string{"us-east-1", "eu-west-1", "ap-south-1"}[:1+r.IntN(3)] {
		inv := readScope(region)
		for i := range r.IntN(6) {
			inv.VPCs = append(inv.VPCs, generatedVPC(r, i))
		}
		for i := range r.IntN(8) {
			inv.FlowLogs = append(inv.FlowLogs, generatedLog(r, i, &inv))
		}
		generateNamed(r, &inv)
		inv.Named.Roles, inv.Named.Buckets = global.Named.Roles, global.Named.Buckets
		if r.IntN(8) == 0 {
			inv.Fail("ec2:DescribeFlowLogs", inventory.Throttled, "RequestLimitExceeded: slow", inventory.FlowLogs)
		}
		inventories = append(inventories, inv)
	}
	return judged(policy, inventories...)
}

func generatedPolicy(r *rand.Rand) Policy {
	policy := DefaultPolicy()
	policy.ChangeExisting = r.IntN(3) == 0
	policy.Traffic = []string{"ALL", "ALL", "REJECT", "ACCEPT"}[r.IntN(4)]
	switch r.IntN(4) {
	case 0:
		policy.LogGroup = "/flowproof/{account}/{vpc}"
	case 1:
		policy.Destination, policy.Bucket = ToS3, centralARN
	case 2:
		policy.Destination, policy.Stream = ToFirehose, "arn:aws:firehose:{region}:{account}:deliverystream/s"
	}
	if r.IntN(4) == 0 {
		policy.ChosenTags = map[string]string{"env": "prod"}
	}
	return policy
}

func generatedVPC(r *rand.Rand, i int) inventory.VPC {
	v := inventory.VPC{ID: fmt.Sprintf("vpc-%02d", i), OwnerID: ownAccount, IsDefault: r.IntN(4) == 0}
	switch r.IntN(6) {
	case 0:
		v.OwnerID = "999999999999"
	case 1:
		v.OwnerID = ""
	}
	v.Tags = map[string]string{"env": []string{"prod", "dev"}[r.IntN(2)], "Name": "\u202e|`x`"}
	return v
}

func generatedLog(r *rand.Rand, i int, inv *inventory.Inventory) inventory.FlowLog {
	on := "subnet-1"
	if len(inv.VPCs) > 0 && r.IntN(5) > 0 {
		on = inv.VPCs[r.IntN(len(inv.VPCs))].ID
	}
	return log(fmt.Sprintf("fl-%02d", i), on, func(l *inventory.FlowLog) {
		l.Status = []string{"ACTIVE", "ACTIVE", "INACTIVE", ""}[r.IntN(4)]
		l.DeliveryStatus = []string{"SUCCESS", "FAILED", ""}[r.IntN(3)]
		l.DeliveryError = []string{"", "Access error"}[r.IntN(2)]
		l.TrafficType = []string{"ALL", "REJECT", "ACCEPT", ""}[r.IntN(4)]
		l.LogGroup = []string{"MyFlowLogs", "theirs", "/flowproof/" + ownAccount + "/" + on}[r.IntN(3)]
		if r.IntN(5) == 0 {
			l.Tags = map[string]string{telemetryTag: "true"}
		}
	})
}

func generateNamed(r *rand.Rand, inv *inventory.Inventory) {
	if r.IntN(2) == 0 {
		inv.Named.LogGroups = []inventory.LogGroup{group(func(g *inventory.LogGroup) { g.RetentionDays = []int32{0, 30, 400}[r.IntN(3)] })}
	}
	if r.IntN(4) > 0 {
		addDestinations(inv)
	}
}

func generateGlobal(r *rand.Rand, inv *inventory.Inventory) {
	if r.IntN(2) == 0 {
		inv.Named.Roles = []inventory.Role{{
			Name: DefaultRole, ARN: "arn:aws:iam::" + ownAccount + ":role/" + DefaultRole, Trust: []string{plainTrust, wrongTrust}[r.IntN(2)],
			Inline: []inventory.RolePolicy{{Name: "p", Document: []string{writesAll, `{}`}[r.IntN(2)]}},
		}}
	}
	if r.IntN(4) > 0 {
		addDestinations(inv)
	}
}

const seeds = 300

// plannedAccount is a generated account and its plan.
type plannedAccount struct {
	in   Input
	plan Plan
}

// plannedAccounts plans every generated account once for all tests, which only look at them.
var plannedAccounts = sync.OnceValue(func() []plannedAccount {
	all := make([]plannedAccount, seeds)
	for seed := range all {
		all[seed].in = generated(uint64(seed))
		var err error
		if all[seed].plan, err = readBack(all[seed].in); err != nil {
			panic(fmt.Sprintf("seed %d: %v", seed, err))
		}
	}
	return all
})

// shuffled is the same input in another order: of inventories, findings and every list in them.
func shuffled(in Input, seed uint64) Input {
	r := rand.New(rand.NewPCG(seed, 2))
	in.Inventories, in.Findings = slices.Clone(in.Inventories), slices.Clone(in.Findings)
	r.Shuffle(len(in.Inventories), func(i, j int) { in.Inventories[i], in.Inventories[j] = in.Inventories[j], in.Inventories[i] })
	r.Shuffle(len(in.Findings), func(i, j int) { in.Findings[i], in.Findings[j] = in.Findings[j], in.Findings[i] })
	return in
}

func TestTheSameInputInAnyOrderGivesTheSameBytes(t *testing.T) {
	t.Parallel()
	for seed, one := range plannedAccounts() {
		got, err := Build(shuffled(one.in, uint64(seed)))
		if err != nil {
			t.Fatal(err)
		}
		if encoded(t, got) != encoded(t, one.plan) {
			t.Fatalf("seed %d: another order gives another plan", seed)
		}
	}
}

// TestNothingForeignIsChangedUnasked holds every step to things that flowproof makes, unless the
// policy allows more.
func TestNothingForeignIsChangedUnasked(t *testing.T) {
	t.Parallel()
	asked := 0
	for seed, one := range plannedAccounts() {
		in := one.in
		there := map[string]bool{}
		for _, inv := range in.Inventories {
			for _, g := range inv.Named.LogGroups {
				there[inv.Region+"/"+g.Name] = true
			}
			for _, r := range inv.Named.Roles {
				there[r.Name] = true
			}
			for _, b := range inv.Named.Buckets {
				there[b.Name] = true
			}
			for _, v := range inv.VPCs {
				if v.Owner(inv.Scope) != ownAccount {
					there[inv.Region+"/"+v.ID] = true
				}
			}
		}
		for _, s := range one.plan.Steps {
			foreign := there[s.Resource] || there[s.Region+"/"+s.Resource]
			if s.Foreign {
				asked++
			}
			if foreign != s.Foreign || foreign && !in.Policy.ChangeExisting {
				t.Fatalf("seed %d: %s changes %s: foreign %v, said %v, allowed %v", seed, s.Action, s.Resource, foreign, s.Foreign, in.Policy.ChangeExisting)
			}
		}
	}
	if asked == 0 {
		t.Error("no generated plan changes anything foreign although some may: the test shows nothing")
	}
}

// after is an account in which the steps of a plan were done, and its flow logs work.
func after(t *testing.T, in Input, p Plan) Input {
	t.Helper()
	inventories := slices.Clone(in.Inventories)
	for i := range inventories {
		inv := &inventories[i]
		inv.FlowLogs, inv.Named.LogGroups = slices.Clone(inv.FlowLogs), slices.Clone(inv.Named.LogGroups)
		inv.Named.Roles = slices.Clone(inv.Named.Roles)
		for _, s := range p.Steps {
			changeNamed(t, inv, s)
			if s.Action != CreateFlowLog || s.Region != inv.Region {
				continue
			}
			inv.FlowLogs = append(inv.FlowLogs, log("fl-new-"+s.Resource, s.Resource, func(l *inventory.FlowLog) {
				l.TrafficType = in.Policy.Traffic
				l.Tags = map[string]string{TagManaged: "true", TagPlan: p.ID}
			}))
		}
	}
	return judged(in.Policy, inventories...)
}

// changeNamed does what a step does to a log group or a role that is there.
func changeNamed(t *testing.T, inv *inventory.Inventory, s Step) {
	t.Helper()
	var in struct {
		RetentionInDays            int32
		KmsKeyId                   string //nolint:revive // as the API has it
		PolicyName, PolicyDocument string
	}
	if err := json.Unmarshal(s.API.Input, &in); err != nil {
		t.Fatal(err)
	}
	for i := range inv.Named.LogGroups {
		g := &inv.Named.LogGroups[i]
		if g.Name != s.Resource || s.Region != inv.Region {
			continue
		}
		switch s.Action {
		case PutRetentionPolicy:
			g.RetentionDays = in.RetentionInDays
		case AssociateKMSKey:
			g.KMSKey = in.KmsKeyId
		}
	}
	for i := range inv.Named.Roles {
		r := &inv.Named.Roles[i]
		if r.Name != s.Resource {
			continue
		}
		switch s.Action {
		case UpdateAssumeRolePolicy:
			r.Trust = in.PolicyDocument
		case PutRolePolicy:
			r.Inline = append(slices.Clone(r.Inline), inventory.RolePolicy{Name: in.PolicyName, Document: in.PolicyDocument})
		}
	}
}

func TestAfterAPlanIsDoneTheNextOneIsEmpty(t *testing.T) {
	t.Parallel()
	planned := 0
	for seed, one := range plannedAccounts() {
		in, p := one.in, one.plan
		if in.Policy.Traffic == "ACCEPT" {
			in.Policy.Traffic = "ALL" // accepted traffic alone leaves the rule on rejected traffic to fail
			p = built(t, in)
		}
		planned += len(p.Steps)
		if next := built(t, after(t, in, p)); len(next.Steps) > 0 {
			t.Fatalf("seed %d: planned %v, and after that %v", seed, outline(p), outline(next))
		}
	}
	if planned == 0 {
		t.Error("no generated account needed anything: the test shows nothing")
	}
}

func TestAnAccountWithoutFailuresGetsAnEmptyPlan(t *testing.T) {
	t.Parallel()
	for seed := range uint64(seeds) {
		in := generated(seed)
		in.Findings = nil
		for i := range in.Inventories {
			inv := &in.Inventories[i]
			inv.FlowLogs, inv.Gaps = nil, nil
			for _, v := range inv.VPCs {
				inv.FlowLogs = append(inv.FlowLogs, log("fl-"+v.ID, v.ID, nil))
			}
		}
		in = judged(in.Policy, in.Inventories...)
		if p := built(t, in); len(p.Steps)+len(p.Unplanned) > 0 {
			t.Fatalf("seed %d: steps %v, unplanned %v", seed, outline(p), reasons(p))
		}
	}
}

// TestEveryFailingVPCIsAccountedFor finds each in the steps, or in what is not planned or left out.
func TestEveryFailingVPCIsAccountedFor(t *testing.T) {
	t.Parallel()
	for seed, one := range plannedAccounts() {
		in, p := one.in, one.plan
		said := map[string]bool{}
		for _, s := range p.Steps {
			said[s.Region+"/"+s.Resource] = true
		}
		for _, u := range p.Unplanned {
			said[u.Region+"/"+u.Resource] = true
		}
		for _, n := range p.LeftOut {
			said[n.Region+"/"+n.Resource] = true
		}
		for _, f := range in.Findings {
			if f.Outcome == "fail" && f.Resource.Type == "AWS::EC2::VPC" && !said[f.Resource.Region+"/"+f.Resource.ID] {
				t.Fatalf("seed %d: nothing is said of %s in %s", seed, f.Resource.ID, f.Resource.Region)
			}
		}
		for _, s := range p.Steps {
			if s.Action == CreateFlowLog && slices.ContainsFunc(p.Unplanned, func(u Unplanned) bool {
				return u.Resource == s.Resource && u.Region == s.Region && !strings.HasPrefix(u.Reason, "not known")
			}) {
				t.Fatalf("seed %d: %s is planned and not planned", seed, s.Resource)
			}
		}
	}
}

// TestStepsComeAfterWhatTheyNeed holds the plan's order, and flow logs at its end.
func TestStepsComeAfterWhatTheyNeed(t *testing.T) {
	t.Parallel()
	for seed, one := range plannedAccounts() {
		p := one.plan // which reads back: Decode holds After to earlier steps
		last := -1
		for i, s := range p.Steps {
			if s.Action != CreateFlowLog {
				last = i
			}
		}
		if slices.ContainsFunc(p.Steps[:last+1], func(s Step) bool { return s.Action == CreateFlowLog }) {
			t.Fatalf("seed %d: a flow log before something else: %v", seed, outline(p))
		}
		for _, call := range p.Calls() {
			if _, err := Merge(call); err != nil {
				t.Fatalf("seed %d: %v", seed, err)
			}
		}
	}
}
