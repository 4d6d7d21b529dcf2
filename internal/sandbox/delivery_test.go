package sandbox_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/google/go-cmp/cmp"

	"flowproof/internal/sandbox"
)

// clock is a time that stands still until it is moved.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func newClock() *clock { return &clock{now: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)} }

func (c *clock) time() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// delivering runs the workshop, where records take ten minutes, by a clock.
func delivering(t *testing.T, roles string) (*world, *clock) {
	t.Helper()
	c := newClock()
	text := strings.Replace(workshop, "roles:", "roles:"+roles, 1)
	return start(t, scenario(t, text+"record_delay: 10m"), sandbox.WithClock(c.time)), c
}

func (w *world) create(t *testing.T, role string) string {
	t.Helper()
	in := toGroup("vpc-0aaa")
	in.DeliverLogsPermissionArn = aws.String(roleBase + role)
	out, err := w.ec2("eu-west-1").CreateFlowLogs(context.Background(), in)
	if err != nil || len(out.FlowLogIds) != 1 {
		t.Fatalf("%+v %v", out, err)
	}
	return out.FlowLogIds[0]
}

// status gives delivery status and error message of the one flow log.
func (w *world) status(t *testing.T) string {
	t.Helper()
	out, err := w.ec2("eu-west-1").DescribeFlowLogs(context.Background(), nil)
	if err != nil || len(out.FlowLogs) != 1 {
		t.Fatalf("%+v %v", out, err)
	}
	return strings.TrimSpace(aws.ToString(out.FlowLogs[0].DeliverLogsStatus) + " " + aws.ToString(out.FlowLogs[0].DeliverLogsErrorMessage))
}

func (w *world) groups(t *testing.T) []string {
	t.Helper()
	out, err := w.logs("eu-west-1").DescribeLogGroups(context.Background(), nil)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, g := range out.LogGroups {
		names = append(names, fmt.Sprintf("%s retention=%d", aws.ToString(g.LogGroupName), aws.ToInt32(g.RetentionInDays)))
	}
	return names
}

// streams gives the streams of MyFlowLogs with the time of their newest event.
func (w *world) streams(t *testing.T) map[string]string {
	t.Helper()
	out, err := w.logs("eu-west-1").DescribeLogStreams(context.Background(), &cloudwatchlogs.DescribeLogStreamsInput{LogGroupName: aws.String("MyFlowLogs")})
	if err != nil {
		t.Fatal(err)
	}
	got := make(map[string]string)
	for _, s := range out.LogStreams {
		got[aws.ToString(s.LogStreamName)] = time.UnixMilli(aws.ToInt64(s.LastEventTimestamp)).UTC().Format("15:04")
	}
	return got
}

func TestRecordsArriveAfterTheDelay(t *testing.T) {
	t.Parallel()
	w, now := delivering(t, "")
	w.create(t, "deliver")
	if got := w.status(t); got != "SUCCESS" {
		t.Errorf("right after creation: %q", got)
	}
	now.pass(10*time.Minute - time.Second)
	if got := w.groups(t); len(got) != 0 {
		t.Errorf("before the first record: %v", got)
	}
	now.pass(time.Second)
	if diff := cmp.Diff([]string{"MyFlowLogs retention=0"}, w.groups(t)); diff != "" {
		t.Error(diff)
	}
	enis, err := w.ec2("eu-west-1").DescribeNetworkInterfaces(context.Background(), &ec2.DescribeNetworkInterfacesInput{Filters: vpcFilter("vpc-id", "vpc-0aaa")})
	if err != nil {
		t.Fatal(err)
	}
	want := make(map[string]string)
	for _, e := range enis.NetworkInterfaces {
		want[aws.ToString(e.NetworkInterfaceId)+"-all"] = "12:10"
	}
	if diff := cmp.Diff(want, w.streams(t)); diff != "" {
		t.Error(diff)
	}
	now.pass(35 * time.Minute)
	for name, newest := range w.streams(t) {
		if newest != "12:40" {
			t.Errorf("%s: newest record at %s, want 12:40", name, newest)
		}
	}
}

