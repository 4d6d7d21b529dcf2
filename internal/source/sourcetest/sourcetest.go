// Package sourcetest holds all sources to one promise: the same environment gives the same
// findings, whatever notation it comes in. It is a table of environments, writers that put them
// into the notations, and the check. It is used by tests alone, and refuses environments
// that not every notation can express: gaps, which each source words in its own way.
package sourcetest

import (
	"context"
	"reflect"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"flowproof/internal/finding"
	"flowproof/internal/inventory"
	"flowproof/internal/rule"
	"flowproof/internal/rules"
	"flowproof/internal/scan"
)

// Environment is what exists: the scopes of some accounts, each read whole.
type Environment struct {
	Name        string
	Inventories []inventory.Inventory // normalized, in order of scope
}

// Rules are those that every notation holds the facts for. What is asked for by name, and what has
// arrived, only an account itself can say.
func Rules() []rule.Rule {
	everywhere := []inventory.Kind{
		inventory.VPCs, inventory.FlowLogs, inventory.Subnets, inventory.Interfaces,
		inventory.TransitGateways, inventory.GatewayAttachments, inventory.NATGateways,
	}
	return slices.DeleteFunc(rules.All(), func(r rule.Rule) bool {
		return slices.ContainsFunc(r.Needs, func(k inventory.Kind) bool { return !slices.Contains(everywhere, k) })
	})
}

// Check puts an environment through a source and compares scopes and findings with those of
// the environment itself. Open gives the source over the environment in its notation. A source that
// reads on its own clock may give any time of reading, as no environment here holds an age.
func Check(t *testing.T, env Environment, open func(*testing.T, Environment) scan.Source) {
	t.Helper()
	source := open(t, env)
	kinds := rule.Needs(Rules(), rule.DefaultPolicy())
	var got []inventory.Inventory
	err := source.Discover(t.Context(), func(target inventory.Target) error {
		got = append(got, source.Read(t.Context(), target, kinds))
		return nil
	})
	if err != nil {
		t.Fatalf("discover: %v", err)
	}
	slices.SortFunc(got, func(a, b inventory.Inventory) int { return a.Compare(b.Scope) })
	compare(t, "ledger", ledger(env.Inventories), ledger(got))
	compare(t, "findings", Findings(env.Inventories), Findings(got))
	checkAgain(t, source, got, kinds)
}

// checkAgain reads every scope a second time, the kinds in another order: a source remembers nothing.
func checkAgain(t *testing.T, source scan.Source, first []inventory.Inventory, kinds []inventory.Kind) {
	t.Helper()
	reversed := slices.Clone(kinds)
	slices.Reverse(reversed)
	var again []inventory.Inventory
	for _, inv := range first {
		again = append(again, source.Read(context.WithoutCancel(t.Context()), inventory.Target{Scope: inv.Scope}, reversed))
	}
	compare(t, "findings of a second reading", Findings(first), Findings(again))
}

// compare asks the quick way first: a thousand findings take long to tell apart when nothing differs.
func compare(t *testing.T, what string, want, got any) {
	t.Helper()
	if reflect.DeepEqual(want, got) {
		return
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

// Findings is the judgement of all rules on inventories, in the order of a report.
func Findings(inventories []inventory.Inventory) []finding.Finding {
	var findings []finding.Finding
	for i := range inventories {
		judged := rule.Judge(Rules(), &inventories[i], rule.DefaultPolicy())
		slices.SortFunc(judged, finding.Compare)
		findings = append(findings, judged...)
	}
	return findings
}

// row is what a ledger says of a scope.
type row struct {
	inventory.Scope
	Status inventory.Status
	VPCs   int
	Gaps   []inventory.Gap
}

func ledger(inventories []inventory.Inventory) []row {
	var rows []row
	for i := range inventories {
		inv := &inventories[i]
		rows = append(rows, row{Scope: inv.Scope, Status: inv.Status(), VPCs: len(inv.VPCs), Gaps: inv.Gaps})
	}
	return rows
}
