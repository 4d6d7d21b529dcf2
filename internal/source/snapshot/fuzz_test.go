package snapshot_test

import (
	"encoding/json"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"flowproof/internal/inventory"
	"flowproof/internal/source/snapshot"
)

// FuzzOpen holds reading to two things: it never panics, and what it takes for whole can be saved and
// read again without a change.
func FuzzOpen(f *testing.F) {
	plain := content(f, save(f, "s.json", full()[0], filled(), full()[3]))
	f.Add(plain)
	f.Add(plain[:len(plain)-20])
	v1 := content(f, filepath.Join("testdata", "v1.json"))
	f.Add(v1)
	f.Add(v1[:len(v1)/2])
	f.Add([]byte("\x1f\x8b\x08\x00"))
	f.Fuzz(func(t *testing.T, b []byte) {
		dir := t.TempDir()
		path := filepath.Join(dir, "s")
		write(t, path, b)
		s, err := snapshot.Open(path)
		if err != nil {
			return
		}
		defer func() { _ = s.Close() }()
		first := readAll(t, s, both)
		again := filepath.Join(dir, "again")
		w, err := snapshot.Create(again, "", "")
		if err != nil {
			t.Fatal(err)
		}
		for _, inv := range first {
			if err := w.Write(inv); err != nil {
				t.Fatal(err)
			}
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		saved, err := snapshot.Open(again)
		if err != nil {
			t.Fatalf("what was read from a snapshot makes none: %v", err)
		}
		defer func() { _ = saved.Close() }()
		second := readAll(t, saved, both)
		for _, list := range [][]inventory.Inventory{first, second} {
			for i := range list {
				if list[i].Region == inventory.AnyRegion {
					list[i].ReadAt = time.Time{}
				}
			}
		}
		if diff := cmp.Diff(asJSON(t, first), asJSON(t, second)); diff != "" {
			t.Fatalf("(-first reading +second):\n%s", diff)
		}
	})
}

func asJSON(t *testing.T, v any) string {
	t.Helper()
	b, err := json.MarshalIndent(v, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
