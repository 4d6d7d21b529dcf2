package baseline

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"flowproof/internal/event"
	"flowproof/internal/finding"
)

// scanSchema is what a document of --format json calls itself.
const scanSchema = "flowproof.scan/v1"

// ErrNotAScan means that a file is no document and no stream of a scan.
var ErrNotAScan = errors.New("neither the document of scan --format json nor the stream of --format jsonl")

// head is what both notations begin with.
type head struct {
	Schema  string    `json:"schema"`
	ID      string    `json:"id"`
	Started time.Time `json:"started"`
}

// verdict is what a baseline keeps of a finding.
type verdict struct {
	Fingerprint string          `json:"fingerprint"`
	Outcome     finding.Outcome `json:"outcome"`
}

// Read reads an earlier run: the document of --format json or the stream of --format jsonl, either
// ordered in any way. It goes through findings one by one and keeps sixteen bytes of each that
// failed. A stream without its end is refused with [event.ErrCutOff]: it is part of a run.
func Read(r io.Reader) (*Baseline, error) {
	b := &Baseline{failed: map[key]state{}}
	dec := json.NewDecoder(r)
	first, err := b.object(dec)
	switch {
	case err != nil:
		return nil, notAScan(err)
	case first.schema == scanSchema && first.findings:
		if _, err := dec.Token(); !errors.Is(err, io.EOF) {
			return nil, fmt.Errorf("%w: something follows the document", ErrNotAScan)
		}
		b.sum.Run, b.sum.Started = first.run.ID, first.run.Started
	case first.typ == event.TypeRun && first.run.Schema == event.Schema:
		b.sum.Run, b.sum.Started = first.run.ID, first.run.Started
		if err := b.stream(dec); err != nil {
			return nil, err
		}
	default:
		return nil, ErrNotAScan
	}
	b.sum.Failed = len(b.failed)
	return b, nil
}

func notAScan(err error) error {
	if errors.Is(err, io.ErrUnexpectedEOF) {
		return fmt.Errorf("%w: it ends in the middle", ErrNotAScan)
	}
	return fmt.Errorf("%w: %w", ErrNotAScan, err)
}

// opening is what the first object of a file says of the file.
type opening struct {
	schema   string
	typ      event.Type
	run      head
	findings bool // it has its list
}

// object reads the first object key by key: a document is one, and a stream begins with one.
func (b *Baseline) object(dec *json.Decoder) (opening, error) {
	var o opening
	if err := open(dec, '{'); err != nil {
		return o, err
	}
	for dec.More() {
		name, err := dec.Token()
		if err != nil {
			return o, err
		}
		switch name {
		case "schema":
			err = dec.Decode(&o.schema)
		case "type":
			err = dec.Decode(&o.typ)
		case "run":
			err = dec.Decode(&o.run)
		case "findings":
			o.findings, err = true, b.list(dec)
		default:
			err = skip(dec)
		}
		if err != nil {
			return o, err
		}
	}
	_, err := dec.Token()
	return o, err
}

// list reads a document's findings.
func (b *Baseline) list(dec *json.Decoder) error {
	if err := open(dec, '['); err != nil {
		return err
	}
	for dec.More() {
		var v verdict
		if err := dec.Decode(&v); err != nil {
			return err
		}
		b.add(v)
	}
	_, err := dec.Token()
	return err
}

// stream reads what follows the first event of a stream.
func (b *Baseline) stream(dec *json.Decoder) error {
	ended := false
	for {
		var e struct {
			Type    event.Type `json:"type"`
			Finding *verdict   `json:"finding"`
		}
		switch err := dec.Decode(&e); {
		case errors.Is(err, io.EOF) && ended:
			return nil
		case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
			return event.ErrCutOff
		case err != nil:
			return notAScan(err)
		case e.Type == event.TypeRun:
			return fmt.Errorf("%w: it holds several runs", ErrNotAScan)
		}
		ended = ended || e.Type == event.TypeSummary
		if e.Finding != nil {
			b.add(*e.Finding)
		}
	}
}

func open(dec *json.Decoder, want json.Delim) error {
	token, err := dec.Token()
	if err == nil && token != want {
		err = fmt.Errorf("found %v where %v should be", token, want)
	}
	return err
}

// skip passes over one value without holding it: a ledger can be long.
func skip(dec *json.Decoder) error {
	for depth := 0; ; {
		token, err := dec.Token()
		if err != nil {
			return err
		}
		switch token {
		case json.Delim('{'), json.Delim('['):
			depth++
		case json.Delim('}'), json.Delim(']'):
			depth--
		}
		if depth == 0 {
			return nil
		}
	}
}
