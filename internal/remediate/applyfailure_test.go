package remediate

import (
	"context"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// find gives the result of ACTION RESOURCE.
func find(t *testing.T, r Report, what string) Result {
	t.Helper()
	for _, x := range r.Results {
		if string(x.Action)+" "+x.Resource == what {
			return x
		}
	}
	t.Fatalf("no result of %s:\n%s", what, show(r))
	return Result{}
}

const (
	logA, logB, logC = "create-flow-log vpc-0aaa", "create-flow-log vpc-0bbb", "create-flow-log vpc-0ccc"
	ownGroup         = "/flowproof/vpc-0aaa"
)

// TestTheWorldMoved changes something after the plan was made: the step about it stops, says what was
// expected and found, and the independent ones go on.
func TestTheWorldMoved(t *testing.T) {
	t.Parallel()
	byTheirs := func(vpc, more string) string {
		return `{"ResourceIds":["` + vpc + `"],"ResourceType":"VPC","TrafficType":"ALL","LogGroupName":"` + more + `","DeliverLogsPermissionArn":"` + roleARN("theirs") + `"}`
	}
	for name, test := range map[string]struct {
		change          func(*stand)
		what            string
		outcome         Outcome
		expected, found string
		others          map[string]Outcome
	}{
		"a VPC is gone": {
			func(s *stand) { s.form("ec2", "Action=DeleteVpc&VpcId=vpc-0bbb") },
			logB, Moved, "vpc vpc-0bbb: exists true", "vpc vpc-0bbb: exists false", map[string]Outcome{logA: Done, logC: Done},
		},
		"a flow log came": {
			func(s *stand) { s.call("eu-west-1", "ec2", "CreateFlowLogs", byTheirs("vpc-0bbb", "elsewhere")) },
			logB, Moved, "flow-logs vpc-0bbb: ids none", "ids fl-", map[string]Outcome{logA: Done, logC: Done},
		},
		"a flow log came that does the same": {
			func(s *stand) { s.call("eu-west-1", "ec2", "CreateFlowLogs", byTheirs("vpc-0bbb", "MyFlowLogs")) },
			logB, Already, "", "", map[string]Outcome{logA: Done, logC: Done},
		},
		"somebody made the role": {
			func(s *stand) {
				s.call("us-east-1", "iam", "CreateRole", `{"RoleName":"`+deliveryRole+`","AssumeRolePolicyDocument":`+quoted(`{"Statement":{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}}`)+`}`)
			},
			"create-role " + deliveryRole, Moved, "no role " + deliveryRole, "a role that this plan did not make",
			map[string]Outcome{"put-role-policy " + deliveryRole + "/deliver": Blocked, logA: Blocked, logB: Blocked, "create-log-group MyFlowLogs": Done},
		},
		"somebody made the group, without retention": {
			func(s *stand) { s.call("eu-west-1", "logs", "CreateLogGroup", `{"logGroupName":"MyFlowLogs"}`) },
			"put-retention-policy MyFlowLogs", Moved, "as flowproof makes it", "without the tag",
			map[string]Outcome{"create-log-group MyFlowLogs": Already, logA: Done, logB: Blocked, logC: Blocked},
		},
		"somebody made the group as it is wanted": {
			func(s *stand) {
				s.call("eu-west-1", "logs", "CreateLogGroup", `{"logGroupName":"MyFlowLogs"}`)
				s.call("eu-west-1", "logs", "PutRetentionPolicy", `{"logGroupName":"MyFlowLogs","retentionInDays":365}`)
			},
			"create-log-group MyFlowLogs", Already, "", "", map[string]Outcome{"put-retention-policy MyFlowLogs": Already, logB: Done, logC: Done},
		},
		"somebody made the group, of another class": {
			func(s *stand) {
				s.call("eu-west-1", "logs", "CreateLogGroup", `{"logGroupName":"MyFlowLogs","logGroupClass":"DELIVERY"}`)
			},
			"create-log-group MyFlowLogs", Moved, "no log group MyFlowLogs", "of class DELIVERY", map[string]Outcome{logA: Done, logB: Blocked},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStand(t, threeVPCs)
			p := usual(t)
			test.change(s)
			before := foreign(s.state(), p)
			r := s.apply(p)
			x := find(t, r, test.what)
			if x.Outcome != test.outcome || !strings.Contains(x.Expected, test.expected) || !strings.Contains(x.Found, test.found) {
				t.Errorf("result %+v:\n%s", x, show(r))
			}
			for what, want := range test.others {
				if got := find(t, r, what).Outcome; got != want {
					t.Errorf("%s is %s, want %s", what, got, want)
				}
			}
			if diff := cmp.Diff(before, foreign(s.state(), p)); diff != "" {
				t.Errorf("something foreign changed: %s", diff)
			}
		})
	}
}

