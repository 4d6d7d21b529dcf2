package remediate

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/smithy-go/middleware"

	"flowproof/internal/awscall"
	"flowproof/internal/sandbox"
)

const testAccount = "123456789012"

// stand is an embedded AWS in this process, with a clock that only moves when somebody sleeps.
type stand struct {
	t       *testing.T
	server  *sandbox.Server
	clock   *fakeClock
	plug    *plug
	journal string
	proxy   *proxy // nil unless the test puts one between
}

// fakeClock is the time of a test and of its AWS. Sleeping moves it.
type fakeClock struct {
	mu    sync.Mutex
	now   time.Time
	slept time.Duration
}

func (c *fakeClock) time() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *fakeClock) sleep(ctx context.Context, d time.Duration) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
	c.slept += d
	return nil
}

func (c *fakeClock) clock() Clock { return Clock{Now: c.time, Sleep: c.sleep} }

// newStand runs an AWS that holds what a scenario says.
func newStand(t *testing.T, scenario string) *stand {
	t.Helper()
	sc, err := sandbox.ParseScenario([]byte(scenario))
	if err != nil {
		t.Fatal(err)
	}
	c := &fakeClock{now: noon()}
	server, err := sandbox.New(sc, sandbox.WithClock(c.time))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Close)
	s := &stand{t: t, server: server, clock: c, plug: &plug{now: c.time}, journal: filepath.Join(t.TempDir(), "plan.json.journal")}
	for _, region := range []string{"us-east-1", "eu-west-1"} { // an account comes to be when it is first looked at
		if _, err := NewReader(s.config()).vpcOwners(t.Context(), region, []string{"vpc-0"}); err != nil {
			t.Fatal(err)
		}
	}
	s.plug.reset(0)
	return s
}

// config reaches the stand's AWS without a network.
func (s *stand) config() aws.Config {
	return aws.Config{
		Region: "us-east-1", BaseEndpoint: aws.String("http://127.0.0.1:1"),
		Credentials: credentials.NewStaticCredentialsProvider("test", "test", ""),
		HTTPClient:  inProcess{s.handler, s.plug},
		Retryer:     func() aws.Retryer { return aws.NopRetryer{} },
		APIOptions:  []func(*middleware.Stack) error{awscall.Check},
	}
}

// inProcess is an HTTP client whose server is a function call away.
type inProcess struct {
	answers func(*http.Request) http.Handler
	plug    *plug
}

func (c inProcess) Do(r *http.Request) (resp *http.Response, err error) {
	if c.plug.pulled() {
		return nil, errUnplugged
	}
	defer func() {
		if c.plug.served() {
			resp, err = nil, errUnplugged
		}
	}()
	defer func() {
		if p := recover(); p != nil {
			if err, ok := p.(error); !ok || !errors.Is(err, http.ErrAbortHandler) {
				panic(p)
			}
			resp, err = nil, io.ErrUnexpectedEOF
		}
	}()
	w := httptest.NewRecorder()
	body := r.Body
	if body == nil {
		body = http.NoBody
	}
	in := r.Clone(r.Context())
	in.Body = body
	c.answers(in).ServeHTTP(w, in)
	return w.Result(), nil
}

// plug kills a run before or after a write to the journal or a request, and for good. What was done
// before stays done. Moments between which nothing was written, nothing was changed and no time
// has passed are one: whoever comes after finds the same.
type plug struct {
	mu      sync.Mutex
	now     func() time.Time
	last    time.Time // of the latest moment
	changed bool      // since then
	writing bool      // the request that is on its way may change something
	moments int
	at      int // 0 for never
	dead    bool
}

var errUnplugged = errors.New("the plug was pulled")

// pulled is asked before something is done.
func (p *plug) pulled() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if now := p.now(); p.moments == 0 || p.changed || !now.Equal(p.last) {
		p.moments++
		p.last, p.changed = now, false
	}
	p.dead = p.dead || p.moments == p.at
	return p.dead
}

