package report

import (
	"bufio"
	"cmp"
	"errors"
	"fmt"
	"io"
	"strings"

	"flowproof/internal/event"
	"flowproof/internal/finding"
	"flowproof/internal/inventory"
)

// proofText is a proof for people. One walk through the spool sorts the VPCs by their state.
type proofText struct {
	textReport
	parts map[proofState]*proofPart
}

// subnetWidth is that of "subnet-" and seventeen hex digits.
const subnetWidth = 24

// proofPart is the VPCs and flow logs of one state.
type proofPart struct {
	placedTable
	rows pile
	vpcs int
	logs int // on something else than a VPC
}

func writeProofText(w io.Writer, spool *event.Spool, o Options) (err error) {
	s := newSheet(o)
	o.Access.Read = cmp.Or(o.Access.Read, "flowproof policy read --rule "+recordedRule+","+arrivalRule)
	t := &proofText{parts: map[proofState]*proofPart{}, textReport: textReport{
		sheet: s, options: o, run: spool.Run(), summary: spool.Summary(), place: newPlace(spool.Scopes()),
	}}
	t.notRead = newNotRead(s, t.place, o, 0)
	for _, state := range proofStates() {
		t.parts[state] = &proofPart{placedTable: t.place.table(s, t.place.region, column{title: "Resource", width: subnetWidth}, column{title: "Seen"}), rows: pile{limit: pileLimit}}
	}
	defer func() { err = errors.Join(err, t.close()) }()
	if err := spool.Walk(t.block); err != nil {
		return err
	}
	if err := t.notRead.endAccount(); err != nil {
		return err
	}
	out := bufio.NewWriterSize(w, 1<<16)
	if err := t.compose(out); err != nil {
		return err
	}
	return out.Flush()
}

func (t *proofText) close() error {
	err := t.notRead.rows.close()
	for _, p := range t.parts {
		err = errors.Join(err, p.rows.close())
	}
	return err
}

// block sorts one scope.
func (t *proofText) block(row event.Scope, found []finding.Finding) error {
	if err := t.notRead.add(row); err != nil {
		return err
	}
	for _, p := range proofs(found) {
		part := t.parts[p.state()]
		if err := write(&part.rows, func(b *strings.Builder) { part.add(b, p, t.options.Verbose) }); err != nil {
			return err
		}
	}
	return nil
}

// add writes the row of a VPC: the flow logs on it, and what was seen of them.
func (s *proofPart) add(b *strings.Builder, p proof, verbose bool) {
	var why []string
	resource, id := finding.Resource{}, []string(nil)
	switch {
	case p.vpc != nil:
		s.vpcs++
		resource = p.vpc.Resource
		id = []string{resource.ID}
		if resource.Name != "" {
			id = append(id, `"`+cut(resource.Name, maxName)+`"`)
		}
		if len(p.logs) == 0 || p.state() == notRecorded {
			why = append(why, cut(p.vpc.Message, maxMessage))
		}
	default:
		s.logs++
		resource = p.logs[0].Resource
		id = []string{on(p.logs[0])}
	}
	for _, f := range p.logs {
		if p.state() != notRecorded { // of such a VPC its own message has said it
			why = append(why, told(f, verbose)...)
		}
	}
	s.row(b, resource.Account, []string{resource.Region}, id, why)
	for _, f := range p.logs {
		if r := arrival(f).Records; r != nil {
			s.records(b, f.Resource.ID, *r)
		}
	}
}

// told is what was seen of one flow log.
func told(f finding.Finding, verbose bool) []string {
	message := f.Message
	if f.Outcome == finding.Unknown && len(f.Gaps) > 0 {
		message = causes(f.Gaps)
	}
	lines := []string{f.Resource.ID + ": " + cut(message, maxMessage)}
	if f.Outcome != finding.Unknown && len(f.Gaps) > 0 {
		lines = append(lines, "records not read: "+cut(f.Gaps[0].Message, maxMessage))
	}
	a := arrival(f)
	if f.Outcome == finding.Pass && len(a.Seen) > 0 && len(a.Unseen) > 0 {
		lines = append(lines, "not seen: "+some(a.Unseen, verbose))
	}
	return lines
}

