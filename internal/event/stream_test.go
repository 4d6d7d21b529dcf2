package event

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"flowproof/internal/finding"
)

// recorder keeps what it is handed.
type recorder struct{ events []Event }

func (r *recorder) Handle(e Event) error {
	r.events = append(r.events, e)
	return nil
}

// lines is events as a saved stream.
func lines(t testing.TB, events ...Event) string {
	t.Helper()
	var out bytes.Buffer
	w := NewWriter(&out)
	for _, e := range events {
		if err := w.Handle(e); err != nil {
			t.Fatal(err)
		}
	}
	return out.String()
}

func exampleStream() []Event {
	s := scopeOf("111111111111", "eu-west-1")
	return []Event{
		opening(),
		{Type: TypeProgress, Progress: &Progress{Done: 1, Expected: 2, Calls: 3, Gaps: 4}},
		{Type: TypeGap, Gap: &Gap{Scope: s}},
		rowOf(s),
		findingIn(s, "a", "vpc-1"),
		closing(),
	}
}

func TestReplayGivesBackWhatWasWritten(t *testing.T) {
	t.Parallel()
	want := exampleStream()
	var got recorder
	if err := Replay(strings.NewReader(lines(t, want...)), &got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got.events); diff != "" {
		t.Error(diff)
	}
}

func TestReplayPassesOverTypesItDoesNotKnow(t *testing.T) {
	t.Parallel()
	want := exampleStream()
	var saved strings.Builder
	for line := range strings.Lines(lines(t, want...)) {
		saved.WriteString(line)
		saved.WriteString(`{"type":"from-the-future","future":{"a":[1,2]}}` + "\n")
	}
	var got recorder
	if err := Replay(strings.NewReader(saved.String()), &got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got.events); diff != "" {
		t.Error(diff)
	}
}

func TestReplayRefusesPartOfARun(t *testing.T) {
	t.Parallel()
	whole := lines(t, exampleStream()...)
	for cut := range len(whole) - 1 { // without its last newline the stream is still whole
		if err := Replay(strings.NewReader(whole[:cut]), &recorder{}); !errors.Is(err, ErrCutOff) {
			t.Fatalf("cut after %d of %d bytes: %v", cut, len(whole), err)
		}
	}
}

func TestReplayRefusesWhatIsNoStream(t *testing.T) {
	t.Parallel()
	event := func(e Event) string {
		raw, err := json.Marshal(e)
		if err != nil {
			t.Fatal(err)
		}
		return string(raw)
	}
	run, sum := event(opening()), event(closing())
	for name, tc := range map[string]struct{ saved, want string }{
		"another format":                   {`{"schema":"flowproof.scan/v1"}`, "does not open with its run event"},
		"another version":                  {strings.Replace(run, "events/v1", "events/v2", 1), "not a flowproof.events/v1 stream"},
		"no run event first":               {sum, "does not open with its run event"},
		"a run inside another first event": {`{"type":"progress","progress":{},` + run[len(`{"type":"run",`):], "does not open with its run event"},
		"text":                             {"3 VPCs not recorded", "read event 1"},
		"text further on":                  {run + "\nIncident\n" + sum, "read event 2"},
		"a type without its field":         {run + `{"type":"finding"}` + sum, "event 2: a finding event without its finding"},
		"a gap without its field":          {run + `{"type":"gap"}` + sum, "a gap event without its gap"},
		"a scope without its field":        {run + `{"type":"scope"}` + sum, "a scope event without its scope"},
		"progress without its field":       {run + `{"type":"progress"}` + sum, "a progress event without its progress"},
		"a summary without its field":      {run + `{"type":"summary"}`, "a summary event without its summary"},
		"two runs in one file":             {run + sum + run + sum, "event 3: a run event where none can be"},
		"a run cut off before another":     {run + run + sum, "event 2: a run event where none can be"},
		"a finding after the summary":      {run + sum + event(findingIn(scopeOf("1", "a"), "a", "vpc-1")), "event 3: a finding event where none can be"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if err := Replay(strings.NewReader(tc.saved), &recorder{}); err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("got %v, want an error with %q", err, tc.want)
			}
		})
	}
}

