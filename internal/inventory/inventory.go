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

	Subnets            []Subnet            `json:"subnets,omitempty"`
	Interfaces         []Interface         `json:"interfaces,omitempty"`
	TransitGateways    []TransitGateway    `json:"transit_gateways,omitempty"`
	GatewayAttachments []GatewayAttachment `json:"transit_gateway_attachments,omitempty"`
	NATGateways        []NATGateway        `json:"nat_gateways,omitempty"`

	Arrivals []Arrival `json:"arrivals,omitempty"`
	Looks    []Look    `json:"looks,omitempty"`
	Samples  []Sample  `json:"samples,omitempty"`
	Named    Named     `json:"named,omitzero"`

	// Organization is the id of the organisation that the account belongs to; empty where it was not asked
	// for or is not known.
	Organization string `json:"organization,omitempty"`
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
	StatusExcluded   Status = "excluded"   // not expected
)

// Status derives the ledger's word from what was asked for and what is missing.
func (inv *Inventory) Status() Status {
	switch {
	case inv.Absent == Disabled:
		return StatusDisabled
	case inv.Absent == Closed:
		return StatusClosed
	case inv.Absent == Excluded:
		return StatusExcluded
	case len(inv.Gaps) == 0:
		return StatusRead
	case inv.Region == AnyRegion:
		return StatusIncomplete
	case len(inv.VPCs) > 0 || len(inv.FlowLogs) > 0:
		return StatusIncomplete
	}
	for _, k := range inv.Kinds {
		if inv.Whole(k) && (inv.Whole(FlowLogs) || !k.ofFlowLogs()) {
			return StatusIncomplete
		}
	}
	return StatusUnread
}

// ofFlowLogs reports whether a kind is about what flow logs name: where they were not read there was
// nothing to ask about.
func (k Kind) ofFlowLogs() bool {
	return slices.Contains([]Kind{Destinations, DeliveryRoles, Arriving, Records}, k)
}

// Whole reports whether a kind was asked for and read to its end.
func (inv *Inventory) Whole(k Kind) bool {
	return slices.Contains(inv.Kinds, k) && len(inv.GapsIn(k)) == 0
}

// GapsIn returns the gaps that leave any of the kinds less than whole. A gap in the list
// of Regions or accounts leaves everything less than whole.
func (inv *Inventory) GapsIn(kinds ...Kind) []Gap {
	var gaps []Gap
	for _, g := range inv.Gaps {
		if g.Kind == Regions || g.Kind == Accounts || slices.Contains(kinds, g.Kind) {
			gaps = append(gaps, g)
		}
	}
	return gaps
}

// GapsAbout returns the gaps that leave what is known of one thing of the kinds less than whole:
// those about it alone, and those about a kind as a whole.
func (inv *Inventory) GapsAbout(resource string, kinds ...Kind) []Gap {
	return slices.DeleteFunc(inv.GapsIn(kinds...), func(g Gap) bool { return g.Resource != "" && g.Resource != resource })
}

// Fail records that kinds could not be read whole, once for each.
func (inv *Inventory) Fail(api string, cause Cause, message string, kinds ...Kind) {
	for _, k := range kinds {
		inv.Gaps = append(inv.Gaps, Gap{Kind: k, API: api, Cause: cause, Message: message})
	}
}

// Only keeps of an inventory what the kinds stand for, gaps included: what would have been read, had
// these kinds been asked for. Gaps in the account's Regions concern every kind.
func (inv *Inventory) Only(kinds []Kind) Inventory {
	kept := Inventory{Target: inv.Target, ReadAt: inv.ReadAt, Kinds: slices.Clone(kinds)}
	kept.Gaps = inv.GapsIn(kinds...)
	kept.Named = inv.Named.Only(kinds)
	kept.Organization = inv.Organization
	for _, k := range kinds {
		switch k {
		case VPCs:
			kept.VPCs = inv.VPCs
		case FlowLogs:
			kept.FlowLogs = inv.FlowLogs
		case Subnets:
			kept.Subnets = inv.Subnets
		case Interfaces:
			kept.Interfaces = inv.Interfaces
		case TransitGateways:
			kept.TransitGateways = inv.TransitGateways
		case GatewayAttachments:
			kept.GatewayAttachments = inv.GatewayAttachments
		case NATGateways:
			kept.NATGateways = inv.NATGateways
		case Arriving:
			kept.Arrivals, kept.Looks = inv.Arrivals, inv.Looks
		case Records:
			kept.Samples = inv.Samples
		}
	}
	return kept
}

// Normalize brings an inventory into its one form, so that the order in which AWS or a
// file gives things changes nothing: lists sorted, exact repetitions dropped, one VPC per
// id and owner, what absence means filled in, and a gap wherever a VPC cannot be named, a
// flow log cannot be placed, or an id has not its form. Every source ends with it.
func (inv *Inventory) Normalize() {
	slices.SortFunc(inv.VPCs, func(a, b VPC) int { return compareVPCs(inv.Scope, a, b) })
	inv.VPCs = slices.CompactFunc(inv.VPCs, func(a, b VPC) bool {
		return a.ID == b.ID && a.Owner(inv.Scope) == b.Owner(inv.Scope)
	})
	inv.gapForUnnamedVPCs()
	inv.gapForMalformed()
	for i := range inv.FlowLogs {
		// There was no other destination when answers did not name one.
		inv.FlowLogs[i].DestinationType = cmp.Or(inv.FlowLogs[i].DestinationType, ToCloudWatchLogs)
	}
	slices.SortFunc(inv.FlowLogs, compareFlowLogs)
	inv.FlowLogs = slices.CompactFunc(inv.FlowLogs, func(a, b FlowLog) bool { return compareFlowLogs(a, b) == 0 })
	inv.normalizeArrivals()
	inv.Subnets = onceEach(inv.Subnets, compareSubnets, func(s Subnet) string { return s.ID })
	inv.Interfaces = onceEach(inv.Interfaces, compareInterfaces, func(i Interface) string { return i.ID })
	inv.TransitGateways = onceEach(inv.TransitGateways, compareGateways, func(g TransitGateway) string { return g.ID })
	inv.GatewayAttachments = onceEach(inv.GatewayAttachments, compareAttachments, func(a GatewayAttachment) string { return a.ID })
	inv.NATGateways = onceEach(inv.NATGateways, compareNATGateways, func(g NATGateway) string { return g.ID })
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

// onceEach sorts facts and keeps the first of each id: the fullest, as the comparisons have it.
func onceEach[T any, ID comparable](facts []T, compare func(a, b T) int, id func(T) ID) []T {
	slices.SortFunc(facts, compare)
	return slices.CompactFunc(facts, func(a, b T) bool { return id(a) == id(b) })
}

func compareGaps(a, b Gap) int {
	return cmp.Or(
		strings.Compare(string(a.Kind), string(b.Kind)),
		strings.Compare(a.API, b.API),
		strings.Compare(string(a.Cause), string(b.Cause)),
		strings.Compare(a.Resource, b.Resource),
		strings.Compare(a.Message, b.Message))
}
