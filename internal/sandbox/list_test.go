package sandbox_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/google/go-cmp/cmp"
)

// shop is a Region with a few of everything, to be listed.
const shop = `
accounts:
  - id: "123456789012"
    buckets: [{name: archive}, {name: locked, refuses: true}]
    delivery_streams: [firehose-logs]
    regions:
      eu-west-1:
        vpcs:
          - {id: vpc-0aaa, name: prod, tags: {env: prod}, cidr: 10.1.0.0/16, subnets: 2, interfaces: 4,
             flow_logs: [{id: fl-0aaa, group: /vpc/prod}, {id: fl-0bbb, traffic: REJECT, bucket: archive/reject, tags: {team: net}}]}
          - {id: vpc-0bbb, name: test, tags: {env: test}, cidr: 10.2.0.0/16,
             flow_logs: [{id: fl-0ccc, bucket: archive, delivery: FAILED, error: Access error}]}
          - {id: vpc-0ccc, name: shared, cidr: 10.3.0.0/16, owner: "999988887777"}
`

func TestAnyPageSizeGivesTheSameSet(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	for count, page := range map[int][]int32{0: {5}, 5: {5}, 6: {5, 6, 7}, 200: {5, 7, 99, 100, 199, 200, 1000}, 1100: {999, 1000}} {
		w := start(t, scenario(t, fmt.Sprintf(`accounts: [{id: "123456789012", regions: {eu-west-1: {flow_logs: [
			{count: 1, resource: vpc-0first, group: first}, {count: %d, resource: vpc-0many, group: many}]}}}]`, max(count, 1))))
		want := readFlowLogs(ctx, t, w, nil)
		if len(want) != 1+max(count, 1) {
			t.Fatalf("%d flow logs, want %d", len(want), 1+count)
		}
		for _, size := range page {
			if diff := cmp.Diff(want, readFlowLogs(ctx, t, w, aws.Int32(size))); diff != "" {
				t.Errorf("%d flow logs by %d:\n%s", count, size, diff)
			}
		}
	}
}

// readFlowLogs reads all pages. It fails on an id that comes twice, and on a page that is
// larger than asked for.
func readFlowLogs(ctx context.Context, t *testing.T, w *world, size *int32) []string {
	t.Helper()
	var ids []string
	p := ec2.NewDescribeFlowLogsPaginator(w.ec2("eu-west-1"), &ec2.DescribeFlowLogsInput{MaxResults: size})
	for p.HasMorePages() {
		out, err := p.NextPage(ctx)
		if err != nil {
			t.Fatal(err)
		}
		if size != nil && len(out.FlowLogs) > int(*size) || len(out.FlowLogs) > 1000 {
			t.Errorf("a page of %d", len(out.FlowLogs))
		}
		for _, f := range out.FlowLogs {
			if id := aws.ToString(f.FlowLogId); slices.Contains(ids, id) {
				t.Errorf("%s came twice", id)
			} else {
				ids = append(ids, id)
			}
		}
	}
	return ids
}

func TestTokenOutlivesDeletion(t *testing.T) {
	t.Parallel()
	w := start(t, scenario(t, many+"page_size: 10"))
	ctx := context.Background()
	client := w.ec2("eu-west-1")
	first, err := client.DescribeVpcs(ctx, nil)
	if err != nil {
		t.Fatal(err)
	}
	gone := first.Vpcs[9].VpcId
	if _, err := client.DeleteVpc(ctx, &ec2.DeleteVpcInput{VpcId: gone}); err != nil {
		t.Fatal(err)
	}
	second, err := client.DescribeVpcs(ctx, &ec2.DescribeVpcsInput{NextToken: first.NextToken})
	if err != nil || len(second.Vpcs) != 10 || second.NextToken == nil {
		t.Errorf("%d VPCs on page two, error %v", len(second.Vpcs), err)
	}
	_, err = client.DescribeSubnets(ctx, &ec2.DescribeSubnetsInput{NextToken: first.NextToken})
	wantError(t, err, "InvalidNextToken", 400, "")
}

