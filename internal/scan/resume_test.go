package scan_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"flowproof/internal/event"
	"flowproof/internal/inventory"
	"flowproof/internal/report"
	"flowproof/internal/scan"
)

// organisation has an owner of a shared VPC, a participant, a Region that is off and one scope more.
func organisation() []inventory.Inventory {
	shared := inventory.VPC{ID: "vpc-shared", OwnerID: owner, Tags: map[string]string{"Name": "line\nbreak"}}
	off := inventory.Inventory{Target: scope(owner, "af-south-1")}
	off.Absent = inventory.Disabled
	return []inventory.Inventory{
		inRegion(participant, []inventory.VPC{shared, {ID: "vpc-own"}}),
		off,
		inRegion(owner, []inventory.VPC{shared}, workingLog("fl-1", "vpc-shared")),
		inRegion("333333333333", nil),
	}
}

// resumed runs with a checkpoint, one scope after the other, and gives the report of the run
// without the number of its calls.
func resumed(t *testing.T, dir string, source *saved, now time.Time) (document string, out outcome) {
	t.Helper()
	spool, err := event.OpenCheckpoint(dir, event.CheckpointOptions{Config: map[string]string{"a": "b"}, Since: now.Add(-time.Hour)})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := spool.Close(); err != nil {
			t.Error(err)
		}
	}()
	out = run(t, t.Context(), source, func(o *scan.Options) {
		o.Spool, o.MaxAge, o.Workers = spool, time.Hour, 1
		o.Now = func() time.Time { return now }
	})
	if out.err != nil {
		t.Fatal(out.err)
	}
	var text bytes.Buffer
	if err := report.Write(report.JSON, &text, spool, report.Options{}); err != nil {
		t.Fatal(err)
	}
	return strings.Replace(text.String(), fmt.Sprintf(`"calls": %d`, source.Calls()), `"calls": any`, 1), out
}

// TestACheckpointCutAnywhereGivesTheSameReport cuts the file of a finished run at every byte, as a
// process that is killed does, and runs again.
func TestACheckpointCutAnywhereGivesTheSameReport(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	want, first := resumed(t, dir, &saved{scopes: organisation()}, readAt)
	file := filepath.Join(dir, "scopes.jsonl")
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for cut := range len(raw) + 1 {
		if err := os.WriteFile(file, raw[:cut], 0o600); err != nil {
			t.Fatal(err)
		}
		source := &saved{scopes: organisation()}
		got, again := resumed(t, dir, source, readAt)
		if got != want {
			t.Fatalf("cut at %d (-want +got):\n%s", cut, cmp.Diff(want, got))
		}
		whole := int64(wholeBlocks(raw[:cut]))
		if reads := source.Calls() / 2; reads != 3-whole {
			t.Fatalf("cut at %d: %d scopes were read again, want %d", cut, reads, 3-whole)
		}
		if cut == len(raw) {
			sameStream(t, first.live, again.live)
		}
	}
}

// wholeBlocks counts the blocks of scopes that were read and are there to their last line.
func wholeBlocks(raw []byte) int {
	n := 0
	for line := range strings.SplitAfterSeq(string(raw), "\n") {
		if strings.HasPrefix(line, `{"type":"facts"`) && strings.HasSuffix(line, "\n") {
			n++
		}
	}
	return n
}

// sameStream compares two streams but for their progress and calls.
func sameStream(t *testing.T, want, got []event.Event) {
	t.Helper()
	lines := func(events []event.Event) string {
		var out bytes.Buffer
		w := event.NewWriter(&out)
		for _, e := range events {
			if e.Type == event.TypeProgress || e.Type == event.TypeSummary {
				continue
			}
			if err := w.Handle(e); err != nil {
				t.Fatal(err)
			}
		}
		return out.String()
	}
	if diff := cmp.Diff(lines(want), lines(got)); diff != "" {
		t.Errorf("the stream of the second run differs (-first +second):\n%s", diff)
	}
}

