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

// listRegions lists the Regions of the caller's account, or for an administrator those of any.
func listRegions(c *call) error {
	p := c.server.population
	var in struct {
		AccountID  string   `json:"AccountId"`
		Wanted     []string `json:"RegionOptStatusContains"`
		NextToken  string
		MaxResults *int
	}
	if err := c.decode(&in); err != nil {
		return err
	}
	about := c.account
	if in.AccountID != "" {
		n, ok := p.fleet.Number(in.AccountID)
		if !ok || !p.fleet.Spec().ListRegions || !p.fleet.IsAdministrator(c.member.number) {
			return &apiError{http.StatusForbidden, "AccessDeniedException", "User: " + c.principal +
				" is not authorized to perform: account:ListRegions (Your organization must first enable trusted access with AWS Account Management.)"}
		}
		about = &account{id: in.AccountID, seed: p.regionsOf(n)}
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
