// Package snapshot saves what was read of an account and gives it back later, so that it can be
// judged again, offline, with the same result. A file is JSON lines: a header, one inventory a
// line, a last line that counts them, and it is compressed when its name ends in .gz. It
// judges nothing and leaves nothing out.
package snapshot

import (
	"bufio"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"flowproof/internal/inventory"
)

// Schema names the format; it stands in the header.
const Schema = "flowproof.snapshot/v1"

// header is the first line.
type header struct {
	Schema  string    `json:"schema"`
	Version string    `json:"version"` // of the program that saved it
	Source  string    `json:"source"`  // what it read
	Saved   time.Time `json:"saved"`
}

// trailer is the last line: without it the file is not whole.
type trailer struct {
	End    bool `json:"end"`
	Scopes int  `json:"scopes"`
}

// Writer writes a snapshot. The file takes its name when it is whole, on Close: a run that dies
// leaves the file of an earlier run as it was.
type Writer struct {
	path   string
	file   *os.File
	zip    *gzip.Writer // nil without compression
	out    *bufio.Writer
	enc    *json.Encoder
	scopes int
	failed error
}

// Create starts a snapshot at path, readable by its owner alone: it lists a whole network.
func Create(path, version, source string, now time.Time) (*Writer, error) {
	file, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*")
	if err != nil {
		return nil, fmt.Errorf("create the snapshot: %w", err)
	}
	w := &Writer{path: path, file: file}
	var to io.Writer = file
	if strings.HasSuffix(path, ".gz") {
		w.zip = gzip.NewWriter(file)
		to = w.zip
	}
	w.out = bufio.NewWriterSize(to, 1<<16)
	w.enc = json.NewEncoder(w.out)
	w.enc.SetEscapeHTML(false)
	w.encode(header{Schema: Schema, Version: version, Source: source, Saved: now.UTC()})
	return w, w.failed
}

// Write adds one scope.
func (w *Writer) Write(inv inventory.Inventory) error {
	w.scopes++
	w.encode(inv)
	return w.failed
}

func (w *Writer) encode(v any) {
	if w.failed == nil && w.enc.Encode(v) != nil {
		w.failed = fmt.Errorf("write the snapshot %s: the disk may be full", w.path)
	}
}

// Close completes the file and gives it its name. After a failed Write it removes it.
func (w *Writer) Close() error {
	w.encode(trailer{End: true, Scopes: w.scopes})
	errs := []error{w.failed, w.out.Flush()}
	if w.zip != nil {
		errs = append(errs, w.zip.Close())
	}
	errs = append(errs, w.file.Sync(), w.file.Close())
	err := errors.Join(errs...)
	if err == nil {
		err = os.Rename(w.file.Name(), w.path)
	}
	if err != nil {
		return errors.Join(fmt.Errorf("complete the snapshot %s: %w", w.path, err), os.Remove(w.file.Name()))
	}
	return nil
}
