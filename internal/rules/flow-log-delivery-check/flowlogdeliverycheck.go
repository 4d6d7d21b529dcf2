// Package flowlogdeliverycheck asks of each flow log what AWS says of its delivery.
package flowlogdeliverycheck

import (
	_ "embed"

	"flowproof/internal/finding"
	"flowproof/internal/inventory"
	"flowproof/internal/rule"
)

//go:embed page.md
var page string

// Rule is flow-log-delivery-check.
func Rule() rule.Rule {
	return rule.Rule{
		ID:       "flow-log-delivery-check",
		Title:    "Flow Log Delivery Not Failing",
		Severity: finding.Medium,
		Resource: finding.FlowLogType,
		Needs:    []inventory.Kind{inventory.FlowLogs},
		Page:     page,
		Judge:    judge,
	}
}

func judge(p *rule.Pass) {
	p.EachFlowLog(func(l inventory.FlowLog) rule.Verdict {
		v := rule.Verdict{FlowLogs: []inventory.FlowLog{l}}
		switch l.Delivery() {
		case inventory.DeliveryFailed:
			v.Outcome = finding.Fail
			v.Message = "delivery" + on(l) + " fails: " + p.DeliveryError(l)
		case inventory.DeliverySucceeded:
			v.Outcome = finding.Pass
			v.Message = "AWS reports no failure of delivery" + on(l) + "; that is no proof that records arrive"
		default:
			v.Outcome = finding.Unknown
			v.Message = "AWS states neither success nor failure of delivery" + on(l)
		}
		return v
	})
}

func on(l inventory.FlowLog) string {
	if l.ResourceID == "" {
		return ""
	}
	return " from " + l.ResourceID
}
