package awslive

import (
	"context"
	"fmt"
	"slices"

	"flowproof/internal/inventory"
	"flowproof/internal/spelling"
)

// isBuiltIn reports whether this version knows a Region. One that it does not know is new, or
// mistyped.
func isBuiltIn(region string) bool {
	return slices.Contains(builtIn(inventory.PartitionOf(region)), region)
}

func builtIn(partition string) []string {
	var names []string
	for _, r := range inventory.KnownRegions(partition) {
		names = append(names, r.Name)
	}
	return names
}

// unknownNames are the plain names that only AWS can tell from slips of the finger.
func (f regionFilter) unknownNames() []string {
	return slices.DeleteFunc(slices.Clone(f.names), isBuiltIn)
}

// checkNames refuses a plain name that neither this version nor AWS's own list of all Regions has:
// read all the same it would pass for a Region that is not enabled. Where the list cannot be had the
// name is read as it is, since it may be new.
func (s *Source) checkNames(listed listedRegions) error {
	if listed.err != nil || len(listed.regions) == 0 {
		return nil
	}
	for _, name := range s.allowed.unknownNames() {
		known := builtIn(inventory.PartitionOf(name))
		for _, r := range listed.regions {
			known = append(known, r.name)
		}
		if !slices.Contains(known, name) {
			return fmt.Errorf("%w: AWS has no Region %q%s", ErrNoRegion, name, spelling.Hint(name, known))
		}
	}
	return nil
}

// askForNames is checkNames where nobody needs the list otherwise. The caller's account gives every
// Region of the partition, whichever it has enabled, so one call does for all accounts.
func (s *Source) askForNames(ctx context.Context) error {
	if len(s.allowed.unknownNames()) == 0 {
		return nil
	}
	return s.checkNames(s.allRegions(ctx, s.regions.in))
}

// doubt adds to what AWS says of a Region that is not known here: AWS calls one that is mistyped
// not enabled, or it has no address.
func doubt(region string, cause inventory.Cause) string {
	if isBuiltIn(region) || cause != inventory.RegionDisabled && cause != inventory.Unreachable {
		return ""
	}
	return fmt.Sprintf("; this version of flowproof knows no Region %q%s", region, spelling.Hint(region, builtIn(inventory.PartitionOf(region))))
}
