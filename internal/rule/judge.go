package rule

import (
	"fmt"
	"slices"

	"flowproof/internal/finding"
	"flowproof/internal/inventory"
)

// Judge runs rules over one inventory that was read (not over a disabled Region's row) and
// returns their findings, each with a fingerprint of its own.
func Judge(rules []Rule, inv *inventory.Inventory, policy Policy) []finding.Finding {
	var findings []finding.Finding
	for i := range rules {
		p := Pass{Inventory: inv, Policy: policy, rule: &rules[i]}
		rules[i].Judge(&p)
		findings = append(findings, p.findings...)
	}
	makeUnique(findings)
	return findings
}

// makeUnique numbers findings that would share a fingerprint: the same flow log on the same
// resource with different content. The inventory's order is fixed, so the numbers are too. An id
// in a saved answer may look like a number already given: that one is passed over.
func makeUnique(findings []finding.Finding) {
	count, taken := map[string]int{}, map[string]bool{}
	for _, f := range findings {
		taken[f.Fingerprint] = true
	}
	for i := range findings {
		shared := findings[i].Fingerprint
		for count[shared]++; count[shared] > 1; count[shared]++ {
			if numbered := fmt.Sprintf("%s#%d", shared, count[shared]); !taken[numbered] {
				findings[i].Fingerprint, taken[numbered] = numbered, true
				break
			}
		}
	}
}

// Needs is the union of what rules must have read under a policy, in a fixed order.
func Needs(rules []Rule, policy Policy) []inventory.Kind {
	var kinds []inventory.Kind
	for _, r := range rules {
		kinds = append(kinds, r.Needs...)
		if r.Asks != nil {
			kinds = append(kinds, r.Asks(policy)...)
		}
	}
	slices.Sort(kinds)
	return slices.Compact(kinds)
}
