package sandbox_test

import (
	"context"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

func TestLifeOfANetwork(t *testing.T) {
	t.Parallel()
	w := start(t, scenario(t, `accounts: [{id: "123456789012", default_vpcs: false}]`))
	client, ctx := w.ec2("eu-west-1"), context.Background()
	made, err := client.CreateVpc(ctx, &ec2.CreateVpcInput{CidrBlock: aws.String("10.9.3.7/16"), TagSpecifications: []types.TagSpecification{
		{ResourceType: types.ResourceTypeVpc, Tags: []types.Tag{{Key: aws.String("Name"), Value: aws.String("net <1> & \u009b31m")}}},
	}})
	if err != nil {
		t.Fatal(err)
	}
	v := made.Vpc
	if aws.ToString(v.CidrBlock) != "10.9.0.0/16" || aws.ToString(v.Tags[0].Value) != "net <1> & \u009b31m" || aws.ToBool(v.IsDefault) {
		t.Errorf("%+v", v)
	}
	subnet, err := client.CreateSubnet(ctx, &ec2.CreateSubnetInput{VpcId: v.VpcId, CidrBlock: aws.String("10.9.1.0/28"), AvailabilityZone: aws.String("eu-west-1b")})
	if err != nil {
		t.Fatal(err)
	}
	id := subnet.Subnet.SubnetId
	eni, err := client.CreateNetworkInterface(ctx, &ec2.CreateNetworkInterfaceInput{SubnetId: id, Description: aws.String("test")})
	if err != nil {
		t.Fatal(err)
	}
	if e := eni.NetworkInterface; aws.ToString(e.PrivateIpAddress) != "10.9.1.4" || e.Status != types.NetworkInterfaceStatusAvailable || aws.ToString(e.AvailabilityZone) != "eu-west-1b" {
		t.Errorf("%+v", e)
	}
	_, err = client.CreateNetworkInterface(ctx, &ec2.CreateNetworkInterfaceInput{SubnetId: id, PrivateIpAddress: aws.String("10.9.1.4")})
	wantError(t, err, "InvalidIPAddress.InUse", 400, "")
	_, err = client.DeleteSubnet(ctx, &ec2.DeleteSubnetInput{SubnetId: id})
	wantError(t, err, "DependencyViolation", 400, aws.ToString(id))
	_, err = client.DeleteVpc(ctx, &ec2.DeleteVpcInput{VpcId: v.VpcId})
	wantError(t, err, "DependencyViolation", 400, aws.ToString(v.VpcId))
}

func TestDeletingTakesFlowLogsAlong(t *testing.T) {
	t.Parallel()
	w := start(t, scenario(t, `accounts: [{id: "123456789012", default_vpcs: false, regions: {eu-west-1: {vpcs: [
		{id: vpc-0aaa, subnets: 1, flow_logs: [{group: a}, {group: b, on: subnets}]}]}}}]`))
	client, ctx := w.ec2("eu-west-1"), context.Background()
	subnets, err := client.DescribeSubnets(ctx, nil)
	if err != nil || len(subnets.Subnets) != 1 {
		t.Fatalf("%+v %v", subnets, err)
	}
	if _, err := client.DeleteSubnet(ctx, &ec2.DeleteSubnetInput{SubnetId: subnets.Subnets[0].SubnetId}); err != nil {
		t.Fatal(err)
	}
	if left := readFlowLogs(ctx, t, w, nil); len(left) != 1 {
		t.Errorf("after the subnet: %v", left)
	}
	if _, err := client.DeleteVpc(ctx, &ec2.DeleteVpcInput{VpcId: aws.String("vpc-0aaa")}); err != nil {
		t.Fatal(err)
	}
	if left := readFlowLogs(ctx, t, w, nil); len(left) != 0 {
		t.Errorf("after the VPC: %v", left)
	}
}

func TestNetworksRefuse(t *testing.T) {
	t.Parallel()
	w := start(t, scenario(t, workshop))
	client, ctx := w.ec2("eu-west-1"), context.Background()
	vpc := func(cidr *string) error {
		_, err := client.CreateVpc(ctx, &ec2.CreateVpcInput{CidrBlock: cidr})
		return err
	}
	subnet := func(vpc, cidr, zone string) error {
		in := &ec2.CreateSubnetInput{VpcId: &vpc, CidrBlock: &cidr}
		if zone != "" {
			in.AvailabilityZone = &zone
		}
		_, err := client.CreateSubnet(ctx, in)
		return err
	}
	tag := func(id, key string) error {
		_, err := client.CreateTags(ctx, &ec2.CreateTagsInput{Resources: []string{"vpc-0aaa", id}, Tags: []types.Tag{{Key: &key, Value: aws.String("v")}}})
		return err
	}
	for _, tt := range []struct {
		name string
		err  error
		code string
	}{
		{"a VPC without a block", vpc(nil), "MissingParameter"},
		{"a VPC with a made-up block", vpc(aws.String("ten/8")), "InvalidParameterValue"},
		{"a VPC that is too large", vpc(aws.String("10.0.0.0/8")), "InvalidVpc.Range"},
		{"a subnet in no VPC", subnet("vpc-0fff", "10.1.1.0/24", ""), "InvalidVpcID.NotFound"},
		{"a subnet outside its VPC", subnet("vpc-0aaa", "10.2.1.0/24", ""), "InvalidSubnet.Range"},
		{"a subnet over another", subnet("vpc-0aaa", "10.1.0.0/20", ""), "InvalidSubnet.Conflict"},
		{"a subnet in no zone", subnet("vpc-0aaa", "10.1.1.0/24", "eu-west-1z"), "InvalidParameterValue"},
		{"tags on nothing", tag("vpc-0fff", "k"), "InvalidID"},
		{"a tag of AWS's own", tag("vpc-0bbb", "aws:k"), "InvalidParameterValue"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			wantError(t, tt.err, tt.code, 400, "")
		})
	}
	wantError(t, subnet("vpc-0ccc", "10.3.1.0/24", ""), "UnauthorizedOperation", 403, "") // shared by its owner
	out, err := client.DescribeVpcs(ctx, &ec2.DescribeVpcsInput{VpcIds: []string{"vpc-0aaa"}})
	if err != nil || len(out.Vpcs[0].Tags) != 0 {
		t.Errorf("a refused CreateTags left %+v (error %v)", out, err)
	}
}

