// Package flowlogcoveragecheck asks of each VPC whether every network interface in it is recorded
// by some working flow log: on itself, its subnet or its VPC.
package flowlogcoveragecheck

import (
	"cmp"
	_ "embed"
	"fmt"
	"slices"
	"strings"

	"flowproof/internal/finding"
	"flowproof/internal/inventory"
	"flowproof/internal/rule"
)

//go:embed page.md
var page string

// Rule is flow-log-coverage-check.
func Rule() rule.Rule {
	return rule.Rule{
		ID:       "flow-log-coverage-check",
		Title:    "Every Network Interface Recorded",
		Severity: finding.Low,
		Resource: finding.VPCType,
		Needs:    []inventory.Kind{inventory.VPCs, inventory.FlowLogs, inventory.Subnets, inventory.Interfaces},
		Asks: func(p rule.Policy) []inventory.Kind {
			if p.NATGateways {
				return []inventory.Kind{inventory.NATGateways}
			}
			return nil
		},
		Page:  page,
		Judge: judge,
	}
}

func judge(p *rule.Pass) {
	p.EachVPC(func(v inventory.VPC) rule.Verdict {
		coverage := p.Inventory.CoverageOf(v)
		logs := logsOn(p.Inventory, v, coverage)
		verdict := verdictOn(p, v, coverage, logs)
		verdict.Assurance = rule.Assurance(p.Inventory, v, p.Policy)
		verdict.FlowLogs = logs
		if partsRead(p.Inventory) {
			verdict.Coverage = evidence(coverage, wanted(p))
		}
		return verdict
	})
}

// verdictOn asks for the first thing that is wrong, in the order in which a person would fix it.
// What was seen to be outside stands even if the list of interfaces was cut off after it.
func verdictOn(p *rule.Pass, v inventory.VPC, c inventory.Coverage, logs []inventory.FlowLog) rule.Verdict {
	own, others := split(inventory.Outside(c.Interfaces), p.Inventory.Account)
	switch {
	case len(logs) > 0 && len(own) > 0 && p.Inventory.Whole(inventory.FlowLogs):
		return rule.Failed(fmt.Sprintf("%s outside every working flow log: %s", share(own, c), names(own)))
	case onVPC(p.Inventory, v) && !p.Policy.SingleDestination && !p.Policy.NATGateways:
		return rule.Passed("a working flow log on the VPC itself records every interface, those to come too")
	case !partsRead(p.Inventory) || p.Policy.NATGateways && !p.Inventory.Whole(inventory.NATGateways):
		return p.Unread(inventory.FlowLogs, inventory.Interfaces, inventory.Subnets, inventory.NATGateways)
	case len(logs) == 0:
		return rule.Inapplicable("nothing works here that could record any traffic: see vpc-flow-log-check")
	}
	nats := inventory.Outside(p.Inventory.CoverageOfNATGateways(v))
	scattered, unstated := atSeveral(p, c)
	switch {
	case p.Policy.NATGateways && len(nats) > 0:
		return rule.Failed("regional NAT gateways without a working flow log of their own: " + names(nats))
	case len(scattered) > 0:
		return rule.Failed(fmt.Sprintf("no one destination receives %s of %s", wanted(p), names(scattered)))
	case len(unstated) > 0:
		return rule.NotKnown("AWS does not state which traffic is recorded of " + names(unstated))
	case len(others) > 0:
		return rule.NotKnown(share(others, c) + " of other accounts, outside every flow log that this account can see; they may have their own: " + names(others))
	case len(c.Interfaces) == 0:
		return rule.Inapplicable("no network interface is in it" + toCome(c))
	}
	return rule.Passed(fmt.Sprintf("a working flow log is on each of its %d interfaces", len(c.Interfaces)) + toCome(c))
}

func wanted(p *rule.Pass) inventory.Traffic { return cmp.Or(p.Policy.Traffic, inventory.Reject) }

func onVPC(inv *inventory.Inventory, v inventory.VPC) bool {
	return slices.ContainsFunc(inv.LogsOn(v.ID), inventory.FlowLog.Works)
}

// partsRead reports whether all is known that coverage is made of.
func partsRead(inv *inventory.Inventory) bool {
	return inv.Whole(inventory.FlowLogs) && inv.Whole(inventory.Interfaces) && inv.Whole(inventory.Subnets)
}

// split tells an account's own interfaces from those of participants in a VPC that it shares. An
// owner cannot see the flow logs that participants make (VPC sharing guide).
func split(outside []inventory.Covered, account string) (own, others []inventory.Covered) {
	for _, c := range outside {
		if c.OwnerID == "" || c.OwnerID == account {
			own = append(own, c)
		} else {
			others = append(others, c)
		}
	}
	return own, others
}

// atSeveral are, where the policy asks for one destination, the interfaces with flow logs of which
// none receives the whole, and those of which AWS does not say enough.
func atSeveral(p *rule.Pass, c inventory.Coverage) (scattered, unstated []inventory.Covered) {
	if !p.Policy.SingleDestination {
		return nil, nil
	}
	for _, i := range c.Interfaces {
		switch {
		case len(i.Logs) == 0 || inventory.AtOneDestination(i.Logs, wanted(p)):
		case i.Unstated:
			unstated = append(unstated, i)
		default:
			scattered = append(scattered, i)
		}
	}
	return scattered, unstated
}

// logsOn are the working logs on a VPC and on what is in it.
func logsOn(inv *inventory.Inventory, v inventory.VPC, c inventory.Coverage) []inventory.FlowLog {
	logs := inventory.Working(inv.LogsOn(v.ID))
	for _, part := range slices.Concat(c.Subnets, c.Interfaces) {
		for _, l := range part.Logs {
			if l.ResourceID == part.ID {
				logs = append(logs, l)
			}
		}
	}
	return logs
}

func evidence(c inventory.Coverage, wanted inventory.Traffic) *finding.Coverage {
	recorded, all := inventory.Share(c.Interfaces, wanted)
	return &finding.Coverage{
		Of: len(c.Interfaces), Percent: 100 * recorded / max(all, 1),
		Outside: ids(inventory.Outside(c.Interfaces)), SubnetsOutside: ids(inventory.Outside(c.Subnets)), NeverRecorded: inventory.NeverRecorded(),
	}
}

func ids(list []inventory.Covered) []string {
	out := []string{}
	for _, c := range list {
		out = append(out, c.ID)
	}
	return out
}

// names shows a few: the evidence holds all.
func names(list []inventory.Covered) string {
	const most = 3
	text := strings.Join(ids(list[:min(most, len(list))]), ", ")
	if len(list) > most {
		text += fmt.Sprintf(" and %d more", len(list)-most)
	}
	return text
}

func share(part []inventory.Covered, c inventory.Coverage) string {
	if len(part) == 1 {
		return fmt.Sprintf("1 of %d interfaces is", len(c.Interfaces))
	}
	return fmt.Sprintf("%d of %d interfaces are", len(part), len(c.Interfaces))
}

// toCome says of which subnets the next interface would not be recorded.
func toCome(c inventory.Coverage) string {
	outside := inventory.Outside(c.Subnets)
	if len(outside) == 0 {
		return ""
	}
	return "; the next one in " + names(outside) + " would not be recorded"
}
