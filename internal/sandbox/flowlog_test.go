package sandbox_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// workshop is shop without flow logs, with roles to deliver by.
const workshop = `
accounts:
  - id: "123456789012"
    roles:
      - {name: deliver, trusted_service: vpc-flow-logs.amazonaws.com, allow: ["logs:*"]}
      - {name: stranger, trusted_service: ec2.amazonaws.com, allow: ["logs:*"]}
      - {name: guarded, allow: ["logs:*"], trust: '{"Statement": {"Effect": "Allow", "Action": "sts:AssumeRole",
          "Principal": {"Service": "vpc-flow-logs.amazonaws.com"}, "Condition": {
          "StringEquals": {"aws:SourceAccount": "123456789012"}, "ArnLike": {"aws:SourceArn": "arn:aws:ec2:eu-west-1:123456789012:vpc-flow-log/*"}}}}'}
      - {name: misguarded, allow: ["logs:*"], trust: '{"Statement": {"Effect": "Allow", "Action": "sts:AssumeRole",
          "Principal": {"Service": "vpc-flow-logs.amazonaws.com"}, "Condition": {"StringEquals": {"aws:SourceAccount": "210987654321"}}}}'}
    buckets: [{name: archive}, {name: locked, refuses: true}]
    delivery_streams: [firehose-logs]
    regions:
      eu-west-1:
        vpcs:
          - {id: vpc-0aaa, cidr: 10.1.0.0/16, subnets: 1, interfaces: 2}
          - {id: vpc-0bbb, cidr: 10.2.0.0/16}
          - {id: vpc-0ccc, cidr: 10.3.0.0/16, owner: "999988887777"}
`

const roleBase = "arn:aws:iam::123456789012:role/"

// toGroup is a creation that succeeds.
func toGroup(vpcs ...string) *ec2.CreateFlowLogsInput {
	return &ec2.CreateFlowLogsInput{
		ResourceIds: vpcs, ResourceType: types.FlowLogsResourceTypeVpc, TrafficType: types.TrafficTypeAll,
		LogGroupName: aws.String("MyFlowLogs"), DeliverLogsPermissionArn: aws.String(roleBase + "deliver"),
	}
}

// to is toGroup after a change.
func to(change func(*ec2.CreateFlowLogsInput)) *ec2.CreateFlowLogsInput {
	in := toGroup("vpc-0aaa")
	change(in)
	return in
}

// toBucket is a creation for S3, whose bucket decides.
func toBucket(bucket string) *ec2.CreateFlowLogsInput {
	return to(func(in *ec2.CreateFlowLogsInput) {
		in.LogGroupName, in.DeliverLogsPermissionArn = nil, nil
		in.LogDestinationType, in.LogDestination = types.LogDestinationTypeS3, aws.String("arn:aws:s3:::"+bucket)
	})
}

// TestCreateFlowLogsTakesSoManyIDs holds each kind to its limit: that many are looked for, and of one
// more none.
func TestCreateFlowLogsTakesSoManyIDs(t *testing.T) {
	t.Parallel()
	w := start(t, scenario(t, workshop))
	for kind, test := range map[types.FlowLogsResourceType]struct {
		prefix string
		most   int
	}{
		types.FlowLogsResourceTypeVpc:                      {"vpc", 300},
		types.FlowLogsResourceTypeSubnet:                   {"subnet", 300},
		types.FlowLogsResourceTypeNetworkInterface:         {"eni", 300},
		types.FlowLogsResourceTypeRegionalNatGateway:       {"nat", 300},
		types.FlowLogsResourceTypeCoreNetwork:              {"core-network", 300},
		types.FlowLogsResourceTypeCoreNetworkEdge:          {"core-network-edge", 300},
		types.FlowLogsResourceTypeCoreNetworkAttachment:    {"attachment", 300},
		types.FlowLogsResourceTypeTransitGateway:           {"tgw", 25},
		types.FlowLogsResourceTypeTransitGatewayAttachment: {"tgw-attach", 25},
	} {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			in := toGroup()
			in.ResourceType = kind
			if test.most == 25 || strings.HasPrefix(string(kind), "CoreNetwork") {
				in.TrafficType = ""
			}
			for i := range test.most {
				in.ResourceIds = append(in.ResourceIds, fmt.Sprintf("%s-0%03x", test.prefix, i))
			}
			out, err := w.ec2("eu-west-1").CreateFlowLogs(context.Background(), in)
			if err != nil || len(out.Unsuccessful) != test.most {
				t.Fatalf("%d ids: %v", test.most, err)
			}
			in.ResourceIds = append(in.ResourceIds, test.prefix+"-0fff")
			_, err = w.ec2("eu-west-1").CreateFlowLogs(context.Background(), in)
			wantError(t, err, "InvalidParameterValue", 400, "at most")
		})
	}
}

