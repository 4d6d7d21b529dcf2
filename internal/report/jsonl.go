package report

import (
	"io"

	"flowproof/internal/event"
)

// writeJSONL writes the stream again, its blocks in order and without progress. A run that is
// still going on is written by [event.Writer] as it happens.
func writeJSONL(w io.Writer, spool *event.Spool, _ Options) error {
	out := event.NewWriter(w)
	if err := out.Handle(event.Event{Type: event.TypeRun, Run: spool.Run()}); err != nil {
		return err
	}
	if err := spool.WalkStored(func(b *event.Stored) error { return writeBlock(out, b) }); err != nil {
		return err
	}
	return out.Handle(event.Event{Type: event.TypeSummary, Summary: spool.Summary()})
}

func writeBlock(out *event.Writer, b *event.Stored) error {
	row, err := b.DecodeRow()
	if err != nil {
		return err
	}
	for _, g := range row.Gaps {
		if err := out.Handle(event.Event{Type: event.TypeGap, Gap: &event.Gap{Scope: row.Scope, Gap: g}}); err != nil {
			return err
		}
	}
	return out.Copy(b)
}
