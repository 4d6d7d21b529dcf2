package remediate

import (
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	"flowproof/internal/inventory"
	"flowproof/internal/spelling"
)

// candidate is a thing that --resource and --tag choose from.
type candidate struct {
	id   string
	tags map[string]string
}

// CheckChoice refuses --resource and --tag where they fit nothing there is: they were mistyped, and a
// plan of nothing would look like one of nothing to do. Where something could not be read nobody
// can say that.
func (in Input) CheckChoice() error {
	p := in.Policy
	if len(p.Resources) == 0 && len(p.ChosenTags) == 0 {
		return nil
	}
	var all []candidate
	for i := range in.Inventories {
		inv := &in.Inventories[i]
		if len(inv.GapsIn(inventory.VPCs, inventory.TransitGateways)) > 0 {
			return nil
		}
		for _, v := range inv.VPCs {
			all = append(all, candidate{v.ID, v.Tags})
		}
		for _, g := range inv.TransitGateways {
			all = append(all, candidate{g.ID, g.Tags})
		}
	}
	for _, glob := range p.Resources {
		if !slices.ContainsFunc(all, func(c candidate) bool { return fits(glob, c.id) }) {
			return fmt.Errorf("--resource %s fits none of the %d VPCs and transit gateways that were read%s", glob, len(all), spelling.Hint(glob, ids(all)))
		}
	}
	for _, key := range slices.Sorted(maps.Keys(p.ChosenTags)) {
		if err := p.checkTagFits(key, all); err != nil {
			return err
		}
	}
	if !slices.ContainsFunc(all, p.fits) {
		return fmt.Errorf("each of --resource and --tag fits something that was read, and nothing fits all of them")
	}
	return nil
}

func (p Policy) checkTagFits(key string, all []candidate) error {
	value := p.ChosenTags[key]
	var keys, values []string
	for _, c := range all {
		keys = slices.AppendSeq(keys, maps.Keys(c.tags))
		v, there := c.tags[key]
		if there && v == value {
			return nil
		}
		if there {
			values = append(values, v)
		}
	}
	slices.Sort(keys)
	slices.Sort(values)
	if len(values) == 0 {
		return fmt.Errorf("--tag %s=%s: none of the %d VPCs and transit gateways that were read has the tag %q%s", key, value, len(all), key, spelling.Hint(key, slices.Compact(keys)))
	}
	return fmt.Errorf("--tag %s=%s: nothing that was read has this value%s", key, value, spelling.Hint(value, slices.Compact(values)))
}

// fits reports whether everything that chooses chooses a candidate.
func (p Policy) fits(c candidate) bool {
	for k, want := range p.ChosenTags {
		if v, there := c.tags[k]; !there || v != want {
			return false
		}
	}
	return len(p.Resources) == 0 || slices.ContainsFunc(p.Resources, func(glob string) bool { return fits(glob, c.id) })
}

func fits(glob, id string) bool {
	ok, err := path.Match(glob, id)
	return ok && err == nil // Check has refused malformed ones
}

func ids(all []candidate) []string {
	var list []string
	for _, c := range all {
		list = append(list, c.id)
	}
	slices.SortFunc(list, strings.Compare)
	return list
}
