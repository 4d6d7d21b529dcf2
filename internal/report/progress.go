package report

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/schollz/progressbar/v3"

	"flowproof/internal/event"
	"flowproof/internal/inventory"
	"flowproof/internal/terminal"
)

const (
	quietFor  = time.Second            // a run that is over by then needs no progress
	logEvery  = time.Minute            // between lines of a log
	drawEvery = 100 * time.Millisecond // between drawings of a bar
	listedFor = 2 * time.Second        // accounts that have not become more for so long are listed
	barWidth  = 20                     // columns, where there is room
	barFull   = 100                    // what the bar counts to: the number of scopes can still grow
	barFrame  = 12                     // columns around the bar: percentage, brackets, spaces
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

	started time.Time
	logged  time.Time      // or drawn
	counted event.Progress // the highest that each count has been: none ever falls
	grew    time.Time      // when more accounts were listed
	drawn   int            // the bar's value, of barFull
	account string         // the first one met
	several bool           // there are more
	ended   bool
	unread  map[string]bool // accounts of which an interruption kept something from being read
	missed  int             // their scopes

	mu     sync.Mutex
	paused bool // a person is being asked something
}

// NewProgress draws on out, which is standard error and not where a report goes. Live is whether
// it is a terminal, and now the clock.
func NewProgress(out io.Writer, live bool, now func() time.Time) *Progress {
	return &Progress{out: out, live: live, now: now}
}

// Handle implements event.Handler. It never fails: a run must not end because nobody can be told
// how far it has come.
func (p *Progress) Handle(e event.Event) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.ended {
		return nil
	}
	switch e.Type {
	case event.TypeRun:
		p.started = p.now()
	case event.TypeScope:
		p.seen(e.Scope)
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

// Pause takes the line from the terminal, and draws none until Resume: a person is being asked something.
func (p *Progress) Pause() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.paused = true
	if p.bar != nil && !p.ended {
		_ = p.bar.Clear()
	}
}

// Resume ends Pause.
func (p *Progress) Resume() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.paused = false
}

// Close takes the line from the terminal if the run ended without a summary.
func (p *Progress) Close() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.bar == nil || p.ended {
		return nil
	}
	p.ended = true
	return p.bar.Clear()
}

// seen notices whether the run is about several accounts, and what an interruption kept from being read.
func (p *Progress) seen(s *event.Scope) {
	p.account = cmp.Or(p.account, s.Account)
	p.several = p.several || s.Account != p.account
	if slices.ContainsFunc(s.Gaps, func(g inventory.Gap) bool { return g.Cause == inventory.Interrupted }) {
		if p.unread == nil {
			p.unread = map[string]bool{}
		}
		p.unread[s.Account] = true
		p.missed++
	}
}

// stoppedAt says how far an interrupted run came; empty for one that was not.
func (p *Progress) stoppedAt() string {
	switch {
	case p.missed == 0:
		return ""
	case p.several:
		return fmt.Sprintf("stopped at %d of %s", max(0, p.counted.Accounts-len(p.unread)), plural(p.counted.Listed, "account"))
	}
	return fmt.Sprintf("stopped at %d of %s", max(0, p.counted.Done-p.missed), plural(p.counted.Expected, "Region"))
}

func (p *Progress) count(c event.Progress) {
	if max(c.Listed, c.Accounts) > p.counted.Listed {
		p.grew = p.now()
	}
	p.counted = event.Progress{
		Accounts:  max(p.counted.Accounts, c.Accounts),
		Listed:    max(p.counted.Listed, c.Listed, c.Accounts),
		Done:      max(p.counted.Done, c.Done),
		Expected:  max(p.counted.Expected, c.Expected, c.Done),
		Calls:     max(p.counted.Calls, c.Calls),
		Throttles: max(p.counted.Throttles, c.Throttles),
		Gaps:      max(p.counted.Gaps, c.Gaps),
	}
}

// draw shows the counts, if it is time to.
func (p *Progress) draw() {
	now := p.now()
	switch {
	case p.paused:
	case p.started.IsZero() || now.Sub(p.started) < quietFor:
	case p.counted.Listed == 0 && p.counted.Expected == 0: // nobody knows yet whose account it is
	case p.live && now.Sub(p.logged) < drawEvery: // thousands of scopes can end in a second
	case p.live:
		p.logged = now
		p.drawBar(now)
	case p.logged.IsZero() || now.Sub(p.logged) >= logEvery:
		p.logged = now
		took := now.Sub(p.started)
		p.writeLine("reading: " + p.text(took))
	}
}

