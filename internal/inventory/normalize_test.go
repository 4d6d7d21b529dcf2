package inventory_test

import (
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"flowproof/internal/inventory"
)

var scope = inventory.Scope{Partition: "aws", Account: "111122223333", Region: "eu-west-1"}

// odd draws an inventory from so few values that everything collides: repeated ids with other
// content, owners absent and foreign, ids missing.
func odd(r *rand.Rand) inventory.Inventory {
	inv := inventory.Inventory{
		Target: inventory.Target{Scope: scope},
		Kinds:  []inventory.Kind{inventory.FlowLogs, inventory.VPCs},
		ReadAt: time.Date(2024, 5, 1, 10, 0, 0, 0, time.UTC),
	}
	pick := func(words ...string) string { return words[r.IntN(len(words))] }
	tags := func() map[string]string {
		if r.IntN(2) == 0 {
			return nil
		}
		return map[string]string{pick("Name", "team"): pick("a", "b")}
	}
	for range r.IntN(8) {
		inv.VPCs = append(inv.VPCs, inventory.VPC{
			ID: pick("vpc-1", "vpc-2", "vpc-3", ""), OwnerID: pick("", scope.Account, "444455556666"),
			CIDR: pick("", "10.0.0.0/16"), IsDefault: r.IntN(2) == 0, Tags: tags(),
		})
	}
	for range r.IntN(8) {
		inv.FlowLogs = append(inv.FlowLogs, inventory.FlowLog{
			ID: pick("fl-1", "fl-2", ""), ResourceID: pick("vpc-1", "vpc-2", "subnet-1", ""), Status: pick("ACTIVE", "DELETED", ""),
			DeliveryStatus: pick("SUCCESS", "FAILED", ""), DeliveryError: pick("", "Access error"), TrafficType: pick("ALL", "ACCEPT", "REJECT", ""),
			DestinationType: pick("", "s3"), Interval: int32(60 * r.IntN(2)), Hive: r.IntN(2) == 0, Tags: tags(),
		})
	}
	for range r.IntN(4) {
		inv.Arrivals = append(inv.Arrivals, inventory.Arrival{
			FlowLog: pick("fl-1", "fl-2"), Interface: pick("", "eni-1"), Newest: inv.ReadAt.Add(-time.Duration(r.IntN(3)) * 24 * time.Hour),
		})
	}
	for range r.IntN(3) {
		inv.Looks = append(inv.Looks, inventory.Look{FlowLog: pick("fl-1", "fl-2"), Since: inv.ReadAt, Blind: pick("", "a bound")})
		inv.Samples = append(inv.Samples, inventory.Sample{FlowLog: pick("fl-1", "fl-2"), OK: r.IntN(2), Lines: []string{pick("a", "b")}})
	}
	if r.IntN(4) == 0 {
		inv.Fail("ec2:DescribeVpcs", inventory.Denied, "no", inventory.VPCs)
	}
	return inv
}

func shuffle[T any](r *rand.Rand, list []T) {
	r.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
}

func TestNormalize_order_and_repetition_change_nothing(t *testing.T) {
	t.Parallel()
	for seed := range uint64(500) {
		r := rand.New(rand.NewPCG(seed, 1))
		want := odd(r)
		got := odd(rand.New(rand.NewPCG(seed, 1)))
		want.Normalize()

		got.VPCs = append(got.VPCs, got.VPCs...)
		got.FlowLogs = append(got.FlowLogs, got.FlowLogs...)
		got.Arrivals = append(got.Arrivals, got.Arrivals...)
		got.Looks = append(got.Looks, got.Looks...)
		got.Samples = append(got.Samples, got.Samples...)
		got.Gaps = append(got.Gaps, got.Gaps...)
		shuffle(r, got.VPCs)
		shuffle(r, got.FlowLogs)
		shuffle(r, got.Arrivals)
		shuffle(r, got.Looks)
		shuffle(r, got.Samples)
		got.Normalize()

		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("seed %d (-once, in order +twice, shuffled):\n%s", seed, diff)
		}
	}
}

