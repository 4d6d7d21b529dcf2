package awslive

import (
	"cmp"
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"

	"flowproof/internal/inventory"
)

// regionFilter is what was asked for with --region. Empty means every Region.
type regionFilter struct {
	names []string // plain: read without asking whether they are enabled
	globs []string
}

var regionName = regexp.MustCompile(`^[a-z]{2,}(-[a-z]+)+-[0-9]+$`)

func parseRegions(args []string) (regionFilter, error) {
	var f regionFilter
	for _, arg := range args {
		_, err := path.Match(arg, "")
		switch {
		case err != nil:
			return f, fmt.Errorf("region pattern %q: %w", arg, err)
		case strings.ContainsAny(arg, "*?["):
			f.globs = append(f.globs, arg)
		case regionName.MatchString(arg):
			f.names = append(f.names, arg)
		default:
			return f, fmt.Errorf("region %q: not the name of a Region, such as eu-west-1, nor a pattern, such as 'eu-*'", arg)
		}
	}
	slices.Sort(f.names)
	f.names = slices.Compact(f.names)
	return f, nil
}

// needsList reports whether the account's own list of Regions is needed.
func (f regionFilter) needsList() bool { return len(f.globs) > 0 || len(f.names) == 0 }

func (f regionFilter) matchesGlob(region string) bool {
	return slices.ContainsFunc(f.globs, func(g string) bool {
		ok, err := path.Match(g, region)
		return ok && err == nil // parseRegions has refused malformed ones
	})
}

// homeRegion is where identity and the list of Regions are asked for: the configured Region, else
// us-east-1, else (in another partition, where every Region is enabled) the first that was named. Credentials never cross partitions, so Regions of
// another partition than home's are a mistake that is better told before the first call.
func (f regionFilter) homeRegion(configured string) (string, error) {
	home := cmp.Or(configured, fallbackRegion)
	if configured == "" && len(f.names) > 0 && inventory.PartitionOf(f.names[0]) != inventory.PartitionOf(home) {
		home = f.names[0]
	}
	partition := inventory.PartitionOf(home)
	for _, name := range f.names {
		if other := inventory.PartitionOf(name); other != partition {
			return "", foreignPartition(name, other, home, partition)
		}
	}
	for _, glob := range f.globs {
		if other := onlyIn(glob, partition); other != "" {
			return "", foreignPartition(glob, other, home, partition)
		}
	}
	return home, nil
}

func foreignPartition(region, partition, home, homePartition string) error {
	return fmt.Errorf("region %s is in partition %s, but the calls would go through %s in %s: set AWS_REGION, or the region of the profile, to a Region of %s such as %s",
		region, partition, home, homePartition, partition, inventory.KnownRegions(partition)[0].Name)
}

// onlyIn names the other partition that a glob speaks of, when it matches no known Region of ours.
func onlyIn(glob, ours string) string {
	found := ""
	for _, p := range inventory.Partitions() {
		for _, r := range inventory.KnownRegions(p) {
			if ok, err := path.Match(glob, r.Name); !ok || err != nil {
				continue
			}
			if p == ours {
				return ""
			}
			found = p
		}
	}
	return found
}

// isOptIn reports whether a Region has to be enabled by each account. A Region that is not in
// the built-in list is newer than it, and every new Region since 2019 is opt-in.
func isOptIn(region string) bool {
	for _, r := range inventory.KnownRegions(inventory.PartitionOf(region)) {
		if r.Name == region {
			return r.OptIn
		}
	}
	return true
}
