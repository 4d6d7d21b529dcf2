package event

import (
	"errors"
	"fmt"
	"io"
	"os"
)

// memoryLimit is how much of a spool stays in memory: a run of a few hundred scopes needs no file,
// and a larger one writes this much at a time.
const memoryLimit = 1 << 20

// store keeps bytes that are appended, in memory at first and then in a file.
type store struct {
	file    *os.File // nil while everything is in memory
	kept    bool     // the file is a checkpoint: it stays, and has every block as soon as there is one
	tail    []byte   // what is not in the file yet
	flushed int64    // bytes in the file
	limit   int      // of the tail
	broken  error    // of the first write that failed: what follows it would lie elsewhere than it is said to
}

// size is the offset of what comes next.
func (s *store) size() int64 { return s.flushed + int64(len(s.tail)) }

// append adds bytes and says where they lie.
func (s *store) append(parts ...[]byte) (offset int64, err error) {
	offset = s.size()
	for _, b := range parts {
		s.tail = append(s.tail, b...)
	}
	if !s.kept && len(s.tail) <= s.limit {
		return offset, s.broken
	}
	return offset, s.flush()
}

// flush moves the tail to the file.
func (s *store) flush() error {
	if s.broken == nil && s.file == nil {
		s.file, s.broken = os.CreateTemp("", "flowproof-spool-*")
	}
	if s.broken != nil {
		return fmt.Errorf("spool to disk: %w", s.broken)
	}
	if _, s.broken = s.file.Write(s.tail); s.broken != nil {
		return fmt.Errorf("spool to %s: %w", s.file.Name(), s.broken)
	}
	s.flushed += int64(len(s.tail))
	s.tail = s.tail[:0]
	return nil
}

// read gives back bytes, in buffer if they are in the file. They may be overwritten by the next
// append.
func (s *store) read(offset int64, length int, buffer []byte) ([]byte, error) {
	if offset >= s.flushed {
		at := int(offset - s.flushed)
		return s.tail[at : at+length : at+length], nil
	}
	if cap(buffer) < length {
		buffer = make([]byte, length+length/2)
	}
	buffer = buffer[:length]
	if _, err := s.file.ReadAt(buffer, offset); err != nil {
		if errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF
		}
		return nil, err
	}
	return buffer, nil
}

// close removes a temporary file; a checkpoint stays.
func (s *store) close() error {
	if s.file == nil {
		return nil
	}
	if s.kept {
		return s.file.Close() // what a power cut takes is missed by its checksum, and read again
	}
	return errors.Join(s.file.Close(), os.Remove(s.file.Name()))
}
