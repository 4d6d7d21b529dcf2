package rule_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"flowproof/internal/inventory"
	"flowproof/internal/rule"
)

func named(ids ...string) []rule.Rule {
	var rules []rule.Rule
	for _, id := range ids {
		rules = append(rules, rule.Rule{ID: id})
	}
	return rules
}

func TestSelect(t *testing.T) {
	t.Parallel()
	all := named("vpc-check", "log-check", "log-format", "bucket-check")
	set := all[:2]
	tests := []struct {
		name        string
		globs, skip []string
		want        string
	}{
		{"the set", nil, nil, "vpc-check log-check"},
		{"one by name, though outside the set", []string{"bucket-check"}, nil, "bucket-check"},
		{"by glob, in the order of all", []string{"*-format", "log-*", "vpc*"}, nil, "vpc-check log-check log-format"},
		{"skipped from the set", nil, []string{"vpc-*"}, "log-check"},
		{"skipped from the chosen", []string{"log-*"}, []string{"*-format"}, "log-check"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			chosen, err := rule.Select(all, set, tt.globs, tt.skip)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, r := range chosen {
				got = append(got, r.ID)
			}
			if diff := cmp.Diff(tt.want, strings.Join(got, " ")); diff != "" {
				t.Errorf("rules (-want +got):\n%s", diff)
			}
		})
	}
	if diff := cmp.Diff("vpc-check log-check log-format bucket-check", ids(all)); diff != "" {
		t.Errorf("the list of all changed (-want +got):\n%s", diff)
	}
}

func ids(rules []rule.Rule) string {
	var list []string
	for _, r := range rules {
		list = append(list, r.ID)
	}
	return strings.Join(list, " ")
}

func TestSelect_refuses(t *testing.T) {
	t.Parallel()
	all := named("vpc-check", "log-check")
	tests := []struct {
		name        string
		globs, skip []string
		want        string
	}{
		{"a rule that is none", []string{"vpc-chek"}, nil, `rule pattern "vpc-chek" matches no rule; there are vpc-check, log-check`},
		{"a rule to skip that is none", nil, []string{"x*"}, `rule pattern "x*" matches no rule`},
		{"a malformed pattern", []string{"[a-"}, nil, `rule pattern "[a-"`},
		{"everything skipped", nil, []string{"*"}, "no rule is left"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := rule.Select(all, all, tt.globs, tt.skip)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %v, want %q", err, tt.want)
			}
		})
	}
}

func TestNeeds_is_the_union_in_one_order(t *testing.T) {
	t.Parallel()
	a := rule.Rule{Needs: []inventory.Kind{inventory.VPCs, inventory.FlowLogs}}
	b := rule.Rule{Needs: []inventory.Kind{inventory.FlowLogs}}
	want := []inventory.Kind{inventory.FlowLogs, inventory.VPCs}
	for _, rules := range [][]rule.Rule{{a, b}, {b, a}, {a}} {
		if diff := cmp.Diff(want, rule.Needs(rules, rule.Policy{})); diff != "" {
			t.Errorf("needs (-want +got):\n%s", diff)
		}
	}
	if got := rule.Needs(nil, rule.Policy{}); len(got) != 0 {
		t.Errorf("Needs(nil) = %v", got)
	}
}

func TestNeeds_grow_with_the_policy(t *testing.T) {
	t.Parallel()
	asking := rule.Rule{Needs: []inventory.Kind{inventory.VPCs}, Asks: func(p rule.Policy) []inventory.Kind {
		if p.SubnetCoverage {
			return []inventory.Kind{inventory.Subnets}
		}
		return nil
	}}
	if diff := cmp.Diff([]inventory.Kind{inventory.VPCs}, rule.Needs([]rule.Rule{asking}, rule.Policy{})); diff != "" {
		t.Errorf("without the policy (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]inventory.Kind{inventory.Subnets, inventory.VPCs}, rule.Needs([]rule.Rule{asking}, rule.Policy{SubnetCoverage: true})); diff != "" {
		t.Errorf("with the policy (-want +got):\n%s", diff)
	}
}
