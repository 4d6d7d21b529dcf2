package inventory_test

import (
	"testing"
	"time"

	"flowproof/internal/inventory"
)

func TestBucket(t *testing.T) {
	t.Parallel()
	for destination, want := range map[string][2]string{
		"arn:aws:s3:::flows":              {"flows", ""},
		"arn:aws-cn:s3:::flows/net/vpc/":  {"flows", "net/vpc"},
		"arn:aws:firehose:eu-west-1:1:x/": {"", ""},
		"":                                {"", ""},
	} {
		log := inventory.FlowLog{DestinationType: inventory.ToS3, Destination: destination}
		if name, prefix := log.Bucket(); name != want[0] || prefix != want[1] {
			t.Errorf("%s: %q, %q", destination, name, prefix)
		}
	}
	if name, _ := (inventory.FlowLog{DestinationType: inventory.ToFirehose, Destination: "arn:aws:s3:::flows"}).Bucket(); name != "" {
		t.Errorf("a stream is in the bucket %q", name)
	}
}

func TestInterfacesOf(t *testing.T) {
	t.Parallel()
	inv := inventory.Inventory{Interfaces: []inventory.Interface{
		{ID: "eni-1", VPCID: "vpc-1", SubnetID: "subnet-1"}, {ID: "eni-2", VPCID: "vpc-1", SubnetID: "subnet-2"}, {ID: "eni-3", VPCID: "vpc-2"},
	}}
	for resource, want := range map[string]int{"vpc-1": 2, "subnet-2": 1, "eni-3": 1, "vpc-9": 0, "": 0} {
		if got := len(inv.InterfacesOf(inventory.FlowLog{ResourceID: resource})); got != want {
			t.Errorf("%q: %d interfaces, want %d", resource, got, want)
		}
	}
}

func TestWhatIsKnownOfAFlowLog(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 5, 1, 10, 0, 0, 0, time.UTC)
	inv := inventory.Inventory{
		Arrivals: []inventory.Arrival{
			{FlowLog: "fl-1", Interface: "eni-1", Newest: at.Add(-time.Hour)},
			{FlowLog: "fl-1", Interface: "eni-1", Newest: at, Seen: inventory.SeenRecord},
			{FlowLog: "", Newest: at},
		},
		Looks:   []inventory.Look{{FlowLog: "fl-1"}, {FlowLog: "fl-1", Blind: "a bound"}},
		Samples: []inventory.Sample{{FlowLog: "fl-1", OK: 1, SkipData: 2}},
	}
	inv.Normalize()
	log, none := inventory.FlowLog{ID: "fl-1"}, inventory.FlowLog{}
	if got := inv.ArrivalsOf(log); len(got) != 1 || !got[0].Newest.Equal(at) {
		t.Errorf("arrivals %v, want the newest of the interface alone", got)
	}
	if got := inv.LookAt(log); got == nil || got.Blind == "" {
		t.Errorf("look %v, want the one that sees less", got)
	}
	if got := inv.SampleOf(log); got == nil || got.Records() != 3 {
		t.Errorf("sample %v", got)
	}
	if inv.ArrivalsOf(none) != nil || inv.LookAt(none) != nil || inv.SampleOf(none) != nil {
		t.Error("something is known of a flow log without an id")
	}
	kept := inv.Only([]inventory.Kind{inventory.Arriving})
	if len(kept.Arrivals) == 0 || len(kept.Looks) == 0 || kept.Samples != nil {
		t.Errorf("kept of arrivals: %+v", kept)
	}
}

// TestNothingReadIsUnread: that no destination was asked about is not reading any.
func TestNothingReadIsUnread(t *testing.T) {
	t.Parallel()
	inv := inventory.Inventory{Kinds: []inventory.Kind{inventory.FlowLogs, inventory.Arriving, inventory.Destinations}}
	inv.Fail("ec2:DescribeFlowLogs", inventory.Denied, "no", inventory.FlowLogs)
	if got := inv.Status(); got != inventory.StatusUnread {
		t.Errorf("status %s, want unread", got)
	}
	inv.Gaps[0].Kind = inventory.Arriving
	if got := inv.Status(); got != inventory.StatusIncomplete {
		t.Errorf("status %s with whole flow logs, want incomplete", got)
	}
}
