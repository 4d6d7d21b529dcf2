package cli

import (
	"context"
	"errors"
	"fmt"
	"os"

	"flowproof/internal/config"
	"flowproof/internal/source/awslive"
)

// manyAccounts reports whether the settings ask for more than the caller's own account.
func manyAccounts(s config.Settings) bool {
	return s.Org || len(s.OU) > 0 || s.AccountsFile != ""
}

// openOrganization opens the accounts that --org, --ou or --accounts-file name.
func (a *app) openOrganization(ctx context.Context, s config.Settings) (*awslive.Organization, error) {
	m, err := membershipOf(s)
	if err != nil {
		return nil, usageError{err}
	}
	source, err := awslive.NewOrganization(ctx, a.liveOptions(ctx, s), m)
	if err != nil {
		return nil, usageError{err}
	}
	return source, nil
}

// membershipOf says which accounts the settings ask for, and how they are entered.
func membershipOf(s config.Settings) (awslive.Membership, error) {
	m := awslive.Membership{
		Units: s.OU, Only: s.Account, Exclude: s.ExcludeAccount, Destinations: s.Destinations,
		Role: awslive.Role{Name: s.RoleName, ExternalID: s.ExternalID, Session: s.SessionName, Duration: s.SessionDuration},
	}
	switch {
	case s.Source != "aws":
		return m, fmt.Errorf("--org, --ou and --accounts-file read live accounts: they do not go with --source %s", s.Source)
	case s.AccountsFile == "":
		return m, nil
	case s.Org || len(s.OU) > 0:
		return m, errors.New("--accounts-file takes the place of the organisation's list: give it without --org and --ou")
	}
	file, err := os.Open(s.AccountsFile)
	if err != nil {
		return m, fmt.Errorf("read the accounts: %w", err)
	}
	defer func() { _ = file.Close() }() // only read from
	if m.File, err = awslive.ParseMembers(file); err != nil {
		return m, fmt.Errorf("read the accounts in %s: %w", s.AccountsFile, err)
	}
	return m, nil
}
