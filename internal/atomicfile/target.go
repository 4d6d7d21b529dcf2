package atomicfile

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
)

// target is where a path leads, through links.
type target struct {
	path   string
	mode   fs.FileMode // of the file that is there, or of a new one
	info   fs.FileInfo // nil where nothing is there
	direct bool        // written to as it is
	fd     int         // of a stream of this process; -1 for none
}

// maxLinks is how many links Linux follows before it calls them a circle.
const maxLinks = 40

// targetOf follows a path to the file that is to be written, which need not be there.
func targetOf(path string) (target, error) {
	at := path
	for range maxLinks {
		dir, base := filepath.Split(at)
		folder, err := filepath.EvalSymlinks(cmp.Or(dir, "."))
		if errors.Is(err, fs.ErrNotExist) {
			return target{}, named(path, fmt.Errorf("there is no folder %s", dir))
		}
		if err != nil {
			return target{}, named(path, err)
		}
		at = filepath.Join(folder, base)
		if fd, ok := streamOf(at); ok {
			return streamTarget(path, at, fd)
		}
		info, err := os.Lstat(at)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return target{path: at, mode: newMode, fd: -1}, nil
		case err != nil:
			return target{}, named(path, err)
		case info.Mode()&fs.ModeSymlink == 0:
			return found(path, at, info, -1)
		case strings.HasPrefix(at, "/proc/"): // a stream of another process, whose text need not be a path
			info, err := os.Stat(at)
			if err != nil {
				return target{}, named(path, err)
			}
			t, err := found(path, at, info, -1)
			t.direct = true
			return t, err
		}
		next, err := os.Readlink(at)
		if err != nil {
			return target{}, named(path, err)
		}
		if !filepath.IsAbs(next) {
			next = filepath.Join(filepath.Dir(at), next)
		}
		at = next
	}
	return target{}, &fs.PathError{Op: "write", Path: path, Err: errors.New("too many links, or links in a circle")}
}

func found(path, at string, info fs.FileInfo, fd int) (target, error) {
	if info.IsDir() {
		return target{}, &fs.PathError{Op: "write", Path: path, Err: errors.New("it is a folder")}
	}
	return target{path: at, mode: info.Mode().Perm(), info: info, direct: fd >= 0 || !info.Mode().IsRegular(), fd: fd}, nil
}

func streamTarget(path, at string, fd int) (target, error) {
	info, err := os.Stat(at)
	if err != nil {
		return target{}, named(path, fmt.Errorf("this process has no stream %d open", fd))
	}
	return found(path, at, info, fd)
}

// streamPath is how a stream of the process is called in the file system (Linux proc(5); /dev of other
// systems has the first four).
var streamPath = regexp.MustCompile(`^(?:/dev/(?:(stdin|stdout|stderr)|fd/([0-9]+))|/proc/(self|thread-self|[0-9]+)/fd/([0-9]+))$`)

// streamOf tells a path to a stream of this process, by its number. Opened as a file it would begin anew
// at its start, and write over what was written before.
func streamOf(path string) (fd int, ok bool) {
	m := streamPath.FindStringSubmatch(path)
	switch {
	case m == nil:
		return 0, false
	case m[1] != "":
		return map[string]int{"stdin": 0, "stdout": 1, "stderr": 2}[m[1]], true
	case m[3] != "" && m[3] != "self" && m[3] != "thread-self" && m[3] != strconv.Itoa(os.Getpid()):
		return 0, false
	}
	fd, err := strconv.Atoi(m[2] + m[4])
	return fd, err == nil
}

// open opens what is written to directly.
func (t target) open() (*os.File, error) {
	if t.fd >= 0 {
		return duplicate(t.fd, t.path)
	}
	return os.OpenFile(t.path, os.O_WRONLY|os.O_APPEND, 0)
}
