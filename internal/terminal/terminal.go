// Package terminal is for showing things to a person: it makes hostile text
// safe to print, and says what the screen can do (is it a terminal, how wide,
// may it have colour). It draws nothing, keeps no state, and refuses to guess
// where it cannot know: no terminal means 80 columns and no colour.
package terminal

import (
	"io"
	"os"
	"strconv"

	"golang.org/x/term"
)

// DefaultWidth is the number of columns assumed where nothing says how wide
// the output is: a file, a pipe, a log.
const DefaultWidth = 80

// maxWidth bounds what COLUMNS may ask for, so that a slip of the finger does
// not pad every row of a table to a gigabyte.
const maxWidth = 10_000

// Streams are the three standard streams of one run of the program and the
// environment that says how to write to them. They are handed down from main,
// so that a whole run fits in a test with its own streams.
type Streams struct {
	// Stdin is read for answers, and only when it is a terminal.
	Stdin io.Reader
	// Stdout gets what was asked for, Stderr everything said beside it.
	Stdout, Stderr io.Writer
	// Getenv answers for COLUMNS, NO_COLOR and TERM. Where it is nil nothing
	// is set.
	Getenv func(name string) string
	// Environ is the whole environment, as NAME=VALUE.
	Environ []string
}

// System returns the streams and the environment of the process.
func System() Streams {
	return Streams{Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr, Getenv: os.Getenv, Environ: os.Environ()}
}

// IsTerminal reports whether a stream ends at a terminal. A stream that is not
// backed by a file, such as a buffer in a test, does not.
func IsTerminal(stream any) bool {
	fd, ok := descriptor(stream)
	return ok && term.IsTerminal(fd)
}

// Width returns how many columns a table on Stdout may take: what COLUMNS says
// if that is a positive number, else the width of the terminal, else
// DefaultWidth. Shells do not export COLUMNS on their own, so where it is set
// somebody meant it.
func (s Streams) Width() int {
	if n, err := strconv.Atoi(s.getenv("COLUMNS")); err == nil && n > 0 {
		return min(n, maxWidth)
	}
	if fd, ok := descriptor(s.Stdout); ok {
		if n, _, err := term.GetSize(fd); err == nil && n > 0 {
			return min(n, maxWidth)
		}
	}
	return DefaultWidth
}

// Color reports whether what is written to out, one of the streams, may carry
// colour codes: out is a terminal that is not a dumb one, nobody said off
// (--no-color), and NO_COLOR is empty (no-color.org: any value turns it off).
func (s Streams) Color(out io.Writer, off bool) bool {
	return !off && s.getenv("NO_COLOR") == "" && s.getenv("TERM") != "dumb" && IsTerminal(out)
}

func (s Streams) getenv(name string) string {
	if s.Getenv == nil {
		return ""
	}
	return s.Getenv(name)
}

// descriptor returns the file descriptor behind a stream, if there is one.
func descriptor(stream any) (int, bool) {
	file, ok := stream.(interface{ Fd() uintptr })
	if !ok {
		return 0, false
	}
	return int(file.Fd()), true
}
