package conformance

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/sts"
)

func ec2Flows() []flow {
	return []flow{
		identityFlow(), regionFlow(), vpcFlow(), vpcFilterFlow(), vpcPagesFlow(), subnetFlow(), interfaceFlow(), tagFlow(),
		ec2RefusalFlow(), ec2DryRunFlow(), gatewayFlow(), natFlow(), bucketSettingsFlow(),
	}
}

func newVPC(cidr, name string) caller {
	in := ec2.CreateVpcInput{CidrBlock: aws.String(cidr)}
	if name != "" {
		in.TagSpecifications = tagsOn(types.ResourceTypeVpc, "Name", name)
	}
	return ec2Call((*ec2.Client).CreateVpc, in)
}

// tagsOn gives the tags of a resource to create, as key and value in turn.
func tagsOn(kind types.ResourceType, keysAndValues ...string) []types.TagSpecification {
	spec := types.TagSpecification{ResourceType: kind}
	for i := 0; i < len(keysAndValues); i += 2 {
		spec.Tags = append(spec.Tags, types.Tag{Key: aws.String(keysAndValues[i]), Value: aws.String(keysAndValues[i+1])})
	}
	return []types.TagSpecification{spec}
}

func filter(name string, values ...string) []types.Filter {
	return []types.Filter{{Name: aws.String(name), Values: values}}
}

func describeVPCs(in ec2.DescribeVpcsInput) caller { return ec2Call((*ec2.Client).DescribeVpcs, in) }

func deleteVPC(id string) caller {
	return ec2Call((*ec2.Client).DeleteVpc, ec2.DeleteVpcInput{VpcId: aws.String(id)})
}

func newSubnet(vpc, cidr string) caller {
	return ec2Call((*ec2.Client).CreateSubnet, ec2.CreateSubnetInput{VpcId: aws.String(vpc), CidrBlock: aws.String(cidr), AvailabilityZone: aws.String("us-east-1a")})
}

func describeSubnets(in ec2.DescribeSubnetsInput) caller {
	return ec2Call((*ec2.Client).DescribeSubnets, in)
}

func describeInterfaces(in ec2.DescribeNetworkInterfacesInput) caller {
	return ec2Call((*ec2.Client).DescribeNetworkInterfaces, in)
}

// Ids in the right shape that nothing has.
const (
	noVPC       = "vpc-0123456789abcdef0"
	noSubnet    = "subnet-0123456789abcdef0"
	noInterface = "eni-0123456789abcdef0"
	noFlowLog   = "fl-0123456789abcdef0"
)

func identityFlow() flow {
	who := stsCall((*sts.Client).GetCallerIdentity, sts.GetCallerIdentityInput{})
	return flow{name: "who is calling", steps: []step{
		{name: "from the home Region", call: who},
		{name: "from another Region", region: "eu-central-1", call: who},
		{name: "with the CLI", call: cliCall("sts", "get-caller-identity")},
	}}
}

func regionFlow() flow {
	regions := func(in ec2.DescribeRegionsInput) caller { return ec2Call((*ec2.Client).DescribeRegions, in) }
	byName := map[string]string{"Regions": "RegionName"}
	return flow{name: "Regions", steps: []step{
		{name: "enabled ones", call: regions(ec2.DescribeRegionsInput{}), keyed: byName},
		{name: "all", call: regions(ec2.DescribeRegionsInput{AllRegions: aws.Bool(true)}), keyed: byName},
		{name: "two by name", call: regions(ec2.DescribeRegionsInput{RegionNames: []string{"eu-west-1", "us-east-1"}}), keyed: byName},
		{name: "one that there is not", call: regions(ec2.DescribeRegionsInput{RegionNames: []string{"mars-north-1"}})},
		{name: "by a filter", call: regions(ec2.DescribeRegionsInput{Filters: filter("region-name", "eu-north-1", "sa-east-1")}), keyed: byName},
	}}
}

