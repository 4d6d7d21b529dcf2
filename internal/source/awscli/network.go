package awscli

import (
	"errors"
	"time"

	"flowproof/internal/inventory"
)

// subnetItem is an item of DescribeSubnets as the CLI prints it.
type subnetItem struct {
	ID    text  `json:"SubnetId"`
	VPC   text  `json:"VpcId"`
	Owner owner `json:"OwnerId"`
	Tags  tags  `json:"Tags"`
}

func addSubnet(inv *inventory.Inventory, item []byte) error {
	var s subnetItem
	if err := decode(item, &s); err != nil {
		return err
	}
	if s.ID == "" || s.VPC == "" {
		return errors.New("it has no SubnetId or no VpcId")
	}
	inv.Subnets = append(inv.Subnets, inventory.Subnet{ID: string(s.ID), VPCID: string(s.VPC), OwnerID: string(s.Owner), Tags: s.Tags})
	return nil
}

// interfaceItem is an item of DescribeNetworkInterfaces as the CLI prints it.
type interfaceItem struct {
	ID         text  `json:"NetworkInterfaceId"`
	VPC        text  `json:"VpcId"`
	Subnet     text  `json:"SubnetId"`
	Owner      owner `json:"OwnerId"`
	Status     text  `json:"Status"`
	Type       text  `json:"InterfaceType"`
	Attachment struct {
		Time instant `json:"AttachTime"`
	} `json:"Attachment"`
	Tags tags `json:"TagSet"`
}

func addInterface(inv *inventory.Inventory, item []byte) error {
	var i interfaceItem
	if err := decode(item, &i); err != nil {
		return err
	}
	if i.ID == "" || i.VPC == "" {
		return errors.New("it has no NetworkInterfaceId or no VpcId")
	}
	inv.Interfaces = append(inv.Interfaces, inventory.Interface{
		ID: string(i.ID), VPCID: string(i.VPC), SubnetID: string(i.Subnet), OwnerID: string(i.Owner),
		Status: string(i.Status), Type: string(i.Type), Attached: time.Time(i.Attachment.Time), Tags: i.Tags,
	})
	return nil
}

// gatewayItem is an item of DescribeTransitGateways as the CLI prints it.
type gatewayItem struct {
	ID    text  `json:"TransitGatewayId"`
	Owner owner `json:"OwnerId"`
	State text  `json:"State"`
	Tags  tags  `json:"Tags"`
}

func addGateway(inv *inventory.Inventory, item []byte) error {
	var g gatewayItem
	if err := decode(item, &g); err != nil {
		return err
	}
	if g.ID == "" {
		return errors.New("it has no TransitGatewayId")
	}
	inv.TransitGateways = append(inv.TransitGateways, inventory.TransitGateway{
		ID: string(g.ID), OwnerID: string(g.Owner), State: string(g.State), Tags: g.Tags,
	})
	return nil
}

// attachmentItem is an item of DescribeTransitGatewayAttachments as the CLI prints it.
type attachmentItem struct {
	ID           text  `json:"TransitGatewayAttachmentId"`
	Gateway      text  `json:"TransitGatewayId"`
	ResourceType text  `json:"ResourceType"`
	Resource     text  `json:"ResourceId"`
	Owner        owner `json:"ResourceOwnerId"`
	State        text  `json:"State"`
}

func addAttachment(inv *inventory.Inventory, item []byte) error {
	var a attachmentItem
	if err := decode(item, &a); err != nil {
		return err
	}
	if a.ID == "" || a.Gateway == "" {
		return errors.New("it has no TransitGatewayAttachmentId or no TransitGatewayId")
	}
	inv.GatewayAttachments = append(inv.GatewayAttachments, inventory.GatewayAttachment{
		ID: string(a.ID), GatewayID: string(a.Gateway), ResourceType: string(a.ResourceType), ResourceID: string(a.Resource),
		OwnerID: string(a.Owner), State: string(a.State),
	})
	return nil
}

// natItem is an item of DescribeNatGateways as the CLI prints it.
type natItem struct {
	ID    text `json:"NatGatewayId"`
	VPC   text `json:"VpcId"`
	Mode  text `json:"AvailabilityMode"`
	State text `json:"State"`
	Tags  tags `json:"Tags"`
}

func addNATGateway(inv *inventory.Inventory, item []byte) error {
	var g natItem
	if err := decode(item, &g); err != nil {
		return err
	}
	if g.ID == "" {
		return errors.New("it has no NatGatewayId")
	}
	inv.NATGateways = append(inv.NATGateways, inventory.NATGateway{
		ID: string(g.ID), VPCID: string(g.VPC), Mode: string(g.Mode), State: string(g.State), Tags: g.Tags,
	})
	return nil
}
