package sandbox_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

// TestFlowLogsOnGateways makes one on a transit gateway, on an attachment and on a regional NAT gateway,
// which moto does not look at.
func TestFlowLogsOnGateways(t *testing.T) {
	t.Parallel()
	w := start(t, scenario(t, workshop))
	ctx, client := t.Context(), w.ec2("us-east-1")
	gateway, err := client.CreateTransitGateway(ctx, &ec2.CreateTransitGatewayInput{})
	if err != nil {
		t.Fatal(err)
	}
	vpc, err := client.CreateVpc(ctx, &ec2.CreateVpcInput{CidrBlock: aws.String("10.77.0.0/16")})
	if err != nil {
		t.Fatal(err)
	}
	subnet, err := client.CreateSubnet(ctx, &ec2.CreateSubnetInput{VpcId: vpc.Vpc.VpcId, CidrBlock: aws.String("10.77.1.0/24")})
	if err != nil {
		t.Fatal(err)
	}
	attachment, err := client.CreateTransitGatewayVpcAttachment(ctx, &ec2.CreateTransitGatewayVpcAttachmentInput{
		TransitGatewayId: gateway.TransitGateway.TransitGatewayId, VpcId: vpc.Vpc.VpcId, SubnetIds: []string{*subnet.Subnet.SubnetId},
	})
	if err != nil {
		t.Fatal(err)
	}
	nat, err := client.CreateNatGateway(ctx, &ec2.CreateNatGatewayInput{VpcId: vpc.Vpc.VpcId, AvailabilityMode: types.AvailabilityModeRegional})
	if err != nil || nat.NatGateway.AvailabilityMode != types.AvailabilityModeRegional {
		t.Fatalf("%+v %v", nat, err)
	}
	for _, on := range []struct {
		kind    types.FlowLogsResourceType
		id      *string
		traffic types.TrafficType
	}{
		{types.FlowLogsResourceTypeTransitGateway, gateway.TransitGateway.TransitGatewayId, ""},
		{types.FlowLogsResourceTypeTransitGatewayAttachment, attachment.TransitGatewayVpcAttachment.TransitGatewayAttachmentId, ""},
		{types.FlowLogsResourceTypeRegionalNatGateway, nat.NatGateway.NatGatewayId, types.TrafficTypeAll},
	} {
		out, err := client.CreateFlowLogs(ctx, &ec2.CreateFlowLogsInput{
			ResourceType: on.kind, ResourceIds: []string{*on.id}, TrafficType: on.traffic, MaxAggregationInterval: aws.Int32(60),
			LogDestinationType: types.LogDestinationTypeS3, LogDestination: aws.String("arn:aws:s3:::archive"),
		})
		if err != nil || len(out.FlowLogIds) != 1 {
			t.Errorf("on %s: %+v %v", *on.id, out, err)
		}
	}
}
