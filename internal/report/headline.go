package report

import (
	"fmt"
	"strings"
	"time"

	"flowproof/internal/event"
	"flowproof/internal/finding"
)

// headline says both things: how much was read, and what that says of the VPCs, or of what else
// the chosen rules judge.
func (r *textReport) headline(b *strings.Builder) {
	scopes := span{good, fmt.Sprintf("%d of %s read whole", r.summary.Scopes.Read, plural(r.summary.Scopes.Expected, "scope"))}
	if !r.summary.Complete {
		scopes.meaning = doubt
	}
	spans := append([]span{scopes}, leftOut(*r.summary)...)
	if !r.aboutVPCs() {
		r.paragraph(b, 0, between, append(spans, span{plain, "; "}, r.verdicts())...)
		return
	}
	spans = append(spans, span{plain, "; "}, r.vpcs())
	if n := r.notRead.unlisted; n > 0 && r.judged() > 0 {
		spans = append(spans, span{plain, "; "}, span{doubt, fmt.Sprintf("in %s not all VPCs could be listed", plural(n, "scope"))})
	}
	if n := r.summary.Outcomes[finding.Fail]; n > 0 && r.summary.NotRecorded() == 0 {
		spans = append(spans, span{plain, "; "}, span{bad, plural(n, "finding") + pick(n, " fails", " fail")})
	}
	r.paragraph(b, 0, between, spans...)
	r.proof(b)
	r.decided(b)
}

// leftOut says how much of the account the report does not speak of because nobody wanted it to.
func leftOut(s event.Summary) []span {
	n := s.Scopes.Excluded
	if n == 0 {
		return nil
	}
	return []span{{plain, ", "}, {doubt, fmt.Sprintf("%d more left out by --exclude-region", n)}}
}

// vpcs is the half of the headline about VPCs.
func (r *textReport) vpcs() span {
	v := r.summary.VPCs
	lost, unknown, all := r.summary.NotRecorded(), v[event.VPCsUnknown], r.judged()
	switch {
	case all == 0 && r.notRead.unlisted > 0:
		return span{doubt, "no VPC could be listed there, so none is known"}
	case all == 0:
		return span{plain, "no VPC to judge"}
	case lost > 0:
		return span{bad, fmt.Sprintf("%s not recorded, %d not known", plural(lost, "VPC"), unknown)}
	case unknown > 0 || r.notRead.unlisted > 0:
		return span{doubt, fmt.Sprintf("%s not recorded, %d not known", plural(lost, "VPC"), unknown)}
	}
	return span{good, fmt.Sprintf("%s %s a working flow log", pick(all, "the one VPC", fmt.Sprintf("all %d VPCs", all)), pick(all, "has", "have"))}
}

// proof says how many of the working flow logs are more than configured.
func (r *textReport) proof(b *strings.Builder) {
	proven := r.summary.VPCs[string(finding.Delivering)]
	working := proven + r.summary.VPCs[string(finding.Unproven)]
	if working == 0 {
		return
	}
	who := fmt.Sprintf("%d of the %d VPCs with a working flow log", proven, working)
	if proven == 0 {
		who = fmt.Sprintf("none of the %d VPCs with a working flow log", working)
	}
	are := pick(max(proven, 1), " is", " are")
	if working == 1 {
		who, are = "the VPC with a working flow log", pick(proven, " is", " is not")
	}
	r.paragraph(b, 0, between, span{faint, who + are + " proven to deliver"})
}

// judged is the number of VPCs that this run answers for: those of other owners are not.
func (r *textReport) judged() int {
	all := r.summary.VPCs[event.VPCsUnknown]
	for _, a := range finding.Assurances() {
		all += r.summary.VPCs[string(a)]
	}
	return all
}

// counts is the last line: everything that was counted.
func (r *textReport) counts(b *strings.Builder) {
	var spans []span
	add := func(separator string, m meaning, text string) {
		if len(spans) > 0 {
			spans = append(spans, span{plain, separator})
		}
		spans = append(spans, span{m, text})
	}
	for _, o := range []struct {
		outcome finding.Outcome
		meaning meaning
		always  bool
	}{
		{finding.Pass, good, true}, {finding.Fail, bad, true}, {finding.Unknown, doubt, true},
		{finding.NotApplicable, plain, false}, {finding.Suppressed, plain, false},
	} {
		n := r.summary.Outcomes[o.outcome]
		if n == 0 {
			o.meaning = plain
		}
		if n > 0 || o.always {
			add(", ", o.meaning, fmt.Sprintf("%d %s", n, strings.ReplaceAll(string(o.outcome), "-", " ")))
		}
	}
	if n := r.summary.Scopes.Disabled; n > 0 {
		add("; ", plain, plural(n, "Region")+" disabled")
	}
	if n := r.summary.Scopes.Closed; n > 0 {
		add("; ", plain, plural(n, "account")+" closed")
	}
	add("; ", plain, plural(r.summary.Calls, "call")+", "+duration(r.summary.Finished.Sub(r.run.Started)))
	b.WriteByte('\n')
	r.paragraph(b, 0, between, spans...)
}

// plural is a number with its noun: "1 scope", "2 scopes".
func plural[N int | int64](n N, noun string) string {
	return fmt.Sprintf("%d %s", n, pick(n, noun, noun+"s"))
}

func pick[N int | int64](n N, one, many string) string {
	if n == 1 {
		return one
	}
	return many
}

// duration is a time as people write it: one word, so that no line breaks inside it.
func duration(d time.Duration) string {
	if d < 10*time.Second {
		return fmt.Sprintf("%.1fs", max(d, 0).Seconds())
	}
	return roughly(d)
}

// roughly is a time to the second.
func roughly(d time.Duration) string {
	seconds := int(d.Seconds())
	if seconds < 120 {
		return fmt.Sprintf("%ds", seconds)
	}
	return fmt.Sprintf("%dm%02ds", seconds/60, seconds%60)
}
