package snapshot

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"

	"flowproof/internal/inventory"
)

// Source gives back a snapshot. In memory it keeps the ledger and where each scope's line lies, and
// reads a line when it is asked for: an organisation's snapshot may be larger than memory, and a
// scope may be asked for at any time and again. A compressed file cannot be read from
// the middle, so it is unpacked into a temporary file first.
type Source struct {
	path    string
	header  Header
	file    *os.File
	remove  string // the temporary file to remove, or empty
	targets []inventory.Target
	lines   map[inventory.Scope]span
	kinds   []inventory.Kind // of every scope; see Kinds
	parse   func(line []byte) (inventory.Inventory, error)
	limits  limits
}

// span is where a line lies.
type span struct {
	number         int
	offset, length int64
}

// Open opens a snapshot and reads it once. The error names what stands in the way: no file, no
// snapshot, one of another version or form, one beyond the limits, or one in which no scope is
// left. Of a file that is cut off or damaged everything whole is given, and a row for the Region
// "*" tells of the rest.
func Open(path string) (*Source, error) { return openWithin(path, defaultLimits) }

func openWithin(path string, l limits) (*Source, error) {
	s := &Source{path: path, lines: map[inventory.Scope]span{}, limits: l}
	if err := s.open(); err != nil {
		return nil, errors.Join(fmt.Errorf("open snapshot %s: %w", path, err), s.Close())
	}
	return s, nil
}

func (s *Source) open() error {
	file, err := os.Open(s.path)
	if err != nil {
		return err
	}
	s.file = file
	damage, err := s.unpack()
	if err != nil {
		return err
	}
	in := bufio.NewReaderSize(s.file, 1<<16)
	raw, err := in.ReadSlice('\n') // a first line longer than the buffer is no header
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, bufio.ErrBufferFull) {
		return err
	}
	if err := s.readHeader(raw); err != nil {
		return err
	}
	return s.index(in, int64(len(raw)), damage)
}

// unpack replaces a compressed file by its content, known by the first two bytes whatever the
// name. The first result says what is wrong with the packing: what came before it counts.
func (s *Source) unpack() (damage string, err error) {
	magic := make([]byte, 2)
	n, err := s.file.ReadAt(magic, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return "", err
	}
	if n < 2 || !bytes.Equal(magic, []byte{0x1f, 0x8b}) {
		return "", nil
	}
	packed, err := gzip.NewReader(bufio.NewReader(s.file))
	if err != nil {
		return "", fmt.Errorf("unpack: %w", err)
	}
	content, err := os.CreateTemp("", "flowproof-snapshot-*")
	if err != nil {
		return "", fmt.Errorf("unpack: %w", err)
	}
	original := s.file
	s.file, s.remove = content, content.Name()
	if os.Remove(s.remove) == nil {
		s.remove = "" // gone as soon as the process is; not every system allows it
	}
	defer func() { _ = original.Close() }()                           // only read from
	_, err = io.Copy(&bounded{to: content, limits: s.limits}, packed) //nolint:gosec // within limits, to disk
	if err != nil {
		var disk *fs.PathError
		var limit limitError
		if errors.As(err, &disk) || errors.As(err, &limit) {
			return "", fmt.Errorf("unpack: %w", err)
		}
		damage = "its compression is damaged: " + err.Error()
	}
	_, err = content.Seek(0, io.SeekStart)
	return damage, err
}

// Header is the snapshot's first line.
func (s *Source) Header() Header { return s.header }

// Discover tells of every scope of the snapshot, in the order of the file. The gaps of a scope
// come with Read, beside what was read of it.
func (s *Source) Discover(_ context.Context, found func(inventory.Target) error) error {
	for _, t := range s.targets {
		if err := found(t); err != nil {
			return err
		}
	}
	return nil
}

// Read gives a scope as it was saved, with the kinds that are asked for and no others, so that a
// snapshot with more in it is judged like the account itself would be.
func (s *Source) Read(ctx context.Context, t inventory.Target, kinds []inventory.Kind) inventory.Inventory {
	inv := inventory.Inventory{Target: t, Kinds: slices.Clone(kinds), ReadAt: s.header.Saved}
	if t.Region == inventory.AnyRegion {
		return inv // no list, and its gaps came with the row
	}
	if ctx.Err() != nil {
		inv.Fail(s.path, inventory.Interrupted, "interrupted before it was read from the snapshot", kinds...)
		return inv
	}
	saved, err := s.line(t.Scope)
	if err != nil {
		inv.Fail(s.path, inventory.Incomplete, err.Error()+": save the snapshot again", kinds...)
		return inv
	}
	inv = saved.Only(kinds)
	for _, k := range kinds {
		if !slices.Contains(saved.Kinds, k) {
			inv.Fail(s.path, inventory.Incomplete, fmt.Sprintf(
				"the snapshot was saved by rules that did not need %s: save it again with the rules that are asked now (--rule, --ruleset)", k), k)
		}
	}
	inv.Normalize()
	return inv
}

// line reads one scope's line.
func (s *Source) line(scope inventory.Scope) (inventory.Inventory, error) {
	at, ok := s.lines[scope]
	if !ok {
		return inventory.Inventory{}, errors.New("the snapshot has no such scope")
	}
	raw := make([]byte, at.length)
	if _, err := s.file.ReadAt(raw, at.offset); err != nil {
		return inventory.Inventory{}, fmt.Errorf("read line %d of the snapshot: %w", at.number, err)
	}
	inv, err := s.parse(raw)
	if err != nil || inv.Scope != scope {
		return inventory.Inventory{}, fmt.Errorf("line %d of the snapshot is another than when it was opened", at.number)
	}
	return inv, nil
}

// Kinds are what every scope of the snapshot was asked for: more than rules need can be had of them.
func (s *Source) Kinds() []inventory.Kind { return s.kinds }

// Calls is 0: nothing is asked of AWS.
func (s *Source) Calls() int64 { return 0 }

// Throttles implements scan.Source.
func (s *Source) Throttles() int64 { return 0 }

// Accounts implements scan.Source: nobody counts.
func (s *Source) Accounts() int { return 0 }

// Close lets go of the file, and removes what was unpacked of it.
func (s *Source) Close() error {
	var errs []error
	if s.file != nil {
		errs = append(errs, s.file.Close())
	}
	if s.remove != "" {
		errs = append(errs, os.Remove(s.remove))
	}
	s.file, s.remove = nil, ""
	return errors.Join(errs...)
}
