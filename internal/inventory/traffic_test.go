package inventory_test

import (
	"math/rand/v2"
	"slices"
	"testing"

	"flowproof/internal/inventory"
)

func TestTraffic(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		logs []inventory.FlowLog
		want string
	}{
		{"no logs", nil, "nothing"},
		{"accepted only", []inventory.FlowLog{{Status: "ACTIVE", TrafficType: "ACCEPT"}}, "ACCEPT"},
		{"rejected only", []inventory.FlowLog{{Status: "ACTIVE", TrafficType: "REJECT"}}, "REJECT"},
		{"all", []inventory.FlowLog{{Status: "ACTIVE", TrafficType: "ALL"}}, "ACCEPT and REJECT"},
		{"two halves", []inventory.FlowLog{{Status: "ACTIVE", TrafficType: "ACCEPT"}, {Status: "ACTIVE", TrafficType: "REJECT"}}, "ACCEPT and REJECT"},
		{"one half fails", []inventory.FlowLog{{Status: "ACTIVE", TrafficType: "ACCEPT", DeliveryStatus: "FAILED"}, {Status: "ACTIVE", TrafficType: "REJECT"}}, "REJECT"},
		{"not active", []inventory.FlowLog{{TrafficType: "ALL"}}, "nothing"},
		{"not stated", []inventory.FlowLog{{Status: "ACTIVE"}}, "nothing"},
		{"not stated, of a transit gateway", []inventory.FlowLog{{Status: "ACTIVE", ResourceID: "tgw-1"}}, "ACCEPT and REJECT"},
		{"not stated, of a core network", []inventory.FlowLog{{Status: "ACTIVE", ResourceID: "core-network-1"}}, "ACCEPT and REJECT"},
		{"not stated, of an edge of it", []inventory.FlowLog{{Status: "ACTIVE", ResourceID: "core-network-edge-1"}}, "ACCEPT and REJECT"},
		{"not stated, of an attachment to it", []inventory.FlowLog{{Status: "ACTIVE", ResourceID: "attachment-1"}}, "ACCEPT and REJECT"},
		{"not stated, of a VPC", []inventory.FlowLog{{Status: "ACTIVE", ResourceID: "vpc-1"}}, "nothing"},
		{"a word of another year", []inventory.FlowLog{{Status: "ACTIVE", TrafficType: "SOME"}}, "nothing"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := inventory.Recorded(tt.logs).String(); got != tt.want {
				t.Errorf("Recorded() = %s, want %s", got, tt.want)
			}
		})
	}
}

// TestRecorded_is_an_algebra draws logs and holds the union to its laws.
func TestRecorded_is_an_algebra(t *testing.T) {
	t.Parallel()
	for seed := range uint64(500) {
		r := rand.New(rand.NewPCG(seed, 4))
		logs := odd(r).FlowLogs
		recorded := inventory.Recorded(logs)

		shuffled := slices.Clone(logs)
		shuffle(r, shuffled)
		if got := inventory.Recorded(shuffled); got != recorded {
			t.Fatalf("seed %d: %s in one order, %s in another", seed, recorded, got)
		}
		if got := inventory.Recorded(split(logs)); got != recorded {
			t.Fatalf("seed %d: %s with ALL, %s with ACCEPT and REJECT in its place", seed, recorded, got)
		}
		more := append(slices.Clone(logs), odd(r).FlowLogs...)
		if got := inventory.Recorded(more); !got.Has(recorded) {
			t.Fatalf("seed %d: %s became %s by adding logs", seed, recorded, got)
		}
		idle := slices.DeleteFunc(slices.Clone(logs), func(l inventory.FlowLog) bool { return !l.Works() })
		if got := inventory.Recorded(idle); got != recorded {
			t.Fatalf("seed %d: %s became %s without the logs that do not work", seed, recorded, got)
		}
	}
}

// split replaces each log of all traffic by two of one half each.
func split(logs []inventory.FlowLog) []inventory.FlowLog {
	var halves []inventory.FlowLog
	for _, l := range logs {
		if l.TrafficType != "ALL" {
			halves = append(halves, l)
			continue
		}
		for _, half := range []string{"ACCEPT", "REJECT"} {
			l.TrafficType = half
			halves = append(halves, l)
		}
	}
	return halves
}