// some names the first of many.
func some(ids []string, all bool) string {
	const most = 3
	if all || len(ids) <= most {
		return strings.Join(ids, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(ids[:most], ", "), len(ids)-most)
}

// records writes what the newest records of a flow log say, below its row.
func (s *proofPart) records(b *strings.Builder, log string, r finding.Records) {
	spans := []span{{plain, fmt.Sprintf("%s: %s read, %d OK, %d NODATA", log, plural(r.Read, "record"), r.OK, r.NoData)}}
	if r.Empty > 0 {
		spans = append(spans, span{doubt, fmt.Sprintf(", %s without a record", plural(r.Empty, "file"))})
	}
	if r.Other > 0 {
		spans = append(spans, span{plain, fmt.Sprintf(", %d without a status", r.Other)})
	}
	if r.Malformed > 0 {
		spans = append(spans, span{doubt, fmt.Sprintf(", %d not of its format", r.Malformed)})
	}
	if r.SkipData > 0 {
		spans = append(spans, span{bad, fmt.Sprintf(", %d SKIPDATA: AWS lost traffic there", r.SkipData)})
	}
	if r.Incomplete > 0 {
		spans = append(spans, span{bad, fmt.Sprintf(", %d INCOMPLETEDATA: AWS recorded a part", r.Incomplete)})
	}
	if r.Partial {
		spans = append(spans, span{doubt, "; partial: " + r.Extent})
	}
	s.paragraph(b, 2*indent, 3*indent, spans...)
	for _, line := range r.Lines {
		s.paragraph(b, 3*indent, 4*indent, span{faint, line})
	}
}

// compose writes the proof: what is wrong first, what is proven last.
func (t *proofText) compose(w io.Writer) error {
	if err := write(w, t.headline); err != nil {
		return err
	}
	for _, state := range []proofState{notRecorded, nothingCame, notProven} {
		if err := t.part(w, state); err != nil {
			return err
		}
	}
	if err := t.notRead.writeTo(w, t.summary.Scopes.Expected); err != nil {
		return err
	}
	for _, state := range []proofState{proven, nothingToDo} {
		if err := t.part(w, state); err != nil {
			return err
		}
	}
	return write(w, func(b *strings.Builder) {
		t.next(b)
		b.WriteByte('\n')
		t.paragraph(b, 0, between, span{plain, plural(t.summary.Calls, "call") + ", " + duration(t.summary.Finished.Sub(t.run.Started))})
	})
}

// headline says both things: how much was read, and how much of it is proven.
func (t *proofText) headline(b *strings.Builder) {
	scopes := span{good, fmt.Sprintf("%d of %s read whole", t.summary.Scopes.Read, plural(t.summary.Scopes.Expected, "scope"))}
	if !t.summary.Complete {
		scopes.meaning = doubt
	}
	all, open := 0, 0
	for state, p := range t.parts {
		all += p.vpcs
		if state != proven && state != nothingToDo {
			open += p.vpcs
		}
	}
	said := span{good, fmt.Sprintf("%d of %s proven to deliver", t.parts[proven].vpcs, plural(all, "VPC"))}
	if open > 0 {
		said.meaning = bad
		said.text += fmt.Sprintf(", %d not", open)
	}
	if n := t.parts[nothingToDo].vpcs; n > 0 {
		said.text += fmt.Sprintf(", %d with nothing to record", n)
	}
	spans := append([]span{scopes}, leftOut(*t.summary)...)
	t.paragraph(b, 0, between, append(spans, span{plain, "; "}, said)...)
}

func (t *proofText) part(w io.Writer, state proofState) error {
	p := t.parts[state]
	if p.vpcs+p.logs == 0 {
		return nil
	}
	if err := write(w, func(b *strings.Builder) {
		b.WriteByte('\n')
		word, about := proofTitle(state)
		count := plural(p.vpcs, "VPC")
		if p.logs > 0 {
			count += " and " + plural(p.logs, "flow log") + " on something else"
		}
		p.title(b, word, span{plain, about + " (" + count + ")"})
		p.header(b)
	}); err != nil {
		return err
	}
	return p.rows.copyTo(w)
}

func proofTitle(state proofState) (word span, about string) {
	switch state {
	case notRecorded:
		return span{bad, "NOT RECORDED"}, "no flow log of it works"
	case nothingCame:
		return span{bad, "NOTHING CAME"}, "interfaces in use, and no record"
	case notProven:
		return span{doubt, "NOT PROVEN"}, "no record was seen, which need not mean that there is none"
	case proven:
		return span{good, "PROVEN"}, "records arrive; an interface not seen has not lost any for that reason"
	}
	return span{faint, "NOTHING TO RECORD"}, "no interface is in use"
}

// next suggests what to type.
func (t *proofText) next(b *strings.Builder) {
	var list []advice
	switch {
	case t.notRead.has(inventory.Denied):
		list = append(list, advice{t.options.Access.orPlain().Read, "the permissions that reading needs"})
	case t.parts[nothingCame].vpcs+t.parts[notProven].vpcs > 0:
		list = append(list, advice{"flowproof kb show " + arrivalRule, "how to look and what to do by hand"})
	}
	if t.parts[notRecorded].vpcs > 0 && t.options.Plan != "" {
		list = append(list, advice{t.options.Plan, "plan the repair, change nothing"})
	}
	t.advise(b, list)
}
