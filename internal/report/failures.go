package report

import (
	"cmp"
	"slices"
	"strings"

	"flowproof/internal/event"
	"flowproof/internal/inventory"
)

// failures counts what was not read by the call that failed and why: every gap of a run is in it,
// however many accounts there are.
type failures struct {
	list []failure // in the order in which they were met first
}

// failure is a call that failed for one cause.
type failure struct {
	api              string
	cause            inventory.Cause
	scopes, accounts int
	scope            inventory.Scope // the last one counted
}

// add counts the gaps of a scope: each call and cause once.
func (f *failures) add(row event.Scope) {
	for _, g := range row.Gaps {
		at := slices.IndexFunc(f.list, func(c failure) bool { return c.api == g.API && c.cause == g.Cause })
		if at < 0 {
			at = len(f.list)
			f.list = append(f.list, failure{api: g.API, cause: g.Cause})
		}
		c := &f.list[at]
		if c.scopes > 0 && c.scope == row.Scope {
			continue
		}
		c.scopes++
		if c.accounts == 0 || c.scope.Account != row.Account {
			c.accounts++
		}
		c.scope = row.Scope
	}
}

// writeTo writes a row for each, the one that most scopes miss first.
func (f *failures) writeTo(b *strings.Builder, s sheet) {
	slices.SortStableFunc(f.list, func(a, b failure) int { return cmp.Compare(b.scopes, a.scopes) })
	const most = len("100000 scopes of 10000 accounts")
	t := newTable(s, column{title: "How many", width: most}, column{title: "Not read, and why"})
	t.header(b)
	for _, c := range f.list {
		t.row(b, []string{plural(c.scopes, "scope") + " of " + plural(c.accounts, "account")}, []string{c.api + " " + string(c.cause)})
	}
}