// served is asked after a request.
func (p *plug) served() bool {
	p.mu.Lock()
	writing := p.writing
	p.mu.Unlock()
	return p.wrote(writing)
}

// wrote is asked after something was done that leaves a trace, or that does not.
func (p *plug) wrote(trace bool) bool {
	p.mu.Lock()
	p.changed = p.changed || trace
	p.mu.Unlock()
	return p.pulled()
}

// plugged tells the plug which requests change something.
type plugged struct {
	Writer
	plug *plug
}

func (w plugged) Write(ctx context.Context, region string, call API) (Answer, error) {
	w.plug.begin(true)
	defer w.plug.begin(false)
	return w.Writer.Write(ctx, region, call)
}

func (p *plug) begin(writing bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.writing = writing
}

// reset plugs in again, to be pulled at a moment; 0 for never.
func (p *plug) reset(at int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.moments, p.at, p.dead, p.changed = 0, at, false, false
}

// open opens the stand's journal. It writes without waiting for the disk, which these tests do
// not switch off.
func (s *stand) open(p Plan, c Command) *Journal {
	s.t.Helper()
	j, err := openJournal(s.journal, p, Opened{Command: c, PID: 1, Host: "test"}, s.clock.time, true, unsynced)
	if err != nil {
		s.t.Fatal(err)
	}
	j.write = func(b []byte) error {
		if s.plug.pulled() {
			return errUnplugged
		}
		_, err := j.file.Write(b)
		if s.plug.wrote(true) {
			return errUnplugged
		}
		return err
	}
	return j
}

// writer changes the stand's AWS under the eyes of the plug.
func (s *stand) writer() Writer { return plugged{NewWriter(s.config()), s.plug} }

// applier is an Apply of a plan on this stand, with everything at its most careful.
func (s *stand) applier(p Plan, j *Journal) Apply {
	return Apply{
		Plan: p, Journal: j, Writer: s.writer(), Reader: NewReader(s.config()), Clock: s.clock.clock(), AtOnce: 1,
	}
}

// apply applies a plan, which must not fail but may not reach its end.
func (s *stand) apply(p Plan, change ...func(*Apply)) Report {
	s.t.Helper()
	j := s.open(p, CommandApply)
	defer func() { _ = j.Close() }()
	a := s.applier(p, j)
	for _, c := range change {
		c(&a)
	}
	report, err := a.Run(s.t.Context())
	if err != nil {
		s.t.Fatal(err)
	}
	return report
}

// reach applies a plan to its end.
func (s *stand) reach(p Plan, change ...func(*Apply)) Report {
	s.t.Helper()
	report := s.apply(p, change...)
	if !report.Reached() {
		s.t.Fatalf("not reached:\n%s", show(report))
	}
	return report
}

func show(r Report) string {
	var b strings.Builder
	for _, x := range r.Results {
		fmt.Fprintf(&b, "%-9s %s %s earlier=%v %s | %s | %s\n", x.Outcome, x.Step, x.Made, x.Earlier, x.Detail, x.Expected, x.Found)
	}
	fmt.Fprintf(&b, "stopped %q interrupted %v problems %q\n", r.Stopped, r.Interrupted, r.Problems)
	return b.String()
}

// writesSent counts the requests that can change something, by operation.
func (s *stand) writesSent() map[string]int {
	count := map[string]int{}
	for _, c := range s.server.Calls() {
		if name := c.Service + ":" + c.Operation; slices.Contains(Writes(), name) {
			count[name]++
		}
	}
	return count
}

// state is everything there is, flow logs by what they do and not by their ids.
func (s *stand) state() sandbox.Dump {
	d := s.server.Dump()
	logs := map[string]sandbox.FlowLogDump{}
	for id, l := range d.FlowLogs {
		at := id[:strings.LastIndexByte(id, '/')]
		key := at + " " + l.Resource + " " + l.Traffic + " " + l.Destination
		for logs[key].Resource != "" {
			key += " again"
		}
		logs[key] = l
	}
	d.FlowLogs = logs
	return d
}

