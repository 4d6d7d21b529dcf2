package rule

import (
	"fmt"
	"path"
	"slices"
	"strings"
)

// Select picks rules by glob, in the order of all. With no globs the rules of set are taken;
// skip is applied last. A glob that matches no rule is an error that names those there are.
func Select(all, set []Rule, globs, skip []string) ([]Rule, error) {
	if err := checkGlobs(all, slices.Concat(globs, skip)); err != nil {
		return nil, err
	}
	from := set
	if len(globs) > 0 {
		from = slices.DeleteFunc(slices.Clone(all), func(r Rule) bool { return !matches(globs, r.ID) })
	}
	chosen := slices.DeleteFunc(slices.Clone(from), func(r Rule) bool { return matches(skip, r.ID) })
	if len(chosen) == 0 {
		return nil, fmt.Errorf("no rule is left: every chosen one is skipped")
	}
	return chosen, nil
}

func checkGlobs(all []Rule, globs []string) error {
	for _, g := range globs {
		if _, err := path.Match(g, ""); err != nil {
			return fmt.Errorf("rule pattern %q: %w", g, err)
		}
		if !slices.ContainsFunc(all, func(r Rule) bool { return matches([]string{g}, r.ID) }) {
			return fmt.Errorf("rule pattern %q matches no rule; there are %s", g, strings.Join(ids(all), ", "))
		}
	}
	return nil
}

// matches ignores malformed globs: checkGlobs has refused them.
func matches(globs []string, id string) bool {
	return slices.ContainsFunc(globs, func(g string) bool {
		ok, err := path.Match(g, id)
		return ok && err == nil
	})
}

func ids(rules []Rule) []string {
	var ids []string
	for _, r := range rules {
		ids = append(ids, r.ID)
	}
	return ids
}
