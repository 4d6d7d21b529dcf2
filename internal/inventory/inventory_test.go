package inventory_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"flowproof/internal/inventory"
)

func TestStatus(t *testing.T) {
	t.Parallel()
	both := []inventory.Kind{inventory.FlowLogs, inventory.VPCs}
	gap := func(kinds ...inventory.Kind) []inventory.Gap {
		var gaps []inventory.Gap
		for _, k := range kinds {
			gaps = append(gaps, inventory.Gap{Kind: k, Cause: inventory.Denied})
		}
		return gaps
	}
	tests := []struct {
		name string
		inv  inventory.Inventory
		want inventory.Status
	}{
		{"two empty lists", inventory.Inventory{Kinds: both}, inventory.StatusRead},
		{"one list lost, the other whole and empty", inventory.Inventory{Kinds: both, Target: inventory.Target{Gaps: gap(inventory.FlowLogs)}}, inventory.StatusIncomplete},
		{"both lists lost", inventory.Inventory{Kinds: both, Target: inventory.Target{Gaps: gap(both...)}}, inventory.StatusUnread},
		{"both lists cut off, a VPC was read", inventory.Inventory{Kinds: both, Target: inventory.Target{Gaps: gap(both...)}, VPCs: []inventory.VPC{{ID: "vpc-1"}}}, inventory.StatusIncomplete},
		{"both lists cut off, a flow log was read", inventory.Inventory{Kinds: both, Target: inventory.Target{Gaps: gap(both...)}, FlowLogs: []inventory.FlowLog{{ID: "fl-1"}}}, inventory.StatusIncomplete},
		{"the one list asked for lost", inventory.Inventory{Kinds: both[:1], Target: inventory.Target{Gaps: gap(inventory.FlowLogs)}}, inventory.StatusUnread},
		{"a gap in something not asked for", inventory.Inventory{Kinds: both[:1], Target: inventory.Target{Gaps: gap(inventory.VPCs)}}, inventory.StatusIncomplete},
		{"the account's Regions lost", inventory.Inventory{Kinds: both, Target: inventory.Target{Scope: inventory.Scope{Region: inventory.AnyRegion}, Gaps: gap(inventory.Regions)}}, inventory.StatusIncomplete},
		{"a Region that discovery could not reach", inventory.Inventory{Kinds: both, Target: inventory.Target{Scope: scope, Gaps: gap(inventory.Regions)}}, inventory.StatusUnread},
		{"a disabled Region", inventory.Inventory{Kinds: both, Target: inventory.Target{Absent: inventory.Disabled}}, inventory.StatusDisabled},
		{"a closed account", inventory.Inventory{Kinds: both, Target: inventory.Target{Absent: inventory.Closed, Scope: inventory.Scope{Region: inventory.AnyRegion}}}, inventory.StatusClosed},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := tt.inv.Status(); got != tt.want {
				t.Errorf("Status() = %s, want %s", got, tt.want)
			}
		})
	}
}

func TestWhole(t *testing.T) {
	t.Parallel()
	var inv inventory.Inventory
	inv.Kinds = []inventory.Kind{inventory.FlowLogs, inventory.VPCs}
	inv.Fail("ec2:DescribeFlowLogs", inventory.Throttled, "slow down", inventory.FlowLogs)
	for kind, want := range map[inventory.Kind]bool{inventory.VPCs: true, inventory.FlowLogs: false, "roles": false} {
		if got := inv.Whole(kind); got != want {
			t.Errorf("Whole(%s) = %v, want %v", kind, got, want)
		}
	}
	inv.Fail("ec2:DescribeRegions", inventory.Denied, "no", inventory.Regions)
	if inv.Whole(inventory.VPCs) {
		t.Error("the VPCs count as whole, though the Regions could not be listed")
	}
	if got := inv.GapsIn(inventory.VPCs); len(got) != 1 || got[0].Kind != inventory.Regions {
		t.Errorf("GapsIn(vpcs) = %v, want that of the Regions", got)
	}
}

func TestFail_says_it_of_each_kind(t *testing.T) {
	t.Parallel()
	var inv inventory.Inventory
	inv.Fail("x", inventory.Interrupted, "stopped", inventory.VPCs, inventory.FlowLogs)
	want := []inventory.Gap{
		{Kind: inventory.VPCs, API: "x", Cause: inventory.Interrupted, Message: "stopped"},
		{Kind: inventory.FlowLogs, API: "x", Cause: inventory.Interrupted, Message: "stopped"},
	}
	if diff := cmp.Diff(want, inv.Gaps); diff != "" {
		t.Errorf("gaps (-want +got):\n%s", diff)
	}
}

