// Package atomicfile writes a file in whole or not at all. What is written lies beside the file until
// it is whole and on the disk, and then takes its name: a reader sees the old file or the new one, and a
// run that fails leaves the old one. What is no regular file (a pipe, a terminal, /dev/null, /dev/stdout)
// is written to directly, and never replaced.
package atomicfile

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// newMode is that of a file which was not there: what flowproof writes is for its owner alone.
const newMode fs.FileMode = 0o600

// File is being written. It implements io.Writer.
type File struct {
	path   string   // as the user gave it, for messages
	target target   // where it goes
	file   *os.File // beside the target, or the target itself where that is written directly
	done   bool     // published, or given up
}

// Create begins to write the file at path. An error says why that cannot be, and nothing is changed.
// The file has to be closed; without Publish that takes away what was written.
func Create(path string) (*File, error) {
	to, err := targetOf(path)
	if err != nil {
		return nil, err
	}
	if to.direct {
		file, err := to.open()
		if err != nil {
			return nil, named(path, err)
		}
		return &File{path: path, target: to, file: file}, nil
	}
	dir, base := filepath.Split(to.path)
	file, err := os.CreateTemp(dir, tempPrefix(base)+"*")
	if err != nil {
		return nil, fmt.Errorf("%w (it is written beside and renamed, so its folder must be there and let files be made)", named(path, err))
	}
	f := &File{path: path, target: to, file: file}
	if err := file.Chmod(to.mode); err != nil {
		return nil, errors.Join(named(path, err), f.Close())
	}
	return f, nil
}

// tempPrefix begins the name of what is being written, .NAME.flowproof-NUMBER: a person who finds one
// left by a kill knows whose it is. A name may have 255 bytes.
func tempPrefix(base string) string { return "." + base[:min(len(base), 200)] + ".flowproof-" }

// Write implements io.Writer. Errors name the file that was asked for.
func (f *File) Write(p []byte) (int, error) {
	n, err := f.file.Write(p)
	return n, named(f.path, err)
}

// Name is the path that was asked for.
func (f *File) Name() string { return f.path }

// Publish gives the file its name, now that it is whole and on the disk.
func (f *File) Publish() error {
	if f.done {
		return nil
	}
	if f.target.direct {
		f.done = true
		return named(f.path, f.file.Close())
	}
	err := f.file.Sync()
	if closed := f.file.Close(); err == nil {
		err = closed
	}
	if err == nil {
		err = os.Rename(f.file.Name(), f.target.path)
	}
	if err != nil {
		return errors.Join(named(f.path, err), f.discard())
	}
	f.done = true
	return named(f.path, syncFolder(filepath.Dir(f.target.path)))
}

// Close takes away what was written and not published.
func (f *File) Close() error {
	if f.done {
		return nil
	}
	err := f.file.Close()
	if f.target.direct {
		f.done = true
		return named(f.path, err)
	}
	return errors.Join(named(f.path, err), f.discard())
}

func (f *File) discard() error {
	f.done = true
	if err := os.Remove(f.file.Name()); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return named(f.path, err)
	}
	return nil
}

// Check says what Create would: whether the file at path can be written, before it takes long to know
// what goes into it.
func Check(path string) error {
	to, err := targetOf(path)
	if err != nil || to.direct {
		return err
	}
	f, err := Create(path)
	if err != nil {
		return err
	}
	return f.Close()
}

// Write writes the file at path with what write gives it, in whole or not at all.
func Write(path string, write func(io.Writer) error) error {
	f, err := Create(path)
	if err != nil {
		return err
	}
	if err := write(f); err != nil {
		return errors.Join(err, f.Close())
	}
	return f.Publish()
}

// Same reports whether two paths lead to one place, so that two files written there would spoil each
// other. Into /dev/null any number may be written.
func Same(a, b string) (bool, error) {
	first, err := targetOf(a)
	if err != nil {
		return false, err
	}
	second, err := targetOf(b)
	if err != nil {
		return false, err
	}
	if first.info != nil && second.info != nil {
		null, err := os.Stat(os.DevNull)
		return os.SameFile(first.info, second.info) && (err != nil || !os.SameFile(first.info, null)), nil
	}
	if first.info != nil || second.info != nil || filepath.Base(first.path) != filepath.Base(second.path) {
		return false, nil
	}
	x, errX := os.Stat(filepath.Dir(first.path))
	y, errY := os.Stat(filepath.Dir(second.path))
	return errX == nil && errY == nil && os.SameFile(x, y), nil
}

// named is an error about the path that the user gave: the name of what is being written beside it
// means nothing to them.
func named(path string, err error) error {
	if err == nil {
		return nil
	}
	if link, ok := errors.AsType[*os.LinkError](err); ok {
		err = link.Err
	} else if inPath, ok := errors.AsType[*fs.PathError](err); ok {
		err = inPath.Err
	}
	return &fs.PathError{Op: "write", Path: path, Err: err}
}

// syncFolder makes the new name last. Some file systems cannot.
func syncFolder(path string) error {
	folder, err := os.Open(path) //nolint:gosec // the folder of a file that the user named
	if err != nil {
		return nil //nolint:nilerr // it may be written and not read: the name is there all the same
	}
	err = folder.Sync()
	if isUnsupported(err) {
		err = nil
	}
	return errors.Join(err, folder.Close())
}
