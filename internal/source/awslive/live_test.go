package awslive_test

import (
	"context"
	"errors"
	"fmt"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"flowproof/internal/inventory"
	"flowproof/internal/sandbox"
	"flowproof/internal/source/awslive"
)

var bothLists = []inventory.Kind{inventory.FlowLogs, inventory.VPCs}

// account is a sandbox and a source that reads it.
type account struct {
	aws    *sandbox.Server
	source *awslive.Source
	url    string
}

// serve starts the embedded AWS with a scenario, and gives the address at which it answers.
func serve(t *testing.T, scenario string) (aws *sandbox.Server, url string) {
	t.Helper()
	s, err := sandbox.ParseScenario([]byte(scenario))
	if err != nil {
		t.Fatal(err)
	}
	aws, err = sandbox.New(s)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(aws)
	t.Cleanup(server.Close)
	t.Cleanup(aws.Close)
	return aws, server.URL
}

func open(t *testing.T, scenario string, regions ...string) account {
	t.Helper()
	aws, url := serve(t, scenario)
	source, err := awslive.At(url, awslive.Options{Regions: regions, Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	return account{aws, source, url}
}

// read discovers and reads everything, one scope after the other.
func (a account) read(t *testing.T) map[string]inventory.Inventory {
	t.Helper()
	all := map[string]inventory.Inventory{}
	err := a.source.Discover(t.Context(), func(target inventory.Target) error {
		inv := inventory.Inventory{Target: target, Kinds: bothLists}
		if target.Absent == inventory.Present && len(target.Gaps) == 0 {
			inv = a.source.Read(t.Context(), target, bothLists)
		}
		if _, twice := all[target.Region]; twice {
			t.Errorf("%s twice", target.Region)
		}
		all[target.Region] = inv
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func (a account) operations() map[string]int {
	ops := map[string]int{}
	for _, c := range a.aws.Calls() {
		ops[c.Operation]++
	}
	return ops
}

func causes(inv inventory.Inventory) []string {
	var causes []string
	for _, g := range inv.Gaps {
		causes = append(causes, g.API+" "+string(g.Cause))
	}
	return causes
}

func TestAWholeAccountCostsTwoListsARegion(t *testing.T) {
	t.Parallel()
	a := open(t, ``)
	all := a.read(t)
	want := map[string]int{"GetCallerIdentity": 1, "DescribeRegions": 1, "DescribeVpcs": 17, "DescribeFlowLogs": 17}
	if diff := cmp.Diff(want, a.operations()); diff != "" {
		t.Error(diff)
	}
	if n := a.source.Calls(); n != 36 {
		t.Errorf("Calls = %d, want 36", n)
	}
	disabled := 0
	for region, inv := range all {
		switch {
		case inv.Absent == inventory.Disabled:
			disabled++
		case inv.Status() != inventory.StatusRead || len(inv.VPCs) != 1 || !inv.VPCs[0].IsDefault:
			t.Errorf("%s: %s with %d VPCs, want its default VPC", region, inv.Status(), len(inv.VPCs))
		}
	}
	if disabled != 17 {
		t.Errorf("%d Regions disabled, want the 17 opt-in ones", disabled)
	}
}

func TestManyResourcesComeInPages(t *testing.T) {
	t.Parallel()
	a := open(t, `
accounts:
  - id: "123456789012"
    default_vpcs: false
    regions:
      eu-west-1:
        vpcs:
          - {count: 1100, flow_logs: [{bucket: logs}]}
    buckets: [{name: logs}]
`, "eu-west-1")
	inv := a.read(t)["eu-west-1"]
	if len(inv.VPCs) != 1100 || len(inv.FlowLogs) != 1100 || inv.Status() != inventory.StatusRead {
		t.Errorf("%d VPCs, %d flow logs, %s", len(inv.VPCs), len(inv.FlowLogs), inv.Status())
	}
	want := map[string]int{"GetCallerIdentity": 1, "DescribeVpcs": 2, "DescribeFlowLogs": 2}
	if diff := cmp.Diff(want, a.operations()); diff != "" {
		t.Error(diff)
	}
}

const twoVPCs = `
accounts:
  - id: "123456789012"
    default_vpcs: false
    regions:
      eu-west-1:
        vpcs: [{count: 12}]
      us-east-1:
        vpcs: [{count: 1}]
`

func TestWhatCannotBeReadBecomesGaps(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		fault  string
		vpcs   int
		want   []string
		status inventory.Status
	}{
		{"flow logs denied", "{operation: DescribeFlowLogs, region: eu-west-1, do: deny}", 12, []string{"ec2:DescribeFlowLogs denied"}, inventory.StatusIncomplete},
		{"VPCs denied by a service control policy", "{operation: DescribeVpcs, region: eu-west-1, do: deny, wording: scp}", 0, []string{"ec2:DescribeVpcs denied-by-scp"}, inventory.StatusIncomplete},
		{"both denied by a boundary", "{operation: 'Describe*', region: eu-west-1, do: deny, wording: boundary}", 0, []string{"ec2:DescribeFlowLogs denied", "ec2:DescribeVpcs denied"}, inventory.StatusUnread},
		{"bad keys in a default Region", "{operation: DescribeVpcs, region: eu-west-1, do: auth-failure}", 0, []string{"ec2:DescribeVpcs credentials"}, inventory.StatusIncomplete},
		{"throttled six times, then not", "{operation: DescribeVpcs, region: eu-west-1, do: throttle, first: 6}", 12, nil, inventory.StatusRead},
		{"server error once", "{operation: DescribeVpcs, region: eu-west-1, do: server-error, first: 1}", 12, nil, inventory.StatusRead},
		{"answer cut once in page two", "{operation: DescribeVpcs, region: eu-west-1, page: 2, do: cut, first: 1}", 12, nil, inventory.StatusRead},
		{"page two refused", "{operation: DescribeVpcs, region: eu-west-1, page: 2, do: invalid-token}", 5, []string{"ec2:DescribeVpcs incomplete"}, inventory.StatusIncomplete},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			a := open(t, twoVPCs+"page_size: 5\nfaults: ["+tt.fault+"]\n", "eu-west-1", "us-east-1")
			all := a.read(t)
			inv := all["eu-west-1"]
			if diff := cmp.Diff(tt.want, causes(inv)); diff != "" {
				t.Errorf("gaps: %s", diff)
			}
			if len(inv.VPCs) != tt.vpcs || inv.Status() != tt.status {
				t.Errorf("%d VPCs, %s; want %d, %s", len(inv.VPCs), inv.Status(), tt.vpcs, tt.status)
			}
			if other := all["us-east-1"]; other.Status() != inventory.StatusRead {
				t.Errorf("us-east-1 is %s: a fault elsewhere reached it", other.Status())
			}
		})
	}
}

func TestThrottlesAreCounted(t *testing.T) {
	t.Parallel()
	a := open(t, twoVPCs+"faults: [{operation: DescribeVpcs, region: eu-west-1, do: throttle, first: 3}, "+
		"{operation: DescribeVpcs, region: us-east-1, do: server-error, first: 1}, {operation: GetCallerIdentity, do: throttle, first: 1}]\n", "eu-west-1", "us-east-1")
	a.read(t)
	if n := a.source.Throttles(); n != 4 {
		t.Errorf("Throttles = %d, want the four and not the server error", n)
	}
}

func TestRegionsDeniedReadsTheBuiltInListAndSaysSoOnce(t *testing.T) {
	t.Parallel()
	all := open(t, "faults: [{operation: DescribeRegions, do: deny}]\n").read(t)
	if diff := cmp.Diff([]string{"ec2:DescribeRegions denied"}, causes(all[inventory.AnyRegion])); diff != "" {
		t.Error(diff)
	}
	read, disabled := 0, 0
	for region, inv := range all {
		switch {
		case region == inventory.AnyRegion:
		case inv.Absent == inventory.Disabled:
			disabled++
		case inv.Status() == inventory.StatusRead && inv.Assumed:
			read++
		default:
			t.Errorf("%s: %s %v", region, inv.Status(), causes(inv))
		}
	}
	if read != 17 || disabled != 19 {
		t.Errorf("%d read, %d disabled, want 17 read and 19 disabled", read, disabled)
	}
}

func TestGlobsChooseFromTheAccountsRegions(t *testing.T) {
	t.Parallel()
	all := open(t, ``, "eu-*").read(t)
	var regions []string
	for region := range all {
		regions = append(regions, region)
	}
	slices.Sort(regions)
	want := []string{"eu-central-1", "eu-central-2", "eu-north-1", "eu-south-1", "eu-south-2", "eu-west-1", "eu-west-2", "eu-west-3"}
	if diff := cmp.Diff(want, regions); diff != "" {
		t.Error(diff)
	}
}

func TestARegionThatIsNotEnabledIsAGapWhenItWasNamed(t *testing.T) {
	t.Parallel()
	inv := open(t, ``, "me-south-1").read(t)["me-south-1"]
	want := []string{"ec2:DescribeFlowLogs region-disabled", "ec2:DescribeVpcs region-disabled"}
	if diff := cmp.Diff(want, causes(inv)); diff != "" {
		t.Error(diff)
	}
}

func TestNoRegionMatches(t *testing.T) {
	t.Parallel()
	err := open(t, ``, "xx-*").source.Discover(t.Context(), func(inventory.Target) error { return nil })
	if !errors.Is(err, awslive.ErrNoRegion) {
		t.Errorf("error = %v, want ErrNoRegion", err)
	}
}

func TestNoIdentity(t *testing.T) {
	t.Parallel()
	err := open(t, "faults: [{service: sts, do: error, code: InvalidClientTokenId, status: 403, message: bad}]\n").
		source.Discover(t.Context(), func(inventory.Target) error { return nil })
	if !errors.Is(err, awslive.ErrNoIdentity) {
		t.Errorf("error = %v, want ErrNoIdentity", err)
	}
}

func TestACancelledRunLeavesGapsNotLists(t *testing.T) {
	t.Parallel()
	a := open(t, ``, "eu-west-1")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	target := inventory.Target{Scope: inventory.Scope{Partition: "aws", Account: "123456789012", Region: "eu-west-1"}}
	inv := a.source.Read(ctx, target, bothLists)
	want := []string{"ec2:DescribeFlowLogs interrupted", "ec2:DescribeVpcs interrupted"}
	if diff := cmp.Diff(want, causes(inv)); diff != "" {
		t.Error(diff)
	}
}

// TestCallsStayInsideThePolicy holds a recorded run to the published least-privilege policy.
func TestCallsStayInsideThePolicy(t *testing.T) {
	t.Parallel()
	a := open(t, ``)
	a.read(t)
	allowed := awslive.ReadPolicy(bothLists).Statement[0].Action
	needed := map[string][]string{}
	for _, p := range awslive.Permissions() {
		needed[p.Call] = p.Actions
	}
	for _, c := range a.aws.Calls() {
		call := fmt.Sprintf("%s:%s", c.Service, c.Operation)
		actions, listed := needed[call]
		if !listed {
			t.Errorf("%s was called and has no row of permissions", call)
		}
		for _, action := range actions {
			if !slices.Contains(allowed, action) {
				t.Errorf("%s needs %s, which the policy does not allow", call, action)
			}
		}
	}
}

func TestAMistypedRegionIsNoDisabledOne(t *testing.T) {
	t.Parallel()
	err := open(t, ``, "eu-wset-1", "eu-west-2").source.Discover(t.Context(), func(inventory.Target) error { return nil })
	if !errors.Is(err, awslive.ErrNoRegion) || !strings.Contains(err.Error(), `AWS has no Region "eu-wset-1": the nearest is "eu-west-1"`) {
		t.Errorf("error %v", err)
	}

	denied := open(t, `faults: [{operation: DescribeRegions, do: deny}]`, "eu-wset-1").read(t)
	if len(denied) != 1 || len(denied["eu-wset-1"].Gaps) == 0 {
		t.Fatalf("read %v", denied)
	}
	for _, g := range denied["eu-wset-1"].Gaps {
		if !strings.Contains(g.Message, `knows no Region "eu-wset-1": the nearest is "eu-west-1"`) {
			t.Errorf("%s: %s", g.API, g.Message)
		}
	}

	known := open(t, ``, "eu-west-1")
	known.read(t)
	if n := known.operations()["DescribeRegions"]; n != 0 {
		t.Errorf("%d DescribeRegions for a name that is known", n)
	}
}
