package report

import (
	"fmt"
	"slices"

	"flowproof/internal/event"
	"flowproof/internal/finding"
)

// recordingRule is the rule that asks of every VPC whether it is recorded at all. The headline
// speaks of VPCs where it was among those chosen, and of findings otherwise.
const recordingRule = "vpc-flow-log-check"

func (r *textReport) aboutVPCs() bool {
	return len(r.run.Rules) == 0 || slices.ContainsFunc(r.run.Rules, func(rule event.Rule) bool { return rule.ID == recordingRule })
}

// verdicts is the half of the headline about whatever the chosen rules judge.
func (r *textReport) verdicts() span {
	o := r.summary.Outcomes
	failed, unknown, passed := o[finding.Fail], o[finding.Unknown], o[finding.Pass]
	by := r.run.Rules[0].ID
	if n := len(r.run.Rules); n > 1 {
		by = plural(n, "rule")
	}
	switch {
	case failed > 0:
		return span{bad, fmt.Sprintf("%s by %s, %d not known", plural(failed, "failure"), by, unknown)}
	case unknown > 0:
		return span{doubt, fmt.Sprintf("0 failures by %s, %d not known", by, unknown)}
	case passed > 0:
		return span{good, "no failure by " + by}
	}
	return span{plain, "nothing to judge by " + by}
}