func vpcFlow() flow {
	get := describeVPCs(ec2.DescribeVpcsInput{VpcIds: []string{"{{vpc}}"}})
	return flow{name: "a VPC comes and goes", steps: []step{
		{name: "the default one is there", call: describeVPCs(ec2.DescribeVpcsInput{})},
		{name: "in another Region, too", region: "sa-east-1", call: describeVPCs(ec2.DescribeVpcsInput{})},
		{name: "create", call: newVPC("10.1.0.0/16", "shop <1> & more"), keep: map[string]string{"vpc": "Vpc.VpcId"}},
		{name: "describe it", call: get},
		{name: "describe it from another Region", region: "sa-east-1", call: get},
		{name: "with dedicated tenancy", call: ec2Call((*ec2.Client).CreateVpc, ec2.CreateVpcInput{
			CidrBlock: aws.String("10.2.0.0/16"), InstanceTenancy: types.TenancyDedicated}), keep: map[string]string{"other": "Vpc.VpcId"}},
		{name: "describe both by id", call: describeVPCs(ec2.DescribeVpcsInput{VpcIds: []string{"{{vpc}}", "{{other}}"}}),
			keyed: map[string]string{"Vpcs": "CidrBlock"}},
		{name: "delete", call: deleteVPC("{{vpc}}")},
		{name: "describe it when it is gone", call: get},
		{name: "delete it again", call: deleteVPC("{{vpc}}")},
	}}
}

func vpcFilterFlow() flow {
	by := func(name string, values ...string) step {
		return step{name: "by " + name, call: describeVPCs(ec2.DescribeVpcsInput{Filters: filter(name, values...)}),
			keyed: map[string]string{"Vpcs": "CidrBlock"}}
	}
	return flow{name: "VPCs are filtered", steps: []step{
		{name: "VPC a", call: newVPC("10.1.0.0/16", "a"), keep: map[string]string{"a": "Vpc.VpcId"}},
		{name: "VPC b", call: newVPC("10.2.0.0/16", "b"), keep: map[string]string{"b": "Vpc.VpcId"}},
		{name: "a VPC without a tag", call: newVPC("10.3.0.0/16", "")},
		by("vpc-id", "{{a}}", "{{b}}"),
		by("cidr", "10.2.0.0/16"),
		by("is-default", "true"),
		by("isDefault", "false"),
		by("state", "available"),
		by("owner-id", "{{account}}"),
		by("owner-id", "999999999999"),
		by("tag:Name", "a", "c"),
		by("tag:Name", "*"),
		by("tag-key", "Name"),
		{name: "by two filters", call: describeVPCs(ec2.DescribeVpcsInput{Filters: append(filter("tag-key", "Name"), filter("cidr", "10.1.0.0/16")...)})},
		by("no-such-filter", "x"),
	}}
}

func vpcPagesFlow() flow {
	steps := make([]step, 0, 12)
	for _, cidr := range []string{"10.1.0.0/16", "10.2.0.0/16", "10.3.0.0/16", "10.4.0.0/16", "10.5.0.0/16"} {
		steps = append(steps, step{name: "VPC " + cidr, call: newVPC(cidr, ""), keep: map[string]string{"last": "Vpc.VpcId"}})
	}
	page := func(size int32, token *string, ids ...string) caller {
		return describeVPCs(ec2.DescribeVpcsInput{MaxResults: aws.Int32(size), NextToken: token, VpcIds: ids})
	}
	return flow{name: "VPCs come in pages", steps: append(steps,
		step{name: "all pages", keyed: map[string]string{"Vpcs": "CidrBlock"},
			call: allPages("DescribeVpcs", func(w *world) pager[ec2.DescribeVpcsOutput, ec2.Options] {
				return ec2.NewDescribeVpcsPaginator(ec2.NewFromConfig(w.config), &ec2.DescribeVpcsInput{MaxResults: aws.Int32(5)})
			})},
		step{name: "a token that nobody gave", call: page(5, aws.String("never-given"))},
		step{name: "too small a page", call: page(4, nil)},
		step{name: "too large a page", call: page(1001, nil)},
		step{name: "a page of chosen ids", call: page(5, nil, "{{last}}")},
	)}
}