// summary is what CreateFlowLogs says about each resource it could not serve.
func summary(out []types.UnsuccessfulItem) []string {
	var got []string
	for _, u := range out {
		got = append(got, fmt.Sprintf("%s %s %s", aws.ToString(u.ResourceId), aws.ToString(u.Error.Code), aws.ToString(u.Error.Message)))
	}
	return got
}

func TestCreatedFlowLogIsDescribed(t *testing.T) {
	t.Parallel()
	w := start(t, scenario(t, workshop))
	client, ctx := w.ec2("eu-west-1"), context.Background()
	in := toGroup("vpc-0bbb")
	in.TagSpecifications = []types.TagSpecification{{ResourceType: types.ResourceTypeVpcFlowLog, Tags: []types.Tag{{Key: aws.String("team"), Value: aws.String("net")}}}}
	made, err := client.CreateFlowLogs(ctx, in)
	if err != nil {
		t.Fatal(err)
	}
	if len(made.FlowLogIds) != 1 || len(made.Unsuccessful) != 0 || aws.ToString(made.ClientToken) == "" {
		t.Fatalf("%+v", made)
	}
	out, err := client.DescribeFlowLogs(ctx, &ec2.DescribeFlowLogsInput{FlowLogIds: made.FlowLogIds})
	if err != nil {
		t.Fatal(err)
	}
	want := []types.FlowLog{{
		FlowLogId: &made.FlowLogIds[0], FlowLogStatus: aws.String("ACTIVE"), DeliverLogsStatus: aws.String("SUCCESS"),
		ResourceId: aws.String("vpc-0bbb"), TrafficType: types.TrafficTypeAll, LogDestinationType: types.LogDestinationTypeCloudWatchLogs,
		LogGroupName: aws.String("MyFlowLogs"), DeliverLogsPermissionArn: aws.String(roleBase + "deliver"), MaxAggregationInterval: aws.Int32(600),
		LogFormat: aws.String("${version} ${account-id} ${interface-id} ${srcaddr} ${dstaddr} ${srcport} ${dstport} ${protocol} ${packets} ${bytes} ${start} ${end} ${action} ${log-status}"),
		Tags:      []types.Tag{{Key: aws.String("team"), Value: aws.String("net")}},
	}}
	ignore := cmpopts.IgnoreFields(types.FlowLog{}, "CreationTime")
	if diff := cmp.Diff(want, out.FlowLogs, ignore, cmpopts.IgnoreUnexported(types.FlowLog{}, types.Tag{})); diff != "" {
		t.Error(diff)
	}
}

func TestFlowLogToS3KeepsItsOptions(t *testing.T) {
	t.Parallel()
	w := start(t, scenario(t, workshop))
	client, ctx := w.ec2("eu-west-1"), context.Background()
	in := toBucket("archive/net")
	in.DestinationOptions = &types.DestinationOptionsRequest{FileFormat: types.DestinationFileFormatParquet, PerHourPartition: aws.Bool(true)}
	in.MaxAggregationInterval = aws.Int32(60)
	if _, err := client.CreateFlowLogs(ctx, in); err != nil {
		t.Fatal(err)
	}
	out, err := client.DescribeFlowLogs(ctx, nil)
	if err != nil || len(out.FlowLogs) != 1 {
		t.Fatalf("%+v %v", out, err)
	}
	f := out.FlowLogs[0]
	o := f.DestinationOptions
	if o == nil || o.FileFormat != types.DestinationFileFormatParquet || !aws.ToBool(o.PerHourPartition) || aws.ToBool(o.HiveCompatiblePartitions) ||
		aws.ToInt32(f.MaxAggregationInterval) != 60 || aws.ToString(f.LogDestination) != "arn:aws:s3:::archive/net" || f.LogGroupName != nil {
		t.Errorf("%+v", f)
	}
}

