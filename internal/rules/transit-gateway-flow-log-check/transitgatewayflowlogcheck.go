// Package transitgatewayflowlogcheck asks of each transit gateway whether one working flow log is on
// it. One on a single attachment does not make it: the next attachment would not be recorded.
package transitgatewayflowlogcheck

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

// Rule is transit-gateway-flow-log-check.
func Rule() rule.Rule {
	return rule.Rule{
		ID:       "transit-gateway-flow-log-check",
		Title:    "Transit Gateway Flow Logs Enabled",
		Severity: finding.Low,
		Resource: finding.TransitGatewayType,
		Needs:    []inventory.Kind{inventory.TransitGateways, inventory.GatewayAttachments, inventory.FlowLogs},
		Page:     page,
		Judge:    judge,
	}
}

func judge(p *rule.Pass) {
	p.EachTransitGateway(func(g inventory.TransitGateway) rule.Verdict {
		logs := p.Inventory.LogsOn(g.ID)
		verdict := verdictOn(p, g, logs)
		verdict.FlowLogs = logs
		if p.Inventory.Whole(inventory.FlowLogs) && p.Inventory.Whole(inventory.GatewayAttachments) {
			verdict.Coverage = evidence(p.Inventory.CoverageOfGateway(g))
		}
		return verdict
	})
}

func verdictOn(p *rule.Pass, g inventory.TransitGateway, logs []inventory.FlowLog) rule.Verdict {
	works := slices.IndexFunc(logs, inventory.FlowLog.Works)
	switch {
	case g.Gone():
		return rule.Inapplicable("it is " + g.State)
	case works >= 0:
		return rule.Passed(logs[works].Name() + " is ACTIVE and not failing; arrival of records is not proven")
	case !p.Inventory.Whole(inventory.FlowLogs):
		return p.Unread(inventory.FlowLogs)
	case len(logs) == 0:
		return rule.Failed("no flow log on the transit gateway itself" + onAttachments(p.Inventory, g))
	}
	return rule.Failed("none of its flow logs works: " + states(p, logs))
}

// onAttachments says how many attachments have a log of their own.
func onAttachments(inv *inventory.Inventory, g inventory.TransitGateway) string {
	all := inv.CoverageOfGateway(g)
	logged := len(all) - len(inventory.Outside(all))
	switch {
	case !inv.Whole(inventory.GatewayAttachments):
		return "; its attachments could not be read"
	case logged == 0:
		return ""
	}
	return fmt.Sprintf("; of its attachments %d of %d have one of their own, which does not record the next one", logged, len(all))
}

func states(p *rule.Pass, logs []inventory.FlowLog) string {
	var parts []string
	for _, l := range logs {
		if l.Active() {
			parts = append(parts, l.Name()+" fails to deliver: "+p.DeliveryError(l))
		} else {
			parts = append(parts, l.Name()+" is not ACTIVE")
		}
	}
	return strings.Join(parts, "; ")
}

func evidence(attachments []inventory.Covered) *finding.Coverage {
	recorded, all := inventory.Share(attachments, inventory.AllTraffic)
	c := &finding.Coverage{
		Of: len(attachments), Percent: 100 * recorded / max(all, 1),
		Outside: []string{}, SubnetsOutside: []string{}, NeverRecorded: []string{},
	}
	for _, a := range inventory.Outside(attachments) {
		c.Outside = append(c.Outside, a.ID)
	}
	return c
}
