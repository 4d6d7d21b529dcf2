package cli

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"flowproof/internal/atomicfile"
	"flowproof/internal/config"
	"flowproof/internal/event"
	"flowproof/internal/report"
	"flowproof/internal/terminal"
)

// output is one report of a run and where it goes.
type output struct {
	format  string
	w       io.Writer
	file    *atomicfile.File // nil for standard output
	options report.Options
}

// rowsListed is how many rows a section of a text report over many accounts has at most: nobody
// reads more from a screen, and a run over hundreds of accounts has tens of thousands.
const rowsListed = 500

// outputs are all reports of a run.
type outputs []output

// openOutputs opens every file before anything is read, so that a path that cannot be written
// is told at once and not after the run. suggested are the commands that the reports suggest.
func (a *app) openOutputs(s config.Settings, suggested report.Options) (outputs, error) {
	if err := checkPlaces(s); err != nil {
		return nil, usageError{err}
	}
	wanted := append([]string{s.Format + "=" + s.Output}, s.Report...)
	var opened outputs
	for _, w := range wanted {
		o, err := a.openOutput(w, s, suggested)
		if err != nil {
			return nil, joinClose(usageError{err}, opened)
		}
		opened = append(opened, o)
	}
	return opened, nil
}

// checkPlaces refuses two outputs of one run that lead to one place, by whatever names.
func checkPlaces(s config.Settings) error {
	const standardOutput = "/dev/stdout"
	type place struct{ flag, path string }
	places := []place{{"--output", cmp.Or(s.Output, standardOutput)}}
	for _, r := range s.Report {
		_, path, _ := strings.Cut(r, "=")
		places = append(places, place{"--report", cmp.Or(path, standardOutput)})
	}
	places = append(places, place{"--save-snapshot", s.SaveSnapshot}, place{"--out", s.Out})
	for i, p := range places {
		for _, q := range places[:i] {
			if p.path == "" || q.path == "" {
				continue
			}
			if same, err := atomicfile.Same(p.path, q.path); err == nil && same { // what cannot be looked at is told when it is opened
				return fmt.Errorf("%s %s and %s %s are one place, and each would spoil the other: give each its own", q.flag, q.path, p.flag, p.path)
			}
		}
	}
	return nil
}

// openOutput opens FORMAT=FILE; an empty FILE is standard output.
func (a *app) openOutput(wanted string, s config.Settings, suggested report.Options) (output, error) {
	format, path, ok := strings.Cut(wanted, "=")
	if format == "markdown" && path == s.Output {
		return output{}, errors.New("--format markdown is for plans: a run is " + strings.Join(report.Formats(), ", "))
	}
	if !ok || !slices.Contains(report.Formats(), format) {
		return output{}, fmt.Errorf("report %q: want FORMAT=FILE with a format of %s", wanted, strings.Join(report.Formats(), ", "))
	}
	o := output{format: format, options: suggested}
	o.options.Width, o.options.Verbose = a.streams.Width(), s.Verbose
	if !s.Verbose {
		o.options.Rows = rowsListed
	}
	if path == "" {
		o.w = a.streams.Stdout
		o.options.Colour = a.streams.Color(a.streams.Stdout, s.NoColor)
		return o, nil
	}
	file, err := atomicfile.Create(path)
	if err != nil {
		return output{}, fmt.Errorf("open the %s report: %w", format, err)
	}
	o.w, o.file = file, file
	return o, nil
}

// live are the readers that write while the run goes on: a jsonl report is the stream itself.
func (o outputs) live() []event.Handler {
	var handlers []event.Handler
	for _, out := range o {
		if out.format == report.JSONL {
			handlers = append(handlers, event.NewWriter(out.w))
		}
	}
	return handlers
}

// write writes the reports that need the whole run.
func (o outputs) write(spool *event.Spool) error { return o.writeAs(report.Write, spool) }

// document writes a run in a format.
type document func(format string, w io.Writer, spool *event.Spool, o report.Options) error

// writeAs writes the documents of a command.
func (o outputs) writeAs(document document, spool *event.Spool) error {
	for _, out := range o {
		if out.format == report.JSONL {
			continue
		}
		if err := document(out.format, out.w, spool, out.options); err != nil {
			return err
		}
	}
	return o.publish()
}

// publish gives the files their names, now that they are whole: a run that fails leaves an
// earlier report, or a snapshot of the same name, as it was.
func (o outputs) publish() error {
	for _, out := range o {
		if out.file == nil {
			continue
		}
		if err := out.file.Publish(); err != nil {
			return fmt.Errorf("write the %s report: %w", out.format, err)
		}
	}
	return nil
}

// Close closes the files and removes those that were not published.
func (o outputs) Close() error {
	var errs []error
	for _, out := range o {
		if out.file != nil {
			errs = append(errs, out.file.Close())
		}
	}
	return errors.Join(errs...)
}

// progress tells the person at the other end of standard error how far a run has come.
func (a *app) progress() *report.Progress {
	return report.NewProgress(a.streams.Stderr, terminal.IsTerminal(a.streams.Stderr), time.Now)
}
