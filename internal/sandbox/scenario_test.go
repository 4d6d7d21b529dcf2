package sandbox_test

import (
	"context"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/google/go-cmp/cmp"

	"flowproof/internal/sandbox"
)

func TestScenariosThatMeanNothing(t *testing.T) {
	t.Parallel()
	for text, part := range map[string]string{
		"account: 1":            "account",
		"accounts: [{id: 12}]":  "twelve digits",
		"accounts: [{}]":        "twelve digits",
		"latency: -1s":          "below zero",
		"a: [":                  "read scenario",
		"seed: 1\n---\nseed: 2": "more than one",
		`accounts: [{id: "123456789012"}, {id: "123456789012"}]`:                                     "there twice",
		`accounts: [{id: "123456789012", opted_in: [mars-1]}]`:                                       `no Region "mars-1"`,
		`accounts: [{id: "123456789012", roles: [{}]}]`:                                              "needs a name",
		`accounts: [{id: "123456789012", regions: {mars-1: {}}}]`:                                    `no Region "mars-1"`,
		region(`vpcs: [{id: "VPC 1"}]`):                                                              "no id",
		region(`vpcs: [{id: vpc-1, count: 2}]`):                                                      "an id and a count",
		region(`vpcs: [{owner: me}]`):                                                                "twelve digits",
		region(`vpcs: [{count: 1000000}]`):                                                           "above",
		region(`vpcs: [{count: 50000, interfaces: 50000}]`):                                          "more than",
		region(`vpcs: [{subnets: -1}]`):                                                              "below zero",
		region(`vpcs: [{cidr: 10.0.0.0/8}]`):                                                         "between /16 and /28",
		region(`vpcs: [{cidr: 10.0.0.0/28, subnets: 2}]`):                                            "do not fit",
		region(`vpcs: [{cidr: 10.0.0.0/28, interfaces: 12}]`):                                        "do not fit",
		region(`vpcs: [{flow_logs: [{group: g, on: routers}]}]`):                                     "subnets or interfaces",
		region(`vpcs: [{flow_logs: [{group: g, bucket: b}]}]`):                                       "exactly one",
		region(`vpcs: [{flow_logs: [{group: "my group"}]}]`):                                         "no log group name",
		region(`vpcs: [{flow_logs: [{group: g, traffic: SOME}]}]`):                                   "traffic",
		region(`vpcs: [{flow_logs: [{group: g, delivery: MAYBE}]}]`):                                 "delivery",
		region(`vpcs: [{flow_logs: [{group: g, interval: 61}]}]`):                                    "interval",
		region(`vpcs: [{flow_logs: [{group: g, id: fl-1, count: 2}]}]`):                              "count",
		region(`vpcs: [{count: 400, subnets: 200, flow_logs: [{group: g, on: subnets, count: 9}]}]`): "more than",
		region(`flow_logs: [{group: g}]`):                                                            "no id",
		region(`flow_logs: [{group: g, resource: vpc-1, on: subnets}]`):                              "on is set",
		region(`log_groups: [{name: "a b"}]`):                                                        "no log group name",
		region(`vpcs: [{id: eni-1}]`):                                                                "no id of a VPC",
		region(`vpcs: [{default: true, cidr: 10.0.0.0/16}]`):                                         "a default VPC",
	} {
		if _, err := sandbox.ParseScenario([]byte(text)); err == nil || !strings.Contains(err.Error(), part) {
			t.Errorf("%s:\nerror %v, want one with %q", text, err, part)
		}
	}
}

// region declares something in one Region.
func region(text string) string {
	return `accounts: [{id: "123456789012", regions: {eu-west-1: {` + text + `}}}]`
}

func TestNothingDeclaredIsTheDefault(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", "# nothing\n", "{}"} {
		sc, err := sandbox.ParseScenario([]byte(text))
		if diff := cmp.Diff(sandbox.DefaultScenario(), sc); diff != "" || err != nil {
			t.Errorf("%q: error %v, %s", text, err, diff)
		}
	}
}

func TestScenarioWithoutAccountIsRefused(t *testing.T) {
	t.Parallel()
	if _, err := sandbox.New(sandbox.Scenario{}); err == nil {
		t.Error("an empty Scenario was accepted")
	}
}

