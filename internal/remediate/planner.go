package remediate

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"

	"flowproof/internal/finding"
	"flowproof/internal/inventory"
)

// Input is all that a plan depends on.
type Input struct {
	Inventories []inventory.Inventory // what was read, with what Policy.Names asks for where it could be
	Findings    []finding.Finding
	Policy      Policy
}

// Build plans the repair of what the findings say. It is pure: the same input, in any order, gives
// the same plan. An error is about the policy, or about inventories that cannot be in one plan.
func Build(in Input) (Plan, error) {
	if err := in.Policy.Check(); err != nil {
		return Plan{}, err
	}
	scopes, partition, err := sortScopes(in.Inventories)
	if err != nil {
		return Plan{}, err
	}
	if err := in.Policy.checkPartition(partition); err != nil {
		return Plan{}, err
	}
	findings := slices.Clone(in.Findings)
	slices.SortFunc(findings, func(a, b finding.Finding) int {
		return cmp.Or(a.Resource.Scope().Compare(b.Resource.Scope()), finding.Compare(a, b))
	})
	return seal(func(id string) (Plan, error) {
		p := &planner{id: id, policy: in.Policy, partition: partition, scopes: scopes, completed: map[string]bool{}}
		return p.plan(findings)
	})
}

// sortScopes orders the inventories that were to be read, and checks that one plan can hold them.
func sortScopes(inventories []inventory.Inventory) ([]*inventory.Inventory, string, error) {
	var scopes []*inventory.Inventory
	for i := range inventories {
		if inventories[i].Absent == inventory.Present {
			scopes = append(scopes, &inventories[i])
		}
	}
	if len(scopes) == 0 {
		return nil, "", errors.New("plan: nothing was read")
	}
	slices.SortFunc(scopes, func(a, b *inventory.Inventory) int { return a.Compare(b.Scope) })
	partition := scopes[0].Partition
	for i, inv := range scopes {
		if err := inv.Check(); err != nil {
			return nil, "", fmt.Errorf("plan: %w", err)
		}
		if inv.Partition != partition {
			return nil, "", fmt.Errorf("plan: %s is in %s and %s in %s: no credentials reach both, so make a plan for each", scopes[0].Scope, partition, inv.Scope, inv.Partition)
		}
		if i > 0 && inv.Scope == scopes[i-1].Scope {
			return nil, "", fmt.Errorf("plan: %s was read twice", inv.Scope)
		}
	}
	return scopes, partition, nil
}

// planner is the state of one Build with one id.
type planner struct {
	id        string
	policy    Policy
	partition string
	format    string // LogFormat as the API takes it
	scopes    []*inventory.Inventory

	faults    []fault         // of what flow logs deliver to and with
	completed map[string]bool // ARNs of roles that were given what they lacked
	before    []Step          // what flow logs need
	logs      []Step
	unplanned []Unplanned
	leftOut   []Note
	leftAlone []Note
	notes     []Note
}

func (p *planner) plan(findings []finding.Finding) (Plan, error) {
	p.format, _ = p.policy.logFormat() // Check has looked at it
	p.nameTelemetry()
	wanted := p.choose(findings)
	for _, account := range accountsOf(wanted) {
		if err := p.planAccount(account); err != nil {
			return Plan{}, err
		}
	}
	if err := p.repairReferred(); err != nil {
		return Plan{}, err
	}
	p.batch(idsPerCall)
	plan := Plan{
		Schema: PlanSchema, Partition: p.partition, Policy: p.policy.whole(),
		Accounts:  p.accounts(),
		Steps:     append(append([]Step{}, p.before...), p.logs...),
		Unplanned: ordered(p.unplanned, func(u Unplanned) Note { return Note{u.Resource, u.Account, u.Region, u.Reason} }),
		LeftOut:   ordered(p.leftOut, sameNote),
		LeftAlone: ordered(p.leftAlone, sameNote),
		Notes:     ordered(p.notes, sameNote),
		Gaps:      p.gaps(),
	}
	for _, inv := range p.scopes {
		if at := inv.ReadAt.UTC(); at.After(plan.ReadAt) {
			plan.ReadAt = at
		}
	}
	return plan, p.price(&plan)
}

