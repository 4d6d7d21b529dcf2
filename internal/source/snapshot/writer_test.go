package snapshot_test

import (
	"bytes"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"flowproof/internal/source/snapshot"
)

func TestWriter_leaves_the_older_snapshot_until_it_is_whole(t *testing.T) {
	t.Parallel()
	path := save(t, "s.json", full()...)
	old := content(t, path)
	tests := []struct {
		name string
		end  func(w *snapshot.Writer) error
		fail bool
	}{
		{"discarded", func(w *snapshot.Writer) error { return w.Discard() }, false},
		{"discarded, then closed", func(w *snapshot.Writer) error {
			if err := w.Discard(); err != nil {
				return err
			}
			return w.Close()
		}, false},
		{"nothing written", func(w *snapshot.Writer) error { return w.Close() }, true},
		{"a write that failed", func(w *snapshot.Writer) error {
			inv := full()[0]
			inv.ReadAt = time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC) // JSON has no such year
			if err := w.Write(inv); err == nil {
				t.Error("Write succeeded")
			}
			if err := w.Write(full()[1]); err == nil {
				t.Error("the Write after it succeeded")
			}
			return w.Close()
		}, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) { // one after the other: all want the same folder unchanged
			w, err := snapshot.Create(path, "v2", "aws")
			if err != nil {
				t.Fatal(err)
			}
			if err := tt.end(w); (err != nil) != tt.fail {
				t.Errorf("error %v, want one: %v", err, tt.fail)
			}
			if !bytes.Equal(old, content(t, path)) {
				t.Error("the older snapshot changed")
			}
			if got := list(t, filepath.Dir(path)); len(got) != 1 {
				t.Errorf("left behind: %v", got)
			}
		})
	}
}

func TestWriter_close_twice(t *testing.T) {
	t.Parallel()
	w, err := snapshot.Create(filepath.Join(t.TempDir(), "s.json"), "v1", "aws")
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Write(full()[0]); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := w.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	}
	if err := w.Discard(); err != nil {
		t.Errorf("Discard after Close: %v", err)
	}
}

func TestCreate_refuses(t *testing.T) {
	t.Parallel()
	for name, path := range map[string]string{
		"a folder":                   t.TempDir(),
		"a folder that is not there": filepath.Join(t.TempDir(), "none", "s.json"),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if _, err := snapshot.Create(path, "v1", "aws"); err == nil || !strings.Contains(err.Error(), path) {
				t.Errorf("error %v, want one that names the path", err)
			}
		})
	}
}
