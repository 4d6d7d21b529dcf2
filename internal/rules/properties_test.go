package rules_test

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"flowproof/internal/finding"
	"flowproof/internal/inventory"
	"flowproof/internal/rule"
	"flowproof/internal/rules"
	"flowproof/internal/source/sourcetest"
)

// seeds is how many inventories each property is held against.
const seeds = 300

func drawn(r *rand.Rand) inventory.Inventory { return sourcetest.Random(r).Inventories[0] }

// judged is the findings of all rules by fingerprint, which must be unique.
func judged(t *testing.T, inv inventory.Inventory) map[string]finding.Finding {
	t.Helper()
	findings := map[string]finding.Finding{}
	for _, f := range rule.Judge(rules.All(), &inv, rule.DefaultPolicy()) {
		if _, ok := findings[f.Fingerprint]; ok {
			t.Fatalf("two findings have the fingerprint %s", f.Fingerprint)
		}
		findings[f.Fingerprint] = f
	}
	return findings
}

func copied(inv inventory.Inventory) inventory.Inventory {
	inv.VPCs, inv.FlowLogs, inv.Gaps = slices.Clone(inv.VPCs), slices.Clone(inv.FlowLogs), slices.Clone(inv.Gaps)
	return inv
}

func TestEvery_VPC_is_listed_once_by_every_rule_on_VPCs(t *testing.T) {
	t.Parallel()
	for seed := range uint64(seeds) {
		inv := drawn(rand.New(rand.NewPCG(seed, 7)))
		listed := map[string]int{}
		for _, f := range judged(t, inv) {
			if f.Resource.Type == finding.VPCType {
				listed[f.Rule+" "+f.Resource.ARN]++
			}
		}
		for _, r := range rules.All() {
			if r.Resource != finding.VPCType {
				continue
			}
			for _, v := range inv.VPCs {
				if n := listed[r.ID+" "+v.ARN(inv.Scope)]; n != 1 {
					t.Fatalf("seed %d: %s lists %s %d times", seed, r.ID, v.ID, n)
				}
			}
		}
	}
}

func TestOrder_and_repetition_change_no_finding(t *testing.T) {
	t.Parallel()
	for seed := range uint64(seeds) {
		r := rand.New(rand.NewPCG(seed, 8))
		env := sourcetest.Random(r)
		other := sourcetest.Shuffled(r, env)
		if diff := cmp.Diff(judged(t, env.Inventories[0]), judged(t, other.Inventories[0])); diff != "" {
			t.Fatalf("seed %d (-in order +shuffled and repeated):\n%s", seed, diff)
		}
	}
}

// TestA_gap_never_improves_a_verdict: what was lost may turn a verdict into unknown, never into a pass.
func TestA_gap_never_improves_a_verdict(t *testing.T) {
	t.Parallel()
	for seed := range uint64(seeds) {
		r := rand.New(rand.NewPCG(seed, 9))
		whole := drawn(r)
		cut := copied(whole)
		cut.FlowLogs = cut.FlowLogs[:r.IntN(len(cut.FlowLogs)+1)]
		cut.Fail("ec2:DescribeFlowLogs", inventory.Throttled, "cut off", inventory.FlowLogs)
		before := judged(t, whole)
		for _, f := range judged(t, cut) {
			was, ok := before[f.Fingerprint]
			switch {
			case f.Outcome == finding.Unknown, !ok && f.Resource.Type != finding.VPCType:
			case f.Resource.Type == finding.FlowLogType: // its own facts were read
			case f.Outcome != was.Outcome:
				t.Fatalf("seed %d: %s was %s and is %s with part of the list", seed, f.Fingerprint, was.Outcome, f.Outcome)
			case f.Outcome == finding.Fail && f.Rule == "vpc-flow-log-check":
				t.Fatalf("seed %d: %s fails though the list was not read whole", seed, f.Fingerprint)
			}
		}
	}
}

// TestA_working_log_never_lowers adds one flow log that works and records everything.
func TestA_working_log_never_lowers(t *testing.T) {
	t.Parallel()
	rungs := append([]finding.Assurance{""}, finding.Assurances()...)
	for seed := range uint64(seeds) {
		inv := drawn(rand.New(rand.NewPCG(seed, 10)))
		for _, v := range inv.VPCs {
			more := copied(inv)
			more.FlowLogs = append(more.FlowLogs, inventory.FlowLog{ID: "fl-new", ResourceID: v.ID, Status: "ACTIVE", DeliveryStatus: "SUCCESS", TrafficType: "ALL"})
			more.Normalize()
			was, is := rule.Assurance(&inv, v, rule.DefaultPolicy()), rule.Assurance(&more, v, rule.DefaultPolicy())
			if slices.Index(rungs, is) < slices.Index(rungs, was) || is == "" {
				t.Fatalf("seed %d: %s went from %q to %q", seed, v.ID, was, is)
			}
			for _, f := range judged(t, more) {
				if f.Rule == "flow-log-duplicate-check" {
					continue // it asks whether there is one too many
				}
				if f.Resource.ID == v.ID && !v.Shared(inv.Scope) && f.Outcome != finding.Pass {
					t.Fatalf("seed %d: %s is %s though a log that works records everything", seed, f.Fingerprint, f.Outcome)
				}
			}
		}
	}
}

// TestALL_is_ACCEPT_and_REJECT replaces each log of all traffic by two of one half each.
func TestALL_is_ACCEPT_and_REJECT(t *testing.T) {
	t.Parallel()
	for seed := range uint64(seeds) {
		inv := drawn(rand.New(rand.NewPCG(seed, 11)))
		halves := copied(inv)
		halves.FlowLogs = nil
		for _, l := range inv.FlowLogs {
			if l.TrafficType != "ALL" {
				halves.FlowLogs = append(halves.FlowLogs, l)
				continue
			}
			for _, half := range []string{"ACCEPT", "REJECT"} {
				l.TrafficType = half
				halves.FlowLogs = append(halves.FlowLogs, l)
			}
		}
		halves.Normalize()
		split := judged(t, halves)
		for print, f := range judged(t, inv) {
			if f.Resource.Type == finding.VPCType && (split[print].Outcome != f.Outcome || split[print].Assurance != f.Assurance) {
				t.Fatalf("seed %d: %s is %s, %q with ALL and %s, %q with halves", seed, print, f.Outcome, f.Assurance, split[print].Outcome, split[print].Assurance)
			}
		}
	}
}