func TestCreateFlowLogsRefusesTheCall(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, code, part string
		change           func(*ec2.CreateFlowLogsInput)
	}{
		{"no resource", "MissingParameter", "ResourceId", func(in *ec2.CreateFlowLogsInput) { in.ResourceIds = []string{} }},
		{"an id of another kind", "InvalidParameter", "Invalid Resource id subnet-1 for resource-type VPC", func(in *ec2.CreateFlowLogsInput) { in.ResourceIds = []string{"subnet-1"} }},
		{"an unknown kind", "InvalidParameterValue", "resourceType", func(in *ec2.CreateFlowLogsInput) { in.ResourceType = "Router" }},
		{"no traffic type", "MissingParameter", "TrafficType", func(in *ec2.CreateFlowLogsInput) { in.TrafficType = "" }},
		{"an unknown traffic type", "InvalidParameterValue", "trafficType", func(in *ec2.CreateFlowLogsInput) { in.TrafficType = "SOME" }},
		{"a traffic type on a transit gateway", "InvalidParameter", "TrafficType", func(in *ec2.CreateFlowLogsInput) {
			in.ResourceType, in.ResourceIds = types.FlowLogsResourceTypeTransitGateway, []string{"tgw-01"}
		}},
		{"an interval between", "InvalidParameter", "Max Aggregation Interval", func(in *ec2.CreateFlowLogsInput) { in.MaxAggregationInterval = aws.Int32(300) }},
		{"group and destination", "InvalidParameter", "Please only provide LogGroupName or only provide LogDestination.", func(in *ec2.CreateFlowLogsInput) {
			in.LogDestination = aws.String("arn:aws:logs:eu-west-1:123456789012:log-group:x")
		}},
		{"no destination", "InvalidParameter", "LogDestination can't be empty if LogGroupName is not provided.", func(in *ec2.CreateFlowLogsInput) { in.LogGroupName = nil }},
		{"a group for S3", "InvalidParameter", "LogDestination type must be cloud-watch-logs if LogGroupName is provided.", func(in *ec2.CreateFlowLogsInput) { in.LogDestinationType = types.LogDestinationTypeS3 }},
		{"a group of another Region", "InvalidParameter", "not a log group", func(in *ec2.CreateFlowLogsInput) {
			in.LogGroupName, in.LogDestination = nil, aws.String("arn:aws:logs:us-east-1:123456789012:log-group:x")
		}},
		{"a name that no group can have", "InvalidParameterValue", "logGroupName", func(in *ec2.CreateFlowLogsInput) { in.LogGroupName = aws.String("my group") }},
		{"no role", "InvalidParameter", "DeliverLogsPermissionArn can't be empty", func(in *ec2.CreateFlowLogsInput) { in.DeliverLogsPermissionArn = nil }},
		{"an unknown role", "InvalidParameter", "Unable to assume given IAM role: 'arn:aws:iam::123456789012:role/nobody'", func(in *ec2.CreateFlowLogsInput) {
			in.DeliverLogsPermissionArn = aws.String(roleBase + "nobody")
		}},
		{"a role of another account", "InvalidParameter", "Unable to assume given IAM role", func(in *ec2.CreateFlowLogsInput) {
			in.DeliverLogsPermissionArn = aws.String("arn:aws:iam::210987654321:role/deliver")
		}},
		{"a role that trusts another service", "InvalidParameter", "Unable to assume given IAM role", func(in *ec2.CreateFlowLogsInput) {
			in.DeliverLogsPermissionArn = aws.String(roleBase + "stranger")
		}},
		{"a role whose condition names another account", "InvalidParameter", "Unable to assume given IAM role", func(in *ec2.CreateFlowLogsInput) {
			in.DeliverLogsPermissionArn = aws.String(roleBase + "misguarded")
		}},
		{"a role for S3", "InvalidParameter", "DeliverLogsPermissionArn is not applicable for s3 delivery", func(in *ec2.CreateFlowLogsInput) {
			*in = *toBucket("archive")
			in.DeliverLogsPermissionArn = aws.String(roleBase + "deliver")
		}},
		{"the reserved folder", "InvalidParameter", "AWSLogs", func(in *ec2.CreateFlowLogsInput) { *in = *toBucket("archive/AWSLogs/net") }},
		{"file options for a group", "InvalidParameter", "s3 delivery", func(in *ec2.CreateFlowLogsInput) {
			in.DestinationOptions = &types.DestinationOptionsRequest{FileFormat: types.DestinationFileFormatParquet}
		}},
		{"a format with a space at the end", "InvalidParameterValue", "'logFormat' has an invalid format", func(in *ec2.CreateFlowLogsInput) { in.LogFormat = aws.String("${version} ${action} ") }},
		{"tags for something else", "InvalidParameterValue", "taggable", func(in *ec2.CreateFlowLogsInput) {
			in.TagSpecifications = []types.TagSpecification{{ResourceType: types.ResourceTypeVpc}}
		}},
	}
	w := start(t, scenario(t, workshop))
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := w.ec2("eu-west-1").CreateFlowLogs(context.Background(), to(tt.change))
			wantError(t, err, tt.code, 400, tt.part)
		})
	}
}

