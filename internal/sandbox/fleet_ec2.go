package sandbox

import (
	"flowproof/internal/sandbox/fleet"
)

// fleetEC2Operations lists what EC2 answers in a fleet: the handlers that serve a stored
// account, each on a Region that is filled with just what it lists.
func fleetEC2Operations() map[string]handler {
	return map[string]handler{
		"DescribeRegions":                   describeRegions,
		"DescribeVpcs":                      computed((*call).plantVPCs, describeVPCs),
		"DescribeFlowLogs":                  computed((*call).plantFlowLogs, describeFlowLogs),
		"DescribeSubnets":                   computed((*call).plantSubnets, describeSubnets),
		"DescribeNetworkInterfaces":         computed((*call).plantInterfaces, describeNetworkInterfaces),
		"DescribeTransitGateways":           none("transitGatewaySet"),
		"DescribeTransitGatewayAttachments": none("transitGatewayAttachments"),
	}
}

// computed fills the Region of a call before the call is answered.
func computed(plant func(*call, *fleet.Fleet), answer handler) handler {
	return func(c *call) error {
		plant(c, c.server.population.fleet)
		return answer(c)
	}
}

// none answers a list of which no account of a fleet has anything.
func none(set string) handler {
	return func(c *call) error {
		if _, _, err := paging(c); err != nil {
			return err
		}
		c.xml.text(set, "")
		return dryRun(c)
	}
}

func (c *call) plantVPCs(f *fleet.Fleet) {
	for _, v := range f.VPCs(c.member.number, c.member.region) {
		c.region.vpcs.add(v.ID, &vpc{
			id: v.ID, owner: v.Owner, cidr: v.CIDR, isDefault: v.Default, tenancy: "default", tags: nameTag(v.Name),
		})
	}
}

func nameTag(name string) []tag {
	if name == "" {
		return nil
	}
	return []tag{{"Name", name}}
}

func (c *call) plantFlowLogs(f *fleet.Fleet) {
	for _, l := range f.FlowLogs(c.member.number, c.member.region) {
		log := &flowLog{
			id: l.ID, resourceID: l.Resource, traffic: l.Traffic, role: l.RoleARN, created: l.Created,
			status: l.Status, delivery: l.Delivery, message: l.Message, format: defaultFormat, interval: 600,
			destination: destination{kind: l.DestinationType, arn: l.DestinationARN, group: l.Group}, tags: nameTag(l.Name),
		}
		if l.DestinationType == destS3 {
			log.file = &fileOptions{format: "plain-text"}
		}
		c.region.flowLogs.add(l.ID, log)
	}
}

func (c *call) plantSubnets(f *fleet.Fleet) {
	names := zones(c.region.name)
	for _, s := range f.Subnets(c.member.number, c.member.region) {
		c.region.subnets.add(s.ID, &subnet{
			id: s.ID, owner: s.Owner, vpcID: s.VPC, cidr: s.CIDR, zone: names[s.Zone%len(names)], isDefault: s.Default,
		})
	}
}

func (c *call) plantInterfaces(f *fleet.Fleet) {
	names := zones(c.region.name)
	for _, e := range f.Interfaces(c.member.number, c.member.region) {
		c.region.interfaces.add(e.ID, &networkInterface{
			id: e.ID, owner: e.Owner, vpcID: e.VPC, subnetID: e.Subnet, zone: names[e.Zone%len(names)],
			address: e.Address, inUse: true, created: epoch,
		})
	}
}
