package report

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/schollz/progressbar/v3"

	"flowproof/internal/event"
	"flowproof/internal/inventory"
	"flowproof/internal/terminal"
)

const (
	quietFor = time.Second      // a run that is over by then needs no progress
	logEvery = 10 * time.Second // between lines of a log
	barWidth = 20               // columns, where there is room
	barFull  = 100              // what the bar counts to: the number of scopes can still grow
	barFrame = 12               // columns around the bar: percentage, brackets, spaces
)

// Progress tells a person how far a run has come, once it has lasted a second: one line that is
// drawn over on a terminal, a line now and then in a log, and a last line that says what the
// summary says. It holds no meaning: whoever leaves it out misses nothing. It starts no goroutine,
// and looks at the clock whenever an event comes, as they do several times a second.
type Progress struct {
	out  io.Writer
	live bool
	now  func() time.Time
	bar  *progressbar.ProgressBar // nil until it is drawn

	started  time.Time
	logged   time.Time
	counted  event.Progress // the highest that each count has been: none ever falls
	drawn    int            // the bar's value, of barFull
	account  string
	accounts int
	ended    bool
}

// NewProgress draws on out, which is standard error and not where a report goes. Live is whether
// it is a terminal, and now the clock.
func NewProgress(out io.Writer, live bool, now func() time.Time) *Progress {
	return &Progress{out: out, live: live, now: now}
}

// Handle implements event.Handler. It never fails: a run must not end because nobody can be told
// how far it has come.
func (p *Progress) Handle(e event.Event) error {
	if p.ended {
		return nil
	}
	switch e.Type {
	case event.TypeRun:
		p.started = p.now()
	case event.TypeScope:
		p.seen(e.Scope.Scope)
	case event.TypeProgress:
		p.count(*e.Progress)
		p.draw()
	case event.TypeSummary:
		s := e.Summary
		p.count(event.Progress{Done: s.Scopes.Expected, Expected: s.Scopes.Expected, Calls: s.Calls, Gaps: s.Gaps})
		p.end()
	}
	return nil
}

// Close takes the line from the terminal if the run ended without a summary.
func (p *Progress) Close() error {
	if p.bar == nil || p.ended {
		return nil
	}
	p.ended = true
	return p.bar.Clear()
}

// seen notices whether the run is about several accounts.
func (p *Progress) seen(s inventory.Scope) {
	if s.Account != p.account {
		p.account = s.Account
		p.accounts++
	}
}

func (p *Progress) count(c event.Progress) {
	p.counted = event.Progress{
		Done:     max(p.counted.Done, c.Done),
		Expected: max(p.counted.Expected, c.Expected, c.Done),
		Calls:    max(p.counted.Calls, c.Calls),
		Gaps:     max(p.counted.Gaps, c.Gaps),
	}
}

// draw shows the counts, if it is time to.
func (p *Progress) draw() {
	now := p.now()
	switch {
	case p.started.IsZero() || now.Sub(p.started) < quietFor:
	case p.live:
		p.drawBar(now)
	case p.logged.IsZero() || now.Sub(p.logged) >= logEvery:
		p.logged = now
		p.writeLine("reading: " + p.text() + p.left(now))
	}
}

// end writes the last line, which says what the summary says.
func (p *Progress) end() {
	p.ended = true
	took := p.now().Sub(p.started)
	if p.started.IsZero() || took < quietFor {
		return
	}
	if p.bar != nil {
		_ = p.bar.Clear()
	}
	p.writeLine("done: " + p.text() + ", " + duration(took))
}

func (p *Progress) writeLine(line string) {
	_, _ = fmt.Fprintln(p.out, line)
}

// drawBar draws the line anew. The library does the drawing and the erasing; the words and the
// time left are ours, as they depend on counts that it does not know.
func (p *Progress) drawBar(now time.Time) {
	text := p.text() + p.left(now)
	if p.bar == nil {
		p.bar = progressbar.NewOptions(barFull,
			progressbar.OptionSetWriter(p.out),
			progressbar.OptionSetTheme(progressbar.ThemeASCII),
			progressbar.OptionUseANSICodes(true),
			progressbar.OptionSetPredictTime(false),
			progressbar.OptionShowDescriptionAtLineEnd())
	}
	width := terminal.Streams{Stdout: p.out}.Width()
	progressbar.OptionSetWidth(max(1, min(barWidth, width-barFrame-len(text))))(p.bar)
	progressbar.OptionSetDescription(cut(text, width-barFrame-1))(p.bar)
	drawn := p.drawn
	if c := p.counted; c.Expected > 0 { // never full before the end, as more can be discovered
		drawn = max(drawn, min(barFull-1, barFull*c.Done/c.Expected))
	}
	if drawn == p.drawn {
		_ = p.bar.RenderBlank() // draws the bar as it is, blank or not
		return
	}
	p.drawn = drawn
	_ = p.bar.Set(drawn)
}

// text is the counts in words.
func (p *Progress) text() string {
	c, unit := p.counted, "Region"
	if p.accounts > 1 {
		unit = "scope"
	}
	return strings.Join([]string{
		fmt.Sprintf("%d of %s", c.Done, plural(c.Expected, unit)), plural(c.Calls, "call"), plural(c.Gaps, "gap"),
	}, ", ")
}

// left is the time that is left if the rest goes as what is done.
func (p *Progress) left(now time.Time) string {
	c := p.counted
	if c.Done == 0 || c.Done >= c.Expected {
		return ""
	}
	left := now.Sub(p.started) / time.Duration(c.Done) * time.Duration(c.Expected-c.Done)
	return fmt.Sprintf(", %s left", roughly(left+time.Second/2))
}
