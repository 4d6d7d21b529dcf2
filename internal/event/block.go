package event

import (
	"bytes"
	"encoding/json"
	"fmt"
	"hash/crc32"
	"time"

	"flowproof/internal/finding"
	"flowproof/internal/inventory"
)

// blockHeader is the first line of a block: a block whose bytes are not all there, or not the
// ones that were written, is known by it.
type blockHeader struct {
	Type   Type      `json:"type"`
	ReadAt time.Time `json:"read_at,omitzero"`
	Bytes  int       `json:"bytes"` // of the lines that follow
	Sum    uint32    `json:"crc32c"`
}

// Types of lines that only a spool has.
const (
	typeBlock Type = "block"
	// A finding that waits for another scope is "waiting", what a block was judged from is "facts",
	// and "settled" says that what follows is of one run alone.
)

// How the lines of a block begin: what lies between it and the last brace is the value.
var (
	rowLine     = []byte(`{"type":"scope","scope":`)
	findingLine = []byte(`{"type":"finding","finding":`)
	waitingLine = []byte(`{"type":"waiting","finding":`)
	factsLine   = []byte(`{"type":"facts","inventory":`)
	settledLine = []byte(`{"type":"settled"}` + "\n")
)

func checksum(b []byte) uint32 { return crc32.Checksum(b, crc32.MakeTable(crc32.Castagnoli)) }

// openBlock is a block that is coming in.
type openBlock struct {
	row      *Scope // nil when none is open
	facts    *inventory.Inventory
	findings []finding.Finding
	waiting  []finding.Finding
	body     bytes.Buffer
	enc      *json.Encoder
}

// encode gives the block: its header and its lines. They are good until the next call.
func (b *openBlock) encode() (header, body []byte, err error) {
	if body, err = b.lines(); err != nil {
		return nil, nil, err
	}
	h := blockHeader{Type: typeBlock, Bytes: len(body), Sum: checksum(body)}
	if b.facts != nil {
		h.ReadAt = b.facts.ReadAt
	}
	header, err = json.Marshal(h)
	return append(header, '\n'), body, err
}

// lines gives the block's lines. They are good until the next call.
func (b *openBlock) lines() ([]byte, error) {
	b.body.Reset()
	if b.enc == nil {
		b.enc = json.NewEncoder(&b.body)
		b.enc.SetEscapeHTML(false)
	}
	row := *b.row
	row.Gaps = orEmpty(row.Gaps)
	if err := b.line(rowLine, &row); err != nil {
		return nil, err
	}
	for _, part := range []struct {
		begin    []byte
		findings []finding.Finding
	}{{findingLine, b.findings}, {waitingLine, b.waiting}} {
		for i := range part.findings {
			part.findings[i] = wholeFinding(part.findings[i])
			if err := b.line(part.begin, &part.findings[i]); err != nil {
				return nil, err
			}
		}
	}
	if b.facts != nil {
		if err := b.line(factsLine, b.facts); err != nil {
			return nil, err
		}
	}
	return b.body.Bytes(), nil
}

// line adds a line that holds a value.
func (b *openBlock) line(begin []byte, value any) error {
	b.body.Write(begin)
	if err := b.enc.Encode(value); err != nil {
		return err
	}
	b.body.Truncate(b.body.Len() - 1) // the encoder ends a value with a new line
	b.body.WriteString("}\n")
	return nil
}

// wholeFinding has its lists, empty where a replayed stream has none.
func wholeFinding(f finding.Finding) finding.Finding {
	f.Evidence.FlowLogs = orEmpty(f.Evidence.FlowLogs)
	f.Gaps = orEmpty(f.Gaps)
	return f
}

func orEmpty[S ~[]T, T any](list S) S {
	if list == nil {
		return S{}
	}
	return list
}

// Stored is a block as the spool keeps it. Its bytes are good until the visit that it was handed
// to returns.
type Stored struct {
	Scope    inventory.Scope
	Row      []byte   // the row of the ledger, in JSON
	Findings [][]byte // each in JSON, in order, late ones in their place

	waiting [][]byte
}

// parse takes a block apart. Lines of other types are passed over.
func (b *Stored) parse(raw []byte) error {
	b.Row, b.Findings, b.waiting = nil, b.Findings[:0], b.waiting[:0]
	_, raw, _ = bytes.Cut(raw, newLine)
	for len(raw) > 0 {
		var line []byte
		line, raw, _ = bytes.Cut(raw, newLine)
		if value, ok := valueOf(line, findingLine); ok {
			b.Findings = append(b.Findings, value)
		} else if value, ok := valueOf(line, rowLine); ok {
			b.Row = value
		} else if value, ok := valueOf(line, waitingLine); ok {
			b.waiting = append(b.waiting, value)
		}
	}
	if b.Row == nil {
		return fmt.Errorf("the block has no row")
	}
	return nil
}

var newLine = []byte("\n")

// valueOf is the value in a line that begins so.
func valueOf(line, begin []byte) ([]byte, bool) {
	if !bytes.HasPrefix(line, begin) || line[len(line)-1] != '}' {
		return nil, false
	}
	return line[len(begin) : len(line)-1 : len(line)-1], true
}

// DecodeRow gives the row of the ledger.
func (b *Stored) DecodeRow() (Scope, error) {
	var row Scope
	if err := json.Unmarshal(b.Row, &row); err != nil {
		return Scope{}, fmt.Errorf("read the row of %s back from the spool: %w", b.Scope, err)
	}
	return row, nil
}

// DecodeFindings gives the findings whole.
func (b *Stored) DecodeFindings() ([]finding.Finding, error) {
	return decodeFindings(b.Scope, b.Findings)
}

func decodeFindings(scope inventory.Scope, raw [][]byte) ([]finding.Finding, error) {
	if len(raw) == 0 {
		return nil, nil
	}
	findings := make([]finding.Finding, len(raw))
	for i, r := range raw {
		if err := json.Unmarshal(r, &findings[i]); err != nil {
			return nil, fmt.Errorf("read a finding of %s back from the spool: %w", scope, err)
		}
	}
	return findings, nil
}
