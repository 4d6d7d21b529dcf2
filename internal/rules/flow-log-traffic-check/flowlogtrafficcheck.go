// Package flowlogtrafficcheck asks of each VPC whether its working flow logs together record
// the traffic that the policy wants.
package flowlogtrafficcheck

import (
	"cmp"
	_ "embed"
	"slices"

	"flowproof/internal/finding"
	"flowproof/internal/inventory"
	"flowproof/internal/rule"
)

//go:embed page.md
var page string

// Rule is flow-log-traffic-check.
func Rule() rule.Rule {
	return rule.Rule{
		ID:       "flow-log-traffic-check",
		Title:    "Flow Logs Record the Traffic Required",
		Severity: finding.Low,
		Resource: finding.VPCType,
		Needs:    []inventory.Kind{inventory.VPCs, inventory.FlowLogs},
		Page:     page,
		Judge:    judge,
	}
}

func judge(p *rule.Pass) {
	p.EachVPC(func(v inventory.VPC) rule.Verdict {
		logs := p.Inventory.LogsOn(v.ID)
		verdict := verdictOn(p, logs)
		verdict.Assurance = rule.Assurance(p.Inventory, v, p.Policy)
		verdict.FlowLogs = logs
		return verdict
	})
}

func verdictOn(p *rule.Pass, logs []inventory.FlowLog) rule.Verdict {
	wanted, recorded := cmp.Or(p.Policy.Traffic, inventory.Reject), inventory.Recorded(logs)
	switch {
	case recorded.Has(wanted) && p.Policy.SingleDestination && !inventory.AtOneDestination(logs, wanted):
		if !p.Inventory.Whole(inventory.FlowLogs) {
			return p.Unread(inventory.FlowLogs)
		}
		return rule.Verdict{Outcome: finding.Fail, Message: "its working flow logs record " + recorded.String() + " only in several destinations together; required is " + wanted.String() + " whole at one"}
	case recorded.Has(wanted):
		return rule.Verdict{Outcome: finding.Pass, Message: "its working flow logs record " + recorded.String()}
	case !p.Inventory.Whole(inventory.FlowLogs):
		return p.Unread(inventory.FlowLogs)
	case slices.ContainsFunc(logs, unstated):
		return rule.Verdict{Outcome: finding.Unknown, Message: "AWS does not state which traffic its flow log records"}
	case recorded == 0:
		return rule.Verdict{Outcome: finding.NotApplicable, Message: "nothing works here that could record any traffic: see vpc-flow-log-check"}
	}
	return rule.Verdict{Outcome: finding.Fail, Message: "its working flow logs record " + recorded.String() + "; required is " + wanted.String()}
}

// unstated is a working log of which AWS does not say what it records.
func unstated(l inventory.FlowLog) bool { return l.Works() && l.Traffic() == 0 }
