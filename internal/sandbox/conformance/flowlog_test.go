package conformance

import (
	"slices"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"
)

func flowLogFlows() []flow {
	return []flow{groupFlowLogFlow(), bucketFlowLogFlow(), flowLogKindsFlow(), flowLogFilterFlow(), flowLogRefusalFlow(), flowLogCLIFlow()}
}

func createFlowLogs(in ec2.CreateFlowLogsInput) caller {
	return ec2Call((*ec2.Client).CreateFlowLogs, in)
}

func describeFlowLogs(filters ...types.Filter) caller {
	return ec2Call((*ec2.Client).DescribeFlowLogs, ec2.DescribeFlowLogsInput{Filter: filters})
}

func deleteFlowLogs(ids ...string) caller {
	return ec2Call((*ec2.Client).DeleteFlowLogs, ec2.DeleteFlowLogsInput{FlowLogIds: ids})
}

// toGroup is a flow log of a VPC to a log group.
func toGroup(vpc, group string) ec2.CreateFlowLogsInput {
	return ec2.CreateFlowLogsInput{
		ResourceIds: []string{vpc}, ResourceType: types.FlowLogsResourceTypeVpc, TrafficType: types.TrafficTypeAll,
		LogGroupName: aws.String(group), DeliverLogsPermissionArn: aws.String("{{role}}"),
	}
}

// toBucket is a flow log of a VPC to the bucket that the flow has.
func toBucket(vpc, prefix string) ec2.CreateFlowLogsInput {
	return ec2.CreateFlowLogsInput{
		ResourceIds: []string{vpc}, ResourceType: types.FlowLogsResourceTypeVpc, TrafficType: types.TrafficTypeReject,
		LogDestinationType: types.LogDestinationTypeS3, LogDestination: aws.String("arn:aws:s3:::evidence" + prefix),
	}
}

// ground is what every flow log needs: a VPC, a role that may deliver, a group.
func ground(more ...step) []step {
	return append([]step{
		{name: "create the VPC", call: newVPC("10.1.0.0/16", ""), keep: map[string]string{"vpc": "Vpc.VpcId"}},
		{name: "create the role", call: newRole("VPC-Flow-Logs-Role"), keep: map[string]string{"role": "Role.Arn"}},
		{name: "let it write", call: iamCall((*iam.Client).PutRolePolicy, iam.PutRolePolicyInput{
			RoleName: aws.String("VPC-Flow-Logs-Role"), PolicyName: aws.String("write"), PolicyDocument: aws.String(writePolicy)})},
		{name: "create the group", call: newGroup("MyFlowLogs")},
	}, more...)
}

func groupFlowLogFlow() flow {
	in := toGroup("{{vpc}}", "MyFlowLogs")
	in.TagSpecifications = tagsOn(types.ResourceTypeVpcFlowLog, "Name", "evidence")
	in.MaxAggregationInterval = aws.Int32(60)
	return flow{name: "a flow log to a log group comes and goes", steps: ground(
		step{name: "none yet", call: describeFlowLogs()},
		step{name: "create", call: createFlowLogs(in), keep: map[string]string{"log": "FlowLogIds.0"}},
		step{name: "describe it", call: describeFlowLogs()},
		step{name: "describe it by id", call: ec2Call((*ec2.Client).DescribeFlowLogs, ec2.DescribeFlowLogsInput{FlowLogIds: []string{"{{log}}"}})},
		step{name: "not in another Region", region: "eu-west-1", call: describeFlowLogs()},
		step{name: "create the same again", call: createFlowLogs(in)},
		step{name: "delete", call: deleteFlowLogs("{{log}}")},
		step{name: "gone", call: describeFlowLogs()},
		step{name: "delete it again", call: deleteFlowLogs("{{log}}")},
	)}
}

func bucketFlowLogFlow() flow {
	parquet := toBucket("{{vpc}}", "/hive/")
	parquet.DestinationOptions = &types.DestinationOptionsRequest{
		FileFormat: types.DestinationFileFormatParquet, HiveCompatiblePartitions: aws.Bool(true), PerHourPartition: aws.Bool(true),
	}
	parquet.LogFormat = aws.String("${version} ${vpc-id} ${srcaddr} ${dstaddr} ${action}")
	missing := toBucket("{{vpc}}", "-not-there")
	subfolder := toBucket("{{vpc}}", "/AWSLogs/")
	return flow{name: "flow logs to a bucket", buckets: []string{"evidence"}, steps: ground(
		step{name: "create", call: createFlowLogs(toBucket("{{vpc}}", "")), keep: map[string]string{"log": "FlowLogIds.0"}},
		step{name: "describe it", call: describeFlowLogs()},
		step{name: "create the same again", call: createFlowLogs(toBucket("{{vpc}}", ""))},
		step{name: "under another prefix", call: createFlowLogs(parquet), keep: map[string]string{"second": "FlowLogIds.0"}},
		step{name: "describe it by format", call: ec2Call((*ec2.Client).DescribeFlowLogs, ec2.DescribeFlowLogsInput{FlowLogIds: []string{"{{second}}"}})},
		step{name: "to a bucket that there is not", call: createFlowLogs(missing)},
		step{name: "to a folder that AWS keeps for itself", call: createFlowLogs(subfolder)},
		step{name: "delete both", call: deleteFlowLogs("{{log}}", "{{second}}")},
	)}
}

