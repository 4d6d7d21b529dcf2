package report

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"maps"
	"time"

	"flowproof/internal/event"
)

// ScanSchema names the JSON document; docs/schema/scan-v1.json describes it.
const ScanSchema = "flowproof.scan/v1"

// runPart is the document's "run": the run event, when it ended, and the ids of its rules.
type runPart struct {
	ID       string    `json:"id"`
	Started  time.Time `json:"started"`
	Finished time.Time `json:"finished"`
	Version  string    `json:"version"`
	Source   string    `json:"source"`
	Rules    []string  `json:"rules"`
}

// writeJSON streams the document: one walk for the ledger, one for the findings.
func writeJSON(w io.Writer, spool *event.Spool, _ Options) error {
	run, summary := spool.Run(), whole(*spool.Summary())
	part := runPart{
		ID: run.ID, Started: run.Started, Finished: summary.Finished,
		Version: run.Version, Source: run.Source, Rules: []string{},
	}
	rules := []event.Rule{}
	for _, r := range run.Rules {
		part.Rules = append(part.Rules, r.ID)
		r.Controls = orEmpty(r.Controls)
		rules = append(rules, r)
	}

	d := newDocument(w)
	d.field("schema", ScanSchema)
	d.field("run", part)
	d.field("rules", rules)
	d.field("summary", summary)
	d.open("ledger")
	if err := spool.WalkStored(func(b *event.Stored) error { return d.element(b.Row) }); err != nil {
		return err
	}
	d.close()
	d.open("findings")
	if err := spool.WalkStored(func(b *event.Stored) error {
		for _, f := range b.Findings {
			if err := d.element(f); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		return err
	}
	d.close()
	return d.end()
}

// whole gives a summary every key, as the document promises: a replayed stream may lack some.
func whole(s event.Summary) event.Summary {
	all := event.NewSummary()
	maps.Copy(all.Outcomes, s.Outcomes)
	maps.Copy(all.VPCs, s.VPCs)
	maps.Copy(all.Failed, s.Failed)
	s.Outcomes, s.VPCs, s.Failed = all.Outcomes, all.VPCs, all.Failed
	return s
}

func orEmpty[S ~[]T, T any](list S) S {
	if list == nil {
		return S{}
	}
	return list
}

// document writes one indented JSON object key by key, and its long arrays element by
// element. The first error stays and ends everything after it.
type document struct {
	out    *bufio.Writer
	buffer bytes.Buffer
	enc    *json.Encoder
	before string // what stands before the next key or element
	err    error

	indented []byte // an element, to be used again
}

func newDocument(w io.Writer) *document {
	d := &document{out: bufio.NewWriterSize(w, 1<<16), before: "{\n  "}
	d.enc = json.NewEncoder(&d.buffer)
	d.enc.SetEscapeHTML(false)
	return d
}

func (d *document) field(key string, value any) {
	d.key(key)
	d.value("  ", value)
	d.before = ",\n  "
}

// open begins an array under a key; close ends it.
func (d *document) open(key string) {
	d.key(key)
	d.write("[")
	d.before = "\n    "
}

// element writes what is JSON already.
func (d *document) element(compact []byte) error {
	d.write(d.before)
	d.before = ",\n    "
	if d.err == nil {
		d.indented = appendIndented(d.indented[:0], compact, "    ")
		_, d.err = d.out.Write(d.indented)
	}
	return d.err
}

func (d *document) close() {
	if d.before == "\n    " {
		d.write("]")
	} else {
		d.write("\n  ]")
	}
	d.before = ",\n  "
}

// end closes the object with a newline and reports the first error.
func (d *document) end() error {
	d.write("\n}\n")
	if d.err != nil {
		return d.err
	}
	return d.out.Flush()
}

func (d *document) key(key string) { d.write(d.before + `"` + key + `": `) }

func (d *document) value(indent string, value any) {
	if d.err != nil {
		return
	}
	d.buffer.Reset()
	d.enc.SetIndent(indent, "  ")
	if d.err = d.enc.Encode(value); d.err != nil {
		return
	}
	_, d.err = d.out.Write(bytes.TrimSuffix(d.buffer.Bytes(), []byte("\n")))
}

func (d *document) write(s string) {
	if d.err == nil {
		_, d.err = d.out.WriteString(s)
	}
}
