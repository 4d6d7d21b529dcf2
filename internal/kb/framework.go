package kb

import (
	"fmt"
	"strings"

	"flowproof/internal/framework"
)

// FrameworkText lays out a framework for a terminal: each control with the rules that are tied to
// it, how strongly and by which source. Widths and colours are as in [Text].
func FrameworkText(f framework.Framework, width int, colour bool) string {
	var b strings.Builder
	fmt.Fprintf(&b, "# %s %s\n\n", literal(f.Name), literal(f.Version))
	for _, c := range f.Controls {
		fmt.Fprintf(&b, "## %s: %s\n\n| Rule | Strength | Source |\n|---|---|---|\n", literal(c.ID), literal(c.Title))
		for _, r := range c.Rules {
			source := r.Source
			if r.Date != "" {
				source += " (" + r.Date + ")"
			}
			fmt.Fprintf(&b, "| %s | %s | %s |\n", r.Rule, r.Strength, literal(source))
		}
		b.WriteByte('\n')
	}
	return laidOut(b.String(), width, colour)
}

// RuleControls lays out for a terminal the controls of frameworks to which a rule is tied: each
// framework with no other controls and rows than those.
func RuleControls(frameworks []framework.Framework, width int, colour bool) string {
	var b strings.Builder
	b.WriteString("| Id | Control | Strength | Title |\n|---|---|---|---|\n")
	for _, f := range frameworks {
		for _, c := range f.Controls {
			fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", literal(f.ID), literal(c.ID), c.Rules[0].Strength, literal(c.Title))
		}
	}
	return laidOut(b.String(), width, colour)
}
