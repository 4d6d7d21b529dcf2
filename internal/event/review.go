package event

import (
	"time"

	"flowproof/internal/finding"
)

// New is the number of failing findings of a severity that no baseline knows.
func (s Summary) New(v finding.Severity) int {
	if s.Baseline == nil {
		return s.Failed[v]
	}
	return s.Failed[v] - s.Baseline.Known[v]
}

// Suppression is one entry of the settings, and what came of it in this run.
type Suppression struct {
	Line      int      `json:"line"`  // of the settings file
	Rules     []string `json:"rules"` // globs; one of each list has to fit, of the tags all
	Resources []string `json:"resources,omitempty"`
	Accounts  []string `json:"accounts,omitempty"`
	Regions   []string `json:"regions,omitempty"`
	Tags      []string `json:"tags,omitempty"` // KEY=VALUE
	finding.Suppression
	Status   SuppressionStatus `json:"status"`
	Findings int               `json:"findings"` // that it suppresses, or would if it had not expired
}

// SuppressionStatus says whether an entry still does something.
type SuppressionStatus string

// What can come of an entry.
const (
	SuppressionUsed     SuppressionStatus = "used"
	SuppressionUnused   SuppressionStatus = "unused"   // everything it is about was read, and nothing fits
	SuppressionExpired  SuppressionStatus = "expired"  // what it fits counts again
	SuppressionUnjudged SuppressionStatus = "unjudged" // what it is about was no part of the run, or not read whole
)

// Baseline is what a run has in common with an earlier one.
type Baseline struct {
	Run     string                   `json:"run"` // its id
	Started time.Time                `json:"started"`
	Failed  int                      `json:"failed"` // findings that failed in it
	Known   map[finding.Severity]int `json:"known"`  // of them, those that fail still, by severity
	Fixed   int                      `json:"fixed"`  // those that pass now
	Other   int                      `json:"other"`  // those that are suppressed, unknown or not in this run
}

// Framework is what a run says of a framework's controls, as far as rules support them.
type Framework struct {
	ID       string          `json:"id"`
	Name     string          `json:"name"`
	Version  string          `json:"version"`
	Controls []ControlResult `json:"controls"`
}

// ControlResult is a control and the rules that support it.
type ControlResult struct {
	Control string          `json:"control"`
	Title   string          `json:"title"`
	Outcome finding.Outcome `json:"outcome"` // the worst of its rules; empty where none has run
	Rules   []RuleResult    `json:"rules"`
}

// RuleResult counts the findings of a rule that supports a control.
type RuleResult struct {
	Rule     string                  `json:"rule"`
	Strength string                  `json:"strength"`
	Ran      bool                    `json:"ran"`
	Outcomes map[finding.Outcome]int `json:"outcomes"`
}
