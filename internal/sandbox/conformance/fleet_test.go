package conformance

import (
	"fmt"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"

	"flowproof/internal/sandbox"
	"flowproof/internal/sandbox/fleet"
)

// computed is the smallest fleet: one account as AWS hands it out.
func computed(t *testing.T, account string, _ []string) *sandbox.Server {
	t.Helper()
	spec, err := fleet.Parse("accounts=1,vpcs=0,recorded=0,broken=0,crowded=0,management=" + account)
	if err != nil {
		t.Fatal(err)
	}
	return sandbox.NewFleet(sandbox.Organisation(spec))
}

// fleetFlows hold what a fleet answers: reads alone.
func fleetFlows() []flow {
	describeLogs := func(in ec2.DescribeFlowLogsInput) caller { return ec2Call((*ec2.Client).DescribeFlowLogs, in) }
	dry := aws.Bool(true)
	return []flow{identityFlow(), regionFlow(), {name: "reads of an account as AWS hands it out", steps: []step{
		{name: "the default VPC", call: describeVPCs(ec2.DescribeVpcsInput{})},
		{name: "in another Region, too", region: "sa-east-1", call: describeVPCs(ec2.DescribeVpcsInput{})},
		{name: "by the CLI", call: cliCall("ec2", "describe-vpcs")},
		{name: "by is-default", call: describeVPCs(ec2.DescribeVpcsInput{Filters: filter("is-default", "true")})},
		{name: "by owner-id", call: describeVPCs(ec2.DescribeVpcsInput{Filters: filter("owner-id", "{{account}}")})},
		{name: "by another owner-id", call: describeVPCs(ec2.DescribeVpcsInput{Filters: filter("owner-id", "999999999999")})},
		{name: "by no-such-filter", call: describeVPCs(ec2.DescribeVpcsInput{Filters: filter("no-such-filter", "x")})},
		{name: "too small a page", call: describeVPCs(ec2.DescribeVpcsInput{MaxResults: aws.Int32(4)})},
		{name: "a VPC id that nothing has", call: describeVPCs(ec2.DescribeVpcsInput{VpcIds: []string{noVPC}})},
		{name: "a VPC id that is none", call: describeVPCs(ec2.DescribeVpcsInput{VpcIds: []string{"shop"}})},
		{name: "describe VPCs", call: describeVPCs(ec2.DescribeVpcsInput{DryRun: dry})},
		{name: "no flow logs", call: describeLogs(ec2.DescribeFlowLogsInput{})},
		{name: "no flow logs by the CLI", call: cliCall("ec2", "describe-flow-logs")},
		{name: "describe flow logs", call: describeLogs(ec2.DescribeFlowLogsInput{DryRun: dry})},
		{name: "no interface", call: describeInterfaces(ec2.DescribeNetworkInterfacesInput{})},
		{name: "a subnet id that nothing has", call: describeSubnets(ec2.DescribeSubnetsInput{SubnetIds: []string{noSubnet}})},
		{name: "no transit gateway", call: ec2Call((*ec2.Client).DescribeTransitGateways, ec2.DescribeTransitGatewaysInput{})},
		{name: "nothing attached to one", call: ec2Call((*ec2.Client).DescribeTransitGatewayAttachments, ec2.DescribeTransitGatewayAttachmentsInput{})},
		{name: "an operation that EC2 has not", call: formCall("ec2", "DescribeUnicorns", map[string]string{"Version": "2016-11-15"})},
	}}}
}

// The differences are those of the stored account: the fleet may have none of its own.
func TestFleetAnswersAsMotoDoes(t *testing.T) {
	t.Parallel()
	seen := &used{rows: make(map[int]int)}
	for i, f := range fleetFlows() {
		t.Run(f.name, func(t *testing.T) {
			t.Parallel()
			f.run(t, computed, fmt.Sprintf("3000000%05d", i), seen)
		})
	}
}
