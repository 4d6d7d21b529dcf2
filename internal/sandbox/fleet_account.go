package sandbox

import (
	"net/http"
	"slices"
)

// accountOperations lists the operations of Account Management.
func accountOperations() map[string]handler {
	return map[string]handler{"ListRegions": listRegions}
}

// statusWords are the words of Account Management for those of DescribeRegions.
var statusWords = map[string]string{
	statusDefault: "ENABLED_BY_DEFAULT", statusOptedIn: "ENABLED", statusNotOptedIn: "DISABLED",
}

// regionsPerPage is the most Regions that a page holds (API reference).
const regionsPerPage = 50

// accountAskedAbout is the account that AccountId names, where the caller may ask about it; without
// an id its own. Who may depends on the organisation.
func (c *call) accountAskedAbout(id string) (*account, error) {
	if id == "" {
		return c.account, nil
	}
	if p := c.server.population; p != nil {
		if n, ok := p.fleet.Number(id); ok && p.fleet.Spec().ListRegions && p.fleet.IsAdministrator(c.member.number) {
			return &account{id: id, seed: p.regionsOf(n)}, nil
		}
	} else if c.server.scenario.tells(c.account.id, id) {
		return c.server.account(id), nil
	}
	return nil, &apiError{http.StatusForbidden, "AccessDeniedException", "User: " + c.principal +
		" is not authorized to perform: account:ListRegions (Your organization must first enable trusted access with AWS Account Management.)"}
}

// listRegions lists the Regions of the caller's account, or for an administrator those of any.
func listRegions(c *call) error {
	var in struct {
		AccountID  string   `json:"AccountId"`
		Wanted     []string `json:"RegionOptStatusContains"`
		NextToken  string
		MaxResults *int
	}
	if err := c.decode(&in); err != nil {
		return err
	}
	about, err := c.accountAskedAbout(in.AccountID)
	if err != nil {
		return err
	}
	var all []map[string]string
	for _, name := range regionNames() {
		status := statusWords[about.optInStatus(name)]
		if len(in.Wanted) == 0 || slices.Contains(in.Wanted, status) {
			all = append(all, map[string]string{"RegionName": name, "RegionOptStatus": status})
		}
	}
	size := regionsPerPage
	if in.MaxResults != nil {
		size = *in.MaxResults
	}
	if size < 1 || size > regionsPerPage {
		return badRequest("ValidationException", "MaxResults must be from 1 to 50")
	}
	page, next, ok := offsetPage(c, all, in.NextToken, size)
	if !ok {
		return badRequest("ValidationException", "The specified NextToken is invalid.")
	}
	c.reply = paged("Regions", page, next)
	return nil
}
