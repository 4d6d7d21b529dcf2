package cli

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"flowproof/internal/config"
	"flowproof/internal/report"
	"flowproof/internal/source/awslive"
)

// memberFlags are the settings of which accounts are read, and of how they are entered.
var memberFlags = []string{
	"org", "ou", "accounts-file", "exclude-account", "role-name", "external-id", "session-name", "session-duration",
}

func (a *app) accountsCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:     "accounts",
		Short:   "List the accounts that a scan would read, and try the way into each",
		GroupID: groupKnow,
		Long: `Lists what a scan with the same flags would read, assumes the role in each account, and says of
each that cannot be entered why, and what to do. Nothing else is read. Without --ou and
--accounts-file it lists the whole organisation.

Exit status:
  0    every account that is not closed can be entered
  1    internal error
  2    usage or configuration
  4    no AWS identity could be obtained
  5    an account cannot be entered, or the list is cut (unless --allow-gaps)
  130  interrupted`,
		Example: `  flowproof accounts
  flowproof accounts --ou ou-ab12-11111111 --exclude-account 'sandbox-*'
  flowproof accounts --accounts-file accounts.csv --role-name audit`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			settings, err := a.settings(cmd)
			if err != nil {
				return err
			}
			return a.accounts(cmd.Context(), settings)
		},
	}
	a.addFlags(cmd, append(memberFlags, "account", "profile", "endpoint-url", "region", "format", "allow-gaps", "no-color")...)
	return cmd
}

// accounts is the whole of the accounts command.
func (a *app) accounts(ctx context.Context, s config.Settings) error {
	if s.Format != report.Text && s.Format != report.JSON {
		return usageError{fmt.Errorf("--format %s: accounts are written as text or json", s.Format)}
	}
	org, err := a.openOrganization(ctx, s)
	if err != nil {
		return err
	}
	found := report.Accounts{Role: s.RoleName, Access: a.access(s)}
	gaps, err := org.Visit(ctx, func(v awslive.Visit) { found.Add(accountOf(v)) })
	if err != nil {
		return err
	}
	found.Caller, found.Gaps = org.Caller(), gaps
	options := report.Options{Width: a.streams.Width(), Colour: a.streams.Color(a.streams.Stdout, s.NoColor)}
	if err := report.WriteAccounts(s.Format, a.streams.Stdout, found, options); err != nil {
		return err
	}
	switch {
	case ctx.Err() != nil:
		a.status = statusInterrupted
	case (found.Summary.Refused > 0 || len(gaps) > 0) && !s.AllowGaps:
		a.status = statusIncomplete
	}
	return nil
}

// accountOf is a visit as it is reported.
func accountOf(v awslive.Visit) report.Account {
	account := report.Account{
		ID: v.ID, Name: v.Name, Unit: v.Unit, State: v.State, Management: v.Management,
		Way: "role", Role: v.Role, Status: report.Entered, Gap: v.Gap,
	}
	switch {
	case v.Closed():
		account.Way, account.Status = "none", report.ClosedAccount
	case v.Own:
		account.Way = "credentials"
	case v.Gap != nil:
		account.Status = report.Refused
	}
	return account
}
