package flowlogarrivalcheck_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"flowproof/internal/finding"
	"flowproof/internal/inventory"
	"flowproof/internal/rule"
	flowlogarrivalcheck "flowproof/internal/rules/flow-log-arrival-check"
)

var readAt = time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)

func ago(hours float64) time.Time { return readAt.Add(-time.Duration(hours * float64(time.Hour))) }

// whole is a scope with a flow log of long ago on vpc-1, an interface in use as long, and a whole look
// of a day that saw nothing.
func whole() *inventory.Inventory {
	return &inventory.Inventory{
		Target: inventory.Target{Scope: inventory.Scope{Partition: "aws", Account: "111122223333", Region: "eu-west-1"}},
		ReadAt: readAt,
		Kinds:  []inventory.Kind{inventory.FlowLogs, inventory.Interfaces, inventory.Arriving},
		FlowLogs: []inventory.FlowLog{{
			ID: "fl-1", ResourceID: "vpc-1", Status: "ACTIVE", DeliveryStatus: "SUCCESS", TrafficType: "ALL",
			DestinationType: inventory.ToCloudWatchLogs, LogGroup: "flows", Created: ago(1000),
		}},
		Interfaces: []inventory.Interface{{ID: "eni-1", VPCID: "vpc-1", SubnetID: "subnet-1", Status: "in-use", Attached: ago(500)}},
		Looks:      []inventory.Look{{FlowLog: "fl-1", Since: ago(24), Until: ago(2)}},
	}
}

