package report

import (
	"io"

	"flowproof/internal/event"
	"flowproof/internal/finding"
)

// writeJSONL writes the stream again, its blocks in order and without progress. A run that is
// still going on is written by [event.Writer] as it happens.
func writeJSONL(w io.Writer, spool *event.Spool, _ Options) error {
	out := event.NewWriter(w)
	if err := out.Handle(event.Event{Type: event.TypeRun, Run: spool.Run()}); err != nil {
		return err
	}
	if err := spool.Walk(func(row event.Scope, findings []finding.Finding) error {
		return writeBlock(out, row, findings)
	}); err != nil {
		return err
	}
	return out.Handle(event.Event{Type: event.TypeSummary, Summary: spool.Summary()})
}

func writeBlock(out *event.Writer, row event.Scope, findings []finding.Finding) error {
	for _, g := range row.Gaps {
		if err := out.Handle(event.Event{Type: event.TypeGap, Gap: &event.Gap{Scope: row.Scope, Gap: g}}); err != nil {
			return err
		}
	}
	if err := out.Handle(event.Event{Type: event.TypeScope, Scope: &row}); err != nil {
		return err
	}
	for i := range findings {
		if err := out.Handle(event.Event{Type: event.TypeFinding, Finding: &findings[i]}); err != nil {
			return err
		}
	}
	return nil
}
