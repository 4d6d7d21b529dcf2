package conformance

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"
)

func logsFlows() []flow {
	return []flow{groupFlow(), groupPagesFlow(), retentionFlow(), streamFlow(), logsRefusalFlow()}
}

func newGroup(name string) caller {
	return logsCall((*cloudwatchlogs.Client).CreateLogGroup, cloudwatchlogs.CreateLogGroupInput{LogGroupName: aws.String(name)})
}

func describeGroups(in cloudwatchlogs.DescribeLogGroupsInput) caller {
	return logsCall((*cloudwatchlogs.Client).DescribeLogGroups, in)
}

func deleteGroup(name string) caller {
	return logsCall((*cloudwatchlogs.Client).DeleteLogGroup, cloudwatchlogs.DeleteLogGroupInput{LogGroupName: aws.String(name)})
}

func describeStreams(in cloudwatchlogs.DescribeLogStreamsInput) caller {
	return logsCall((*cloudwatchlogs.Client).DescribeLogStreams, in)
}

func getEvents(in cloudwatchlogs.GetLogEventsInput) caller {
	return logsCall((*cloudwatchlogs.Client).GetLogEvents, in)
}

func retain(group string, days int32) caller {
	return logsCall((*cloudwatchlogs.Client).PutRetentionPolicy, cloudwatchlogs.PutRetentionPolicyInput{
		LogGroupName: aws.String(group), RetentionInDays: aws.Int32(days)})
}

func tagsOf(arn string) caller {
	return logsCall((*cloudwatchlogs.Client).ListTagsForResource, cloudwatchlogs.ListTagsForResourceInput{ResourceArn: aws.String(arn)})
}

func groupFlow() flow {
	all := describeGroups(cloudwatchlogs.DescribeLogGroupsInput{})
	return flow{name: "a log group comes and goes", steps: []step{
		{name: "none yet", call: all},
		{name: "create it with all that a group can have", call: logsCall((*cloudwatchlogs.Client).CreateLogGroup, cloudwatchlogs.CreateLogGroupInput{
			LogGroupName: aws.String("/vpc/flow-logs_1.a#b"), KmsKeyId: aws.String("arn:aws:kms:us-east-1:{{account}}:key/1234abcd-12ab-34cd-56ef-1234567890ab"),
			Tags: map[string]string{"team": "sec", "größe": "\u202e"}})},
		{name: "describe it", call: all, keep: map[string]string{"arn": "LogGroups.0.Arn", "bare": "LogGroups.0.LogGroupArn"}},
		{name: "its tags", call: tagsOf("arn:aws:logs:us-east-1:{{account}}:log-group:/vpc/flow-logs_1.a#b")},
		{name: "in another Region there is none", region: "eu-west-1", call: all},
		{name: "create it again", call: newGroup("/vpc/flow-logs_1.a#b")},
		{name: "a group of another class", call: logsCall((*cloudwatchlogs.Client).CreateLogGroup, cloudwatchlogs.CreateLogGroupInput{
			LogGroupName: aws.String("rare"), LogGroupClass: types.LogGroupClassInfrequentAccess})},
		{name: "describe that", call: describeGroups(cloudwatchlogs.DescribeLogGroupsInput{LogGroupNamePrefix: aws.String("rare")})},
		{name: "a group of class ESSENTIALS", call: logsCall((*cloudwatchlogs.Client).CreateLogGroup, cloudwatchlogs.CreateLogGroupInput{
			LogGroupName: aws.String("essential"), LogGroupClass: types.LogGroupClassEssentials})},
		{name: "describe that one", call: describeGroups(cloudwatchlogs.DescribeLogGroupsInput{LogGroupNamePrefix: aws.String("essential")})},
		{name: "a protected group", call: logsCall((*cloudwatchlogs.Client).CreateLogGroup, cloudwatchlogs.CreateLogGroupInput{
			LogGroupName: aws.String("kept"), DeletionProtectionEnabled: aws.Bool(true)})},
		{name: "describe the protected one", call: describeGroups(cloudwatchlogs.DescribeLogGroupsInput{LogGroupNamePrefix: aws.String("kept")})},
		{name: "delete what is protected", call: deleteGroup("kept")},
		{name: "a prefix that nothing has", call: describeGroups(cloudwatchlogs.DescribeLogGroupsInput{LogGroupNamePrefix: aws.String("other")})},
		{name: "delete", call: deleteGroup("rare")},
		{name: "delete it again", call: deleteGroup("rare")},
	}}
}

