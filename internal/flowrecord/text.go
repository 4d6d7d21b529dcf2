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

// Lines reads records from text, plain or compressed with gzip, one a line. A first line that names
// fields, as files in a bucket have, stands above the format. A line that is no record comes as an
// error that is ErrMalformed, and reading goes on; with any other error it ends, and what came
// before it counts. A file of which only the beginning is there gives the records that it has, and
// then io.ErrUnexpectedEOF.
func Lines(in io.Reader, f Format, most int64) iter.Seq2[Record, error] {
	return func(yield func(Record, error) bool) {
		text, err := plain(in)
		if err != nil {
			yield(Record{}, err)
			return
		}
		lines := bufio.NewReaderSize(io.LimitReader(text, most), maxLine)
		for first := true; ; {
			line, err := lines.ReadSlice('\n')
			if err != nil && !errors.Is(err, io.EOF) {
				yield(Record{}, fmt.Errorf("read flow log records: %w", err)) // a line that is not whole is no record
				return
			}
			if text := string(bytes.TrimSpace(line)); text != "" {
				header, ok := headerOf(text)
				if ok = ok && first; ok {
					f = header
				}
				first = false
				if !ok && !yield(f.Parse(text)) {
					return
				}
			}
			if err != nil {
				return
			}
		}
	}
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
