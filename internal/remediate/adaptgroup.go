package remediate

import (
	"fmt"
	"slices"
	"strconv"

	"flowproof/internal/finding"
	"flowproof/internal/inventory"
)

// raiseRetention lets an existing group keep records for as long as the policy asks, which is longer
// than now: records are never kept for less.
func (p *planner) raiseRetention(inv *inventory.Inventory, reason finding.Finding, g inventory.LogGroup) error {
	if g.RetentionPolicy != "" {
		p.skipRetention(inv.Scope, g)
		return nil
	}
	c := p.longerRetention(inv.Scope, g)
	c.reason = reason
	_, err := p.adapt(inv, g, c, fmt.Sprintf("this log group keeps records for %d days and the policy asks for %d", g.RetentionDays, p.policy.RetentionDays))
	return err
}

// longerRetention is the change that lets an existing group keep records for longer.
func (p *planner) longerRetention(s inventory.Scope, g inventory.LogGroup) change {
	return change{
		scope: s, action: PutRetentionPolicy, resource: g.Name,
		expect: []Precondition{{Kind: FactLogGroup, Resource: g.Name, Expect: map[string]string{
			"exists": "true", "retention_days": strconv.Itoa(int(g.RetentionDays)),
		}}},
		input: map[string]any{"logGroupName": g.Name, "retentionInDays": p.policy.RetentionDays},
		undo:  &undo{PutRetentionPolicy, map[string]any{"logGroupName": g.Name, "retentionInDays": g.RetentionDays}},
	}
}

// skipRetention says that an account-level retention policy decides how long a group keeps records:
// PutRetentionPolicy would succeed and have no effect (CloudWatch Logs API reference).
func (p *planner) skipRetention(s inventory.Scope, g inventory.LogGroup) {
	p.skipResource(s, g.Name,
		fmt.Sprintf("the account's retention policy %s keeps its records for %d days and %d are wanted; while it applies, a retention of the log group has no effect",
			g.RetentionPolicy, g.RetentionDays, p.policy.RetentionDays),
		fmt.Sprintf("aws logs describe-account-policies --region %s --policy-type RETENTION_POLICY --policy-name %s", s.Region, quote(g.RetentionPolicy)),
		fmt.Sprintf("let that policy keep records for %d days or more, or add one that does, for log groups whose names begin with %s: of those that apply the longest decides, a day after it was put",
			p.policy.RetentionDays, quote(g.Name)),
	)
}

// giveKey encrypts what comes into an existing group, which has no key, with the policy's.
func (p *planner) giveKey(inv *inventory.Inventory, reason finding.Finding, g inventory.LogGroup) ([]string, error) {
	c := p.firstKey(inv.Scope, g)
	c.reason = reason
	return p.adapt(inv, g, c, "this log group is not encrypted with the policy's key "+p.keyFor(inv.Scope))
}

// firstKey is the change that encrypts what comes into an existing group.
func (p *planner) firstKey(s inventory.Scope, g inventory.LogGroup) change {
	return change{
		scope: s, action: AssociateKMSKey, resource: g.Name,
		expect: []Precondition{{Kind: FactLogGroup, Resource: g.Name, Expect: map[string]string{"exists": "true", "kms_key": NoFact}}},
		input:  map[string]any{"logGroupName": g.Name, "kmsKeyId": p.keyFor(s)},
		undo:   &undo{DisassociateKMSKey, map[string]any{"logGroupName": g.Name}},
	}
}

// adapt plans a change to an existing group if it may be made, else says what is missing and how a
// person would do it. However many findings ask for it, it is planned once.
func (p *planner) adapt(inv *inventory.Inventory, g inventory.LogGroup, c change, missing string) ([]string, error) {
	ours := g.Tags[TagManaged] == "true"
	c.foreign = !ours
	id := stepID(c.scope.Account, c.scope.Region, c.action, c.resource)
	switch telemetry := managedByTelemetry(inv, g); {
	case p.has(id):
		return []string{id}, nil
	case telemetry:
		p.skipResource(c.scope, c.resource, missing+"; a CloudWatch telemetry rule manages it, and would change it back: change the rule")
		return nil, nil
	case ours || p.policy.ChangeExisting:
		id, err := p.add(c)
		return []string{id}, err
	}
	s, err := p.step(c)
	if err != nil {
		return nil, err
	}
	p.skipResource(c.scope, c.resource, missing+"; flowproof did not make it: --change-existing plans the change", s.CLI)
	return nil, nil
}

// has reports whether a step is planned already.
func (p *planner) has(id string) bool {
	return slices.ContainsFunc(p.before, func(s Step) bool { return s.ID == id })
}

// managedByTelemetry reports whether a telemetry rule keeps a group as it is: the group's own tags say
// so where they were read, or those of a flow log that delivers to it.
func managedByTelemetry(inv *inventory.Inventory, g inventory.LogGroup) bool {
	return g.Tags[telemetryTag] == "true" || slices.ContainsFunc(inv.FlowLogs, func(l inventory.FlowLog) bool {
		return l.GroupName() == g.Name && l.Tags[telemetryTag] == "true"
	})
}
