package cli

import (
	"context"
	"fmt"
	"os"
	"reflect"
	"strings"

	"flowproof/internal/finding"
	"flowproof/internal/remediate"
	"flowproof/internal/sandbox"
)

// demoPlan is the plan's name in the stage's folder.
const demoPlan = "plan.json"

// playPlan plans the repair of what the scan found.
func playPlan(ctx context.Context, s *stage) error {
	const summaryAndRole = 2 // paragraphs
	if err := s.show(ctx, statusIncomplete, summaryAndRole, "plan", "--out", s.file(demoPlan)); err != nil {
		return err
	}
	if now := s.account(); !reflect.DeepEqual(s.start, now) {
		return amissf("planning changed the account: %s", difference(s.start, now))
	}
	file, err := os.Open(s.file(demoPlan))
	if err != nil {
		return fmt.Errorf("read the demo's plan: %w", err)
	}
	plan, err := remediate.Decode(file)
	if err := joinClose(err, file); err != nil {
		return err
	}
	s.plan = plan
	s.sayf("\nEach step has its reason, its API call, the same as a command, and its inverse:\n" +
		"--verbose shows them. What cannot be planned is listed too, with the reason.\n")
	return nil
}

// playApply applies the plan.
func playApply(ctx context.Context, s *stage) error {
	if err := s.show(ctx, statusClean, 0, "apply", s.file(demoPlan), "--approve", s.plan.ShortHash()); err != nil {
		return err
	}
	s.sayf("\nA journal beside the plan says what was sent and what came back: killed at any\npoint, the same command goes on from there and makes nothing twice.\n")
	return nil
}

// playVerify verifies the plan, scans again and compares.
func playVerify(ctx context.Context, s *stage) (err error) {
	if err := s.show(ctx, statusClean, 0, "verify", s.file(demoPlan)); err != nil {
		return err
	}
	if s.after, err = s.scan(ctx, 1); err != nil {
		return err
	}
	s.sayf("\n  VPCs            before  after\n")
	for _, r := range rungs {
		before, after := s.before.Summary.VPCs[r.name], s.after.Summary.VPCs[r.name]
		if before+after > 0 {
			s.sayf("  %-14s  %6d  %5d  %s\n", r.name, before, after, r.means)
		}
		if r.bad && after > 0 {
			return amissf("%d VPCs are %s after the repair", after, r.name)
		}
	}
	return s.leftAlone()
}

// rung is a place that a VPC can have in a scan's summary.
type rung struct {
	name, means string
	bad         bool // the repair leaves none
}

// rungs are the ladder of assurance from below, and what stands beside it.
var rungs = []rung{
	{string(finding.Absent), "no flow log of its own", true},
	{string(finding.Inactive), "no flow log that is active", true},
	{string(finding.Failing), "a flow log that cannot deliver", true},
	{string(finding.Unproven), "a working flow log; records not looked for", false},
	{string(finding.Delivering), "records have arrived", false},
	{string(finding.Unknown), "the organisation denies it, to flowproof too", false},
	{string(finding.NotApplicable), "another account's to record", false},
}

// leftAlone says which failures stay, and that each is of something that flowproof did not make.
func (s *stage) leftAlone() error {
	for _, f := range s.after.Findings {
		if f.Outcome != finding.Fail {
			continue
		}
		if _, foreign := s.start.FlowLogs[strings.Join([]string{f.Resource.Account, f.Resource.Region, f.Resource.ID}, "/")]; !foreign {
			return amissf("%s fails %s, and it is none of the shop's own flow logs", f.Resource.ID, f.Rule)
		}
		s.sayf("\nOne of the shop's own flow logs still fails, %s: flowproof has\nput its own beside it, and leaves what it did not make.\n", f.Resource.ID)
	}
	return nil
}

// playRollback takes everything back and holds the account to what it was.
func playRollback(ctx context.Context, s *stage) error {
	args := []string{"rollback", s.file(demoPlan), "--approve", s.plan.ShortHash(), "--delete-data", s.plan.Policy.LogGroup}
	if err := s.show(ctx, statusClean, 0, args...); err != nil {
		return err
	}
	now := s.account()
	if !reflect.DeepEqual(s.start, now) {
		return amissf("after the rollback the account is not what it was: %s", difference(s.start, now))
	}
	s.sayf("\nThe account is what it was: its %d flow logs, %d log groups and %d roles are\ncompared, with their policies and tags. Without --delete-data a log group that\nholds records stays.\n",
		len(now.FlowLogs), len(now.LogGroups), len(now.Roles))
	return nil
}

// difference names the kinds of things in which two states differ.
func difference(a, b sandbox.Dump) string {
	var kinds []string
	x, y := reflect.ValueOf(a), reflect.ValueOf(b)
	for i := range x.NumField() {
		if !reflect.DeepEqual(x.Field(i).Interface(), y.Field(i).Interface()) {
			kinds = append(kinds, x.Type().Field(i).Name)
		}
	}
	return strings.Join(kinds, ", ")
}