func TestTagsReplaceByKey(t *testing.T) {
	t.Parallel()
	w := start(t, scenario(t, shop))
	client, ctx := w.ec2("eu-west-1"), context.Background()
	_, err := client.CreateTags(ctx, &ec2.CreateTagsInput{Resources: []string{"vpc-0aaa", "fl-0aaa"}, Tags: []types.Tag{
		{Key: aws.String("env"), Value: aws.String("live")}, {Key: aws.String("new"), Value: aws.String("")},
	}})
	if err != nil {
		t.Fatal(err)
	}
	out, err := client.DescribeVpcs(ctx, &ec2.DescribeVpcsInput{VpcIds: []string{"vpc-0aaa"}})
	if err != nil {
		t.Fatal(err)
	}
	got := ""
	for _, tag := range out.Vpcs[0].Tags {
		got += aws.ToString(tag.Key) + "=" + aws.ToString(tag.Value) + " "
	}
	if got != "Name=prod env=live new= " {
		t.Errorf("tags %q", got)
	}
}

func TestAccountsAreApart(t *testing.T) {
	t.Parallel()
	w := start(t, scenario(t, `accounts: [{id: "123456789012"}, {id: "210987654321", access_keys: [AKIASECOND]}]`))
	ctx := context.Background()
	for key, want := range map[string]string{"anything": "123456789012", "AKIASECOND": "210987654321", "210987654321": "210987654321"} {
		out, err := ec2.NewFromConfig(w.config("eu-west-1", key)).DescribeVpcs(ctx, nil)
		if err != nil || len(out.Vpcs) != 1 || aws.ToString(out.Vpcs[0].OwnerId) != want {
			t.Errorf("%s: %+v %v", key, out, err)
		}
	}
}

func TestManyClientsAtOnce(t *testing.T) {
	t.Parallel()
	w := start(t, scenario(t, `accounts: [{id: "123456789012", default_vpcs: false, roles: [
		{name: deliver, trusted_service: vpc-flow-logs.amazonaws.com, allow: ["logs:*"]}]}]`))
	ctx := context.Background()
	var group sync.WaitGroup
	for range 16 {
		group.Go(func() {
			client := w.ec2("eu-west-1")
			made, err := client.CreateVpc(ctx, &ec2.CreateVpcInput{CidrBlock: aws.String("10.0.0.0/16")})
			if err != nil {
				t.Error(err)
				return
			}
			if _, err := client.CreateFlowLogs(ctx, toGroup(aws.ToString(made.Vpc.VpcId))); err != nil {
				t.Error(err)
			}
			if _, err := client.DescribeVpcs(ctx, nil); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	ids := readFlowLogs(ctx, t, w, aws.Int32(5))
	if len(ids) != 16 || len(w.server.Calls()) != 16*3+4 {
		t.Errorf("%d flow logs, %d calls: %s", len(ids), len(w.server.Calls()), strings.Join(ids, " "))
	}
}
