package framework

import (
	"os"
	"slices"
	"strings"
	"testing"
)

// lines reads a file of testdata without its header.
func lines(t *testing.T, name string) []string {
	t.Helper()
	raw, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return strings.Split(strings.TrimSpace(string(raw)), "\n")
}

// sources is which public material names which control, by framework and control. The list holds
// what the mappings name and no data file does, too.
func sources(t *testing.T) map[[2]string][]string {
	t.Helper()
	names := map[[2]string][]string{}
	for _, line := range lines(t, "sources.tsv")[1:] {
		cells := strings.Split(line, "\t")
		if len(cells) != 4 || slices.Contains(cells, "") {
			t.Fatalf("sources.tsv: want four cells: %q", line)
		}
		at := [2]string{cells[0], cells[1]}
		names[at] = append(names[at], cells[2])
	}
	return names
}

// TestEveryControlHasASource: nobody can look up a number that no public material has, and a row
// that names a mapping stands in that mapping.
func TestEveryControlHasASource(t *testing.T) {
	t.Parallel()
	public := sources(t)
	for _, f := range All() {
		for _, c := range f.Controls {
			have := public[[2]string{f.ID, c.ID}]
			if len(have) == 0 {
				t.Errorf("%s %s: no source in testdata/sources.tsv has it", f.ID, c.ID)
			}
			for _, row := range c.Rules {
				for _, name := range []string{"Prowler", "Turbot", "Security Hub", "ScoutSuite", "ElectricEye", "aws-config-rules", "aws-guard-rules-registry"} {
					backed := slices.ContainsFunc(have, func(s string) bool { return strings.Contains(s, name) })
					if cites(row.Source, name) && !backed {
						t.Errorf("%s %s %s: the row names %s, which does not have the control", f.ID, c.ID, row.Rule, name)
					}
				}
			}
		}
	}
}

// TestEveryFrameworkHasTheFirstRule: a scan by framework always has a rule to run, and the mappings that
// we know are of that rule.
func TestEveryFrameworkHasTheFirstRule(t *testing.T) {
	t.Parallel()
	for _, f := range All() {
		if !slices.Contains(f.RuleIDs(), "vpc-flow-log-check") {
			t.Errorf("%s: no control is tied to vpc-flow-log-check", f.ID)
		}
	}
}

// cites reports whether a source rests on a mapping for this very control.
func cites(source, mapping string) bool {
	return strings.Contains(source, mapping) && !strings.HasPrefix(source, "Recommendation text") && !strings.HasPrefix(source, "Derived: detection")
}

// TestRulesAreKnown: a misspelt rule would map nothing. The list holds rules that are still to come.
func TestRulesAreKnown(t *testing.T) {
	t.Parallel()
	known := lines(t, "rules.txt")
	for _, f := range All() {
		for _, c := range f.Controls {
			for _, row := range c.Rules {
				if !slices.Contains(known, row.Rule) {
					t.Errorf("%s %s names a rule that testdata/rules.txt does not have: %s", f.ID, c.ID, row.Rule)
				}
			}
		}
	}
	for _, rule := range known {
		if rule != "flow-log-duplicate-check" && len(ForRule(rule)) == 0 { // it is about cost: no framework asks
			t.Errorf("no control is mapped to %s", rule)
		}
	}
}