func TestRecordsStopWithTheFlowLog(t *testing.T) {
	t.Parallel()
	w, now := delivering(t, "")
	id := w.create(t, "deliver")
	now.pass(25 * time.Minute)
	if _, err := w.ec2("eu-west-1").DeleteFlowLogs(context.Background(), &ec2.DeleteFlowLogsInput{FlowLogIds: []string{id}}); err != nil {
		t.Fatal(err)
	}
	now.pass(time.Hour)
	for name, newest := range w.streams(t) {
		if newest != "12:20" {
			t.Errorf("%s: newest record at %s, want 12:20", name, newest)
		}
	}
	// The same flow log made again goes on in the same streams.
	w.create(t, "deliver")
	now.pass(15 * time.Minute)
	for name, newest := range w.streams(t) {
		if newest != "13:35" {
			t.Errorf("%s: newest record at %s, want 13:35", name, newest)
		}
	}
}

func TestNoInterfaceNoRecord(t *testing.T) {
	t.Parallel()
	w, now := delivering(t, "")
	client, ctx := w.ec2("eu-west-1"), context.Background()
	if _, err := client.CreateFlowLogs(ctx, toGroup("vpc-0bbb")); err != nil {
		t.Fatal(err)
	}
	now.pass(time.Hour)
	if got := w.groups(t); len(got) != 0 || w.status(t) != "SUCCESS" {
		t.Errorf("groups %v, status %s", got, w.status(t))
	}
	subnet, err := client.CreateSubnet(ctx, &ec2.CreateSubnetInput{VpcId: aws.String("vpc-0bbb"), CidrBlock: aws.String("10.2.0.0/24")})
	if err != nil {
		t.Fatal(err)
	}
	eni, err := client.CreateNetworkInterface(ctx, &ec2.CreateNetworkInterfaceInput{SubnetId: subnet.Subnet.SubnetId})
	if err != nil {
		t.Fatal(err)
	}
	now.pass(11 * time.Minute)
	want := map[string]string{aws.ToString(eni.NetworkInterface.NetworkInterfaceId) + "-all": "13:10"}
	if diff := cmp.Diff(want, w.streams(t)); diff != "" {
		t.Error(diff)
	}
}

func TestDeletedGroupComesBackWithTheNextRecord(t *testing.T) {
	t.Parallel()
	w, now := delivering(t, "")
	w.create(t, "deliver")
	now.pass(12 * time.Minute)
	if got := w.groups(t); len(got) != 1 {
		t.Fatalf("groups %v", got)
	}
	if _, err := w.logs("eu-west-1").DeleteLogGroup(context.Background(), &cloudwatchlogs.DeleteLogGroupInput{LogGroupName: aws.String("MyFlowLogs")}); err != nil {
		t.Fatal(err)
	}
	now.pass(5 * time.Minute)
	if got := w.groups(t); len(got) != 0 {
		t.Errorf("before the next record: %v", got)
	}
	now.pass(5 * time.Minute)
	for name, newest := range w.streams(t) {
		if newest != "12:20" {
			t.Errorf("%s: newest record at %s, want 12:20", name, newest)
		}
	}
}

func TestDeliveryThatIsNotAllowed(t *testing.T) {
	t.Parallel()
	const trusted = "trusted_service: vpc-flow-logs.amazonaws.com"
	tests := []struct {
		name, role string
		group      bool // exists beforehand
		want       string
	}{
		{"everything allowed", `allow: ["logs:*"]`, false, "SUCCESS"},
		{"the four actions, the group by ARN with its star", `allow: [logs:CreateLogGroup, logs:CreateLogStream, logs:PutLogEvents, logs:DescribeLogStreams],
			on: ["arn:aws:logs:eu-west-1:123456789012:log-group:MyFlowLogs:*"]`, false, "SUCCESS"},
		{"the group by ARN without its star", `allow: ["logs:*"], on: ["arn:aws:logs:eu-west-1:123456789012:log-group:MyFlowLogs"]`, false, "FAILED Access error"},
		{"another Region only", `allow: ["logs:*"], on: ["arn:aws:logs:us-east-1:*"]`, false, "FAILED Access error"},
		{"may not make the group", `allow: [logs:CreateLogStream, logs:PutLogEvents]`, false, "FAILED Access error"},
		{"need not make the group", `allow: [logs:CreateLogStream, logs:PutLogEvents]`, true, "SUCCESS"},
		{"may not write", `allow: [logs:CreateLogGroup, logs:CreateLogStream]`, true, "FAILED Access error"},
		{"no permission at all", `allow: []`, true, "FAILED Access error"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w, now := delivering(t, "\n      - {name: tested, "+trusted+", "+tt.role+"}")
			if tt.group {
				if _, err := w.logs("eu-west-1").CreateLogGroup(context.Background(), &cloudwatchlogs.CreateLogGroupInput{LogGroupName: aws.String("MyFlowLogs")}); err != nil {
					t.Fatal(err)
				}
			}
			w.create(t, "tested")
			if got := w.status(t); got != "SUCCESS" {
				t.Errorf("right after creation: %q", got)
			}
			now.pass(10 * time.Minute)
			if got := w.status(t); got != tt.want {
				t.Errorf("after the first record was due: %q, want %q", got, tt.want)
			}
			if got, made := w.groups(t), tt.group || tt.want == "SUCCESS"; (len(got) == 1) != made {
				t.Errorf("groups %v", got)
			}
		})
	}
}

