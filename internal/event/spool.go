package event

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"

	"flowproof/internal/finding"
	"flowproof/internal/inventory"
)

// memoryLimit is how many rows and findings a spool keeps in memory before it moves to a
// temporary file: a few megabytes.
const memoryLimit = 8192

// Spool takes a stream in whatever order scopes finish and gives it back ordered by partition,
// account and Region. A small run stays in memory as it is. A larger one moves to a temporary
// file, a block of JSON lines for each scope; what then stays in memory is where each block
// lies, and the findings that came after their block (shared VPCs). So memory hardly grows with
// the number of scopes.
type Spool struct {
	run     *Run
	summary *Summary
	blocks  map[inventory.Scope]block
	late    map[inventory.Scope][]finding.Finding

	open     *Scope // the scope whose findings are coming in
	findings []finding.Finding

	held          []inventory.Scope // the blocks in memory
	weight, limit int               // rows and findings in memory, and how many there may be
	file          *os.File          // nil while everything is in memory
	size          int64
}

// block is one scope: held, or where it lies in the file.
type block struct {
	row            *Scope // nil when it lies in the file
	findings       []finding.Finding
	offset, length int64
}

// NewSpool is empty. Close it to remove its temporary file.
func NewSpool() *Spool {
	return &Spool{
		blocks: map[inventory.Scope]block{},
		late:   map[inventory.Scope][]finding.Finding{},
		limit:  memoryLimit,
	}
}

// Close removes what lies on disk.
func (s *Spool) Close() error {
	if s.file == nil {
		return nil
	}
	return errors.Join(s.file.Close(), os.Remove(s.file.Name()))
}

// Run is the stream's first event; nil before it came.
func (s *Spool) Run() *Run { return s.run }

// Summary is the stream's last event; nil before it came.
func (s *Spool) Summary() *Summary { return s.summary }

// Handle implements Handler.
func (s *Spool) Handle(e Event) error {
	switch e.Type {
	case TypeRun:
		s.run = e.Run
	case TypeScope:
		if err := s.closeBlock(); err != nil {
			return err
		}
		s.open = e.Scope
	case TypeFinding:
		s.add(*e.Finding)
	case TypeSummary:
		s.summary = e.Summary
		return errors.Join(s.closeBlock(), s.placed())
	}
	return nil
}

// placed refuses findings about scopes that have no row: no reader would ever see them.
func (s *Spool) placed() error {
	for scope, findings := range s.late {
		if _, ok := s.blocks[scope]; !ok {
			return fmt.Errorf("spool %s: the ledger has no row for it, but there are findings such as %s", scope, findings[0].Fingerprint)
		}
	}
	return nil
}

// add puts a finding into the open block, or keeps it for a block that is closed.
func (s *Spool) add(f finding.Finding) {
	scope := f.Resource.Scope()
	if s.open != nil && scope == s.open.Scope {
		s.findings = append(s.findings, f)
		return
	}
	s.late[scope] = append(s.late[scope], f)
}

// closeBlock sorts the open block and keeps it, in memory or on disk.
func (s *Spool) closeBlock() error {
	if s.open == nil {
		return nil
	}
	scope := s.open.Scope
	if _, twice := s.blocks[scope]; twice {
		return fmt.Errorf("spool %s: the ledger has two rows for it", scope)
	}
	slices.SortFunc(s.findings, finding.Compare)
	b := block{row: s.open, findings: s.findings}
	s.open, s.findings = nil, nil
	s.blocks[scope] = b
	s.held = append(s.held, scope)
	s.weight += 1 + len(b.findings)
	if s.file == nil && s.weight <= s.limit {
		return nil
	}
	return s.spill()
}

// spill moves every block that is held to the file.
func (s *Spool) spill() error {
	if s.file == nil {
		file, err := os.CreateTemp("", "flowproof-spool-*")
		if err != nil {
			return fmt.Errorf("spool to disk: %w", err)
		}
		s.file = file
	}
	for _, scope := range s.held {
		lines, err := s.blocks[scope].encode()
		if err != nil {
			return fmt.Errorf("spool %s: %w", scope, err)
		}
		if _, err := s.file.Write(lines); err != nil {
			return fmt.Errorf("spool to %s: %w", s.file.Name(), err)
		}
		s.blocks[scope] = block{offset: s.size, length: int64(len(lines))}
		s.size += int64(len(lines))
	}
	s.held, s.weight = s.held[:0], 0
	return nil
}

// encode writes a block as events, one a line.
func (b block) encode() ([]byte, error) {
	var lines bytes.Buffer
	enc := json.NewEncoder(&lines)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(Event{Type: TypeScope, Scope: b.row}); err != nil {
		return nil, err
	}
	for i := range b.findings {
		if err := enc.Encode(Event{Type: TypeFinding, Finding: &b.findings[i]}); err != nil {
			return nil, err
		}
	}
	return lines.Bytes(), nil
}

// Scopes returns every scope that has a block, in order.
func (s *Spool) Scopes() []inventory.Scope {
	scopes := make([]inventory.Scope, 0, len(s.blocks))
	for scope := range s.blocks {
		scopes = append(scopes, scope)
	}
	slices.SortFunc(scopes, inventory.Scope.Compare)
	return scopes
}

// Block gives back one scope: its row of the ledger, and its findings in order with the late
// ones in their place. The third result is false for a scope that has no block.
func (s *Spool) Block(scope inventory.Scope) (Scope, []finding.Finding, bool, error) {
	if err := s.closeBlock(); err != nil { // the last one, when it is asked for before the summary
		return Scope{}, nil, false, err
	}
	b, ok := s.blocks[scope]
	if !ok {
		return Scope{}, nil, false, nil
	}
	if b.row == nil {
		var err error
		if b, err = s.read(b); err != nil {
			return Scope{}, nil, false, fmt.Errorf("read %s back from the spool: %w", scope, err)
		}
	}
	if late := s.late[scope]; len(late) > 0 {
		b.findings = slices.Concat(b.findings, late)
		slices.SortFunc(b.findings, finding.Compare)
	}
	return *b.row, b.findings, true, nil
}

// read brings a block back from the file.
func (s *Spool) read(at block) (block, error) {
	raw := make([]byte, at.length)
	if _, err := s.file.ReadAt(raw, at.offset); err != nil {
		return block{}, err
	}
	dec := json.NewDecoder(bytes.NewReader(raw))
	var b block
	for {
		var e Event
		switch err := dec.Decode(&e); {
		case errors.Is(err, io.EOF) && b.row != nil:
			return b, nil
		case err != nil:
			return block{}, err
		}
		if e.Scope != nil {
			b.row = e.Scope
		} else {
			b.findings = append(b.findings, *e.Finding)
		}
	}
}

// Walk visits the blocks in order.
func (s *Spool) Walk(visit func(row Scope, findings []finding.Finding) error) error {
	for _, scope := range s.Scopes() {
		row, findings, _, err := s.Block(scope)
		if err != nil {
			return err
		}
		if err := visit(row, findings); err != nil {
			return err
		}
	}
	return nil
}
