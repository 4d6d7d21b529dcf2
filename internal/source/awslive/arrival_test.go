package awslive_test

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"flowproof/internal/inventory"
	"flowproof/internal/source/awslive"
)

// destinations is an account with flow logs to one group, to two buckets of which one is another
// account's, and to a stream.
const destinations = `
accounts:
  - id: "123456789012"
    default_vpcs: false
    roles:
      - {name: deliver, trusted_service: vpc-flow-logs.amazonaws.com, allow: ["logs:*"]}
    buckets: [{name: own, region: us-west-2}]
    delivery_streams: [fire]
    regions:
      eu-west-1:
        log_groups: [{name: flows}]
        vpcs:
          - {id: vpc-0000000000000000a, interfaces: 2, flow_logs: [{id: fl-0000000000000000a, group: flows, role: deliver}]}
          - {id: vpc-0000000000000000b, interfaces: 1, flow_logs: [{id: fl-0000000000000000b, group: flows, role: deliver, traffic: REJECT}]}
          - {id: vpc-0000000000000000c, flow_logs: [{id: fl-0000000000000000c, group: flows, role: deliver}]}
          - {id: vpc-0000000000000000d, interfaces: 1, flow_logs: [{id: fl-0000000000000000d, bucket: own/net}]}
          - {id: vpc-0000000000000000e, interfaces: 1, flow_logs: [{id: fl-0000000000000000e, bucket: foreign}]}
          - {id: vpc-0000000000000000f, interfaces: 1, flow_logs: [{id: fl-0000000000000000f, stream: fire}]}
  - id: "210987654321"
    buckets: [{name: foreign, region: eu-west-1, policy: ''}]
`

// look reads arrivals of the one Region, at a time of the sandbox's clock after now.
func look(t *testing.T, scenario string, later time.Duration, o awslive.Options, kinds ...inventory.Kind) (inventory.Inventory, map[string]int) {
	t.Helper()
	aws, url := serve(t, scenario)
	inv := arrivalsAt(t, url, "eu-west-1", later, o, kinds...)
	calls := map[string]int{}
	for _, c := range aws.Calls() {
		calls[c.Operation]++
	}
	for _, lists := range []string{"GetCallerIdentity", "DescribeFlowLogs", "DescribeNetworkInterfaces"} {
		delete(calls, lists)
	}
	return inv, calls
}

