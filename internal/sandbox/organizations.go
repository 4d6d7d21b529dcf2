package sandbox

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// seedOrganizationOperations lists the operations of AWS Organizations.
func seedOrganizationOperations() map[string]handler {
	return map[string]handler{
		"DescribeOrganization":             describeSeedOrganization,
		"ListRoots":                        asAdministrator(listSeedRoots),
		"ListAccounts":                     asAdministrator(listSeedAccounts),
		"ListAccountsForParent":            asAdministrator(listSeedAccountsForParent),
		"ListOrganizationalUnitsForParent": asAdministrator(listSeedUnits),
	}
}

// OrganizationSeed declares an organisation over all accounts of the scenario. The first account
// is its management account.
type OrganizationSeed struct {
	ID string `yaml:"id"`
	// Root is the id of its root.
	Root string `yaml:"root"`
	// Delegated are accounts that administer it beside the management account.
	Delegated []string `yaml:"delegated"`
	// Units are its organisational units; parents stand before their children.
	Units []UnitSeed `yaml:"units"`
	// Role, when set, is the name (with its path, where it has one) of a role that every account has, and that the management
	// account and delegated administrators may assume.
	Role string `yaml:"role"`
	// ExternalID, when set, has to be given by who assumes Role.
	ExternalID string `yaml:"external_id"`
	// EmptyPages puts an empty page with a token before every page of a list.
	EmptyPages bool `yaml:"empty_pages"`
	// OldStatus answers with the retired Status in place of State.
	OldStatus bool `yaml:"old_status"`
}

// UnitSeed declares an organisational unit.
type UnitSeed struct {
	ID     string `yaml:"id"`
	Name   string `yaml:"name"`
	Parent string `yaml:"parent"` // id; the root when empty
}

// stateActive is the state of an account that can be used (Organizations API reference, Account).
const stateActive = "ACTIVE"

var accountStates = []string{"", "PENDING_ACTIVATION", stateActive, "SUSPENDED", "PENDING_CLOSURE", "CLOSED"}

// organizationOf is the organisation that an account belongs to.
func (sc *Scenario) organizationOf(account string) *OrganizationSeed {
	if sc.Organization == nil || sc.account(account) == nil {
		return nil
	}
	return sc.Organization
}

// administers says whether an account may list the organisation.
func (sc *Scenario) administers(account string) bool {
	return account == sc.Accounts[0].ID || slices.Contains(sc.Organization.Delegated, account)
}

// tells says whether an account is told about the Regions of another. The management account may not
// name itself (Account Management reference, ListRegions).
func (sc *Scenario) tells(caller, about string) bool {
	return sc.organizationOf(caller) != nil && sc.account(about) != nil && sc.administers(caller) && about != sc.Accounts[0].ID
}

// closed says whether nobody can be let into the account.
func (a *account) closed() bool {
	return a.seed != nil && a.seed.State != "" && a.seed.State != stateActive
}

// complete fills in what is left out.
func (o *OrganizationSeed) complete() {
	if o.ID == "" {
		o.ID = "o-sandbox123"
	}
	if o.Root == "" {
		o.Root = "r-sand"
	}
	for i := range o.Units {
		if o.Units[i].Parent == "" {
			o.Units[i].Parent = o.Root
		}
	}
}

func (o *OrganizationSeed) validate(sc *Scenario) error {
	parents := []string{o.Root}
	for _, u := range o.Units {
		if u.ID == "" || !slices.Contains(parents, u.Parent) {
			return fmt.Errorf("unit %q: it has no id, or its parent %q does not stand before it", u.ID, u.Parent)
		}
		parents = append(parents, u.ID)
	}
	for _, id := range o.Delegated {
		if sc.account(id) == nil {
			return fmt.Errorf("delegated: no account %q", id)
		}
	}
	for i := range sc.Accounts {
		if a := &sc.Accounts[i]; a.Unit != "" && !slices.Contains(parents, a.Unit) {
			return fmt.Errorf("account %s: no unit %q", a.ID, a.Unit)
		}
	}
	return nil
}

// rolePath splits the name of the role from the path before it: "/" where there is none.
func (o *OrganizationSeed) rolePath() (path, name string) {
	last := strings.LastIndex(o.Role, "/") + 1
	return "/" + strings.TrimPrefix(o.Role[:last], "/"), o.Role[last:]
}

// trust is the trust policy of the role that every account has.
func (o *OrganizationSeed) trust(sc *Scenario, partition string) string {
	var who []string
	for _, id := range append([]string{sc.Accounts[0].ID}, o.Delegated...) {
		who = append(who, "arn:"+partition+":iam::"+id+":root")
	}
	statement := map[string]any{"Effect": "Allow", "Principal": map[string]any{"AWS": who}, "Action": "sts:AssumeRole"}
	if o.ExternalID != "" {
		statement["Condition"] = map[string]any{"StringEquals": map[string]string{"sts:ExternalId": o.ExternalID}}
	}
	return policyText(statement)
}

// asAdministrator refuses who may not list the organisation.
func asAdministrator(do handler) handler {
	return func(c *call) error {
		if c.server.scenario.organizationOf(c.account.id) == nil {
			return notInUse()
		}
		if !c.server.scenario.administers(c.account.id) {
			return badRequest("AccessDeniedException", "You don't have permissions to access this resource.") // observed
		}
		return do(c)
	}
}

func notInUse() error {
	return badRequest("AWSOrganizationsNotInUseException", "Your account is not a member of an organization.")
}

