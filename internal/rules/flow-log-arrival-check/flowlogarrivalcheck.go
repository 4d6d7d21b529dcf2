// Package flowlogarrivalcheck asks of each flow log whether records of it have arrived lately.
package flowlogarrivalcheck

import (
	_ "embed"
	"fmt"
	"time"

	"flowproof/internal/finding"
	"flowproof/internal/inventory"
	"flowproof/internal/rule"
)

//go:embed page.md
var page string

// Rule is flow-log-arrival-check.
func Rule() rule.Rule {
	return rule.Rule{
		ID:       "flow-log-arrival-check",
		Title:    "Flow Log Records Arriving",
		Severity: finding.Medium,
		Resource: finding.FlowLogType,
		Needs:    []inventory.Kind{inventory.FlowLogs, inventory.Interfaces, inventory.Arriving},
		Page:     page,
		Judge:    judge,
	}
}

func judge(p *rule.Pass) {
	p.EachFlowLog(func(l inventory.FlowLog) rule.Verdict {
		v := verdict(p, l)
		v.FlowLogs = []inventory.FlowLog{l}
		v.Gaps = append(v.Gaps, p.Inventory.GapsAbout(l.ID, inventory.Records)...)
		return v
	})
}

// verdict of one flow log. A record that was seen stands whatever else was not read; that there is
// none takes a look that would have seen it, and an interface that had to send some.
func verdict(p *rule.Pass, l inventory.FlowLog) rule.Verdict {
	if !l.Active() {
		return rule.Verdict{Outcome: finding.NotApplicable, Message: "it is not ACTIVE and delivers nothing"}
	}
	inv := p.Inventory
	facts := evidence(p, l)
	if !facts.Newest.IsZero() {
		return rule.Verdict{Outcome: finding.Pass, Message: proof(facts), Arrival: facts}
	}
	v := rule.Verdict{Outcome: finding.Unknown, Arrival: facts}
	look, gaps := inv.LookAt(l), gapsAbout(inv, l)
	switch {
	case len(gaps) > 0:
		v.Gaps = gaps
		v.Message = fmt.Sprintf("could not be looked at: %s %s: %s", gaps[0].API, gaps[0].Cause, gaps[0].Message)
	case look == nil:
		v.Message = "nobody looked at " + l.DestinationName()
	case onInterfaces(l) && facts.InUse == 0:
		v.Outcome, v.Message = finding.NotApplicable, "no network interface on "+l.ResourceID+" is in use: there is nothing to record"
	case look.Blind != "":
		v.Message = "no record was seen" + emptied(facts) + ", and there could be some: " + look.Blind
	case !onInterfaces(l):
		v.Message = "no record was seen, and whether " + l.ResourceID + " had traffic is not known"
	default:
		return absence(p, l, *look, v)
	}
	return v
}

// absence judges a flow log of which a whole look saw nothing. Of all traffic records come with every
// interval, of an interface without any too (NODATA), so one that was in use throughout had to
// show. Whether that holds of a log of accepted or rejected traffic alone AWS does not say.
func absence(p *rule.Pass, l inventory.FlowLog, look inventory.Look, v rule.Verdict) rule.Verdict {
	edge := p.Inventory.ReadAt.Add(-p.Policy.Window)
	from, to := look.Since, look.Until
	if from.Before(edge) {
		from = edge
	}
	busy := busySince(p.Inventory.InterfacesOf(l), from)
	switch {
	case look.Since.After(edge):
		v.Message = "records were looked for only since " + clock(look.Since) + ", which is not the whole window"
	case !to.After(from):
		v.Message = "no record was seen; within a window of " + p.Policy.Window.String() + " that says nothing, since what tells of records can be two hours late"
	case l.Created.IsZero() || l.Created.After(from):
		v.Message = "no record was seen; it is not known to be older than the window"
	case l.Traffic() != inventory.AllTraffic:
		v.Message = "no record was seen; it records " + l.Traffic().String() + " alone, of which there may have been none"
	case len(busy) == 0:
		v.Message = "no record was seen; no interface on " + l.ResourceID + " is known to be in use for longer than the window"
	default:
		v.Outcome = finding.Fail
		v.Message = fmt.Sprintf("no record from %s to %s%s, though %s in use all that time", clock(from), clock(to), emptied(v.Arrival), were(busy))
		if l.Delivery() == inventory.DeliveryFailed {
			v.Message += "; AWS says: " + p.DeliveryError(l)
		}
	}
	return v
}

// gapsAbout are the gaps that keep absence from being known.
func gapsAbout(inv *inventory.Inventory, l inventory.FlowLog) []inventory.Gap {
	return append(inv.GapsAbout(l.DestinationName(), inventory.Arriving), inv.GapsIn(inventory.Interfaces)...)
}

// onInterfaces reports whether the account sees the interfaces that a log records. Those behind a
// transit gateway or a regional NAT gateway it does not.
func onInterfaces(l inventory.FlowLog) bool {
	on := l.On()
	return on == "vpc" || on == "subnet" || on == "eni"
}

// busySince are the interfaces in use that were attached before a time.
func busySince(on []inventory.Interface, t time.Time) []string {
	var ids []string
	for _, i := range on {
		if i.InUse() && !i.Attached.IsZero() && i.Attached.Before(t) {
			ids = append(ids, i.ID)
		}
	}
	return ids
}

func were(ids []string) string {
	if len(ids) == 1 {
		return ids[0] + " was"
	}
	return fmt.Sprintf("%s and %d more were", ids[0], len(ids)-1)
}

// clock writes a time for people, to the minute.
func clock(t time.Time) string { return t.UTC().Format("2006-01-02 15:04") + " UTC" }