// foreign is what of a state this plan did not make.
func foreign(d sandbox.Dump, p Plan) sandbox.Dump {
	out := d
	out.Roles, out.LogGroups, out.FlowLogs = map[string]sandbox.RoleDump{}, map[string]sandbox.LogGroupDump{}, map[string]sandbox.FlowLogDump{}
	for k, v := range d.Roles {
		if !madeBy(p.ID, v.Tags) {
			out.Roles[k] = v
		}
	}
	for k, v := range d.LogGroups {
		if !madeBy(p.ID, v.Tags) {
			out.LogGroups[k] = v
		}
	}
	for k, v := range d.FlowLogs {
		if !madeBy(p.ID, v.Tags) {
			out.FlowLogs[k] = v
		}
	}
	return out
}

// call sends one request to the stand's AWS, as somebody else would.
func (s *stand) call(region, service, operation, input string) {
	s.t.Helper()
	s.plug.reset(0)
	answer, err := NewWriter(s.config()).Write(s.t.Context(), region, API{service, operation, json.RawMessage(input)})
	if err != nil || len(answer.Unsuccessful) > 0 {
		s.t.Fatalf("%s:%s %s: %v %v", service, operation, input, answer.Unsuccessful, err)
	}
}

// handmade builds a plan as the planner would, of steps that tests spell out.
type handmade struct {
	id    string
	steps []Step
}

func (h *handmade) tags(extra string) string {
	return fmt.Sprintf(`{"%s":"true","%s":"%s"%s}`, TagManaged, TagPlan, h.id, extra)
}

func (h *handmade) tagList(separator string) string {
	return fmt.Sprintf(`[{"Key":"%s","Value":"true"},{"Key":"%s","Value":"%s"}]%s`, TagManaged, TagPlan, h.id, separator)
}

// add appends a step; input and inverse are JSON.
func (h *handmade) add(s Step, input, inverse string, back Action) string {
	s.Account, s.Region = cmp.Or(s.Account, testAccount), cmp.Or(s.Region, "eu-west-1")
	s.ID = stepID(s.Account, s.Region, s.Action, s.Resource)
	s.Call = cmp.Or(s.Call, s.ID)
	s.API = api(s.Action, input)
	if inverse != "" {
		s.Inverse = &Inverse{back, s.Resource, api(back, inverse)}
		s.Reversible = true
	}
	h.steps = append(h.steps, s)
	return s.ID
}

func api(a Action, input string) API {
	var compact bytes.Buffer
	if err := json.Compact(&compact, []byte(input)); err != nil {
		panic(fmt.Sprintf("input of %s: %v: %s", a, err, input))
	}
	return API{operations[a][0], operations[a][1], compact.Bytes()}
}

func isAbsent(kind FactKind, resource string) []Precondition {
	return []Precondition{{Kind: kind, Resource: resource, Expect: map[string]string{"exists": "false"}}}
}

const deliveryRole = "flowproof-delivery"

func roleARN(name string) string { return "arn:aws:iam::" + testAccount + ":role/" + name }

// role adds the steps of a delivery role.
func (h *handmade) role() []string {
	trust := quoted(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"vpc-flow-logs.amazonaws.com"},"Action":"sts:AssumeRole"}]}`)
	policy := quoted(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["logs:CreateLogStream","logs:PutLogEvents"],"Resource":"*"}]}`)
	made := h.add(Step{Action: CreateRole, Resource: deliveryRole, Region: "us-east-1", Preconditions: isAbsent(FactRole, deliveryRole)},
		`{"RoleName":"`+deliveryRole+`","AssumeRolePolicyDocument":`+trust+`,"Tags":`+h.tagList("")+`}`,
		`{"RoleName":"`+deliveryRole+`"}`, DeleteRole)
	put := h.add(Step{Action: PutRolePolicy, Resource: deliveryRole + "/deliver", Region: "us-east-1", After: []string{made}},
		`{"RoleName":"`+deliveryRole+`","PolicyName":"deliver","PolicyDocument":`+policy+`}`,
		`{"RoleName":"`+deliveryRole+`","PolicyName":"deliver"}`, DeleteRolePolicy)
	return []string{made, put}
}

