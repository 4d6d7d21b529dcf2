package remediate

import (
	"fmt"
	"slices"
	"strings"

	"flowproof/internal/finding"
	"flowproof/internal/iampolicy"
	"flowproof/internal/inventory"
	"flowproof/internal/rule"
)

// plannedRole is the delivery role that flow logs of an account use.
type plannedRole struct {
	arn    string
	after  []string
	expect []Precondition
}

// rolePolicyPrefix begins the names of the inline policies that flowproof gives a role: one for each
// set of groups, so that plans with different groups can share a role.
const rolePolicyPrefix = "flowproof-delivery-"

// planRole plans the account's delivery role: made where there is none, reused where it does, and
// changed only where flowproof made it or may change what it did not make. It is false where
// flow logs with this role would fail, and says why.
func (p *planner) planRole(a account) (plannedRole, bool, error) {
	iam := a.scope
	iam.Region = homeRegion(p.partition)
	name := p.policy.DeliveryRole
	role, exists, known := p.lookRole(a, name)
	if exists {
		return p.reuseRole(a, iam, role)
	}
	if !known {
		p.note(iam, name, "whether this role exists was not read: apply looks before it makes it, and stops there if it does and this plan did not make it")
	}
	return p.makeRole(a, iam)
}

// lookRole asks the account's scopes: each says the same of a role, or nothing.
func (p *planner) lookRole(a account, name string) (role inventory.Role, exists, known bool) {
	for _, inv := range p.scopesOf(a) {
		if role, exists, ok := inv.Role(name); ok {
			if exists {
				return role, true, true
			}
			known = true
		}
	}
	return role, false, known
}

func (p *planner) makeRole(a account, iam inventory.Scope) (plannedRole, bool, error) {
	name := p.policy.DeliveryRole
	role, err := p.newRole(iam)
	if err != nil {
		return plannedRole{}, false, err
	}
	role.reason = a.sites[0].targets[0].finding
	if boundary := p.boundaryIn(iam); boundary != "" {
		p.note(iam, name, "gets the permissions boundary %s, which was not read: verify says whether records arrive", boundary)
	}
	made, err := p.add(role)
	if err != nil {
		return plannedRole{}, false, err
	}
	c, err := p.rolePolicy(iam, inventory.Role{Name: name}, p.needOf(a))
	if err != nil {
		return plannedRole{}, false, err
	}
	c.after = []string{made}
	may, err := p.add(c)
	arn := p.policy.roleARN(iam.Partition, iam.Account)
	return plannedRole{arn: arn, after: []string{made, may}}, true, err
}

// newRole is the change that makes the delivery role.
func (p *planner) newRole(iam inventory.Scope) (change, error) {
	name := p.policy.DeliveryRole
	trust, err := document(trustStatement(iam))
	if err != nil {
		return change{}, err
	}
	input := map[string]any{
		"RoleName": name, "AssumeRolePolicyDocument": trust, "Tags": p.tagList(),
		"Description": "Lets VPC Flow Logs deliver to CloudWatch Logs",
	}
	if p.policy.RolePath != "" {
		input["Path"] = p.policy.RolePath
	}
	if boundary := p.boundaryIn(iam); boundary != "" {
		input["PermissionsBoundary"] = boundary
	}
	return change{
		scope: iam, action: CreateRole, resource: name,
		expect: []Precondition{{Kind: FactRole, Resource: name, Expect: map[string]string{"exists": "false"}}},
		input:  input,
		undo:   &undo{DeleteRole, map[string]any{"RoleName": name}},
	}, nil
}

// boundaryIn is the permissions boundary of a role that is made in an account.
func (p *planner) boundaryIn(iam inventory.Scope) string {
	return expandGroup(p.policy.PermissionsBoundary, iam, "")
}

// need is what a role has to be given: what its policies say now, and the groups that it is to write to.
type need struct {
	trusted, writes iampolicy.Decision
	groups          []string // names as a policy can say them
	reason          finding.Finding
}

// needOf is what an account's flow logs need of a role that was not looked at.
func (p *planner) needOf(a account) need {
	return need{iampolicy.NotAllowed, iampolicy.NotAllowed, p.groupPatterns(a), a.sites[0].targets[0].finding}
}

