package awslive_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"flowproof/internal/inventory"
	"flowproof/internal/source/awslive"
)

// producers are flow logs to streams: one alone, two together of which one is off, one to another
// account's stream, and one on a VPC without interfaces.
const producers = `
accounts:
  - id: "123456789012"
    default_vpcs: false
    delivery_streams: [alone, shared, idle]
    regions:
      eu-west-1:
        vpcs:
          - {id: vpc-0000000000000000a, interfaces: 1, flow_logs: [{id: fl-0000000000000000a, stream: alone}]}
          - {id: vpc-0000000000000000b, interfaces: 1, flow_logs: [{id: fl-0000000000000000b, stream: shared}]}
          - {id: vpc-0000000000000000c, interfaces: 1, flow_logs: [{id: fl-0000000000000000c, stream: shared, status: INACTIVE}]}
          - {id: vpc-0000000000000000d, flow_logs: [{id: fl-0000000000000000d, stream: idle}]}
`

// TestAStreamProvesItsOnlyKnownProducer, and nobody else: one call for each stream with one.
func TestAStreamProvesItsOnlyKnownProducer(t *testing.T) {
	t.Parallel()
	inv, calls := look(t, producers, 0, awslive.Options{})
	want := map[string]string{
		"a": "metric, blind: the metric of", "b": "nothing, blind: more than one",
		"c": "nothing, not looked at", "d": "nothing, blind: the metric of",
	}
	if diff := cmp.Diff(want, arrived(inv)); diff != "" || len(inv.Gaps) > 0 {
		t.Errorf("gaps %v, arrived (-want +got):\n%s", inv.Gaps, diff)
	}
	if calls["GetMetricStatistics"] != 2 || len(calls) != 1 {
		t.Errorf("calls %v, want GetMetricStatistics of both streams with one flow log", calls)
	}
	for _, a := range inv.Arrivals {
		if a.Seen != inventory.SeenInMetric || a.Newest.After(inv.ReadAt) || a.Interface != "" {
			t.Errorf("arrival %+v, want one by the metric, not after the read", a)
		}
	}
	later, _ := look(t, producers, 1000*time.Hour, awslive.Options{})
	if len(later.Arrivals) > 0 {
		t.Errorf("weeks later, arrivals %+v", later.Arrivals)
	}
}

// TestAStreamProvesNothingWhereFlowLogsAreMissing: one that was not read may be a producer.
func TestAStreamProvesNothingWhereFlowLogsAreMissing(t *testing.T) {
	t.Parallel()
	cut := producers + "page_size: 1\nfaults: [{operation: DescribeFlowLogs, page: 2, do: deny}]\n"
	inv, calls := look(t, cut, 0, awslive.Options{})
	if len(inv.FlowLogs) != 1 || len(inv.Arrivals) > 0 || calls["GetMetricStatistics"] > 0 {
		t.Errorf("%d flow logs, arrivals %v, calls %v", len(inv.FlowLogs), inv.Arrivals, calls)
	}
	if got := arrived(inv)["a"]; got != "nothing, blind: the flow logs" {
		t.Errorf("said %q", got)
	}
}