func describeSeedOrganization(c *call) error {
	sc := &c.server.scenario
	o := sc.organizationOf(c.account.id)
	if o == nil {
		return notInUse()
	}
	master := sc.Accounts[0].ID
	arn := "arn:" + c.account.partition + ":organizations::" + master + ":"
	c.reply = map[string]any{"Organization": map[string]any{
		"Id": o.ID, "Arn": arn + "organization/" + o.ID, "FeatureSet": "ALL",
		"MasterAccountId": master, "MasterAccountArn": arn + "account/" + o.ID + "/" + master, "MasterAccountEmail": emailOf(&sc.Accounts[0]),
		"AvailablePolicyTypes": []any{},
	}}
	return nil
}

func listSeedRoots(c *call) error {
	sc := &c.server.scenario
	o := sc.Organization
	c.reply = map[string]any{"Roots": []any{map[string]any{
		"Id": o.Root, "Name": "Root", "PolicyTypes": []any{},
		"Arn": "arn:" + c.account.partition + ":organizations::" + sc.Accounts[0].ID + ":root/" + o.ID + "/" + o.Root,
	}}}
	return nil
}

// answer gives one page of a list.
func seedPage(c *call, in listInput, name string, all []any) error {
	size := membersPerPage
	if in.MaxResults != nil {
		if size = *in.MaxResults; size < 1 || size > membersPerPage {
			return badRequest("InvalidInputException", "You provided a value that does not match the required pattern.")
		}
	}
	start, _ := readToken(c.operation, in.NextToken)
	if c.server.scenario.Organization.EmptyPages && c.page%2 == 1 {
		c.reply = map[string]any{name: []any{}, "NextToken": pageToken{List: c.operation, After: start.After, Page: c.page + 1}.encode()}
		return nil
	}
	page, next, ok := offsetPage(c, all, in.NextToken, size)
	if !ok {
		return badRequest("InvalidInputException", "You provided an invalid NextToken.")
	}
	c.reply = paged(name, page, next)
	return nil
}

func listSeedAccounts(c *call) error {
	return c.listAccountsWhere(func(*AccountSeed) bool { return true })
}

func listSeedAccountsForParent(c *call) error {
	var in listInput
	if err := c.decode(&in); err != nil {
		return err
	}
	if !c.isParent(in.ParentID) {
		return noParent()
	}
	return c.listAccountsWhere(func(a *AccountSeed) bool { return c.server.scenario.unitOf(a) == in.ParentID })
}

func (c *call) listAccountsWhere(wanted func(*AccountSeed) bool) error {
	var in listInput
	if err := c.decode(&in); err != nil {
		return err
	}
	sc := &c.server.scenario
	var all []any
	for i := range sc.Accounts {
		if a := &sc.Accounts[i]; wanted(a) {
			all = append(all, c.accountAnswer(a))
		}
	}
	return seedPage(c, in, "Accounts", all)
}

func (c *call) accountAnswer(a *AccountSeed) map[string]any {
	sc := &c.server.scenario
	o := sc.Organization
	state := a.State
	if state == "" {
		state = stateActive
	}
	answer := map[string]any{
		"Id": a.ID, "Name": nameOf(a), "Email": emailOf(a), "JoinedMethod": "CREATED", "JoinedTimestamp": epoch.Unix(),
		"Arn":   "arn:" + c.account.partition + ":organizations::" + sc.Accounts[0].ID + ":account/" + o.ID + "/" + a.ID,
		"Paths": []string{o.path(sc.unitOf(a)) + a.ID + "/"},
	}
	if o.OldStatus {
		answer["Status"] = state
	} else {
		answer["State"] = state
	}
	return answer
}

// path is where a unit lies: organisation, root and units, each with a slash behind it (IAM user
// guide, aws:PrincipalOrgPaths).
func (o *OrganizationSeed) path(unit string) string {
	path := unit + "/"
	for unit != o.Root {
		i := slices.IndexFunc(o.Units, func(u UnitSeed) bool { return u.ID == unit })
		unit = o.Units[i].Parent // validate has seen to it that there is one
		path = unit + "/" + path
	}
	return o.ID + "/" + path
}

func (sc *Scenario) unitOf(a *AccountSeed) string {
	if a.Unit == "" {
		return sc.Organization.Root
	}
	return a.Unit
}

func nameOf(a *AccountSeed) string {
	if a.Name == "" {
		return "account-" + a.ID
	}
	return a.Name
}

func emailOf(a *AccountSeed) string { return "aws+" + a.ID + "@example.com" }

func listSeedUnits(c *call) error {
	var in listInput
	if err := c.decode(&in); err != nil {
		return err
	}
	if !c.isParent(in.ParentID) {
		return noParent()
	}
	sc := &c.server.scenario
	var all []any
	for _, u := range sc.Organization.Units {
		if u.Parent == in.ParentID {
			all = append(all, map[string]any{
				"Id": u.ID, "Name": u.Name, "Path": sc.Organization.path(u.ID),
				"Arn": "arn:" + c.account.partition + ":organizations::" + sc.Accounts[0].ID + ":ou/" + sc.Organization.ID + "/" + u.ID,
			})
		}
	}
	return seedPage(c, in, "OrganizationalUnits", all)
}

func (c *call) isParent(id string) bool {
	o := c.server.scenario.Organization
	return id == o.Root || slices.ContainsFunc(o.Units, func(u UnitSeed) bool { return u.ID == id })
}

func noParent() error {
	return &apiError{http.StatusBadRequest, "ParentNotFoundException", "You provided parent that does not exist."}
}
