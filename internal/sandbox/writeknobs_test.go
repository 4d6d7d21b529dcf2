package sandbox_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/google/go-cmp/cmp"

	"flowproof/internal/sandbox"
)

// knob is the workshop with a knob on, by a clock.
func knob(t *testing.T, text string) (*world, *clock) {
	t.Helper()
	c := newClock()
	return start(t, scenario(t, workshop+text+"\n"), sandbox.WithClock(c.time)), c
}

func TestChangesAreSeenLate(t *testing.T) {
	t.Parallel()
	w, c := knob(t, "writes: {visible: 10s}")
	ctx := context.Background()
	seen := func() int {
		t.Helper()
		out, err := w.ec2("eu-west-1").DescribeFlowLogs(ctx, &ec2.DescribeFlowLogsInput{})
		if err != nil {
			t.Fatal(err)
		}
		return len(out.FlowLogs)
	}
	first, err := w.ec2("eu-west-1").CreateFlowLogs(ctx, toGroup("vpc-0aaa"))
	if err != nil || seen() != 0 {
		t.Fatalf("%v, %d are seen at once", err, seen())
	}
	c.pass(5 * time.Second)
	if _, err := w.ec2("eu-west-1").CreateFlowLogs(ctx, toGroup("vpc-0bbb")); err != nil {
		t.Fatal(err)
	}
	for _, want := range []int{0, 1, 2} { // after 5, 10 and 15 seconds
		if got := seen(); got != want {
			t.Errorf("at %s %d are seen, want %d", c.time().Format(time.TimeOnly), got, want)
		}
		c.pass(5 * time.Second)
	}
	if _, err := w.ec2("eu-west-1").DeleteFlowLogs(ctx, &ec2.DeleteFlowLogsInput{FlowLogIds: first.FlowLogIds}); err != nil || seen() != 2 {
		t.Errorf("%v, %d are seen after a deletion", err, seen())
	}
	c.pass(10 * time.Second)
	if seen() != 1 {
		t.Error("the deletion is never seen")
	}
}

func TestNewRoleCannotBeAssumedAtOnce(t *testing.T) {
	t.Parallel()
	w, c := knob(t, "writes: {assumable: 8s}")
	ctx := context.Background()
	trust := `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"Service":"vpc-flow-logs.amazonaws.com"},"Action":"sts:AssumeRole"}}`
	if _, err := w.iam().CreateRole(ctx, &iam.CreateRoleInput{RoleName: aws.String("fresh"), AssumeRolePolicyDocument: &trust}); err != nil {
		t.Fatal(err)
	}
	in := toGroup("vpc-0aaa")
	in.DeliverLogsPermissionArn = aws.String(roleBase + "fresh")
	_, err := w.ec2("eu-west-1").CreateFlowLogs(ctx, in)
	wantError(t, err, "InvalidParameter", 400, "Unable to assume given IAM role: '"+roleBase+"fresh'")
	c.pass(8 * time.Second)
	if out, err := w.ec2("eu-west-1").CreateFlowLogs(ctx, in); err != nil || len(out.FlowLogIds) != 1 {
		t.Errorf("%v %v", out, err)
	}
}

func TestAlreadyExistsBothWays(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	for text, asRequest := range map[string]bool{"": false, "writes: {already_exists: item}": false, "writes: {already_exists: request}": true} {
		w, _ := knob(t, text)
		if _, err := w.ec2("eu-west-1").CreateFlowLogs(ctx, toGroup("vpc-0aaa")); err != nil {
			t.Fatal(err)
		}
		out, err := w.ec2("eu-west-1").CreateFlowLogs(ctx, toGroup("vpc-0bbb", "vpc-0aaa"))
		if asRequest {
			wantError(t, err, "FlowLogAlreadyExists", 400, "")
			continue
		}
		if err != nil || len(out.FlowLogIds) != 1 || aws.ToString(out.Unsuccessful[0].Error.Code) != "FlowLogAlreadyExists" {
			t.Errorf("%+v %v", out, err)
		}
	}
}

