package event

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
)

// ErrCutOff means that a saved stream ended without its summary: it is part of a run.
var ErrCutOff = errors.New("the stream ends without a summary: it is part of a run")

// Writer writes a stream as JSON lines, one event a line, as the events come. It buffers a
// block at a time: Flush when a scope is done, or at the end.
type Writer struct {
	out *bufio.Writer
	enc *json.Encoder
}

// NewWriter writes to w.
func NewWriter(w io.Writer) *Writer {
	out := bufio.NewWriterSize(w, 1<<16)
	enc := json.NewEncoder(out)
	enc.SetEscapeHTML(false)
	return &Writer{out: out, enc: enc}
}

// Handle implements Handler.
func (w *Writer) Handle(e Event) error {
	if err := w.enc.Encode(e); err != nil {
		return fmt.Errorf("write %s event: %w", e.Type, err)
	}
	if e.Type == TypeFinding {
		return nil
	}
	return w.out.Flush()
}

// Copy writes the row and the findings of a block as they are kept.
func (w *Writer) Copy(b *Stored) error {
	w.copyLine(rowLine, b.Row)
	for _, f := range b.Findings {
		w.copyLine(findingLine, f)
	}
	if _, err := w.out.Write(nil); err != nil { // the first error stays
		return fmt.Errorf("write the events of %s: %w", b.Scope, err)
	}
	return nil
}

func (w *Writer) copyLine(begin, value []byte) {
	_, _ = w.out.Write(begin)
	_, _ = w.out.Write(value)
	_, _ = w.out.WriteString("}\n")
}

// Replay reads a saved stream into a handler. Events of a type that this version does not
// know are passed over, so that a newer stream can still be read.
func Replay(r io.Reader, h Handler) error {
	dec := json.NewDecoder(r)
	ended := false
	for n := 1; ; n++ {
		var e Event
		switch err := dec.Decode(&e); {
		case errors.Is(err, io.EOF) && ended:
			return nil
		case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
			return ErrCutOff
		case err != nil:
			return fmt.Errorf("read event %d: %w", n, err)
		}
		if err := e.check(n); err != nil {
			return err
		}
		switch {
		case !slices.Contains(types(), e.Type):
			continue
		case ended && e.Type != TypeProgress, n > 1 && e.Type == TypeRun:
			return fmt.Errorf("read event %d: a %s event where none can be: are these several runs in one file?", n, e.Type)
		}
		ended = ended || e.Type == TypeSummary
		if err := h.Handle(e); err != nil {
			return err
		}
	}
}

// check refuses an event whose type promises a field that is not there.
func (e Event) check(n int) error {
	if n == 1 && (e.Type != TypeRun || e.Run == nil || e.Run.Schema != Schema) {
		return fmt.Errorf("read event 1: not a %s stream: it does not open with its run event", Schema)
	}
	missing := e.Type == TypeRun && e.Run == nil ||
		e.Type == TypeProgress && e.Progress == nil ||
		e.Type == TypeGap && e.Gap == nil ||
		e.Type == TypeScope && e.Scope == nil ||
		e.Type == TypeFinding && e.Finding == nil ||
		e.Type == TypeSummary && e.Summary == nil
	if missing {
		return fmt.Errorf("read event %d: a %s event without its %s", n, e.Type, e.Type)
	}
	return nil
}
