package remediate

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// dryRun tries a plan without a journal.
func (s *stand) dryRun(p Plan) Report {
	return Apply{Plan: p, Writer: NewWriter(s.config()), Reader: NewReader(s.config()), Clock: s.clock.clock()}.DryRun(s.t.Context())
}

func TestDryRunChangesNothing(t *testing.T) {
	t.Parallel()
	for planName, plan := range plans() {
		t.Run(planName, func(t *testing.T) {
			t.Parallel()
			s := newStand(t, threeVPCs)
			p := plan(t)
			before := s.state()
			r := s.dryRun(p)
			if !r.Allowed() || len(r.Results) != len(p.Steps) {
				t.Errorf("report:\n%s", show(r))
			}
			if diff := cmp.Diff(before, s.state()); diff != "" {
				t.Error(diff)
			}
			for name := range s.writesSent() {
				if name != "ec2:CreateFlowLogs" {
					t.Errorf("%s was sent, which has no dry run", name)
				}
			}
			s.reach(p)
			for _, x := range s.dryRun(p).Results {
				if x.Outcome != Already {
					t.Errorf("after apply: %+v", x)
				}
			}
		})
	}
}

func TestDryRunSaysWhatWouldNotWork(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		plan   func(*testing.T) Plan
		more   string
		change func(*stand)
		what   string
		want   Outcome
		part   string
	}{
		"allowed":      {toBucket, "", nil, logA, Allowed, "EC2 would do it"},
		"no dry run":   {usual, "", nil, "create-role " + deliveryRole, NotTried, "CreateRole has no dry run"},
		"not yet":      {usual, "", nil, logA, NotTried, "before the steps that it needs are done: InvalidParameter: Unable to assume"},
		"denied":       {toBucket, "faults: [{do: deny, operation: CreateFlowLogs}]", nil, logA, Denied, "UnauthorizedOperation"},
		"moved":        {toBucket, "", func(s *stand) { s.form("ec2", "Action=DeleteVpc&VpcId=vpc-0bbb") }, logB, Moved, ""},
		"not readable": {usual, "faults: [{do: deny, operation: GetRole}]", nil, "create-role " + deliveryRole, Denied, "could not be looked at"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStand(t, threeVPCs+test.more)
			if test.change != nil {
				test.change(s)
			}
			r := s.dryRun(test.plan(t))
			if x := find(t, r, test.what); x.Outcome != test.want || !strings.Contains(x.Detail, test.part) {
				t.Errorf("result %+v\n%s", x, show(r))
			}
		})
	}
}
