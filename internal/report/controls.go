package report

import (
	"fmt"
	"strings"

	"flowproof/internal/event"
	"flowproof/internal/finding"
)

// controls says of each framework that the run was asked about what came of its controls.
func (r *textReport) controls(b *strings.Builder) {
	for _, f := range r.summary.Frameworks {
		b.WriteByte('\n')
		r.title(b, span{plain, f.Name + " " + f.Version}, span{faint, "as far as rules go: no proof of compliance"})
		width := 0
		for _, c := range f.Controls {
			width = max(width, measure(c.Control))
		}
		t := newTable(r.sheet, column{title: "Control", width: max(width, len("Control"))}, column{title: "Outcome", width: len(finding.NotApplicable)}, column{title: "What was found"})
		t.header(b)
		for _, c := range f.Controls {
			t.columns[1].meaning = outcomeMeaning(c.Outcome)
			t.row(b, []string{c.Control}, []string{outcomeWord(c.Outcome)}, append([]string{c.Title}, found(c.Rules)...))
		}
	}
}

// found says what each rule that is tied to a control found, the strongest ties first.
func found(rules []event.RuleResult) []string {
	var lines []string
	for _, strength := range []string{"direct", "supporting", "derived"} {
		for _, r := range rules {
			if r.Strength == strength {
				lines = append(lines, fmt.Sprintf("%s (%s): %s", r.Rule, r.Strength, tallied(r)))
			}
		}
	}
	return lines
}

func tallied(r event.RuleResult) string {
	if !r.Ran {
		return "skipped"
	}
	var parts []string
	for _, o := range []finding.Outcome{finding.Fail, finding.Unknown, finding.Suppressed, finding.Pass, finding.NotApplicable} {
		if n := r.Outcomes[o]; n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, outcomeWord(o)))
		}
	}
	if len(parts) == 0 {
		return "nothing to judge"
	}
	return strings.Join(parts, ", ")
}

func outcomeWord(o finding.Outcome) string {
	if o == "" {
		return "not asked"
	}
	return strings.ReplaceAll(string(o), "-", " ")
}

func outcomeMeaning(o finding.Outcome) meaning {
	switch o {
	case finding.Fail:
		return bad
	case finding.Unknown:
		return doubt
	case finding.Pass:
		return good
	case finding.Suppressed, finding.NotApplicable:
		return faint
	}
	return plain
}
