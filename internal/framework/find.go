package framework

import (
	"fmt"
	"slices"

	"github.com/agext/levenshtein"
)

// Find is ByID with an error that names the nearest framework where there is none of that id.
func Find(id string) (Framework, error) {
	if f, ok := ByID(id); ok {
		return f, nil
	}
	best, least := "", -1
	for _, f := range catalogue() {
		if d := levenshtein.Distance(id, f.ID, nil); least < 0 || d < least {
			best, least = f.ID, d
		}
	}
	return Framework{}, fmt.Errorf("no framework %q: the nearest is %q", id, best)
}

// RuleIDs returns the rules that are tied to some control of the framework, in the order in which
// they stand there.
func (f Framework) RuleIDs() []string {
	var ids []string
	for _, c := range f.Controls {
		for _, row := range c.Rules {
			if !slices.Contains(ids, row.Rule) {
				ids = append(ids, row.Rule)
			}
		}
	}
	return ids
}

// Of returns the framework with those controls alone to which the rule is tied, and of their rows
// that of the rule.
func (f Framework) Of(rule string) Framework {
	of := f
	of.Controls = nil
	for _, c := range f.Controls {
		i := slices.IndexFunc(c.Rules, func(r Row) bool { return r.Rule == rule })
		if i >= 0 {
			of.Controls = append(of.Controls, Control{ID: c.ID, Title: c.Title, Rules: c.Rules[i : i+1 : i+1]})
		}
	}
	return of
}
