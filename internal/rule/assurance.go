package rule

import (
	"slices"

	"flowproof/internal/finding"
	"flowproof/internal/inventory"
)

// Assurance places a VPC on the ladder. One working flow log is enough, and a log that was read
// stands even if the list was cut off after it; the three lower rungs need the whole list.
// Empty where nothing can be said.
func Assurance(inv *inventory.Inventory, v inventory.VPC, policy Policy) finding.Assurance {
	logs := inv.LogsOn(v.ID)
	arrived := func(l inventory.FlowLog) bool {
		return l.Works() && inv.ArrivedSince(l, inv.ReadAt.Add(-policy.Window))
	}
	switch {
	case slices.ContainsFunc(logs, arrived):
		return finding.Delivering
	case slices.ContainsFunc(logs, inventory.FlowLog.Works):
		return finding.Unproven
	case policy.SubnetCoverage && SubnetsRecorded(inv, v, inventory.FlowLog.Works):
		if SubnetsRecorded(inv, v, arrived) {
			return finding.Delivering
		}
		return finding.Unproven
	case !inv.Whole(inventory.FlowLogs), policy.SubnetCoverage && !inv.Whole(inventory.Subnets):
		return ""
	case len(logs) == 0:
		return finding.Absent
	case !slices.ContainsFunc(logs, inventory.FlowLog.Active):
		return finding.Inactive
	}
	return finding.Failing
}

// SubnetsRecorded reports whether each subnet of a VPC is known to have a flow log that will do. A
// VPC without subnets has none that could be recorded.
func SubnetsRecorded(inv *inventory.Inventory, v inventory.VPC, will func(inventory.FlowLog) bool) bool {
	subnets := 0
	for _, s := range inv.Subnets {
		if s.VPCID != v.ID {
			continue
		}
		subnets++
		if !slices.ContainsFunc(inv.LogsOn(s.ID), will) {
			return false
		}
	}
	return subnets > 0 && inv.Whole(inventory.Subnets)
}
