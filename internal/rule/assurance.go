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
	since := inv.ReadAt.Add(-policy.Window)
	switch {
	case slices.ContainsFunc(logs, func(l inventory.FlowLog) bool { return l.Works() && inv.ArrivedSince(l, since) }):
		return finding.Delivering
	case slices.ContainsFunc(logs, inventory.FlowLog.Works):
		return finding.Unproven
	case !inv.Whole(inventory.FlowLogs):
		return ""
	case len(logs) == 0:
		return finding.Absent
	case !slices.ContainsFunc(logs, inventory.FlowLog.Active):
		return finding.Inactive
	}
	return finding.Failing
}
