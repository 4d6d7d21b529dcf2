package inventory_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"

	"flowproof/internal/inventory"
)

// network draws an account of a few VPCs with subnets, interfaces and gateways, and flow logs of
// every kind and state on them.
func network(r *rand.Rand) *inventory.Inventory {
	inv := &inventory.Inventory{}
	var places []string
	for v := range 1 + r.IntN(3) {
		vpc := fmt.Sprintf("vpc-%d", v)
		inv.VPCs, places = append(inv.VPCs, inventory.VPC{ID: vpc}), append(places, vpc)
		for s := range r.IntN(4) {
			subnet := fmt.Sprintf("subnet-%d%d", v, s)
			inv.Subnets, places = append(inv.Subnets, inventory.Subnet{ID: subnet, VPCID: vpc}), append(places, subnet)
			for i := range r.IntN(4) {
				id := fmt.Sprintf("eni-%d%d%d", v, s, i)
				inv.Interfaces, places = append(inv.Interfaces, inventory.Interface{ID: id, VPCID: vpc, SubnetID: subnet}), append(places, id)
			}
		}
	}
	for g := range r.IntN(3) {
		gateway := fmt.Sprintf("tgw-%d", g)
		inv.TransitGateways, places = append(inv.TransitGateways, inventory.TransitGateway{ID: gateway}), append(places, gateway)
		for a := range r.IntN(4) {
			id := fmt.Sprintf("tgw-attach-%d%d", g, a)
			inv.GatewayAttachments, places = append(inv.GatewayAttachments, inventory.GatewayAttachment{ID: id, GatewayID: gateway}), append(places, id)
		}
	}
	for l := range r.IntN(12) {
		inv.FlowLogs = append(inv.FlowLogs, logOn(r, fmt.Sprintf("fl-%d", l), places[r.IntN(len(places))]))
	}
	inv.Normalize()
	return inv
}

func logOn(r *rand.Rand, id, resource string) inventory.FlowLog {
	pick := func(words ...string) string { return words[r.IntN(len(words))] }
	return inventory.FlowLog{
		ID: id, ResourceID: resource, Status: pick("ACTIVE", "ACTIVE", "ACTIVE", ""), DeliveryStatus: pick("SUCCESS", "SUCCESS", "", "FAILED"),
		TrafficType: pick("ALL", "ACCEPT", "REJECT", ""), DestinationType: pick(inventory.ToCloudWatchLogs, inventory.ToS3), Destination: pick("arn:a", "arn:b"),
	}
}

// model asks the same by going through everything: is this traffic of this thing recorded.
func model(inv *inventory.Inventory, traffic inventory.Traffic, places ...string) bool {
	for _, l := range inv.FlowLogs {
		for _, place := range places {
			works := l.Status == "ACTIVE" && l.DeliveryStatus != "FAILED"
			gateway := l.TrafficType == "" && place[:3] == "tgw"
			records := gateway || l.TrafficType == "ALL" || l.TrafficType == "ACCEPT" && traffic == inventory.Accept || l.TrafficType == "REJECT" && traffic == inventory.Reject
			if l.ResourceID == place && works && records {
				return true
			}
		}
	}
	return false
}

func TestCoverage_is_what_a_model_says(t *testing.T) {
	t.Parallel()
	cells := 0
	for seed := range uint64(400) {
		inv := network(rand.New(rand.NewPCG(seed, 6)))
		places := map[string][]string{}
		for _, i := range inv.Interfaces {
			places[i.ID] = []string{i.VPCID, i.SubnetID, i.ID}
		}
		for _, s := range inv.Subnets {
			places[s.ID] = []string{s.VPCID, s.ID}
		}
		for _, a := range inv.GatewayAttachments {
			places[a.ID] = []string{a.GatewayID, a.ID}
		}
		for _, c := range everything(inv) {
			for _, traffic := range []inventory.Traffic{inventory.Accept, inventory.Reject} {
				cells++
				if got, want := c.Traffic.Has(traffic), model(inv, traffic, places[c.ID]...); got != want {
					t.Fatalf("seed %d: %s of %s recorded: %v, the model says %v", seed, traffic, c.ID, got, want)
				}
			}
		}
	}
	if cells < 5000 {
		t.Errorf("only %d cells were compared", cells)
	}
}

// everything is the coverage of all that an inventory holds.
func everything(inv *inventory.Inventory) []inventory.Covered {
	var list []inventory.Covered
	for _, v := range inv.VPCs {
		c := inv.CoverageOf(v)
		list = append(append(list, c.Interfaces...), c.Subnets...)
	}
	for _, g := range inv.TransitGateways {
		list = append(list, inv.CoverageOfGateway(g)...)
	}
	return list
}

