package snapshot_test

import (
	"bytes"
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
	var plain bytes.Buffer
	enc := json.NewEncoder(&plain)
	for _, value := range []any{snapshot.Header{Schema: snapshot.Schema}, full()[0], full()[1], full()[3], map[string]any{"end": true, "scopes": 3}} {
		if err := enc.Encode(value); err != nil {
			f.Fatal(err)
		}
	}
	f.Add(plain.Bytes())
	f.Add(plain.Bytes()[:plain.Len()-20])
	f.Add([]byte(`{"schema":"flowproof.snapshot/v1"}` + "\n" + `{"partition":"aws","account":"1","region":"*"}`))
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
