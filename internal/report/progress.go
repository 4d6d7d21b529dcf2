package report

import (
	"fmt"
	"io"
	"time"

	"github.com/schollz/progressbar/v3"

	"flowproof/internal/event"
)

// A run shorter than progressAfter says nothing of its progress; a log gets a line at most
// every logEvery.
const (
	progressAfter = time.Second
	logEvery      = 10 * time.Second
)

// Progress tells a person how far a run has come: one line that changes on a terminal, a line
// now and then in a log, and a last line that says what the summary says. It carries no meaning
// of its own.
type Progress struct {
	out  io.Writer
	now  func() time.Time
	live bool // a terminal, where a line can be drawn over

	begun, told time.Time
	bar         *progressbar.ProgressBar // nil until there is something to draw
}

// NewProgress writes to out, which is a terminal if live.
func NewProgress(out io.Writer, live bool, now func() time.Time) *Progress {
	return &Progress{out: out, live: live, now: now}
}

// Handle implements event.Handler.
func (p *Progress) Handle(e event.Event) error {
	switch e.Type {
	case event.TypeRun:
		p.begun = p.now()
	case event.TypeProgress:
		return p.advance(*e.Progress)
	case event.TypeSummary:
		return p.finish(*e.Summary)
	}
	return nil
}

func (p *Progress) advance(at event.Progress) error {
	elapsed := p.now().Sub(p.begun)
	if elapsed < progressAfter {
		return nil
	}
	line := describeProgress(at.Done, at.Expected, at.Calls, at.Gaps)
	if p.live {
		return p.draw(at, line)
	}
	if !p.told.IsZero() && p.now().Sub(p.told) < logEvery {
		return nil
	}
	p.told = p.now()
	if left, ok := timeLeft(elapsed, at); ok {
		line += ", " + left + " left"
	}
	_, err := fmt.Fprintf(p.out, "reading: %s\n", line)
	return err
}

func (p *Progress) draw(at event.Progress, line string) error {
	if p.bar == nil {
		p.bar = progressbar.NewOptions(at.Expected,
			progressbar.OptionSetWriter(p.out),
			progressbar.OptionSetWidth(16),
			progressbar.OptionSetPredictTime(true),
			progressbar.OptionClearOnFinish(),
		)
	}
	p.bar.ChangeMax(max(at.Expected, 1))
	p.bar.Describe(line)
	return p.bar.Set(min(at.Done, max(at.Expected, 1)-1)) // the summary completes it
}

// finish says the summary's numbers, where anything was said before.
func (p *Progress) finish(s event.Summary) error {
	if p.bar == nil && p.told.IsZero() {
		return nil
	}
	if p.bar != nil {
		if err := p.bar.Clear(); err != nil {
			return err
		}
	}
	_, err := fmt.Fprintf(p.out, "read: %s in %s\n",
		describeProgress(s.Scopes.Read+s.Scopes.Incomplete+s.Scopes.Unread, s.Scopes.Expected, s.Calls, s.Gaps),
		p.now().Sub(p.begun).Round(100*time.Millisecond))
	return err
}

func describeProgress(done, expected int, calls int64, gaps int) string {
	return fmt.Sprintf("%d of %d Regions, %s, %s", done, expected, plural(calls, "call"), plural(gaps, "gap"))
}

// timeLeft assumes that the scopes to come take as long as those that are done.
func timeLeft(elapsed time.Duration, at event.Progress) (string, bool) {
	if at.Done == 0 || at.Done >= at.Expected {
		return "", false
	}
	left := elapsed * time.Duration(at.Expected-at.Done) / time.Duration(at.Done)
	return left.Round(time.Second).String(), true
}
