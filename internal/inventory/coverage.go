package inventory

import (
	"cmp"
	"slices"
	"strings"
)

// Covered is one thing that traffic passes through, and the working flow logs that record it. Logs
// that are not ACTIVE or fail to deliver are not among them.
type Covered struct {
	ID       string // of the interface, subnet, gateway or attachment
	OwnerID  string // absent where AWS does not say
	Logs     []FlowLog
	Traffic  Traffic // the union of what the logs record: ACCEPT and REJECT are ALL
	Unstated bool    // one of the logs does not say which traffic it records
}

// AtOneDestination reports whether one destination alone receives all of the wanted traffic from
// the working logs among logs.
func AtOneDestination(logs []FlowLog, wanted Traffic) bool {
	apart := map[string]Traffic{}
	for _, l := range logs {
		if !l.Works() {
			continue
		}
		key := cmp.Or(l.DestinationKey(), l.ID) // one that is not named is nobody else's
		apart[key] |= l.Traffic()
		if apart[key].Has(wanted) {
			return true
		}
	}
	return false
}

// DestinationKey tells destinations apart as EC2 does: two logs with the same key deliver to the
// same place. A group is the same by name and by ARN, and two prefixes of a bucket differ
// (observed). Empty where AWS names no destination.
func (l FlowLog) DestinationKey() string {
	place := cmp.Or(l.GroupName(), strings.TrimSuffix(l.Destination, "/"))
	if place == "" {
		return ""
	}
	return cmp.Or(l.DestinationType, ToCloudWatchLogs) + " " + place
}

// Coverage is what is recorded of a VPC: of each interface and subnet in it.
type Coverage struct {
	Interfaces []Covered // by logs on the interface, its subnet or its VPC
	Subnets    []Covered // by logs on the subnet or its VPC: of an interface that comes to be there
}

// CoverageOf is the coverage of a VPC, as far as the inventory holds its subnets and interfaces.
func (inv *Inventory) CoverageOf(v VPC) Coverage {
	var c Coverage
	for _, i := range inv.Interfaces {
		if i.VPCID == v.ID {
			c.Interfaces = append(c.Interfaces, inv.covered(i.ID, i.OwnerID, v.ID, i.SubnetID, i.ID))
		}
	}
	for _, s := range inv.Subnets {
		if s.VPCID == v.ID {
			c.Subnets = append(c.Subnets, inv.covered(s.ID, s.OwnerID, v.ID, s.ID))
		}
	}
	return c
}

// CoverageOfGateway is the coverage of a transit gateway's attachments: by logs on the attachment
// or on the gateway.
func (inv *Inventory) CoverageOfGateway(g TransitGateway) []Covered {
	var list []Covered
	for _, a := range inv.GatewayAttachments {
		if a.GatewayID == g.ID && !a.Gone() {
			list = append(list, inv.covered(a.ID, a.OwnerID, g.ID, a.ID))
		}
	}
	return list
}

// CoverageOfNATGateways is the coverage of a VPC's regional NAT gateways, which are on no interface
// of it: by logs on the gateway.
func (inv *Inventory) CoverageOfNATGateways(v VPC) []Covered {
	var list []Covered
	for _, g := range inv.NATGateways {
		if g.VPCID == v.ID && g.Regional() && !g.Gone() {
			list = append(list, inv.covered(g.ID, "", g.ID))
		}
	}
	return list
}

// covered joins the working logs on the resources that a thing lies in.
func (inv *Inventory) covered(id, owner string, resources ...string) Covered {
	c := Covered{ID: id, OwnerID: owner}
	for _, resource := range resources {
		if resource == "" {
			continue
		}
		for _, l := range Working(inv.LogsOn(resource)) {
			c.Logs = append(c.Logs, l)
			c.Traffic |= l.Traffic()
			c.Unstated = c.Unstated || l.Traffic() == 0
		}
	}
	return c
}

// NeverRecorded is what no flow log records, whatever it is on (VPC user guide, flow log
// limitations).
func NeverRecorded() []string {
	return []string{
		"DNS queries to the Amazon resolver",
		"Windows licence activation",
		"instance metadata (169.254.169.254)",
		"Amazon Time Sync (169.254.169.123)",
		"DHCP",
		"mirrored traffic",
		"the reserved address of the VPC router",
		"traffic between an endpoint's interface and a Network Load Balancer's",
	}
}

// Outside are those that no working flow log is on.
func Outside(list []Covered) []Covered {
	return slices.DeleteFunc(slices.Clone(list), func(c Covered) bool { return len(c.Logs) > 0 })
}

// Share counts cells of a thing and a kind of traffic that is wanted, and those that are recorded.
func Share(list []Covered, wanted Traffic) (recorded, all int) {
	for _, c := range list {
		recorded += (c.Traffic & wanted).count()
		all += wanted.count()
	}
	return recorded, all
}
