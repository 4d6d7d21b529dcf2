// Package flowlogduplicatecheck asks of each VPC whether two flow logs on it deliver the same
// traffic to the same place, which is charged twice.
package flowlogduplicatecheck

import (
	_ "embed"
	"fmt"
	"strings"

	"flowproof/internal/finding"
	"flowproof/internal/inventory"
	"flowproof/internal/rule"
)

//go:embed page.md
var page string

// Rule is flow-log-duplicate-check.
func Rule() rule.Rule {
	return rule.Rule{
		ID:       "flow-log-duplicate-check",
		Title:    "No Traffic Recorded Twice",
		Severity: finding.Low,
		Resource: finding.VPCType,
		Needs:    []inventory.Kind{inventory.VPCs, inventory.FlowLogs},
		Page:     page,
		Judge:    judge,
	}
}

func judge(p *rule.Pass) {
	p.EachVPC(func(v inventory.VPC) rule.Verdict {
		logs := inventory.Working(p.Inventory.LogsOn(v.ID))
		verdict := verdictOn(p, logs)
		verdict.Assurance = rule.Assurance(p.Inventory, v, p.Policy)
		verdict.FlowLogs = logs
		return verdict
	})
}

func verdictOn(p *rule.Pass, logs []inventory.FlowLog) rule.Verdict {
	twice, unstated := pairs(logs)
	switch {
	case len(twice) > 0:
		return rule.Failed(some(twice))
	case !p.Inventory.Whole(inventory.FlowLogs):
		return p.Unread(inventory.FlowLogs)
	case len(logs) == 0:
		return rule.Inapplicable("nothing works here that could record any traffic: see vpc-flow-log-check")
	case unstated:
		return rule.NotKnown("AWS does not state which traffic each of its flow logs records, or where to")
	}
	return rule.Passed("no traffic is recorded twice to one destination")
}

// pairs says of each two logs with one destination what both record. The second result is true
// where AWS does not say enough of two to tell.
func pairs(logs []inventory.FlowLog) (twice []string, unstated bool) {
	for i, a := range logs {
		for _, b := range logs[i+1:] {
			to, and := a.DestinationKey(), b.DestinationKey()
			both := a.Traffic() & b.Traffic()
			switch {
			case to != "" && and != "" && to != and: // two places
			case a.Traffic() != 0 && b.Traffic() != 0 && both == 0: // two halves
			case to == and && to != "" && both != 0:
				twice = append(twice, fmt.Sprintf("%s and %s both record %s to %s", a.Name(), b.Name(), both, a.DestinationName()))
			default:
				unstated = true
			}
		}
	}
	return twice, unstated
}

// some shows a few: the evidence holds all flow logs.
func some(twice []string) string {
	const most = 3
	text := strings.Join(twice[:min(most, len(twice))], "; ")
	if len(twice) > most {
		text += fmt.Sprintf("; and %d more pairs", len(twice)-most)
	}
	return text
}
