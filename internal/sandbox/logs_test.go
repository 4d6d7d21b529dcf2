package sandbox_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"
	"github.com/google/go-cmp/cmp"

	"flowproof/internal/sandbox"
)

// recording is a sandbox in which a flow log on a VPC has written for three hours.
func recording(t *testing.T) (*world, *clock) {
	t.Helper()
	w, c := delivering(t, "")
	w.create(t, "deliver")
	c.pass(3 * time.Hour)
	return w, c
}

func (w *world) describeStreams(t *testing.T, in cloudwatchlogs.DescribeLogStreamsInput) *cloudwatchlogs.DescribeLogStreamsOutput {
	t.Helper()
	in.LogGroupName = aws.String("MyFlowLogs")
	out, err := w.logs("eu-west-1").DescribeLogStreams(context.Background(), &in)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func (w *world) events(t *testing.T, in cloudwatchlogs.GetLogEventsInput) *cloudwatchlogs.GetLogEventsOutput {
	t.Helper()
	in.LogGroupName = aws.String("MyFlowLogs")
	out, err := w.logs("eu-west-1").GetLogEvents(context.Background(), &in)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// times gives when events happened, in minutes since the start of the clock.
func times(events []types.OutputLogEvent) []int64 {
	begin := newClock().now.UnixMilli()
	var out []int64
	for _, e := range events {
		out = append(out, (aws.ToInt64(e.Timestamp)-begin)/60_000)
	}
	return out
}

func TestStreamsInBothOrders(t *testing.T) {
	t.Parallel()
	w, _ := recording(t)
	forward := w.describeStreams(t, cloudwatchlogs.DescribeLogStreamsInput{})
	backward := w.describeStreams(t, cloudwatchlogs.DescribeLogStreamsInput{Descending: aws.Bool(true)})
	names := func(out *cloudwatchlogs.DescribeLogStreamsOutput) (names []string) {
		for _, s := range out.LogStreams {
			names = append(names, aws.ToString(s.LogStreamName))
		}
		return names
	}
	a, b := names(forward), names(backward)
	slices.Reverse(b)
	if diff := cmp.Diff(a, b); diff != "" || !slices.IsSorted(a) || len(a) == 0 {
		t.Errorf("forward %v, backward reversed %v", a, b)
	}
	byTime := w.describeStreams(t, cloudwatchlogs.DescribeLogStreamsInput{OrderBy: types.OrderByLastEventTime, Descending: aws.Bool(true), Limit: aws.Int32(1)})
	s := byTime.LogStreams[0]
	if len(byTime.LogStreams) != 1 || aws.ToInt64(s.FirstEventTimestamp) >= aws.ToInt64(s.LastEventTimestamp) ||
		aws.ToInt64(s.LastIngestionTime) < aws.ToInt64(s.LastEventTimestamp) {
		t.Errorf("%+v", byTime)
	}
	one := w.describeStreams(t, cloudwatchlogs.DescribeLogStreamsInput{LogStreamNamePrefix: aws.String(a[0])})
	if len(one.LogStreams) != 1 || aws.ToString(one.LogStreams[0].LogStreamName) != a[0] {
		t.Errorf("by prefix %q: %+v", a[0], one)
	}
}

func TestEventsBackAndForth(t *testing.T) {
	t.Parallel()
	w, _ := recording(t)
	stream := w.describeStreams(t, cloudwatchlogs.DescribeLogStreamsInput{}).LogStreams[0].LogStreamName
	all := w.events(t, cloudwatchlogs.GetLogEventsInput{LogStreamName: stream, StartFromHead: aws.Bool(true)})
	whole := times(all.Events)
	if len(whole) < 10 || !slices.IsSorted(whole) {
		t.Fatalf("events at %v", whole)
	}
	last := w.events(t, cloudwatchlogs.GetLogEventsInput{LogStreamName: stream, Limit: aws.Int32(4)})
	if diff := cmp.Diff(whole[len(whole)-4:], times(last.Events)); diff != "" {
		t.Errorf("without StartFromHead the newest come: %s", diff)
	}
	// Forward from the head, four at a time, ends when the token stays the same.
	var got []int64
	in := cloudwatchlogs.GetLogEventsInput{LogStreamName: stream, StartFromHead: aws.Bool(true), Limit: aws.Int32(4)}
	for {
		page := w.events(t, in)
		got = append(got, times(page.Events)...)
		if aws.ToString(page.NextForwardToken) == aws.ToString(in.NextToken) {
			break
		}
		in.NextToken = page.NextForwardToken
	}
	if diff := cmp.Diff(whole, got); diff != "" {
		t.Errorf("forward: %s", diff)
	}
	// And backward from the newest.
	got = nil
	in = cloudwatchlogs.GetLogEventsInput{LogStreamName: stream, Limit: aws.Int32(4)}
	for {
		page := w.events(t, in)
		got = append(times(page.Events), got...)
		if aws.ToString(page.NextBackwardToken) == aws.ToString(in.NextToken) {
			break
		}
		in.NextToken = page.NextBackwardToken
	}
	if diff := cmp.Diff(whole, got); diff != "" {
		t.Errorf("backward: %s", diff)
	}
}

func TestEventsBetweenTimes(t *testing.T) {
	t.Parallel()
	w, _ := recording(t)
	stream := w.describeStreams(t, cloudwatchlogs.DescribeLogStreamsInput{}).LogStreams[0].LogStreamName
	all := w.events(t, cloudwatchlogs.GetLogEventsInput{LogStreamName: stream, StartFromHead: aws.Bool(true)}).Events
	third, fifth := all[2].Timestamp, all[4].Timestamp
	got := w.events(t, cloudwatchlogs.GetLogEventsInput{LogStreamName: stream, StartFromHead: aws.Bool(true), StartTime: third, EndTime: fifth}).Events
	if diff := cmp.Diff(times(all[2:4]), times(got)); diff != "" {
		t.Errorf("the start belongs to it and the end does not: %s", diff)
	}
	none := w.events(t, cloudwatchlogs.GetLogEventsInput{LogStreamName: stream, StartTime: fifth, EndTime: third}).Events
	if len(none) != 0 {
		t.Errorf("between an end and a start before it: %v", times(none))
	}
}

func TestNewEventsStandBehindTheToken(t *testing.T) {
	t.Parallel()
	w, c := recording(t)
	stream := w.describeStreams(t, cloudwatchlogs.DescribeLogStreamsInput{}).LogStreams[0].LogStreamName
	end := w.events(t, cloudwatchlogs.GetLogEventsInput{LogStreamName: stream, StartFromHead: aws.Bool(true)}).NextForwardToken
	if page := w.events(t, cloudwatchlogs.GetLogEventsInput{LogStreamName: stream, NextToken: end}); len(page.Events) != 0 {
		t.Errorf("at the end: %v", times(page.Events))
	}
	c.pass(30 * time.Minute)
	if page := w.events(t, cloudwatchlogs.GetLogEventsInput{LogStreamName: stream, NextToken: end}); len(page.Events) != 3 {
		t.Errorf("half an hour later: %v", times(page.Events))
	}
}

func TestLogsRefuse(t *testing.T) {
	t.Parallel()
	w, _ := recording(t)
	ctx := context.Background()
	logs := w.logs("eu-west-1")
	streams := w.describeStreams(t, cloudwatchlogs.DescribeLogStreamsInput{}).LogStreams
	token := w.events(t, cloudwatchlogs.GetLogEventsInput{LogStreamName: streams[0].LogStreamName}).NextForwardToken
	tests := map[string]struct {
		call       func() error
		code, part string
	}{
		"a token of another stream": {func() error {
			_, err := logs.GetLogEvents(ctx, &cloudwatchlogs.GetLogEventsInput{LogGroupName: aws.String("MyFlowLogs"), LogStreamName: streams[1].LogStreamName, NextToken: token})
			return err
		}, "InvalidParameterException", "nextToken"},
		"a token of another kind": {func() error {
			_, err := logs.DescribeLogGroups(ctx, &cloudwatchlogs.DescribeLogGroupsInput{NextToken: token})
			return err
		}, "InvalidParameterException", "nextToken"},
		"no event at all": {func() error {
			_, err := logs.GetLogEvents(ctx, &cloudwatchlogs.GetLogEventsInput{LogGroupName: aws.String("MyFlowLogs"), LogStreamName: streams[0].LogStreamName, Limit: aws.Int32(0)})
			return err
		}, "InvalidParameterException", "limit"},
		"a name and an identifier": {func() error {
			_, err := logs.DescribeLogStreams(ctx, &cloudwatchlogs.DescribeLogStreamsInput{LogGroupName: aws.String("MyFlowLogs"), LogGroupIdentifier: aws.String("MyFlowLogs")})
			return err
		}, "InvalidParameterException", "Exactly one"},
		"the group of another account": {func() error {
			_, err := logs.DescribeLogStreams(ctx, &cloudwatchlogs.DescribeLogStreamsInput{LogGroupIdentifier: aws.String("arn:aws:logs:eu-west-1:999999999999:log-group:MyFlowLogs")})
			return err
		}, "ResourceNotFoundException", "log group"},
		"a key that is no ARN": {func() error {
			_, err := logs.CreateLogGroup(ctx, &cloudwatchlogs.CreateLogGroupInput{LogGroupName: aws.String("g"), KmsKeyId: aws.String("alias/mine")})
			return err
		}, "InvalidParameterException", "KMS"},
		"a prefix and a pattern": {func() error {
			_, err := logs.DescribeLogGroups(ctx, &cloudwatchlogs.DescribeLogGroupsInput{LogGroupNamePrefix: aws.String("My"), LogGroupNamePattern: aws.String("Flow")})
			return err
		}, "InvalidParameterException", "mutually exclusive"},
		"tags by an ARN that ends as IAM's do": {func() error {
			_, err := logs.ListTagsForResource(ctx, &cloudwatchlogs.ListTagsForResourceInput{ResourceArn: aws.String("arn:aws:logs:eu-west-1:123456789012:log-group:MyFlowLogs:*")})
			return err
		}, "InvalidParameterException", "resourceArn"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			wantError(t, test.call(), test.code, 400, test.part)
		})
	}
}

func TestGroupsByIdentifierPatternAndClass(t *testing.T) {
	t.Parallel()
	w, _ := recording(t)
	ctx := context.Background()
	logs := w.logs("eu-west-1")
	for name, class := range map[string]types.LogGroupClass{"rare-flow": types.LogGroupClassInfrequentAccess, "vended": types.LogGroupClassDelivery} {
		if _, err := logs.CreateLogGroup(ctx, &cloudwatchlogs.CreateLogGroupInput{LogGroupName: aws.String(name), LogGroupClass: class}); err != nil {
			t.Fatal(err)
		}
	}
	for want, in := range map[string]*cloudwatchlogs.DescribeLogGroupsInput{
		"MyFlowLogs rare-flow ": {LogGroupNamePattern: aws.String("FLOW")},
		"rare-flow ":            {LogGroupClass: types.LogGroupClassInfrequentAccess},
		"vended ":               {LogGroupNamePrefix: aws.String("v")},
	} {
		out, err := logs.DescribeLogGroups(ctx, in)
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		for _, g := range out.LogGroups {
			got += aws.ToString(g.LogGroupName) + " "
		}
		if got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	identifier := aws.String("arn:aws:logs:eu-west-1:" + sandbox.DefaultAccount + ":log-group:MyFlowLogs")
	if out, err := logs.DescribeLogStreams(ctx, &cloudwatchlogs.DescribeLogStreamsInput{LogGroupIdentifier: identifier}); err != nil || len(out.LogStreams) == 0 {
		t.Errorf("by ARN: %+v, error %v", out, err)
	}
}

func TestDeliveryClassKeepsADay(t *testing.T) {
	t.Parallel()
	w := start(t, sandbox.DefaultScenario())
	ctx := context.Background()
	logs := w.logs("eu-west-1")
	if _, err := logs.CreateLogGroup(ctx, &cloudwatchlogs.CreateLogGroupInput{LogGroupName: aws.String("g"), LogGroupClass: types.LogGroupClassDelivery}); err != nil {
		t.Fatal(err)
	}
	_, err := logs.PutRetentionPolicy(ctx, &cloudwatchlogs.PutRetentionPolicyInput{LogGroupName: aws.String("g"), RetentionInDays: aws.Int32(365)})
	wantError(t, err, "InvalidParameterException", 400, "DELIVERY")
	if _, err := logs.DeleteRetentionPolicy(ctx, &cloudwatchlogs.DeleteRetentionPolicyInput{LogGroupName: aws.String("g")}); err != nil {
		t.Error(err)
	}
	if diff := cmp.Diff([]string{"g retention=1"}, w.groups(t)); diff != "" {
		t.Error(diff)
	}
}
