package sandbox

// natGateway translates addresses for a VPC. A regional one serves every zone and lies in no subnet.
type natGateway struct {
	id, vpcID, subnetID string
	regional            bool
	tags                []tag
}

func natKind() *kind[*natGateway] {
	return &kind[*natGateway]{
		prefix: "nat", idParam: "NatGatewayId", code: "InvalidNatGatewayID", noun: "NAT Gateway ID",
		tags: func(g *natGateway) []tag { return g.tags },
		fields: map[string]func(*natGateway) string{
			"nat-gateway-id": func(g *natGateway) string { return g.id },
			"vpc-id":         func(g *natGateway) string { return g.vpcID },
			"subnet-id":      func(g *natGateway) string { return g.subnetID },
			"state":          func(*natGateway) string { return "available" },
		},
	}
}

func describeNATGateways(c *call) error {
	page, err := list(c, &c.region.natGateways, natKind())
	if err != nil {
		return err
	}
	c.xml.open("natGatewaySet")
	for _, r := range page.rows {
		c.xml.within("item", func() { c.xml.natGateway(r.value) })
	}
	c.xml.close("natGatewaySet")
	c.xml.some("nextToken", page.next)
	return nil
}

func (w *xmlWriter) natGateway(g *natGateway) {
	w.text("natGatewayId", g.id)
	w.text("vpcId", g.vpcID)
	w.some("subnetId", g.subnetID)
	w.text("availabilityMode", g.mode())
	w.text("connectivityType", "private")
	w.text("state", "available")
	w.tagSet(g.tags)
}

func (g *natGateway) mode() string {
	if g.regional {
		return "regional"
	}
	return "zonal"
}

// createNATGateway makes one in a subnet, or a regional one in a VPC (EC2 API reference,
// CreateNatGateway).
func createNATGateway(c *call) error {
	g := &natGateway{subnetID: c.form.get("SubnetId"), vpcID: c.form.get("VpcId"), regional: c.form.get("AvailabilityMode") == "regional"}
	switch {
	case g.regional && g.vpcID == "":
		return missing("VpcId")
	case g.regional:
		if err := vpcKind().mustExist(&c.region.vpcs, g.vpcID); err != nil {
			return err
		}
	case g.subnetID == "":
		return missing("SubnetId")
	default:
		if err := subnetKind().mustExist(&c.region.subnets, g.subnetID); err != nil {
			return err
		}
		s, _ := c.region.subnets.get(g.subnetID)
		g.vpcID = s.vpcID
	}
	var err error
	if g.tags, err = newTags(c, "natgateway"); err != nil {
		return err
	}
	if err := dryRun(c); err != nil {
		return err
	}
	g.id = c.account.ids.next("nat")
	c.region.natGateways.add(g.id, g)
	c.xml.within("natGateway", func() { c.xml.natGateway(g) })
	return nil
}
