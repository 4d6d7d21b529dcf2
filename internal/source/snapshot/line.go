package snapshot

import (
	"fmt"
	"slices"
	"time"

	"flowproof/internal/inventory"
	"flowproof/internal/strictjson"
)

// line is a scope as version 2 writes it. A list is there where one of the kinds that it holds was
// asked for, and only there.
type line struct {
	inventory.Target
	ReadAt             time.Time                      `json:"read_at"`
	Kinds              []inventory.Kind               `json:"kinds"`
	Organization       string                         `json:"organization"`
	VPCs               *[]inventory.VPC               `json:"vpcs"`
	FlowLogs           *[]inventory.FlowLog           `json:"flow_logs"`
	Subnets            *[]inventory.Subnet            `json:"subnets"`
	Interfaces         *[]inventory.Interface         `json:"interfaces"`
	TransitGateways    *[]inventory.TransitGateway    `json:"transit_gateways"`
	GatewayAttachments *[]inventory.GatewayAttachment `json:"transit_gateway_attachments"`
	NATGateways        *[]inventory.NATGateway        `json:"nat_gateways"`
	Arrivals           *[]inventory.Arrival           `json:"arrivals"`
	Looks              *[]inventory.Look              `json:"looks"`
	Samples            *[]inventory.Sample            `json:"samples"`
	Asked              *inventory.Names               `json:"asked"`
	LogGroups          *[]inventory.LogGroup          `json:"log_groups"`
	Roles              *[]inventory.Role              `json:"roles"`
	Buckets            *[]inventory.Bucket            `json:"buckets"`
	Streams            *[]inventory.Stream            `json:"streams"`
}

// kindsOfLists says which kinds each list of a line holds.
var kindsOfLists = []struct {
	list  string
	there func(line) bool
	kinds []inventory.Kind
}{
	{"vpcs", func(l line) bool { return l.VPCs != nil }, []inventory.Kind{inventory.VPCs}},
	{"flow_logs", func(l line) bool { return l.FlowLogs != nil }, []inventory.Kind{inventory.FlowLogs}},
	{"subnets", func(l line) bool { return l.Subnets != nil }, []inventory.Kind{inventory.Subnets}},
	{"interfaces", func(l line) bool { return l.Interfaces != nil }, []inventory.Kind{inventory.Interfaces}},
	{"transit_gateways", func(l line) bool { return l.TransitGateways != nil }, []inventory.Kind{inventory.TransitGateways}},
	{"transit_gateway_attachments", func(l line) bool { return l.GatewayAttachments != nil }, []inventory.Kind{inventory.GatewayAttachments}},
	{"nat_gateways", func(l line) bool { return l.NATGateways != nil }, []inventory.Kind{inventory.NATGateways}},
	{"arrivals", func(l line) bool { return l.Arrivals != nil }, []inventory.Kind{inventory.Arriving}},
	{"looks", func(l line) bool { return l.Looks != nil }, []inventory.Kind{inventory.Arriving}},
	{"samples", func(l line) bool { return l.Samples != nil }, []inventory.Kind{inventory.Records}},
	{"asked", func(l line) bool { return l.Asked != nil }, slices.Concat(inventory.NamedKinds(), kindsOfReferred)},
	{"log_groups", func(l line) bool { return l.LogGroups != nil }, []inventory.Kind{inventory.LogGroups, inventory.Destinations}},
	{"roles", func(l line) bool { return l.Roles != nil }, []inventory.Kind{inventory.Roles, inventory.DeliveryRoles}},
	{"buckets", func(l line) bool { return l.Buckets != nil }, []inventory.Kind{inventory.Buckets, inventory.Destinations}},
	{"streams", func(l line) bool { return l.Streams != nil }, []inventory.Kind{inventory.Streams, inventory.Destinations}},
}

var kindsOfReferred = []inventory.Kind{inventory.Destinations, inventory.DeliveryRoles}