func (p *planner) accounts() []string {
	var accounts []string
	for _, inv := range p.scopes {
		accounts = append(accounts, inv.Account)
	}
	return slices.Compact(accounts)
}

func (p *planner) gaps() []Gap {
	gaps := []Gap{}
	for _, inv := range p.scopes {
		for _, g := range inv.Gaps {
			gaps = append(gaps, Gap{Account: inv.Account, Region: inv.Region, API: g.API, Cause: string(g.Cause), Message: g.Message})
		}
	}
	return gaps
}

func sameNote(n Note) Note { return n }

// ordered sorts and drops repetitions.
func ordered[T any](list []T, key func(T) Note) []T {
	compare := func(a, b T) int {
		x, y := key(a), key(b)
		return cmp.Or(cmp.Compare(x.Account, y.Account), cmp.Compare(x.Region, y.Region), cmp.Compare(x.Resource, y.Resource), cmp.Compare(x.Reason, y.Reason))
	}
	list = append([]T{}, list...)
	slices.SortStableFunc(list, compare)
	return slices.CompactFunc(list, func(a, b T) bool { return compare(a, b) == 0 })
}

// account is what is wanted in one account.
type account struct {
	scope inventory.Scope // with the Region of the first target
	sites []site
}

// site is what is wanted in one scope.
type site struct {
	inv     *inventory.Inventory
	targets []target
}

// accountsOf groups targets, which come in order, by account and scope.
func accountsOf(targets []target) []account {
	var accounts []account
	for _, t := range targets {
		if n := len(accounts); n == 0 || accounts[n-1].scope.Account != t.inv.Account {
			accounts = append(accounts, account{scope: t.inv.Scope})
		}
		a := &accounts[len(accounts)-1]
		if n := len(a.sites); n == 0 || a.sites[n-1].inv != t.inv {
			a.sites = append(a.sites, site{inv: t.inv})
		}
		s := &a.sites[len(a.sites)-1]
		s.targets = append(s.targets, t)
	}
	return accounts
}

// scopesOf are all scopes of an account that were to be read, wanted or not.
func (p *planner) scopesOf(a account) []*inventory.Inventory {
	return slices.DeleteFunc(slices.Clone(p.scopes), func(inv *inventory.Inventory) bool { return inv.Account != a.scope.Account })
}

func (p *planner) planAccount(a account) error {
	switch p.policy.Destination {
	case ToS3:
		return p.planS3(a)
	case ToFirehose:
		return p.planFirehose(a)
	}
	return p.planCloudWatchLogs(a)
}

// tags are what everything made gets, sorted by key.
func (p *planner) tags() map[string]string {
	tags := maps.Clone(p.policy.Tags)
	if tags == nil {
		tags = map[string]string{}
	}
	tags[TagPlan], tags[TagManaged] = p.id, "true"
	return tags
}

// tag is a tag as EC2 and IAM take it.
type tag struct {
	Key   string `json:"Key"`
	Value string `json:"Value"`
}

func (p *planner) tagList() []tag {
	tags := p.tags()
	var list []tag
	for _, k := range slices.Sorted(maps.Keys(tags)) {
		list = append(list, tag{k, tags[k]})
	}
	return list
}

// homeRegion is where a partition's IAM answers (IAM endpoints, AWS general reference).
func homeRegion(partition string) string {
	switch partition {
	case "aws":
		return "us-east-1"
	case "aws-us-gov":
		return "us-gov-west-1"
	}
	for _, r := range inventory.KnownRegions(partition) {
		return r.Name
	}
	return ""
}
