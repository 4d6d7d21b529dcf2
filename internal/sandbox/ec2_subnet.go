package sandbox

import (
	"net/netip"
	"slices"
	"strings"
)

func subnetKind() *kind[*subnet] {
	cidr := func(s *subnet) string { return s.cidr }
	zone := func(s *subnet) string { return s.zone }
	isDefault := func(s *subnet) string { return boolText(s.isDefault) }
	return &kind[*subnet]{
		prefix: "subnet", idParam: "SubnetId", code: "InvalidSubnetID", noun: "subnet ID",
		tags: func(s *subnet) []tag { return s.tags },
		fields: map[string]func(*subnet) string{
			"subnet-id": func(s *subnet) string { return s.id },
			"vpc-id":    func(s *subnet) string { return s.vpcID },
			"owner-id":  func(s *subnet) string { return s.owner },
			"state":     func(*subnet) string { return "available" },
			"cidr":      cidr, "cidr-block": cidr, "cidrBlock": cidr,
			"availability-zone": zone, "availabilityZone": zone,
			"default-for-az": isDefault, "defaultForAz": isDefault,
		},
	}
}

func describeSubnets(c *call) error {
	page, err := list(c, &c.region.subnets, subnetKind())
	if err != nil {
		return err
	}
	c.xml.open("subnetSet")
	for _, r := range page.rows {
		c.xml.open("item")
		c.xml.subnet(c, r.value)
		c.xml.close("item")
	}
	c.xml.close("subnetSet")
	c.xml.some("nextToken", page.next)
	return nil
}

func (w *xmlWriter) subnet(c *call, s *subnet) {
	w.text("subnetId", s.id)
	w.text("subnetArn", "arn:"+c.account.partition+":ec2:"+c.region.name+":"+s.owner+":subnet/"+s.id)
	w.text("state", "available")
	w.text("ownerId", s.owner)
	w.text("vpcId", s.vpcID)
	w.text("cidrBlock", s.cidr)
	w.int("availableIpAddressCount", c.region.freeAddresses(s))
	w.text("availabilityZone", s.zone)
	w.text("availabilityZoneId", zoneID(s.zone))
	w.bool("defaultForAz", s.isDefault)
	w.bool("mapPublicIpOnLaunch", s.isDefault)
	w.bool("assignIpv6AddressOnCreation", false)
	w.bool("ipv6Native", false)
	w.open("privateDnsNameOptionsOnLaunch")
	w.text("hostnameType", "ip-name")
	w.bool("enableResourceNameDnsARecord", false)
	w.bool("enableResourceNameDnsAAAARecord", false)
	w.close("privateDnsNameOptionsOnLaunch")
	w.tagSet(s.tags)
}

// reserved are the addresses of each subnet that AWS keeps for itself.
const reserved = 5

func (r *region) freeAddresses(s *subnet) int {
	p, err := netip.ParsePrefix(s.cidr)
	if err != nil {
		return 0
	}
	return max(1<<(32-p.Bits())-reserved-len(r.watched[s.id]), 0)
}

func createSubnet(c *call) error {
	vpcID := c.form.get("VpcId")
	if vpcID == "" {
		return missing("VpcId")
	}
	block, err := cidrParam(c, "InvalidSubnet.Range")
	if err != nil {
		return err
	}
	if err := vpcKind().mustExist(&c.region.vpcs, vpcID); err != nil {
		return err
	}
	if err := c.mustOwn(c.region.vpcOwner(vpcID)); err != nil {
		return err
	}
	if err := c.region.fits(vpcID, block); err != nil {
		return err
	}
	names := zones(c.region.name)
	zone := c.form.get("AvailabilityZone")
	if zone == "" {
		zone = names[0]
	} else if !slices.Contains(names, zone) {
		return badRequest("InvalidParameterValue", "Value ("+zone+") for parameter availabilityZone is invalid. Subnets can currently only be created in the following availability zones: "+strings.Join(names, ", ")+".")
	}
	tags, err := newTags(c, "subnet")
	if err != nil {
		return err
	}
	if err := dryRun(c); err != nil {
		return err
	}
	s := &subnet{id: c.account.ids.next("subnet"), owner: c.account.id, vpcID: vpcID, cidr: block.String(), zone: zone, tags: tags}
	c.region.subnets.add(s.id, s)
	c.xml.open("subnet")
	c.xml.subnet(c, s)
	c.xml.close("subnet")
	return nil
}

// fits says whether a new subnet lies inside its VPC and beside the others.
func (r *region) fits(vpcID string, block netip.Prefix) error {
	v, _ := r.vpcs.get(vpcID)
	outer, err := netip.ParsePrefix(v.cidr)
	if err != nil || !outer.Contains(block.Addr()) || outer.Bits() > block.Bits() {
		return badRequest("InvalidSubnet.Range", "The CIDR '"+block.String()+"' is invalid.")
	}
	for _, row := range r.subnets.rows {
		other, err := netip.ParsePrefix(row.value.cidr)
		if row.value.vpcID == vpcID && err == nil && other.Overlaps(block) {
			return badRequest("InvalidSubnet.Conflict", "The CIDR '"+block.String()+"' conflicts with another subnet")
		}
	}
	return nil
}

func deleteSubnet(c *call) error {
	id := c.form.get("SubnetId")
	if id == "" {
		return missing("SubnetId")
	}
	if err := subnetKind().mustExist(&c.region.subnets, id); err != nil {
		return err
	}
	s, _ := c.region.subnets.get(id)
	if err := c.mustOwn(s.owner); err != nil {
		return err
	}
	if len(c.region.watched[id]) > 0 {
		return badRequest("DependencyViolation", "The subnet '"+id+"' has dependencies and cannot be deleted.")
	}
	if err := dryRun(c); err != nil {
		return err
	}
	c.region.subnets.remove(id)
	c.region.dropFlowLogs(id, c.now)
	return done(c)
}
