package awslive

import (
	"context"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/organizations"
	"github.com/aws/aws-sdk-go-v2/service/organizations/types"

	"flowproof/internal/inventory"
)

// organizationReader is what is read of AWS Organizations.
type organizationReader interface {
	DescribeOrganization(context.Context, *organizations.DescribeOrganizationInput, ...func(*organizations.Options)) (*organizations.DescribeOrganizationOutput, error)
	ListAccounts(context.Context, *organizations.ListAccountsInput, ...func(*organizations.Options)) (*organizations.ListAccountsOutput, error)
	ListAccountsForParent(context.Context, *organizations.ListAccountsForParentInput, ...func(*organizations.Options)) (*organizations.ListAccountsForParentOutput, error)
	ListOrganizationalUnitsForParent(context.Context, *organizations.ListOrganizationalUnitsForParentInput, ...func(*organizations.Options)) (*organizations.ListOrganizationalUnitsForParentOutput, error)
}

// Member is an account of an organisation, or of a file of accounts.
type Member struct {
	ID    string
	Name  string // hostile: whoever made the account chose it
	State string // as Organizations spells it; empty where nobody says
	Unit  string // id of the organisational unit or root that it is in, where known
}

// Closed reports whether nobody can be let into the account: it is suspended, closed or about to
// be, or was never activated (Organizations user guide, "Account states").
func (m Member) Closed() bool {
	return slices.Contains([]string{
		string(types.AccountStateSuspended), string(types.AccountStateClosed),
		string(types.AccountStatePendingClosure), string(types.AccountStatePendingActivation),
	}, m.State)
}

// list gives every member that is wanted, once, and says what kept it from giving more.
func (o *Organization) list(ctx context.Context, found func(Member)) []inventory.Gap {
	seen := map[string]bool{}
	give := func(m Member) {
		if !seen[m.ID] {
			seen[m.ID] = true
			if o.membership.wants(m) {
				found(m)
			}
		}
	}
	var gaps []inventory.Gap
	switch {
	case o.membership.File != nil:
		for _, m := range o.membership.File {
			give(m)
		}
	case len(o.membership.Units) > 0:
		gaps = o.listUnits(ctx, give)
	default:
		gaps = o.listAll(ctx, give)
	}
	for _, id := range o.membership.Only {
		if !seen[id] && len(gaps) == 0 {
			gaps = append(gaps, inventory.Gap{
				Kind: inventory.Accounts, API: "organizations:ListAccounts", Cause: inventory.Incomplete,
				Message: "account " + id + " was asked for and is not in the list of accounts",
			})
		}
	}
	return gaps
}

// wants reports whether a member is one of those to read.
func (m Membership) wants(a Member) bool {
	if len(m.Only) > 0 && !slices.Contains(m.Only, a.ID) {
		return false
	}
	return !slices.ContainsFunc(m.Exclude, func(glob string) bool { return matches(glob, a.ID) || matches(glob, a.Name) })
}

func matches(glob, name string) bool {
	ok, err := path.Match(glob, name)
	return ok && err == nil // check has refused malformed ones
}

// check refuses what no organisation could fit.
func (m Membership) check() error {
	for _, glob := range m.Exclude {
		if _, err := path.Match(glob, ""); err != nil {
			return fmt.Errorf("pattern %q of accounts to leave out: %w", glob, err)
		}
	}
	return m.Role.check()
}

// listAll lists the whole organisation.
func (o *Organization) listAll(ctx context.Context, found func(Member)) []inventory.Gap {
	pages := organizations.NewListAccountsPaginator(o.directory, &organizations.ListAccountsInput{})
	accounts := 0
	err := eachPage(ctx, pages, func(page *organizations.ListAccountsOutput) {
		accounts += len(page.Accounts)
		for _, a := range page.Accounts {
			found(memberOf(a, ""))
		}
	})
	if err == nil && accounts == 0 {
		err = unread("the list of accounts is empty, and the management account at least is always in it")
	}
	if err != nil {
		return []inventory.Gap{cutOff(ctx, "organizations:ListAccounts", "", err)}
	}
	return nil
}

// listUnits lists units with all that is below them. What one of them does not give keeps the
// others from nothing.
func (o *Organization) listUnits(ctx context.Context, found func(Member)) []inventory.Gap {
	var gaps []inventory.Gap
	visited := map[string]bool{}
	queue := slices.Clone(o.membership.Units)
	for len(queue) > 0 {
		unit := queue[0]
		queue = queue[1:]
		if visited[unit] {
			continue
		}
		visited[unit] = true
		if err := o.listUnit(ctx, unit, found); err != nil {
			gaps = append(gaps, cutOff(ctx, "organizations:ListAccountsForParent", unit, err))
		}
		below, err := o.unitsBelow(ctx, unit)
		queue = append(queue, below...)
		if err != nil {
			gaps = append(gaps, cutOff(ctx, "organizations:ListOrganizationalUnitsForParent", unit, err))
		}
	}
	return gaps
}

func (o *Organization) listUnit(ctx context.Context, unit string, found func(Member)) error {
	pages := organizations.NewListAccountsForParentPaginator(o.directory, &organizations.ListAccountsForParentInput{ParentId: aws.String(unit)})
	return eachPage(ctx, pages, func(page *organizations.ListAccountsForParentOutput) {
		for _, a := range page.Accounts {
			found(memberOf(a, unit))
		}
	})
}

func (o *Organization) unitsBelow(ctx context.Context, unit string) ([]string, error) {
	var below []string
	pages := organizations.NewListOrganizationalUnitsForParentPaginator(o.directory, &organizations.ListOrganizationalUnitsForParentInput{ParentId: aws.String(unit)})
	err := eachPage(ctx, pages, func(page *organizations.ListOrganizationalUnitsForParentOutput) {
		for _, u := range page.OrganizationalUnits {
			below = append(below, aws.ToString(u.Id))
		}
	})
	return below, err
}

// memberOf reads the state from State and, where that is not given, from Status, which AWS retired
// on 9 September 2026 (Organizations API reference, Account).
func memberOf(a types.Account, unit string) Member {
	m := Member{ID: aws.ToString(a.Id), Name: aws.ToString(a.Name), State: string(a.State), Unit: unit}
	if m.State == "" {
		m.State = string(a.Status)
	}
	for _, p := range a.Paths {
		for step := range strings.SplitSeq(p, "/") {
			if m.Unit == "" || unit == "" && isUnit(step) {
				m.Unit = step // the last one that is a unit: the path goes from the organisation down
			}
		}
	}
	if !isUnit(m.Unit) {
		m.Unit = ""
	}
	return m
}

func isUnit(id string) bool { return strings.HasPrefix(id, "ou-") || strings.HasPrefix(id, "r-") }

// cutOff is the gap that a list of accounts leaves.
func cutOff(ctx context.Context, api, unit string, err error) inventory.Gap {
	cause, message := classify(err, circumstances{run: ctx, credentials: true})
	if unit != "" {
		message = unit + ": " + message
	}
	switch cause {
	case inventory.Denied, inventory.DeniedBySCP:
		message += "; the list can be read from the management account or a delegated administrator's, and --accounts-file needs none"
	default:
		message += "; accounts may be missing"
	}
	return inventory.Gap{Kind: inventory.Accounts, API: api, Cause: cause, Message: message}
}
