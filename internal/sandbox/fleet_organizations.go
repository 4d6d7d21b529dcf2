package sandbox

import (
	"strings"

	"flowproof/internal/sandbox/fleet"
)

// organizationsOperations lists the operations of Organizations. Its wire names are those of
// the API reference.
func organizationsOperations() map[string]handler {
	return map[string]handler{
		"DescribeOrganization":             describeOrganization,
		"DescribeAccount":                  administers(describeMember),
		"ListAccounts":                     administers(listAccounts),
		"ListAccountsForParent":            administers(listAccountsForParent),
		"ListRoots":                        administers(listRoots),
		"ListOrganizationalUnitsForParent": administers(listUnits),
		"DescribeOrganizationalUnit":       administers(describeUnit),
		"ListChildren":                     administers(listChildren),
		"ListParents":                      administers(listParents),
	}
}

// administers keeps an operation for the accounts that may read the organisation.
func administers(do handler) handler {
	return func(c *call) error {
		if !c.server.population.fleet.IsAdministrator(c.member.number) {
			return badRequest("AccessDeniedException", "You don't have permissions to access this resource.") // observed
		}
		return do(c)
	}
}

// listInput is what the operations here are asked with.
type listInput struct {
	AccountID  string `json:"AccountId"`
	ParentID   string `json:"ParentId"`
	ChildID    string `json:"ChildId"`
	ChildType  string
	UnitID     string `json:"OrganizationalUnitId"`
	NextToken  string
	MaxResults *int
}

func describeOrganization(c *call) error {
	f := c.server.population.fleet
	c.reply = map[string]any{"Organization": map[string]any{
		"Id": f.OrganisationID(), "Arn": f.ARN(), "FeatureSet": "ALL",
		"MasterAccountArn": f.AccountARN(0), "MasterAccountId": f.AccountID(0), "MasterAccountEmail": email(f, 0),
		"AvailablePolicyTypes": []any{},
	}}
	return nil
}

// memberAccount is an account as Organizations shows it. Status is retired in favour of
// State, and still there.
type memberAccount struct {
	ID              string `json:"Id"`
	ARN             string `json:"Arn"`
	Email, Name     string
	Status, State   string
	JoinedMethod    string
	JoinedTimestamp float64
}

func newMemberAccount(f *fleet.Fleet, n int) memberAccount {
	a := memberAccount{
		ID: f.AccountID(n), ARN: f.AccountARN(n), Email: email(f, n), Name: f.AccountName(n),
		Status: string(f.State(n)), State: string(f.State(n)), JoinedMethod: "CREATED", JoinedTimestamp: float64(f.Joined(n).Unix()),
	}
	if f.State(n) == fleet.StateClosed {
		a.Status = string(fleet.StateSuspended) // it has no word for closed
	}
	return a
}

func email(f *fleet.Fleet, n int) string { return "aws+" + f.AccountID(n) + "@example.com" }

func describeMember(c *call) error {
	f := c.server.population.fleet
	in, err := decoded(c)
	if err != nil {
		return err
	}
	n, ok := f.Number(in.AccountID)
	if !ok {
		return badRequest("AccountNotFoundException", "You specified an account that doesn't exist.")
	}
	c.reply = map[string]any{"Account": newMemberAccount(f, n)}
	return nil
}

func decoded(c *call) (listInput, error) {
	var in listInput
	err := c.decode(&in)
	return in, err
}

func listAccounts(c *call) error {
	f := c.server.population.fleet
	in, err := decoded(c)
	if err != nil {
		return err
	}
	return replyAccounts(c, in, f.Accounts)
}

func listAccountsForParent(c *call) error {
	in, u, err := parentOf(c)
	if err != nil {
		return err
	}
	f := c.server.population.fleet
	return replyAccounts(c, in, func(skip, n int) ([]int, bool) { return f.AccountsIn(u, skip, n) })
}

// parentOf reads an input that names a root or unit.
func parentOf(c *call) (listInput, fleet.Unit, error) {
	in, err := decoded(c)
	if err != nil {
		return in, fleet.Unit{}, err
	}
	u, ok := c.server.population.fleet.Unit(in.ParentID)
	if !ok {
		return in, u, badRequest("ParentNotFoundException", "You specified parent that doesn't exist.")
	}
	return in, u, nil
}

func replyAccounts(c *call, in listInput, list func(skip, n int) ([]int, bool)) error {
	numbers, next, err := membersPage(c, in, list)
	if err != nil {
		return err
	}
	accounts := make([]memberAccount, 0, len(numbers))
	for _, n := range numbers {
		accounts = append(accounts, newMemberAccount(c.server.population.fleet, n))
	}
	c.reply = paged("Accounts", accounts, next)
	return nil
}