// TestUnsuccessful reads what EC2 refuses in an accepted answer, by code and by message.
func TestUnsuccessful(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		code, message string
		first         int // how many times; 0 for always
		want          Outcome
		part          string
	}{
		"no permission on the bucket, as observed": {"400", "Access Denied for LogDestination: x. Please check LogDestination permission", 0, Failed, "does not let delivery.logs.amazonaws.com write"},
		"no destination, as observed":              {"400", "LogDestination: x does not exist", 0, Failed, "400: LogDestination: x does not exist"},
		"a limit by its code":                      {"FlowLogsLimitExceeded", "nothing to see", 0, Limited, "FlowLogsLimitExceeded"},
		"a limit by its message":                   {"400", "You have reached the maximum number of flow logs", 0, Limited, "maximum"},
		"denied":                                   {"UnauthorizedOperation", "You are not authorized to perform this operation.", 0, Denied, "iam:PassRole, logs:CreateLogDelivery or ec2:CreateTags"},
		"throttled for a while":                    {"RequestLimitExceeded", "Request limit exceeded.", 3, Done, ""},
		"an error inside for a while":              {"InternalError", "An internal error has occurred", 3, Done, ""},
		"an error inside by its message":           {"400", "Internal error", 2, Done, ""},
		"throttled for ever":                       {"RequestLimitExceeded", "Request limit exceeded.", 0, Failed, "still so after 12 attempts"},
		"a code that nobody knows":                 {"SomethingNew", "line\none", 0, Failed, "SomethingNew: line one"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStand(t, threeVPCs+fmt.Sprintf("faults: [{do: unsuccessful, operation: CreateFlowLogs, resource: vpc-0bbb, code: %q, message: %q, first: %d}]", test.code, test.message, test.first))
			p := usual(t)
			r := s.apply(p)
			if x := find(t, r, logB); x.Outcome != test.want || !strings.Contains(x.Detail, test.part) {
				t.Errorf("result %+v", x)
			}
			for _, other := range []string{logA, logC} {
				if test.first == 0 && find(t, r, other).Outcome != Done {
					t.Errorf("%s is %s", other, find(t, r, other).Outcome)
				}
			}
		})
	}
}