func flowLogKindsFlow() flow {
	on := func(kind types.FlowLogsResourceType, ids ...string) caller {
		in := toGroup("", "MyFlowLogs")
		in.ResourceIds, in.ResourceType = ids, kind
		return createFlowLogs(in)
	}
	return flow{name: "flow logs on subnets and interfaces", steps: ground(
		step{name: "a subnet", call: newSubnet("{{vpc}}", "10.1.1.0/24"), keep: map[string]string{"subnet": "Subnet.SubnetId"}},
		step{name: "an interface", call: ec2Call((*ec2.Client).CreateNetworkInterface, ec2.CreateNetworkInterfaceInput{
			SubnetId: aws.String("{{subnet}}"), PrivateIpAddress: aws.String("10.1.1.20")}), keep: map[string]string{"eni": "NetworkInterface.NetworkInterfaceId"}},
		step{name: "a second VPC", call: newVPC("10.2.0.0/16", ""), keep: map[string]string{"vpc2": "Vpc.VpcId"}},
		step{name: "on the subnet", call: on(types.FlowLogsResourceTypeSubnet, "{{subnet}}")},
		step{name: "on the interface", call: on(types.FlowLogsResourceTypeNetworkInterface, "{{eni}}")},
		step{name: "on both VPCs at once", call: on(types.FlowLogsResourceTypeVpc, "{{vpc}}", "{{vpc2}}")},
		step{name: "describe all", call: describeFlowLogs()},
		step{name: "on a subnet that there is not", call: on(types.FlowLogsResourceTypeSubnet, noSubnet)},
		step{name: "on an interface that there is not", call: on(types.FlowLogsResourceTypeNetworkInterface, noInterface)},
		step{name: "create another group", call: newGroup("tags")},
		step{name: "with a field that shows a tag", call: func() caller {
			in := toGroup("{{vpc}}", "tags")
			in.LogFormat = aws.String("${version} ${instance-tag}")
			in.TagFieldSpecifications = []types.TagFieldSpecificationRequest{{ResourceType: types.TaggableResourceTypeInstance, TagKeys: []string{"Name"}}}
			return createFlowLogs(in)
		}(), keep: map[string]string{"tagged": "FlowLogIds.0"}},
		step{name: "describe what shows a tag", call: ec2Call((*ec2.Client).DescribeFlowLogs, ec2.DescribeFlowLogsInput{FlowLogIds: []string{"{{tagged}}"}})},
		step{name: "on a core network that there is not", call: createFlowLogs(ec2.CreateFlowLogsInput{
			ResourceIds: []string{"core-network-0123456789abcdef0"}, ResourceType: types.FlowLogsResourceTypeCoreNetwork,
			LogGroupName: aws.String("MyFlowLogs"), DeliverLogsPermissionArn: aws.String("{{role}}"),
		})},
		step{name: "on a VPC that is named as a subnet", call: on(types.FlowLogsResourceTypeSubnet, "{{vpc}}")},
	)}
}

func flowLogFilterFlow() flow {
	by := func(name string, values ...string) step {
		return step{name: "by " + name, call: describeFlowLogs(filter(name, values...)...)}
	}
	tagged := toBucket("{{vpc}}", "")
	tagged.TagSpecifications = tagsOn(types.ResourceTypeVpcFlowLog, "Name", "evidence", "team", "sec")
	return flow{name: "flow logs are filtered", buckets: []string{"evidence"}, steps: ground(
		step{name: "one to the group", call: createFlowLogs(toGroup("{{vpc}}", "MyFlowLogs")), keep: map[string]string{"log": "FlowLogIds.0"}},
		step{name: "one to the bucket", call: createFlowLogs(tagged)},
		by("resource-id", "{{vpc}}"),
		by("resource-id", noVPC),
		by("flow-log-id", "{{log}}"),
		by("log-destination-type", "s3"),
		by("log-group-name", "MyFlowLogs"),
		by("traffic-type", "REJECT"),
		by("traffic-type", "ALL", "REJECT"),
		by("deliver-log-status", "SUCCESS"),
		by("tag:Name", "evidence"),
		by("tag-key", "team"),
		by("no-such-filter", "x"),
		step{name: "by two filters", call: describeFlowLogs(append(filter("resource-id", "{{vpc}}"), filter("traffic-type", "ALL")...)...)},
	)}
}

