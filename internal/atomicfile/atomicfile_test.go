package atomicfile_test

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"flowproof/internal/atomicfile"
)

func put(t *testing.T, path, content string, mode fs.FileMode) {
	t.Helper()
	if err := os.WriteFile(path, []byte(content), mode); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, mode); err != nil {
		t.Fatal(err)
	}
}

func link(t *testing.T, to, path string) string {
	t.Helper()
	if err := os.Symlink(to, path); err != nil {
		t.Fatal(err)
	}
	return path
}

// holds checks what a file says, and that nothing lies beside the files that should be there.
func holds(t *testing.T, path, want string, mode fs.FileMode, files int) {
	t.Helper()
	got, err := os.ReadFile(path)
	if err != nil || string(got) != want {
		t.Errorf("%s holds %q (%v), want %q", path, got, err, want)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != mode {
		t.Errorf("%s has mode %v (%v), want %v", path, info.Mode(), err, mode)
	}
	if beside, err := os.ReadDir(filepath.Dir(path)); err != nil || len(beside) != files {
		t.Errorf("beside it lie %v (%v), want %d files", beside, err, files)
	}
}

func say(text string) func(io.Writer) error {
	return func(w io.Writer) error {
		_, err := io.WriteString(w, text)
		return err
	}
}

func TestWrite(t *testing.T) {
	t.Parallel()
	for name, prepare := range map[string]func(t *testing.T, dir string) (path, at string, mode fs.FileMode, files int){
		"a new file": func(_ *testing.T, dir string) (string, string, fs.FileMode, int) {
			return filepath.Join(dir, "x"), filepath.Join(dir, "x"), 0o600, 1
		},
		"one that is there keeps its mode": func(t *testing.T, dir string) (string, string, fs.FileMode, int) {
			put(t, filepath.Join(dir, "x"), "old and longer than the new", 0o644)
			return filepath.Join(dir, "x"), filepath.Join(dir, "x"), 0o644, 1
		},
		"through a link": func(t *testing.T, dir string) (string, string, fs.FileMode, int) {
			put(t, filepath.Join(dir, "x"), "old", 0o640)
			return link(t, "x", filepath.Join(dir, "y")), filepath.Join(dir, "x"), 0o640, 2
		},
		"through links to what is not there": func(t *testing.T, dir string) (string, string, fs.FileMode, int) {
			link(t, filepath.Join(dir, "x"), filepath.Join(dir, "y"))
			return link(t, "./y", filepath.Join(dir, "z")), filepath.Join(dir, "x"), 0o600, 3
		},
		"a name of quotes, escapes and 255 bytes": func(_ *testing.T, dir string) (string, string, fs.FileMode, int) {
			path := filepath.Join(dir, "'\"\x1b[31m\n$(x)*"+strings.Repeat("n", 240))
			return path, path, 0o600, 1
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path, at, mode, files := prepare(t, t.TempDir())
			if err := atomicfile.Write(path, say("new")); err != nil {
				t.Fatal(err)
			}
			holds(t, at, "new", mode, files)
		})
	}
}

// Whatever fails before the end leaves the old file, and nothing beside it.
func TestWhatFailsChangesNothing(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "x")
	put(t, path, "old", 0o644)
	broken := errors.New("broken")
	err := atomicfile.Write(path, func(w io.Writer) error { return errors.Join(say("half")(w), broken) })
	if !errors.Is(err, broken) {
		t.Errorf("error %v", err)
	}
	f, err := atomicfile.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(say("half")(f), f.Close(), f.Close()); err != nil {
		t.Error(err)
	}
	holds(t, path, "old", 0o644, 1)
}