// rolePolicy is the change that lets a role write to log groups, in an inline policy of its own.
func (p *planner) rolePolicy(iam inventory.Scope, role inventory.Role, n need) (change, error) {
	policy, err := document(deliveryStatements(iam, n.groups)...)
	if err != nil {
		return change{}, err
	}
	name := rolePolicyPrefix + shortDigest(strings.Join(n.groups, "\n"))
	c := change{
		scope: iam, action: PutRolePolicy, resource: role.Name, reason: n.reason,
		expect: []Precondition{{Kind: FactRolePolicy, Resource: role.Name + "/" + name, Expect: map[string]string{"exists": "false"}}},
		input:  map[string]any{"RoleName": role.Name, "PolicyName": name, "PolicyDocument": policy},
		undo:   &undo{DeleteRolePolicy, map[string]any{"RoleName": role.Name, "PolicyName": name}},
	}
	if role.ARN != "" {
		c.expect = append(c.expect, Precondition{Kind: FactRole, Resource: role.Name, Expect: map[string]string{"exists": "true", "arn": role.ARN}})
	}
	i := slices.IndexFunc(role.Inline, func(p inventory.RolePolicy) bool { return p.Name == name })
	if i < 0 {
		return c, nil
	}
	old := role.Inline[i].Document
	digest, err := DocumentDigest(old)
	c.expect[0].Expect = map[string]string{"exists": "true", "document": digest}
	c.undo = &undo{PutRolePolicy, map[string]any{"RoleName": role.Name, "PolicyName": name, "PolicyDocument": old}}
	return c, err
}

// groupPatterns are the names of the account's groups as one policy can say them: stars where Region
// or resource stand.
func (p *planner) groupPatterns(a account) []string {
	var patterns []string
	for _, s := range a.sites {
		for _, t := range s.targets {
			prefix, _, _ := strings.Cut(t.id, "-")
			patterns = append(patterns, expandGroup(p.policy.LogGroup, inventory.Scope{Account: a.scope.Account, Region: "*"}, prefix+"-*"))
		}
	}
	return unique(patterns)
}

// reuseRole looks at whether an existing role does, as IAM would.
func (p *planner) reuseRole(a account, iam inventory.Scope, role inventory.Role) (plannedRole, bool, error) {
	planned := plannedRole{arn: role.ARN}
	digest, err := DocumentDigest(role.Trust)
	if err != nil || !isDocument(role.Trust) {
		p.skipAccount(a, fmt.Sprintf("the trust policy of the delivery role %s cannot be read: choose another with --delivery-role", role.Name))
		return planned, false, nil
	}
	expect := Precondition{Kind: FactRole, Resource: role.Name, Expect: map[string]string{"exists": "true", "arn": role.ARN, "trust": digest}}
	if role.Boundary != "" {
		p.note(iam, role.Name, "has the permissions boundary %s, which was not read: verify says whether records arrive", role.Boundary)
	}
	ours := role.Tags[TagManaged] == "true"
	may := ours || p.policy.ChangeExisting
	trusted, writes := p.roleTrusts(a, iam, role), p.roleWrites(a, iam, role)
	if trusted == iampolicy.Denied || writes == iampolicy.Denied {
		p.skipAccount(a, fmt.Sprintf("the delivery role %s denies what flow logs need, and nothing that is added can change that: choose another with --delivery-role", role.Name))
		return planned, false, nil
	}
	lacks := trusted == iampolicy.NotAllowed || writes == iampolicy.NotAllowed
	if !lacks && (!may || trusted == iampolicy.Allowed && writes == iampolicy.Allowed) {
		planned.expect = []Precondition{expect}
		return planned, true, nil
	}
	n := p.needOf(a)
	n.trusted, n.writes = trusted, writes
	changes, err := p.roleChanges(iam, role, n)
	if err != nil {
		return planned, false, err
	}
	if !may {
		return planned, false, p.refuseRole(a, role, trusted, changes)
	}
	for _, c := range changes {
		c.foreign = !ours
		id, err := p.add(c)
		if err != nil {
			return planned, false, err
		}
		planned.after = append(planned.after, id)
	}
	return planned, true, nil
}

// roleChanges are what the role lacks: each adds, and takes nothing away.
func (p *planner) roleChanges(iam inventory.Scope, role inventory.Role, n need) ([]change, error) {
	var changes []change
	if n.trusted != iampolicy.Allowed {
		c, err := p.widerTrust(iam, role)
		if err != nil {
			return nil, err
		}
		c.reason = n.reason
		changes = append(changes, c)
	}
	if n.writes != iampolicy.Allowed {
		c, err := p.rolePolicy(iam, role, n)
		if err != nil {
			return nil, err
		}
		changes = append(changes, c)
	}
	return changes, nil
}

