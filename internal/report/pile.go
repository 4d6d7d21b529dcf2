package report

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
)

// pileLimit is how much of one section stays in memory: a few thousand rows.
const pileLimit = 1 << 18

// pile keeps the rows of a section until the sections before it are written, so that one walk
// through the spool fills all of them. What does not fit in memory goes to a temporary file.
type pile struct {
	memory bytes.Buffer
	file   *os.File // nil while everything is in memory
	limit  int      // pileLimit, but for tests
}

// Write implements io.Writer.
func (p *pile) Write(b []byte) (int, error) {
	p.memory.Write(b) // never fails
	if p.memory.Len() <= p.limit {
		return len(b), nil
	}
	if p.file == nil {
		file, err := os.CreateTemp("", "flowproof-report-*")
		if err != nil {
			return 0, fmt.Errorf("keep a section of the report on disk: %w", err)
		}
		p.file = file
	}
	if _, err := p.memory.WriteTo(p.file); err != nil {
		return 0, fmt.Errorf("keep a section of the report on disk: %w", err)
	}
	return len(b), nil
}

// copyTo writes everything that was piled up.
func (p *pile) copyTo(w io.Writer) error {
	if p.file != nil {
		if _, err := p.file.Seek(0, io.SeekStart); err != nil {
			return fmt.Errorf("read a section of the report back: %w", err)
		}
		if _, err := io.Copy(w, p.file); err != nil {
			return fmt.Errorf("copy a section of the report from %s: %w", p.file.Name(), err)
		}
	}
	_, err := w.Write(p.memory.Bytes())
	return err
}

// close removes what lies on disk.
func (p *pile) close() error {
	if p.file == nil {
		return nil
	}
	return errors.Join(p.file.Close(), os.Remove(p.file.Name()))
}
