package event

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"flowproof/internal/finding"
	"flowproof/internal/inventory"
)

func scopeOf(account, region string) inventory.Scope {
	return inventory.Scope{Partition: "aws", Account: account, Region: region}
}

func rowOf(s inventory.Scope) Event {
	return Event{Type: TypeScope, Scope: &Scope{Scope: s, Status: inventory.StatusRead, Gaps: []inventory.Gap{}}}
}

func findingIn(s inventory.Scope, rule, id string) Event {
	return Event{Type: TypeFinding, Finding: &finding.Finding{
		Fingerprint: finding.Fingerprint(rule, s.ARN("vpc", id), ""),
		Rule:        rule,
		Outcome:     finding.Fail,
		Severity:    finding.Low,
		Message:     "no flow log on <it> & \u2028 none near",
		Resource: finding.Resource{
			ARN: s.ARN("vpc", id), Type: finding.VPCType, ID: id, Account: s.Account, Region: s.Region, Owner: s.Account,
		},
		Evidence: finding.Evidence{FlowLogs: []inventory.FlowLog{}},
		Gaps:     []inventory.Gap{},
	}}
}

func opening() Event {
	return Event{Type: TypeRun, Run: &Run{Schema: Schema, ID: "1", Rules: []Rule{{ID: "a"}}}}
}

func closing() Event {
	s := NewSummary()
	return Event{Type: TypeSummary, Summary: &s}
}

