package cli

import (
	"context"
	"fmt"
	"io"
	"path"
	"regexp"
	"slices"
	"strings"

	"flowproof/internal/config"
	"flowproof/internal/inventory"
	"flowproof/internal/scan"
	"flowproof/internal/spelling"
)

// regionGlob is what a pattern of Regions can be made of.
var regionGlob = regexp.MustCompile(`^[a-z0-9*?\[\]^-]+$`)

// excluding leaves out of a source the Regions that --exclude-region names.
func excluding(source scan.Source, s config.Settings) (scan.Source, error) {
	if len(s.ExcludeRegion) == 0 {
		return source, nil
	}
	for _, glob := range s.ExcludeRegion {
		if _, err := path.Match(glob, ""); err != nil || !regionGlob.MatchString(glob) {
			return nil, fmt.Errorf("--exclude-region %q: not the name of a Region, such as eu-west-1, nor a pattern, such as 'eu-*'", glob)
		}
	}
	return &remainingScopes{Source: source, globs: s.ExcludeRegion}, nil
}

// remainingScopes is a source without some Regions. They stay in the ledger as excluded, so that
// a report tells what it does not speak of.
type remainingScopes struct {
	scan.Source
	globs []string
}

// Close closes the source, if it is one that can be.
func (r *remainingScopes) Close() error {
	if closer, ok := r.Source.(io.Closer); ok {
		return closer.Close()
	}
	return nil
}

// Discover implements scan.Source. A pattern that fits no Region was mistyped. Where it fits none that
// is known to this version, nothing is read before the account's own Regions have decided.
func (r *remainingScopes) Discover(ctx context.Context, found func(inventory.Target) error) error {
	var held []inventory.Target
	hold := slices.ContainsFunc(r.globs, func(glob string) bool { return !slices.ContainsFunc(knownRegions(), matching(glob)) })
	seen := map[string]bool{}
	remain := 0
	err := r.Source.Discover(ctx, func(t inventory.Target) error {
		if t.Region != inventory.AnyRegion {
			seen[t.Region] = true
			if t.Absent == inventory.Present && slices.ContainsFunc(r.globs, func(glob string) bool { return matching(glob)(t.Region) }) {
				t = inventory.Target{Scope: t.Scope, Absent: inventory.Excluded}
			}
		}
		if t.Absent == inventory.Present {
			remain++
		}
		if hold {
			held = append(held, t)
			return nil
		}
		return found(t)
	})
	if err == nil {
		err = r.check(seen, remain)
	}
	for _, t := range held {
		if err == nil {
			err = found(t)
		}
	}
	return err
}

// check refuses patterns that leave out nothing at all, and those that leave nothing.
func (r *remainingScopes) check(seen map[string]bool, remain int) error {
	regions := knownRegions()
	for name := range seen {
		regions = append(regions, name)
	}
	slices.Sort(regions)
	regions = slices.Compact(regions)
	for _, glob := range r.globs {
		if !slices.ContainsFunc(regions, matching(glob)) {
			return usageError{fmt.Errorf("--exclude-region %s fits no Region%s", glob, spelling.Hint(glob, regions))}
		}
	}
	if remain == 0 && len(seen) > 0 {
		return usageError{fmt.Errorf("--exclude-region %s leaves no Region to read: what is not read is no pass", strings.Join(r.globs, ","))}
	}
	return nil
}

func matching(glob string) func(region string) bool {
	return func(region string) bool {
		ok, err := path.Match(glob, region)
		return ok && err == nil // excluding has refused malformed ones
	}
}

// knownRegions are those of every partition.
func knownRegions() []string {
	var names []string
	for _, p := range inventory.Partitions() {
		for _, r := range inventory.KnownRegions(p) {
			names = append(names, r.Name)
		}
	}
	return names
}
