package sandbox

import (
	"net/netip"
)

// defaultVPCBlock is the address block of every default VPC.
const defaultVPCBlock = "172.31.0.0/16"

func vpcKind() *kind[*vpc] {
	cidr := func(v *vpc) string { return v.cidr }
	isDefault := func(v *vpc) string { return boolText(v.isDefault) }
	return &kind[*vpc]{
		prefix: "vpc", idParam: "VpcId", code: "InvalidVpcID", noun: "vpc ID",
		tags: func(v *vpc) []tag { return v.tags },
		fields: map[string]func(*vpc) string{
			"vpc-id":     func(v *vpc) string { return v.id },
			"owner-id":   func(v *vpc) string { return v.owner },
			"is-default": isDefault, "isDefault": isDefault,
			"state": func(*vpc) string { return "available" },
			"cidr":  cidr, "cidr-block": cidr, "cidrBlock": cidr,
			"cidr-block-association.cidr-block": cidr,
		},
	}
}

func describeVPCs(c *call) error {
	page, err := list(c, &c.region.vpcs, vpcKind())
	if err != nil {
		return err
	}
	options := c.account.ids.seeded("dopt", c.region.name)
	c.xml.open("vpcSet")
	for _, r := range page.rows {
		c.xml.open("item")
		c.xml.vpc(r.value, options)
		c.xml.close("item")
	}
	c.xml.close("vpcSet")
	c.xml.some("nextToken", page.next)
	return nil
}

func (w *xmlWriter) vpc(v *vpc, dhcpOptions string) {
	w.text("vpcId", v.id)
	w.text("ownerId", v.owner)
	w.text("state", "available")
	w.text("cidrBlock", v.cidr)
	w.open("cidrBlockAssociationSet")
	w.open("item")
	w.text("cidrBlock", v.cidr)
	w.text("associationId", "vpc-cidr-assoc-"+v.id[len("vpc-"):])
	w.open("cidrBlockState")
	w.text("state", "associated")
	w.close("cidrBlockState")
	w.close("item")
	w.close("cidrBlockAssociationSet")
	w.text("dhcpOptionsId", dhcpOptions)
	w.text("instanceTenancy", v.tenancy)
	w.bool("isDefault", v.isDefault)
	w.tagSet(v.tags)
}

func createVPC(c *call) error {
	block, err := cidrParam(c, "InvalidVpc.Range")
	if err != nil {
		return err
	}
	tags, err := newTags(c, "vpc")
	if err != nil {
		return err
	}
	if err := dryRun(c); err != nil {
		return err
	}
	v := &vpc{id: c.account.ids.next("vpc"), owner: c.account.id, cidr: block.String(), tenancy: "default", tags: tags}
	if t := c.form.get("InstanceTenancy"); t != "" {
		v.tenancy = t
	}
	c.region.vpcs.add(v.id, v)
	c.xml.open("vpc")
	c.xml.vpc(v, c.account.ids.seeded("dopt", c.region.name))
	c.xml.close("vpc")
	return nil
}

// cidrParam reads an address block between /16 and /28, the sizes that VPCs and
// subnets can have.
func cidrParam(c *call, rangeCode string) (netip.Prefix, error) {
	text := c.form.get("CidrBlock")
	if text == "" {
		return netip.Prefix{}, missing("CidrBlock")
	}
	p, err := netip.ParsePrefix(text)
	if err != nil || !p.Addr().Is4() {
		return netip.Prefix{}, badRequest("InvalidParameterValue", "Value ("+text+") for parameter cidrBlock is invalid. This is not a valid CIDR block.")
	}
	if p.Bits() < 16 || p.Bits() > 28 {
		return netip.Prefix{}, badRequest(rangeCode, "The CIDR '"+text+"' is invalid.")
	}
	return p.Masked(), nil
}

// deleteVPC refuses a VPC that still holds something. The flow logs of a
// deleted VPC go with it (AWS removes them some time later).
func deleteVPC(c *call) error {
	id := c.form.get("VpcId")
	if id == "" {
		return missing("VpcId")
	}
	if err := vpcKind().mustExist(&c.region.vpcs, id); err != nil {
		return err
	}
	if err := c.mustOwn(c.region.vpcOwner(id)); err != nil {
		return err
	}
	for _, r := range c.region.subnets.rows {
		if r.value.vpcID == id {
			return badRequest("DependencyViolation", "The vpc '"+id+"' has dependencies and cannot be deleted.")
		}
	}
	if err := dryRun(c); err != nil {
		return err
	}
	c.region.vpcs.remove(id)
	c.region.dropFlowLogs(id, c.now)
	return done(c)
}

func (r *region) vpcOwner(id string) string {
	if v, ok := r.vpcs.get(id); ok {
		return v.owner
	}
	return ""
}

// mustOwn refuses what a participant may not do to a shared VPC and what is in it. How
// AWS words this is not known; the bare sentence is an assumption.
func (c *call) mustOwn(owner string) error {
	if owner != c.account.id {
		return &apiError{403, "UnauthorizedOperation", "You are not authorized to perform this operation."}
	}
	return nil
}