func subnetFlow() flow {
	byBlock := map[string]string{"Subnets": "CidrBlock"}
	return flow{name: "a subnet comes and goes", steps: []step{
		{name: "the default ones are there", call: describeSubnets(ec2.DescribeSubnetsInput{}), keyed: byBlock},
		{name: "create the VPC", call: newVPC("10.1.0.0/16", ""), keep: map[string]string{"vpc": "Vpc.VpcId"}},
		{name: "create", call: ec2Call((*ec2.Client).CreateSubnet, ec2.CreateSubnetInput{
			VpcId: aws.String("{{vpc}}"), CidrBlock: aws.String("10.1.1.0/24"), AvailabilityZone: aws.String("us-east-1b"),
			TagSpecifications: tagsOn(types.ResourceTypeSubnet, "Name", "web"),
		}), keep: map[string]string{"subnet": "Subnet.SubnetId"}},
		{name: "describe it", call: describeSubnets(ec2.DescribeSubnetsInput{SubnetIds: []string{"{{subnet}}"}})},
		{name: "by VPC", call: describeSubnets(ec2.DescribeSubnetsInput{Filters: filter("vpc-id", "{{vpc}}")})},
		{name: "by zone", call: describeSubnets(ec2.DescribeSubnetsInput{Filters: filter("availability-zone", "us-east-1b")}), keyed: byBlock},
		{name: "by tag", call: describeSubnets(ec2.DescribeSubnetsInput{Filters: filter("tag:Name", "web")})},
		{name: "one that overlaps", call: newSubnet("{{vpc}}", "10.1.1.128/25")},
		{name: "one outside the VPC", call: newSubnet("{{vpc}}", "10.2.0.0/24")},
		{name: "one that is too large", call: newSubnet("{{vpc}}", "10.1.0.0/8")},
		{name: "one that is no block", call: newSubnet("{{vpc}}", "ten")},
		{name: "one in no VPC", call: newSubnet(noVPC, "10.1.2.0/24")},
		{name: "one in no zone", call: ec2Call((*ec2.Client).CreateSubnet, ec2.CreateSubnetInput{
			VpcId: aws.String("{{vpc}}"), CidrBlock: aws.String("10.1.3.0/24"), AvailabilityZone: aws.String("us-east-1z")})},
		{name: "delete the VPC while the subnet is in it", call: deleteVPC("{{vpc}}")},
		{name: "delete", call: ec2Call((*ec2.Client).DeleteSubnet, ec2.DeleteSubnetInput{SubnetId: aws.String("{{subnet}}")})},
		{name: "delete it again", call: ec2Call((*ec2.Client).DeleteSubnet, ec2.DeleteSubnetInput{SubnetId: aws.String("{{subnet}}")})},
		{name: "describe it when it is gone", call: describeSubnets(ec2.DescribeSubnetsInput{SubnetIds: []string{"{{subnet}}"}})},
		{name: "delete the VPC", call: deleteVPC("{{vpc}}")},
	}}
}

func interfaceFlow() flow {
	create := func(in ec2.CreateNetworkInterfaceInput) caller {
		return ec2Call((*ec2.Client).CreateNetworkInterface, in)
	}
	return flow{name: "a network interface", steps: []step{
		{name: "none yet", call: describeInterfaces(ec2.DescribeNetworkInterfacesInput{})},
		{name: "create the VPC", call: newVPC("10.1.0.0/16", ""), keep: map[string]string{"vpc": "Vpc.VpcId"}},
		{name: "create the subnet", call: newSubnet("{{vpc}}", "10.1.1.0/24"), keep: map[string]string{"subnet": "Subnet.SubnetId"}},
		{name: "create", call: create(ec2.CreateNetworkInterfaceInput{
			SubnetId: aws.String("{{subnet}}"), Description: aws.String("of the shop"), PrivateIpAddress: aws.String("10.1.1.20"),
			TagSpecifications: tagsOn(types.ResourceTypeNetworkInterface, "Name", "web"),
		}), keep: map[string]string{"eni": "NetworkInterface.NetworkInterfaceId"}},
		{name: "describe it", call: describeInterfaces(ec2.DescribeNetworkInterfacesInput{NetworkInterfaceIds: []string{"{{eni}}"}})},
		{name: "by VPC", call: describeInterfaces(ec2.DescribeNetworkInterfacesInput{Filters: filter("vpc-id", "{{vpc}}")})},
		{name: "by subnet", call: describeInterfaces(ec2.DescribeNetworkInterfacesInput{Filters: filter("subnet-id", "{{subnet}}")})},
		{name: "by another subnet", call: describeInterfaces(ec2.DescribeNetworkInterfacesInput{Filters: filter("subnet-id", noSubnet)})},
		{name: "one that there is not", call: describeInterfaces(ec2.DescribeNetworkInterfacesInput{NetworkInterfaceIds: []string{noInterface}})},
		{name: "one in no subnet", call: create(ec2.CreateNetworkInterfaceInput{SubnetId: aws.String(noSubnet)})},
		{name: "delete the subnet while the interface is in it", call: ec2Call((*ec2.Client).DeleteSubnet, ec2.DeleteSubnetInput{SubnetId: aws.String("{{subnet}}")})},
	}}
}

