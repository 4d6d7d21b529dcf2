package cli

import (
	"errors"
	"fmt"
	"os"
	"time"

	"flowproof/internal/baseline"
	"flowproof/internal/config"
	"flowproof/internal/event"
	"flowproof/internal/finding"
	"flowproof/internal/inventory"
	"flowproof/internal/rule"
	"flowproof/internal/rules"
	"flowproof/internal/scan"
	"flowproof/internal/suppression"
	"flowproof/internal/terminal"
)

// reviews are several as one, in turn.
type reviews []scan.Review

// Findings implements scan.Review.
func (r reviews) Findings(inv *inventory.Inventory, found []finding.Finding) {
	for _, one := range r {
		one.Findings(inv, found)
	}
}

// Summary implements scan.Review.
func (r reviews) Summary(s *event.Summary) {
	for _, one := range r {
		one.Summary(s)
	}
}

// suppressions prepares those of the settings for a run of rules that starts now.
func suppressions(s config.Settings, chosen []rule.Rule, now time.Time) (*suppression.List, error) {
	var entries []event.Suppression
	for _, e := range s.Suppressions {
		if _, err := rule.Select(rules.All(), nil, e.Rule, nil); err != nil {
			return nil, usageError{fmt.Errorf("settings file, line %d: %w", e.Line, err)}
		}
		entries = append(entries, event.Suppression{
			Line: e.Line, Rules: e.Rule, Resources: e.Resource, Accounts: e.Account, Regions: e.Region, Tags: e.Tag,
			Suppression: finding.Suppression{Owner: e.Owner, Reason: e.Reason, Expires: e.Expires},
		})
	}
	return suppression.New(entries, idsOf(chosen), now), nil
}

func idsOf(list []rule.Rule) []string {
	var ids []string
	for _, r := range list {
		ids = append(ids, r.ID)
	}
	return ids
}

// readBaseline reads the earlier run that --baseline names; none where it names none.
func readBaseline(path string) (_ reviews, err error) {
	if path == "" {
		return nil, nil
	}
	file, err := os.Open(path) //nolint:gosec // the user names their own file
	if err != nil {
		return nil, usageError{fmt.Errorf("read the baseline: %w", err)}
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	known, err := baseline.Read(file)
	if err != nil {
		return nil, usageError{fmt.Errorf("read the baseline %s: %w", path, err)}
	}
	return reviews{known}, nil
}

// tellSuppressions tells a person of entries that have expired or do nothing.
func (a *app) tellSuppressions(s config.Settings, sum event.Summary) {
	if s.Quiet {
		return
	}
	for _, e := range sum.Suppressions {
		who := terminal.Printable(fmt.Sprintf("suppression in line %d of the settings file (%s: %s)", e.Line, e.Owner, e.Reason))
		switch {
		case e.Status == event.SuppressionExpired && e.Findings > 0:
			a.sayf("%s expired after %s: %s again\n", who, e.Expires, counts(e.Findings, "finding counts", "findings count"))
		case e.Status == event.SuppressionExpired:
			a.sayf("%s expired after %s: nothing fits it, remove it\n", who, e.Expires)
		case e.Status == event.SuppressionUnused:
			a.sayf("%s fits nothing: remove it, or correct it\n", who)
		}
	}
}

func counts(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}