// arrivalsAt reads arrivals of one Region of whatever answers at an endpoint.
func arrivalsAt(t *testing.T, endpoint, region string, later time.Duration, o awslive.Options, kinds ...inventory.Kind) (inv inventory.Inventory) {
	t.Helper()
	o.Regions, o.Now = []string{region}, func() time.Time { return time.Now().Add(later) }
	source, err := awslive.At(endpoint, o)
	if err != nil {
		t.Fatal(err)
	}
	kinds = append(kinds, inventory.FlowLogs, inventory.Interfaces, inventory.Arriving)
	if err := source.Discover(t.Context(), func(target inventory.Target) error {
		inv = source.Read(t.Context(), target, kinds)
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	return inv
}

// arrived says of each flow log what was seen of it, and why more could be there.
func arrived(inv inventory.Inventory) map[string]string {
	seen := map[string]string{}
	for _, l := range inv.FlowLogs {
		signs := map[inventory.Sign]bool{}
		for _, a := range inv.ArrivalsOf(l) {
			signs[a.Seen] = true
		}
		said := "nothing"
		for _, s := range slices.Sorted(maps.Keys(signs)) {
			said = strings.TrimPrefix(said+" "+string(s), "nothing ")
		}
		if k := inv.LookAt(l); k == nil {
			said += ", not looked at"
		} else if k.Blind != "" {
			said += ", blind: " + strings.Join(strings.Fields(k.Blind)[:3], " ")
		}
		seen[l.ID[len(l.ID)-1:]] = said
	}
	return seen
}

// TestLookingCostsAFixedNumberOfCalls: one call for the group that three flow logs share; of a
// bucket its place, and a list for each flow log that delivers.
func TestLookingCostsAFixedNumberOfCalls(t *testing.T) {
	t.Parallel()
	inv, calls := look(t, destinations, 0, awslive.Options{})
	want := map[string]string{
		"a": "log-stream", "b": "log-stream", "c": "nothing", "d": "object",
		"e": "nothing, blind: bucket foreign belongs", "f": "metric, blind: the metric of",
	}
	if diff := cmp.Diff(want, arrived(inv)); diff != "" || len(inv.Gaps) > 0 {
		t.Errorf("gaps %v, arrived (-want +got):\n%s", inv.Gaps, diff)
	}
	wantCalls := map[string]int{"DescribeLogStreams": 1, "HeadBucket": 3, "ListObjectsV2": 2, "ListBuckets": 1, "GetMetricStatistics": 1}
	if diff := cmp.Diff(wantCalls, calls); diff != "" {
		t.Errorf("calls (-want +got):\n%s", diff)
	}
	if n := len(inv.ArrivalsOf(inv.LogsOn("vpc-0000000000000000a")[0])); n != 2 {
		t.Errorf("records of %d interfaces, want both of the VPC and no other's", n)
	}
}

// TestNothingThatIsOldArrives looks three days after the last record.
func TestNothingThatIsOldArrives(t *testing.T) {
	t.Parallel()
	inv, calls := look(t, destinations, 72*time.Hour, awslive.Options{})
	if len(inv.Arrivals) > 0 {
		t.Errorf("arrivals %v", inv.Arrivals)
	}
	if calls["ListObjectsV2"] != 3+1 {
		t.Errorf("%d lists, want 3 of the bucket in which nothing is new and 1 that is refused", calls["ListObjectsV2"])
	}
	wide, _ := look(t, destinations, 72*time.Hour, awslive.Options{Window: 96 * time.Hour})
	if len(wide.Arrivals) == 0 {
		t.Error("a window of four days sees nothing of three days ago")
	}
}

// TestOneDestinationThatIsDeniedIsAGapOfItsOwn: what is known of the others stands.
func TestOneDestinationThatIsDeniedIsAGapOfItsOwn(t *testing.T) {
	t.Parallel()
	for operation, want := range map[string]struct{ api, resource, seen string }{
		"DescribeLogStreams":  {"logs:DescribeLogStreams", "flows", "d"},
		"ListObjectsV2":       {"s3:ListObjectsV2", "arn:aws:s3:::own/net", "a"},
		"GetMetricStatistics": {"cloudwatch:GetMetricStatistics", "arn:aws:firehose:eu-west-1:123456789012:deliverystream/fire", "a"},
	} {
		inv, _ := look(t, destinations+"faults: [{operation: "+operation+", do: deny}]\n", 0, awslive.Options{})
		if len(inv.Gaps) != 1 || inv.Gaps[0].API != want.api || inv.Gaps[0].Cause != inventory.Denied || inv.Gaps[0].Resource != want.resource {
			t.Errorf("%s denied: gaps %+v", operation, inv.Gaps)
		}
		if seen := arrived(inv)[want.seen]; strings.HasPrefix(seen, "nothing") {
			t.Errorf("%s denied: of another destination %q", operation, seen)
		}
	}
}

// TestRecordsAreReadWhenTheyAreAskedFor: a file in a bucket then tells its interfaces too.
func TestRecordsAreReadWhenTheyAreAskedFor(t *testing.T) {
	t.Parallel()
	inv, calls := look(t, destinations, 0, awslive.Options{Sample: 2}, inventory.Records)
	if calls["GetLogEvents"] != 3 || calls["GetObject"] != 1 {
		t.Errorf("calls %v, want GetLogEvents of each of 3 streams and GetObject of 1 file", calls)
	}
	for _, id := range []string{"a", "b", "d"} {
		log := inv.LogsOn("vpc-0000000000000000" + id)[0]
		sample := inv.SampleOf(log)
		if sample == nil || sample.OK == 0 || sample.Malformed > 0 || len(sample.Lines) == 0 || len(sample.Lines) > 2 {
			t.Errorf("%s: sample %+v", id, sample)
		}
		if !slices.ContainsFunc(inv.ArrivalsOf(log), func(a inventory.Arrival) bool { return a.Interface != "" && a.Seen == inventory.SeenRecord }) {
			t.Errorf("%s: no record tells its interface: %v", id, inv.ArrivalsOf(log))
		}
	}
	denied, _ := look(t, destinations+"faults: [{operation: GetLogEvents, do: deny}]\n", 0, awslive.Options{}, inventory.Records)
	var about []string
	for _, g := range denied.Gaps {
		if g.Kind == inventory.Records {
			about = append(about, g.Resource)
		}
	}
	want := []string{"fl-0000000000000000a", "fl-0000000000000000b"}
	if diff := cmp.Diff(want, about); diff != "" || len(denied.Gaps) != len(want) || len(denied.Arrivals) == 0 {
		t.Errorf("gaps %+v and %d arrivals, want gaps in records alone", denied.Gaps, len(denied.Arrivals))
	}
}

// TestLookingStaysWithinItsPermissions: the policy for these kinds allows each call that is made, and
// the one without records allows none that reads them.
func TestLookingStaysWithinItsPermissions(t *testing.T) {
	t.Parallel()
	kinds := []inventory.Kind{inventory.FlowLogs, inventory.Interfaces, inventory.Arriving}
	for _, extra := range [][]inventory.Kind{nil, {inventory.Records}} {
		_, calls := look(t, destinations, 0, awslive.Options{}, extra...)
		asked := append(slices.Clone(kinds), extra...)
		for call := range calls {
			if !slices.ContainsFunc(awslive.Permissions(), func(p awslive.Permission) bool {
				return strings.HasSuffix(p.Call, ":"+call) && slices.ContainsFunc(p.Kinds, func(k inventory.Kind) bool { return slices.Contains(asked, k) })
			}) {
				t.Errorf("%s is made for %v, and its row of permissions does not say so", call, asked)
			}
		}
	}
	for _, action := range awslive.ReadPolicy(kinds).Statement[0].Action {
		if action == "s3:GetObject" || action == "logs:GetLogEvents" {
			t.Errorf("%s is allowed though nobody asks for records", action)
		}
	}
}
