package fleet

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// VPC is a network as an account sees it.
type VPC struct {
	ID, Owner, CIDR, Name string
	Default               bool

	at      place // in the owner; of no meaning where it is foreign
	foreign bool  // owned outside the fleet
}

// Subnet is a part of a VPC.
type Subnet struct {
	ID, Owner, VPC, CIDR string
	Zone                 int // number of the Availability Zone
	Default              bool
}

// Interface is a network interface that is in use.
type Interface struct {
	ID, Owner, VPC, Subnet, Address string
	Zone                            int
}

// FlowLog is a flow log as DescribeFlowLogs gives it.
type FlowLog struct {
	ID, Resource, Traffic, Status, Delivery, Message string
	DestinationType, DestinationARN, Group, RoleARN  string
	Name                                             string
	Created                                          time.Time

	delivers Outcome
}

// hubEvery is how many accounts share the VPCs of one network account among them.
const hubEvery = 50

// hubOf is the account that shares its networks with an account: itself for a hub.
func (f *Fleet) hubOf(account int) int {
	hub := account - account%hubEvery + 1
	if hub >= f.spec.Accounts {
		return account
	}
	return hub
}

// owned is how many VPCs of its own an account has in a Region, beside the default one.
func (f *Fleet) owned(account, region int) int {
	p := place{account: account, region: region}
	if f.happens(f.spec.Crowded, forCrowd, p) {
		return f.spec.Crowd
	}
	n := int(2*f.spec.VPCs*unit(f.roll(forVPCCount, p)) + 0.5)
	if f.hubOf(account) == account && f.spec.Shared > 0 {
		n = max(n, 1) // something to share
	}
	return n
}

// VPCs gives what DescribeVpcs lists in a Region of an account: the default VPC, the account's
// own, and what is shared with it.
func (f *Fleet) VPCs(account, region int) []VPC {
	n := f.owned(account, region)
	out := make([]VPC, 0, n+2)
	if f.happens(f.spec.DefaultVPC, forDefaultVPC, place{account: account, region: region}) {
		out = append(out, f.vpc(place{account, region, 0}))
	}
	for i := range n {
		out = append(out, f.vpc(place{account, region, 1 + i}))
	}
	if hub, ok := f.sharedFrom(account, region); ok {
		out = append(out, f.vpc(place{hub, region, 1}))
	}
	if f.happens(f.spec.Foreign, forForeign, place{account: account, region: region}) {
		out = append(out, f.foreignVPC(account, region))
	}
	return out
}

// vpc makes a VPC of an account; number 0 is the default one.
func (f *Fleet) vpc(at place) VPC {
	v := VPC{
		ID: f.id("vpc", forVPCID, at), Owner: f.AccountID(at.account), at: at,
		CIDR: "172.31.0.0/16", Default: at.item == 0,
	}
	if v.Default {
		return v
	}
	v.CIDR = "10." + strconv.Itoa(at.item%256) + ".0.0/16"
	v.Name = "net-" + strconv.Itoa(at.item)
	if f.happens(f.spec.Hostile, forHostile, at) {
		at.region += len(f.regions) // another roll than whether it is hostile
		v.Name = hostileNames[f.below(len(hostileNames), forHostile, at)]
	}
	return v
}

// sharedFrom gives the network account whose first VPC an account sees in a Region. A
// suspended account shares nothing.
func (f *Fleet) sharedFrom(account, region int) (hub int, ok bool) {
	hub = f.hubOf(account)
	ok = hub != account && f.State(hub) == StateActive && f.Enabled(hub, region) &&
		f.happens(f.spec.Shared, forShared, place{account: account, region: region})
	return hub, ok
}

// foreignVPC is one whose owner is in no account of the fleet.
func (f *Fleet) foreignVPC(account, region int) VPC {
	at := place{account: f.spec.Accounts + account, region: region, item: 1}
	v := f.vpc(at)
	v.foreign, v.Name = true, "partner"
	return v
}

// caseOf gives the case that a VPC is made by.
func (f *Fleet) caseOf(v VPC) *vpcCase {
	recorded := f.spec.Recorded
	if v.Default {
		recorded /= 2
	}
	switch {
	case f.happens(recorded, forRecorded, v.at):
		return &f.recorded[f.below(len(f.recorded), forCase, v.at)]
	case f.happens(f.spec.Broken, forBroken, v.at):
		return &f.broken[f.below(len(f.broken), forCase, v.at)]
	}
	return &f.bare
}

// subnetsPerVPC is how many subnets each VPC has, with one interface in each. A default VPC has
// interfaces only where a flow log is on one.
const subnetsPerVPC = 2