func TestCreateFlowLogsAnswersForEachResource(t *testing.T) {
	t.Parallel()
	gateway := func(in *ec2.CreateFlowLogsInput) {
		*in = *toBucket("archive")
		in.ResourceType, in.ResourceIds, in.TrafficType = types.FlowLogsResourceTypeTransitGateway, []string{"tgw-01"}, ""
	}
	tests := []struct {
		name string
		in   *ec2.CreateFlowLogsInput
		made int
		want []string
	}{
		{"one unknown, one shared, one good", toGroup("vpc-0fff", "vpc-0ccc", "vpc-0bbb"), 1, []string{
			"vpc-0fff InvalidVpcID.NotFound The vpc ID 'vpc-0fff' does not exist",
			"vpc-0ccc UnauthorizedOperation You are not authorized to perform this operation.",
		}},
		{"a role with conditions that hold", to(func(in *ec2.CreateFlowLogsInput) { in.DeliverLogsPermissionArn = aws.String(roleBase + "guarded") }), 1, nil},
		{"the ARN of a group, with its star", to(func(in *ec2.CreateFlowLogsInput) {
			in.LogGroupName, in.LogDestination = nil, aws.String("arn:aws:logs:eu-west-1:123456789012:log-group:other:*")
		}), 1, nil},
		{"a bucket that is not there", toBucket("nowhere/net"), 0, []string{"vpc-0aaa 400 LogDestination: nowhere does not exist"}},
		{"a bucket that refuses", toBucket("locked"), 0, []string{"vpc-0aaa 400 Access Denied for LogDestination: locked. Please check LogDestination permission"}},
		{"a Firehose stream", to(func(in *ec2.CreateFlowLogsInput) {
			in.LogGroupName, in.DeliverLogsPermissionArn, in.LogDestinationType = nil, nil, types.LogDestinationTypeKinesisDataFirehose
			in.LogDestination = aws.String("arn:aws:firehose:eu-west-1:123456789012:deliverystream/firehose-logs")
		}), 1, nil},
		{"a Firehose stream that is not there", to(func(in *ec2.CreateFlowLogsInput) {
			in.LogGroupName, in.DeliverLogsPermissionArn, in.LogDestinationType = nil, nil, types.LogDestinationTypeKinesisDataFirehose
			in.LogDestination = aws.String("arn:aws:firehose:eu-west-1:123456789012:deliverystream/dry")
		}), 0, []string{"vpc-0aaa 400 LogDestination: dry does not exist"}},
		{"a transit gateway that is not there", to(gateway), 0, []string{"tgw-01 InvalidTransitGatewayID.NotFound The Transit Gateway ID 'tgw-01' does not exist"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := start(t, scenario(t, workshop))
			out, err := w.ec2("eu-west-1").CreateFlowLogs(context.Background(), tt.in)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, summary(out.Unsuccessful)); diff != "" || len(out.FlowLogIds) != tt.made {
				t.Errorf("%d made, want %d\n%s", len(out.FlowLogIds), tt.made, diff)
			}
		})
	}
}

func TestSameFlowLogTwice(t *testing.T) {
	t.Parallel()
	w := start(t, scenario(t, workshop))
	client, ctx := w.ec2("eu-west-1"), context.Background()
	create := func(in *ec2.CreateFlowLogsInput) string {
		out, err := client.CreateFlowLogs(ctx, in)
		if err != nil {
			t.Fatal(err)
		}
		if len(out.Unsuccessful) == 0 {
			return ""
		}
		return aws.ToString(out.Unsuccessful[0].Error.Code)
	}
	reject := to(func(in *ec2.CreateFlowLogsInput) { in.TrafficType = types.TrafficTypeReject })
	byARN := to(func(in *ec2.CreateFlowLogsInput) {
		in.LogGroupName, in.LogDestination = nil, aws.String("arn:aws:logs:eu-west-1:123456789012:log-group:MyFlowLogs")
	})
	for i, tt := range []struct {
		in   *ec2.CreateFlowLogsInput
		want string
	}{
		{toGroup("vpc-0aaa"), ""},
		{toGroup("vpc-0aaa"), "FlowLogAlreadyExists"},
		{byARN, "FlowLogAlreadyExists"},
		{reject, ""},
		{toGroup("vpc-0bbb"), ""},
		{toBucket("archive"), ""},
		{toBucket("archive/prefix"), ""}, // another prefix is another destination (observed)
		{toBucket("archive/prefix/"), "FlowLogAlreadyExists"},
	} {
		if got := create(tt.in); got != tt.want {
			t.Errorf("creation %d: %q, want %q", i, got, tt.want)
		}
	}
}

