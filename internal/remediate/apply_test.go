package remediate

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestApplyReachesItsEnd(t *testing.T) {
	t.Parallel()
	s := newStand(t, threeVPCs)
	s.call("eu-west-1", "logs", "CreateLogGroup", `{"logGroupName":"touch"}`)
	p := usual(t)
	before := foreign(s.state(), p)
	r := s.reach(p)
	if r.Count()[Done] != len(p.Steps) {
		t.Errorf("results:\n%s", show(r))
	}
	d := s.state()
	if diff := cmp.Diff(before, foreign(d, p)); diff != "" {
		t.Errorf("something foreign changed: %s", diff)
	}
	if len(d.FlowLogs) != 4 || d.LogGroups[testAccount+"/eu-west-1/MyFlowLogs"].Retention != 365 {
		t.Errorf("state %+v", d)
	}
	for _, x := range r.Results {
		if x.Action == CreateFlowLog && s.server.Dump().FlowLogs[testAccount+"/eu-west-1/"+x.Made].Resource != x.Resource {
			t.Errorf("%s is said to be on %s", x.Made, x.Resource)
		}
	}
	if got := s.writesSent()["ec2:CreateFlowLogs"]; got != 2 {
		t.Errorf("%d CreateFlowLogs, want 2", got)
	}
}

func TestApplyTwiceIsApplyOnce(t *testing.T) {
	t.Parallel()
	s := newStand(t, threeVPCs)
	p := usual(t)
	s.reach(p)
	state, sent := s.state(), s.writesSent()
	r := s.reach(p)
	for _, x := range r.Results {
		if !x.Earlier {
			t.Errorf("%s was done again: %s", x.Step, x.Detail)
		}
	}
	if diff := cmp.Diff(state, s.state()); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(sent, s.writesSent()); diff != "" {
		t.Errorf("requests: %s", diff)
	}
}