// TestRequestFailures are errors of a whole request.
func TestRequestFailures(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		fault string
		what  string
		want  Outcome
		sent  int // requests of the operation; 0 for any number
		part  string
	}{
		"throttled six times":        {"do: throttle, operation: CreateLogGroup, first: 6", "create-log-group MyFlowLogs", Done, 8, ""},
		"throttled for ever":         {"do: throttle, operation: CreateRole", "create-role " + deliveryRole, Failed, 12, "Throttling: Rate exceeded (still so after 12 attempts)"},
		"errors inside":              {"do: server-error, operation: PutRolePolicy, first: 4", "put-role-policy " + deliveryRole + "/deliver", Done, 5, ""},
		"denied stops the others":    {"do: deny, operation: CreateLogGroup", "create-log-group MyFlowLogs", NotSent, 1, "logs:CreateLogGroup is refused here"},
		"a limit stops the others":   {"do: error, operation: CreateLogGroup, code: LimitExceededException, message: Resource limit exceeded.", "create-log-group MyFlowLogs", NotSent, 1, "Resource limit exceeded."},
		"the answer is lost":         {"do: lose-answer, operation: CreateLogGroup, first: 1", "create-log-group " + ownGroup, Already, 2, "made by an earlier run"},
		"half an answer":             {"do: cut, operation: CreateFlowLogs, first: 1", logA, Already, 2, ""},
		"the request is lost":        {"do: drop, operation: CreateFlowLogs, first: 1", logA, Done, 3, ""},
		"reading is denied":          {"do: deny, operation: DescribeFlowLogs", logA, Denied, 0, "could not be looked at again, so nothing was sent"},
		"a role that nobody assumes": {"do: error, operation: CreateFlowLogs, code: InvalidParameter, message: 'Unable to assume given IAM role: x'", logA, Failed, 0, "still so after"},
		"a wrong request":            {"do: error, operation: CreateFlowLogs, code: InvalidParameter, message: no such thing", logA, Failed, 2, "InvalidParameter: no such thing"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStand(t, threeVPCs+"faults: [{"+test.fault+"}]")
			p := usual(t)
			r := s.apply(p)
			x := find(t, r, test.what)
			if x.Outcome != test.want || !strings.Contains(x.Detail, test.part) {
				t.Errorf("result %+v\n%s", x, show(r))
			}
			operation := x.Action
			if sent := s.writesSent()[operations[operation][0]+":"+operations[operation][1]]; test.sent != 0 && sent != test.sent {
				t.Errorf("%d requests, want %d", sent, test.sent)
			}
		})
	}
}

func TestFreshRoleIsWaitedFor(t *testing.T) {
	t.Parallel()
	s := newStand(t, threeVPCs+"writes: {assumable: 40s}")
	s.reach(usual(t))
	if s.clock.slept < 40*time.Second || s.clock.slept > 2*time.Minute {
		t.Errorf("waited %s", s.clock.slept)
	}
	never := newStand(t, threeVPCs+"writes: {assumable: 1h}")
	r := never.apply(usual(t))
	if x := find(t, r, logA); x.Outcome != Failed || !strings.Contains(x.Detail, "Unable to assume") {
		t.Errorf("result %+v", x)
	}
	if never.clock.slept > 5*time.Minute {
		t.Errorf("waited %s for a role that never can be assumed", never.clock.slept)
	}
	foreign := newStand(t, threeVPCs)
	plan := planOf(t, func(h *handmade) {
		h.flowLog("vpc-0aaa", "", `"LogGroupName":"g","DeliverLogsPermissionArn":"`+roleARN("missing")+`"`, nil)
	})
	if x := find(t, foreign.apply(plan), logA); x.Outcome != Failed || foreign.clock.slept != 0 {
		t.Errorf("a role that the plan does not make was waited for %s: %+v", foreign.clock.slept, x)
	}
}

func TestMaxFailures(t *testing.T) {
	t.Parallel()
	s := newStand(t, threeVPCs+"faults: [{do: error, operation: CreateLogGroup, code: Odd, message: no}]")
	r := s.apply(usual(t), func(a *Apply) { a.MaxFailures = 1 })
	if r.Stopped == "" || r.Count()[Failed] != 1 || r.Count()[NotSent] == 0 {
		t.Errorf("report:\n%s", show(r))
	}
	if got := s.writesSent()["logs:CreateLogGroup"]; got != 1 {
		t.Errorf("%d requests after the first failure", got)
	}
}

// crowd is a writer that counts how many requests are on their way at once, and lets none through
// before a number of them has come.
type crowd struct {
	Writer
	mu         sync.Mutex
	inside     int
	most, want int
	open       sync.Once
	enough     chan struct{}
}

func (c *crowd) Write(ctx context.Context, region string, call API) (Answer, error) {
	c.mu.Lock()
	c.inside++
	c.most = max(c.most, c.inside)
	if c.inside == c.want {
		c.open.Do(func() { close(c.enough) })
	}
	c.mu.Unlock()
	<-c.enough
	defer func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.inside--
	}()
	return c.Writer.Write(ctx, region, call)
}

