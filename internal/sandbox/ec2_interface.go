package sandbox

import (
	"net"
	"net/netip"
	"strings"
)

func networkInterfaceKind() *kind[*networkInterface] {
	zone := func(e *networkInterface) string { return e.zone }
	return &kind[*networkInterface]{
		prefix: "eni", idParam: "NetworkInterfaceId", code: "InvalidNetworkInterfaceID", noun: "networkInterface ID",
		tags: func(e *networkInterface) []tag { return e.tags },
		fields: map[string]func(*networkInterface) string{
			"network-interface-id": func(e *networkInterface) string { return e.id },
			"subnet-id":            func(e *networkInterface) string { return e.subnetID },
			"vpc-id":               func(e *networkInterface) string { return e.vpcID },
			"owner-id":             func(e *networkInterface) string { return e.owner },
			"availability-zone":    zone,
			"private-ip-address":   func(e *networkInterface) string { return e.address },
			"description":          func(e *networkInterface) string { return e.description },
			"interface-type":       func(*networkInterface) string { return "interface" },
			"status":               (*networkInterface).status,
		},
	}
}

func (e *networkInterface) status() string {
	if e.inUse {
		return "in-use"
	}
	return "available"
}

func describeNetworkInterfaces(c *call) error {
	page, err := list(c, &c.region.interfaces, networkInterfaceKind())
	if err != nil {
		return err
	}
	c.xml.open("networkInterfaceSet")
	for _, r := range page.rows {
		c.xml.open("item")
		c.xml.networkInterface(r.value)
		c.xml.close("item")
	}
	c.xml.close("networkInterfaceSet")
	c.xml.some("nextToken", page.next)
	return nil
}

func (w *xmlWriter) networkInterface(e *networkInterface) {
	w.text("networkInterfaceId", e.id)
	w.text("subnetId", e.subnetID)
	w.text("vpcId", e.vpcID)
	w.text("availabilityZone", e.zone)
	w.text("description", e.description)
	w.text("ownerId", e.owner)
	w.text("requesterId", userID(e.owner))
	w.bool("requesterManaged", false)
	w.text("status", e.status())
	w.text("privateIpAddress", e.address)
	w.open("privateIpAddressesSet")
	w.open("item")
	w.text("privateIpAddress", e.address)
	w.bool("primary", true)
	w.close("item")
	w.close("privateIpAddressesSet")
	w.text("macAddress", macAddress(e.id))
	w.open("groupSet") // the default security group of the VPC
	w.open("item")
	w.text("groupId", "sg-"+strings.TrimPrefix(e.vpcID, "vpc-"))
	w.text("groupName", "default")
	w.close("item")
	w.close("groupSet")
	w.bool("sourceDestCheck", true)
	w.text("interfaceType", "interface")
	if e.inUse {
		tail := e.id[len("eni-"):]
		w.open("attachment")
		w.text("attachmentId", "eni-attach-"+tail)
		w.text("instanceId", "i-"+tail)
		w.text("instanceOwnerId", e.owner)
		w.int("deviceIndex", 0)
		w.text("status", "attached")
		w.time("attachTime", e.created)
		w.bool("deleteOnTermination", true)
		w.close("attachment")
	}
	w.tagSet(e.tags)
}

// macAddress makes a locally administered address out of an interface's id.
func macAddress(id string) string {
	h := digest("mac", id)
	return net.HardwareAddr{0x02, h[0], h[1], h[2], h[3], h[4]}.String()
}

func createNetworkInterface(c *call) error {
	id := c.form.get("SubnetId")
	if id == "" {
		return missing("SubnetId")
	}
	if err := subnetKind().mustExist(&c.region.subnets, id); err != nil {
		return err
	}
	s, _ := c.region.subnets.get(id)
	tags, err := newTags(c, "network-interface")
	if err != nil {
		return err
	}
	if c.region.freeAddresses(s) == 0 {
		return badRequest("InsufficientFreeAddressesInSubnet", "The specified subnet does not have enough free addresses to satisfy the request.")
	}
	if err := dryRun(c); err != nil {
		return err
	}
	address, err := c.region.freeAddress(s, c.form.get("PrivateIpAddress"))
	if err != nil {
		return err
	}
	e := &networkInterface{
		id: c.account.ids.next("eni"), owner: c.account.id, vpcID: s.vpcID, subnetID: s.id, zone: s.zone,
		address: address, description: c.form.get("Description"), created: c.now, tags: tags,
	}
	c.region.addInterface(e)
	c.account.wake(c.now)
	c.xml.open("networkInterface")
	c.xml.networkInterface(e)
	c.xml.close("networkInterface")
	return nil
}

// addInterface puts an interface into the Region.
func (r *region) addInterface(e *networkInterface) {
	r.interfaces.add(e.id, e)
	for _, id := range []string{e.id, e.subnetID, e.vpcID} {
		r.watched[id] = append(r.watched[id], e)
	}
}

// freeAddress gives the address for a new interface: the one asked for, or the first
// that no interface of the subnet has.
func (r *region) freeAddress(s *subnet, asked string) (string, error) {
	taken := make(map[string]bool)
	for _, e := range r.watched[s.id] {
		taken[e.address] = true
	}
	block, err := netip.ParsePrefix(s.cidr)
	if err != nil {
		return "", err
	}
	if asked != "" {
		a, err := netip.ParseAddr(asked)
		if err != nil || !block.Contains(a) {
			return "", badRequest("InvalidParameterValue", "Value ("+asked+") for parameter privateIpAddress is invalid. Address does not fall within the subnet's address range")
		}
		if taken[a.String()] {
			return "", badRequest("InvalidIPAddress.InUse", "The specified address is already in use.")
		}
		return a.String(), nil
	}
	for n := reserved - 1; ; n++ {
		if a := addAddr(block.Addr(), n).String(); !taken[a] {
			return a, nil
		}
	}
}