func TestSomeResourcesAreUnsuccessful(t *testing.T) {
	t.Parallel()
	w, _ := knob(t, `faults: [{do: unsuccessful, resource: "*bbb", code: "400", message: Access Denied for LogDestination, first: 1}]`)
	ctx := context.Background()
	out, err := w.ec2("eu-west-1").CreateFlowLogs(ctx, toGroup("vpc-0aaa", "vpc-0bbb"))
	if err != nil || len(out.FlowLogIds) != 1 || len(out.Unsuccessful) != 1 || aws.ToString(out.Unsuccessful[0].ResourceId) != "vpc-0bbb" {
		t.Fatalf("%+v %v", out, err)
	}
	out, err = w.ec2("eu-west-1").CreateFlowLogs(ctx, toGroup("vpc-0bbb"))
	if err != nil || len(out.FlowLogIds) != 1 {
		t.Errorf("%+v %v", out, err)
	}
}

func TestLostAnswerWasActedOn(t *testing.T) {
	t.Parallel()
	w, _ := knob(t, "faults: [{do: lose-answer, operation: CreateLogGroup}]")
	_, err := w.logs("eu-west-1").CreateLogGroup(context.Background(), &cloudwatchlogs.CreateLogGroupInput{LogGroupName: aws.String("made")})
	if err == nil || !strings.Contains(err.Error(), "EOF") {
		t.Errorf("error %v", err)
	}
	if diff := cmp.Diff([]string{"made retention=0"}, w.groups(t)); diff != "" {
		t.Error(diff)
	}
}

func TestLimits(t *testing.T) {
	t.Parallel()
	w, _ := knob(t, "writes: {flow_logs_per_resource: 1, log_groups: 1, roles: 4}")
	ctx := context.Background()
	group := func(name string) error {
		_, err := w.logs("eu-west-1").CreateLogGroup(ctx, &cloudwatchlogs.CreateLogGroupInput{LogGroupName: &name})
		return err
	}
	if err := group("one"); err != nil {
		t.Fatal(err)
	}
	wantError(t, group("two"), "LimitExceededException", 400, "")
	trust := `{"Statement":{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}}`
	_, err := w.iam().CreateRole(ctx, &iam.CreateRoleInput{RoleName: aws.String("fifth"), AssumeRolePolicyDocument: &trust})
	wantError(t, err, "LimitExceeded", 409, "RolesPerAccount: 4")
	if _, err := w.ec2("eu-west-1").CreateFlowLogs(ctx, toGroup("vpc-0aaa")); err != nil {
		t.Fatal(err)
	}
	out, err := w.ec2("eu-west-1").CreateFlowLogs(ctx, to(func(in *ec2.CreateFlowLogsInput) { in.TrafficType = "REJECT" }))
	if err != nil || aws.ToString(out.Unsuccessful[0].Error.Code) != "FlowLogsLimitExceeded" {
		t.Errorf("%+v %v", out, err)
	}
}

func TestWriteKnobsAreChecked(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"writes: {visible: -1s}": "below zero", "writes: {already_exists: maybe}": "neither item nor request",
		"faults: [{do: unsuccessful}]": "code is missing",
		"writes: {nonsense: 1}":        "nonsense",
	} {
		if _, err := sandbox.ParseScenario([]byte(workshop + text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", text, err, want)
		}
	}
}

func TestDumpSeesEachChange(t *testing.T) {
	t.Parallel()
	w := start(t, scenario(t, workshop))
	ctx := context.Background()
	before := w.server.Dump()
	changes := map[string]func() error{
		"a role's policy": func() error {
			_, err := w.iam().PutRolePolicy(ctx, &iam.PutRolePolicyInput{
				RoleName: aws.String("deliver"), PolicyName: aws.String("p"),
				PolicyDocument: aws.String(`{"Statement":{"Effect":"Allow","Action":"logs:*","Resource":"*"}}`),
			})
			return err
		},
		"a flow log": func() error { _, err := w.ec2("eu-west-1").CreateFlowLogs(ctx, toGroup("vpc-0aaa")); return err },
		"a bucket":   func() error { _, err := w.ec2("eu-west-1").CreateFlowLogs(ctx, toBucket("archive")); return err },
	}
	for name, change := range changes {
		if err := change(); err != nil {
			t.Fatal(err)
		}
		after := w.server.Dump()
		if cmp.Equal(before, after) {
			t.Errorf("%s changes nothing", name)
		}
		before = after
	}
}
