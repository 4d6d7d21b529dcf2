package remediate

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/smithy-go"
	"github.com/google/go-cmp/cmp"

	"flowproof/internal/awscall"
)

// noon is the time of every record in these tests.
func noon() time.Time { return time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC) }

func someone() Opened { return Opened{Command: CommandApply, PID: 42, Host: "laptop", Version: "test"} }

// journalAt opens the journal of a plan for the length of a test.
func journalAt(t *testing.T, path string, p Plan) *Journal {
	t.Helper()
	j, err := OpenJournal(path, p, someone(), noon, true)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = j.Close() }) // closed by some tests already
	return j
}

// unsynced leaves it to the kernel when something gets to the disk.
func unsynced(*os.File) error { return nil }

// journalOf writes a journal with one of everything and gives its bytes.
func journalOf(t *testing.T, p Plan) (path string, raw []byte) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "plan.json.journal")
	j := journalAt(t, path, p)
	call := p.Steps[1].Call
	records := []Record{
		{Type: RecordStep, Step: &Settled{Command: CommandApply, Step: p.Steps[0].ID, Outcome: Done, Ours: true}},
		{Type: RecordIntent, Intent: &Intent{
			Command: CommandApply, Call: call, Send: 1, Steps: []string{p.Steps[1].ID, p.Steps[2].ID}, Token: "t", API: p.Steps[1].API,
			Bucket: &BucketBefore{Name: "b", Policy: `{"Statement":[]}`},
		}},
		{Type: RecordAnswer, Answer: &Answered{
			Command: CommandApply, Call: call, Send: 1, Created: []string{"fl-1"},
			Unsuccessful: []Unsuccessful{{Resource: "vpc-2", Code: "400", Message: "line\nbreak \u202e"}},
		}},
		{Type: RecordGuard, Guard: &Guarded{Call: call, Send: 1}},
		{Type: RecordStep, Step: &Settled{Command: CommandApply, Step: p.Steps[1].ID, Outcome: Done, Ours: true, Made: "fl-1"}},
	}
	for _, r := range records {
		if err := j.append(r); err != nil {
			t.Fatal(err)
		}
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return path, raw
}

func TestJournalSurvivesItsFile(t *testing.T) {
	t.Parallel()
	p := twoLogs(t)
	path, raw := journalOf(t, p)
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, error %v", info.Mode(), err)
	}
	j := journalAt(t, path, p)
	h := j.History()
	if !h.Ours(p.Steps[1].ID) || h.Made(p.Steps[1].ID) != "fl-1" || h.Ours(p.Steps[2].ID) {
		t.Errorf("history %+v", h)
	}
	if j.Torn() {
		t.Error("a whole journal is called torn")
	}
	after, err := os.ReadFile(path)
	if err != nil || !strings.HasPrefix(string(after), string(raw)) {
		t.Errorf("what was there has changed: %v", err)
	}
}

// TestJournalTruncatedAnywhere cuts a journal at every byte: it opens, says what its whole lines
// say, and takes further records.
func TestJournalTruncatedAnywhere(t *testing.T) {
	t.Parallel()
	p := twoLogs(t)
	_, raw := journalOf(t, p)
	folder := t.TempDir()
	for cut := range len(raw) + 1 {
		path := filepath.Join(folder, "cut")
		if err := os.WriteFile(path, raw[:cut], 0o600); err != nil {
			t.Fatal(err)
		}
		j, err := openJournal(path, p, someone(), noon, true, unsynced)
		if err != nil {
			t.Fatalf("cut at %d: %v", cut, err)
		}
		lines := strings.Count(string(raw[:cut]), "\n")
		if got, want := len(j.records), max(lines-1, 0)+1; got != want {
			t.Fatalf("cut at %d: %d records, want %d", cut, got, want)
		}
		if err := j.append(Record{Type: RecordGuard, Guard: &Guarded{Call: "x"}}); err != nil {
			t.Fatal(err)
		}
		if err := j.Close(); err != nil {
			t.Fatal(err)
		}
		again, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if _, whole, err := parseJournal(again, p.Hash); err != nil || whole != len(again) {
			t.Fatalf("cut at %d: after appending, %d of %d bytes are whole: %v", cut, whole, len(again), err)
		}
	}
}

func TestJournalRefuses(t *testing.T) {
	t.Parallel()
	p := twoLogs(t)
	_, raw := journalOf(t, p)
	other := strings.Replace(string(raw), p.Hash, "sha256:"+strings.Repeat("0", 64), 1)
	for name, test := range map[string]struct{ content, want string }{
		"the journal of another plan": {other, "belongs to another plan"},
		"another version":             {strings.Replace(string(raw), JournalSchema, "flowproof.journal/v9", 1), "flowproof.journal/v9"},
		"somebody's letter":           {"Dear Sir or Madam", "not a journal"},
		"somebody's JSON":             {`{"hello":1}` + "\n", "not a journal"},
		"a damaged line in the middle": {
			strings.Replace(string(raw), `"type":"intent"`, `"type":"intent`, 1), "line 4 is damaged",
		},
		"an unknown field":  {strings.Replace(string(raw), `"ours":true`, `"mine":true`, 1), "mine"},
		"an unknown record": {string(raw) + `{"type":"dance","at":"2026-11-24T12:00:00Z"}` + "\n", "dance"},
		"fields of another type": {
			string(raw) + `{"type":"open","at":"2026-11-24T12:00:00Z","guard":{"call":"x","send":1,"restored":false}}` + "\n", "other fields",
		},
		"two values on a line": {string(raw) + `{} {}` + "\n", "more than one"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "journal")
			if err := os.WriteFile(path, []byte(test.content), 0o600); err != nil {
				t.Fatal(err)
			}
			_, err := OpenJournal(path, p, someone(), noon, true)
			if !errors.Is(err, ErrJournal) || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error %v, want %q", err, test.want)
			}
			left, err := os.ReadFile(path)
			if err != nil || string(left) != test.content {
				t.Errorf("the file was changed: %v", cmp.Diff(test.content, string(left)))
			}
			if _, err := ReadHistory(path, p); !errors.Is(err, ErrJournal) {
				t.Errorf("reading it: %v", err)
			}
		})
	}
}

