package remediate

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"flowproof/internal/inventory"
)

// planCloudWatchLogs plans, for one account, the delivery role, the log groups with retention and
// key, and then the flow logs.
func (p *planner) planCloudWatchLogs(a account) error {
	for i := range a.sites {
		a.sites[i].targets = p.withGroups(a.sites[i].targets)
	}
	a.sites = slices.DeleteFunc(a.sites, func(s site) bool { return len(s.targets) == 0 })
	if len(a.sites) == 0 {
		return nil
	}
	role, ok, err := p.planRole(a)
	if err != nil || !ok {
		return err
	}
	for _, s := range a.sites {
		if err := p.planSiteLogs(s, role); err != nil {
			return err
		}
	}
	return nil
}

// withGroups leaves the targets whose log group can be had, and says why of the others.
func (p *planner) withGroups(targets []target) []target {
	var kept []target
	for _, t := range targets {
		group := p.groupOf(t)
		reason, byHand := p.obstacle(t, inventory.FlowLog{
			DestinationType: inventory.ToCloudWatchLogs, LogGroup: group, TrafficType: p.trafficOf(t),
		})
		if reason == "" {
			reason = p.groupObstacle(t.inv, group)
		}
		if reason != "" {
			p.skip([]target{t}, reason, byHand...)
			continue
		}
		kept = append(kept, t)
	}
	return kept
}

func (p *planner) groupOf(t target) string { return expandGroup(p.policy.LogGroup, t.inv.Scope, t.id) }

// groupObstacle says why a group cannot take the records, or not as the policy asks.
func (p *planner) groupObstacle(inv *inventory.Inventory, name string) string {
	group, exists, _ := inv.LogGroup(name)
	key := p.keyFor(inv.Scope)
	switch {
	case !isGroupName(name):
		return fmt.Sprintf("its log group would be called %q, which CloudWatch Logs does not take", name)
	case p.policy.KMSKey != "" && !strings.Contains(key, ":"+inv.Region+":"):
		return fmt.Sprintf("the key %s is not of this Region, and a log group needs one that is: give it with {region}, or plan this Region alone with a key of its own", p.policy.KMSKey)
	case exists && group.Class == inventory.DeliveryClass:
		return fmt.Sprintf("the log group %s is of class %s, which keeps records for a day and cannot be changed", name, group.Class)
	case exists && key != "" && group.KMSKey != "" && group.KMSKey != key:
		return fmt.Sprintf("the log group %s is encrypted with another key, %s: flowproof does not replace keys", name, group.KMSKey)
	}
	return ""
}

// keyFor is the policy's key in a scope.
func (p *planner) keyFor(s inventory.Scope) string {
	return expandGroup(p.policy.KMSKey, s, "")
}

// planSiteLogs plans one scope's log groups, each once, and its flow logs.
func (p *planner) planSiteLogs(s site, role plannedRole) error {
	groups := map[string]placement{}
	return p.planFlowLogs(s.targets, func(t target) (placement, error) {
		name := p.groupOf(t)
		at, done := groups[name]
		if !done {
			after, expect, err := p.planGroup(t, name)
			if err != nil {
				return at, err
			}
			at = placement{
				input: map[string]any{
					"LogDestinationType": inventory.ToCloudWatchLogs, "LogGroupName": name, "DeliverLogsPermissionArn": role.arn,
				},
				after:  slices.Concat(role.after, after),
				expect: slices.Concat(role.expect, expect),
			}
			groups[name] = at
		}
		return at, nil
	})
}