func tagFlow() flow {
	tag := func(id string, keysAndValues ...string) caller {
		return ec2Call((*ec2.Client).CreateTags, ec2.CreateTagsInput{
			Resources: []string{id}, Tags: tagsOn(types.ResourceTypeVpc, keysAndValues...)[0].Tags})
	}
	keyed := map[string]string{"Vpcs.*.Tags": "Key"}
	get := describeVPCs(ec2.DescribeVpcsInput{VpcIds: []string{"{{vpc}}"}})
	return flow{name: "tags", steps: []step{
		{name: "create the VPC", call: newVPC("10.1.0.0/16", "before"), keep: map[string]string{"vpc": "Vpc.VpcId"}},
		{name: "write one over and one beside", call: tag("{{vpc}}", "Name", "after", "team", "größe \u202e 日本")},
		{name: "see them", call: get, keyed: keyed},
		{name: "an empty value", call: tag("{{vpc}}", "empty", "")},
		{name: "see it", call: get, keyed: keyed},
		{name: "on what there is not", call: tag(noVPC, "Name", "x")},
		{name: "in the name of AWS", call: tag("{{vpc}}", "aws:mine", "x")},
	}}
}

func ec2RefusalFlow() flow {
	return flow{name: "what EC2 refuses", steps: []step{
		{name: "a VPC id that nothing has", call: describeVPCs(ec2.DescribeVpcsInput{VpcIds: []string{noVPC}})},
		{name: "two VPC ids that nothing has", call: describeVPCs(ec2.DescribeVpcsInput{VpcIds: []string{noVPC, "vpc-0123456789abcdef1"}})},
		{name: "a VPC id that is none", call: describeVPCs(ec2.DescribeVpcsInput{VpcIds: []string{"shop"}})},
		{name: "delete no VPC", call: deleteVPC(noVPC)},
		{name: "a VPC that is too large", call: newVPC("10.0.0.0/8", "")},
		{name: "a VPC that is too small", call: newVPC("10.0.0.0/29", "")},
		{name: "a VPC that is no block", call: newVPC("ten", "")},
		{name: "a subnet id that nothing has", call: describeSubnets(ec2.DescribeSubnetsInput{SubnetIds: []string{noSubnet}})},
		{name: "an operation that EC2 has not", call: formCall("ec2", "DescribeUnicorns", map[string]string{"Version": "2016-11-15"})},
		{name: "no VPC to delete", call: formCall("ec2", "DeleteVpc", map[string]string{"Version": "2016-11-15"})},
		{name: "an operation that STS has not", call: formCall("sts", "GetUnicorn", map[string]string{"Version": "2011-06-15"})},
	}}
}

func ec2DryRunFlow() flow {
	dry := aws.Bool(true)
	return flow{name: "dry runs", steps: []step{
		{name: "describe VPCs", call: describeVPCs(ec2.DescribeVpcsInput{DryRun: dry})},
		{name: "describe Regions", call: ec2Call((*ec2.Client).DescribeRegions, ec2.DescribeRegionsInput{DryRun: dry})},
		{name: "describe flow logs", call: ec2Call((*ec2.Client).DescribeFlowLogs, ec2.DescribeFlowLogsInput{DryRun: dry})},
		{name: "create a VPC", call: ec2Call((*ec2.Client).CreateVpc, ec2.CreateVpcInput{DryRun: dry, CidrBlock: aws.String("10.1.0.0/16")})},
		{name: "nothing was created", call: describeVPCs(ec2.DescribeVpcsInput{}), keyed: map[string]string{"Vpcs": "CidrBlock"}},
	}}
}
