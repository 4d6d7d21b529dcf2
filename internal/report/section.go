package report

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"flowproof/internal/finding"
	"flowproof/internal/inventory"
)

const (
	idWidth    = 21  // "vpc-" and seventeen hex digits
	maxMessage = 400 // columns of a message, unless all of it is asked for
	maxName    = 40  // columns of a name, likewise
)

// sectionKey says what a section lists: one rule's findings of one outcome, or what is unknown
// by any rule.
type sectionKey struct {
	outcome finding.Outcome
	rule    string
}

// section is a table of findings, as it grows.
type section struct {
	placedTable
	verbose  bool
	key      sectionKey
	severity finding.Severity
	rows     pile

	findings  int
	resources int
	rules     map[string]bool
	last      shown // in this block

	most    int // rows that it lists; 0 for no bound
	listed  int // rows so far, listed or not
	ranking ranking
}

// shown is what a row says, to keep two rules that say the same from saying it twice.
type shown struct{ arn, why string }

func newSection(key sectionKey, severity finding.Severity, t placedTable, verbose bool, most int) *section {
	return &section{
		placedTable: t, verbose: verbose, key: key, severity: severity,
		rows: pile{limit: pileLimit}, rules: map[string]bool{}, most: most,
	}
}

// tooLong reports whether the section has more rows than it lists.
func (s *section) tooLong() bool { return s.most > 0 && s.listed > s.most }

// add appends the row of a finding. Findings come in the order of a block, so that all
// about one resource are neighbours.
func (s *section) add(f finding.Finding) error {
	s.findings++
	s.rules[f.Rule] = true
	if s.tooLong() && s.key.outcome != finding.Unknown { // the row is not shown, and there are many
		s.count(f.Resource)
		return nil
	}
	row := shown{f.Resource.ARN, s.why(f)}
	if row.arn != s.last.arn {
		s.resources++
	}
	if s.key.outcome == finding.Unknown && row == s.last {
		return nil
	}
	s.last = row
	s.count(f.Resource)
	if s.tooLong() {
		return nil
	}
	return write(&s.rows, func(b *strings.Builder) {
		resource := s.resource(f.Resource)
		s.row(b, f.Resource.Account, []string{f.Resource.Region}, resource, []string{row.why})
	})
}

// count counts a row.
func (s *section) count(r finding.Resource) {
	s.listed++
	s.ranking.add(r.Account, r.Region)
}

// endBlock forgets the last resource: the same id in another Region is another one.
func (s *section) endBlock() { s.last = shown{} }

// heading writes what the section lists, and the table's header or, in place of a table that is too
// long, which accounts have the most.
func (s *section) heading(b *strings.Builder, title string) {
	b.WriteByte('\n')
	if s.key.rule == "" {
		rules := strings.Join(slices.Sorted(maps.Keys(s.rules)), ", ")
		s.title(b, span{doubt, "UNKNOWN"}, span{plain, plural(s.resources, "resource") + " not judged by " + rules})
	} else {
		s.title(b, s.word(), s.severityText(), span{plain, fmt.Sprintf("%s: %s (%d)", s.key.rule, title, s.findings)})
	}
	if s.tooLong() {
		s.ranking.writeTo(b, s.sheet)
		return
	}
	s.header(b)
}

// severityText is the rule's severity where it matters: beside a failure.
func (s *section) severityText() span {
	switch {
	case s.key.outcome != finding.Fail:
		return span{}
	case s.severity == finding.Low:
		return span{plain, string(s.severity) + "  "}
	case s.severity == finding.Medium:
		return span{doubt, string(s.severity) + "  "}
	}
	return span{bad, string(s.severity) + "  "}
}

func (s *section) word() span {
	word := strings.ToUpper(strings.ReplaceAll(string(s.key.outcome), "-", " "))
	switch s.key.outcome {
	case finding.Fail:
		return span{bad, word}
	case finding.Pass:
		return span{good, word}
	}
	return span{faint, word}
}

// why is the reason as the table gives it. Of a gap only API and cause: its message stands once
// among the scopes that were not read.
func (s *section) why(f finding.Finding) string {
	why := f.Message
	switch {
	case f.Outcome == finding.Unknown && len(f.Gaps) > 0:
		why = causes(f.Gaps)
		if f.Resource.Owner != f.Resource.Account {
			why = "owned by " + f.Resource.Owner + ": " + why
		}
	case f.Baseline:
		why += "; known from the baseline"
	case f.Suppression != nil:
		why += fmt.Sprintf("; accepted by %s until %s: %s", f.Suppression.Owner, f.Suppression.Expires, f.Suppression.Reason)
	}
	return s.short(why, maxMessage)
}

// causes says in short what could not be read.
func causes(gaps []inventory.Gap) string {
	var parts []string
	for _, g := range gaps {
		if part := g.API + " " + string(g.Cause); !slices.Contains(parts, part) {
			parts = append(parts, part)
		}
	}
	return strings.Join(parts, ", ")
}

// resource is a resource's id, with its name behind it or, where that is too long, below.
func (s *section) resource(r finding.Resource) []string {
	if r.Type == finding.ScopeType {
		return []string{"the whole Region"}
	}
	var about []string
	if r.Name != "" {
		about = append(about, `"`+s.short(r.Name, maxName)+`"`)
	}
	if r.Default {
		about = append(about, "(default)")
	}
	line := strings.Join(append([]string{r.ID}, about...), " ")
	if len(about) == 0 || measure(line) <= s.columns[len(s.columns)-2].width {
		return []string{line}
	}
	return []string{r.ID, strings.Join(about, " ")}
}

// short cuts text, unless all of it is asked for.
func (s *section) short(text string, width int) string {
	if s.verbose {
		return text
	}
	return cut(text, width)
}
