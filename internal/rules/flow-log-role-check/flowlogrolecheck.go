// Package flowlogrolecheck asks of each flow log that delivers with a role whether the role is there,
// trusts the right service for this account alone, may write, and may do no more.
package flowlogrolecheck

import (
	_ "embed"
	"slices"
	"strings"

	"flowproof/internal/finding"
	"flowproof/internal/inventory"
	"flowproof/internal/rule"
)

//go:embed page.md
var page string

// Rule is flow-log-role-check.
func Rule() rule.Rule {
	return rule.Rule{
		ID:       "flow-log-role-check",
		Title:    "Flow Log Delivery Role Right and Narrow",
		Severity: finding.Medium,
		Resource: finding.FlowLogType,
		Needs:    []inventory.Kind{inventory.FlowLogs, inventory.DeliveryRoles},
		Page:     page,
		Judge:    judge,
	}
}

func judge(p *rule.Pass) {
	p.EachActiveFlowLog(func(l inventory.FlowLog) rule.Verdict {
		if l.DestinationType == inventory.ToS3 || l.Role == "" && l.DestinationType != inventory.ToCloudWatchLogs {
			return rule.Inapplicable("it delivers without a role") // one named for a bucket, from years ago, is not used
		}
		role, verdict, readable := p.Role(l)
		if !readable {
			return verdict
		}
		return right(p.Inventory, l, role)
	})
}

// right judges a role that is there.
func right(inv *inventory.Inventory, l inventory.FlowLog, role inventory.Role) rule.Verdict {
	o := rule.JudgeRole(inv, l, role)
	switch faults := slices.Concat(o.Lacks, o.Exceeds); {
	case len(faults) > 0:
		return rule.Failed("the role " + role.Name + " " + strings.Join(faults, "; "))
	case len(o.Unclear) > 0:
		return rule.NotKnown("the role " + role.Name + " perhaps " + strings.Join(o.Unclear, "; ") + ": that turns on what is not read here")
	}
	return rule.Passed("the role " + role.Name + " trusts " + rule.DeliveringService(l) + " for this account alone, may write, and may do no more")
}
