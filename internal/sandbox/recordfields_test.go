package sandbox_test

import (
	"context"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// showing is a creation whose records show tags.
func showing(format string, specs ...types.TagFieldSpecificationRequest) *ec2.CreateFlowLogsInput {
	return to(func(in *ec2.CreateFlowLogsInput) {
		in.LogFormat, in.TagFieldSpecifications = aws.String(format), specs
	})
}

func tagsOf(kind types.TaggableResourceType, keys ...string) types.TagFieldSpecificationRequest {
	return types.TagFieldSpecificationRequest{ResourceType: kind, TagKeys: keys}
}

func TestRecordsThatShowTags(t *testing.T) {
	t.Parallel()
	w, c := knob(t, "writes: {linked_role: 30s}")
	ctx, client := context.Background(), w.ec2("eu-west-1")
	in := showing("${instance-tag} ${instance-tag-2} ${asg-tag}",
		tagsOf(types.TaggableResourceTypeInstance, "Name", "team"), tagsOf(types.TaggableResourceTypeAutoScalingGroup, "Name"))
	_, err := client.CreateFlowLogs(ctx, in)
	wantError(t, err, "IncorrectState", 400, "Service Linked Role is not yet available")
	c.pass(30 * time.Second)
	if _, err := client.CreateFlowLogs(ctx, in); err != nil {
		t.Fatal(err)
	}
	out, err := client.DescribeFlowLogs(ctx, &ec2.DescribeFlowLogsInput{})
	if err != nil || len(out.FlowLogs) != 1 {
		t.Fatalf("%v, %v", out, err)
	}
	want := []types.TagFieldSpecificationResponse{
		{ResourceType: types.TaggableResourceTypeInstance, TagKeys: []string{"Name", "team"}},
		{ResourceType: types.TaggableResourceTypeAutoScalingGroup, TagKeys: []string{"Name"}},
	}
	if diff := cmp.Diff(want, out.FlowLogs[0].TagFieldSpecifications, cmpopts.IgnoreUnexported(types.TagFieldSpecificationResponse{})); diff != "" {
		t.Error(diff)
	}
}

func TestTagFieldsThatCannotBe(t *testing.T) {
	t.Parallel()
	w := start(t, scenario(t, workshop))
	const instance = types.TaggableResourceTypeInstance
	for name, in := range map[string]*ec2.CreateFlowLogsInput{
		"a field without a key":        showing("${instance-tag}"),
		"a second field without a key": showing("${instance-tag} ${instance-tag-2}", tagsOf(instance, "Name")),
		"a key without a field":        showing("${version}", tagsOf(instance, "Name")),
		"three keys":                   showing("${instance-tag} ${instance-tag-2}", tagsOf(instance, "a", "b", "c")),
		"no key":                       showing("${instance-tag}", tagsOf(instance)),
		"one type twice":               showing("${instance-tag}", tagsOf(instance, "a"), tagsOf(instance, "b")),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := w.ec2("eu-west-1").CreateFlowLogs(context.Background(), in)
			wantError(t, err, "InvalidParameter", 400, "")
		})
	}
	_, err := w.ec2("eu-west-1").CreateFlowLogs(context.Background(), showing("${instance-tag}", tagsOf("subnet", "a")))
	wantError(t, err, "InvalidParameterValue", 400, "resourceType")
}

// TestFieldsDependOnOtherActions denies, one by one, what EC2 asks of whoever makes a flow log with
// fields about containers or tags.
func TestFieldsDependOnOtherActions(t *testing.T) {
	t.Parallel()
	containers := showing("${ecs-cluster-name}")
	groups := showing("${asg-tag}", tagsOf(types.TaggableResourceTypeAutoScalingGroup, "Name"))
	instances := showing("${instance-tag}", tagsOf(types.TaggableResourceTypeInstance, "Name"))
	for _, test := range []struct {
		service, operation string
		in                 *ec2.CreateFlowLogsInput
	}{
		{"ecs", "ListClusters", containers},
		{"ecs", "ListContainerInstances", containers},
		{"ecs", "ListServices", containers},
		{"ecs", "ListTaskDefinitions", containers},
		{"ecs", "ListTasks", containers},
		{"autoscaling", "DescribeTags", groups},
		{"ec2", "DescribeTags", instances},
		{"iam", "CreateServiceLinkedRole", groups},
	} {
		t.Run(test.service+" "+test.operation, func(t *testing.T) {
			t.Parallel()
			w, _ := knob(t, "faults: [{service: "+test.service+", operation: "+test.operation+", do: deny, wording: scp}]")
			_, err := w.ec2("eu-west-1").CreateFlowLogs(context.Background(), test.in)
			wantError(t, err, "UnauthorizedOperation", 403, test.service+":"+test.operation)
			if _, err := w.ec2("eu-west-1").CreateFlowLogs(context.Background(), toGroup("vpc-0bbb")); err != nil {
				t.Errorf("without such fields: %v", err)
			}
		})
	}
}
