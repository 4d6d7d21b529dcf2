package event

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"flowproof/internal/filelock"
	"flowproof/internal/inventory"
)

// CheckpointSchema names the format of a checkpoint.
const CheckpointSchema = "flowproof.checkpoint/v1"

// ErrCheckpoint means that a folder cannot be the checkpoint of this run: it is in use, belongs to
// another configuration, or holds something else. It is as it was.
var ErrCheckpoint = errors.New("checkpoint refused")

// The files of a checkpoint.
const (
	checkpointBlocks = "scopes.jsonl"
	checkpointLock   = "lock"
)

// CheckpointOptions says whose checkpoint it is.
type CheckpointOptions struct {
	Config map[string]string // everything that decides what a scope's block says
	Holder string            // who is told to those who are kept out meanwhile
	Since  time.Time         // what was read before is too old
}

// checkpoint is what a spool has that outlives the run.
type checkpoint struct {
	lock    *os.File // nil for a temporary spool
	resumed Resumed
}

// Resumed is what a checkpoint had.
type Resumed struct {
	Scopes int   // read whole, and not too old
	Torn   int64 // bytes at its end that were dropped, as they are no whole block
}

// checkpointHeader is the first line.
type checkpointHeader struct {
	Schema string            `json:"schema"`
	Config map[string]string `json:"config"`
}

// OpenCheckpoint is a spool whose file stays, in a folder that is made if need be. Every block is
// in the file when EndBlock returns, so that a process may be killed at any time: what it was
// writing is known by its checksum and dropped. What the folder has already becomes part of the
// run by Take.
func OpenCheckpoint(dir string, o CheckpointOptions) (*Spool, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrCheckpoint, err)
	}
	lock, err := lockCheckpoint(dir, o.Holder)
	if err != nil {
		return nil, err
	}
	s := NewSpool()
	s.saved.lock = lock
	s.store.kept = true
	path := filepath.Join(dir, checkpointBlocks)
	s.store.file, err = os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600) //nolint:gosec // the user names their own folder
	if err == nil {
		err = s.restore(o)
	}
	if err != nil {
		if s.store.file != nil {
			_ = s.store.file.Close() // nothing was written to it
		}
		return nil, errors.Join(fmt.Errorf("%w: %s: %w", ErrCheckpoint, path, err), s.saved.unlock())
	}
	return s, nil
}

// Resumed is what the checkpoint had; nothing for a temporary spool.
func (s *Spool) Resumed() Resumed { return s.saved.resumed }

// lockCheckpoint keeps other processes out and tells them who is in.
func lockCheckpoint(dir, holder string) (*os.File, error) {
	f, err := os.OpenFile(filepath.Join(dir, checkpointLock), os.O_CREATE|os.O_RDWR, 0o600) //nolint:gosec // as above
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrCheckpoint, err)
	}
	err = filelock.Lock(f)
	if errors.Is(err, filelock.ErrLocked) {
		const most = 200
		who, _ := io.ReadAll(io.LimitReader(f, most)) // it may have nothing to say yet
		err = fmt.Errorf("%s is in use by %s", dir, strings.TrimSpace(string(who)+" (another process)"))
	}
	if err == nil {
		if err = f.Truncate(0); err == nil {
			_, err = f.WriteString(holder + "\n")
		}
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("%w: %w", ErrCheckpoint, err), f.Close())
	}
	return f, nil
}

func (c *checkpoint) unlock() error {
	if c.lock == nil {
		return nil
	}
	return errors.Join(filelock.Unlock(c.lock), c.lock.Close())
}

// restore reads what the file has and puts its end behind the last whole block.
func (s *Spool) restore(o CheckpointOptions) error {
	info, err := s.store.file.Stat()
	if err != nil {
		return err
	}
	header, err := json.Marshal(checkpointHeader{Schema: CheckpointSchema, Config: o.Config})
	if err != nil {
		return err
	}
	header = append(header, '\n')
	in := bufio.NewReaderSize(s.store.file, 1<<18)
	whole, err := checkHeader(in, header)
	if err != nil {
		return err
	}
	if whole > 0 {
		end, dropped := readBlocks(in, whole, info.Size(), s.restoreBlock)
		s.saved.resumed.Torn = dropped
		whole = end
		for _, e := range s.index.entries {
			if e.has(finished) && !e.readAt().Before(o.Since) {
				s.saved.resumed.Scopes++
			}
		}
	}
	if s.saved.resumed.Scopes == 0 { // nothing of it is of use: it would only grow
		whole, s.index = 0, newIndex()
	}
	if err := s.store.file.Truncate(whole); err != nil {
		return err
	}
	if _, err := s.store.file.Seek(whole, io.SeekStart); err != nil {
		return err
	}
	s.store.flushed = whole
	if whole > 0 {
		return nil
	}
	_, err = s.store.append(header)
	return err
}

