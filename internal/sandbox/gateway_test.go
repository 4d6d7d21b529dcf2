package sandbox_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"flowproof/internal/sandbox"
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

func TestSeededGateways(t *testing.T) {
	t.Parallel()
	w := start(t, scenario(t, `
accounts:
  - id: "123456789012"
    buckets: [{name: logs}]
    regions:
      eu-west-1:
        transit_gateways:
          - {name: core, attachments: 2, flow_logs: [{bucket: logs}, {bucket: logs, on: attachments}]}
          - {id: tgw-0c, owner: "999999999999"}
`))
	ctx, client := t.Context(), w.ec2("eu-west-1")
	gateways, err := client.DescribeTransitGateways(ctx, nil)
	if err != nil || len(gateways.TransitGateways) != 2 || aws.ToString(gateways.TransitGateways[1].OwnerId) != "999999999999" {
		t.Fatalf("%+v %v", gateways, err)
	}
	attachments, err := client.DescribeTransitGatewayAttachments(ctx, nil)
	if err != nil || len(attachments.TransitGatewayAttachments) != 2 {
		t.Fatalf("%+v %v", attachments, err)
	}
	logs, err := client.DescribeFlowLogs(ctx, nil)
	if err != nil || len(logs.FlowLogs) != 3 || logs.FlowLogs[0].TrafficType != "" || aws.ToInt32(logs.FlowLogs[0].MaxAggregationInterval) != 60 {
		t.Errorf("%+v %v", logs, err)
	}
}

func TestSeededGatewaysThatCannotBe(t *testing.T) {
	t.Parallel()
	for name, gateway := range map[string]string{
		"an id of something else":        `{id: vpc-1}`,
		"an owner that is none":          `{owner: me}`,
		"too few attachments":            `{attachments: -1}`,
		"a flow log on a subnet of it":   `{flow_logs: [{bucket: b, on: subnets}]}`,
		"a flow log without a place":     `{flow_logs: [{}]}`,
		"a field that gateways have not": `{colour: red}`,
	} {
		text := "accounts:\n  - id: \"123456789012\"\n    regions: {eu-west-1: {transit_gateways: [" + gateway + "]}}\n"
		sc, err := sandbox.ParseScenario([]byte(text))
		if err == nil {
			_, err = sandbox.New(sc)
		}
		if err == nil {
			t.Errorf("%s is taken", name)
		}
	}
}
