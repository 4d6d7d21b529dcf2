package inventory_test

import (
	"strings"
	"testing"

	"flowproof/internal/inventory"
)

// strange are texts in the place of what AWS names by itself.
var strange = []string{"$(touch x)", "vpc-1; touch x", "vpc-1\n", " vpc-1", "vpc-1|", "`x`", "vpc-", "-1", "vpc-\u202e", "vpc-../x", "vpc-" + strings.Repeat("0", 65), "12345678901"}

func TestWhatHasNotTheFormOfAnIDIsAGapAndNoFact(t *testing.T) {
	t.Parallel()
	for _, text := range strange {
		for name, test := range map[string]struct {
			kind inventory.Kind
			add  func(*inventory.Inventory)
			left func(*inventory.Inventory) int
		}{
			"VPC": {inventory.VPCs, func(inv *inventory.Inventory) { inv.VPCs = []inventory.VPC{{ID: text}} }, func(inv *inventory.Inventory) int { return len(inv.VPCs) }},
			"owner": {
				inventory.VPCs, func(inv *inventory.Inventory) { inv.VPCs = []inventory.VPC{{ID: "vpc-1", OwnerID: text}} },
				func(inv *inventory.Inventory) int { return len(inv.VPCs) },
			},
			"subnet": {
				inventory.Subnets, func(inv *inventory.Inventory) { inv.Subnets = []inventory.Subnet{{ID: text}} },
				func(inv *inventory.Inventory) int { return len(inv.Subnets) },
			},
			"interface": {
				inventory.Interfaces, func(inv *inventory.Inventory) { inv.Interfaces = []inventory.Interface{{ID: text}} },
				func(inv *inventory.Inventory) int { return len(inv.Interfaces) },
			},
			"gateway": {
				inventory.TransitGateways, func(inv *inventory.Inventory) { inv.TransitGateways = []inventory.TransitGateway{{ID: text}} },
				func(inv *inventory.Inventory) int { return len(inv.TransitGateways) },
			},
			"flow log": {
				inventory.FlowLogs, func(inv *inventory.Inventory) { inv.FlowLogs = []inventory.FlowLog{{ID: text, ResourceID: "vpc-1"}} },
				func(inv *inventory.Inventory) int { return len(inv.FlowLogs) },
			},
			"resource": {
				inventory.FlowLogs, func(inv *inventory.Inventory) { inv.FlowLogs = []inventory.FlowLog{{ID: "fl-1", ResourceID: text}} },
				func(inv *inventory.Inventory) int { return len(inv.FlowLogs) },
			},
		} {
			inv := inventory.Inventory{Kinds: []inventory.Kind{test.kind}}
			test.add(&inv)
			inv.Normalize()
			if n := test.left(&inv); n != 0 || inv.Whole(test.kind) {
				t.Errorf("%s %q: %d kept, gaps %v", name, text, n, inv.Gaps)
			}
		}
	}
}

func TestAScopeHasItsForm(t *testing.T) {
	t.Parallel()
	good := inventory.Scope{Partition: "aws", Account: "123456789012", Region: "eu-west-1"}
	if err := good.Check(); err != nil {
		t.Error(err)
	}
	for _, text := range append([]string{"aws-moon", "", "*"}, strange...) {
		for _, s := range []inventory.Scope{
			{Partition: text, Account: good.Account, Region: good.Region},
			{Partition: good.Partition, Account: text, Region: good.Region},
			{Partition: good.Partition, Account: good.Account, Region: text},
		} {
			if err := s.Check(); err == nil && s.Region != inventory.AnyRegion {
				t.Errorf("%+v is taken", s)
			}
		}
	}
}