func TestNormalize_is_idempotent(t *testing.T) {
	t.Parallel()
	for seed := range uint64(500) {
		once := odd(rand.New(rand.NewPCG(seed, 2)))
		once.Normalize()
		twice := odd(rand.New(rand.NewPCG(seed, 2)))
		twice.Normalize()
		twice.Normalize()
		if diff := cmp.Diff(once, twice); diff != "" {
			t.Fatalf("seed %d (-once +twice):\n%s", seed, diff)
		}
	}
}

func TestNormalize_loses_no_VPC_without_a_gap(t *testing.T) {
	t.Parallel()
	for seed := range uint64(500) {
		inv := odd(rand.New(rand.NewPCG(seed, 3)))
		inv.Gaps = nil
		want, unnamed := map[string]bool{}, false
		for _, v := range inv.VPCs {
			if v.ID == "" {
				unnamed = true
				continue
			}
			want[v.ARN(scope)] = true
		}
		inv.Normalize()
		for _, v := range inv.VPCs {
			if !want[v.ARN(scope)] {
				t.Fatalf("seed %d: %s is there twice, or came from nowhere", seed, v.ARN(scope))
			}
			delete(want, v.ARN(scope))
		}
		if len(want) > 0 {
			t.Fatalf("seed %d: lost %v", seed, want)
		}
		if gap := len(inv.GapsIn(inventory.VPCs)) > 0; gap != unnamed {
			t.Fatalf("seed %d: gap %v, VPC without an id %v", seed, gap, unnamed)
		}
	}
}

func TestNormalize_keeps_the_fullest_of_repeated_VPCs(t *testing.T) {
	t.Parallel()
	full := inventory.VPC{ID: "vpc-1", OwnerID: scope.Account, CIDR: "10.0.0.0/16", IsDefault: true, Tags: map[string]string{"Name": "a"}}
	inv := inventory.Inventory{Target: inventory.Target{Scope: scope}, VPCs: []inventory.VPC{{ID: "vpc-1"}, full, {ID: "vpc-1", OwnerID: "444455556666"}}}
	inv.Normalize()
	want := []inventory.VPC{full, {ID: "vpc-1", OwnerID: "444455556666"}}
	if diff := cmp.Diff(want, inv.VPCs); diff != "" {
		t.Errorf("VPCs (-want +got):\n%s", diff)
	}
}

func TestNormalize_flow_logs_without_a_resource(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		ids  []string
		want string
	}{
		{"one", []string{"fl-1"}, "these flow logs are on: fl-1"},
		{"without an id either", []string{""}, "these flow logs are on: (no id)"},
		{"many are counted", []string{"fl-1", "fl-2", "fl-3", "fl-4", "fl-5"}, "these flow logs are on: fl-1, fl-2, fl-3 and 2 more"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			inv := inventory.Inventory{Target: inventory.Target{Scope: scope}, Kinds: []inventory.Kind{inventory.FlowLogs}}
			for _, id := range tt.ids {
				inv.FlowLogs = append(inv.FlowLogs, inventory.FlowLog{ID: id})
			}
			inv.Normalize()
			if len(inv.Gaps) != 1 || inv.Gaps[0].Kind != inventory.FlowLogs || inv.Gaps[0].Cause != inventory.Incomplete {
				t.Fatalf("gaps %v, want one incomplete list of flow logs", inv.Gaps)
			}
			if !strings.HasSuffix(inv.Gaps[0].Message, tt.want) {
				t.Errorf("message %q does not end with %q", inv.Gaps[0].Message, tt.want)
			}
			if len(inv.FlowLogs) != len(tt.ids) {
				t.Errorf("%d flow logs, want all %d kept", len(inv.FlowLogs), len(tt.ids))
			}
		})
	}
}

func TestNormalize_fills_in_the_only_destination_of_old(t *testing.T) {
	t.Parallel()
	inv := inventory.Inventory{FlowLogs: []inventory.FlowLog{{ID: "fl-1", ResourceID: "vpc-1"}, {ID: "fl-2", ResourceID: "vpc-1", DestinationType: inventory.ToS3}}}
	inv.Normalize()
	if inv.FlowLogs[0].DestinationType != inventory.ToCloudWatchLogs || inv.FlowLogs[1].DestinationType != inventory.ToS3 {
		t.Errorf("destination types %q and %q", inv.FlowLogs[0].DestinationType, inv.FlowLogs[1].DestinationType)
	}
}