func TestJournalIsLockedAndNamesItsHolder(t *testing.T) {
	t.Parallel()
	p := twoLogs(t)
	path := filepath.Join(t.TempDir(), "journal")
	first := journalAt(t, path, p)
	_, err := OpenJournal(path, p, Opened{Command: CommandRollback, PID: 7}, noon, true)
	if !errors.Is(err, ErrJournal) || !strings.Contains(err.Error(), "apply, process 42 on laptop since 2026-11-24T12:00:00Z") {
		t.Errorf("second: %v", err)
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	journalAt(t, path, p)
}

func TestJournalThatIsMissing(t *testing.T) {
	t.Parallel()
	p := twoLogs(t)
	path := filepath.Join(t.TempDir(), "journal")
	if _, err := OpenJournal(path, p, someone(), noon, false); !errors.Is(err, ErrJournal) {
		t.Errorf("error %v", err)
	}
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("it was made: %v", err)
	}
	if h, err := ReadHistory(path, p); err != nil || len(h.order) != 0 {
		t.Errorf("history %+v, error %v", h, err)
	}
	if _, err := OpenJournal(t.TempDir(), p, someone(), noon, true); !errors.Is(err, ErrJournal) {
		t.Errorf("a folder: %v", err)
	}
}

// TestJournalAfterAFailedWrite wants silence: a record behind a torn line would damage the file.
func TestJournalAfterAFailedWrite(t *testing.T) {
	t.Parallel()
	p := twoLogs(t)
	path := filepath.Join(t.TempDir(), "journal")
	j := journalAt(t, path, p)
	good := j.write
	j.write = func(b []byte) error { return errors.Join(good(b[:len(b)/2]), errors.New("disk full")) }
	step := Record{Type: RecordStep, Step: &Settled{Command: CommandApply, Step: p.Steps[0].ID, Outcome: Done, Ours: true}}
	if err := j.append(step); err == nil || !strings.Contains(err.Error(), "disk full") {
		t.Errorf("error %v", err)
	}
	j.write = good
	if err := j.append(step); err == nil {
		t.Error("a record follows a torn line")
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	again := journalAt(t, path, p)
	if !again.Torn() || again.History().Ours(p.Steps[0].ID) {
		t.Errorf("torn %v, history %+v", again.Torn(), again.History())
	}
}

func TestHistory(t *testing.T) {
	t.Parallel()
	apply := func(step string, o Outcome) Record {
		return Record{Type: RecordStep, Step: &Settled{Command: CommandApply, Step: step, Outcome: o, Ours: true, Made: "fl-" + step}}
	}
	back := func(step string, o Outcome) Record {
		return Record{Type: RecordStep, Step: &Settled{Command: CommandRollback, Step: step, Outcome: o}}
	}
	h := replay([]Record{
		apply("a", Done), apply("b", Failed), apply("b", Already), apply("c", Done), apply("d", Done), apply("a", Already),
		back("c", Undone), back("d", Kept),
	})
	if got, want := strings.Join(h.order, " "), "a b d"; got != want {
		t.Errorf("order %q, want %q", got, want)
	}
	if h.Ours("c") || !h.Ours("d") || h.Made("d") != "fl-d" {
		t.Errorf("history %+v", h)
	}
}

func FuzzJournal(f *testing.F) {
	hash := "sha256:" + strings.Repeat("a", 64)
	f.Add(journalHeader(hash))
	f.Add(append(journalHeader(hash), `{"type":"guard","at":"2026-11-24T12:00:00Z","guard":{"call":"x","send":1,"restored":true}}`+"\n{"...))
	f.Fuzz(func(t *testing.T, raw []byte) {
		records, whole, err := parseJournal(raw, hash)
		if err != nil {
			return
		}
		again, size, err := parseJournal(raw[:whole], hash)
		if err != nil || size != whole || len(again) != len(records) {
			t.Errorf("%d whole bytes with %d records read again as %d with %d: %v", whole, len(records), size, len(again), err)
		}
		replay(records)
	})
}

// TestFailuresAreRecordedAsWhatTheyWere holds the codes that stand in for one of AWS's to their meaning.
func TestFailuresAreRecordedAsWhatTheyWere(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		err  error
		code string
	}{
		"the connection broke":         {io.ErrUnexpectedEOF, brokenConnection},
		"no answer within the time":    {context.DeadlineExceeded, brokenConnection},
		"an answer of somebody else's": {&awscall.NoAnswerError{Operation: "CreateRole", Why: "its root element is html"}, noAnswer},
		"a request that was not sent":  {errors.New("the request is not as the SDK takes it"), "error"},
		"a refusal without a code":     {&smithy.GenericAPIError{Message: "no"}, "error"},
		"a refusal":                    {&smithy.GenericAPIError{Code: "AccessDenied", Message: "no"}, "AccessDenied"},
	} {
		if code, _ := failureOf(test.err).recorded(); code != test.code {
			t.Errorf("%s: recorded as %q, want %q", name, code, test.code)
		}
	}
}
