package report

import (
	"fmt"
	"strings"
	"time"

	"flowproof/internal/finding"
)

// decided says what people decided about findings: what is accepted, and what an earlier run had
// already.
func (r *textReport) decided(b *strings.Builder) {
	if n := r.summary.Outcomes[finding.Suppressed]; n > 0 {
		r.paragraph(b, 0, between, span{faint, plural(n, "finding") + pick(n, " is", " are") + " suppressed: accepted by somebody for a time"})
	}
	base := r.summary.Baseline
	if base == nil {
		return
	}
	known, fresh := 0, 0
	for _, v := range finding.Severities() {
		known += base.Known[v]
		fresh += r.summary.New(v)
	}
	about := fmt.Sprintf("%d known from the baseline of %s", known, base.Started.UTC().Format(time.DateOnly))
	if known > 0 && !r.options.Verbose {
		about += " (not listed; --verbose lists them)"
	}
	count := span{good, "none new"}
	switch {
	case fresh == 0 && !r.summary.Complete:
		count = span{doubt, "none new in what was read"}
	case fresh > 0:
		count = span{bad, fmt.Sprintf("%d new", fresh)}
	}
	spans := []span{{faint, about}, {plain, "; "}, count, {plain, "; "}, {faint, fmt.Sprintf("%d fixed since", base.Fixed)}}
	if base.Other > 0 {
		spans = append(spans, span{plain, "; "}, span{faint, fmt.Sprintf("%d now unknown, suppressed or not in this run", base.Other)})
	}
	r.paragraph(b, 0, between, spans...)
}
