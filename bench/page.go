package main

import (
	_ "embed"
	"strings"
)

// pageText is docs/benchmarks.md without its figures.
//
//go:embed page.md
var pageText string

// page is what was measured, as a whole page and as its tables alone.
type page struct{ result, whole string }

// The result stands between these lines of the page.
const resultStart, resultEnd = "<!-- result -->\n", "<!-- end of result -->\n"

func render(e extent, c circumstances, rows []row, fleets []fleetRuns) page {
	ds := delays()
	whole := strings.NewReplacer(
		"{title}", e.title, "{date}", c.date, "{machine}", c.machine, "{versions}", c.versions, "{vpcs}", number(e.vpcs),
		"{compare}", compareTable(rows, ds), "{cases}", caseTable(rows), "{right}", rightList(), "{fleet}", fleetTable(fleets),
		"{targets}", targetTable(append(accountTargets(rows, ds[len(ds)-1]), fleetTargets(fleets)...)),
	).Replace(pageText)
	before, rest, _ := strings.Cut(whole, resultStart)
	result, after, _ := strings.Cut(rest, resultEnd)
	return page{result: result, whole: before + result + after}
}
