package event

import (
	"bufio"
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"flowproof/internal/inventory"
)

var noon = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)

func checkpointAt(dir string) (*Spool, error) {
	return OpenCheckpoint(dir, CheckpointOptions{
		Config: map[string]string{"region": "eu-*", "rules": "a,b"}, Holder: "scan, process 42", Since: noon.Add(-time.Hour),
	})
}

// keep puts a scope that was read whole into a spool.
func keep(t testing.TB, s *Spool, scope inventory.Scope, readAt time.Time) {
	t.Helper()
	for _, e := range []Event{rowOf(scope), findingIn(scope, "a", "vpc-1")} {
		if err := s.Handle(e); err != nil {
			t.Fatal(err)
		}
	}
	s.Facts(inventory.Inventory{Target: inventory.Target{Scope: scope}, ReadAt: readAt, VPCs: []inventory.VPC{{ID: "vpc-1"}}})
	if err := s.EndBlock(); err != nil {
		t.Fatal(err)
	}
}

// filled is the folder of a checkpoint with some scopes, and its file.
func filled(t testing.TB, scopes ...inventory.Scope) (dir, file string) {
	t.Helper()
	dir = filepath.Join(t.TempDir(), "made", "on", "the", "way")
	s, err := checkpointAt(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, scope := range scopes {
		keep(t, s, scope, noon)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	return dir, filepath.Join(dir, checkpointBlocks)
}

func TestACheckpointGivesBackWhatWasReadWhole(t *testing.T) {
	t.Parallel()
	one, two := scopeOf("111111111111", "eu-west-1"), scopeOf("222222222222", "eu-west-1")
	dir, _ := filled(t, one, two)
	s, err := checkpointAt(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	if got := s.Resumed(); got != (Resumed{Scopes: 2}) {
		t.Errorf("resumed %+v", got)
	}
	inv, ok := s.Saved(two, noon)
	if !ok || inv.Scope != two || !inv.ReadAt.Equal(noon) || len(inv.VPCs) != 1 {
		t.Errorf("saved: %v, %+v", ok, inv)
	}
	if _, ok := s.Saved(two, noon.Add(time.Second)); ok {
		t.Error("a scope that is too old is given back")
	}
	if _, ok := s.Saved(scopeOf("333333333333", "eu-west-1"), noon); ok {
		t.Error("a scope that was never read is given back")
	}
	if rows := walked(t, s); len(rows) != 0 {
		t.Errorf("before this run met them, its spool has %v", rows)
	}
}

// What is the same again is not written again, so that a checkpoint does not grow by being used.
func TestACheckpointDoesNotGrowByTheSame(t *testing.T) {
	t.Parallel()
	scope := scopeOf("111111111111", "eu-west-1")
	dir, file := filled(t, scope)
	before, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	s, err := checkpointAt(dir)
	if err != nil {
		t.Fatal(err)
	}
	keep(t, s, scope, noon)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if after, err := os.ReadFile(file); err != nil || !bytes.Equal(before, after) {
		t.Errorf("%d bytes became %d, %v", len(before), len(after), err)
	}
}

func TestACheckpointOfOldReadsStartsOver(t *testing.T) {
	t.Parallel()
	dir, file := filled(t, scopeOf("111111111111", "eu-west-1"))
	s, err := OpenCheckpoint(dir, CheckpointOptions{Config: map[string]string{"region": "eu-*", "rules": "a,b"}, Since: noon.Add(time.Hour)})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if raw, err := os.ReadFile(file); err != nil || bytes.Count(raw, newLine) != 1 || s.Resumed() != (Resumed{}) {
		t.Errorf("left %s, %v", raw, err)
	}
}

func TestACheckpointIsForItsOwnerOnly(t *testing.T) {
	t.Parallel()
	dir, file := filled(t, scopeOf("111111111111", "eu-west-1"))
	for path, want := range map[string]os.FileMode{dir: 0o700, file: 0o600, filepath.Join(dir, checkpointLock): 0o600} {
		if info, err := os.Stat(path); err != nil || info.Mode().Perm() != want {
			t.Errorf("%s: %v, %v; want %v", path, info.Mode(), err, want)
		}
	}
}

func TestACheckpointInUseIsRefusedAndNamesItsHolder(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	first, err := checkpointAt(dir)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := checkpointAt(dir); !errors.Is(err, ErrCheckpoint) || !strings.Contains(err.Error(), "in use by scan, process 42") {
		t.Errorf("second: %v", err)
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	again, err := checkpointAt(dir)
	if err != nil {
		t.Fatal(err)
	}
	_ = again.Close()
}

func TestACheckpointOfSomethingElseIsRefusedAndLeftAsItWas(t *testing.T) {
	t.Parallel()
	_, file := filled(t, scopeOf("111111111111", "eu-west-1"))
	whole, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct{ content, want string }{
		"another configuration": {strings.Replace(string(whole), "eu-*", "us-*", 1), `region was "us-*" there and is "eu-*" here`},
		"a setting less":        {strings.Replace(string(whole), `"region":"eu-*",`, "", 1), `region was not there and is "eu-*" here`},
		"a setting more":        {strings.Replace(string(whole), `"region"`, `"org":"true","region"`, 1), `org was "true" there`},
		"another version":       {strings.Replace(string(whole), CheckpointSchema, "flowproof.checkpoint/v9", 1), "flowproof.checkpoint/v9"},
		"somebody's letter":     {"Dear Sir or Madam\n", "no checkpoint"},
		"a letter's beginning":  {"Dear Sir or Madam", "no checkpoint"},
		"somebody's JSON":       {`{"hello":1}` + "\n", "no checkpoint"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			path := filepath.Join(dir, checkpointBlocks)
			if err := os.WriteFile(path, []byte(tt.content), 0o600); err != nil {
				t.Fatal(err)
			}
			if _, err := checkpointAt(dir); !errors.Is(err, ErrCheckpoint) || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %v, want %q", err, tt.want)
			}
			if left, err := os.ReadFile(path); err != nil || string(left) != tt.content {
				t.Errorf("it was changed: %q, %v", left, err)
			}
		})
	}
	folder := t.TempDir()
	if err := os.WriteFile(filepath.Join(folder, "file"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := checkpointAt(filepath.Join(folder, "file")); !errors.Is(err, ErrCheckpoint) {
		t.Errorf("a file in place of the folder: %v", err)
	}
}

// A byte that changed is not taken for what was read.
func TestADamagedCheckpointEndsBeforeTheDamage(t *testing.T) {
	t.Parallel()
	scopes := []inventory.Scope{scopeOf("111111111111", "eu-west-1"), scopeOf("222222222222", "eu-west-1"), scopeOf("333333333333", "eu-west-1")}
	dir, file := filled(t, scopes...)
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	at := bytes.Index(raw, []byte("222222222222"))
	raw[at] = '9'
	if err := os.WriteFile(file, raw, 0o600); err != nil {
		t.Fatal(err)
	}
	s, err := checkpointAt(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	if got := s.Resumed(); got.Scopes != 1 || got.Torn == 0 {
		t.Errorf("resumed %+v", got)
	}
	for i, scope := range scopes {
		if _, ok := s.Saved(scope, noon); ok != (i == 0) {
			t.Errorf("%s: %v", scope, ok)
		}
	}
}

func FuzzCheckpoint(f *testing.F) {
	_, file := filled(f, scopeOf("111111111111", "eu-west-1"), scopeOf("222222222222", "eu-west-1"))
	raw, err := os.ReadFile(file)
	if err != nil {
		f.Fatal(err)
	}
	_, blocks, _ := bytes.Cut(raw, newLine)
	f.Add(blocks)
	f.Add(blocks[:len(blocks)-9])
	f.Add(append(bytes.Clone(blocks), settledLine...))
	f.Add([]byte(`{"type":"block","bytes":9223372036854775807,"crc32c":0}` + "\n"))
	f.Add([]byte(`{"type":"block","bytes":-1}` + "\n"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		read := func(raw []byte) (rows int, end int64) {
			s := NewSpool()
			end, torn := readBlocks(bufio.NewReader(bytes.NewReader(raw)), 0, int64(len(raw)), func(offset int64, length int, h blockHeader, body []byte) bool {
				if offset < 0 || offset+int64(length) > int64(len(raw)) {
					t.Fatalf("a block from %d of %d bytes, in %d", offset, length, len(raw))
				}
				return s.restoreBlock(offset, length, h, body)
			})
			if end < 0 || torn < 0 || end+torn > int64(len(raw)) {
				t.Fatalf("ends at %d, %d torn, of %d", end, torn, len(raw))
			}
			return len(s.index.entries), end
		}
		rows, end := read(raw)
		if again, size := read(raw[:end]); again != rows || size != end {
			t.Errorf("%d rows in %d bytes, read again %d in %d", rows, end, again, size)
		}
	})
}
