package flowrecord

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"iter"
)

// maxLine bounds a line: far above any record, and what a hostile file can make us hold.
const maxLine = 64 << 10

// ErrCut marks a text that goes on where reading it ended: at a bound, or because only its beginning
// was there to read. What was given until then counts; a line that was cut is no record and no
// malformed one.
var ErrCut = errors.New("the rest was not read")

// Lines reads records from text, plain or compressed with gzip, one a line, up to most bytes of it
// when it is unpacked. A line of the names of fields, such as files in a bucket begin with, is a
// header wherever it stands: the format of the lines below it. A line that is no record comes as an
// error that is ErrMalformed, and reading goes on; with any other error it ends, and what came
// before it counts.
func Lines(in io.Reader, f Format, most int64) iter.Seq2[Record, error] {
	return func(yield func(Record, error) bool) {
		text, err := plain(in)
		if err != nil {
			yield(Record{}, err)
			return
		}
		lines := bufio.NewReaderSize(&bounded{text, most}, maxLine)
		for formats := []Format{f}; ; {
			line, err := lines.ReadSlice('\n')
			if errors.Is(err, bufio.ErrBufferFull) {
				err = fmt.Errorf("a line of more than %d KiB", maxLine>>10)
			}
			if err != nil && !errors.Is(err, io.EOF) {
				yield(Record{}, fmt.Errorf("read flow log records: %w", err)) // a line that is not whole is no record
				return
			}
			if text := string(bytes.TrimSpace(bytes.TrimPrefix(line, byteOrderMark))); text != "" {
				if header, ok := f.header(text); ok {
					formats = []Format{header, f}
				} else if !yield(parse(text, formats)) {
					return
				}
			}
			if err != nil {
				return
			}
		}
	}
}

// byteOrderMark is U+FEFF, which editors and joined files leave before a line.
var byteOrderMark = []byte("\ufeff")

// parse reads a line by the first format that it fits. Below a header that is not the flow log's own
// there may still be its own records, as where files were joined.
func parse(line string, formats []Format) (r Record, err error) {
	for _, f := range formats {
		if r, err = f.Parse(line); err == nil {
			break
		}
	}
	return r, err
}

// Beginning is the first part of a text of which the rest is not there: after it comes ErrCut, not an end.
func Beginning(part io.Reader) io.Reader { return beginning{part} }

type beginning struct{ io.Reader }

// Read implements io.Reader.
func (b beginning) Read(p []byte) (int, error) {
	n, err := b.Reader.Read(p)
	if errors.Is(err, io.EOF) {
		err = ErrCut
	}
	return n, err
}

// bounded gives the first bytes of a text, and ErrCut if there are more.
type bounded struct {
	io.Reader
	left int64
}

// Read implements io.Reader.
func (b *bounded) Read(p []byte) (int, error) {
	if b.left == 0 {
		n, err := io.ReadFull(b.Reader, make([]byte, 1))
		if n > 0 {
			err = ErrCut
		}
		return 0, err
	}
	n, err := b.Reader.Read(p[:min(int64(len(p)), b.left)])
	b.left -= int64(n)
	return n, err
}

// plain undoes gzip where it is, by its first two bytes (RFC 1952).
func plain(in io.Reader) (io.Reader, error) {
	buffered := bufio.NewReader(in)
	magic, err := buffered.Peek(2)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("read flow log records: %w", err)
	}
	if !bytes.Equal(magic, []byte{0x1f, 0x8b}) {
		return buffered, nil
	}
	unzipped, err := gzip.NewReader(buffered)
	if err != nil {
		return nil, fmt.Errorf("read flow log records: %w", err)
	}
	return unzipped, nil
}
