package kb

import (
	"fmt"
	"slices"
	"strings"

	"flowproof/internal/framework"
)

// marker is the line of a page whose place the table of standards takes. It is a comment, so
// that a page read as it lies in the repository shows nothing odd.
const marker = "<!-- standards -->"

// fill puts the table of standards where the page asks for it.
func fill(page, table string) string { return strings.Replace(page, marker+"\n", table, 1) }

// standards is the table of controls that the rule speaks to, a row and a title for each.
func standards(ruleID string) string {
	return table(framework.ForRule(ruleID), func(m framework.Mapping) string { return m.Control + ": " + m.Title })
}

// briefStandards is the same for a terminal: without titles, and controls that differ in
// nothing else in one row.
func briefStandards(ruleID string) string {
	var brief []framework.Mapping
	for _, m := range framework.ForRule(ruleID) {
		at := slices.IndexFunc(brief, func(b framework.Mapping) bool {
			return b.Framework == m.Framework && b.Strength == m.Strength && b.Source == m.Source
		})
		if at < 0 {
			brief = append(brief, m)
			continue
		}
		brief[at].Control += ", " + m.Control
	}
	return table(brief, func(m framework.Mapping) string { return m.Control })
}

func table(mappings []framework.Mapping, control func(framework.Mapping) string) string {
	if len(mappings) == 0 {
		return "No framework is mapped to this rule.\n"
	}
	var b strings.Builder
	b.WriteString("| Framework | Version | Control | Strength | Source |\n|---|---|---|---|---|\n")
	for _, m := range mappings {
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s |\n",
			literal(m.Name), literal(m.Version), literal(control(m)), m.Strength, literal(m.Source))
	}
	return b.String()
}

// literal escapes what Markdown would take for markup in a table cell. Names such as
// aws_iam_role are full of it.
func literal(s string) string {
	var b strings.Builder
	for _, r := range s {
		if strings.ContainsRune("\\`*_[]<>|&", r) {
			b.WriteByte('\\')
		}
		b.WriteRune(r)
	}
	return b.String()
}