func quoted(s string) string {
	b, err := json.Marshal(s)
	if err != nil {
		panic(err)
	}
	return string(b)
}

// group adds the steps of a log group.
func (h *handmade) group(name string) []string {
	made := h.add(Step{Action: CreateLogGroup, Resource: name, Preconditions: isAbsent(FactLogGroup, name)},
		`{"logGroupName":"`+name+`","tags":`+h.tags("")+`}`, `{"logGroupName":"`+name+`"}`, DeleteLogGroup)
	days := h.add(Step{Action: PutRetentionPolicy, Resource: name, After: []string{made}},
		`{"logGroupName":"`+name+`","retentionInDays":365}`, "", "")
	return []string{made, days}
}

// flowLog adds one flow log; call may be shared.
func (h *handmade) flowLog(vpc, call, destination string, after []string) {
	h.add(Step{
		Action: CreateFlowLog, Resource: vpc, Call: call, After: after,
		Preconditions: []Precondition{
			{Kind: FactVPC, Resource: vpc, Expect: map[string]string{"exists": "true", "owner": testAccount}},
			{Kind: FactFlowLogs, Resource: vpc, Expect: map[string]string{"ids": NoFact}},
		},
	}, `{"ResourceIds":["`+vpc+`"],"ResourceType":"VPC","TrafficType":"ALL",`+destination+
		`,"TagSpecifications":[{"ResourceType":"vpc-flow-log","Tags":`+h.tagList("")+`}]}`,
		`{"FlowLogIds":["`+CreatedID+`"]}`, DeleteFlowLog)
}

func toGroup(name string) string {
	return `"LogGroupName":"` + name + `","DeliverLogsPermissionArn":"` + roleARN(deliveryRole) + `"`
}

