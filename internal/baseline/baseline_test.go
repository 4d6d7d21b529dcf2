package baseline

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"flowproof/internal/event"
	"flowproof/internal/finding"
	"flowproof/internal/inventory"
)

// Two notations of one run: a and b failed, c passed.
const (
	document = `{"findings":[{"fingerprint":"a","outcome":"fail","more":{"x":[1]}},{"fingerprint":"b","outcome":"fail"},{"fingerprint":"c","outcome":"pass"}],
 "ledger":[{"gaps":[{}]},[]],"run":{"id":"earlier","started":"2026-11-01T00:00:00Z","rules":[]},"schema":"flowproof.scan/v1"}
`
	stream = `{"type":"run","run":{"schema":"flowproof.events/v1","id":"earlier","started":"2026-11-01T00:00:00Z"}}
{"type":"scope","scope":{}}
{"type":"finding","finding":{"fingerprint":"a","outcome":"fail"}}
{"type":"finding","finding":{"fingerprint":"b","outcome":"fail"}}
{"type":"finding","finding":{"fingerprint":"c","outcome":"pass"}}
{"type":"from-the-future"}
{"type":"summary","summary":{}}
{"type":"progress","progress":{}}
`
)

func TestBothNotationsSayTheSame(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{"document": document, "stream": stream} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b, err := Read(strings.NewReader(text))
			if err != nil {
				t.Fatal(err)
			}
			found := []finding.Finding{
				{Fingerprint: "a", Outcome: finding.Fail, Severity: finding.Medium},
				{Fingerprint: "c", Outcome: finding.Fail, Severity: finding.Low},
				{Fingerprint: "d", Outcome: finding.Fail, Severity: finding.Low},
			}
			b.Findings(nil, found)
			b.Findings(nil, []finding.Finding{{Fingerprint: "b", Outcome: finding.Pass}})
			sum := event.NewSummary()
			for _, f := range found {
				sum.AddFinding(f)
			}
			b.Summary(&sum)
			marked := []bool{found[0].Baseline, found[1].Baseline, found[2].Baseline}
			if diff := cmp.Diff([]bool{true, false, false}, marked); diff != "" {
				t.Errorf("marked (-want +got):\n%s", diff)
			}
			want := &event.Baseline{
				Run: "earlier", Started: time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC), Failed: 2, Fixed: 1,
				Known: map[finding.Severity]int{finding.Low: 0, finding.Medium: 1, finding.High: 0, finding.Critical: 0},
			}
			if diff := cmp.Diff(want, sum.Baseline); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if sum.New(finding.Medium) != 0 || sum.New(finding.Low) != 2 {
				t.Errorf("new: %d medium, %d low, want 0 and 2", sum.New(finding.Medium), sum.New(finding.Low))
			}
		})
	}
}

func TestWhatIsNeitherKnownNorFixed(t *testing.T) {
	t.Parallel()
	for _, now := range []finding.Outcome{finding.Unknown, finding.Suppressed, finding.NotApplicable, ""} {
		b, err := Read(strings.NewReader(document))
		if err != nil {
			t.Fatal(err)
		}
		if now != "" {
			b.Findings(nil, []finding.Finding{{Fingerprint: "a", Outcome: now}, {Fingerprint: "b", Outcome: now}})
		}
		sum := event.NewSummary()
		b.Summary(&sum)
		if sum.Baseline.Other != 2 || sum.Baseline.Fixed != 0 {
			t.Errorf("%q: %d fixed, %d other, want 0 and 2", now, sum.Baseline.Fixed, sum.Baseline.Other)
		}
	}
}

func TestFilesThatAreRefused(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		file string
		want error
	}{
		"an empty file":                {"", ErrNotAScan},
		"no JSON":                      {"scan: yes", ErrNotAScan},
		"a list":                       {"[]", ErrNotAScan},
		"an object of something else":  {`{"findings":[]}`, ErrNotAScan},
		"a plan":                       {`{"schema":"flowproof.plan/v1","findings":[]}`, ErrNotAScan},
		"a document without findings":  {`{"schema":"flowproof.scan/v1"}`, ErrNotAScan},
		"a document that is cut off":   {document[:len(document)/2], ErrNotAScan},
		"two documents":                {document + document, ErrNotAScan},
		"findings that are no list":    {`{"schema":"flowproof.scan/v1","findings":{}}`, ErrNotAScan},
		"a stream that is cut off":     {strings.Split(stream, `{"type":"summary"`)[0], event.ErrCutOff},
		"a stream cut off in a line":   {stream[:len(stream)/2], event.ErrCutOff},
		"a stream of another version":  {strings.Replace(stream, "events/v1", "events/v2", 1), ErrNotAScan},
		"two streams":                  {stream + stream, ErrNotAScan},
		"a stream without its opening": {strings.SplitN(stream, "\n", 2)[1], ErrNotAScan},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if _, err := Read(strings.NewReader(tt.file)); !errors.Is(err, tt.want) {
				t.Errorf("error %v, want %v", err, tt.want)
			}
		})
	}
}

// endless writes a document with so many findings that holding it whole would show.
type endless struct {
	left    int
	pending string
}

func (e *endless) Read(p []byte) (int, error) {
	if e.pending == "" {
		if e.left < 0 {
			return 0, io.EOF
		}
		e.pending = fmt.Sprintf(`{"fingerprint":"f%d","outcome":"pass","message":%q},`, e.left, strings.Repeat("x", 1000))
		if e.left == 0 {
			e.pending = `{"fingerprint":"last","outcome":"fail"}]}`
		}
		e.left--
	}
	n := copy(p, e.pending)
	e.pending = e.pending[n:]
	return n, nil
}

func TestALargeDocumentIsReadAPieceAtATime(t *testing.T) {
	t.Parallel()
	doc := io.MultiReader(strings.NewReader(`{"schema":"flowproof.scan/v1","run":{"id":"r"},"findings":[`), &endless{left: 20000})
	b, err := Read(doc)
	if err != nil || len(b.failed) != 1 {
		t.Fatalf("%v, %d failed, want 1", err, len(b.failed))
	}
	found := []finding.Finding{{Fingerprint: "last", Outcome: finding.Fail}}
	b.Findings(&inventory.Inventory{}, found)
	if !found[0].Baseline {
		t.Error("the last finding is not known")
	}
}

// FuzzRead: no file makes the reader panic, and one that it takes names its run's schema.
func FuzzRead(f *testing.F) {
	for _, seed := range []string{document, stream, "", "{", `{"schema":1}`, `{"findings":[null,{}]}`, `{"type":"run","run":null}`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		b, err := Read(strings.NewReader(text))
		if err == nil && (b == nil || !strings.Contains(text, `flowproof`) && !strings.Contains(text, `\u`)) {
			t.Errorf("took %q", text)
		}
	})
}
