// Package report turns a finished run into a document: one file per format, each a reader of
// the spool that the run filled. A format only shows. It judges nothing, decides no exit
// status, and never holds the findings of a whole run in memory.
package report

import (
	"cmp"
	"fmt"
	"io"
	"strings"

	"flowproof/internal/event"
)

// The formats.
const (
	Text  = "text"
	JSON  = "json"
	JSONL = "jsonl"
)

// Formats lists every format that [Write] knows, the default first.
func Formats() []string { return []string{Text, JSON, JSONL} }

// Options is how a report should look. JSON and JSONL look the same with any.
type Options struct {
	Width   int    // columns of a line, 80 where it is 0; below 20 counts as 20
	Colour  bool   // without it the output has no escape code at all
	Rows    int    // most rows that a section of a run over several accounts lists: with more it counts them by account; 0 for no bound
	Verbose bool   // list what passes, does not apply or is in the baseline too, and cut no message short
	Plan    string // the command that plans a repair: suggested where a VPC of the account's own fails
	Access  Access // the commands about permissions that it suggests
}

// Access are the commands about permissions that are suggested where something is denied, with the
// flags that the run had. An empty one is suggested without flags.
type Access struct {
	Read     string // prints what reading one account needs
	Caller   string // prints what whoever reads many accounts needs
	Role     string // writes the role that is assumed in each account
	Accounts string // tries the way into each account
}

func (a Access) orPlain() Access {
	return Access{
		Read: cmp.Or(a.Read, "flowproof policy read"), Caller: cmp.Or(a.Caller, "flowproof policy read --org"),
		Role: cmp.Or(a.Role, "flowproof policy org"), Accounts: cmp.Or(a.Accounts, "flowproof accounts"),
	}
}

// Write writes the run in the spool. A run without its first or last event is part of a run,
// and no document is made of it: [event.ErrCutOff].
func Write(format string, w io.Writer, spool *event.Spool, opts Options) error {
	write, known := map[string]func(io.Writer, *event.Spool, Options) error{
		Text: writeText, JSON: writeJSON, JSONL: writeJSONL,
	}[format]
	if !known {
		return fmt.Errorf("unknown format %q: there are %s", format, strings.Join(Formats(), ", "))
	}
	if spool.Run() == nil || spool.Summary() == nil {
		return fmt.Errorf("write %s report: %w", format, event.ErrCutOff)
	}
	if err := write(w, spool, opts); err != nil {
		return fmt.Errorf("write %s report: %w", format, err)
	}
	return nil
}