func TestVerdicts(t *testing.T) {
	t.Parallel()
	type change = func(inv *inventory.Inventory)
	arrived := func(eni string, hours float64, sign inventory.Sign) change {
		return func(inv *inventory.Inventory) {
			inv.Arrivals = append(inv.Arrivals, inventory.Arrival{FlowLog: "fl-1", Interface: eni, Newest: ago(hours), Seen: sign})
		}
	}
	log := func(with func(*inventory.FlowLog)) change {
		return func(inv *inventory.Inventory) { with(&inv.FlowLogs[0]) }
	}
	tests := []struct {
		name    string
		with    []change
		outcome finding.Outcome
		message string
		gaps    int
	}{
		{"nothing, of an interface in use all the time", nil, finding.Fail, "no record from 2026-11-24 12:00 UTC to 2026-11-25 10:00 UTC, though eni-1 was in use all that time", 0},
		{"nothing, and AWS says why", []change{log(func(l *inventory.FlowLog) { l.DeliveryStatus, l.DeliveryError = "FAILED", "Access error" })}, finding.Fail, "AWS says: Access error", 0},
		{"nothing, of two interfaces", []change{func(inv *inventory.Inventory) {
			inv.Interfaces = append(inv.Interfaces, inventory.Interface{ID: "eni-2", VPCID: "vpc-1", Status: "in-use", Attached: ago(30)})
		}}, finding.Fail, "eni-1 and 1 more were in use", 0},
		{"nothing, on a subnet", []change{log(func(l *inventory.FlowLog) { l.ResourceID = "subnet-1" })}, finding.Fail, "no record", 0},

		{"a record in a stream", []change{arrived("eni-1", 0.1, inventory.SeenInStream)}, finding.Pass, "records arrive: the newest seen is of 2026-11-25 11:54 UTC; 1 of 1 interface in use seen", 0},
		{"a record of an interface that is gone", []change{arrived("eni-9", 5, inventory.SeenInStream)}, finding.Pass, "0 of 1 interface in use seen", 0},
		{"a file", []change{arrived("", 3, inventory.SeenAsObject)}, finding.Pass, "is of 2026-11-25 09:00 UTC", 0},
		{"a count of the stream's metric", []change{arrived("", 3, inventory.SeenInMetric)}, finding.Pass, "by the metric of its Firehose stream, to which no other known flow log delivers", 0},
		{"a record at the window's edge", []change{arrived("eni-1", 24, inventory.SeenInStream)}, finding.Pass, "arrive", 0},
		{"a record, though interfaces were denied", []change{arrived("eni-1", 1, inventory.SeenInStream), func(inv *inventory.Inventory) {
			inv.Interfaces = nil
			inv.Fail("ec2:DescribeNetworkInterfaces", inventory.Denied, "no", inventory.Interfaces)
		}}, finding.Pass, "arrive", 0},
		{"a record of lost traffic", []change{arrived("eni-1", 1, inventory.SeenRecord), func(inv *inventory.Inventory) {
			inv.Samples = []inventory.Sample{{FlowLog: "fl-1", OK: 8, SkipData: 2}}
		}}, finding.Pass, "2 of the 10 records read are SKIPDATA: AWS lost traffic there", 0},

		{"a record, and a file that could not be read", []change{arrived("", 1, inventory.SeenAsObject), func(inv *inventory.Inventory) {
			inv.Gaps = []inventory.Gap{
				{Kind: inventory.Records, API: "s3:GetObject", Cause: inventory.Incomplete, Message: "fl-1, key: no end", Resource: "fl-1"},
				{Kind: inventory.Records, API: "s3:GetObject", Cause: inventory.Incomplete, Message: "fl-2, key: no end", Resource: "fl-2"},
			}
		}}, finding.Pass, "records arrive", 1},
		{"files without a record", []change{func(inv *inventory.Inventory) {
			inv.Samples = []inventory.Sample{{FlowLog: "fl-1", Files: 1, Empty: 2}}
		}}, finding.Fail, "no record from 2026-11-24 12:00 UTC to 2026-11-25 10:00 UTC (2 files are empty), though eni-1", 0},

		{"a record before the window", []change{arrived("eni-1", 24.1, inventory.SeenInStream)}, finding.Fail, "no record", 0},
		{"the group denied", []change{func(inv *inventory.Inventory) {
			inv.Looks, inv.Gaps = nil, []inventory.Gap{{Kind: inventory.Arriving, API: "logs:DescribeLogStreams", Cause: inventory.Denied, Message: "no", Resource: "flows"}}
		}}, finding.Unknown, "logs:DescribeLogStreams denied: no", 1},
		{"another group denied", []change{func(inv *inventory.Inventory) {
			inv.Gaps = []inventory.Gap{{Kind: inventory.Arriving, API: "logs:DescribeLogStreams", Cause: inventory.Denied, Message: "no", Resource: "other"}}
		}}, finding.Fail, "no record", 0},
		{"interfaces denied", []change{func(inv *inventory.Inventory) {
			inv.Interfaces = nil
			inv.Fail("ec2:DescribeNetworkInterfaces", inventory.Denied, "no", inventory.Interfaces)
		}}, finding.Unknown, "ec2:DescribeNetworkInterfaces denied", 1},
		{"nobody looked", []change{func(inv *inventory.Inventory) { inv.Looks = nil }}, finding.Unknown, "nobody looked at flows", 0},
		{"the look was cut short", []change{func(inv *inventory.Inventory) { inv.Looks[0].Blind = "too many streams" }}, finding.Unknown, "there could be some: too many streams", 0},
		{"looked for less than the window", []change{func(inv *inventory.Inventory) { inv.Looks[0].Since = ago(6) }}, finding.Unknown, "only since 2026-11-25 06:00 UTC", 0},
		{"a flow log younger than the window", []change{log(func(l *inventory.FlowLog) { l.Created = ago(20) })}, finding.Unknown, "not known to be older", 0},
		{"a flow log of unknown age", []change{log(func(l *inventory.FlowLog) { l.Created = time.Time{} })}, finding.Unknown, "not known to be older", 0},
		{"an interface younger than the window", []change{func(inv *inventory.Inventory) { inv.Interfaces[0].Attached = ago(20) }}, finding.Unknown, "no interface on vpc-1 is known to be in use for longer", 0},
		{"an interface of unknown age", []change{func(inv *inventory.Inventory) { inv.Interfaces[0].Attached = time.Time{} }}, finding.Unknown, "no interface on vpc-1 is known", 0},
		{"rejected traffic alone", []change{log(func(l *inventory.FlowLog) { l.TrafficType = "REJECT" })}, finding.Unknown, "it records REJECT alone, of which there may have been none", 0},
		{"a transit gateway", []change{log(func(l *inventory.FlowLog) { l.ResourceID = "tgw-1" })}, finding.Unknown, "whether tgw-1 had traffic is not known", 0},

		{"no interface in use", []change{func(inv *inventory.Inventory) { inv.Interfaces[0].Status = "available" }}, finding.NotApplicable, "no network interface on vpc-1 is in use", 0},
		{"an interface of another VPC", []change{func(inv *inventory.Inventory) { inv.Interfaces[0].VPCID = "vpc-2" }}, finding.NotApplicable, "no network interface on vpc-1 is in use", 0},
		{"a flow log that is off", []change{log(func(l *inventory.FlowLog) { l.Status = "DELETED" })}, finding.NotApplicable, "it is not ACTIVE", 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			inv := whole()
			for _, c := range tt.with {
				c(inv)
			}
			inv.Normalize()
			got := rule.Judge([]rule.Rule{flowlogarrivalcheck.Rule()}, inv, rule.DefaultPolicy())
			if len(got) != 1 {
				t.Fatalf("%d findings, want 1", len(got))
			}
			f := got[0]
			if f.Outcome != tt.outcome || !strings.Contains(f.Message, tt.message) || len(f.Gaps) != tt.gaps {
				t.Errorf("%s: %q, %d gaps; want %s: %q, %d", f.Outcome, f.Message, len(f.Gaps), tt.outcome, tt.message, tt.gaps)
			}
		})
	}
}

