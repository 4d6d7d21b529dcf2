package event

import (
	"bytes"
	"errors"
	"fmt"
	"iter"
	"slices"

	"flowproof/internal/finding"
	"flowproof/internal/inventory"
)

// Spool takes a stream in whatever order scopes finish and gives it back ordered by partition,
// account and Region. Each scope is a block of JSON lines: in memory while there are few, and
// then in a file that is temporary or a checkpoint. What stays in memory is where each block
// lies, so that memory hardly grows with the number of scopes.
type Spool struct {
	run     *Run
	summary *Summary
	store   store
	index   *index
	open    openBlock
	late    []lateFinding
	lateIn  bool // they are sorted
	settled bool // something of this run alone was appended
	saved   checkpoint
	buffer  []byte
}

// lateFinding is where a finding lies that came after the block of its scope: shared VPCs.
type lateFinding struct {
	scope  scopeID
	offset int64
	length uint32
}

// NewSpool is empty. Close it to remove its temporary file.
func NewSpool() *Spool {
	return &Spool{index: newIndex(), store: store{limit: memoryLimit}}
}

// Close removes what lies on disk, unless it is a checkpoint.
func (s *Spool) Close() error { return errors.Join(s.store.close(), s.saved.unlock()) }

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
		if err := s.EndBlock(); err != nil {
			return err
		}
		s.open.row = e.Scope
	case TypeFinding:
		return s.add(*e.Finding)
	case TypeSummary:
		s.summary = e.Summary
		return errors.Join(s.EndBlock(), s.placed())
	}
	return nil
}

// add puts a finding into the open block, or keeps it for a block that is closed.
func (s *Spool) add(f finding.Finding) error {
	scope := f.Resource.Scope()
	if s.open.row != nil && scope == s.open.row.Scope {
		s.open.findings = append(s.open.findings, f)
		return nil
	}
	if !s.settled {
		s.settled = true
		if _, err := s.store.append(settledLine); err != nil {
			return err
		}
	}
	encoded := openBlock{row: &Scope{}, findings: []finding.Finding{f}}
	body, err := encoded.lines()
	if err != nil {
		return fmt.Errorf("spool %s: %w", f.Fingerprint, err)
	}
	line := body[bytes.IndexByte(body, '\n')+1:]
	offset, err := s.store.append(line)
	s.late = append(s.late, lateFinding{scope: s.index.id(scope), offset: offset, length: uint32(len(line))})
	s.lateIn = false
	return err
}

// EndBlock sorts the open block and keeps it. The next row and the summary do so too; a run that
// has a checkpoint does it at once.
func (s *Spool) EndBlock() error {
	b := &s.open
	if b.row == nil {
		return nil
	}
	scope := b.row.Scope
	slices.SortFunc(b.findings, finding.Compare)
	slices.SortFunc(b.waiting, finding.Compare)
	header, body, err := b.encode()
	if err != nil {
		return fmt.Errorf("spool %s: %w", scope, err)
	}
	id, before, known := s.index.get(scope)
	if known && before.has(inRun) {
		return fmt.Errorf("spool %s: the ledger has two rows for it", scope)
	}
	e := before
	if !known || !s.same(before, header, body) {
		offset, err := s.store.append(header, body)
		if err != nil {
			return err
		}
		e = newEntry(offset, len(header)+len(body))
	}
	if len(b.waiting) > 0 {
		e = e.with(waiting)
	}
	s.index.set(id, e.with(inRun))
	clear(b.findings)
	clear(b.waiting)
	b.row, b.facts, b.findings, b.waiting = nil, nil, b.findings[:0], b.waiting[:0]
	return nil
}

// same reports whether a block is in the checkpoint as it is.
func (s *Spool) same(e entry, header, body []byte) bool {
	if int(e.length) != len(header)+len(body) {
		return false
	}
	before, err := s.read(e)
	return err == nil && bytes.HasPrefix(before, header) && bytes.HasSuffix(before, body)
}

// placed refuses findings about scopes that have no row: no reader would ever see them.
func (s *Spool) placed() error {
	for _, l := range s.late {
		if !s.index.entries[l.scope].has(inRun) {
			return fmt.Errorf("spool %s: the ledger has no row for it, but there are findings", s.index.scope(l.scope))
		}
	}
	return nil
}