func flowLogRefusalFlow() flow {
	n := 0
	with := func(change func(*ec2.CreateFlowLogsInput)) caller {
		n++ // another group each time, lest what one world accepts be a duplicate later
		in := toGroup("{{vpc}}", "group-"+strconv.Itoa(n))
		change(&in)
		return createFlowLogs(in)
	}
	return flow{name: "flow logs that are refused", buckets: []string{"evidence"}, steps: ground(
		step{name: "on a VPC that there is not", call: createFlowLogs(toGroup(noVPC, "MyFlowLogs"))},
		step{name: "on more than a call takes", call: with(func(in *ec2.CreateFlowLogsInput) {
			in.ResourceIds = slices.Repeat([]string{noVPC}, 301)
		})},
		step{name: "on no resource", call: with(func(in *ec2.CreateFlowLogsInput) { in.ResourceIds = []string{} })},
		step{name: "without a role", call: with(func(in *ec2.CreateFlowLogsInput) { in.DeliverLogsPermissionArn = nil })},
		step{name: "with a role that there is not", call: with(func(in *ec2.CreateFlowLogsInput) {
			in.DeliverLogsPermissionArn = aws.String("arn:aws:iam::{{account}}:role/none")
		})},
		step{name: "without a destination", call: with(func(in *ec2.CreateFlowLogsInput) { in.LogGroupName = nil })},
		step{name: "with two destinations", call: with(func(in *ec2.CreateFlowLogsInput) { in.LogDestination = aws.String("arn:aws:s3:::evidence/two") })},
		step{name: "to a bucket, with a group", call: with(func(in *ec2.CreateFlowLogsInput) { in.LogDestinationType = types.LogDestinationTypeS3 })},
		step{name: "to a bucket, with a role", call: with(func(in *ec2.CreateFlowLogsInput) {
			in.LogGroupName, in.LogDestination, in.LogDestinationType = nil, aws.String("arn:aws:s3:::evidence"), types.LogDestinationTypeS3
		})},
		step{name: "of traffic that there is not", call: with(func(in *ec2.CreateFlowLogsInput) { in.TrafficType = "SOME" })},
		step{name: "of no traffic", call: with(func(in *ec2.CreateFlowLogsInput) { in.TrafficType = "" })},
		step{name: "at an interval that there is not", call: with(func(in *ec2.CreateFlowLogsInput) { in.MaxAggregationInterval = aws.Int32(61) })},
		step{name: "of a kind that there is not", call: with(func(in *ec2.CreateFlowLogsInput) { in.ResourceType = "Planet" })},
		step{name: "with tags of something else", call: with(func(in *ec2.CreateFlowLogsInput) { in.TagSpecifications = tagsOn(types.ResourceTypeVpc, "a", "b") })},
		step{name: "as a dry run", call: with(func(in *ec2.CreateFlowLogsInput) { in.DryRun = aws.Bool(true) })},
		step{name: "none was created", call: describeFlowLogs()},
		step{name: "describe one that there is not", call: ec2Call((*ec2.Client).DescribeFlowLogs, ec2.DescribeFlowLogsInput{FlowLogIds: []string{noFlowLog}})},
		step{name: "delete one that there is not", call: deleteFlowLogs(noFlowLog)},
		step{name: "delete none", call: formCall("ec2", "DeleteFlowLogs", map[string]string{"Version": "2016-11-15"})},
	)}
}

func flowLogCLIFlow() flow {
	return flow{name: "the AWS CLI records a VPC", steps: []step{
		{name: "create the VPC", call: newVPC("10.1.0.0/16", ""), keep: map[string]string{"vpc": "Vpc.VpcId"}},
		{name: "create the role", call: newRole("VPC-Flow-Logs-Role"), keep: map[string]string{"role": "Role.Arn"}},
		{name: "create the group", call: newGroup("MyFlowLogs")},
		{name: "the VPCs with the CLI", call: cliCall("ec2", "describe-vpcs", "--vpc-ids", "{{vpc}}")},
		{name: "create with the CLI", call: cliCall("ec2", "create-flow-logs", "--resource-type", "VPC", "--resource-ids", "{{vpc}}", "--traffic-type", "ALL",
			"--log-group-name", "MyFlowLogs", "--deliver-logs-permission-arn", "{{role}}"), keep: map[string]string{"log": "FlowLogIds.0"}},
		{name: "describe with the CLI", call: cliCall("ec2", "describe-flow-logs", "--filter", "Name=resource-id,Values={{vpc}}")},
		{name: "no VPC with the CLI", call: cliCall("ec2", "describe-vpcs", "--vpc-ids", noVPC)},
		{name: "delete with the CLI", call: cliCall("ec2", "delete-flow-logs", "--flow-log-ids", "{{log}}", noFlowLog)},
		{name: "the groups with the CLI", call: cliCall("logs", "describe-log-groups", "--log-group-name-prefix", "My")},
	}}
}
