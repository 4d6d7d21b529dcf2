package inventory

import (
	"slices"
	"strings"
)

// Named is what was read of things that are read by name: the places that flow logs deliver to
// or, when a repair is planned, will deliver to, and the roles for it. Asked says which names those
// were; of any other name the inventory knows nothing.
type Named struct {
	Asked     Names      `json:"asked,omitzero"`
	LogGroups []LogGroup `json:"log_groups,omitempty"`
	Roles     []Role     `json:"roles,omitempty"`
	Buckets   []Bucket   `json:"buckets,omitempty"`
	Streams   []Stream   `json:"streams,omitempty"`
}

// Names are the names that things are asked for by; empty for a kind that was not asked for.
type Names struct {
	LogGroupPrefix string   `json:"log_group_prefix,omitempty"` // every group whose name begins so
	LogGroups      []string `json:"log_groups,omitempty"`
	Roles          []string `json:"roles,omitempty"`
	Buckets        []string `json:"buckets,omitempty"`
	Streams        []string `json:"streams,omitempty"` // ARNs; asked for only in the scope that they are of
}

// IsZero reports whether nothing was asked for.
func (n Names) IsZero() bool {
	return n.LogGroupPrefix == "" && len(n.LogGroups)+len(n.Roles)+len(n.Buckets)+len(n.Streams) == 0
}

// For puts a scope's account and Region in the place of {account} and {region}.
func (n Names) For(s Scope) Names {
	r := strings.NewReplacer("{account}", s.Account, "{region}", s.Region)
	all := func(names []string) []string {
		var out []string
		for _, name := range names {
			out = append(out, r.Replace(name))
		}
		return out
	}
	return Names{
		LogGroupPrefix: r.Replace(n.LogGroupPrefix),
		LogGroups:      all(n.LogGroups),
		Roles:          all(n.Roles),
		Buckets:        all(n.Buckets),
		Streams:        all(n.Streams),
	}
}

// Kinds are the kinds that stand for the names that are set.
func (n Names) Kinds() []Kind {
	var kinds []Kind
	for kind, asked := range map[Kind]bool{
		LogGroups: n.LogGroupPrefix != "" || len(n.LogGroups) > 0,
		Roles:     len(n.Roles) > 0,
		Buckets:   len(n.Buckets) > 0,
		Streams:   len(n.Streams) > 0,
	} {
		if asked {
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
	has := func(either ...Kind) bool {
		return slices.ContainsFunc(either, func(k Kind) bool { return slices.Contains(kinds, k) })
	}
	var kept Named
	if has(LogGroups, Destinations) {
		kept.Asked.LogGroupPrefix, kept.Asked.LogGroups, kept.LogGroups = n.Asked.LogGroupPrefix, n.Asked.LogGroups, n.LogGroups
	}
	if has(Roles, DeliveryRoles) {
		kept.Asked.Roles, kept.Roles = n.Asked.Roles, n.Roles
	}
	if has(Buckets, Destinations) {
		kept.Asked.Buckets, kept.Buckets = n.Asked.Buckets, n.Buckets
	}
	if has(Streams, Destinations) {
		kept.Asked.Streams, kept.Streams = n.Asked.Streams, n.Streams
	}
	return kept
}

// normalize sorts what sources may give in any order. One name has one fact.
func (n *Named) normalize() {
	n.LogGroups = byName(n.LogGroups, func(g LogGroup) string { return g.Name })
	n.Roles = byName(n.Roles, func(r Role) string { return r.Name })
	n.Buckets = byName(n.Buckets, func(b Bucket) string { return b.Name })
	n.Streams = byName(n.Streams, func(s Stream) string { return s.ARN })
	for i := range n.Buckets {
		n.Buckets[i].normalize()
	}
	for i := range n.Roles {
		r := &n.Roles[i]
		slices.SortFunc(r.Inline, compareRolePolicies)
		slices.SortFunc(r.Attached, compareRolePolicies)
	}
	for _, names := range []*[]string{&n.Asked.LogGroups, &n.Asked.Roles, &n.Asked.Buckets, &n.Asked.Streams} {
		slices.Sort(*names)
		*names = slices.Compact(*names)
	}
}

func byName[T any](facts []T, name func(T) string) []T {
	return onceEach(facts, func(a, b T) int { return strings.Compare(name(a), name(b)) }, name)
}

// found looks a name up in facts. The second result is false where nothing is known of the
// name: it was not asked about, or one of the kinds that it was asked about in was not read whole.
func found[T any](inv *Inventory, name string, asked bool, kinds []Kind, facts []T, is func(T) bool) (fact T, exists, known bool) {
	if i := slices.IndexFunc(facts, is); i >= 0 {
		return facts[i], true, true
	}
	was := slices.ContainsFunc(kinds, func(k Kind) bool { return slices.Contains(inv.Kinds, k) })
	return fact, false, asked && was && len(inv.GapsAbout(name, kinds...)) == 0
}