// TestNoLossWithinTwoHours: what tells of arrivals comes late, so a short window never fails.
func TestNoLossWithinTwoHours(t *testing.T) {
	t.Parallel()
	for window, want := range map[time.Duration]finding.Outcome{
		time.Hour: finding.Unknown, 2 * time.Hour: finding.Unknown, 2*time.Hour + time.Minute: finding.Fail, 24 * time.Hour: finding.Fail,
	} {
		policy := rule.DefaultPolicy()
		policy.Window = window
		got := rule.Judge([]rule.Rule{flowlogarrivalcheck.Rule()}, whole(), policy)
		if got[0].Outcome != want {
			t.Errorf("a window of %s: %s (%s), want %s", window, got[0].Outcome, got[0].Message, want)
		}
	}
}

func TestEvidence(t *testing.T) {
	t.Parallel()
	inv := whole()
	inv.Interfaces = append(inv.Interfaces, inventory.Interface{ID: "eni-2", VPCID: "vpc-1", Status: "in-use"}, inventory.Interface{ID: "eni-3", VPCID: "vpc-1"})
	inv.Arrivals = []inventory.Arrival{
		{FlowLog: "fl-1", Newest: ago(1), Seen: inventory.SeenAsObject},
		{FlowLog: "fl-1", Interface: "eni-1", Newest: ago(3), Seen: inventory.SeenRecord},
		{FlowLog: "fl-1", Interface: "eni-2", Newest: ago(30), Seen: inventory.SeenInStream},
		{FlowLog: "fl-2", Interface: "eni-2", Newest: ago(1), Seen: inventory.SeenInStream},
	}
	inv.Samples = []inventory.Sample{{FlowLog: "fl-1", OK: 1, NoData: 2, SkipData: 3, Malformed: 4}}
	got := rule.Judge([]rule.Rule{flowlogarrivalcheck.Rule()}, inv, rule.DefaultPolicy())[0].Evidence.Arrival
	want := &finding.Arrival{
		Since: ago(24), Newest: ago(1), Sign: inventory.SeenAsObject, InUse: 2,
		Seen: []finding.SeenOf{{Interface: "eni-1", Newest: ago(3)}}, Unseen: []string{"eni-2"},
		Records: &finding.Records{Read: 6, OK: 1, NoData: 2, SkipData: 3, Malformed: 4, Lines: []string{}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("evidence (-want +got):\n%s", diff)
	}
}
