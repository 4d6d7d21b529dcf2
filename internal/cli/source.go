package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"
	"time"

	"flowproof/internal/config"
	"flowproof/internal/inventory"
	"flowproof/internal/scan"
	"flowproof/internal/source/awscli"
	"flowproof/internal/source/awslive"
	"flowproof/internal/source/snapshot"
	"flowproof/internal/terminal"
)

// openSource opens what --source names, without the Regions that are left out.
func (a *app) openSource(ctx context.Context, s config.Settings) (scan.Source, error) {
	source, err := a.openWhole(ctx, s)
	if err != nil {
		return nil, err
	}
	remaining, err := excluding(source, s)
	if err == nil {
		return remaining, nil
	}
	if closer, ok := source.(io.Closer); ok {
		err = errors.Join(err, closer.Close())
	}
	return nil, usageError{err}
}

// openWhole opens what --source names: "aws", or KIND:PATH.
func (a *app) openWhole(ctx context.Context, s config.Settings) (scan.Source, error) {
	kind, file, hasPath := strings.Cut(s.Source, ":")
	switch {
	case manyAccounts(s):
		return a.openOrganization(ctx, s)
	case s.Source != "aws" && len(s.Destinations) > 0:
		return nil, usageError{fmt.Errorf("--destination-account is read live: it does not go with --source %s", s.Source)}
	case s.Source == "aws":
		source, err := a.liveSource(ctx, s)
		if err != nil {
			return nil, usageError{err}
		}
		return &chosenScopes{Source: source, accounts: s.Account, destinations: s.Destinations}, nil
	case kind == "awscli" && hasPath:
		source, err := awscli.New(file, s.Account, s.Region)
		if err != nil {
			return nil, usageError{err}
		}
		return source, nil
	case kind == "snapshot" && hasPath:
		source, err := snapshot.Open(file)
		if err != nil {
			return nil, usageError{err}
		}
		return &chosenScopes{Source: source, regions: s.Region, accounts: s.Account, organization: s.OrgID}, nil
	case kind == "tfplan", kind == "cloudformation":
		return nil, usageError{fmt.Errorf("--source %s: reading %s comes in a later version; this one reads aws, awscli:DIR and snapshot:FILE", s.Source, kind)}
	}
	return nil, usageError{fmt.Errorf("--source %q: want aws, awscli:DIR or snapshot:FILE", s.Source)}
}

// chosenScopes is part of a source: the Regions, by name or glob, and accounts that were asked for.
// Rows about an account as a whole stay, since what they miss may be any Region.
type chosenScopes struct {
	scan.Source
	regions, accounts []string
	destinations      []string // accounts that must be among those read, since no other is entered
	organization      string   // that the accounts are in, where the person says; empty for what the source knows
}

// Close closes the source, if it is one that can be.
func (c *chosenScopes) Close() error {
	if closer, ok := c.Source.(io.Closer); ok {
		return closer.Close()
	}
	return nil
}

// Read implements scan.Source.
func (c *chosenScopes) Read(ctx context.Context, t inventory.Target, kinds []inventory.Kind) inventory.Inventory {
	inv := c.Source.Read(ctx, t, kinds)
	inv.Organization = cmp.Or(c.organization, inv.Organization)
	return inv
}

// Discover implements scan.Source.
func (c *chosenScopes) Discover(ctx context.Context, found func(inventory.Target) error) error {
	n := 0
	var others []string
	err := c.Source.Discover(ctx, func(t inventory.Target) error {
		others = append(others, t.Account)
		if i := slices.IndexFunc(c.destinations, func(id string) bool { return id != t.Account }); i >= 0 {
			return usageError{fmt.Errorf("--destination-account %s: only account %s is read; other accounts are entered with --org, --ou or --accounts-file", c.destinations[i], t.Account)}
		}
		if !anyMatches(c.accounts, t.Account) || t.Region != inventory.AnyRegion && !anyMatches(c.regions, t.Region) {
			return nil
		}
		n++
		return found(t)
	})
	if err == nil && n == 0 {
		slices.Sort(others)
		return usageError{fmt.Errorf("nothing here is of%s; what can be read is of account %s", c.asked(), strings.Join(slices.Compact(others), ", "))}
	}
	return err
}

// asked are the flags that choose.
func (c *chosenScopes) asked() string {
	text := ""
	if len(c.accounts) > 0 {
		text += " --account " + strings.Join(c.accounts, ",")
	}
	if len(c.regions) > 0 {
		text += " --region " + strings.Join(c.regions, ",")
	}
	return text
}

// anyMatches reports whether a glob matches name; no globs match everything.
func anyMatches(globs []string, name string) bool {
	return len(globs) == 0 || slices.ContainsFunc(globs, func(g string) bool {
		ok, err := path.Match(g, name)
		return ok && err == nil
	})
}

// liveSource reads the account whose credentials are found, or that of the demo.
func (a *app) liveSource(ctx context.Context, s config.Settings) (*awslive.Source, error) {
	if a.embedded != "" {
		return awslive.At(a.embedded, a.liveOptions(ctx, s))
	}
	return awslive.New(ctx, a.liveOptions(ctx, s))
}

func (a *app) liveOptions(ctx context.Context, s config.Settings) awslive.Options {
	o := awslive.Options{
		Profile:      s.Profile,
		EndpointURL:  s.EndpointURL,
		Regions:      s.Region,
		Version:      version,
		Organization: s.OrgID,
		Named:        namesToRead(s),
		Window:       s.Window,
		Sample:       int(s.Sample),
		Now:          time.Now,
	}
	if a.canAsk() {
		o.MFAToken = func() (string, error) { return a.askMFA(ctx, s) }
	}
	return o
}

// askMFA asks the person at the terminal for the code of a profile with MFA.
func (a *app) askMFA(ctx context.Context, s config.Settings) (string, error) {
	question := "MFA code: "
	if s.Profile != "" {
		question = "MFA code for profile " + terminal.Printable(s.Profile) + ": "
	}
	code, err := a.ask(ctx, question)
	if err != nil {
		return "", fmt.Errorf("read the MFA code: %w", err)
	}
	return code, nil
}
