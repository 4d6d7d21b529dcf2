package remediate

import (
	"strings"

	"flowproof/internal/iampolicy"
	"flowproof/internal/inventory"
	"flowproof/internal/rule"
)

// repairRole adds what a role lacks, once for all flow logs of the account that say so. What it allows
// too much is taken away by hand: flowproof only adds.
func (p *planner) repairRole(f fault) error {
	name, _ := inventory.RoleName(f.log.Role)
	role, exists, _ := f.inv.Role(name)
	if !exists {
		p.byHand(f, "create the role "+quote(name)+" again, trusted by "+rule.DeliveringService(f.log)+" for your account alone, with leave to write")
		return nil
	}
	said := rule.JudgeRole(f.inv, f.log, role)
	if len(said.Lacks) == 0 || f.log.DestinationType != inventory.ToCloudWatchLogs {
		p.byHand(f, narrowByHand(role)...)
		return nil
	}
	if len(said.Exceeds) > 0 {
		p.skipResource(f.inv.Scope, f.log.Name(), "the role "+name+" "+strings.Join(said.Exceeds, "; ")+"; flowproof only adds to a role", narrowByHand(role)...)
	}
	return p.completeRole(f, role)
}

func narrowByHand(role inventory.Role) []string {
	return []string{
		"aws iam get-role --role-name " + quote(role.Name) + " --query Role.AssumeRolePolicyDocument > trust.json",
		"edit trust.json: StringEquals aws:SourceAccount is your account, ArnLike aws:SourceArn its flow logs",
		"aws iam update-assume-role-policy --role-name " + quote(role.Name) + " --policy-document file://trust.json",
		"narrow its policies to the five actions of delivery on the log groups that it writes to, each ARN ending in :*",
	}
}

// completeRole plans what the role lacks for all groups that flow logs of the account deliver to with
// it and cannot write to.
func (p *planner) completeRole(f fault, role inventory.Role) error {
	iam := f.inv.Scope
	iam.Region = homeRegion(p.partition)
	planned := func(a Action) bool { return p.has(stepID(iam.Account, iam.Region, a, role.Name)) }
	if p.completed[role.ARN] {
		return nil
	}
	if planned(PutRolePolicy) || planned(UpdateAssumeRolePolicy) {
		p.byHand(f, "this plan changes the role for other flow logs already: apply it, and plan again")
		return nil
	}
	p.completed[role.ARN] = true
	trusted, writes := iampolicy.Allowed, iampolicy.Allowed
	var groups []string
	for _, other := range p.faults {
		if other.finding.Rule != roleRule || other.log.Role != role.ARN || other.log.DestinationType != inventory.ToCloudWatchLogs {
			continue
		}
		trusted = least(trusted, rule.Trusts(other.inv, role, other.log, other.inv.Account))
		if d := rule.MayWrite(other.inv, role, other.log.GroupName()); rule.Refused(d) {
			writes = least(writes, d)
			groups = append(groups, other.log.GroupName())
		}
	}
	if trusted == iampolicy.Denied || writes == iampolicy.Denied {
		p.byHand(f, "take the denial out of its policies, or deliver with another role: nothing that is added can change it")
		return nil
	}
	return p.addToRole(f, iam, role, need{trusted, writes, unique(groups), f.finding})
}

// addToRole plans the changes where they may be made, and else says what they would be.
func (p *planner) addToRole(f fault, iam inventory.Scope, role inventory.Role, n need) error {
	changes, err := p.roleChanges(iam, role, n)
	if err != nil {
		return err
	}
	ours := role.Tags[TagManaged] == "true"
	var byHand []string
	for _, c := range changes {
		c.foreign = !ours
		if ours || p.policy.ChangeExisting {
			if _, err := p.add(c); err != nil {
				return err
			}
			continue
		}
		s, err := p.step(c)
		if err != nil {
			return err
		}
		byHand = append(byHand, s.CLI)
	}
	if len(byHand) > 0 {
		p.skipResource(iam, role.Name, f.finding.Message+"; flowproof did not make it: --change-existing plans the change", byHand...)
	}
	return nil
}