func TestChangesAtOnceAreBounded(t *testing.T) {
	t.Parallel()
	s := newStand(t, threeVPCs)
	plan := planOf(t, func(h *handmade) {
		for i := range 12 {
			h.add(Step{Action: CreateLogGroup, Resource: fmt.Sprint("g", i)}, fmt.Sprintf(`{"logGroupName":"g%d","tags":%s}`, i, h.tags("")), "", "")
		}
	})
	c := &crowd{Writer: NewWriter(s.config()), want: 3, enough: make(chan struct{})}
	s.reach(plan, func(a *Apply) { a.AtOnce, a.Writer = 3, c })
	if c.most != 3 {
		t.Errorf("%d changes at once, want 3", c.most)
	}
}

// stopper is a writer during whose n-th request somebody presses Ctrl-C.
type stopper struct {
	Writer
	after  int
	cancel func()
}

func (c *stopper) Write(ctx context.Context, region string, call API) (Answer, error) {
	if c.after--; c.after == 0 {
		c.cancel()
	}
	return c.Writer.Write(ctx, region, call)
}

// TestCtrlC interrupts each request in turn: it is finished and written down, nothing more is sent,
// and the next apply goes on from there.
func TestCtrlC(t *testing.T) {
	t.Parallel()
	for planName, plan := range plans() {
		t.Run(planName, func(t *testing.T) {
			t.Parallel()
			p := plan(t)
			whole := newStand(t, threeVPCs)
			whole.reach(p)
			requests := 0
			for _, n := range whole.writesSent() {
				requests += n
			}
			for n := 1; n <= requests; n++ {
				s := newStand(t, threeVPCs)
				ctx, cancel := context.WithCancel(t.Context())
				j := s.open(p, CommandApply)
				a := s.applier(p, j)
				a.Writer = &stopper{NewWriter(s.config()), n, cancel}
				r, err := a.Run(ctx)
				if err != nil || !r.Interrupted || r.Reached() && n < requests {
					t.Fatalf("request %d: %v\n%s", n, err, show(r))
				}
				if err := j.Close(); err != nil {
					t.Fatal(err)
				}
				sent := 0
				for _, k := range s.writesSent() {
					sent += k
				}
				if sent != n {
					t.Errorf("interrupted in request %d, %d were sent", n, sent)
				}
				for _, c := range j.History().calls {
					if c.last != nil && !c.answered {
						t.Errorf("request %d: the answer to %s is not written down", n, c.last.Call)
					}
				}
				s.reach(p)
				if diff := cmp.Diff(whole.state(), s.state()); diff != "" {
					t.Errorf("request %d: %s", n, diff)
				}
			}
		})
	}
}

// TestOldTokenIsNotBelieved applies a plan, loses its journal and its flow logs, and applies again
// while EC2 still remembers the client token and repeats the ids of what is gone. Ids that are
// never shown are not believed, and another token is used.
func TestOldTokenIsNotBelieved(t *testing.T) {
	t.Parallel()
	s := newStand(t, threeVPCs)
	p := usual(t)
	for _, x := range s.reach(p).Results {
		if x.Made != "" {
			s.call("eu-west-1", "ec2", "DeleteFlowLogs", `{"FlowLogIds":["`+x.Made+`"]}`)
		}
	}
	if err := os.Remove(s.journal); err != nil {
		t.Fatal(err)
	}
	s.reach(p)
	if got := len(s.state().FlowLogs); got != 4 {
		t.Errorf("%d flow logs, want 4", got)
	}
}

// TestSomebodyElseChangesTheBucketMeanwhile leaves their change alone.
func TestSomebodyElseChangesTheBucketMeanwhile(t *testing.T) {
	t.Parallel()
	s := newStand(t, threeVPCs)
	theirs := strings.Replace(archivePolicy, `"Sid":"Mine"`, `"Sid":"Changed"`, 1)
	w := &meddler{Writer: NewWriter(s.config()), on: "CreateFlowLogs", do: func() {
		s.call("eu-west-1", "s3", "PutBucketPolicy", `{"Bucket":"archive","Policy":`+quoted(theirs)+`}`)
	}}
	s.apply(toBucket(t), func(a *Apply) { a.Writer = w })
	if got := s.state().Buckets["archive"]; !strings.Contains(got, "Changed") {
		t.Errorf("their policy was overwritten: %s", got)
	}
	if !strings.Contains(string(s.readJournal()), "somebody else changed it meanwhile") {
		t.Error("the journal does not say so")
	}
}

