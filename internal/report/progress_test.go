package report

import (
	"bytes"
	"errors"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"flowproof/internal/event"
	"flowproof/internal/inventory"
)

// step is an event and how long after the one before it comes.
type step struct {
	after time.Duration
	event event.Event
}

func counted(after time.Duration, done, expected int, calls int64, gaps int) step {
	return step{after, event.Event{Type: event.TypeProgress, Progress: &event.Progress{Done: done, Expected: expected, Calls: calls, Gaps: gaps}}}
}

func ofAccounts(after time.Duration, p event.Progress) step {
	return step{after, event.Event{Type: event.TypeProgress, Progress: &p}}
}

func begun() step {
	return step{0, event.Event{Type: event.TypeRun, Run: &event.Run{Schema: event.Schema}}}
}

func summed(after time.Duration, expected int, calls int64, gaps int) step {
	s := event.NewSummary()
	s.Scopes.Expected, s.Calls, s.Gaps = expected, calls, gaps
	return step{after, event.Event{Type: event.TypeSummary, Summary: &s}}
}

func inAccount(account string) step {
	return step{0, event.Event{Type: event.TypeScope, Scope: &event.Scope{Scope: inventory.Scope{Account: account}}}}
}

// missedIn is a scope of an account that an interruption kept from being read.
func missedIn(account string) step {
	row := event.Scope{Scope: inventory.Scope{Account: account}, Gaps: []inventory.Gap{{Cause: inventory.Interrupted}}}
	return step{0, event.Event{Type: event.TypeScope, Scope: &row}}
}

// drawn is what a run with these events draws, and the clock it was drawn by.
func drawn(t *testing.T, live bool, steps ...step) (string, *Progress) {
	t.Helper()
	clock := time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
	var out bytes.Buffer
	p := NewProgress(&out, live, func() time.Time { return clock })
	for _, s := range steps {
		clock = clock.Add(s.after)
		if err := p.Handle(s.event); err != nil {
			t.Fatal(err)
		}
	}
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}
	return out.String(), p
}

