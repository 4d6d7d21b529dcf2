package awslive

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/organizations"
	"github.com/aws/aws-sdk-go-v2/service/organizations/types"
	"github.com/aws/smithy-go"

	"flowproof/internal/inventory"
	"flowproof/internal/spelling"
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

	// What a file of accounts says of the way in; empty where the run's own holds.
	RoleARN    string
	RoleName   string // with its path
	ExternalID string
}

// Closed reports whether nobody can be let into the account: it is suspended, closed or about to
// be, or was never activated (Organizations user guide, "Account states").
func (m Member) Closed() bool {
	return slices.Contains([]string{
		string(types.AccountStateSuspended), string(types.AccountStateClosed),
		string(types.AccountStatePendingClosure), string(types.AccountStatePendingActivation),
	}, m.State)
}

// list gives every member that is wanted, once, and says what kept it from giving more. The error is
// about what was asked for, and comes before any member.
func (o *Organization) list(ctx context.Context, found func(Member)) ([]inventory.Gap, error) {
	seen := map[string]bool{}
	var only []Member // held back until each account that was asked for is known to be there
	give := func(m Member) {
		switch {
		case seen[m.ID]:
		case len(o.membership.Only) > 0 && o.membership.wants(m):
			only = append(only, m)
		case o.membership.wants(m):
			found(m)
		}
		seen[m.ID] = true
	}
	gaps, err := o.listFrom(ctx, give)
	if err != nil {
		return nil, err
	}
	for _, id := range o.membership.Only {
		if !seen[id] && len(gaps) == 0 {
			return nil, fmt.Errorf("%w: account %s was asked for (--account) and is none of the %d accounts %s%s; "+
				"`flowproof accounts` with the same flags lists them", ErrNoAccount, id, len(seen), o.membership.whence(), spelling.Hint(id, slices.Sorted(maps.Keys(seen))))
		}
	}
	for _, m := range only {
		found(m)
	}
	return gaps, nil
}

func (o *Organization) listFrom(ctx context.Context, found func(Member)) ([]inventory.Gap, error) {
	switch {
	case o.membership.File != nil:
		for _, m := range o.membership.File {
			found(m)
		}
		return nil, nil
	case len(o.membership.Units) > 0:
		return o.listUnits(ctx, found)
	}
	return o.listAll(ctx, found)
}

// whence says where the list of accounts is from.
func (m Membership) whence() string {
	switch {
	case m.File != nil:
		return "in the accounts file"
	case len(m.Units) > 0:
		return "in " + strings.Join(m.Units, ", ")
	}
	return "of the organisation"
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
func (o *Organization) listAll(ctx context.Context, found func(Member)) ([]inventory.Gap, error) {
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
	if mistake := o.mistake(err, ""); mistake != nil {
		return nil, mistake
	}
	if err != nil {
		return []inventory.Gap{cutOff(ctx, "organizations:ListAccounts", "", err)}, nil
	}
	return nil, nil
}

// mistake is the error for what was asked for and is not there, which no reading could bring; nil for
// any other.
func (o *Organization) mistake(err error, unit string) error {
	var api smithy.APIError
	if !errors.As(err, &api) {
		return nil
	}
	switch code := api.ErrorCode(); {
	case code == (&types.AWSOrganizationsNotInUseException{}).ErrorCode():
		return fmt.Errorf("%w: account %s is a member of none, so --org and --ou find nothing: leave them out to read this account alone, "+
			"give --accounts-file, or use --profile with one of the organisation", ErrNoOrganization, o.who.account)
	case unit != "" && slices.Contains([]string{
		(&types.ParentNotFoundException{}).ErrorCode(), (&types.InvalidInputException{}).ErrorCode(),
	}, code):
		return fmt.Errorf("%w %q in the organisation of account %s (--ou): its id begins with ou- or, for the root, with r-; "+
			"`aws organizations list-roots` and `list-organizational-units-for-parent` show them", ErrNoUnit, unit, o.who.account)
	}
	return nil
}

// listUnits lists units with all that is below them. What one of them does not give keeps the
// others from nothing. Nothing is given before each unit that was asked for is known to be there.
func (o *Organization) listUnits(ctx context.Context, found func(Member)) ([]inventory.Gap, error) {
	var gaps []inventory.Gap
	var first []Member
	queue := slices.Clone(o.membership.Units)
	slices.Sort(queue)
	queue = slices.Compact(queue)
	for _, unit := range queue {
		err := o.listUnit(ctx, unit, func(m Member) { first = append(first, m) })
		if mistake := o.mistake(err, unit); mistake != nil {
			return nil, mistake
		}
		if err != nil {
			gaps = append(gaps, cutOff(ctx, "organizations:ListAccountsForParent", unit, err))
		}
	}
	for _, m := range first {
		found(m)
	}
	listed := map[string]bool{} // their accounts
	for _, unit := range queue {
		listed[unit] = true
	}
	visited := map[string]bool{}
	for len(queue) > 0 {
		unit := queue[0]
		queue = queue[1:]
		if visited[unit] {
			continue
		}
		visited[unit] = true
		if !listed[unit] {
			if err := o.listUnit(ctx, unit, found); err != nil {
				gaps = append(gaps, cutOff(ctx, "organizations:ListAccountsForParent", unit, err))
			}
		}
		below, err := o.unitsBelow(ctx, unit)
		queue = append(queue, below...)
		if err != nil {
			gaps = append(gaps, cutOff(ctx, "organizations:ListOrganizationalUnitsForParent", unit, err))
		}
	}
	return gaps, nil
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
