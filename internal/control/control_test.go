package control

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"flowproof/internal/event"
	"flowproof/internal/finding"
	"flowproof/internal/framework"
)

func TestControls(t *testing.T) {
	t.Parallel()
	sample := framework.Framework{ID: "sample-1", Name: "Sample", Version: "1", Controls: []framework.Control{
		{ID: "1", Title: "One", Rules: []framework.Row{
			{Rule: "first-check", Strength: framework.Direct}, {Rule: "second-check", Strength: framework.Supporting},
			{Rule: "later-check", Strength: framework.Derived},
		}},
		{ID: "2", Title: "Of a later version", Rules: []framework.Row{{Rule: "later-check", Strength: framework.Derived}}},
	}}
	both := []string{"first-check", "second-check"}
	for name, tt := range map[string]struct {
		ran     []string
		found   map[string][]finding.Outcome
		want    finding.Outcome
		skipped bool
	}{
		"all pass":                             {both, map[string][]finding.Outcome{"first-check": {finding.Pass}, "second-check": {finding.Pass, finding.NotApplicable}}, finding.Pass, false},
		"one fails":                            {both, map[string][]finding.Outcome{"first-check": {finding.Pass}, "second-check": {finding.Fail, finding.Unknown}}, finding.Fail, false},
		"one is not known":                     {both, map[string][]finding.Outcome{"first-check": {finding.Unknown, finding.Suppressed}, "second-check": {finding.Pass}}, finding.Unknown, false},
		"what fails is accepted":               {both, map[string][]finding.Outcome{"first-check": {finding.Suppressed}, "second-check": {finding.Pass}}, finding.Suppressed, false},
		"there is nothing to judge":            {both, nil, finding.NotApplicable, false},
		"one was skipped, the other passes":    {both[:1], map[string][]finding.Outcome{"first-check": {finding.Pass}}, "", true},
		"one was skipped, the other fails":     {both[:1], map[string][]finding.Outcome{"first-check": {finding.Fail}}, finding.Fail, true},
		"another rule's findings do not count": {both, map[string][]finding.Outcome{"other-check": {finding.Fail}}, finding.NotApplicable, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tally := New([]framework.Framework{sample}, both, tt.ran)
			for rule, outcomes := range tt.found {
				for _, o := range outcomes {
					for _, e := range []event.Event{{Type: event.TypeProgress}, {Type: event.TypeFinding, Finding: &finding.Finding{Rule: rule, Outcome: o}}} {
						if err := tally.Handle(e); err != nil {
							t.Fatal(err)
						}
					}
				}
			}
			sum := event.NewSummary()
			tally.Summary(&sum)
			controls := sum.Frameworks[0].Controls
			if len(controls) != 1 || len(controls[0].Rules) != 2 {
				t.Fatalf("controls and rules that this version does not have are not passed over: %+v", controls)
			}
			if controls[0].Outcome != tt.want || controls[0].Rules[1].Ran == tt.skipped {
				t.Errorf("the control is %q, its second rule ran: %v", controls[0].Outcome, controls[0].Rules[1].Ran)
			}
			want := map[finding.Outcome]int{finding.Pass: 0, finding.Fail: 0, finding.Unknown: 0, finding.NotApplicable: 0, finding.Suppressed: 0}
			for _, o := range tt.found["first-check"] {
				want[o]++
			}
			if diff := cmp.Diff(want, controls[0].Rules[0].Outcomes); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}
