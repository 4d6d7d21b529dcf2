package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"flowproof/internal/finding"
	"flowproof/internal/remediate"
	"flowproof/internal/sandbox"
	"flowproof/internal/terminal"
)

// stage is where the demo is played: an embedded AWS, and a folder that stands for that of the
// person who types the commands.
type stage struct {
	app  *app
	aws  *runningSandbox
	dir  string
	text bytes.Buffer // said and not yet written

	before, after scanReport // of the scans before and after the repair
	plan          remediate.Plan
	start         sandbox.Dump // of the account, before anything was changed
}

// Close ends the AWS and removes the folder.
func (s *stage) Close() error {
	if s.aws != nil {
		s.aws.stop()
	}
	return os.RemoveAll(s.dir)
}

// file is a file in the stage's folder.
func (s *stage) file(name string) string { return filepath.Join(s.dir, name) }

func (s *stage) sayf(format string, args ...any) { fmt.Fprintf(&s.text, format, args...) }

// flush shows what was said.
func (s *stage) flush() error {
	_, err := s.text.WriteTo(s.app.streams.Stdout)
	return err
}

// noSettings is an empty settings file: the demo is the same whatever is set where it runs.
const noSettings = "flowproof.yaml"

// getenv gives the commands of the demo what says how to write to the screen, and no settings.
func (s *stage) getenv(name string) string {
	switch name {
	case "FLOWPROOF_CONFIG":
		return s.file(noSettings)
	case "COLUMNS", "NO_COLOR", "TERM":
		if s.app.streams.Getenv != nil {
			return s.app.streams.Getenv(name)
		}
	}
	return ""
}

// account is the state of the account, less log streams: what the shop's own flow logs record goes on
// coming in.
func (s *stage) account() sandbox.Dump {
	d := s.aws.aws.Dump()
	for name, g := range d.LogGroups {
		g.Streams = nil
		d.LogGroups[name] = g
	}
	return d
}

// run runs a command line of flowproof on the stage's AWS, as Main would, wants its exit status, and
// gives what it writes to standard output.
func (s *stage) run(ctx context.Context, want int, args ...string) (string, error) {
	stdout, said := onScreen(s.app.streams.Stdout), new(bytes.Buffer)
	inner := &app{embedded: s.aws.url, streams: terminal.Streams{
		Stdin: strings.NewReader(""), Stdout: stdout, Stderr: said, Getenv: s.getenv,
	}}
	root := inner.root()
	root.SetArgs(args)
	status := 0
	if cmd, err := root.ExecuteContextC(ctx); err != nil {
		status = inner.fail(cmd, err)
	} else {
		status = inner.status
	}
	if ctx.Err() != nil {
		return "", ctx.Err()
	}
	if status != want {
		return "", amissf("%s exits %d, not %d: %s", s.typed(args), status, want, strings.TrimSpace(said.String()))
	}
	return s.short(stdout.String()), nil
}

// show runs a command line that a person would type, and shows it with the first lines of what it
// prints: as many paragraphs as are asked for, all with none.
func (s *stage) show(ctx context.Context, want, paragraphs int, args ...string) error {
	printed, err := s.run(ctx, want, args...)
	if err != nil {
		return err
	}
	s.sayf("\n$ %s\n%s", s.typed(args), first(printed, paragraphs))
	return nil
}

// first cuts text after some paragraphs, and says how much is left out.
func first(text string, paragraphs int) string {
	parts := strings.SplitAfterN(text, "\n\n", paragraphs+1)
	if paragraphs == 0 || len(parts) <= paragraphs {
		return text
	}
	rest := parts[paragraphs]
	return strings.Join(parts[:paragraphs], "") + fmt.Sprintf("... %d lines more\n", strings.Count(rest, "\n"))
}

// typed is a command line as a person in the stage's folder would type it.
func (s *stage) typed(args []string) string { return "flowproof " + s.short(strings.Join(args, " ")) }

func (s *stage) short(text string) string {
	return strings.ReplaceAll(text, s.dir+string(filepath.Separator), "")
}

// screen collects what is meant for a terminal, whose width and colours are asked of the real one.
type screen struct {
	bytes.Buffer
	fd uintptr
}

// Fd makes a screen pass for the terminal it stands for.
func (s *screen) Fd() uintptr { return s.fd }

// textBuffer is what onScreen gives.
type textBuffer interface {
	io.Writer
	fmt.Stringer
}

func onScreen(w io.Writer) textBuffer {
	if file, ok := w.(interface{ Fd() uintptr }); ok {
		return &screen{fd: file.Fd()}
	}
	return new(bytes.Buffer)
}

// scanReport is what the demo reads of a scan's report in JSON.
type scanReport struct {
	Summary struct {
		VPCs map[string]int `json:"vpcs"`
	} `json:"summary"`
	Findings []finding.Finding `json:"findings"`
}

// scan shows a scan, or the first paragraphs of it, and reads its report.
func (s *stage) scan(ctx context.Context, paragraphs int) (r scanReport, err error) {
	path := s.file("scan.json")
	printed, err := s.run(ctx, statusIncomplete, "scan", "--report", "json="+path)
	if err != nil {
		return r, err
	}
	s.sayf("\n$ flowproof scan\n%s", first(printed, paragraphs))
	raw, err := os.ReadFile(path) //nolint:gosec // the demo wrote it
	if err != nil {
		return r, fmt.Errorf("read the demo's report: %w", err)
	}
	if err := json.Unmarshal(raw, &r); err != nil {
		return r, fmt.Errorf("read the demo's report: %w", err)
	}
	return r, nil
}