func TestScope(t *testing.T) {
	t.Parallel()
	if got := scope.String(); got != "111122223333/eu-west-1" {
		t.Errorf("String() = %q", got)
	}
	china := inventory.Scope{Partition: "aws-cn", Account: "111122223333", Region: "cn-north-1"}
	if got, want := china.ARN("vpc", "vpc-1"), "arn:aws-cn:ec2:cn-north-1:111122223333:vpc/vpc-1"; got != want {
		t.Errorf("ARN() = %q, want %q", got, want)
	}
	later := inventory.Scope{Partition: "aws", Account: "111122223333", Region: "us-east-1"}
	other := inventory.Scope{Partition: "aws", Account: "444455556666", Region: "af-south-1"}
	scopes := []inventory.Scope{china, other, later, scope}
	slices.SortFunc(scopes, inventory.Scope.Compare)
	if diff := cmp.Diff([]inventory.Scope{scope, later, other, china}, scopes); diff != "" {
		t.Errorf("order (-want +got):\n%s", diff)
	}
}

func TestVPC_owner(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, owner string
		shared      bool
		arn         string
	}{
		{"own", "111122223333", false, "arn:aws:ec2:eu-west-1:111122223333:vpc/vpc-1"},
		{"absent, as in old answers", "", false, "arn:aws:ec2:eu-west-1:111122223333:vpc/vpc-1"},
		{"foreign", "444455556666", true, "arn:aws:ec2:eu-west-1:444455556666:vpc/vpc-1"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			v := inventory.VPC{ID: "vpc-1", OwnerID: tt.owner}
			if got := v.Shared(scope); got != tt.shared {
				t.Errorf("Shared() = %v, want %v", got, tt.shared)
			}
			if got := v.ARN(scope); got != tt.arn {
				t.Errorf("ARN() = %q, want %q", got, tt.arn)
			}
		})
	}
}

func TestDelivery(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, status, message string
		want                  inventory.Delivery
	}{
		{"failed with its error", "FAILED", "Access error", inventory.DeliveryFailed},
		{"failed without one", "FAILED", "", inventory.DeliveryFailed},
		{"an error and no status", "", "Rate limited", inventory.DeliveryFailed},
		{"success", "SUCCESS", "", inventory.DeliverySucceeded},
		{"success with an old error", "SUCCESS", "Unknown error", inventory.DeliverySucceeded},
		{"neither", "", "", inventory.DeliveryNotStated},
		{"a word of another year", "PENDING", "", inventory.DeliveryNotStated},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			l := inventory.FlowLog{Status: "ACTIVE", DeliveryStatus: tt.status, DeliveryError: tt.message}
			if got := l.Delivery(); got != tt.want {
				t.Errorf("Delivery() = %q, want %q", got, tt.want)
			}
			if got, want := l.Works(), tt.want != inventory.DeliveryFailed; got != want {
				t.Errorf("Works() = %v, want %v", got, want)
			}
			l.Status = "DELETED"
			if l.Works() {
				t.Error("Works() although it is not ACTIVE")
			}
		})
	}
}

func TestOn(t *testing.T) {
	t.Parallel()
	for id, want := range map[string]string{
		"core-network-1": "core-network", "core-network-edge-1": "core-network-edge", "attachment-1": "attachment",
		"arn:aws:networkmanager::111122223333:core-network/core-network-1": "core-network", "core-1": "", "arn:aws:x": "",
		"vpc-1": "vpc", "subnet-1": "subnet", "eni-1": "eni", "tgw-1": "tgw", "tgw-attach-1": "tgw-attach", "nat-1": "nat", "": "", "vpc": "", "vpce-1": "", "new-1": "",
	} {
		if got := (inventory.FlowLog{ResourceID: id}).On(); got != want {
			t.Errorf("On() of %q = %q, want %q", id, got, want)
		}
	}
}

func TestArrivedSince(t *testing.T) {
	t.Parallel()
	at := time.Date(2024, 5, 1, 10, 0, 0, 0, time.UTC)
	inv := inventory.Inventory{Arrivals: []inventory.Arrival{{FlowLog: "fl-1", Newest: at}, {FlowLog: "", Newest: at}}}
	tests := []struct {
		name  string
		log   string
		since time.Time
		want  bool
	}{
		{"later than asked for", "fl-1", at.Add(-time.Second), true},
		{"at that very time", "fl-1", at, true},
		{"too old", "fl-1", at.Add(time.Second), false},
		{"another log", "fl-2", at.Add(-time.Hour), false},
		{"a log without an id proves nothing", "", at.Add(-time.Hour), false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := inv.ArrivedSince(inventory.FlowLog{ID: tt.log}, tt.since); got != tt.want {
				t.Errorf("ArrivedSince() = %v, want %v", got, tt.want)
			}
		})
	}
}
