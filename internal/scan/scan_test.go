package scan_test

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"flowproof/internal/event"
	"flowproof/internal/finding"
	"flowproof/internal/inventory"
	"flowproof/internal/rule"
	"flowproof/internal/rules"
	"flowproof/internal/scan"
)

var readAt = time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)

const (
	owner       = "111111111111"
	participant = "222222222222"
)

// saved is a source that gives what a test wrote down.
type saved struct {
	scopes []inventory.Inventory
	at     time.Time // when they are read; readAt if it is not given
	err    error
	calls  atomic.Int64
}

func (s *saved) Discover(_ context.Context, found func(inventory.Target) error) error {
	for _, inv := range s.scopes {
		if err := found(inv.Target); err != nil {
			return err
		}
	}
	return s.err
}

func (s *saved) Read(ctx context.Context, t inventory.Target, kinds []inventory.Kind) inventory.Inventory {
	s.calls.Add(2)
	for _, inv := range s.scopes {
		if inv.Scope != t.Scope {
			continue
		}
		inv.Kinds, inv.ReadAt = kinds, readAt
		if !s.at.IsZero() {
			inv.ReadAt = s.at
		}
		if ctx.Err() != nil {
			inv.VPCs, inv.FlowLogs = nil, nil
			inv.Fail("ec2:DescribeVpcs", inventory.Interrupted, "interrupted", kinds...)
		}
		inv.Normalize()
		return inv
	}
	panic("read of a scope that was never discovered: " + t.String())
}

func (s *saved) Calls() int64 { return s.calls.Load() }

func (s *saved) Accounts() int { return len(s.scopes) + 5 }

func (s *saved) Throttles() int64 { return s.calls.Load() / 2 }

func scope(account, region string) inventory.Target {
	return inventory.Target{Scope: inventory.Scope{Partition: "aws", Account: account, Region: region}}
}

// inRegion is one account's only Region with VPCs and flow logs.
func inRegion(account string, vpcs []inventory.VPC, logs ...inventory.FlowLog) inventory.Inventory {
	return inventory.Inventory{Target: scope(account, "eu-west-1"), VPCs: vpcs, FlowLogs: logs}
}

func workingLog(id, vpc string) inventory.FlowLog {
	return inventory.FlowLog{ID: id, ResourceID: vpc, Status: "ACTIVE", DeliveryStatus: "SUCCESS", TrafficType: "ALL"}
}

// stream keeps every event, in the order in which it came.
type stream struct{ events []event.Event }

func (s *stream) Handle(e event.Event) error {
	s.events = append(s.events, e)
	return nil
}

type outcome struct {
	summary event.Summary
	spool   *event.Spool
	live    []event.Event
	err     error
}

func run(t *testing.T, ctx context.Context, source scan.Source, change ...func(*scan.Options)) outcome {
	t.Helper()
	set, err := rules.Set("page")
	if err != nil {
		t.Fatal(err)
	}
	spool := event.NewSpool()
	t.Cleanup(func() {
		if err := spool.Close(); err != nil {
			t.Error(err)
		}
	})
	live := &stream{}
	o := scan.Options{
		Source: source, Rules: set, Policy: rule.DefaultPolicy(), Spool: spool,
		Live: []event.Handler{live}, Status: func(event.Summary) int { return 7 },
		Now: func() time.Time { return readAt }, Workers: 4,
	}
	for _, c := range change {
		c(&o)
	}
	summary, err := scan.Run(ctx, o)
	return outcome{summary: summary, spool: spool, live: live.events, err: err}
}

