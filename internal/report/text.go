package report

import (
	"bufio"
	"cmp"
	"errors"
	"io"
	"slices"
	"strings"

	"flowproof/internal/event"
	"flowproof/internal/finding"
	"flowproof/internal/inventory"
)

// textReport is the report for people. One walk through the spool sorts what there is to say
// into sections; they are written when all of it is known.
type textReport struct {
	sheet
	options  Options
	run      *event.Run
	summary  *event.Summary
	place    place
	sections map[sectionKey]*section
	notRead  *notRead
	fixable  bool // something fails that a flow log repairs, and it is the account's own
}

func writeText(w io.Writer, spool *event.Spool, o Options) (err error) {
	s := newSheet(o)
	r := &textReport{
		sheet: s, options: o, run: spool.Run(), summary: spool.Summary(),
		place:    newPlace(spool.Scopes()),
		sections: map[sectionKey]*section{},
	}
	r.notRead = newNotRead(s, r.place, o, r.most())
	defer func() { err = errors.Join(err, r.close()) }()
	if err := spool.WalkStored(r.block); err != nil {
		return err
	}
	if err := r.notRead.endAccount(); err != nil {
		return err
	}
	out := bufio.NewWriterSize(w, 1<<16)
	if err := r.compose(out); err != nil {
		return err
	}
	return out.Flush()
}

// block sorts one scope into the sections.
func (r *textReport) block(b *event.Stored) error {
	row, err := b.DecodeRow()
	if err != nil {
		return err
	}
	if err := r.notRead.add(row); err != nil {
		return err
	}
	for _, raw := range b.Findings {
		f, err := event.WithoutEvidence(raw)
		if err != nil {
			return err
		}
		r.fixable = r.fixable || fixable(f)
		s, shown := r.section(f)
		if !shown {
			continue
		}
		if err := s.add(f); err != nil {
			return err
		}
	}
	for _, s := range r.sections {
		s.endBlock()
	}
	return nil
}

// fixable reports whether a plan may make a flow log for what a finding says. One flow log too many is
// no lack of one.
func fixable(f finding.Finding) bool {
	onFlowLogs := f.Resource.Type == finding.VPCType || f.Resource.Type == finding.TransitGatewayType
	return f.Outcome == finding.Fail && onFlowLogs && f.Resource.Owner == f.Resource.Account && f.Rule != "flow-log-duplicate-check"
}

// section is where a finding is shown. What passes, does not apply or failed in the baseline too is
// shown on request only, and a verdict on a whole scope stands among the scopes that were not read.
func (r *textReport) section(f finding.Finding) (*section, bool) {
	key := sectionKey{f.Outcome, f.Rule}
	switch {
	case f.Outcome == finding.Unknown && f.Resource.Type == finding.ScopeType && len(f.Gaps) > 0:
		return nil, false
	case f.Outcome == finding.Unknown:
		key.rule = "" // one section for all rules, as most rest on the same lists
	case r.options.Verbose, f.Outcome == finding.Suppressed:
	case f.Outcome != finding.Fail, f.Baseline:
		return nil, false
	}
	s, ok := r.sections[key]
	if !ok {
		s = newSection(key, f.Severity, r.place.findings(r.sheet), r.options.Verbose, r.most())
		r.sections[key] = s
	}
	return s, true
}

// compose writes the report.
func (r *textReport) compose(w io.Writer) error {
	if err := write(w, r.headline); err != nil {
		return err
	}
	failing := r.ordered(finding.Fail)
	show := slices.Concat(failing, r.ordered(finding.Unknown))
	for _, s := range show {
		if err := r.writeSection(w, s); err != nil {
			return err
		}
	}
	if err := r.notRead.writeTo(w, r.summary.Scopes.Expected); err != nil {
		return err
	}
	if err := write(w, r.controls); err != nil {
		return err
	}
	for _, outcome := range []finding.Outcome{finding.Suppressed, finding.NotApplicable, finding.Pass} {
		for _, s := range r.ordered(outcome) {
			if err := r.writeSection(w, s); err != nil {
				return err
			}
		}
	}
	return write(w, func(b *strings.Builder) {
		r.next(b, failing)
		r.counts(b)
	})
}

// ordered returns the sections of an outcome: worst severity first, then in the order of rules.
func (r *textReport) ordered(outcome finding.Outcome) []*section {
	var chosen []*section
	for key, s := range r.sections {
		if key.outcome == outcome {
			chosen = append(chosen, s)
		}
	}
	slices.SortFunc(chosen, func(a, b *section) int {
		return cmp.Or(
			slices.Index(finding.Severities(), b.severity)-slices.Index(finding.Severities(), a.severity),
			r.ruleIndex(a.key.rule)-r.ruleIndex(b.key.rule),
			strings.Compare(a.key.rule, b.key.rule))
	})
	return chosen
}

func (r *textReport) ruleIndex(id string) int {
	return slices.IndexFunc(r.run.Rules, func(rule event.Rule) bool { return rule.ID == id })
}

func (r *textReport) writeSection(w io.Writer, s *section) error {
	title := ""
	if i := r.ruleIndex(s.key.rule); i >= 0 {
		title = r.run.Rules[i].Title
	}
	if err := write(w, func(b *strings.Builder) { s.heading(b, title) }); err != nil {
		return err
	}
	if s.tooLong() {
		return nil
	}
	return s.rows.copyTo(w)
}

// most is how many rows a section lists. A person who has one account wants to see all of it.
func (r *textReport) most() int {
	if r.place.accounts <= 1 {
		return 0
	}
	return r.options.Rows
}

// advice is a command to type next, and what it is for.
type advice struct{ command, why string }

// next suggests what to type.
func (r *textReport) next(b *strings.Builder, failing []*section) {
	var list []advice
	if r.fixable && r.options.Plan != "" {
		list = append(list, advice{r.options.Plan, "plan the repair, change nothing"})
	}
	if len(failing) > 0 && isRuleID(failing[0].key.rule) {
		list = append(list, advice{
			"flowproof kb show " + failing[0].key.rule, "how to check and fix it by hand",
		})
	}
	if r.notRead.has(inventory.Denied) {
		list = append(list, advice{r.options.Access.orPlain().Read, "the permissions that reading needs"})
	}
	r.advise(b, list)
}

// advise shows commands to type next.
func (r *textReport) advise(b *strings.Builder, list []advice) {
	if len(list) == 0 {
		return
	}
	width := 0
	for _, a := range list {
		width = max(width, measure(a.command))
	}
	b.WriteByte('\n')
	r.paragraph(b, 0, between, span{plain, "Next"})
	t := newTable(r.sheet, column{width: width, meaning: command}, column{})
	for _, a := range list {
		t.row(b, []string{a.command}, []string{a.why})
	}
}

// isRuleID keeps what only looks like a rule's id, in a stream from elsewhere, out of a line
// that people paste into their shell.
func isRuleID(s string) bool {
	return s != "" && strings.Trim(s, "abcdefghijklmnopqrstuvwxyz0123456789-") == ""
}

func (r *textReport) close() error {
	err := r.notRead.rows.close()
	for _, s := range r.sections {
		err = errors.Join(err, s.rows.close())
	}
	return err
}

// write composes lines in memory and writes them.
func write(w io.Writer, compose func(*strings.Builder)) error {
	var b strings.Builder
	compose(&b)
	_, err := io.WriteString(w, b.String())
	return err
}
