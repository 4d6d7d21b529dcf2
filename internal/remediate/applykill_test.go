package remediate

import (
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// plans are the kinds of plan that the tests of interruption go through.
func plans() map[string]func(*testing.T) Plan {
	return map[string]func(*testing.T) Plan{"to log groups": usual, "to a bucket": toBucket}
}

// worlds are AWSs that make it harder, each in its own way.
func worlds() map[string]string {
	return map[string]string{
		"plain":                      "",
		"changes are seen late":      "writes: {visible: 3s, assumable: 8s}\n",
		"EC2 overwrites the policy":  "writes: {overwrite_bucket_policy: true, omit_unsuccessful: true}\n",
		"answers are lost":           "faults: [{do: lose-answer, operation: 'Create*', first: 1}, {do: lose-answer, operation: 'Put*', first: 1}]\n",
		"the request already exists": "writes: {visible: 3s, already_exists: request}\nfaults: [{do: lose-answer, operation: CreateFlowLogs, first: 1}]\n",
	}
}

// TestKilledAnywhere stops an apply before and after each write to the journal and each request.
// A second one comes to the same end, with nothing made twice and nothing foreign changed.
func TestKilledAnywhere(t *testing.T) {
	t.Parallel()
	for planName, plan := range plans() {
		for worldName, knobs := range worlds() {
			if planName == "to log groups" && strings.Contains(knobs, "bucket") {
				continue // it has none
			}
			t.Run(planName+", "+worldName, func(t *testing.T) {
				t.Parallel()
				p := plan(t)
				whole := newStand(t, threeVPCs+knobs)
				start := whole.state()
				whole.reach(p)
				moments, want := whole.plug.moments, whole.state()
				for at := 1; at <= moments; at++ {
					s := newStand(t, threeVPCs+knobs)
					s.plug.reset(at)
					s.applyAndDie(p)
					s.plug.reset(0)
					s.reach(p)
					if diff := cmp.Diff(want, s.state()); diff != "" {
						t.Fatalf("killed at moment %d of %d: %s", at, moments, diff)
					}
					if diff := cmp.Diff(start, foreign(s.state(), p)); diff != "" && planName != "to a bucket" {
						t.Fatalf("killed at moment %d: something foreign changed: %s", at, diff)
					}
				}
			})
		}
	}
}

// applyAndDie applies a plan until the plug is pulled. Where waiting has jitter, a run can come to
// its end just before that.
func (s *stand) applyAndDie(p Plan) {
	s.t.Helper()
	j := s.open(p, CommandApply)
	r, err := s.applier(p, j).Run(s.t.Context())
	if !s.plug.dead && !r.Reached() || err != nil && !errors.Is(err, errUnplugged) {
		s.t.Fatalf("the run was not killed at moment %d: %v", s.plug.at, err)
	}
	if err := j.Close(); err != nil {
		s.t.Fatal(err)
	}
}

// TestJournalTruncatedAnywhereStillConverges cuts the journal of a finished apply at each byte and
// applies again: the state stays what it is, and everything is known to be ours again. A cut
// inside a line is the same run as the cut before it, as its journal reads the same.
func TestJournalTruncatedAnywhereStillConverges(t *testing.T) {
	t.Parallel()
	for name, plan := range plans() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := plan(t)
			s := newStand(t, threeVPCs)
			s.reach(p)
			want, raw := s.state(), s.readJournal()
			type reading struct {
				records int
				torn    bool
			}
			tried := map[reading]bool{}
			for cut := range len(raw) + 1 {
				records, whole, err := parseJournal(raw[:cut], p.Hash)
				if err != nil {
					t.Fatalf("cut at byte %d of %d: %v", cut, len(raw), err)
				}
				same := reading{len(records), whole < cut}
				if tried[same] {
					continue
				}
				tried[same] = true
				if err := os.WriteFile(s.journal, raw[:cut], 0o600); err != nil {
					t.Fatal(err)
				}
				s.reach(p)
				if diff := cmp.Diff(want, s.state()); diff != "" {
					t.Fatalf("cut at byte %d of %d: %s", cut, len(raw), diff)
				}
			}
		})
	}
}
