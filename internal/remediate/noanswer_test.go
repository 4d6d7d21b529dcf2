package remediate

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"flowproof/internal/sandbox"
)

// noAnswers are bodies that come with status 200 and are no answer, or say nothing of what was done.
var noAnswers = []string{"html", "empty", "no-content", "json", "text", "error", "other", "bare"}

// proxy answers some operations in AWS's place: nothing of what it answers is done.
type proxy struct {
	instead *sandbox.Server
	asked   []string // operations that it answers
	times   int      // how often; it is out of the way after that
}

// behind puts a proxy between the stand and its AWS that answers some operations so.
func (s *stand) behind(body string, times int, operations ...string) {
	s.t.Helper()
	sc, err := sandbox.ParseScenario([]byte("faults: [{do: no-answer, body: " + body + "}]"))
	if err != nil {
		s.t.Fatal(err)
	}
	server, err := sandbox.New(sc, sandbox.WithClock(s.clock.time))
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(server.Close)
	s.proxy = &proxy{instead: server, asked: operations, times: times}
}

// handler is what answers a request: the proxy, or AWS.
func (s *stand) handler(r *http.Request) http.Handler {
	if s.proxy == nil || s.proxy.times == 0 || !slices.Contains(s.proxy.asked, operationIn(r)) {
		return s.server
	}
	s.proxy.times--
	return s.proxy.instead
}

// operationIn tells the operation that a request asks for.
func operationIn(r *http.Request) string {
	if target := r.Header.Get("X-Amz-Target"); target != "" {
		return target[strings.LastIndexByte(target, '.')+1:]
	}
	if r.Method == http.MethodPost {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			panic(err)
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		if form, err := url.ParseQuery(string(body)); err == nil {
			return form.Get("Action")
		}
	}
	if r.URL.Query().Has("policy") {
		return map[string]string{
			http.MethodGet: "GetBucketPolicy", http.MethodPut: "PutBucketPolicy", http.MethodDelete: "DeleteBucketPolicy",
		}[r.Method]
	}
	return ""
}

// TestNothingIsDoneThatWasNotAnswered applies plans through a proxy that answers each writing operation
// in AWS's place: no step of it is called done. Without the proxy the next apply comes to the end, and
// through one for every operation that takes back, no step is called taken back.
func TestNothingIsDoneThatWasNotAnswered(t *testing.T) {
	t.Parallel()
	for planName, plan := range plans() {
		operations := map[string]bool{}
		for _, s := range plan(t).Steps {
			operations[s.API.Operation], operations[s.Inverse.orNothing()] = true, true
		}
		delete(operations, "")
		for operation := range operations {
			for _, body := range noAnswers {
				t.Run(fmt.Sprintf("%s, %s is answered with %s", planName, operation, body), func(t *testing.T) {
					t.Parallel()
					s, p := newStand(t, strings.Replace(threeVPCs, "interfaces: 1", "", 1)), plan(t)
					start := s.state()
					s.behind(body, -1, operation)
					for _, res := range s.apply(p).Results {
						if own := stepByID(p, res.Step).API.Operation == operation; own && res.Outcome.reached() || own && res.Outcome == Failed {
							t.Errorf("%s is %s: %s", res.Step, res.Outcome, res.Detail)
						}
					}
					s.proxy = nil
					s.reach(p)
					s.behind(body, -1, operation)
					before := s.state()
					for _, res := range s.rollback(p).Results {
						if stepByID(p, res.Step).Inverse.orNothing() == operation && res.Outcome.takenBack() {
							t.Errorf("%s is %s: %s", res.Step, res.Outcome, res.Detail)
						}
					}
					if operation == "DeleteFlowLogs" && cmp.Diff(before, s.state()) != "" {
						t.Error("something was taken away from flow logs that stay")
					}
					s.proxy = nil
					s.undo(p)
					if diff := cmp.Diff(start, s.state()); diff != "" {
						t.Errorf("after rollback: %s", diff)
					}
				})
			}
		}
	}
}

// orNothing is the operation of an inverse; empty where there is none.
func (i *Inverse) orNothing() string {
	if i == nil {
		return ""
	}
	return i.API.Operation
}

func stepByID(p Plan, id string) Step {
	return p.Steps[slices.IndexFunc(p.Steps, func(s Step) bool { return s.ID == id })]
}

// TestRollbackTakesNothingAwayUnseen rolls back through a proxy that answers each reading operation in
// AWS's place, while a foreign flow log uses what the plan made: it goes on working, and the exit is not
// that of a plan which was taken back.
func TestRollbackTakesNothingAwayUnseen(t *testing.T) {
	t.Parallel()
	reads := []string{
		"DescribeFlowLogs", "GetRole", "GetRolePolicy", "ListRolePolicies", "ListAttachedRolePolicies",
		"DescribeLogGroups", "ListTagsForResource", "DescribeLogStreams", "GetBucketPolicy",
	}
	foreignLog := map[string]string{
		"to log groups": `"LogGroupName":"MyFlowLogs","DeliverLogsPermissionArn":"` + roleARN(deliveryRole) + `"`,
		"to a bucket":   `"LogDestinationType":"s3","LogDestination":"arn:aws:s3:::archive"`,
	}
	for planName, plan := range plans() {
		for _, operation := range reads {
			for _, body := range noAnswers {
				t.Run(fmt.Sprintf("%s, %s is answered with %s", planName, operation, body), func(t *testing.T) {
					t.Parallel()
					s, p := newStand(t, strings.Replace(threeVPCs, "interfaces: 1", "", 1)), plan(t)
					s.reach(p)
					s.call("eu-west-1", "ec2", "CreateFlowLogs", `{"ResourceIds":["vpc-0eee"],"ResourceType":"VPC","TrafficType":"ALL",`+foreignLog[planName]+`}`)
					_ = s.clock.sleep(t.Context(), propagationFor)
					used := map[string]bool{deliveryRole: true, "MyFlowLogs": true, "archive": true, deliveryRole + "/deliver": true}
					s.behind(body, -1, operation)
					report := s.rollback(p)
					for _, res := range report.Results {
						if used[res.Resource] && res.Outcome.takenBack() {
							t.Errorf("%s is %s", res.Step, res.Outcome)
						}
					}
					if report.TakenBack() {
						t.Errorf("taken back:\n%s", show(report))
					}
					d := s.server.Dump()
					if planName == "to log groups" && (len(d.Roles[testAccount+"/"+deliveryRole].Inline) == 0 || d.LogGroups[testAccount+"/eu-west-1/MyFlowLogs"].Class == "") {
						t.Errorf("the role or the group of the foreign flow log is gone:\n%s", show(report))
					}
				})
			}
		}
	}
}