// meddler is a writer after whose first request of an operation somebody does something.
type meddler struct {
	Writer
	on string
	do func()
}

func (m *meddler) Write(ctx context.Context, region string, call API) (Answer, error) {
	answer, err := m.Writer.Write(ctx, region, call)
	if call.Operation == m.on && m.do != nil {
		m.do()
		m.do = nil
	}
	return answer, err
}

// TestBucketPolicyThatCannotBePutBack is a problem of the report, and the next run goes on with it.
func TestBucketPolicyThatCannotBePutBack(t *testing.T) {
	t.Parallel()
	s := newStand(t, threeVPCs+"writes: {overwrite_bucket_policy: true}\n")
	p := toBucket(t)
	w := &refuser{Writer: NewWriter(s.config()), operation: "PutBucketPolicy", from: 2}
	r := s.apply(p, func(a *Apply) { a.Writer = w })
	if len(r.Problems) == 0 || r.Reached() || !strings.Contains(r.Problems[0], "put it back by hand") {
		t.Errorf("report:\n%s", show(r))
	}
	s.reach(p)
	if got := s.state().Buckets["archive"]; !strings.Contains(got, "Mine") || !strings.Contains(got, "FlowproofWrite") {
		t.Errorf("policy %s", got)
	}
}

// refuser is a writer that fails requests of an operation from the n-th on.
type refuser struct {
	Writer
	operation string
	from      int
}

func (w *refuser) Write(ctx context.Context, region string, call API) (Answer, error) {
	if call.Operation == w.operation {
		if w.from--; w.from < 1 {
			return Answer{}, fmt.Errorf("no")
		}
	}
	return w.Writer.Write(ctx, region, call)
}

func TestProgressNeverFalls(t *testing.T) {
	t.Parallel()
	s := newStand(t, threeVPCs)
	var told []Progress
	p := usual(t)
	s.reach(p, func(a *Apply) { a.Progress = func(p Progress) { told = append(told, p) } })
	for i := 1; i < len(told); i++ {
		if told[i].Settled < told[i-1].Settled {
			t.Errorf("%+v after %+v", told[i], told[i-1])
		}
	}
	if n := len(told); n == 0 || told[n-1].Settled != len(p.Steps) || told[n-1].Total != len(p.Steps) || told[n-1].Left != 0 {
		t.Errorf("progress %+v", told)
	}
}

// TestAFlowLogThatIsThereAlready meets one that somebody else made and that reads do not show yet: AWS
// says so of the resource or of the whole request. It is as wanted, and not ours to take back.
func TestAFlowLogThatIsThereAlready(t *testing.T) {
	t.Parallel()
	for _, way := range []string{"item", "request"} {
		t.Run(way, func(t *testing.T) {
			t.Parallel()
			s := newStand(t, threeVPCs+"writes: {visible: 30s, already_exists: "+way+"}\n")
			destination := `"LogGroupName":"theirs","DeliverLogsPermissionArn":"` + roleARN("theirs") + `"`
			p := planOf(t, func(h *handmade) { h.flowLog("vpc-0ccc", "", destination, nil) })
			s.call("eu-west-1", "ec2", "CreateFlowLogs", `{"ResourceIds":["vpc-0ccc"],"ResourceType":"VPC","TrafficType":"ALL",`+destination+`}`)
			before := s.state()
			r := s.reach(p)
			if x := r.Results[0]; x.Outcome != Already {
				t.Errorf("result %+v", x)
			}
			if sent := s.writesSent()["ec2:CreateFlowLogs"]; sent < 2 {
				t.Errorf("%d requests: AWS was not asked, so it could not answer", sent)
			}
			s.undo(p)
			if diff := cmp.Diff(before, s.state()); diff != "" {
				t.Errorf("what somebody else made was changed: %s", diff)
			}
		})
	}
}