func TestReplayEndsWithItsReader(t *testing.T) {
	t.Parallel()
	full := errors.New("disk full")
	err := Replay(strings.NewReader(lines(t, exampleStream()...)), Tee{&recorder{}, failing{full}})
	if !errors.Is(err, full) {
		t.Errorf("got %v, want %v", err, full)
	}
}

type failing struct{ err error }

func (f failing) Handle(Event) error { return f.err }

// A line must be one line and must not rewrite what AWS said.
func TestWriterWritesOneEventALine(t *testing.T) {
	t.Parallel()
	events := exampleStream()
	got := lines(t, events...)
	if n := strings.Count(got, "\n"); n != len(events) {
		t.Errorf("%d lines for %d events", n, len(events))
	}
	if !strings.Contains(got, "no flow log on <it> & ") {
		t.Errorf("HTML characters were rewritten: %s", got)
	}
}

// Whoever follows a run through a pipe must not wait for the next block to see this one's row.
func TestWriterHoldsBackFindingsOnly(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	w := NewWriter(&out)
	for _, e := range exampleStream() {
		before := out.Len()
		if err := w.Handle(e); err != nil {
			t.Fatal(err)
		}
		if held := out.Len() == before; held != (e.Type == TypeFinding) {
			t.Errorf("%s event held back: %v", e.Type, held)
		}
	}
}

func TestWriterSaysWhatItCouldNotWrite(t *testing.T) {
	t.Parallel()
	broken := errors.New("broken pipe")
	if err := NewWriter(brokenPipe{broken}).Handle(opening()); !errors.Is(err, broken) {
		t.Errorf("got %v, want %v", err, broken)
	}
}

type brokenPipe struct{ err error }

func (b brokenPipe) Write([]byte) (int, error) { return 0, b.err }

// FuzzReplay holds Replay to three promises on any bytes: it does not crash, what it accepts can
// be spooled or is refused in words, and what was spooled is written and read back the same.
func FuzzReplay(f *testing.F) {
	f.Add([]byte(lines(f, exampleStream()...)))
	f.Add([]byte(lines(f, opening(), closing())))
	f.Add([]byte(`{"type":"run","run":{"schema":"flowproof.events/v1"}}{"type":"scope","scope":{}}{"type":"summary","summary":{}}`))
	f.Add([]byte(`{"type":"run","run":{"schema":"flowproof.events/v1"}} null [] `))
	f.Add([]byte("\xff\x00"))
	f.Fuzz(func(t *testing.T, saved []byte) {
		spool := NewSpool()
		spool.store.limit = 100
		defer func() {
			if err := spool.Close(); err != nil {
				t.Error(err)
			}
		}()
		var got recorder
		if Replay(bytes.NewReader(saved), Tee{spool, &got}) != nil {
			return
		}
		var again recorder
		if err := Replay(strings.NewReader(lines(t, got.events...)), &again); err != nil {
			t.Fatalf("what was read cannot be read again: %v", err)
		}
		if first, second := encoded(t, got), encoded(t, again); first != second {
			t.Errorf("read again it is different:\n%s\n%s", first, second)
		}
		rows := 0
		if err := spool.Walk(func(Scope, []finding.Finding) error { rows++; return nil }); err != nil {
			t.Fatal(err)
		}
		if want := count(got.events, TypeScope); rows != want {
			t.Errorf("%d rows in the spool, %d in the stream", rows, want)
		}
	})
}

func count(events []Event, typ Type) int {
	n := 0
	for _, e := range events {
		if e.Type == typ {
			n++
		}
	}
	return n
}

func encoded(t *testing.T, r recorder) string {
	t.Helper()
	raw, err := json.Marshal(r.events)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}