func TestProgressInALog(t *testing.T) {
	t.Parallel()
	const s = time.Second
	for name, tc := range map[string]struct {
		steps []step
		want  string
	}{
		"a run under a second says nothing": {
			[]step{begun(), counted(s/2, 5, 17, 10, 0), counted(s/4, 17, 17, 34, 0), summed(s/5, 17, 34, 0)}, "",
		},
		"nothing is said before it is known whose account it is": {
			[]step{begun(), counted(2*s, 0, 0, 0, 0), counted(30*s, 0, 0, 1, 0)}, "",
		},
		"an interrupted run says how far it came": {
			[]step{begun(), counted(s/2, 5, 17, 10, 0), missedIn("1"), missedIn("1"), counted(0, 7, 17, 10, 2), summed(s/5, 7, 12, 2)},
			"stopped at 5 of 17 Regions, 12 calls, 2 gaps, 0.7s\n",
		},
		"an interrupted run of many accounts says how many are whole": {
			[]step{
				begun(), inAccount("1"), ofAccounts(s/2, event.Progress{Accounts: 86, Listed: 300, Done: 90, Expected: 95}),
				missedIn("2"), missedIn("2"), missedIn("3"), ofAccounts(0, event.Progress{Accounts: 88, Listed: 300, Done: 93, Expected: 95}), summed(s, 95, 100, 3),
			},
			"stopped at 86 of 300 accounts, 100 calls, 3 gaps, 1.5s\n",
		},
		"a run over a second says where it is, and how it ended": {
			[]step{begun(), counted(s/2, 1, 17, 2, 0), counted(s, 3, 17, 10, 1), counted(s, 12, 17, 30, 1), summed(s/2, 17, 34, 1)},
			"reading: 3 of 17 Regions, 10 calls (7/s), 1 gap, 7s left\n" +
				"done: 17 of 17 Regions, 34 calls (11/s), 1 gap, 3.0s\n",
		},
		"a line every minute": {
			[]step{
				begun(), counted(s, 0, 17, 1, 0), counted(30*s, 1, 17, 2, 0), counted(29*s, 2, 17, 3, 0),
				counted(s, 3, 17, 304, 0), counted(59*s, 4, 17, 305, 0), counted(s, 10, 17, 422, 2), summed(s, 17, 434, 2),
			},
			"reading: 0 of 17 Regions, 1 call (1/s), 0 gaps\n" +
				"reading: 3 of 17 Regions, 304 calls (5/s), 0 gaps, 4m45s left\n" +
				"reading: 10 of 17 Regions, 422 calls (3/s), 2 gaps, 85s left\n" +
				"done: 17 of 17 Regions, 434 calls (4/s), 2 gaps, 2m02s\n",
		},
		"counts never fall": {
			[]step{begun(), counted(s, 5, 9, 20, 2), counted(60*s, 3, 7, 10, 1), summed(s, 4, 12, 1)},
			"reading: 5 of 9 Regions, 20 calls (20/s), 2 gaps, 1s left\n" +
				"reading: 5 of 9 Regions, 20 calls (0/s), 2 gaps, 49s left\n" +
				"done: 5 of 9 Regions, 20 calls (0/s), 2 gaps, 62s\n",
		},
		"several accounts have scopes, not Regions": {
			[]step{begun(), inAccount("1"), counted(s/2, 1, 34, 2, 0), inAccount("2"), counted(s, 2, 34, 4, 0), summed(s, 34, 68, 0)},
			"reading: 0 of 0 accounts, 2 scopes, 4 calls (3/s), 0 gaps\n" +
				"done: 0 of 0 accounts, 34 scopes, 68 calls (27/s), 0 gaps, 2.5s\n",
		},
		"a run that ends with its first news after a second": {
			[]step{begun(), summed(2*s, 1, 2, 0)}, "done: 1 of 1 Region, 2 calls (1/s), 0 gaps, 2.0s\n",
		},
		"nothing after the summary":     {[]step{begun(), summed(s/2, 1, 2, 0), counted(9*s, 1, 1, 2, 0)}, ""},
		"nothing before the run begins": {[]step{counted(0, 1, 2, 3, 4), counted(9*s, 1, 2, 3, 4)}, ""},
		"a run cut off":                 {[]step{begun(), counted(s, 1, 2, 3, 4)}, "reading: 1 of 2 Regions, 3 calls (3/s), 4 gaps, 1s left\n"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, _ := drawn(t, false, tc.steps...)
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// screen is what a terminal shows of one line that is drawn over: the last state after each
// drawing.
func screen(t *testing.T, out string) []string {
	t.Helper()
	var states []string
	for _, drawing := range regexp.MustCompile(`\x1b\[[02]K`).Split(out, -1) {
		if text := strings.TrimSpace(drawing); text != "" {
			states = append(states, text)
		}
	}
	return states
}

func TestProgressOnATerminal(t *testing.T) {
	t.Parallel()
	const s = time.Second
	out, _ := drawn(t, true, begun(), counted(s/2, 1, 17, 2, 0), counted(s/2, 3, 17, 8, 0), counted(s/4, 3, 17, 9, 1),
		counted(s/4, 3, 34, 9, 1), counted(s/2, 34, 34, 70, 1), counted(s/2, 35, 40, 72, 1), summed(s/2, 40, 84, 1))
	want := []string{
		"17% [==>.................]  3 of 17 Regions, 8 calls (8/s), 0 gaps, 5s left",
		"17% [==>.................]  3 of 17 Regions, 9 calls (7/s), 1 gap, 6s left",
		"17% [==>.................]  3 of 34 Regions, 9 calls (6/s), 1 gap, 16s left",
		"99% [==================>.]  34 of 34 Regions, 70 calls (35/s), 1 gap",
		"99% [=================>.]  35 of 40 Regions, 72 calls (29/s), 1 gap, 0s left",
		"done: 40 of 40 Regions, 84 calls (28/s), 1 gap, 3.0s",
	}
	if diff := cmp.Diff(want, screen(t, out)); diff != "" {
		t.Error(diff)
	}
	if lines := strings.Count(out, "\n"); lines != 1 || !strings.HasSuffix(out, "\n") {
		t.Errorf("%d lines on the terminal, want the last one only: %q", lines, out)
	}
}

func TestProgressOnATerminalFitsItsLine(t *testing.T) {
	t.Parallel()
	out, _ := drawn(t, true, begun(), inAccount("1"), inAccount("2"),
		counted(time.Hour, 1, 170, 2, 0), counted(time.Hour, 123_456, 170_000, 1_234_567, 123_456), counted(time.Hour, 169_999, 170_000, 1_234_567_890_123, 123_456))
	for _, drawing := range regexp.MustCompile(`\x1b\[[02]K|[\r\n]`).Split(out, -1) {
		if width := measure(drawing); width > 79 { // a full line would move to the next one
			t.Errorf("%d columns: %q", width, drawing)
		}
	}
}

// What matters most is what a narrow line still shows.
func TestProgressOfManyAccountsFitsItsLine(t *testing.T) {
	t.Parallel()
	far := ofAccounts(time.Minute, event.Progress{
		Accounts: 2500, Listed: 10_000, Done: 53_125, Expected: 53_637, Calls: 106_250, Throttles: 12, Gaps: 34,
	})
	listed := ofAccounts(0, event.Progress{Listed: 10_000})
	out, _ := drawn(t, true, begun(), inAccount("1"), inAccount("2"), listed, far)
	want := "25% [.]  3m00s left, 2500/10000 accounts, 53125 scopes, 34 gaps, 1771 calls…"
	if got := screen(t, out)[0]; got != want {
		t.Errorf("drew %q, want %q", got, want)
	}
	logged, _ := drawn(t, false, begun(), inAccount("1"), inAccount("2"), listed, far)
	want = "reading: 2500 of 10000 accounts, 53125 scopes, 106250 calls (1771/s), 12 throttled, 34 gaps, 3m00s left\n"
	if logged != want {
		t.Errorf("logged %q, want %q", logged, want)
	}
}

// The time left is not told before it is known how many accounts there are.
func TestNoTimeIsLeftWhileAccountsAreListed(t *testing.T) {
	t.Parallel()
	out, _ := drawn(t, false, begun(), inAccount("1"), inAccount("2"),
		ofAccounts(time.Minute, event.Progress{Accounts: 50, Listed: 100}),
		ofAccounts(time.Minute, event.Progress{Accounts: 100, Listed: 400}),
		ofAccounts(time.Minute, event.Progress{Accounts: 200, Listed: 400}))
	want := "reading: 50 of 100 accounts, 0 scopes, 0 calls (0/s), 0 gaps\n" +
		"reading: 100 of 400 accounts, 0 scopes, 0 calls (0/s), 0 gaps\n" +
		"reading: 200 of 400 accounts, 0 scopes, 0 calls (0/s), 0 gaps, 3m00s left\n"
	if out != want {
		t.Errorf("logged %q, want %q", out, want)
	}
}

func TestShortRunsLeaveTheTerminalAlone(t *testing.T) {
	t.Parallel()
	if out, _ := drawn(t, true, begun(), counted(time.Second/2, 1, 2, 3, 4), summed(time.Second/3, 2, 4, 4)); out != "" {
		t.Errorf("drew %q", out)
	}
}

// What comes after a run that broke off, such as an error message, must not stand behind the bar.
func TestCloseTakesTheLineAway(t *testing.T) {
	t.Parallel()
	out, p := drawn(t, true, begun(), counted(time.Second, 1, 2, 3, 4))
	if !strings.HasSuffix(out, "\x1b[2K\r") {
		t.Errorf("the line stays: %q", out)
	}
	if err := p.Close(); err != nil {
		t.Errorf("closed twice: %v", err)
	}
}

func TestProgressThatNobodyCanReadEndsNoRun(t *testing.T) {
	t.Parallel()
	clock := time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
	for _, live := range []bool{false, true} {
		p := NewProgress(&full{}, live, func() time.Time { clock = clock.Add(time.Minute); return clock })
		for _, s := range []step{begun(), counted(0, 1, 2, 3, 4), counted(0, 2, 2, 4, 4), summed(0, 2, 4, 4)} {
			if err := p.Handle(s.event); errors.Is(err, errFull) {
				t.Errorf("live %v: %v", live, err)
			}
		}
	}
}

// TestProgressWaitsWhileAPersonIsAsked: nothing is drawn over a question.
func TestProgressWaitsWhileAPersonIsAsked(t *testing.T) {
	t.Parallel()
	clock := time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
	var out bytes.Buffer
	p := NewProgress(&out, true, func() time.Time { return clock })
	show := func(steps ...step) int {
		before := out.Len()
		for _, s := range steps {
			clock = clock.Add(s.after)
			if err := p.Handle(s.event); err != nil {
				t.Fatal(err)
			}
		}
		return out.Len() - before
	}
	if show(begun(), counted(2*time.Second, 1, 17, 2, 0)) == 0 {
		t.Error("nothing is drawn before")
	}
	p.Pause()
	if show(counted(2*time.Second, 2, 17, 4, 0), counted(time.Minute, 3, 17, 6, 0)) != 0 {
		t.Error("something is drawn over the question")
	}
	p.Resume()
	if show(counted(2*time.Second, 4, 17, 8, 0)) == 0 {
		t.Error("nothing is drawn after")
	}
}