func TestClientToken(t *testing.T) {
	t.Parallel()
	w := start(t, scenario(t, workshop))
	client, ctx := w.ec2("eu-west-1"), context.Background()
	in := toGroup("vpc-0aaa", "vpc-0fff")
	in.ClientToken = aws.String("once")
	first, err := client.CreateFlowLogs(ctx, in)
	if err != nil {
		t.Fatal(err)
	}
	again, err := client.CreateFlowLogs(ctx, in)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(first.FlowLogIds, again.FlowLogIds); diff != "" || aws.ToString(again.ClientToken) != "once" {
		t.Errorf("token %q: %s", aws.ToString(again.ClientToken), diff)
	}
	if diff := cmp.Diff(summary(first.Unsuccessful), summary(again.Unsuccessful)); diff != "" {
		t.Error(diff)
	}
	in.TrafficType = types.TrafficTypeReject
	_, err = client.CreateFlowLogs(ctx, in)
	wantError(t, err, "IdempotentParameterMismatch", 400, "same client token")
	logs, err := client.DescribeFlowLogs(ctx, nil)
	if err != nil || len(logs.FlowLogs) != 1 {
		t.Errorf("%d flow logs, want 1 (error %v)", len(logs.FlowLogs), err)
	}
}

func TestFlowLogsPerResource(t *testing.T) {
	t.Parallel()
	w := start(t, scenario(t, `accounts: [{id: "123456789012", buckets: [{name: archive}], regions: {eu-west-1: {vpcs: [
		{id: vpc-0aaa, flow_logs: [{count: 250, group: many}]}]}}}]`))
	out, err := w.ec2("eu-west-1").CreateFlowLogs(context.Background(), toBucket("archive"))
	if err != nil || len(out.Unsuccessful) != 1 || aws.ToString(out.Unsuccessful[0].Error.Code) != "FlowLogsLimitExceeded" {
		t.Errorf("%+v %v", out, err)
	}
}

func TestDryRunChangesNothing(t *testing.T) {
	t.Parallel()
	w := start(t, scenario(t, workshop))
	client, ctx := w.ec2("eu-west-1"), context.Background()
	in := toGroup("vpc-0aaa")
	in.DryRun = aws.Bool(true)
	_, err := client.CreateFlowLogs(ctx, in)
	wantError(t, err, "DryRunOperation", 412, "")
	in.DeliverLogsPermissionArn = aws.String(roleBase + "nobody")
	_, err = client.CreateFlowLogs(ctx, in)
	wantError(t, err, "InvalidParameter", 400, "Unable to assume")
	_, err = client.DeleteVpc(ctx, &ec2.DeleteVpcInput{VpcId: aws.String("vpc-0bbb"), DryRun: aws.Bool(true)})
	wantError(t, err, "DryRunOperation", 412, "")
	logs, err := client.DescribeFlowLogs(ctx, nil)
	if err != nil || len(logs.FlowLogs) != 0 {
		t.Errorf("%d flow logs, error %v", len(logs.FlowLogs), err)
	}
	vpcs, err := client.DescribeVpcs(ctx, &ec2.DescribeVpcsInput{VpcIds: []string{"vpc-0bbb"}})
	if err != nil || len(vpcs.Vpcs) != 1 {
		t.Errorf("%d VPCs, error %v", len(vpcs.Vpcs), err)
	}
}

func TestDeleteFlowLogs(t *testing.T) {
	t.Parallel()
	w := start(t, scenario(t, shop))
	client, ctx := w.ec2("eu-west-1"), context.Background()
	out, err := client.DeleteFlowLogs(ctx, &ec2.DeleteFlowLogsInput{FlowLogIds: []string{"fl-0aaa", "fl-0fff"}})
	if err != nil {
		t.Fatal(err)
	}
	if len(out.Unsuccessful) != 1 || aws.ToString(out.Unsuccessful[0].ResourceId) != "fl-0fff" ||
		aws.ToString(out.Unsuccessful[0].Error.Code) != "InvalidFlowLogId.NotFound" {
		t.Errorf("%+v", out.Unsuccessful)
	}
	left := readFlowLogs(ctx, t, w, nil)
	if diff := cmp.Diff([]string{"fl-0bbb", "fl-0ccc"}, left); diff != "" {
		t.Error(diff)
	}
	_, err = client.DeleteFlowLogs(ctx, &ec2.DeleteFlowLogsInput{FlowLogIds: []string{}})
	wantError(t, err, "MissingParameter", 400, "FlowLogId")
}