func TestCoverage_is_an_algebra(t *testing.T) {
	t.Parallel()
	share := func(inv *inventory.Inventory) int {
		recorded, _ := inventory.Share(everything(inv), inventory.AllTraffic)
		return recorded
	}
	for seed := range uint64(300) {
		r := rand.New(rand.NewPCG(seed, 7))
		inv := network(r)
		before := share(inv)

		halves := *inv
		halves.FlowLogs = split(inv.FlowLogs)
		halves.Normalize()
		if got := share(&halves); got != before {
			t.Fatalf("seed %d: %d cells with ALL, %d with ACCEPT and REJECT in its place", seed, before, got)
		}
		shuffled := *inv
		shuffled.FlowLogs = append([]inventory.FlowLog{}, inv.FlowLogs...)
		shuffle(r, shuffled.FlowLogs)
		shuffled.Normalize()
		if diff := cmp.Diff(everything(inv), everything(&shuffled)); diff != "" {
			t.Fatalf("seed %d: the order of the list matters:\n%s", seed, diff)
		}
		more := *inv
		more.FlowLogs = append(append([]inventory.FlowLog{}, inv.FlowLogs...), logOn(r, "fl-more", inv.VPCs[0].ID))
		more.Normalize()
		if got := share(&more); got < before {
			t.Fatalf("seed %d: %d cells became %d by adding a log", seed, before, got)
		}
	}
}

func TestCoverage_in_words(t *testing.T) {
	t.Parallel()
	vpc := inventory.VPC{ID: "vpc-1"}
	on := func(resource, traffic, destination string) inventory.FlowLog {
		return inventory.FlowLog{ID: "fl-" + resource + traffic, ResourceID: resource, Status: "ACTIVE", TrafficType: traffic, DestinationType: inventory.ToS3, Destination: destination}
	}
	tests := []struct {
		name     string
		logs     []inventory.FlowLog
		outside  []string
		recorded int // of the four cells of two interfaces
		alone    bool
	}{
		{"nothing", nil, []string{"eni-1", "eni-2"}, 0, false},
		{"the VPC", []inventory.FlowLog{on("vpc-1", "ALL", "a")}, nil, 4, true},
		{"one subnet", []inventory.FlowLog{on("subnet-1", "ALL", "a")}, []string{"eni-2"}, 2, false},
		{"one subnet and the other interface", []inventory.FlowLog{on("subnet-1", "ALL", "a"), on("eni-2", "ALL", "b")}, nil, 4, true},
		{"two halves in one place", []inventory.FlowLog{on("vpc-1", "ACCEPT", "a"), on("vpc-1", "REJECT", "a")}, nil, 4, true},
		{"two halves in two places", []inventory.FlowLog{on("vpc-1", "ACCEPT", "a"), on("vpc-1", "REJECT", "b")}, nil, 4, false},
		{"a half on the VPC, the other on a subnet", []inventory.FlowLog{on("vpc-1", "ACCEPT", "a"), on("subnet-1", "REJECT", "a")}, nil, 3, false},
		{"traffic that is not stated", []inventory.FlowLog{on("vpc-1", "", "a")}, nil, 0, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			inv := &inventory.Inventory{
				Subnets:    []inventory.Subnet{{ID: "subnet-1", VPCID: "vpc-1"}, {ID: "subnet-2", VPCID: "vpc-1"}, {ID: "subnet-9", VPCID: "vpc-9"}},
				Interfaces: []inventory.Interface{{ID: "eni-1", VPCID: "vpc-1", SubnetID: "subnet-1"}, {ID: "eni-2", VPCID: "vpc-1", SubnetID: "subnet-2"}, {ID: "eni-9", VPCID: "vpc-9"}},
				FlowLogs:   tt.logs,
			}
			inv.Normalize()
			got := inv.CoverageOf(vpc)
			var outside []string
			for _, c := range inventory.Outside(got.Interfaces) {
				outside = append(outside, c.ID)
			}
			if diff := cmp.Diff(tt.outside, outside); diff != "" {
				t.Errorf("outside (-want +got):\n%s", diff)
			}
			if recorded, all := inventory.Share(got.Interfaces, inventory.AllTraffic); recorded != tt.recorded || all != 4 {
				t.Errorf("%d of %d cells, want %d of 4", recorded, all, tt.recorded)
			}
			alone := true
			for _, c := range got.Interfaces {
				alone = alone && inventory.AtOneDestination(c.Logs, inventory.AllTraffic)
			}
			if alone != tt.alone {
				t.Errorf("complete at one destination: %v", alone)
			}
		})
	}
}