func TestWhatWasReadTooLongAgoIsReadAgain(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	resumed(t, dir, &saved{scopes: organisation()}, readAt)
	for _, tt := range []struct {
		name  string
		after time.Duration
		reads int64
	}{{"at the limit", time.Hour, 0}, {"beyond it", time.Hour + time.Second, 3}} {
		source := &saved{scopes: organisation()}
		resumed(t, dir, source, readAt.Add(tt.after))
		if got := source.Calls() / 2; got != tt.reads {
			t.Errorf("%s: %d scopes read, want %d", tt.name, got, tt.reads)
		}
	}
}

// A checkpoint with something fresh in it is not begun anew, so each scope's own age decides.
func TestEachScopeHasItsOwnAge(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	failing := organisation()
	failing[2].Fail("ec2:DescribeFlowLogs", inventory.Throttled, "slow down", inventory.FlowLogs)
	resumed(t, dir, &saved{scopes: failing}, readAt)
	late := readAt.Add(30 * time.Minute)
	resumed(t, dir, &saved{scopes: organisation(), at: late}, late)
	for _, tt := range []struct {
		name  string
		now   time.Time
		reads int64
	}{{"all are fresh", late, 0}, {"the one that was tried again is fresh", late.Add(time.Hour), 2}} {
		source := &saved{scopes: organisation(), at: tt.now}
		resumed(t, dir, source, tt.now)
		if got := source.Calls() / 2; got != tt.reads {
			t.Errorf("%s: %d scopes read, want %d", tt.name, got, tt.reads)
		}
	}
}

func TestWhatWasNotReadWholeIsTriedAgain(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	scopes := organisation()
	scopes[2].Fail("ec2:DescribeFlowLogs", inventory.Throttled, "slow down", inventory.FlowLogs)
	resumed(t, dir, &saved{scopes: scopes}, readAt)
	source := &saved{scopes: organisation()}
	got, out := resumed(t, dir, source, readAt)
	if reads := source.Calls() / 2; reads != 1 || !out.summary.Complete {
		t.Errorf("%d scopes read, complete: %v; want the one with a gap, and none left", reads, out.summary.Complete)
	}
	want, _ := resumed(t, t.TempDir(), &saved{scopes: organisation()}, readAt)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-without the gap +gone on with):\n%s", diff)
	}
}

// A scope of the checkpoint that the run does not meet any more is no part of its report.
func TestScopesThatAreGoneAreNotReported(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	resumed(t, dir, &saved{scopes: organisation()}, readAt)
	left := organisation()[:3]
	got, _ := resumed(t, dir, &saved{scopes: left}, readAt)
	want, _ := resumed(t, t.TempDir(), &saved{scopes: left}, readAt)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestAnInterruptedRunIsGoneOnWith(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	ctx, cancel := context.WithCancel(t.Context())
	source := &saved{scopes: organisation()}
	spool, err := event.OpenCheckpoint(dir, event.CheckpointOptions{Config: map[string]string{"a": "b"}, Since: readAt.Add(-time.Hour)})
	if err != nil {
		t.Fatal(err)
	}
	run(t, ctx, source, func(o *scan.Options) {
		o.Spool, o.MaxAge, o.Workers = spool, time.Hour, 1
		o.Live = append(o.Live, cancelAfterOneScope(cancel))
	})
	if err := spool.Close(); err != nil {
		t.Fatal(err)
	}
	again := &saved{scopes: organisation()}
	got, _ := resumed(t, dir, again, readAt)
	want, _ := resumed(t, t.TempDir(), &saved{scopes: organisation()}, readAt)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if reads := again.Calls() / 2; reads > 2 {
		t.Errorf("%d scopes read again, want what was interrupted only", reads)
	}
}

type cancelAfterOneScope func()

func (c cancelAfterOneScope) Handle(e event.Event) error {
	if e.Type == event.TypeScope {
		c()
	}
	return nil
}
