package inventory

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Inventory is what one read of one scope found: lists of facts, the kinds that were asked
// for, and the gaps. A kind that was asked for and has no gap was read whole.
type Inventory struct {
	Target
	ReadAt   time.Time `json:"read_at"` // ages are measured against it, so that a saved inventory says the same next year
	Kinds    []Kind    `json:"kinds"`   // asked for
	VPCs     []VPC     `json:"vpcs,omitempty"`
	FlowLogs []FlowLog `json:"flow_logs,omitempty"`
	Arrivals []Arrival `json:"arrivals,omitempty"`
	Named    Named     `json:"named,omitzero"`
}

// Status says what came of a scope: a row of the ledger.
type Status string

// What can come of a scope.
const (
	StatusRead       Status = "read"       // every list whole
	StatusIncomplete Status = "incomplete" // some lists, or parts of them
	StatusUnread     Status = "unread"     // nothing
	StatusDisabled   Status = "disabled"   // not expected
	StatusClosed     Status = "closed"     // not expected
)

// Status derives the ledger's word from what was asked for and what is missing.
func (inv *Inventory) Status() Status {
	switch {
	case inv.Absent == Disabled:
		return StatusDisabled
	case inv.Absent == Closed:
		return StatusClosed
	case len(inv.Gaps) == 0:
		return StatusRead
	case inv.Region == AnyRegion:
		return StatusIncomplete
	case len(inv.VPCs) > 0 || len(inv.FlowLogs) > 0:
		return StatusIncomplete
	}
	for _, k := range inv.Kinds {
		if inv.Whole(k) {
			return StatusIncomplete
		}
	}
	return StatusUnread
}

// Whole reports whether a kind was asked for and read to its end.
func (inv *Inventory) Whole(k Kind) bool {
	return slices.Contains(inv.Kinds, k) && len(inv.GapsIn(k)) == 0
}

// GapsIn returns the gaps that leave any of the kinds less than whole. A gap in the list
// of Regions leaves everything less than whole.
func (inv *Inventory) GapsIn(kinds ...Kind) []Gap {
	var gaps []Gap
	for _, g := range inv.Gaps {
		if g.Kind == Regions || slices.Contains(kinds, g.Kind) {
			gaps = append(gaps, g)
		}
	}
	return gaps
}

// Fail records that kinds could not be read whole, once for each.
func (inv *Inventory) Fail(api string, cause Cause, message string, kinds ...Kind) {
	for _, k := range kinds {
		inv.Gaps = append(inv.Gaps, Gap{Kind: k, API: api, Cause: cause, Message: message})
	}
}

// Normalize brings an inventory into its one form, so that the order in which AWS or a
// file gives things changes nothing: lists sorted, exact repetitions dropped, one VPC per
// id and owner, what absence means filled in, and a gap wherever a VPC cannot be named or a
// flow log cannot be placed. Every source ends with it.
func (inv *Inventory) Normalize() {
	slices.SortFunc(inv.VPCs, func(a, b VPC) int { return compareVPCs(inv.Scope, a, b) })
	inv.VPCs = slices.CompactFunc(inv.VPCs, func(a, b VPC) bool {
		return a.ID == b.ID && a.Owner(inv.Scope) == b.Owner(inv.Scope)
	})
	inv.gapForUnnamedVPCs()
	for i := range inv.FlowLogs {
		// There was no other destination when answers did not name one.
		inv.FlowLogs[i].DestinationType = cmp.Or(inv.FlowLogs[i].DestinationType, ToCloudWatchLogs)
	}
	slices.SortFunc(inv.FlowLogs, compareFlowLogs)
	inv.FlowLogs = slices.CompactFunc(inv.FlowLogs, func(a, b FlowLog) bool { return compareFlowLogs(a, b) == 0 })
	slices.SortFunc(inv.Arrivals, compareArrivals)
	inv.Arrivals = slices.CompactFunc(inv.Arrivals, func(a, b Arrival) bool { return compareArrivals(a, b) == 0 })
	inv.Named.normalize()
	inv.gapForUnplacedLogs()
	slices.SortFunc(inv.Gaps, compareGaps)
	inv.Gaps = slices.Compact(inv.Gaps)
}

// gapForUnnamedVPCs turns VPCs without an id, which nothing could be said about, into one gap.
func (inv *Inventory) gapForUnnamedVPCs() {
	n := len(inv.VPCs)
	inv.VPCs = slices.DeleteFunc(inv.VPCs, func(v VPC) bool { return v.ID == "" })
	if len(inv.VPCs) < n {
		inv.Fail("ec2:DescribeVpcs", Incomplete, "the answer holds VPCs without an id", VPCs)
	}
}

// gapForUnplacedLogs turns flow logs without a ResourceId, as thinned-out answers have them,
// into one gap: any of them may belong to any VPC, so no VPC may be called unrecorded.
func (inv *Inventory) gapForUnplacedLogs() {
	var ids []string
	for _, l := range inv.FlowLogs {
		if l.ResourceID == "" {
			ids = append(ids, l.Name())
		}
	}
	if len(ids) == 0 {
		return
	}
	const most = 3 // every VPC's finding repeats the message, and a thinned-out answer can lack all
	message := "the answer does not say which resource these flow logs are on: " + strings.Join(ids[:min(most, len(ids))], ", ")
	if len(ids) > most {
		message += fmt.Sprintf(" and %d more", len(ids)-most)
	}
	inv.Fail("ec2:DescribeFlowLogs", Incomplete, message, FlowLogs)
}

func compareGaps(a, b Gap) int {
	for _, p := range [][2]string{{string(a.Kind), string(b.Kind)}, {a.API, b.API}, {string(a.Cause), string(b.Cause)}, {a.Message, b.Message}} {
		if c := strings.Compare(p[0], p[1]); c != 0 {
			return c
		}
	}
	return 0
}
