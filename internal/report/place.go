package report

import (
	"iter"
	"strings"

	"flowproof/internal/inventory"
)

const (
	accountRoom = 40 // columns that must be left for the reason beside a column for the account
	roomyWhy    = 60 // beyond it, room goes to the names of resources
	maxRegion   = 16 // the longest Region has 14 letters
)

// place is what a run needs to say where something is: its Regions, and its accounts if there
// are several.
type place struct {
	accounts int
	region   int // columns of the longest Region
}

func newPlace(scopes iter.Seq[inventory.Scope]) place {
	p := place{region: len("Region")}
	seen := ""
	for s := range scopes { // in order, so that an account's scopes are neighbours
		if s.Account != seen || p.accounts == 0 {
			seen = s.Account
			p.accounts++
		}
		p.region = min(max(p.region, measure(regionName(s.Region))), maxRegion)
	}
	return p
}

func regionName(region string) string {
	if region == inventory.AnyRegion {
		return "(account)"
	}
	return region
}

// placedTable is a table whose rows belong to an account and a Region. The account has a column
// where there is room, and else a line above its rows; neither in a run over one account.
type placedTable struct {
	table
	column  bool // the account has a column
	above   bool // the account has a line
	account string
}

func (p place) table(s sheet, region int, columns ...column) placedTable {
	columns = append([]column{{title: "Region", width: region}}, columns...)
	if p.accounts <= 1 {
		return placedTable{table: newTable(s, columns...)}
	}
	with := append([]column{{title: "Account", width: 12}}, columns...)
	if t := newTable(s, with...); t.columns[len(with)-1].width >= accountRoom {
		return placedTable{table: t, column: true}
	}
	return placedTable{table: newTable(s, columns...), above: true}
}

// findings is a table for findings: what width is left beyond a comfortable reason goes to the
// resources, whose names then stand behind their ids.
func (p place) findings(s sheet) placedTable {
	resource := idWidth
	t := p.table(s, p.region, column{title: "Resource", width: resource}, column{title: "Why"})
	if spare := t.columns[len(t.columns)-1].width - roomyWhy; spare > 0 {
		resource += min(spare, 35)
		t = p.table(s, p.region, column{title: "Resource", width: resource}, column{title: "Why"})
	}
	return t
}

// row writes a row in its place.
func (t *placedTable) row(b *strings.Builder, account string, region []string, cells ...[]string) {
	row := append([][]string{region}, cells...)
	if t.column {
		row = append([][]string{{account}}, row...)
	}
	if t.above && account != t.account {
		t.account = account
		t.paragraph(b, indent, indent+between, span{plain, "Account " + account})
	}
	t.table.row(b, row...)
}
