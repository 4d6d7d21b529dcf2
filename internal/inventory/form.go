package inventory

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// The forms of what AWS names by itself. All of it ends up in ARNs, commands and pages, and an answer or a
// file can say anything: what has not the form is a gap, never a fact.
var (
	accountForm = regexp.MustCompile(`^[0-9]{12}$`)
	regionForm  = regexp.MustCompile(`^[a-z]{2,}(-[a-z]+)+-[0-9]+$`)
	idForm      = regexp.MustCompile(`^[a-z]{2,16}(-[a-z]{2,16})*-[0-9a-zA-Z]{1,64}$`)
	arnForm     = regexp.MustCompile(`^arn:[a-z-]+:[a-z0-9-]+:[a-z0-9-]*:[0-9]*:[0-9a-zA-Z/_.-]{1,256}$`)
)

// IsPartition reports whether a partition is known. Of one that is not nobody knows where IAM answers or how
// its services are called.
func IsPartition(name string) bool { return slices.Contains(Partitions(), name) }

// IsAccount reports whether a text has the form of an account's id.
func IsAccount(id string) bool { return accountForm.MatchString(id) }

// IsRegion reports whether a text has the form of a Region's name.
func IsRegion(name string) bool { return len(name) <= 32 && regionForm.MatchString(name) }

// IsID reports whether a text has the form of an EC2 id of a kind, such as "vpc"; of any kind where it is
// empty. EC2 gives 8 or 17 hexadecimal digits, emulators and older answers others.
func IsID(kind, id string) bool {
	return idForm.MatchString(id) && (kind == "" || strings.HasPrefix(id, kind+"-"))
}

// Check refuses a scope that AWS cannot have: what is made of it, such as a command, would be of
// nothing, or of something else.
func (s Scope) Check() error {
	switch {
	case !IsPartition(s.Partition):
		return fmt.Errorf("the partition %q is not known; there are %s", s.Partition, strings.Join(Partitions(), ", "))
	case !IsAccount(s.Account):
		return fmt.Errorf("the account %q is not 12 digits", s.Account)
	case s.Region != AnyRegion && !IsRegion(s.Region):
		return fmt.Errorf("%q is no name of a Region", s.Region)
	}
	return nil
}

// gapForMalformed turns facts whose ids have not their form into a gap of each kind.
func (inv *Inventory) gapForMalformed() {
	inv.VPCs = wellFormed(inv, inv.VPCs, VPCs, "ec2:DescribeVpcs", "VPC", func(v VPC) (string, bool) {
		if v.OwnerID != "" && !IsAccount(v.OwnerID) {
			return "owner " + v.OwnerID, false
		}
		return v.ID, IsID("vpc", v.ID)
	})
	inv.Subnets = wellFormed(inv, inv.Subnets, Subnets, "ec2:DescribeSubnets", "subnet",
		func(s Subnet) (string, bool) { return s.ID, s.ID == "" || IsID("subnet", s.ID) })
	inv.Interfaces = wellFormed(inv, inv.Interfaces, Interfaces, "ec2:DescribeNetworkInterfaces", "network interface",
		func(i Interface) (string, bool) { return i.ID, i.ID == "" || IsID("eni", i.ID) })
	inv.TransitGateways = wellFormed(inv, inv.TransitGateways, TransitGateways, "ec2:DescribeTransitGateways", "transit gateway",
		func(g TransitGateway) (string, bool) { return g.ID, g.ID == "" || IsID("tgw", g.ID) })
	inv.GatewayAttachments = wellFormed(inv, inv.GatewayAttachments, GatewayAttachments, "ec2:DescribeTransitGatewayAttachments", "attachment",
		func(a GatewayAttachment) (string, bool) { return a.ID, a.ID == "" || IsID("tgw-attach", a.ID) })
	inv.NATGateways = wellFormed(inv, inv.NATGateways, NATGateways, "ec2:DescribeNatGateways", "NAT gateway",
		func(g NATGateway) (string, bool) { return g.ID, g.ID == "" || IsID("nat", g.ID) })
	inv.FlowLogs = wellFormed(inv, inv.FlowLogs, FlowLogs, "ec2:DescribeFlowLogs", "flow log", func(l FlowLog) (string, bool) {
		if l.ResourceID != "" && !IsID("", l.ResourceID) && !arnForm.MatchString(l.ResourceID) { // some name a core network by its ARN
			return "resource " + l.ResourceID, false
		}
		return l.ID, l.ID == "" || IsID("fl", l.ID)
	})
}

// wellFormed keeps the facts that are, and says in one gap which is not.
func wellFormed[T any](inv *Inventory, facts []T, kind Kind, api, what string, named func(T) (name string, ok bool)) []T {
	first, others := "", -1
	kept := slices.DeleteFunc(facts, func(fact T) bool {
		name, ok := named(fact)
		if !ok {
			if others++; others == 0 {
				first = name
			}
		}
		return !ok
	})
	if others < 0 {
		return facts
	}
	const most = 128 // bytes of it that are shown
	message := fmt.Sprintf("the answer holds a %s %q, which has not the form of an id of AWS's", what, first[:min(most, len(first))])
	if others > 0 {
		message += fmt.Sprintf(", and %d more", others)
	}
	inv.Fail(api, Incomplete, message, kind)
	return kept
}