// Subnets gives what DescribeSubnets lists.
func (f *Fleet) Subnets(account, region int) []Subnet {
	var out []Subnet
	for _, v := range f.VPCs(account, region) {
		for k := range subnetsPerVPC {
			out = append(out, f.subnet(v, k))
		}
	}
	return out
}

func (f *Fleet) subnet(v VPC, k int) Subnet {
	at := v.at
	at.item = at.item*subnetsPerVPC + k
	network, _, _ := strings.Cut(v.CIDR, ".0.0/")
	return Subnet{
		ID: f.id("subnet", forSubnetID, at), Owner: v.Owner, VPC: v.ID, Zone: k, Default: v.Default,
		CIDR: network + "." + strconv.Itoa(16*k) + ".0/20",
	}
}

// Interfaces gives what DescribeNetworkInterfaces lists: of a shared VPC only the
// account's own.
func (f *Fleet) Interfaces(account, region int) []Interface {
	var out []Interface
	for _, v := range f.VPCs(account, region) {
		for k := range subnetsPerVPC {
			if !v.Default || f.caseOf(v).onInterface() {
				out = append(out, f.networkInterface(v, account, k))
			}
		}
	}
	return out
}

func (f *Fleet) networkInterface(v VPC, account, k int) Interface {
	s := f.subnet(v, k)
	at := place{account, v.at.region, v.at.item*subnetsPerVPC + k}
	if account != v.at.account {
		at.item = -1 - k // in what another account shares
	}
	base, _, _ := strings.Cut(s.CIDR, ".0/")
	return Interface{
		ID: f.id("eni", forInterfaceID, at), Owner: f.AccountID(account), VPC: v.ID, Subnet: s.ID, Zone: k,
		Address: base + "." + strconv.Itoa(10+account%200),
	}
}

// FlowLogs gives what DescribeFlowLogs lists: the logs of the account's own VPCs, and some on its
// own interfaces in a VPC that is shared with it.
func (f *Fleet) FlowLogs(account, region int) []FlowLog {
	var out []FlowLog
	for _, v := range f.VPCs(account, region) {
		if v.at.account == account {
			out = f.appendLogs(out, v)
			continue
		}
		if f.roll(forOwnLog, place{account: account, region: region})%3 == 0 {
			l := f.flowLog(v, len(out), works(firstInterface, "ALL", toS3))
			eni := f.networkInterface(v, account, 0)
			l.ID, l.Resource = f.id("fl", forFlowLogID, place{account, region, -1 - len(out)}), eni.ID
			out = append(out, l)
		}
	}
	return out
}

func (f *Fleet) appendLogs(out []FlowLog, v VPC) []FlowLog {
	for i, plan := range f.caseOf(v).logs {
		out = append(out, f.flowLog(v, i, plan))
	}
	return out
}

// logsPerVPC bounds how many flow logs a case has, so that each has a number of its own.
const logsPerVPC = 8

func (f *Fleet) flowLog(v VPC, i int, plan logPlan) FlowLog {
	at := v.at
	at.item = at.item*logsPerVPC + i
	l := FlowLog{
		ID: f.id("fl", forFlowLogID, at), Traffic: plan.traffic, Status: plan.status,
		Delivery: plan.delivery, Message: plan.message, DestinationType: plan.destination,
		Created: epoch.Add(time.Duration(at.account%10_000) * time.Hour), delivers: plan.delivers,
	}
	switch plan.on {
	case theVPC:
		l.Resource = v.ID
	case firstSubnet:
		l.Resource = f.subnet(v, 0).ID
	case secondSubnet:
		l.Resource = f.subnet(v, 1).ID
	case firstInterface:
		l.Resource = f.networkInterface(v, v.at.account, 0).ID
	}
	f.send(&l, v)
	if f.happens(f.spec.Hostile, forHostile, place{at.account, at.region, -1 - at.item}) {
		l.Name = hostileNames[at.item%len(hostileNames)]
	}
	return l
}

// send fills in where a flow log's records go.
func (f *Fleet) send(l *FlowLog, v VPC) {
	switch l.DestinationType {
	case toLogs:
		l.Group = "/vpc/" + v.ID
		l.RoleARN = "arn:aws:iam::" + v.Owner + ":role/VPC-Flow-Logs-Role"
	case toS3:
		l.DestinationARN = "arn:aws:s3:::flow-logs-" + f.AccountID(1) + "/" + v.Owner
	case toFirehose:
		l.DestinationARN = fmt.Sprintf("arn:aws:firehose:%s:%s:deliverystream/flow-logs", f.regions[v.at.region], v.Owner)
	}
}
