package snapshot

import (
	"bufio"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"flowproof/internal/atomicfile"
	"flowproof/internal/inventory"
	"flowproof/internal/strictjson"
)

// Writer writes a snapshot scope by scope, beside its final place and readable by its owner alone.
// Only Close puts it in its place, so that no reader ever sees part of one and an older snapshot
// stays until the new one is whole.
type Writer struct {
	path   string
	file   *atomicfile.File // nil when done
	gzip   *gzip.Writer
	out    *bufio.Writer
	scopes int
	err    error // the first one: what follows it cannot make a whole snapshot
}

// Create begins a snapshot at path. Version and source go into its header. Discard or Close ends it.
func Create(path, version, source string) (*Writer, error) {
	file, err := atomicfile.Create(path)
	if err != nil {
		return nil, fmt.Errorf("save a snapshot: %w", err)
	}
	w := &Writer{path: path, file: file}
	var to io.Writer = file
	if strings.HasSuffix(path, ".gz") {
		w.gzip = gzip.NewWriter(file)
		to = w.gzip
	}
	w.out = bufio.NewWriterSize(to, 1<<16)
	header := Header{Schema: Schema, Version: version, Saved: time.Now().UTC(), Source: source}
	if err := w.line(header); err != nil {
		return nil, errors.Join(w.failed(err), w.Discard())
	}
	return w, nil
}

// Write adds one scope. It is called from one goroutine, once for each scope; the order is free.
func (w *Writer) Write(inv inventory.Inventory) error {
	if w.err != nil {
		return w.err
	}
	if err := w.line(lineOf(inv)); err != nil {
		w.err = w.failed(fmt.Errorf("%s: %w", inv.Scope, err))
	}
	w.scopes++
	return w.err
}

// line writes one line.
func (w *Writer) line(v any) error {
	text, err := strictjson.MarshalWhole(v)
	if err != nil {
		return err
	}
	_, err = w.out.Write(append(text, '\n'))
	return err
}

// Close writes the trailer, waits until everything is on the disk, and moves the snapshot to its
// place. If that or any Write failed, or no scope was written, nothing is left behind, and what
// was in the place before stays.
func (w *Writer) Close() error {
	if w.file == nil {
		return nil
	}
	if w.err != nil {
		return errors.Join(w.err, w.Discard())
	}
	if err := w.finish(); err != nil {
		return errors.Join(w.failed(err), w.Discard())
	}
	file := w.file
	w.file = nil
	return w.failed(file.Publish())
}

// finish writes what is left.
func (w *Writer) finish() error {
	if w.scopes == 0 {
		return errors.New("no scope was written")
	}
	if err := w.line(trailer{End: true, Scopes: w.scopes}); err != nil {
		return err
	}
	if err := w.out.Flush(); err != nil {
		return err
	}
	if w.gzip != nil {
		return w.gzip.Close()
	}
	return nil
}

// Discard gives up a snapshot that was not closed and removes what was written of it. After
// Close it does nothing, so that it can be deferred.
func (w *Writer) Discard() error {
	if w.file == nil {
		return nil
	}
	file := w.file
	w.file = nil
	return file.Close()
}

func (w *Writer) failed(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("save a snapshot as %s: %w", w.path, err)
}