// widerTrust is the change that lets the flow log service assume an existing role.
func (p *planner) widerTrust(iam inventory.Scope, role inventory.Role) (change, error) {
	trust, err := addStatements(role.Trust, []statement{trustStatement(iam)})
	if err != nil {
		return change{}, fmt.Errorf("trust policy of role %s: %w", role.Name, err)
	}
	digest, err := DocumentDigest(role.Trust)
	return change{
		scope: iam, action: UpdateAssumeRolePolicy, resource: role.Name,
		expect: []Precondition{{Kind: FactRole, Resource: role.Name, Expect: map[string]string{"exists": "true", "arn": role.ARN, "trust": digest}}},
		input:  map[string]any{"RoleName": role.Name, "PolicyDocument": trust},
		undo:   &undo{UpdateAssumeRolePolicy, map[string]any{"RoleName": role.Name, "PolicyDocument": role.Trust}},
	}, err
}

// refuseRole says what a role lacks that flowproof may not change.
func (p *planner) refuseRole(a account, role inventory.Role, trusted iampolicy.Decision, changes []change) error {
	lacks := "may not write to the log groups"
	if trusted != iampolicy.Allowed {
		lacks = "does not trust " + flowLogService
	}
	var byHand []string
	for _, c := range changes {
		s, err := p.step(c)
		if err != nil {
			return err
		}
		byHand = append(byHand, s.CLI)
	}
	p.skipAccount(a, fmt.Sprintf("the delivery role %s %s, so records would not arrive; flowproof did not make it: choose another with --delivery-role, or plan with --change-existing", role.Name, lacks), byHand...)
	return nil
}

func (p *planner) skipAccount(a account, reason string, byHand ...string) {
	for _, s := range a.sites {
		p.skip(s.targets, reason, byHand...)
	}
}

// roleTrusts asks the trust policy for a flow log of every Region that is wanted.
func (p *planner) roleTrusts(a account, iam inventory.Scope, role inventory.Role) iampolicy.Decision {
	worst := iampolicy.Allowed
	for _, s := range a.sites {
		r := rule.ActingFor(flowLogService, s.inv.Scope, "", s.inv.Organization)
		r.Action = "sts:AssumeRole"
		worst = weaker(worst, p.asked(iam, role.Name, r, role.Trust))
	}
	return worst
}

// roleWrites asks the role's policies for the two actions without which nothing is delivered.
func (p *planner) roleWrites(a account, iam inventory.Scope, role inventory.Role) iampolicy.Decision {
	var policies []string
	for _, policy := range slices.Concat(role.Inline, role.Attached) {
		policies = append(policies, policy.Document)
	}
	worst := iampolicy.Allowed
	for _, s := range a.sites {
		var groups []string
		for _, t := range s.targets {
			groups = append(groups, p.groupOf(t))
		}
		for _, group := range unique(groups) {
			stream := fmt.Sprintf("arn:%s:logs:%s:%s:log-group:%s:log-stream:eni-0-all", s.inv.Partition, s.inv.Region, s.inv.Account, group)
			for _, action := range []string{"logs:CreateLogStream", "logs:PutLogEvents"} {
				worst = weaker(worst, p.asked(iam, role.Name, iampolicy.Request{Action: action, Resource: stream}, policies...))
			}
		}
	}
	return worst
}

// asked is what policies of a role say to a request. What turns on something that is not known here is
// noted: a statement that may deny it, and one that may allow it where none surely does.
func (p *planner) asked(iam inventory.Scope, role string, r iampolicy.Request, policies ...string) iampolicy.Decision {
	said := iampolicy.Evaluate(r, policies...)
	for _, policy := range policies {
		for _, d := range iampolicy.Denials(r, policy) {
			if d.Match == iampolicy.Maybe {
				p.note(iam, role, "%s of its policies turns on %s, which only AWS can tell: it may deny delivery", d.Statement, turnsOn(d))
			}
		}
		for _, d := range iampolicy.Allowances(r, policy) {
			if said.Allow == iampolicy.Maybe {
				p.note(iam, role, "%s of its policies allows delivery if %s fits, which is not known here%s", d.Statement, turnsOn(d), giveOrganization(d))
			}
		}
	}
	switch {
	case said.Deny == iampolicy.Yes:
		return iampolicy.Denied
	case said.Allow == iampolicy.Yes:
		return iampolicy.Allowed
	case said.Allow == iampolicy.Maybe:
		return iampolicy.CannotTell
	}
	return iampolicy.NotAllowed
}

// weaker keeps the decision that promises less.
func weaker(a, b iampolicy.Decision) iampolicy.Decision {
	for _, d := range []iampolicy.Decision{iampolicy.Denied, iampolicy.NotAllowed, iampolicy.CannotTell} {
		if a == d || b == d {
			return d
		}
	}
	return iampolicy.Allowed
}
