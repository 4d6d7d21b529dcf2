package inventory

import (
	"slices"
	"strings"
)

// Named is what was read of things that were asked for by name, as planning a repair needs
// them: the places that flow logs will deliver to. Asked says which names those were; of any
// other name the inventory knows nothing.
type Named struct {
	Asked     Names      `json:"asked,omitzero"`
	LogGroups []LogGroup `json:"log_groups,omitempty"`
	Roles     []Role     `json:"roles,omitempty"`
	Buckets   []Bucket   `json:"buckets,omitempty"`
	Streams   []Stream   `json:"streams,omitempty"`
}

// Names are the names that things are asked for by; empty for a kind that was not asked for.
type Names struct {
	LogGroupPrefix string `json:"log_group_prefix,omitempty"` // every group whose name begins so
	Role           string `json:"role,omitempty"`
	Bucket         string `json:"bucket,omitempty"`
	Stream         string `json:"stream,omitempty"` // ARN; asked for only in the scope that it is of
}

// For puts a scope's account and Region in the place of {account} and {region}.
func (n Names) For(s Scope) Names {
	r := strings.NewReplacer("{account}", s.Account, "{region}", s.Region)
	return Names{
		LogGroupPrefix: r.Replace(n.LogGroupPrefix),
		Role:           r.Replace(n.Role),
		Bucket:         r.Replace(n.Bucket),
		Stream:         r.Replace(n.Stream),
	}
}

// Kinds are the kinds that stand for the names that are set.
func (n Names) Kinds() []Kind {
	var kinds []Kind
	for kind, name := range map[Kind]string{LogGroups: n.LogGroupPrefix, Roles: n.Role, Buckets: n.Bucket, Streams: n.Stream} {
		if name != "" {
			kinds = append(kinds, kind)
		}
	}
	slices.Sort(kinds)
	return kinds
}

// NamedKinds are the kinds of things that are asked for by name.
func NamedKinds() []Kind { return []Kind{Buckets, LogGroups, Roles, Streams} }

// Only keeps what the kinds stand for.
func (n Named) Only(kinds []Kind) Named {
	var kept Named
	for _, k := range kinds {
		switch k {
		case LogGroups:
			kept.Asked.LogGroupPrefix, kept.LogGroups = n.Asked.LogGroupPrefix, n.LogGroups
		case Roles:
			kept.Asked.Role, kept.Roles = n.Asked.Role, n.Roles
		case Buckets:
			kept.Asked.Bucket, kept.Buckets = n.Asked.Bucket, n.Buckets
		case Streams:
			kept.Asked.Stream, kept.Streams = n.Asked.Stream, n.Streams
		}
	}
	return kept
}

// normalize sorts what sources may give in any order. One name has one fact.
func (n *Named) normalize() {
	slices.SortFunc(n.LogGroups, func(a, b LogGroup) int { return strings.Compare(a.Name, b.Name) })
	n.LogGroups = slices.CompactFunc(n.LogGroups, func(a, b LogGroup) bool { return a.Name == b.Name })
	for i := range n.Roles {
		r := &n.Roles[i]
		slices.SortFunc(r.Inline, compareRolePolicies)
		slices.SortFunc(r.Attached, compareRolePolicies)
	}
}

// found looks a name up in facts of a kind. The second result is false where nothing is known
// of the name: the kind was not read whole, or not asked about it.
func found[T any](inv *Inventory, kind Kind, asked bool, facts []T, is func(T) bool) (fact T, exists, known bool) {
	if i := slices.IndexFunc(facts, is); i >= 0 {
		return facts[i], true, true
	}
	return fact, false, asked && inv.Whole(kind)
}
