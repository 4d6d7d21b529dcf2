package remediate

import (
	"fmt"
	"io"
	"strings"

	"flowproof/internal/terminal"
)

// resultOrder is how outcomes are listed: what needs a person first.
var resultOrder = []Outcome{
	Denied, Limited, Failed, Unknown, Moved, Kept, Blocked, NotSent, Done, Allowed, NotTried, Already, Undone, Gone,
}

// outcomeWords head the lists of results.
var outcomeWords = map[Outcome]string{
	Done: "done", Already: "already so", Moved: "moved since the plan was made", Denied: "denied", Limited: "over a limit",
	Failed: "failed", Unknown: "not known to be done", Blocked: "waiting for a step that is not done", NotSent: "not begun", Allowed: "allowed",
	NotTried: "not tried", Undone: "taken back", Gone: "gone already", Kept: "kept",
}

// WriteText shows to a person what came of a run: a count of everything, and a line for each step
// that is not as it was meant to be. Verbose shows every step.
func (r Report) WriteText(w io.Writer, o TextOptions) error {
	if o.Width <= 0 {
		o.Width = terminal.DefaultWidth
	}
	b := &page{width: o.Width}
	b.line(0, 2, r.Headline())
	if !o.Verbose && r.Count()[NotTried] > 0 {
		b.line(2, 4, "not tried: calls that AWS has no dry run for, or that wait for a step before them; --verbose lists them")
	}
	for _, outcome := range resultOrder {
		for _, x := range r.Results {
			if x.Outcome == outcome && (o.Verbose || !x.fine()) {
				x.write(b)
			}
		}
	}
	for _, p := range r.Problems {
		b.line(2, 4, "problem: "+p)
	}
	if r.Stopped != "" {
		b.line(0, 2, r.Stopped)
	}
	if _, err := io.WriteString(w, b.String()); err != nil {
		return fmt.Errorf("write the result: %w", err)
	}
	return nil
}

// fine reports whether a result needs nobody's attention.
func (r Result) fine() bool {
	return r.Outcome.reached() || r.Outcome.takenBack() || r.Outcome == Allowed || r.Outcome == NotTried
}

func (r Result) write(b *page) {
	text := fmt.Sprintf("%s: %s %s", r.Outcome, r.Action, r.Resource)
	if r.Made != "" {
		text += " (" + r.Made + ")"
	}
	b.linef(2, 6, "%s in %s/%s", text, r.Account, r.Region)
	if r.Expected != "" {
		b.line(6, 8, "expected: "+r.Expected)
		b.line(6, 8, "found:    "+r.Found)
	}
	if r.Detail != "" {
		b.line(6, 8, r.Detail)
	}
}

// Headline counts the results by outcome.
func (r Report) Headline() string {
	if len(r.Results) == 0 {
		return "Nothing to do."
	}
	counts := r.Count()
	earlier := 0
	for _, x := range r.Results {
		if x.Earlier {
			earlier++
		}
	}
	var parts []string
	for _, o := range resultOrder {
		if n := counts[o]; n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, outcomeWords[o]))
		}
	}
	text := fmt.Sprintf("%s: %s", count(len(r.Results), "step"), strings.Join(parts, ", "))
	if earlier > 0 {
		text += fmt.Sprintf(" (%d by an earlier run)", earlier)
	}
	return text + "."
}

// WriteText shows to a person what was verified: what is not fixed and why, what is new, and what has
// not arrived. Verbose shows what is fixed too.
func (v Verification) WriteText(w io.Writer, p Plan, o TextOptions) error {
	if o.Width <= 0 {
		o.Width = terminal.DefaultWidth
	}
	b := &page{width: o.Width}
	b.line(0, 2, v.Headline(p))
	for _, n := range v.NotFixed {
		b.line(2, 6, "not fixed: "+inShort(n.Fingerprint))
		b.line(6, 8, n.Why)
	}
	for _, f := range v.New {
		b.line(2, 6, "new: "+inShort(f.Fingerprint))
		b.line(6, 8, f.Message)
	}
	for _, a := range v.Arrivals {
		if o.Verbose || a.State != Arrived {
			b.linef(2, 6, "%s: %s %s in %s/%s", a.State, a.Resource, a.FlowLog, a.Account, a.Region)
			b.line(6, 8, a.Detail)
		}
	}
	if o.Verbose {
		for _, print := range v.Fixed {
			b.line(2, 6, "fixed: "+inShort(print))
		}
	}
	if _, err := io.WriteString(w, b.String()); err != nil {
		return fmt.Errorf("write the result: %w", err)
	}
	return nil
}

// inShort is a fingerprint as people tell findings apart: resource, scope and rule.
func inShort(fingerprint string) string {
	rule, rest, _ := strings.Cut(fingerprint, "@")
	arn := strings.SplitN(rest, ":", 6)
	if len(arn) < 6 {
		return fingerprint
	}
	_, id, _ := strings.Cut(arn[5], "/")
	return fmt.Sprintf("%s in %s/%s (%s)", id, arn[4], arn[3], rule)
}

// Headline says whether the plan came true.
func (v Verification) Headline(p Plan) string {
	text := fmt.Sprintf("%d of %s fixed", len(v.Fixed), count(len(v.Fixed)+len(v.NotFixed), "finding"))
	if n := len(v.New); n > 0 {
		text += fmt.Sprintf(", %d new", n)
	}
	if v.Arrivals != nil {
		arrived := 0
		for _, a := range v.Arrivals {
			if a.State.arrived() {
				arrived++
			}
		}
		text += fmt.Sprintf("; records of %d of %s have arrived or have nothing to record", arrived, count(len(v.Arrivals), "flow log"))
	}
	if v.Reached(p) {
		return "Verified: " + text + "."
	}
	return "Not verified: " + text + "."
}