func groupPagesFlow() flow {
	page := func(token *string) caller {
		return describeGroups(cloudwatchlogs.DescribeLogGroupsInput{LogGroupNamePrefix: aws.String("g-"), Limit: aws.Int32(2), NextToken: token})
	}
	return flow{name: "log groups come in pages, by name", steps: []step{
		{name: "group g-c", call: newGroup("g-c")},
		{name: "group g-a", call: newGroup("g-a")},
		{name: "group g-b", call: newGroup("g-b")},
		{name: "a group with another prefix", call: newGroup("h")},
		{name: "first page", call: page(nil), keep: map[string]string{"token": "NextToken"}},
		{name: "second and last page", call: page(aws.String("{{token}}"))},
		{name: "a token that nobody gave", call: page(aws.String("never-given"))},
	}}
}

func retentionFlow() flow {
	get := describeGroups(cloudwatchlogs.DescribeLogGroupsInput{})
	remove := logsCall((*cloudwatchlogs.Client).DeleteRetentionPolicy, cloudwatchlogs.DeleteRetentionPolicyInput{LogGroupName: aws.String("g")})
	return flow{name: "retention is set and unset", steps: []step{
		{name: "of no group", call: retain("g", 365)},
		{name: "unset of no group", call: remove},
		{name: "create the group", call: newGroup("g")},
		{name: "a year", call: retain("g", 365)},
		{name: "see it", call: get},
		{name: "ten years", call: retain("g", 3653)},
		{name: "a number of days that AWS does not take", call: retain("g", 42)},
		{name: "see ten years", call: get},
		{name: "unset", call: remove},
		{name: "see none", call: get},
	}}
}

func streamFlow() flow {
	streams := func(in cloudwatchlogs.DescribeLogStreamsInput) caller {
		in.LogGroupName = aws.String("g")
		return describeStreams(in)
	}
	return flow{name: "streams of a group that nothing was written to", steps: []step{
		{name: "of no group", call: streams(cloudwatchlogs.DescribeLogStreamsInput{})},
		{name: "create the group", call: newGroup("g")},
		{name: "none", call: streams(cloudwatchlogs.DescribeLogStreamsInput{})},
		{name: "none by last event", call: streams(cloudwatchlogs.DescribeLogStreamsInput{OrderBy: types.OrderByLastEventTime, Descending: aws.Bool(true)})},
		{name: "an order that there is not", call: streams(cloudwatchlogs.DescribeLogStreamsInput{OrderBy: "Size"})},
		{name: "by last event and by prefix", call: streams(cloudwatchlogs.DescribeLogStreamsInput{OrderBy: types.OrderByLastEventTime, LogStreamNamePrefix: aws.String("eni")})},
		{name: "too large a page", call: streams(cloudwatchlogs.DescribeLogStreamsInput{Limit: aws.Int32(51)})},
		{name: "no group named", call: describeStreams(cloudwatchlogs.DescribeLogStreamsInput{})},
		{name: "events of no group", call: getEvents(cloudwatchlogs.GetLogEventsInput{LogGroupName: aws.String("none"), LogStreamName: aws.String("s")})},
		{name: "events of no stream", call: getEvents(cloudwatchlogs.GetLogEventsInput{LogGroupName: aws.String("g"), LogStreamName: aws.String("s")})},
		{name: "too many events", call: getEvents(cloudwatchlogs.GetLogEventsInput{LogGroupName: aws.String("g"), LogStreamName: aws.String("s"), Limit: aws.Int32(10_001)})},
	}}
}

func logsRefusalFlow() flow {
	return flow{name: "what CloudWatch Logs refuses", steps: []step{
		{name: "a name with a character that names have not", call: newGroup("a b")},
		{name: "an empty name", call: targetCall("logs", "Logs_20140328.CreateLogGroup", `{"logGroupName":""}`)},
		{name: "a name that is AWS's", call: newGroup("aws/vpc")},
		{name: "a class that there is not", call: logsCall((*cloudwatchlogs.Client).CreateLogGroup, cloudwatchlogs.CreateLogGroupInput{
			LogGroupName: aws.String("g"), LogGroupClass: "GOLD"})},
		{name: "too large a page", call: describeGroups(cloudwatchlogs.DescribeLogGroupsInput{Limit: aws.Int32(51)})},
		{name: "too small a page", call: describeGroups(cloudwatchlogs.DescribeLogGroupsInput{Limit: aws.Int32(0)})},
		{name: "delete no group", call: deleteGroup("none")},
		{name: "the tags of no group", call: tagsOf("arn:aws:logs:us-east-1:{{account}}:log-group:none")},
		{name: "an operation that it has not", call: targetCall("logs", "Logs_20140328.DescribeUnicorns", `{}`)},
		{name: "a document that is none", call: targetCall("logs", "Logs_20140328.DescribeLogGroups", `{`)},
	}}
}