// end writes the last line, which says what the summary says.
func (p *Progress) end() {
	p.ended = true
	took := p.now().Sub(p.started)
	stopped := p.stoppedAt()
	if p.started.IsZero() || took < quietFor && stopped == "" {
		return
	}
	if p.bar != nil {
		_ = p.bar.Clear()
	}
	if stopped != "" {
		calls := plural(p.counted.Calls, "call")
		p.writeLine(joined([]string{stopped, calls, plural(p.counted.Gaps, "gap")}) + ", " + duration(took))
		return
	}
	p.writeLine("done: " + p.text(took) + ", " + duration(took))
}

func (p *Progress) writeLine(line string) {
	_, _ = fmt.Fprintln(p.out, line)
}

// drawBar draws the line anew. The library does the drawing and the erasing; the words and the
// time left are ours, as they depend on counts that it does not know.
func (p *Progress) drawBar(now time.Time) {
	if p.bar == nil {
		p.bar = progressbar.NewOptions(barFull,
			progressbar.OptionSetWriter(p.out),
			progressbar.OptionSetTheme(progressbar.ThemeASCII),
			progressbar.OptionUseANSICodes(true),
			progressbar.OptionSetPredictTime(false),
			progressbar.OptionShowDescriptionAtLineEnd())
	}
	width := terminal.Streams{Stdout: p.out}.Width()
	text := p.text(now.Sub(p.started))
	if len(text) > width-barFrame-1 {
		text = p.brief(now.Sub(p.started))
	}
	progressbar.OptionSetWidth(max(1, min(barWidth, width-barFrame-len(text))))(p.bar)
	progressbar.OptionSetDescription(cut(text, width-barFrame-1))(p.bar)
	drawn := p.drawn
	if done, all := p.parts(); all > 0 { // never full before the end, as more can be discovered
		drawn = max(drawn, min(barFull-1, barFull*done/all))
	}
	if drawn == p.drawn {
		_ = p.bar.RenderBlank() // draws the bar as it is, blank or not
		return
	}
	p.drawn = drawn
	_ = p.bar.Set(drawn)
}

// text is the counts in words, over the time that they took, and what is left of it.
func (p *Progress) text(took time.Duration) string {
	c := p.counted
	parts := []string{fmt.Sprintf("%d of %s", c.Done, plural(c.Expected, "Region"))}
	if p.several {
		parts = []string{fmt.Sprintf("%d of %s", c.Accounts, plural(c.Listed, "account")), plural(c.Done, "scope")}
	}
	calls := plural(c.Calls, "call") + p.rate(took, " (%.0f/s)")
	return joined(append(parts, calls, p.throttled(), plural(c.Gaps, "gap"), p.left(took)))
}

// brief says the same for a line that is too narrow: it is cut at the end, so what matters most
// comes first.
func (p *Progress) brief(took time.Duration) string {
	c := p.counted
	parts := []string{p.left(took), fmt.Sprintf("%d/%d Regions", c.Done, c.Expected)}
	if p.several {
		parts = []string{p.left(took), fmt.Sprintf("%d/%d accounts", c.Accounts, c.Listed), plural(c.Done, "scope")}
	}
	return joined(append(parts, plural(c.Gaps, "gap"), p.rate(took, "%.0f calls/s"), p.throttled()))
}

// joined is the parts that say something.
func joined(parts []string) string {
	return strings.Join(slices.DeleteFunc(parts, func(s string) bool { return s == "" }), ", ")
}

// rate is the number of calls in a second so far; empty before there is one.
func (p *Progress) rate(took time.Duration, format string) string {
	if took < quietFor {
		return ""
	}
	return fmt.Sprintf(format, float64(p.counted.Calls)/took.Seconds())
}

func (p *Progress) throttled() string {
	if p.counted.Throttles == 0 {
		return ""
	}
	return fmt.Sprintf("%d throttled", p.counted.Throttles)
}

// left is the time that is left if the rest goes as what is done. Nobody knows while accounts are
// still being listed: their number would make it too short.
func (p *Progress) left(took time.Duration) string {
	done, all := p.parts()
	listing := p.several && p.started.Add(took).Sub(p.grew) < listedFor
	if p.ended || listing || done == 0 || done >= all {
		return ""
	}
	left := took / time.Duration(done) * time.Duration(all-done)
	return roughly(left+time.Second/2) + " left"
}

// parts is how much is done of how much. Accounts are listed ahead, and their scopes are not known
// before they are entered, so the scopes of many accounts say nothing of what is left.
func (p *Progress) parts() (done, all int) {
	if p.several {
		return p.counted.Accounts, p.counted.Listed
	}
	return p.counted.Done, p.counted.Expected
}