func vpcFilter(name string, values ...string) []types.Filter {
	return []types.Filter{{Name: &name, Values: values}}
}

func TestVPCFilters(t *testing.T) {
	t.Parallel()
	w := start(t, scenario(t, shop))
	tests := []struct {
		name   string
		filter []types.Filter
		want   []string
	}{
		{"owner", vpcFilter("owner-id", "999988887777"), []string{"vpc-0ccc"}},
		{"several values", vpcFilter("vpc-id", "vpc-0aaa", "vpc-0ccc"), []string{"vpc-0aaa", "vpc-0ccc"}},
		{"wildcard", vpcFilter("cidr", "10.?.0.0/16"), []string{"vpc-0aaa", "vpc-0bbb", "vpc-0ccc"}},
		{"tag", vpcFilter("tag:env", "prod"), []string{"vpc-0aaa"}},
		{"tag key", vpcFilter("tag-key", "env"), []string{"vpc-0aaa", "vpc-0bbb"}},
		{"two filters", append(vpcFilter("tag-key", "env"), vpcFilter("cidr", "10.2*")...), []string{"vpc-0bbb"}},
		{"nothing passes", vpcFilter("state", "pending"), nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			out, err := w.ec2("eu-west-1").DescribeVpcs(context.Background(), &ec2.DescribeVpcsInput{Filters: tt.filter})
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, v := range out.Vpcs {
				got = append(got, aws.ToString(v.VpcId))
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestFlowLogFilters(t *testing.T) {
	t.Parallel()
	w := start(t, scenario(t, shop))
	for filter, want := range map[string][]string{
		"deliver-log-status=FAILED":              {"fl-0ccc"},
		"log-destination-type=s3":                {"fl-0bbb", "fl-0ccc"},
		"log-destination-type=cloud-watch-logs":  {"fl-0aaa"},
		"flow-log-id=fl-0bbb":                    {"fl-0bbb"},
		"log-group-name=/vpc/prod":               {"fl-0aaa"},
		"resource-id=vpc-0aaa":                   {"fl-0aaa", "fl-0bbb"},
		"traffic-type=REJECT":                    {"fl-0bbb"},
		"tag:team=net":                           {"fl-0bbb"},
		"tag-key=team":                           {"fl-0bbb"},
		"resource-id=vpc-0123456789abcdef":       nil,
		"log-destination-type=kinesis-data-fire": nil,
	} {
		name, value, _ := strings.Cut(filter, "=")
		out, err := w.ec2("eu-west-1").DescribeFlowLogs(context.Background(), &ec2.DescribeFlowLogsInput{Filter: vpcFilter(name, value)})
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, f := range out.FlowLogs {
			got = append(got, aws.ToString(f.FlowLogId))
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", filter, diff)
		}
	}
}

func TestListsRefuse(t *testing.T) {
	t.Parallel()
	w := start(t, scenario(t, shop))
	client, ctx := w.ec2("eu-west-1"), context.Background()
	vpcs := func(in ec2.DescribeVpcsInput) error { _, err := client.DescribeVpcs(ctx, &in); return err }
	logs := func(in ec2.DescribeFlowLogsInput) error { _, err := client.DescribeFlowLogs(ctx, &in); return err }
	values := make([]string, 201)
	for i := range values {
		values[i] = fmt.Sprintf("vpc-%d", i)
	}
	tests := []struct {
		name string
		err  error
		code string
		part string
	}{
		{"a page too small", vpcs(ec2.DescribeVpcsInput{MaxResults: aws.Int32(4)}), "InvalidParameterValue", "Expecting a value greater than 5"},
		{"a page too large", logs(ec2.DescribeFlowLogsInput{MaxResults: aws.Int32(1001)}), "InvalidParameterValue", "maxResults"},
		{"a token of nobody", vpcs(ec2.DescribeVpcsInput{NextToken: aws.String("abc")}), "InvalidNextToken", ""},
		{"an unknown filter", vpcs(ec2.DescribeVpcsInput{Filters: vpcFilter("colour", "red")}), "InvalidParameterValue", "colour"},
		{"a filter on a field that flow logs lack", logs(ec2.DescribeFlowLogsInput{Filter: vpcFilter("owner-id", "1")}), "InvalidParameterValue", "owner-id"},
		{"too many filter values", logs(ec2.DescribeFlowLogsInput{Filter: vpcFilter("resource-id", values...)}), "FilterLimitExceeded", "200"},
		{"an unknown VPC", vpcs(ec2.DescribeVpcsInput{VpcIds: []string{"vpc-0aaa", "vpc-0fff"}}), "InvalidVpcID.NotFound", "The vpc ID 'vpc-0fff' does not exist"},
		{"an id of another kind", vpcs(ec2.DescribeVpcsInput{VpcIds: []string{"subnet-1"}}), "InvalidVpcID.Malformed", "subnet-1"},
		{"an unknown flow log", logs(ec2.DescribeFlowLogsInput{FlowLogIds: []string{"fl-0fff"}}), "InvalidFlowLogId.NotFound", "fl-0fff"},
		{"flow log ids with a page size", logs(ec2.DescribeFlowLogsInput{FlowLogIds: []string{"fl-0aaa"}, MaxResults: aws.Int32(5)}), "InvalidParameterCombination", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			wantError(t, tt.err, tt.code, 400, tt.part)
		})
	}
	wantError(t, vpcs(ec2.DescribeVpcsInput{DryRun: aws.Bool(true)}), "DryRunOperation", 412, "Request would have succeeded")
}

func TestListsByID(t *testing.T) {
	t.Parallel()
	w := start(t, scenario(t, shop))
	client, ctx := w.ec2("eu-west-1"), context.Background()
	vpcs, err := client.DescribeVpcs(ctx, &ec2.DescribeVpcsInput{VpcIds: []string{"vpc-0bbb"}})
	if err != nil || len(vpcs.Vpcs) != 1 || aws.ToString(vpcs.Vpcs[0].VpcId) != "vpc-0bbb" {
		t.Errorf("%+v %v", vpcs, err)
	}
	enis, err := client.DescribeNetworkInterfaces(ctx, &ec2.DescribeNetworkInterfacesInput{Filters: vpcFilter("vpc-id", "vpc-0aaa")})
	if err != nil || len(enis.NetworkInterfaces) != 4 {
		t.Fatalf("%+v %v", enis, err)
	}
	for _, e := range enis.NetworkInterfaces {
		if e.Status != types.NetworkInterfaceStatusInUse || e.Attachment == nil || !strings.HasPrefix(aws.ToString(e.PrivateIpAddress), "10.1.") {
			t.Errorf("%+v", e)
		}
	}
	subnets, err := client.DescribeSubnets(ctx, &ec2.DescribeSubnetsInput{SubnetIds: []string{aws.ToString(enis.NetworkInterfaces[0].SubnetId)}})
	if err != nil || len(subnets.Subnets) != 1 || aws.ToString(subnets.Subnets[0].CidrBlock) != "10.1.0.0/24" ||
		aws.ToInt32(subnets.Subnets[0].AvailableIpAddressCount) != 249 {
		t.Errorf("%+v %v", subnets, err)
	}
}

func TestRegionsByNameAndFilter(t *testing.T) {
	t.Parallel()
	w := start(t, scenario(t, `accounts: [{id: "123456789012", opted_in: [ap-east-1]}]`))
	ctx := context.Background()
	ask := func(in ec2.DescribeRegionsInput) []string {
		out, err := w.ec2("us-east-1").DescribeRegions(ctx, &in)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, r := range out.Regions {
			got = append(got, aws.ToString(r.RegionName)+" "+aws.ToString(r.OptInStatus))
		}
		return got
	}
	for name, tt := range map[string]struct {
		in   ec2.DescribeRegionsInput
		want []string
	}{
		"by name":           {ec2.DescribeRegionsInput{RegionNames: []string{"eu-west-1", "af-south-1"}}, []string{"af-south-1 not-opted-in", "eu-west-1 opt-in-not-required"}},
		"opted in":          {ec2.DescribeRegionsInput{Filters: vpcFilter("opt-in-status", "opted-in")}, []string{"ap-east-1 opted-in"}},
		"name with *":       {ec2.DescribeRegionsInput{Filters: vpcFilter("region-name", "us-west-*")}, []string{"us-west-1 opt-in-not-required", "us-west-2 opt-in-not-required"}},
		"endpoint":          {ec2.DescribeRegionsInput{Filters: vpcFilter("endpoint", "*sa-east-1*")}, []string{"sa-east-1 opt-in-not-required"}},
		"all of one status": {ec2.DescribeRegionsInput{AllRegions: aws.Bool(true), Filters: vpcFilter("region-name", "mx-*")}, []string{"mx-central-1 not-opted-in"}},
	} {
		if diff := cmp.Diff(tt.want, ask(tt.in)); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
	_, err := w.ec2("us-east-1").DescribeRegions(ctx, &ec2.DescribeRegionsInput{RegionNames: []string{"us--east-1"}})
	wantError(t, err, "InvalidParameterValue", 400, "Invalid region: [us--east-1]")
}

func TestEveryFilterOfNetworks(t *testing.T) {
	t.Parallel()
	w := start(t, scenario(t, `accounts: [{id: "123456789012", regions: {eu-west-1: {vpcs: [
		{id: vpc-0aaa, cidr: 10.1.0.0/16, subnets: 2, interfaces: 3}]}}}]`))
	client, ctx := w.ec2("eu-west-1"), context.Background()
	everything, err := client.DescribeNetworkInterfaces(ctx, nil)
	if err != nil || len(everything.NetworkInterfaces) != 3 {
		t.Fatalf("%+v %v", everything, err)
	}
	eni := everything.NetworkInterfaces[2]
	vpcs := func(name, value string) (int, error) {
		out, err := client.DescribeVpcs(ctx, &ec2.DescribeVpcsInput{Filters: vpcFilter(name, value)})
		return len(out.Vpcs), err
	}
	subnets := func(name, value string) (int, error) {
		out, err := client.DescribeSubnets(ctx, &ec2.DescribeSubnetsInput{Filters: vpcFilter(name, value)})
		return len(out.Subnets), err
	}
	interfaces := func(name, value string) (int, error) {
		out, err := client.DescribeNetworkInterfaces(ctx, &ec2.DescribeNetworkInterfacesInput{Filters: vpcFilter(name, value)})
		return len(out.NetworkInterfaces), err
	}
	for _, tt := range []struct {
		list        func(name, value string) (int, error)
		name, value string
		want        int
	}{
		{vpcs, "is-default", "true", 1},
		{vpcs, "isDefault", "false", 1},
		{vpcs, "state", "available", 2},
		{vpcs, "cidr-block-association.cidr-block", "172.31.0.0/16", 1},
		{subnets, "subnet-id", aws.ToString(eni.SubnetId), 1},
		{subnets, "vpc-id", "vpc-0aaa", 2},
		{subnets, "owner-id", "123456789012", 5},
		{subnets, "state", "pending", 0},
		{subnets, "cidr-block", "10.1.1.0/24", 1},
		{subnets, "availability-zone", "eu-west-1b", 2},
		{subnets, "default-for-az", "true", 3},
		{interfaces, "network-interface-id", aws.ToString(eni.NetworkInterfaceId), 1},
		{interfaces, "subnet-id", aws.ToString(eni.SubnetId), 2},
		{interfaces, "owner-id", "210987654321", 0},
		{interfaces, "availability-zone", "eu-west-1b", 1},
		{interfaces, "private-ip-address", "10.1.0.11", 1},
		{interfaces, "description", "?*", 0},
		{interfaces, "interface-type", "interface", 3},
		{interfaces, "status", "available", 0},
	} {
		if got, err := tt.list(tt.name, tt.value); got != tt.want || err != nil {
			t.Errorf("%s=%s: %d, want %d (error %v)", tt.name, tt.value, got, tt.want, err)
		}
	}
}
