package rule

import (
	"slices"
	"strings"

	"flowproof/internal/iampolicy"
	"flowproof/internal/inventory"
)

// RoleOpinion is what can be said of a role that flow logs deliver with, in phrases that go on after
// its name.
type RoleOpinion struct {
	Lacks   []string // without which nothing is delivered
	Exceeds []string // what it allows beyond that
	Unclear []string // what may be one or the other, and turns on what is not read
}

// JudgeRole holds a role that is there to what delivery takes, and to no more.
func JudgeRole(inv *inventory.Inventory, l inventory.FlowLog, role inventory.Role) RoleOpinion {
	var o RoleOpinion
	service, group := DeliveringService(l), l.GroupName()
	need := func(d iampolicy.Decision, text string) {
		if Refused(d) {
			o.Lacks = append(o.Lacks, text)
		} else if d == iampolicy.CannotTell {
			o.Unclear = append(o.Unclear, text)
		}
	}
	trusts, others := Trusts(inv, role, l, inv.Account), Trusts(inv, role, l, AnyOtherAccount)
	need(trusts, "does not trust "+service)
	everybody := "trusts " + service + " for every account: aws:SourceAccount and aws:SourceArn are missing"
	switch {
	case others == iampolicy.Allowed:
		o.Exceeds = append(o.Exceeds, everybody)
	case others == iampolicy.CannotTell && trusts == iampolicy.Allowed:
		o.Unclear = append(o.Unclear, everybody)
	}
	if l.DestinationType == inventory.ToCloudWatchLogs {
		need(MayWrite(inv, role, group), "may not write to the log group "+group+suffix(inv, role, group))
		if MayWrite(inv, role, anyOtherGroup) == iampolicy.Allowed {
			o.Exceeds = append(o.Exceeds, "may write to every log group")
		}
	}
	if more := beyond(role, l.DestinationType); len(more) > 0 {
		o.Exceeds = append(o.Exceeds, "may do more than deliver: "+strings.Join(more, ", "))
	}
	return o
}

// anyOtherGroup stands for every log group but those that a policy names.
const anyOtherGroup = "flowproof-any-other-group"

// needed are the actions of a delivery role by destination (VPC user guide).
var needed = map[string][]string{
	inventory.ToCloudWatchLogs: {
		"logs:createloggroup", "logs:createlogstream", "logs:putlogevents", "logs:describeloggroups", "logs:describelogstreams",
	},
	inventory.ToFirehose: {
		"iam:passrole", "logs:createlogdelivery", "logs:deletelogdelivery", "logs:listlogdeliveries", "logs:getlogdelivery", "sts:assumerole",
	},
}

// beyond are the actions that a role's policies allow and delivery does not need, as they are
// written; a few of them, for a message.
func beyond(role inventory.Role, destination string) []string {
	var more []string
	for _, document := range role.Documents() {
		policy, err := iampolicy.Parse(document)
		if err != nil {
			continue // what it allows cannot be told; that it may not write will be
		}
		for _, s := range policy.Statements {
			if s.Allow {
				more = append(more, unneeded(s, destination)...)
			}
		}
	}
	slices.Sort(more)
	more = slices.Compact(more)
	const most = 3
	if len(more) > most {
		more = append(more[:most:most], "...")
	}
	return more
}

func unneeded(s iampolicy.Statement, destination string) (more []string) {
	for _, action := range s.Actions {
		if !slices.Contains(needed[destination], strings.ToLower(action)) {
			more = append(more, action)
		}
	}
	if len(s.NotActions) > 0 {
		more = append(more, "all but "+strings.Join(s.NotActions, " and "))
	}
	return more
}
