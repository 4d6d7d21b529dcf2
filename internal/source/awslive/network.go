package awslive

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"

	"flowproof/internal/inventory"
)

// networkReader is what is read of EC2 beside the two lists, when a rule asks for it.
type networkReader interface {
	DescribeSubnets(context.Context, *ec2.DescribeSubnetsInput, ...func(*ec2.Options)) (*ec2.DescribeSubnetsOutput, error)
	DescribeNetworkInterfaces(context.Context, *ec2.DescribeNetworkInterfacesInput, ...func(*ec2.Options)) (*ec2.DescribeNetworkInterfacesOutput, error)
	DescribeTransitGateways(context.Context, *ec2.DescribeTransitGatewaysInput, ...func(*ec2.Options)) (*ec2.DescribeTransitGatewaysOutput, error)
	DescribeTransitGatewayAttachments(context.Context, *ec2.DescribeTransitGatewayAttachmentsInput, ...func(*ec2.Options)) (*ec2.DescribeTransitGatewayAttachmentsOutput, error)
	DescribeNatGateways(context.Context, *ec2.DescribeNatGatewaysInput, ...func(*ec2.Options)) (*ec2.DescribeNatGatewaysOutput, error)
}

func readSubnets(ctx context.Context, client regionReader, inv *inventory.Inventory) error {
	pages := ec2.NewDescribeSubnetsPaginator(client, &ec2.DescribeSubnetsInput{MaxResults: aws.Int32(pageSize)})
	return eachPage(ctx, pages, func(page *ec2.DescribeSubnetsOutput) {
		for _, s := range page.Subnets {
			inv.Subnets = append(inv.Subnets, inventory.Subnet{
				ID: aws.ToString(s.SubnetId), VPCID: aws.ToString(s.VpcId), OwnerID: aws.ToString(s.OwnerId), Tags: tagsOf(s.Tags),
			})
		}
	})
}

func readNetworkInterfaces(ctx context.Context, client regionReader, inv *inventory.Inventory) error {
	pages := ec2.NewDescribeNetworkInterfacesPaginator(client, &ec2.DescribeNetworkInterfacesInput{MaxResults: aws.Int32(pageSize)})
	return eachPage(ctx, pages, func(page *ec2.DescribeNetworkInterfacesOutput) {
		for _, i := range page.NetworkInterfaces {
			eni := inventory.Interface{
				ID: aws.ToString(i.NetworkInterfaceId), VPCID: aws.ToString(i.VpcId), SubnetID: aws.ToString(i.SubnetId),
				OwnerID: aws.ToString(i.OwnerId), Status: string(i.Status), Type: string(i.InterfaceType), Tags: tagsOf(i.TagSet),
			}
			if i.Attachment != nil {
				eni.Attached = aws.ToTime(i.Attachment.AttachTime).UTC()
			}
			inv.Interfaces = append(inv.Interfaces, eni)
		}
	})
}

func readTransitGateways(ctx context.Context, client regionReader, inv *inventory.Inventory) error {
	pages := ec2.NewDescribeTransitGatewaysPaginator(client, &ec2.DescribeTransitGatewaysInput{MaxResults: aws.Int32(pageSize)})
	return eachPage(ctx, pages, func(page *ec2.DescribeTransitGatewaysOutput) {
		for _, g := range page.TransitGateways {
			inv.TransitGateways = append(inv.TransitGateways, inventory.TransitGateway{
				ID: aws.ToString(g.TransitGatewayId), OwnerID: aws.ToString(g.OwnerId), State: string(g.State), Tags: tagsOf(g.Tags),
			})
		}
	})
}

func readAttachments(ctx context.Context, client regionReader, inv *inventory.Inventory) error {
	pages := ec2.NewDescribeTransitGatewayAttachmentsPaginator(client, &ec2.DescribeTransitGatewayAttachmentsInput{MaxResults: aws.Int32(pageSize)})
	return eachPage(ctx, pages, func(page *ec2.DescribeTransitGatewayAttachmentsOutput) {
		for _, a := range page.TransitGatewayAttachments {
			inv.GatewayAttachments = append(inv.GatewayAttachments, inventory.GatewayAttachment{
				ID: aws.ToString(a.TransitGatewayAttachmentId), GatewayID: aws.ToString(a.TransitGatewayId),
				ResourceType: string(a.ResourceType), ResourceID: aws.ToString(a.ResourceId), OwnerID: aws.ToString(a.ResourceOwnerId),
				State: string(a.State),
			})
		}
	})
}

func readNATGateways(ctx context.Context, client regionReader, inv *inventory.Inventory) error {
	pages := ec2.NewDescribeNatGatewaysPaginator(client, &ec2.DescribeNatGatewaysInput{MaxResults: aws.Int32(pageSize)})
	return eachPage(ctx, pages, func(page *ec2.DescribeNatGatewaysOutput) {
		for _, g := range page.NatGateways {
			inv.NATGateways = append(inv.NATGateways, inventory.NATGateway{
				ID: aws.ToString(g.NatGatewayId), VPCID: aws.ToString(g.VpcId), Mode: string(g.AvailabilityMode), State: string(g.State), Tags: tagsOf(g.Tags),
			})
		}
	})
}