func findings(t *testing.T, s *event.Spool) map[string]finding.Finding {
	t.Helper()
	all := map[string]finding.Finding{}
	err := s.Walk(func(_ event.Scope, list []finding.Finding) error {
		for _, f := range list {
			if _, twice := all[f.Fingerprint]; twice {
				t.Errorf("fingerprint %s twice", f.Fingerprint)
			}
			all[f.Fingerprint] = f
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func TestSharedVPCsTakeTheirOwnersVerdict(t *testing.T) {
	t.Parallel()
	shared := inventory.VPC{ID: "vpc-shared", OwnerID: owner}
	sees := inRegion(participant, []inventory.VPC{shared})
	denied := inRegion(owner, nil)
	denied.Fail("ec2:DescribeVpcs", inventory.Denied, "no", inventory.VPCs)
	logsDenied := inRegion(owner, []inventory.VPC{shared})
	logsDenied.Fail("ec2:DescribeFlowLogs", inventory.Denied, "no", inventory.FlowLogs)
	elsewhere := inRegion(owner, nil)
	elsewhere.Region = "us-east-1"
	tests := []struct {
		name      string
		scopes    []inventory.Inventory
		outcome   finding.Outcome
		assurance finding.Assurance
		gaps      int
		counted   string
	}{
		{"owner is no part of the run", []inventory.Inventory{sees}, finding.NotApplicable, "", 0, "not-applicable"},
		{"owner records it", []inventory.Inventory{sees, inRegion(owner, []inventory.VPC{shared}, workingLog("fl-1", "vpc-shared"))}, finding.NotApplicable, finding.Unproven, 0, "not-applicable"},
		{"owner comes first and does not", []inventory.Inventory{inRegion(owner, []inventory.VPC{shared}), sees}, finding.NotApplicable, finding.Absent, 0, "not-applicable"},
		{"owner's VPCs denied", []inventory.Inventory{sees, denied}, finding.Unknown, "", 1, "unknown"},
		{"owner's flow logs denied", []inventory.Inventory{sees, logsDenied}, finding.Unknown, "", 1, "unknown"},
		{"owner's Region not in the run", []inventory.Inventory{sees, elsewhere}, finding.Unknown, "", 0, "unknown"},
		{"owner does not list it", []inventory.Inventory{sees, inRegion(owner, nil)}, finding.Unknown, "", 0, "unknown"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got := run(t, t.Context(), &saved{scopes: tt.scopes})
			if got.err != nil {
				t.Fatal(got.err)
			}
			key := "vpc-flow-log-check@arn:aws:ec2:eu-west-1:" + owner + ":vpc/vpc-shared#seen-from:" + participant
			f, ok := findings(t, got.spool)[key]
			if !ok {
				t.Fatalf("no finding %s", key)
			}
			if f.Outcome != tt.outcome || f.Assurance != tt.assurance || len(f.Gaps) != tt.gaps {
				t.Errorf("got %s, %q, %d gaps (%s); want %s, %q, %d", f.Outcome, f.Assurance, len(f.Gaps), f.Message, tt.outcome, tt.assurance, tt.gaps)
			}
			if n := got.summary.VPCs[tt.counted]; n < 1 {
				t.Errorf("summary counts %v, want one %s", got.summary.VPCs, tt.counted)
			}
		})
	}
}

func TestEveryScopeIsAccountedForWhenInterrupted(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	source := &saved{scopes: []inventory.Inventory{inRegion(owner, []inventory.VPC{{ID: "vpc-1"}}), inRegion(participant, nil)}}
	got := run(t, ctx, source)
	if got.err != nil {
		t.Fatal(got.err)
	}
	want := event.Scopes{Expected: 2, Unread: 2}
	if diff := cmp.Diff(want, got.summary.Scopes); diff != "" {
		t.Error(diff)
	}
	if n := len(findings(t, got.spool)); n != 2 {
		t.Errorf("%d findings, want one unknown for each scope", n)
	}
}

func TestRowsThatAreNotExpectedCostNoRead(t *testing.T) {
	t.Parallel()
	off := inventory.Inventory{Target: scope(owner, "af-south-1")}
	off.Absent = inventory.Disabled
	source := &saved{scopes: []inventory.Inventory{off}}
	got := run(t, t.Context(), source)
	if source.Calls() != 0 {
		t.Errorf("%d calls", source.Calls())
	}
	if diff := cmp.Diff(event.Scopes{Disabled: 1}, got.summary.Scopes); diff != "" {
		t.Error(diff)
	}
	if !got.summary.Complete {
		t.Error("a disabled Region makes the run incomplete")
	}
}

func TestAnUnreadListOfRegionsIsOneUnknown(t *testing.T) {
	t.Parallel()
	whole := inventory.Inventory{Target: scope(owner, inventory.AnyRegion)}
	whole.Gaps = []inventory.Gap{{Kind: inventory.Regions, API: "ec2:DescribeRegions", Cause: inventory.Denied, Message: "no"}}
	got := run(t, t.Context(), &saved{scopes: []inventory.Inventory{whole, inRegion(owner, nil)}})
	if diff := cmp.Diff(event.Scopes{Expected: 2, Read: 1, Incomplete: 1}, got.summary.Scopes); diff != "" {
		t.Error(diff)
	}
	if got.summary.Complete || got.summary.Outcomes[finding.Unknown] != 1 {
		t.Errorf("summary = %+v, want incomplete with one unknown", got.summary)
	}
}

func TestStreamOpensWithTheRunClosesWithTheSummaryAndNeverCountsDown(t *testing.T) {
	t.Parallel()
	var scopes []inventory.Inventory
	for i := range 30 {
		scopes = append(scopes, inRegion(fmt.Sprintf("%012d", i), []inventory.VPC{{ID: "vpc-1"}}))
	}
	got := run(t, t.Context(), &saved{scopes: scopes})
	if got.live[0].Type != event.TypeRun || got.live[len(got.live)-1].Type != event.TypeSummary {
		t.Errorf("stream goes from %s to %s", got.live[0].Type, got.live[len(got.live)-1].Type)
	}
	var last event.Progress
	for _, e := range got.live {
		if p := e.Progress; p != nil {
			if p.Accounts < last.Accounts || p.Done < last.Done || p.Expected < last.Expected || p.Calls < last.Calls ||
				p.Throttles < last.Throttles || p.Gaps < last.Gaps {
				t.Errorf("progress went from %+v to %+v", last, *p)
			}
			last = *p
		}
	}
	if last.Accounts != 30 || last.Throttles == 0 {
		t.Errorf("last progress %+v, want 30 accounts and some throttles", last)
	}
	if last.Done != got.summary.Scopes.Expected || last.Calls != got.summary.Calls {
		t.Errorf("last progress %+v, summary %+v", last, got.summary)
	}
	if got.summary.ExitStatus != 7 {
		t.Errorf("exit status %d, want the one decided outside", got.summary.ExitStatus)
	}
}

var errFull = errors.New("disk full")

type brokenReader struct{ after int }

func (b *brokenReader) Handle(event.Event) error {
	b.after--
	if b.after < 0 {
		return errFull
	}
	return nil
}

func TestABrokenReaderEndsTheRunWithItsError(t *testing.T) {
	t.Parallel()
	var scopes []inventory.Inventory
	for i := range 20 {
		scopes = append(scopes, inRegion(fmt.Sprintf("%012d", i), nil))
	}
	got := run(t, t.Context(), &saved{scopes: scopes}, func(o *scan.Options) {
		o.Live = []event.Handler{&brokenReader{after: 5}}
	})
	if !errors.Is(got.err, errFull) {
		t.Errorf("error = %v, want %v", got.err, errFull)
	}
}

func TestDiscoveryErrorsEndTheRun(t *testing.T) {
	t.Parallel()
	got := run(t, t.Context(), &saved{err: errFull})
	if !errors.Is(got.err, errFull) {
		t.Errorf("error = %v, want %v", got.err, errFull)
	}
}

func TestEveryInventoryIsKept(t *testing.T) {
	t.Parallel()
	var kept []string
	run(t, t.Context(), &saved{scopes: []inventory.Inventory{inRegion(owner, nil)}}, func(o *scan.Options) {
		o.Keep = func(inv inventory.Inventory) error {
			kept = append(kept, inv.String())
			return nil
		}
	})
	if diff := cmp.Diff([]string{owner + "/eu-west-1"}, kept); diff != "" {
		t.Error(diff)
	}
}

// acceptor accepts every finding that may be accepted.
type acceptor struct{ scopes []inventory.Scope }

func (a *acceptor) Findings(inv *inventory.Inventory, found []finding.Finding) {
	a.scopes = append(a.scopes, inv.Scope)
	for i := range found {
		if found[i].Suppressible() {
			found[i].Suppress(finding.Suppression{Owner: "network", Reason: "empty", Expires: "2027-01-01"})
		}
	}
}

func (a *acceptor) Summary(s *event.Summary) {
	s.Suppressions = []event.Suppression{{Findings: s.Outcomes[finding.Suppressed]}}
}

func TestWhatAReviewMarksIsEmittedCountedAndSeenByParticipants(t *testing.T) {
	t.Parallel()
	shared := inventory.VPC{ID: "vpc-shared", OwnerID: owner}
	source := &saved{scopes: []inventory.Inventory{
		inRegion(owner, []inventory.VPC{shared, {ID: "vpc-good"}}, workingLog("fl-1", "vpc-good")),
		inRegion(participant, []inventory.VPC{shared}),
	}}
	review := &acceptor{}
	var asked event.Summary
	got := run(t, t.Context(), source, func(o *scan.Options) {
		o.Review = review
		o.Status = func(s event.Summary) int { asked = s; return 0 }
	})
	if got.err != nil {
		t.Fatal(got.err)
	}
	if len(review.scopes) != 2 {
		t.Errorf("the review saw %v, want both scopes", review.scopes)
	}
	all := findings(t, got.spool)
	accepted := all["vpc-flow-log-check@arn:aws:ec2:eu-west-1:111111111111:vpc/vpc-shared"]
	if accepted.Outcome != finding.Suppressed || accepted.SuppressedOutcome != finding.Fail || accepted.Suppression == nil {
		t.Errorf("the owner's finding is %s, was %s", accepted.Outcome, accepted.SuppressedOutcome)
	}
	seen := all["vpc-flow-log-check@arn:aws:ec2:eu-west-1:111111111111:vpc/vpc-shared#seen-from:222222222222"]
	if want := "shared by account 111111111111, which owns it: suppressed there: " + accepted.Message; seen.Message != want || seen.Outcome != finding.NotApplicable {
		t.Errorf("the participant's finding is %s: %s", seen.Outcome, seen.Message)
	}
	if asked.Failed[finding.Low] != 0 || asked.Outcomes[finding.Suppressed] != 1 || asked.VPCs["absent"] != 1 {
		t.Errorf("the exit status is decided from %+v", asked)
	}
	if len(asked.Suppressions) != 1 || got.summary.Suppressions[0].Findings != 1 {
		t.Error("what the review says of the run is not in its summary before the exit status is decided")
	}
}