// Errors name what the user gave, and never what lies beside it meanwhile.
func TestErrorsNameThePathThatWasGiven(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	link(t, "circle", filepath.Join(dir, "circle"))
	for _, path := range []string{
		filepath.Join(dir, "no", "such", "x"), dir, filepath.Join(dir, "circle"), "/proc/no-folder-for-files/x", "/proc/x", "/dev/fd/991", "/dev/stdin/x", "",
	} {
		err := atomicfile.Write(path, say("new"))
		if err == nil {
			t.Errorf("%q was written", path)
			continue
		}
		if !strings.Contains(err.Error(), path) || strings.Contains(err.Error(), "flowproof-") {
			t.Errorf("%q: %v", path, err)
		}
	}
	gone := filepath.Join(t.TempDir(), "gone")
	if err := os.Mkdir(gone, 0o700); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(gone, "x")
	err := atomicfile.Write(path, func(io.Writer) error { return os.RemoveAll(gone) })
	if err == nil || !strings.Contains(err.Error(), path) || strings.Contains(err.Error(), "flowproof-") {
		t.Errorf("the folder went away: %v", err)
	}
}

// What is no regular file is written to, not replaced.
func TestStreamsAndPipesAreWrittenToDirectly(t *testing.T) {
	t.Parallel()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	stream := fmt.Sprintf("/dev/fd/%d", w.Fd())
	fds := link(t, "/proc/self/fd", filepath.Join(dir, "fds"))
	paths := []string{stream, link(t, stream, filepath.Join(dir, "to-stream")), filepath.Join(fds, fmt.Sprint(w.Fd())), fmt.Sprintf("/proc/self/fd/%d", w.Fd()), fmt.Sprintf("/proc/thread-self/fd/%d", w.Fd())}
	for _, path := range paths {
		if err := atomicfile.Write(path, say("line\n")); err != nil {
			t.Errorf("%s: %v", path, err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	got, err := io.ReadAll(r)
	if want := strings.Repeat("line\n", len(paths)); err != nil || string(got) != want {
		t.Errorf("read %q (%v), want %q", got, err, want)
	}
	if err := atomicfile.Write(os.DevNull, say("nothing")); err != nil {
		t.Error(err)
	}
	if info, err := os.Stat(os.DevNull); err != nil || info.Mode().IsRegular() {
		t.Fatalf("%s is now %v (%v)", os.DevNull, info, err)
	}
	if err := atomicfile.Write("/dev/full", say("anything")); err == nil || !strings.Contains(err.Error(), "/dev/full") {
		t.Errorf("a full disk: %v", err)
	}
}

// A stream that goes to a file goes on where it stands: what was written before stays.
func TestAStreamIntoAFileGoesOn(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "x")
	file, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = file.Close() }()
	if _, err := file.WriteString("before\n"); err != nil {
		t.Fatal(err)
	}
	if err := atomicfile.Write(fmt.Sprintf("/dev/fd/%d", file.Fd()), say("new\n")); err != nil {
		t.Fatal(err)
	}
	if _, err := file.WriteString("after\n"); err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(path)
	if want := "before\nnew\nafter\n"; err != nil || string(got) != want {
		t.Errorf("the file holds %q (%v), want %q", got, err, want)
	}
}

func TestSame(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	there, hard := filepath.Join(dir, "there"), filepath.Join(dir, "hard")
	put(t, there, "old", 0o600)
	if err := os.Link(there, hard); err != nil {
		t.Fatal(err)
	}
	self := link(t, ".", filepath.Join(dir, "self"))
	tests := []struct {
		a, b string
		want bool
	}{
		{there, there, true},
		{there, dir + "/./there", true},
		{there, dir + "/self/../" + filepath.Base(dir) + "/there", true},
		{there, filepath.Join(self, "there"), true},
		{there, link(t, "there", filepath.Join(dir, "soft")), true},
		{there, hard, true},
		{there, filepath.Join(dir, "other"), false},
		{filepath.Join(dir, "new"), filepath.Join(self, "new"), true},
		{filepath.Join(dir, "new"), link(t, "new", filepath.Join(dir, "to-new")), true},
		{filepath.Join(dir, "new"), filepath.Join(dir, "newer"), false},
		{os.DevNull, os.DevNull, false},
		{"/dev/full", "/dev/full", true},
	}
	for _, tt := range tests {
		for _, pair := range [][2]string{{tt.a, tt.b}, {tt.b, tt.a}} {
			got, err := atomicfile.Same(pair[0], pair[1])
			if err != nil || got != tt.want {
				t.Errorf("%s and %s: %v (%v), want %v", pair[0], pair[1], got, err, tt.want)
			}
		}
	}
}
