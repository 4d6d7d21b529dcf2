// Package vpcflowlogcheck asks of each VPC whether one working flow log is on it.
package vpcflowlogcheck

import (
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

// Rule is vpc-flow-log-check.
func Rule() rule.Rule {
	return rule.Rule{
		ID:       "vpc-flow-log-check",
		Title:    "VPC Flow Logs Enabled",
		Severity: finding.Low,
		Resource: finding.VPCType,
		Needs:    []inventory.Kind{inventory.VPCs, inventory.FlowLogs},
		Asks: func(p rule.Policy) []inventory.Kind {
			if p.SubnetCoverage {
				return []inventory.Kind{inventory.Subnets}
			}
			return nil
		},
		Page:  page,
		Judge: judge,
	}
}

func judge(p *rule.Pass) {
	p.EachVPC(func(v inventory.VPC) rule.Verdict {
		logs := p.Inventory.LogsOn(v.ID)
		verdict := rule.Verdict{
			Outcome:   finding.Fail,
			Assurance: rule.Assurance(p.Inventory, v, p.Policy),
			FlowLogs:  logs,
		}
		onVPC := slices.ContainsFunc(logs, inventory.FlowLog.Works)
		switch verdict.Assurance {
		case finding.Delivering, finding.Unproven:
			verdict.Outcome = finding.Pass
			verdict.Message = bySubnets[verdict.Assurance]
			if onVPC {
				verdict.Message = working(logs) + byItself[verdict.Assurance]
			}
		case finding.Absent:
			verdict.Message = "no flow log on the VPC itself" + elsewhere(p.Inventory)
		case finding.Inactive:
			verdict.Message = "no flow log on it is ACTIVE: " + states(logs)
		case finding.Failing:
			verdict.Message = failures(p, logs)
		default:
			verdict = p.Unread(inventory.FlowLogs, inventory.Subnets)
			verdict.FlowLogs = logs
		}
		return verdict
	})
}

// What a pass rests on, by rung: a working log on the VPC, or (by policy) one on each subnet.
var (
	byItself = map[finding.Assurance]string{
		finding.Delivering: " is ACTIVE and records arrive",
		finding.Unproven:   " is ACTIVE and not failing; arrival of records is not proven",
	}
	bySubnets = map[finding.Assurance]string{
		finding.Delivering: "each of its subnets has an ACTIVE flow log and records of each arrive",
		finding.Unproven:   "each of its subnets has an ACTIVE flow log that is not failing, as the policy allows; arrival of records is not proven",
	}
)

func working(logs []inventory.FlowLog) string {
	var names []string
	for _, l := range logs {
		if l.Works() {
			names = append(names, l.Name())
		}
	}
	if len(names) > 1 {
		return fmt.Sprintf("%s (and %d more)", names[0], len(names)-1)
	}
	return names[0]
}

// elsewhere says that the Region has logs on smaller things, which record part of a VPC at
// best and are not what this rule asks for.
func elsewhere(inv *inventory.Inventory) string {
	n := 0
	for _, l := range inv.FlowLogs {
		if on := l.On(); on == "subnet" || on == "eni" {
			n++
		}
	}
	switch n {
	case 0:
		return ""
	case 1:
		return "; the Region has 1 on a subnet or interface, which this rule does not count"
	}
	return fmt.Sprintf("; the Region has %d on subnets or interfaces, which this rule does not count", n)
}

func states(logs []inventory.FlowLog) string {
	var parts []string
	for _, l := range logs {
		state := l.Status
		if state == "" {
			state = "in a state that AWS does not give"
		}
		parts = append(parts, l.Name()+" is "+state)
	}
	return strings.Join(parts, ", ")
}

func failures(p *rule.Pass, logs []inventory.FlowLog) string {
	var parts []string
	for _, l := range logs {
		if l.Active() {
			parts = append(parts, l.Name()+" fails to deliver: "+p.DeliveryError(l))
		}
	}
	return strings.Join(parts, "; ")
}