// planGroup makes a log group ready before the flow log: left to itself the flow log service would
// make one that keeps records for ever under no key. Where nobody knows whether there is one, the
// plan says there is none and apply looks.
func (p *planner) planGroup(t target, name string) (after []string, expect []Precondition, err error) {
	group, exists, known := t.inv.LogGroup(name)
	if exists {
		after, err = p.adaptGroup(t, group)
		return after, []Precondition{{Kind: FactLogGroup, Resource: name, Expect: map[string]string{"exists": "true"}}}, err
	}
	if !known {
		p.note(t.inv.Scope, name, "whether this log group exists was not read: apply looks before it makes it, and stops there if it does and is not as the policy asks")
	}
	input := map[string]any{"logGroupName": name, "tags": p.tags()}
	if key := p.keyFor(t.inv.Scope); key != "" {
		input["kmsKeyId"] = key
	}
	made, err := p.add(change{
		scope: t.inv.Scope, action: CreateLogGroup, resource: name, reason: t.finding,
		expect: []Precondition{{Kind: FactLogGroup, Resource: name, Expect: map[string]string{"exists": "false"}}},
		input:  input,
		undo:   &undo{DeleteLogGroup, map[string]any{"logGroupName": name}},
	})
	if err != nil {
		return nil, nil, err
	}
	kept, err := p.add(change{
		scope: t.inv.Scope, action: PutRetentionPolicy, resource: name, reason: t.finding, after: []string{made},
		expect: []Precondition{{Kind: FactLogGroup, Resource: name, Expect: map[string]string{"exists": "true", "retention_days": NoFact}}},
		input:  map[string]any{"logGroupName": name, "retentionInDays": p.policy.RetentionDays},
	})
	return []string{made, kept}, nil, err
}

// adaptGroup brings an existing group to what the policy asks, where flowproof made it or may change
// what it did not make; else it says what is missing. Records are never kept for less than now.
func (p *planner) adaptGroup(t target, g inventory.LogGroup) (after []string, err error) {
	ours := g.Tags[TagManaged] == "true"
	may := (ours || p.policy.ChangeExisting) && g.Tags[telemetryTag] != "true"
	key := p.keyFor(t.inv.Scope)
	if !g.Keeps(p.policy.RetentionDays) {
		change := change{
			scope: t.inv.Scope, action: PutRetentionPolicy, resource: g.Name, reason: t.finding, foreign: !ours,
			expect: []Precondition{{Kind: FactLogGroup, Resource: g.Name, Expect: map[string]string{
				"exists": "true", "retention_days": strconv.Itoa(int(g.RetentionDays)),
			}}},
			input: map[string]any{"logGroupName": g.Name, "retentionInDays": p.policy.RetentionDays},
			undo:  &undo{PutRetentionPolicy, map[string]any{"logGroupName": g.Name, "retentionInDays": g.RetentionDays}},
		}
		missing := fmt.Sprintf("this log group keeps records for %d days and the policy asks for %d", g.RetentionDays, p.policy.RetentionDays)
		if after, err = p.adapt(after, change, may, missing); err != nil {
			return nil, err
		}
	}
	if key != "" && g.KMSKey == "" {
		change := change{
			scope: t.inv.Scope, action: AssociateKMSKey, resource: g.Name, reason: t.finding, foreign: !ours,
			expect: []Precondition{{Kind: FactLogGroup, Resource: g.Name, Expect: map[string]string{"exists": "true", "kms_key": NoFact}}},
			input:  map[string]any{"logGroupName": g.Name, "kmsKeyId": key},
			undo:   &undo{DisassociateKMSKey, map[string]any{"logGroupName": g.Name}},
		}
		missing := fmt.Sprintf("this log group is not encrypted with the policy's key %s", key)
		after, err = p.adapt(after, change, may, missing)
	}
	return after, err
}

// adapt plans a change to an existing thing if it may be made, else says what is missing and how a
// person would do it.
func (p *planner) adapt(after []string, c change, may bool, missing string) ([]string, error) {
	if may {
		id, err := p.add(c)
		return append(after, id), err
	}
	s, err := p.step(c)
	if err != nil {
		return after, err
	}
	p.skipResource(c.scope, c.resource, missing+"; flowproof did not make it: --change-existing plans the change", s.CLI)
	return after, nil
}
