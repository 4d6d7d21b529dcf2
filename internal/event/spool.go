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

// memoryLimit is how many bytes of blocks a spool keeps in memory before it moves to a
// temporary file. A few thousand findings fit.
const memoryLimit = 8 << 20

// Spool takes a stream in whatever order scopes finish and gives it back ordered by partition,
// account and Region. Blocks lie in it as JSON lines, in memory at first and then in a
// temporary file; what stays in memory is where each block lies, and the findings that came
// after their block (shared VPCs). So memory hardly grows with the number of scopes.
type Spool struct {
	run     *Run
	summary *Summary
	blocks  map[inventory.Scope]span
	late    map[inventory.Scope][]finding.Finding

	open     Event // the scope whose findings are coming in
	findings []finding.Finding

	memory bytes.Buffer
	file   *os.File // nil while everything is in memory
	size   int64
	limit  int64
}

// span is where a block lies.
type span struct{ offset, length int64 }

// NewSpool is empty. Close it to remove its temporary file.
func NewSpool() *Spool {
	return &Spool{
		blocks: map[inventory.Scope]span{},
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
		s.open = e
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
	if s.open.Scope != nil && scope == s.open.Scope.Scope {
		s.findings = append(s.findings, f)
		return
	}
	s.late[scope] = append(s.late[scope], f)
}

// closeBlock sorts the open block and appends it.
func (s *Spool) closeBlock() error {
	if s.open.Scope == nil {
		return nil
	}
	scope := s.open.Scope.Scope
	if _, twice := s.blocks[scope]; twice {
		return fmt.Errorf("spool %s: the ledger has two rows for it", scope)
	}
	slices.SortFunc(s.findings, finding.Compare)
	var block bytes.Buffer
	enc := json.NewEncoder(&block)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(s.open); err != nil {
		return fmt.Errorf("spool %s: %w", scope, err)
	}
	for i := range s.findings {
		if err := enc.Encode(Event{Type: TypeFinding, Finding: &s.findings[i]}); err != nil {
			return fmt.Errorf("spool %s: %w", scope, err)
		}
	}
	s.blocks[scope] = span{offset: s.size, length: int64(block.Len())}
	s.open, s.findings = Event{}, s.findings[:0]
	return s.append(block.Bytes())
}

// append adds bytes at the end, moving to a file when memory holds enough.
func (s *Spool) append(b []byte) error {
	s.size += int64(len(b))
	if s.file == nil && s.size <= s.limit {
		s.memory.Write(b) // never fails
		return nil
	}
	if s.file == nil {
		file, err := os.CreateTemp("", "flowproof-spool-*")
		if err != nil {
			return fmt.Errorf("spool to disk: %w", err)
		}
		s.file = file
		if _, err := s.memory.WriteTo(file); err != nil {
			return fmt.Errorf("spool to %s: %w", file.Name(), err)
		}
		s.memory = bytes.Buffer{}
	}
	if _, err := s.file.Write(b); err != nil {
		return fmt.Errorf("spool to %s: %w", s.file.Name(), err)
	}
	return nil
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
	if s.open.Scope != nil && s.open.Scope.Scope == scope {
		if err := s.closeBlock(); err != nil { // the last one, when it is asked for before the summary
			return Scope{}, nil, false, err
		}
	}
	if err := s.closeBlock(); err != nil {
		return Scope{}, nil, false, err
	}
	at, ok := s.blocks[scope]
	if !ok {
		return Scope{}, nil, false, nil
	}
	raw, err := s.bytes(at)
	if err != nil {
		return Scope{}, nil, false, fmt.Errorf("read %s back from the spool: %w", scope, err)
	}
	dec := json.NewDecoder(bytes.NewReader(raw))
	var row Scope
	findings := slices.Clone(s.late[scope])
	for {
		var e Event
		switch err := dec.Decode(&e); {
		case errors.Is(err, io.EOF):
			slices.SortFunc(findings, finding.Compare)
			return row, findings, true, nil
		case err != nil:
			return Scope{}, nil, false, fmt.Errorf("read %s back from the spool: %w", scope, err)
		}
		if e.Scope != nil {
			row = *e.Scope
		} else {
			findings = append(findings, *e.Finding)
		}
	}
}

func (s *Spool) bytes(at span) ([]byte, error) {
	if s.file == nil {
		return s.memory.Bytes()[at.offset : at.offset+at.length], nil
	}
	raw := make([]byte, at.length)
	_, err := s.file.ReadAt(raw, at.offset)
	return raw, err
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
