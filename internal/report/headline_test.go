package report

import (
	"strings"
	"testing"
	"time"

	"flowproof/internal/event"
	"flowproof/internal/finding"
)

// TestTheHeadlineSpeaksOfWhatWasAsked holds it to the chosen rules: a run that judged flow logs
// alone says nothing of VPCs, which it has not read.
func TestTheHeadlineSpeaksOfWhatWasAsked(t *testing.T) {
	t.Parallel()
	delivery, traffic := event.Rule{ID: deliveryRule}, event.Rule{ID: trafficRule}
	for _, test := range []struct {
		rules    []event.Rule
		outcomes []finding.Outcome
		want     string
	}{
		{[]event.Rule{delivery}, nil, "nothing to judge by flow-log-delivery-check"},
		{[]event.Rule{delivery}, []finding.Outcome{finding.NotApplicable}, "nothing to judge by flow-log-delivery-check"},
		{[]event.Rule{delivery}, []finding.Outcome{finding.Pass}, "no failure by flow-log-delivery-check"},
		{[]event.Rule{delivery}, []finding.Outcome{finding.Fail, finding.Pass}, "1 failure by flow-log-delivery-check, 0 not known"},
		{[]event.Rule{delivery}, []finding.Outcome{finding.Unknown, finding.Pass}, "0 failures by flow-log-delivery-check, 1 not known"},
		{[]event.Rule{delivery, traffic}, []finding.Outcome{finding.Fail, finding.Fail, finding.Unknown}, "2 failures by 2 rules, 1 not known"},
	} {
		summary := event.NewSummary()
		summary.Complete = true
		for _, o := range test.outcomes {
			summary.AddFinding(finding.Finding{Outcome: o})
		}
		spool := spoolOf(t, []event.Event{
			{Type: event.TypeRun, Run: &event.Run{Schema: event.Schema, Started: time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC), Rules: test.rules}},
			{Type: event.TypeSummary, Summary: &summary},
		})
		text := string(written(t, look{"", Text, Options{Width: 120}}, spool))
		got, _, _ := strings.Cut(text, "\n")
		if want := "0 of 0 scopes read whole; " + test.want; got != want {
			t.Errorf("%d rules, %v: %q, want %q", len(test.rules), test.outcomes, got, want)
		}
	}
}