// plan seals steps that build makes.
func planOf(t *testing.T, build func(*handmade)) Plan {
	t.Helper()
	p, err := seal(func(id string) (Plan, error) {
		h := &handmade{id: id}
		build(h)
		return Plan{
			Schema: PlanSchema, ReadAt: noon(), Partition: "aws", Accounts: []string{testAccount}, Steps: h.steps,
			Unplanned: []Unplanned{}, LeftOut: []Note{}, LeftAlone: []Note{}, Gaps: []Gap{}, Policy: Policy{ChangeExisting: true},
		}, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := p.check(); err != nil {
		t.Fatal(err)
	}
	return p
}

// threeVPCs is an account with three VPCs and things that are none of flowproof's business.
const threeVPCs = `
accounts:
  - id: "123456789012"
    default_vpcs: false
    roles: [{name: theirs, trusted_service: vpc-flow-logs.amazonaws.com, allow: ["logs:*"]}]
    buckets: [{name: archive, region: eu-west-1, policy: '{"Version":"2012-10-17","Statement":[{"Sid":"Mine","Effect":"Allow","Principal":{"AWS":"*"},"Action":"s3:GetObject","Resource":"arn:aws:s3:::archive/*"}]}'}]
    regions:
      eu-west-1:
        vpcs: [{id: vpc-0aaa, interfaces: 1}, {id: vpc-0bbb}, {id: vpc-0ccc}, {id: vpc-0eee, flow_logs: [{group: theirs, role: theirs}]}]
        log_groups: [{name: theirs, retention_days: 30}]
`

// usual is the plan for the three VPCs: a role, a group of its own for the first, and one for
// the other two, which share a request.
func usual(t *testing.T) Plan {
	t.Helper()
	return planOf(t, func(h *handmade) {
		role := h.role()
		own := h.group("/flowproof/vpc-0aaa")
		shared := h.group("MyFlowLogs")
		h.flowLog("vpc-0aaa", "own", toGroup("/flowproof/vpc-0aaa"), slices.Concat(role, own))
		h.flowLog("vpc-0bbb", "shared", toGroup("MyFlowLogs"), slices.Concat(role, shared))
		h.flowLog("vpc-0ccc", "shared", toGroup("MyFlowLogs"), slices.Concat(role, shared))
	})
}

// archivePolicy is the merged policy that a plan writes for the bucket.
const archivePolicy = `{"Version":"2012-10-17","Statement":[` +
	`{"Sid":"Mine","Effect":"Allow","Principal":{"AWS":"*"},"Action":"s3:GetObject","Resource":"arn:aws:s3:::archive/*"},` +
	`{"Sid":"FlowproofWrite","Effect":"Allow","Principal":{"Service":"delivery.logs.amazonaws.com"},"Action":"s3:PutObject","Resource":"arn:aws:s3:::archive/AWSLogs/123456789012/*","Condition":{"StringEquals":{"aws:SourceAccount":"123456789012","s3:x-amz-acl":"bucket-owner-full-control"}}},` +
	`{"Sid":"FlowproofLook","Effect":"Allow","Principal":{"Service":"delivery.logs.amazonaws.com"},"Action":"s3:GetBucketAcl","Resource":"arn:aws:s3:::archive","Condition":{"StringEquals":{"aws:SourceAccount":"123456789012"}}}]}`

const archiveBefore = `{"Version":"2012-10-17","Statement":[{"Sid":"Mine","Effect":"Allow","Principal":{"AWS":"*"},"Action":"s3:GetObject","Resource":"arn:aws:s3:::archive/*"}]}`

// toBucket is a plan for flow logs to S3 with the bucket's policy merged first.
func toBucket(t *testing.T) Plan {
	t.Helper()
	digest, err := DocumentDigest(archiveBefore)
	if err != nil {
		t.Fatal(err)
	}
	return planOf(t, func(h *handmade) {
		put := h.add(Step{
			Action: PutBucketPolicy, Resource: "archive", Foreign: true,
			Preconditions: []Precondition{{Kind: FactBucketPolicy, Resource: "archive", Expect: map[string]string{"exists": "true", "document": digest}}},
		}, `{"Bucket":"archive","Policy":`+quoted(archivePolicy)+`}`, `{"Bucket":"archive","Policy":`+quoted(archiveBefore)+`}`, PutBucketPolicy)
		for _, vpc := range []string{"vpc-0aaa", "vpc-0bbb"} {
			h.flowLog(vpc, "", `"LogDestinationType":"s3","LogDestination":"arn:aws:s3:::archive"`, []string{put})
		}
	})
}

// readJournal gives the journal's bytes.
func (s *stand) readJournal() []byte {
	s.t.Helper()
	raw, err := os.ReadFile(s.journal)
	if err != nil {
		s.t.Fatal(err)
	}
	return raw
}

// form sends a request of a query protocol that no Writer sends, as somebody else would.
func (s *stand) form(service, body string) {
	s.t.Helper()
	s.raw(service, "", body)
}

// json sends a request of a JSON protocol that no Writer sends.
func (s *stand) json(target, body string) {
	s.t.Helper()
	s.raw("logs", target, body)
}

func (s *stand) raw(service, target, body string) {
	s.t.Helper()
	r := httptest.NewRequestWithContext(s.t.Context(), http.MethodPost, "/", strings.NewReader(body))
	r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=test/20261124/eu-west-1/"+service+"/aws4_request")
	if target != "" {
		r.Header.Set("X-Amz-Target", target)
	}
	w := httptest.NewRecorder()
	s.server.ServeHTTP(w, r)
	if w.Code != http.StatusOK {
		s.t.Fatalf("%s: %d %s", body, w.Code, w.Body)
	}
}