// membersPerPage is the most accounts that a page holds (API reference).
const membersPerPage = 20

// membersPage takes one page of a list of accounts. Some pages are empty although more follow.
func membersPage(c *call, in listInput, list func(skip, n int) ([]int, bool)) (numbers []int, next string, err error) {
	size, skip := membersPerPage, 0
	if in.MaxResults != nil {
		size = *in.MaxResults
	}
	if size < 1 || size > membersPerPage {
		return nil, "", badRequest("InvalidInputException", "You specified an invalid value for MaxResults.")
	}
	if in.NextToken != "" {
		t, ok := readToken(c.operation, in.NextToken)
		if !ok {
			return nil, "", badRequest("InvalidInputException", "You specified an invalid value for NextToken.")
		}
		skip = t.After
	}
	if c.server.population.fleet.EmptyPage(c.page) {
		return nil, pageToken{List: c.operation, After: skip, Page: c.page + 1}.encode(), nil
	}
	numbers, more := list(skip, size)
	if more {
		next = pageToken{List: c.operation, After: skip + len(numbers), Page: c.page + 1}.encode()
	}
	return numbers, next, nil
}

// paged is the answer of a list: the token is left out where no page follows.
func paged[T any](name string, list []T, next string) map[string]any {
	reply := map[string]any{name: append([]T{}, list...)} // an empty list is written as one, never as null
	if next != "" {
		reply["NextToken"] = next
	}
	return reply
}

func listRoots(c *call) error {
	root := c.server.population.fleet.Root()
	c.reply = paged("Roots", []any{map[string]any{"Id": root.ID, "Arn": root.ARN, "Name": root.Name, "PolicyTypes": []any{}}}, "")
	return nil
}

func listUnits(c *call) error {
	_, parent, err := parentOf(c)
	if err != nil {
		return err
	}
	units := []any{}
	for _, u := range c.server.population.fleet.Units(parent) {
		units = append(units, unitReply(u))
	}
	c.reply = paged("OrganizationalUnits", units, "")
	return nil
}

func unitReply(u fleet.Unit) map[string]any {
	return map[string]any{"Id": u.ID, "Arn": u.ARN, "Name": u.Name}
}

func describeUnit(c *call) error {
	in, err := decoded(c)
	if err != nil {
		return err
	}
	u, ok := c.server.population.fleet.Unit(in.UnitID)
	if !ok || !strings.HasPrefix(u.ID, "ou-") {
		return badRequest("OrganizationalUnitNotFoundException", "You specified an OU that doesn't exist.")
	}
	c.reply = map[string]any{"OrganizationalUnit": unitReply(u)}
	return nil
}

func listChildren(c *call) error {
	in, parent, err := parentOf(c)
	if err != nil {
		return err
	}
	f := c.server.population.fleet
	children := []any{}
	switch in.ChildType {
	case "ORGANIZATIONAL_UNIT":
		for _, u := range f.Units(parent) {
			children = append(children, childReply(u.ID, in.ChildType))
		}
		c.reply = paged("Children", children, "")
		return nil
	case "ACCOUNT":
		numbers, next, err := membersPage(c, in, func(skip, n int) ([]int, bool) { return f.AccountsIn(parent, skip, n) })
		if err != nil {
			return err
		}
		for _, n := range numbers {
			children = append(children, childReply(f.AccountID(n), in.ChildType))
		}
		c.reply = paged("Children", children, next)
		return nil
	}
	return badRequest("InvalidInputException", "You specified an invalid value for ChildType.")
}

func childReply(id, kind string) map[string]any { return map[string]any{"Id": id, "Type": kind} }

func listParents(c *call) error {
	in, err := decoded(c)
	if err != nil {
		return err
	}
	f := c.server.population.fleet
	if n, ok := f.Number(in.ChildID); ok {
		c.reply = paged("Parents", []any{parentReply(f.UnitOf(n))}, "")
		return nil
	}
	u, ok := f.Unit(in.ChildID)
	if !ok || u.ID == f.Root().ID {
		return badRequest("ChildNotFoundException", "You specified child that doesn't exist.")
	}
	c.reply = paged("Parents", []any{parentReply(f.Above(u))}, "")
	return nil
}

func parentReply(u fleet.Unit) map[string]any {
	if strings.HasPrefix(u.ID, "r-") {
		return childReply(u.ID, "ROOT")
	}
	return childReply(u.ID, "ORGANIZATIONAL_UNIT")
}
