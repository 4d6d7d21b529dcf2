package remediate

import (
	"fmt"
	"slices"
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
	case exists && group.Doubtful():
		return fmt.Sprintf("the log group %s is of class %s, and whether flow logs are delivered to one is not known: take another group", name, group.Class)
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
				input:  inGroup(name, role.arn),
				after:  slices.Concat(role.after, after),
				expect: slices.Concat(role.expect, expect),
			}
			groups[name] = at
		}
		return at, nil
	})
}

// inGroup is a log group as CreateFlowLogs takes it.
func inGroup(name, role string) map[string]any {
	return map[string]any{"LogDestinationType": inventory.ToCloudWatchLogs, "LogGroupName": name, "DeliverLogsPermissionArn": role}
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
	newGroup := p.newGroup(t.inv.Scope, name)
	newGroup.reason = t.finding
	made, err := p.add(newGroup)
	if err != nil {
		return nil, nil, err
	}
	if p.policy.RetentionDays == 0 {
		return []string{made}, nil, nil
	}
	retention := p.newRetention(t.inv.Scope, name) // no flow log waits for it: some organisations deny it, and records matter more
	retention.reason = t.finding
	_, err = p.add(retention)
	return []string{made}, nil, err
}

// newGroup is the change that makes a log group.
func (p *planner) newGroup(s inventory.Scope, name string) change {
	input := map[string]any{"logGroupName": name, "tags": p.tags()}
	if key := p.keyFor(s); key != "" {
		input["kmsKeyId"] = key
	}
	return change{
		scope: s, action: CreateLogGroup, resource: name,
		expect: []Precondition{{Kind: FactLogGroup, Resource: name, Expect: map[string]string{"exists": "false"}}},
		input:  input,
		undo:   &undo{DeleteLogGroup, map[string]any{"logGroupName": name}},
	}
}

// newRetention is the change that sets how long a group that the plan makes keeps records. What takes
// the group back takes this along.
func (p *planner) newRetention(s inventory.Scope, name string) change {
	return change{
		scope: s, action: PutRetentionPolicy, resource: name,
		after:  []string{stepID(s.Account, s.Region, CreateLogGroup, name)},
		expect: []Precondition{{Kind: FactLogGroup, Resource: name, Expect: map[string]string{"exists": "true", "retention_days": NoFact}}},
		input:  map[string]any{"logGroupName": name, "retentionInDays": p.policy.RetentionDays},
	}
}

// adaptGroup brings an existing group to what the policy asks, where flowproof made it or may change
// what it did not make; else it says what is missing.
func (p *planner) adaptGroup(t target, g inventory.LogGroup) (after []string, err error) {
	if p.policy.RetentionDays > 0 && !g.Keeps(p.policy.RetentionDays) {
		if err := p.raiseRetention(t.inv, t.finding, g); err != nil {
			return nil, err
		}
	}
	if p.policy.KMSKey != "" && g.KMSKey == "" {
		return p.giveKey(t.inv, t.finding, g)
	}
	return nil, nil
}