func TestDeclaredFlowLogs(t *testing.T) {
	t.Parallel()
	w := start(t, scenario(t, region(`vpcs: [{id: vpc-1, subnets: 2, interfaces: 3, flow_logs: [
		{id: fl-live, group: live}, {id: fl-old, bucket: old, delivery: none}, {id: fl-fail, group: fail, error: Rate limited, delivery: FAILED},
		{id: fl-off, stream: s, status: INACTIVE}, {group: g, on: subnets}, {group: g, on: interfaces, traffic: REJECT}]}]`)))
	out, err := w.ec2("eu-west-1").DescribeFlowLogs(context.Background(), nil)
	if err != nil {
		t.Fatal(err)
	}
	var named, counted []string
	for _, f := range out.FlowLogs {
		kind, _, _ := strings.Cut(aws.ToString(f.ResourceId), "-")
		line := strings.Join([]string{kind, string(f.TrafficType), aws.ToString(f.FlowLogStatus), aws.ToString(f.DeliverLogsStatus), aws.ToString(f.DeliverLogsErrorMessage), string(f.LogDestinationType)}, "|")
		if id := aws.ToString(f.FlowLogId); len(id) < 10 {
			named = append(named, id+" "+line)
		} else {
			counted = append(counted, line)
		}
	}
	wantNamed := []string{
		"fl-live vpc|ALL|ACTIVE|SUCCESS||cloud-watch-logs",
		"fl-old vpc|ALL|ACTIVE|||s3",
		"fl-fail vpc|ALL|ACTIVE|FAILED|Rate limited|cloud-watch-logs",
		"fl-off vpc|ALL|INACTIVE|SUCCESS||kinesis-data-firehose",
	}
	on, each := "subnet|ALL|ACTIVE|SUCCESS||cloud-watch-logs", "eni|REJECT|ACTIVE|SUCCESS||cloud-watch-logs"
	if diff := cmp.Diff(wantNamed, named); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{on, on, each, each, each}, counted); diff != "" {
		t.Error(diff)
	}
}

func TestSameScenarioSameIDs(t *testing.T) {
	t.Parallel()
	read := func(text string) []string {
		ids, err := pages(start(t, scenario(t, text)))
		if err != nil {
			t.Fatal(err)
		}
		return ids
	}
	if diff := cmp.Diff(read(many), read(many)); diff != "" {
		t.Error(diff)
	}
	if read(many)[0] == read(many + "seed: 7")[0] {
		t.Error("another seed gives the same ids")
	}
}

// demoRegion is what a Region of the demonstration shows.
type demoRegion struct{ VPCs, Shared, Default, FlowLogs, Failed int }

func TestDemoScenario(t *testing.T) {
	t.Parallel()
	w := start(t, sandbox.DemoScenario())
	ctx := context.Background()
	regions, err := w.ec2("eu-west-1").DescribeRegions(ctx, nil)
	if err != nil || len(regions.Regions) != 17 {
		t.Fatalf("%d Regions, error %v", len(regions.Regions), err)
	}
	got := make(map[string]demoRegion)
	hostile := ""
	for _, r := range regions.Regions {
		name := aws.ToString(r.RegionName)
		vpcs, err := w.ec2(name).DescribeVpcs(ctx, nil)
		if err != nil {
			t.Fatal(err)
		}
		var d demoRegion
		for _, v := range vpcs.Vpcs {
			d.add(v)
			for _, tag := range v.Tags {
				if strings.Contains(aws.ToString(tag.Value), "\u009b") {
					hostile = aws.ToString(tag.Value)
				}
			}
		}
		logs, err := w.ec2(name).DescribeFlowLogs(ctx, nil)
		if name == "ap-south-1" {
			wantError(t, err, "UnauthorizedOperation", 403, "explicit deny in a service control policy")
		} else if err != nil {
			t.Fatal(err)
		} else {
			d.FlowLogs = len(logs.FlowLogs)
			d.Failed = failing(logs)
		}
		if d != (demoRegion{}) {
			got[name] = d
		}
	}
	want := map[string]demoRegion{
		"eu-west-1":    {VPCs: 4, FlowLogs: 5, Failed: 1},
		"eu-central-1": {VPCs: 2, FlowLogs: 3},
		"us-east-1":    {VPCs: 4, Shared: 1, Default: 1, FlowLogs: 1},
		"us-west-2":    {VPCs: 1}, "ap-southeast-1": {VPCs: 1}, "ap-south-1": {VPCs: 1},
		"ap-northeast-3": {VPCs: 1, Default: 1}, "sa-east-1": {VPCs: 1, Default: 1}, "us-west-1": {VPCs: 1, Default: 1},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	for _, part := range []string{"\u009b", "\u202e", "=cmd"} {
		if !strings.Contains(hostile, part) {
			t.Errorf("hostile name %q lacks %q", hostile, part)
		}
	}
}

func (d *demoRegion) add(v types.Vpc) {
	d.VPCs++
	if aws.ToString(v.OwnerId) != sandbox.DefaultAccount {
		d.Shared++
	}
	if aws.ToBool(v.IsDefault) {
		d.Default++
	}
}

func failing(out *ec2.DescribeFlowLogsOutput) int {
	n := 0
	for _, f := range out.FlowLogs {
		if aws.ToString(f.DeliverLogsErrorMessage) == "Access error" {
			n++
		}
	}
	return n
}