// spoolOf is a spool that moves to a file after limit bytes and has read events.
func spoolOf(t *testing.T, limit int, events ...Event) *Spool {
	t.Helper()
	s := NewSpool()
	s.store.limit = limit
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	for _, e := range events {
		if err := s.Handle(e); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

// walked is what Walk visits, one line a row and a finding.
func walked(t *testing.T, s *Spool) []string {
	t.Helper()
	var lines []string
	err := s.Walk(func(row Scope, findings []finding.Finding) error {
		lines = append(lines, row.Partition+"/"+row.String())
		for _, f := range findings {
			lines = append(lines, "  "+f.Rule+" "+f.Resource.ID)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return lines
}

func TestSpoolGivesBlocksInOrder(t *testing.T) {
	t.Parallel()
	china := inventory.Scope{Partition: "aws-cn", Account: "000000000000", Region: "cn-north-1"}
	one, two, three := scopeOf("111111111111", "us-east-1"), scopeOf("111111111111", "eu-west-1"), scopeOf("000000000001", "us-east-1")
	events := []Event{
		opening(),
		rowOf(china), findingIn(china, "a", "vpc-9"),
		rowOf(one), findingIn(one, "b", "vpc-2"), findingIn(one, "a", "vpc-2"), findingIn(one, "b", "vpc-1"),
		{Type: TypeProgress, Progress: &Progress{}},
		{Type: TypeGap, Gap: &Gap{Scope: two}},
		rowOf(two),
		rowOf(three), findingIn(three, "a", "vpc-1"),
		closing(),
	}
	want := []string{
		"aws/000000000001/us-east-1", "  a vpc-1",
		"aws/111111111111/eu-west-1",
		"aws/111111111111/us-east-1", "  b vpc-1", "  a vpc-2", "  b vpc-2",
		"aws-cn/000000000000/cn-north-1", "  a vpc-9",
	}
	for name, limit := range map[string]int{"in memory": memoryLimit, "spilled from the start": 0, "spilled on the way": 1500} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := spoolOf(t, limit, events...)
			if spilled := s.store.file != nil; spilled == (limit == memoryLimit) {
				t.Errorf("spilled: %v", spilled)
			}
			for range 2 { // a spool can be walked again
				if diff := cmp.Diff(want, walked(t, s)); diff != "" {
					t.Error(diff)
				}
			}
			if s.Run() == nil || s.Summary() == nil {
				t.Error("the spool lost the run or the summary")
			}
		})
	}
}

func TestSpoolPutsLateFindingsIntoTheirBlock(t *testing.T) {
	t.Parallel()
	first, second := scopeOf("111111111111", "eu-west-1"), scopeOf("222222222222", "eu-west-1")
	for name, limit := range map[string]int{"in memory": memoryLimit, "on disk": 0} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := spoolOf(t, limit, opening(),
				rowOf(first), findingIn(first, "a", "vpc-1"), findingIn(first, "a", "vpc-3"),
				rowOf(second), findingIn(second, "a", "vpc-5"),
				findingIn(first, "a", "vpc-2"), findingIn(second, "a", "vpc-4"),
				closing())
			want := []string{
				"aws/111111111111/eu-west-1", "  a vpc-1", "  a vpc-2", "  a vpc-3",
				"aws/222222222222/eu-west-1", "  a vpc-4", "  a vpc-5",
			}
			if diff := cmp.Diff(want, walked(t, s)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// Settling shared VPCs reads owners' blocks before the summary: the block that came last must
// be there too, and still take findings.
func TestSpoolGivesTheLastBlockBeforeTheSummary(t *testing.T) {
	t.Parallel()
	first, last := scopeOf("111111111111", "eu-west-1"), scopeOf("222222222222", "eu-west-1")
	s := spoolOf(t, memoryLimit, opening(),
		rowOf(first), findingIn(first, "a", "vpc-1"),
		rowOf(last), findingIn(last, "a", "vpc-3"))
	row, findings, ok, err := s.Block(last)
	if err != nil || !ok || row.Scope != last || len(findings) != 1 {
		t.Fatalf("block of %s: %v, %d findings, there: %v, %v", last, row, len(findings), ok, err)
	}
	for _, e := range []Event{findingIn(last, "a", "vpc-2"), closing()} {
		if err := s.Handle(e); err != nil {
			t.Fatal(err)
		}
	}
	want := []string{"aws/111111111111/eu-west-1", "  a vpc-1", "aws/222222222222/eu-west-1", "  a vpc-2", "  a vpc-3"}
	if diff := cmp.Diff(want, walked(t, s)); diff != "" {
		t.Error(diff)
	}
}

func TestSpoolKeepsAWholeBlock(t *testing.T) {
	t.Parallel()
	s := scopeOf("111111111111", "eu-west-1")
	f := findingIn(s, "a", "vpc-1")
	f.Finding.Evidence.FlowLogs = []inventory.FlowLog{{ID: "fl-1", Tags: map[string]string{"Name": "\u009b31m \x1b[0m"}}}
	f.Finding.Suppression = &finding.Suppression{Owner: "o", Reason: "r", Expires: "2027-01-01"}
	row := rowOf(s)
	row.Scope.Gaps = []inventory.Gap{{Kind: inventory.VPCs, API: "ec2:DescribeVpcs", Cause: inventory.Denied, Message: "no"}}
	gotRow, got, ok, err := spoolOf(t, 0, opening(), row, f, closing()).Block(s)
	if err != nil || !ok {
		t.Fatal(ok, err)
	}
	if diff := cmp.Diff(*row.Scope, gotRow); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]finding.Finding{*f.Finding}, got); diff != "" {
		t.Error(diff)
	}
}

func TestSpoolHasNoBlockOfAScopeThatWasNotRead(t *testing.T) {
	t.Parallel()
	s := spoolOf(t, memoryLimit, opening(), rowOf(scopeOf("111111111111", "eu-west-1")), closing())
	if _, _, ok, err := s.Block(scopeOf("111111111111", "eu-west-2")); ok || err != nil {
		t.Errorf("there: %v, %v", ok, err)
	}
}

func TestSpoolRefusesWhatNoReaderWouldSee(t *testing.T) {
	t.Parallel()
	s, other := scopeOf("111111111111", "eu-west-1"), scopeOf("222222222222", "eu-west-1")
	for name, tc := range map[string]struct {
		events []Event
		want   string
	}{
		"two rows for one scope":         {[]Event{rowOf(s), rowOf(other), rowOf(s), closing()}, "two rows"},
		"a finding about no known row":   {[]Event{rowOf(s), findingIn(other, "a", "vpc-1"), closing()}, "no row"},
		"a finding before its own row":   {[]Event{findingIn(s, "a", "vpc-1"), closing()}, "no row"},
		"an ARN that has no partition":   {[]Event{rowOf(s), withARN(findingIn(s, "a", "vpc-1"), "vpc-1"), closing()}, "no row"},
		"an ARN of some other scope":     {[]Event{rowOf(s), withARN(findingIn(s, "a", "vpc-1"), "arn:aws-cn:x"), closing()}, "no row"},
		"nothing of it: all is in place": {[]Event{rowOf(s), findingIn(s, "a", "vpc-1"), closing()}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			spool := NewSpool()
			var err error
			for _, e := range tc.events {
				err = errors.Join(err, spool.Handle(e))
			}
			if got := fmt.Sprint(err); (tc.want == "") != (err == nil) || !strings.Contains(got, tc.want) {
				t.Errorf("got %v, want an error with %q", err, tc.want)
			}
		})
	}
}

func withARN(e Event, arn string) Event {
	e.Finding.Resource.ARN = arn
	return e
}

func TestSpoolRemovesItsFile(t *testing.T) {
	t.Parallel()
	s := NewSpool()
	s.store.limit = 0
	for _, e := range []Event{rowOf(scopeOf("111111111111", "eu-west-1")), closing()} {
		if err := s.Handle(e); err != nil {
			t.Fatal(err)
		}
	}
	info, err := os.Stat(s.store.file.Name())
	if err != nil {
		t.Fatal(err)
	}
	if info.Mode().Perm() != 0o600 {
		t.Errorf("the spool's file has mode %v: others could read the findings", info.Mode().Perm())
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(s.store.file.Name()); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("after Close: %v", err)
	}
}

func TestWalkStopsAtAnError(t *testing.T) {
	t.Parallel()
	s := spoolOf(t, memoryLimit, opening(), rowOf(scopeOf("1", "a")), rowOf(scopeOf("2", "a")), closing())
	stop := errors.New("stop")
	var visited []inventory.Scope
	err := s.Walk(func(row Scope, _ []finding.Finding) error {
		visited = append(visited, row.Scope)
		return stop
	})
	if !errors.Is(err, stop) || !slices.Equal(visited, []inventory.Scope{scopeOf("1", "a")}) {
		t.Errorf("visited %v, %v", visited, err)
	}
}
