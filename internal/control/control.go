// Package control says what a run's findings mean for the controls of frameworks, as far as rules
// are tied to them. It judges nothing anew and claims no compliance: a control passes where every
// rule that is tied to it ran and no finding speaks against it.
package control

import (
	"slices"

	"flowproof/internal/event"
	"flowproof/internal/finding"
	"flowproof/internal/framework"
	"flowproof/internal/inventory"
)

// Tally counts a run's findings by rule. It reads the stream, and is a review of the run that marks
// nothing.
type Tally struct {
	frameworks []framework.Framework
	exist, ran []string
	outcomes   map[string]map[finding.Outcome]int // by rule
}

// New counts for frameworks. Exist are the ids of all rules there are, ran of those of the run: a
// rule that a framework names and this version does not have is passed over.
func New(frameworks []framework.Framework, exist, ran []string) *Tally {
	return &Tally{frameworks: frameworks, exist: exist, ran: ran, outcomes: map[string]map[finding.Outcome]int{}}
}

// Handle implements event.Handler.
func (t *Tally) Handle(e event.Event) error {
	if e.Type != event.TypeFinding {
		return nil
	}
	if t.outcomes[e.Finding.Rule] == nil {
		t.outcomes[e.Finding.Rule] = map[finding.Outcome]int{}
	}
	t.outcomes[e.Finding.Rule][e.Finding.Outcome]++
	return nil
}

// Findings marks nothing.
func (t *Tally) Findings(*inventory.Inventory, []finding.Finding) {}

// Summary says in the summary what came of each control.
func (t *Tally) Summary(s *event.Summary) {
	for _, f := range t.frameworks {
		result := event.Framework{ID: f.ID, Name: f.Name, Version: f.Version, Controls: []event.ControlResult{}}
		for _, c := range f.Controls {
			if r := t.control(c); len(r.Rules) > 0 {
				result.Controls = append(result.Controls, r)
			}
		}
		s.Frameworks = append(s.Frameworks, result)
	}
}

func (t *Tally) control(c framework.Control) event.ControlResult {
	result := event.ControlResult{Control: c.ID, Title: c.Title, Rules: []event.RuleResult{}}
	for _, row := range c.Rules {
		if !slices.Contains(t.exist, row.Rule) {
			continue
		}
		r := event.RuleResult{
			Rule: row.Rule, Strength: string(row.Strength), Ran: slices.Contains(t.ran, row.Rule), Outcomes: map[finding.Outcome]int{},
		}
		for _, o := range finding.Outcomes() {
			r.Outcomes[o] = t.outcomes[row.Rule][o]
		}
		result.Rules = append(result.Rules, r)
	}
	result.Outcome = outcome(result.Rules)
	return result
}

// outcome is the worst that the rules found. What speaks for a control counts only where all of its
// rules ran.
func outcome(rules []event.RuleResult) finding.Outcome {
	all := true
	count := map[finding.Outcome]int{}
	for _, r := range rules {
		all = all && r.Ran
		for o, n := range r.Outcomes {
			count[o] += n
		}
	}
	for _, o := range []finding.Outcome{finding.Fail, finding.Unknown, finding.Suppressed} {
		if count[o] > 0 {
			return o
		}
	}
	switch {
	case !all:
		return ""
	case count[finding.Pass] > 0:
		return finding.Pass
	}
	return finding.NotApplicable
}
