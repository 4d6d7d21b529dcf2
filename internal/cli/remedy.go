package cli

import (
	"context"
	"fmt"
	"time"

	"flowproof/internal/config"
	"flowproof/internal/remediate"
	"flowproof/internal/terminal"
)

// fixResult is what came of a command that acts on a plan.
type fixResult struct {
	command string
	report  remediate.Report
	reached bool
	next    string
}

// fixDocument is that result in JSON.
type fixDocument struct {
	Schema   string             `json:"schema"`
	Plan     string             `json:"plan"`
	Command  string             `json:"command"`
	Reached  bool               `json:"reached"`
	Stopped  string             `json:"stopped"` // why it began nothing more; empty when it came to its end
	Problems []string           `json:"problems"`
	Results  []remediate.Result `json:"results"`
}

// endProgress takes the line of progress from the terminal.
func (a *app) endProgress(s config.Settings) {
	if !s.Quiet && terminal.IsTerminal(a.streams.Stderr) {
		a.sayf("\r\x1b[K")
	}
}

// endFix shows a result and decides the exit status.
func (a *app) endFix(ctx context.Context, s config.Settings, plan remediate.Plan, r fixResult) error {
	a.endProgress(s)
	switch {
	case ctx.Err() != nil:
		a.status = statusInterrupted
	case !r.reached:
		a.status = statusUnreached
	}
	if s.Format == "json" {
		return a.printJSON(fixDocument{
			Schema: "flowproof.result/v1", Plan: plan.Hash, Command: r.command, Reached: r.reached, Stopped: r.report.Stopped,
			Problems: append([]string{}, r.report.Problems...), Results: append([]remediate.Result{}, r.report.Results...),
		})
	}
	if err := r.report.WriteText(a.streams.Stdout, remediate.TextOptions{Width: a.streams.Width(), Verbose: s.Verbose}); err != nil {
		return err
	}
	if r.next != "" && !s.Quiet {
		a.sayNext(r.next)
	}
	return nil
}

// Between lines of progress: on a terminal one line that is drawn over, in a log one now and then.
const (
	drawEvery = 200 * time.Millisecond
	logEvery  = 10 * time.Second
)

// pacer lets a line of progress through when it is time, and the last one always.
type pacer struct {
	app  *app
	live bool
	last time.Time
}

func (a *app) pacer() *pacer {
	return &pacer{app: a, live: terminal.IsTerminal(a.streams.Stderr), last: time.Now()}
}

func (p *pacer) say(final bool, text string) {
	every := logEvery
	if p.live {
		every = drawEvery
	}
	if time.Since(p.last) < every && (!final || !p.live) {
		return
	}
	p.last = time.Now()
	if !p.app.asking.TryLock() {
		return // a person is being asked
	}
	defer p.app.asking.Unlock()
	if p.live {
		p.app.sayf("\r\x1b[K%s", text)
		return
	}
	p.app.sayf("%s\n", text)
}

// fixProgress tells a person how far a run has come; nil when that is not wanted.
func (a *app) fixProgress(s config.Settings, what string) func(remediate.Progress) {
	if s.Quiet {
		return nil
	}
	p := a.pacer()
	return func(now remediate.Progress) {
		text := fmt.Sprintf("%d of %d %s", now.Settled, now.Total, what)
		if now.Failed > 0 {
			text += fmt.Sprintf(", %d of them not as wanted", now.Failed)
		}
		if now.Left > 0 {
			text += fmt.Sprintf(", about %s left", now.Left.Round(time.Second))
		}
		p.say(now.Settled >= now.Total, text)
	}
}

// tellWaiting tells a person how many flow logs have delivered; nil when that is not wanted.
func (a *app) tellWaiting(s config.Settings) func(remediate.Waiting) {
	if s.Quiet {
		return nil
	}
	p := a.pacer()
	return func(now remediate.Waiting) {
		p.say(now.Arrived == now.Total, fmt.Sprintf("records of %d of %d flow logs have arrived; waiting for %s at most",
			now.Arrived, now.Total, now.Left.Round(time.Second)))
	}
}
