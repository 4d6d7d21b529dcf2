package sandbox

// transitGateway is a router between networks, as far as flow logs look at it. Routes and route
// tables are not modelled.
type transitGateway struct {
	id, owner, description string
	tags                   []tag
}

// gatewayAttachment joins a VPC to a transit gateway.
type gatewayAttachment struct {
	id, gatewayID, gatewayOwner, vpcID, owner string
	tags                                      []tag
}

func gatewayKind() *kind[*transitGateway] {
	return &kind[*transitGateway]{
		prefix: "tgw", idParam: "TransitGatewayIds", code: "InvalidTransitGatewayID", noun: "transitGateway ID",
		tags: func(g *transitGateway) []tag { return g.tags },
		fields: map[string]func(*transitGateway) string{
			"transit-gateway-id": func(g *transitGateway) string { return g.id },
			"owner-id":           func(g *transitGateway) string { return g.owner },
			"state":              func(*transitGateway) string { return "available" },
		},
	}
}

func describeTransitGateways(c *call) error {
	page, err := list(c, &c.region.gateways, gatewayKind())
	if err != nil {
		return err
	}
	c.xml.open("transitGatewaySet")
	for _, r := range page.rows {
		c.xml.within("item", func() { c.xml.transitGateway(c, r.value) })
	}
	c.xml.close("transitGatewaySet")
	c.xml.some("nextToken", page.next)
	return nil
}

func (w *xmlWriter) transitGateway(c *call, g *transitGateway) {
	w.text("transitGatewayId", g.id)
	w.text("transitGatewayArn", "arn:"+c.account.partition+":ec2:"+c.region.name+":"+g.owner+":transit-gateway/"+g.id)
	w.text("state", "available")
	w.text("ownerId", g.owner)
	w.some("description", g.description)
	w.tagSet(g.tags)
}

func createTransitGateway(c *call) error {
	tags, err := newTags(c, "transit-gateway")
	if err != nil {
		return err
	}
	if err := dryRun(c); err != nil {
		return err
	}
	g := &transitGateway{id: c.account.ids.next("tgw"), owner: c.account.id, description: c.form.get("Description"), tags: tags}
	c.region.gateways.add(g.id, g)
	c.xml.within("transitGateway", func() { c.xml.transitGateway(c, g) })
	return nil
}

func attachmentKind() *kind[*gatewayAttachment] {
	return &kind[*gatewayAttachment]{
		prefix: "tgw-attach", idParam: "TransitGatewayAttachmentIds", code: "InvalidTransitGatewayAttachmentID", noun: "transitGatewayAttachment ID",
		tags: func(a *gatewayAttachment) []tag { return a.tags },
		fields: map[string]func(*gatewayAttachment) string{
			"transit-gateway-attachment-id": func(a *gatewayAttachment) string { return a.id },
			"transit-gateway-id":            func(a *gatewayAttachment) string { return a.gatewayID },
			"resource-id":                   func(a *gatewayAttachment) string { return a.vpcID },
			"resource-type":                 func(*gatewayAttachment) string { return "vpc" },
			"resource-owner-id":             func(a *gatewayAttachment) string { return a.owner },
			"state":                         func(*gatewayAttachment) string { return "available" },
		},
	}
}

func describeTransitGatewayAttachments(c *call) error {
	page, err := list(c, &c.region.attachments, attachmentKind())
	if err != nil {
		return err
	}
	c.xml.open("transitGatewayAttachments")
	for _, r := range page.rows {
		a := r.value
		c.xml.within("item", func() {
			c.xml.text("transitGatewayAttachmentId", a.id)
			c.xml.text("transitGatewayId", a.gatewayID)
			c.xml.text("transitGatewayOwnerId", a.gatewayOwner)
			c.xml.text("resourceType", "vpc")
			c.xml.text("resourceId", a.vpcID)
			c.xml.text("resourceOwnerId", a.owner)
			c.xml.text("state", "available")
			c.xml.tagSet(a.tags)
		})
	}
	c.xml.close("transitGatewayAttachments")
	c.xml.some("nextToken", page.next)
	return nil
}

func createTransitGatewayVPCAttachment(c *call) error {
	gatewayID, vpcID := c.form.get("TransitGatewayId"), c.form.get("VpcId")
	if gatewayID == "" {
		return missing("TransitGatewayId")
	}
	if err := gatewayKind().mustExist(&c.region.gateways, gatewayID); err != nil {
		return err
	}
	if err := vpcKind().mustExist(&c.region.vpcs, vpcID); err != nil {
		return err
	}
	if len(c.form.list("SubnetIds")) == 0 {
		return missing("SubnetIds")
	}
	tags, err := newTags(c, "transit-gateway-attachment")
	if err != nil {
		return err
	}
	if err := dryRun(c); err != nil {
		return err
	}
	g, _ := c.region.gateways.get(gatewayID)
	a := &gatewayAttachment{
		id: c.account.ids.next("tgw-attach"), gatewayID: g.id, gatewayOwner: g.owner, vpcID: vpcID, owner: c.account.id, tags: tags,
	}
	c.region.attachments.add(a.id, a)
	c.xml.within("transitGatewayVpcAttachment", func() {
		c.xml.text("transitGatewayAttachmentId", a.id)
		c.xml.text("transitGatewayId", a.gatewayID)
		c.xml.text("vpcId", a.vpcID)
		c.xml.text("vpcOwnerId", a.owner)
		c.xml.text("state", "available")
		c.xml.tagSet(a.tags)
	})
	return nil
}
