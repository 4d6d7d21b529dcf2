package remediate

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// randomKills is how many accounts are applied to and rolled back under random kills and faults.
// FLOWPROOF_KILLS asks for another number.
const randomKills = 200

// TestKilledAtRandomThenRolledBack applies plans of generated accounts to an AWS that shows changes late
// and fails at random, kills apply and rollback at random moments, and rolls back to the end: the
// account is what it was.
func TestKilledAtRandomThenRolledBack(t *testing.T) {
	t.Parallel()
	runs := randomKills
	if n, err := strconv.Atoi(os.Getenv("FLOWPROOF_KILLS")); err == nil {
		runs = n
	}
	var ran, killed, changed atomic.Int64
	t.Cleanup(func() {
		if ran.Load() > 10 && (killed.Load() < ran.Load() || changed.Load() < ran.Load()/4) {
			t.Errorf("%d kills in %d runs, %d of which left something: the test shows little", killed.Load(), ran.Load(), changed.Load())
		}
	})
	done := 0
	for seed := uint64(0); done < runs; seed++ {
		scenario, policy := generatedAccount(seed)
		scenario, _, _ = strings.Cut(scenario, "writes:")
		p := newStand(t, scenario).replan(policy)
		if len(p.Steps) == 0 {
			continue
		}
		done++
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			t.Parallel()
			ran.Add(1)
			r := rand.New(rand.NewPCG(seed, 7))
			s := newStand(t, scenario+disturbances(r))
			start := s.state()
			for range 1 + r.IntN(3) {
				killed.Add(s.killAt(1+r.IntN(50), func() error { return s.tryApply(p) }))
			}
			for range r.IntN(4) {
				killed.Add(s.killAt(1+r.IntN(30), func() error { _, err := s.tryRollback(p); return err }))
			}
			if cmp.Diff(start, s.state()) != "" {
				changed.Add(1)
			}
			s.plug.reset(0)
			for again := 0; ; again++ {
				report, err := s.tryRollback(p)
				if err != nil {
					t.Fatal(err)
				}
				if report.TakenBack() {
					break
				}
				if again == 20 {
					t.Fatalf("not taken back:\n%s\n%s", show(report), s.readJournal())
				}
			}
			if diff := cmp.Diff(start, s.state()); diff != "" {
				t.Errorf("after rollback: %s\n%s", diff, s.readJournal())
			}
			s.checkSends(p)
		})
	}
}

// checkSends holds the numbers of requests in the journal to their contract: of each call and command
// they count from 1, over all runs.
func (s *stand) checkSends(p Plan) {
	s.t.Helper()
	records, _, err := parseJournal(s.readJournal(), p.Hash)
	if err != nil {
		s.t.Fatal(err)
	}
	sent := map[sendKey]int{}
	for _, r := range records {
		if r.Intent == nil {
			continue
		}
		k := sendKey{r.Intent.Command, r.Intent.Call}
		if sent[k]++; r.Intent.Send != sent[k] {
			s.t.Errorf("request %d of %s %s is numbered %d", sent[k], k.command, k.call, r.Intent.Send)
		}
	}
}

// killAt runs something with the plug pulled at a moment, and gives how many times it came to that.
func (s *stand) killAt(moment int, run func() error) int64 {
	s.t.Helper()
	s.plug.reset(moment)
	if err := run(); err != nil && !errors.Is(err, errUnplugged) {
		s.t.Fatal(err)
	}
	if !s.plug.dead {
		return 0
	}
	return 1
}

func (s *stand) tryApply(p Plan) error {
	s.t.Helper()
	j := s.open(p, CommandApply)
	defer func() { _ = j.Close() }()
	_, err := s.applier(p, j).Run(s.t.Context())
	return err
}

func (s *stand) tryRollback(p Plan) (Report, error) {
	s.t.Helper()
	j := s.open(p, CommandRollback)
	defer func() { _ = j.Close() }()
	return Rollback{Plan: p, Journal: j, Writer: s.writer(), Reader: NewReader(s.config()), Clock: s.clock.clock()}.Run(s.t.Context())
}

// disturbances are the knobs of an AWS that makes it hard: late to show changes, and with faults
// that end after some calls.
func disturbances(r *rand.Rand) string {
	one := func(list ...string) string { return list[r.IntN(len(list))] }
	var b strings.Builder
	fmt.Fprintf(&b, "writes: {visible: %ds, assumable: %ds, overwrite_bucket_policy: %v, omit_unsuccessful: %v, already_exists: %s}\nfaults:\n",
		r.IntN(9), r.IntN(12), r.IntN(2) == 0, r.IntN(2) == 0, one("item", "request"))
	calls := append(Writes(), "ec2:DescribeFlowLogs", "iam:GetRole", "iam:GetRolePolicy", "iam:ListRolePolicies", "iam:ListAttachedRolePolicies",
		"logs:DescribeLogGroups", "logs:DescribeLogStreams", "logs:ListTagsForResource", "s3:GetBucketPolicy", "s3:HeadBucket")
	for range 1 + r.IntN(6) {
		service, operation, _ := strings.Cut(one(calls...), ":")
		fmt.Fprintf(&b, "  - {service: %s, operation: %s, first: %d, %s}\n", service, operation, 1+r.IntN(4), one(
			"do: throttle", "do: server-error", "do: drop", "do: cut", "do: lose-answer",
			"do: no-answer, body: html", "do: no-answer, body: html, acted: true", "do: no-answer, body: empty",
			"do: no-answer, body: bare", "do: no-answer, body: other, acted: true", "do: no-answer, body: json",
		))
	}
	return b.String()
}
