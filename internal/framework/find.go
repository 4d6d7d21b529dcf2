package framework

import (
	"fmt"
	"slices"
	"strings"

	"github.com/agext/levenshtein"

	"flowproof/internal/spelling"
)

// Find is ByID with an error that says what may have been meant where there is none of that id.
func Find(id string) (Framework, error) {
	if f, ok := ByID(id); ok {
		return f, nil
	}
	return Framework{}, fmt.Errorf("no framework %q%s; flowproof frameworks list has them all", id, meant(strings.ToLower(id)))
}

// meant names every framework of a family that was named without a version, the nearest of the family
// where the version is wrong, or else the nearest of all.
func meant(id string) string {
	var ids, family []string
	first, version, _ := strings.Cut(id, "-")
	for _, f := range catalogue() {
		ids = append(ids, f.ID)
		if strings.HasPrefix(f.ID, first+"-") {
			family = append(family, f.ID)
		}
	}
	switch {
	case len(family) == 0:
		return spelling.Hint(id, ids)
	case version == "":
		return ": there is " + strings.Join(family, ", ")
	}
	nearest := slices.MinFunc(family, func(a, b string) int {
		return levenshtein.Distance(id, a, nil) - levenshtein.Distance(id, b, nil)
	})
	return fmt.Sprintf(": the nearest is %q", nearest)
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
