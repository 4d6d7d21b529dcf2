// Package event is the one stream that a run emits. Every format, the progress line and the
// spool are readers of it; none of them changes what is said. A stream is whole with all
// progress events removed.
package event

import (
	"time"

	"flowproof/internal/finding"
	"flowproof/internal/inventory"
)

// Schema names the stream's format; it stands in the run event.
const Schema = "flowproof.events/v1"

// Type says which field of an Event is set.
type Type string

// The types, in the order in which a stream first has them.
const (
	TypeRun      Type = "run"
	TypeProgress Type = "progress"
	TypeGap      Type = "gap"
	TypeScope    Type = "scope"
	TypeFinding  Type = "finding"
	TypeSummary  Type = "summary"
)

// types lists every type that this version knows.
func types() []Type {
	return []Type{TypeRun, TypeProgress, TypeGap, TypeScope, TypeFinding, TypeSummary}
}

// Event is one line of the stream: the field named by Type is set, and no other.
//
// A stream opens with one run event and, if the run came to an end, closes with one summary.
// Between them each scope is one block: its gaps, its row of the ledger, its findings. Findings
// about shared VPCs come after the last block, when their owners are known.
type Event struct {
	Type     Type             `json:"type"`
	Run      *Run             `json:"run,omitempty"`
	Progress *Progress        `json:"progress,omitempty"`
	Gap      *Gap             `json:"gap,omitempty"`
	Scope    *Scope           `json:"scope,omitempty"`
	Finding  *finding.Finding `json:"finding,omitempty"`
	Summary  *Summary         `json:"summary,omitempty"`
}

// Handler reads a stream. Handle is called from one goroutine, in the stream's order; an error
// ends the run.
type Handler interface {
	Handle(Event) error
}

// Run opens a stream: what is being done, by which rules.
type Run struct {
	Schema  string    `json:"schema"`
	ID      string    `json:"id"`
	Started time.Time `json:"started"`
	Version string    `json:"version"`
	Source  string    `json:"source"`
	Rules   []Rule    `json:"rules"`
}

// Rule is what is the same in every finding of a rule, said once.
type Rule struct {
	ID       string           `json:"id"`
	Title    string           `json:"title"`
	Severity finding.Severity `json:"severity"`
	Controls []Control        `json:"controls"`
}

// Control is a requirement of a framework that a rule supports.
type Control struct {
	Framework string `json:"framework"`
	Version   string `json:"version"`
	Control   string `json:"control"`
	Strength  string `json:"strength"` // direct, supporting or derived
}

// Progress says how far a run has come. Counts never fall; Expected may grow while
// scopes are still being discovered.
type Progress struct {
	Accounts  int   `json:"accounts"` // of which every scope discovered so far is done
	Listed    int   `json:"listed"`   // accounts known to be there
	Done      int   `json:"done"`     // scopes
	Expected  int   `json:"expected"`
	Calls     int64 `json:"calls"`     // requests sent, retries included
	Throttles int64 `json:"throttles"` // of them, those that AWS refused for coming too fast
	Gaps      int   `json:"gaps"`
}

// Gap is one gap with the scope it is in, for readers who want nothing else: the scope event
// holds it too.
type Gap struct {
	inventory.Scope
	inventory.Gap
}

// Scope is a row of the ledger: a scope that should have been read, and what came of it.
type Scope struct {
	inventory.Scope
	Status  inventory.Status `json:"status"`
	Assumed bool             `json:"assumed"`
	VPCs    int              `json:"vpcs"`
	Gaps    []inventory.Gap  `json:"gaps"`
}

// Summary closes a stream. Its numbers can be counted again from the events before it.
type Summary struct {
	Complete   bool                     `json:"complete"` // no gap anywhere
	ExitStatus int                      `json:"exit_status"`
	Scopes     Scopes                   `json:"scopes"`
	Outcomes   map[finding.Outcome]int  `json:"outcomes"`
	VPCs       map[string]int           `json:"vpcs"`   // by assurance, "unknown" and "not-applicable"
	Failed     map[finding.Severity]int `json:"failed"` // findings with outcome fail, by severity
	Gaps       int                      `json:"gaps"`
	Calls      int64                    `json:"calls"`
	Finished   time.Time                `json:"finished"`

	Suppressions []Suppression `json:"suppressions,omitempty"` // those of the settings
	Baseline     *Baseline     `json:"baseline,omitempty"`     // where the run was compared with one
	Frameworks   []Framework   `json:"frameworks,omitempty"`   // those that the run was asked about
}

// Scopes counts the ledger. Expected leaves out the rows that were not expected to be read.
type Scopes struct {
	Expected   int `json:"expected"`
	Read       int `json:"read"`
	Incomplete int `json:"incomplete"`
	Unread     int `json:"unread"`
	Disabled   int `json:"disabled"`
	Closed     int `json:"closed"`
	Excluded   int `json:"excluded"`
}

// The keys of Summary.VPCs that are no rung of the assurance ladder.
const (
	VPCsUnknown       = "unknown"
	VPCsNotApplicable = "not-applicable"
)

// NewSummary has every key, at zero.
func NewSummary() Summary {
	s := Summary{
		Complete: true,
		Outcomes: map[finding.Outcome]int{},
		VPCs:     map[string]int{VPCsUnknown: 0, VPCsNotApplicable: 0},
		Failed:   map[finding.Severity]int{},
	}
	for _, o := range finding.Outcomes() {
		s.Outcomes[o] = 0
	}
	for _, a := range finding.Assurances() {
		s.VPCs[string(a)] = 0
	}
	for _, v := range finding.Severities() {
		s.Failed[v] = 0
	}
	return s
}

// AddScope counts a row of the ledger.
func (s *Summary) AddScope(row Scope) {
	s.Gaps += len(row.Gaps)
	s.Complete = s.Complete && len(row.Gaps) == 0
	switch row.Status {
	case inventory.StatusRead:
		s.Scopes.Read++
	case inventory.StatusIncomplete:
		s.Scopes.Incomplete++
	case inventory.StatusUnread:
		s.Scopes.Unread++
	case inventory.StatusDisabled:
		s.Scopes.Disabled++
		return
	case inventory.StatusClosed:
		s.Scopes.Closed++
		return
	case inventory.StatusExcluded:
		s.Scopes.Excluded++
		return
	}
	s.Scopes.Expected++
}

// AddFinding counts a verdict.
func (s *Summary) AddFinding(f finding.Finding) {
	s.Outcomes[f.Outcome]++
	if f.Outcome == finding.Fail {
		s.Failed[f.Severity]++
	}
}

// NotRecorded is the number of VPCs of which it is known that nothing records them.
func (s Summary) NotRecorded() int {
	return s.VPCs[string(finding.Absent)] + s.VPCs[string(finding.Inactive)] + s.VPCs[string(finding.Failing)]
}

// Tee passes each event to every handler in turn.
type Tee []Handler

// Handle implements Handler.
func (t Tee) Handle(e Event) error {
	for _, h := range t {
		if err := h.Handle(e); err != nil {
			return err
		}
	}
	return nil
}