// Scopes visits every scope that has a block, in order.
func (s *Spool) Scopes() iter.Seq[inventory.Scope] {
	return func(yield func(inventory.Scope) bool) {
		for id := range s.index.sorted() {
			if !yield(s.index.scope(id)) {
				return
			}
		}
	}
}

// WalkStored visits the blocks in order, as they are kept.
func (s *Spool) WalkStored(visit func(*Stored) error) error {
	if err := s.EndBlock(); err != nil {
		return err
	}
	s.sortLate()
	var b Stored
	for id, e := range s.index.sorted() {
		if err := s.load(&b, id, e); err != nil {
			return err
		}
		if err := visit(&b); err != nil {
			return err
		}
	}
	return nil
}

// Walk visits the blocks in order, decoded whole.
func (s *Spool) Walk(visit func(row Scope, findings []finding.Finding) error) error {
	return s.WalkStored(func(b *Stored) error {
		row, err := b.DecodeRow()
		if err != nil {
			return err
		}
		findings, err := b.DecodeFindings()
		if err != nil {
			return err
		}
		return visit(row, findings)
	})
}

// Block gives back one scope: its row of the ledger, and its findings in order with the late
// ones in their place. The third result is false for a scope that has no block.
func (s *Spool) Block(scope inventory.Scope) (Scope, []finding.Finding, bool, error) {
	if err := s.EndBlock(); err != nil { // the last one, when it is asked for before the summary
		return Scope{}, nil, false, err
	}
	id, e, ok := s.index.get(scope)
	if !ok || !e.has(inRun) {
		return Scope{}, nil, false, nil
	}
	s.sortLate()
	var b Stored
	if err := s.load(&b, id, e); err != nil {
		return Scope{}, nil, false, err
	}
	row, err := b.DecodeRow()
	if err != nil {
		return Scope{}, nil, false, err
	}
	findings, err := b.DecodeFindings()
	return row, findings, true, err
}

// load reads a block, with the findings that came late in their place.
func (s *Spool) load(b *Stored, id scopeID, e entry) error {
	b.Scope = s.index.scope(id)
	raw, err := s.read(e)
	if err == nil {
		err = b.parse(raw)
	}
	if err != nil {
		return fmt.Errorf("read %s back from the spool: %w", b.Scope, err)
	}
	return s.loadLate(b, id)
}

// read gives the bytes of a block. They are good until something else is read or appended.
func (s *Spool) read(e entry) ([]byte, error) {
	raw, err := s.store.read(e.offset(), int(e.length), s.buffer)
	if e.offset() < s.store.flushed && err == nil {
		s.buffer = raw
	}
	return raw, err
}

func (s *Spool) loadLate(b *Stored, id scopeID) error {
	from, found := slices.BinarySearchFunc(s.late, id, func(l lateFinding, id scopeID) int {
		return compareIDs(l.scope, id)
	})
	if !found {
		return nil
	}
	for _, l := range s.late[from:] {
		if l.scope != id {
			break
		}
		line, err := s.store.read(l.offset, int(l.length), nil)
		if err != nil {
			return fmt.Errorf("read a finding of %s back from the spool: %w", b.Scope, err)
		}
		value, _ := valueOf(bytes.TrimSuffix(line, newLine), findingLine)
		b.Findings = append(b.Findings, value)
	}
	return b.sort()
}

func (s *Spool) sortLate() {
	if s.lateIn {
		return
	}
	slices.SortStableFunc(s.late, func(a, b lateFinding) int { return compareIDs(a.scope, b.scope) })
	s.lateIn = true
}

func compareIDs(a, b scopeID) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

// sort puts the findings of a block in order.
func (b *Stored) sort() error {
	findings, err := b.DecodeFindings()
	if err != nil {
		return err
	}
	at := make([]int, len(findings))
	for i := range at {
		at[i] = i
	}
	slices.SortStableFunc(at, func(i, j int) int { return finding.Compare(findings[i], findings[j]) })
	sorted := make([][]byte, len(at))
	for to, from := range at {
		sorted[to] = b.Findings[from]
	}
	b.Findings = sorted
	return nil
}