func TestRecordsAreRecords(t *testing.T) {
	t.Parallel()
	w, now := delivering(t, "")
	in := toGroup("vpc-0aaa")
	in.TrafficType, in.LogFormat = types.TrafficTypeReject, aws.String("${interface-id} ${action} ${vpc-id} ${ecs-cluster-name} ${log-status}")
	if _, err := w.ec2("eu-west-1").CreateFlowLogs(context.Background(), in); err != nil {
		t.Fatal(err)
	}
	now.pass(20 * time.Minute)
	for name := range w.streams(t) {
		out, err := w.logs("eu-west-1").GetLogEvents(context.Background(), &cloudwatchlogs.GetLogEventsInput{
			LogGroupName: aws.String("MyFlowLogs"), LogStreamName: &name, StartFromHead: aws.Bool(true),
		})
		if err != nil || len(out.Events) != 2 {
			t.Fatalf("%+v %v", out, err)
		}
		want := strings.TrimSuffix(name, "-reject") + " REJECT vpc-0aaa - OK"
		for _, e := range out.Events {
			if aws.ToString(e.Message) != want {
				t.Errorf("%q, want %q", aws.ToString(e.Message), want)
			}
		}
	}
}

func TestPermissionsBoundaryBoundsDelivery(t *testing.T) {
	t.Parallel()
	w, now := delivering(t, "")
	ctx := context.Background()
	bound, err := w.iam().CreatePolicy(ctx, &iam.CreatePolicyInput{
		PolicyName: aws.String("bound"), PolicyDocument: aws.String(`{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "ec2:*", "Resource": "*"}}`),
	})
	if err != nil {
		t.Fatal(err)
	}
	_, err = w.iam().CreateRole(ctx, &iam.CreateRoleInput{RoleName: aws.String("bounded"), PermissionsBoundary: bound.Policy.Arn, AssumeRolePolicyDocument: aws.String(
		`{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "vpc-flow-logs.amazonaws.com"}}}`)})
	if err != nil {
		t.Fatal(err)
	}
	_, err = w.iam().PutRolePolicy(ctx, &iam.PutRolePolicyInput{RoleName: aws.String("bounded"), PolicyName: aws.String("all"),
		PolicyDocument: aws.String(`{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}`)})
	if err != nil {
		t.Fatal(err)
	}
	w.create(t, "bounded")
	now.pass(10 * time.Minute)
	if got := w.status(t); got != "FAILED Access error" {
		t.Errorf("status %q", got)
	}
}

func TestRoleLostOnTheWayStopsDelivery(t *testing.T) {
	t.Parallel()
	w, now := delivering(t, "")
	w.create(t, "deliver")
	now.pass(15 * time.Minute)
	ctx := context.Background()
	_, err := w.iam().DeleteRolePolicy(ctx, &iam.DeleteRolePolicyInput{RoleName: aws.String("deliver"), PolicyName: aws.String("inline")})
	if err != nil {
		t.Fatal(err)
	}
	if got := w.status(t); got != "SUCCESS" {
		t.Errorf("before the next record: %q", got)
	}
	now.pass(10 * time.Minute)
	if got := w.status(t); got != "FAILED Access error" {
		t.Errorf("after it: %q", got)
	}
	now.pass(time.Hour)
	for name, newest := range w.streams(t) {
		if newest != "12:10" {
			t.Errorf("%s: newest record at %s, want 12:10", name, newest)
		}
	}
}