// checkHeader reads the first line and says how long it is; 0 for a file that has nothing yet.
func checkHeader(in *bufio.Reader, want []byte) (int64, error) {
	got, err := in.ReadBytes('\n')
	switch {
	case bytes.Equal(got, want):
		return int64(len(got)), nil
	case errors.Is(err, io.EOF) && (bytes.HasPrefix(want, got) || bytes.HasPrefix(got, []byte(`{"schema":"`+CheckpointSchema+`"`))):
		return 0, nil // whoever began it came no further
	case err != nil && !errors.Is(err, io.EOF):
		return 0, err
	}
	var had, asked checkpointHeader
	if json.Unmarshal(got, &had) != nil || had.Schema == "" {
		return 0, errors.New("it is no checkpoint; it was left as it was")
	}
	if had.Schema != CheckpointSchema {
		return 0, fmt.Errorf("its schema is %q and this version of flowproof takes %q", had.Schema, CheckpointSchema)
	}
	if err := json.Unmarshal(want, &asked); err != nil {
		return 0, err
	}
	return 0, fmt.Errorf("it belongs to another run: %s; use the same settings, or another folder", differences(had.Config, asked.Config))
}

// differences says in which keys two configurations differ, and how.
func differences(had, asked map[string]string) string {
	var list []string
	for _, key := range slices.Sorted(maps.Keys(had)) {
		if v, ok := asked[key]; had[key] != v || !ok {
			list = append(list, fmt.Sprintf("%s was %q there and is %q here", key, had[key], v))
		}
	}
	for _, key := range slices.Sorted(maps.Keys(asked)) {
		if _, ok := had[key]; !ok {
			list = append(list, fmt.Sprintf("%s was not there and is %q here", key, asked[key]))
		}
	}
	return strings.Join(list, ", ")
}

// readBlocks visits the whole blocks of a file from an offset on, and says where they end and how
// many bytes behind them are no block. It stops where a run began to settle: that is of one run
// alone. A block that is damaged ends the file, as nothing tells damage from a write that was cut
// short, and what is dropped is read again.
func readBlocks(in *bufio.Reader, from, size int64, visit func(offset int64, length int, h blockHeader, body []byte) bool) (end, torn int64) {
	var body []byte
	for end = from; end < size; {
		line, err := in.ReadBytes('\n')
		if err == nil && bytes.Equal(line, settledLine) {
			return end, 0
		}
		var h blockHeader
		next := end + int64(len(line))
		if err != nil || json.Unmarshal(line, &h) != nil || h.Type != typeBlock || h.Bytes <= 0 || int64(h.Bytes) > size-next {
			break
		}
		body = slices.Grow(body[:0], h.Bytes)[:h.Bytes]
		if _, err := io.ReadFull(in, body); err != nil || checksum(body) != h.Sum || body[len(body)-1] != '\n' {
			break
		}
		if !visit(end, len(line)+h.Bytes, h, body) {
			break
		}
		end = next + int64(h.Bytes)
	}
	return end, size - end
}

// restoreBlock enters a block of the file into the index. A later block of a scope takes the place
// of an earlier one.
func (s *Spool) restoreBlock(offset int64, length int, h blockHeader, body []byte) bool {
	var row struct {
		inventory.Scope
		Status inventory.Status `json:"status"`
	}
	line, rest, _ := bytes.Cut(body, newLine)
	value, ok := valueOf(line, rowLine)
	if !ok || json.Unmarshal(value, &row) != nil {
		return false
	}
	e := newEntry(offset, length)
	e.seconds = uint32(max(h.ReadAt.Unix(), 0))
	if row.Status == inventory.StatusRead && !h.ReadAt.IsZero() {
		e = e.with(finished)
	}
	if bytes.HasPrefix(rest, waitingLine) || bytes.Contains(rest, append(slices.Clip(newLine), waitingLine...)) {
		e = e.with(waiting)
	}
	s.index.set(s.index.id(row.Scope), e)
	return true
}