// lineOf is the line of an inventory. A scope that was not read has no kinds and no lists.
func lineOf(inv inventory.Inventory) line {
	l := line{Target: inv.Target, ReadAt: inv.ReadAt, Organization: inv.Organization}
	if notRead(inv.Target) {
		return l
	}
	l.Kinds = slices.Compact(slices.Sorted(slices.Values(inv.Kinds)))
	keep := func(list string) bool {
		return slices.ContainsFunc(kindsOf(list), func(k inventory.Kind) bool { return slices.Contains(inv.Kinds, k) })
	}
	l.VPCs = listed(inv.VPCs, keep("vpcs"))
	l.FlowLogs = listed(inv.FlowLogs, keep("flow_logs"))
	l.Subnets = listed(inv.Subnets, keep("subnets"))
	l.Interfaces = listed(inv.Interfaces, keep("interfaces"))
	l.TransitGateways = listed(inv.TransitGateways, keep("transit_gateways"))
	l.GatewayAttachments = listed(inv.GatewayAttachments, keep("transit_gateway_attachments"))
	l.NATGateways = listed(inv.NATGateways, keep("nat_gateways"))
	l.Arrivals = listed(inv.Arrivals, keep("arrivals"))
	l.Looks = listed(inv.Looks, keep("looks"))
	l.Samples = listed(inv.Samples, keep("samples"))
	if keep("asked") {
		l.Asked = &inv.Named.Asked
	}
	l.LogGroups = listed(inv.Named.LogGroups, keep("log_groups"))
	l.Roles = listed(inv.Named.Roles, keep("roles"))
	l.Buckets = listed(inv.Named.Buckets, keep("buckets"))
	l.Streams = listed(inv.Named.Streams, keep("streams"))
	return l
}

func kindsOf(list string) []inventory.Kind {
	for _, k := range kindsOfLists {
		if k.list == list {
			return k.kinds
		}
	}
	return nil
}

func listed[T any](list []T, keep bool) *[]T {
	if !keep {
		return nil
	}
	return &list
}

// inventory is what the line says.
func (l line) inventory() inventory.Inventory {
	inv := inventory.Inventory{
		Target: l.Target, ReadAt: l.ReadAt, Kinds: l.Kinds, Organization: l.Organization,
		VPCs: given(l.VPCs), FlowLogs: given(l.FlowLogs),
		Subnets: given(l.Subnets), Interfaces: given(l.Interfaces),
		TransitGateways: given(l.TransitGateways), GatewayAttachments: given(l.GatewayAttachments), NATGateways: given(l.NATGateways),
		Arrivals: given(l.Arrivals), Looks: given(l.Looks), Samples: given(l.Samples),
		Named: inventory.Named{LogGroups: given(l.LogGroups), Roles: given(l.Roles), Buckets: given(l.Buckets), Streams: given(l.Streams)},
	}
	if l.Asked != nil {
		inv.Named.Asked = *l.Asked
	}
	return inv
}

func given[T any](list *[]T) []T {
	if list == nil || len(*list) == 0 {
		return nil
	}
	return *list
}

// parse reads a line of version 2.
func parse(raw []byte) (inventory.Inventory, error) {
	var l line
	if err := strictjson.UnmarshalWhole(raw, &l); err != nil {
		return inventory.Inventory{}, err
	}
	for _, k := range kindsOfLists {
		asked := slices.ContainsFunc(k.kinds, func(kind inventory.Kind) bool { return slices.Contains(l.Kinds, kind) })
		switch there := k.there(l); {
		case asked && !there:
			return inventory.Inventory{}, fmt.Errorf("the key %q is missing, which holds what its kinds name", k.list)
		case there && !asked:
			return inventory.Inventory{}, fmt.Errorf("it has %q, and none of its kinds names that", k.list)
		}
	}
	if notRead(l.Target) && len(l.Kinds) > 0 {
		return inventory.Inventory{}, fmt.Errorf("it has kinds, and is of a scope that is not read")
	}
	inv := l.inventory()
	return inv, check(inv)
}

// lineV1 is a scope as version 1 wrote it: empty lists were left out, and of kinds null stood for none.
type lineV1 struct {
	inventory.Inventory
	Kinds *[]inventory.Kind `json:"kinds"`
}

func parseV1(raw []byte) (inventory.Inventory, error) {
	var l lineV1
	if err := strictjson.Unmarshal(raw, &l); err != nil {
		return inventory.Inventory{}, err
	}
	inv := l.Inventory
	inv.Kinds = given(l.Kinds)
	return inv, check(inv)
}
