package remediate

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"flowproof/internal/finding"
	"flowproof/internal/inventory"
)

// finds is a scan that found this.
func finds(findings ...finding.Finding) Scan {
	return func(context.Context, []inventory.Scope) ([]finding.Finding, error) { return findings, nil }
}

// verifier is a Verify of a plan on this stand, whose scan finds nothing.
func (s *stand) verifier(p Plan) Verify {
	return Verify{Plan: p, Scan: finds(), Reader: NewReader(s.config()), Clock: s.clock.clock()}
}

func TestVerifyHoldsFindingsAgainstThePlan(t *testing.T) {
	t.Parallel()
	p := built(t, judged(DefaultPolicy(), readScope("eu-west-1", "vpc-a", "vpc-b", "vpc-c")))
	fingerprint := func(vpc string) string {
		return "vpc-flow-log-check@arn:aws:ec2:eu-west-1:123456789012:vpc/" + vpc
	}
	about := func(vpc string, outcome finding.Outcome, message string) finding.Finding {
		return finding.Finding{
			Fingerprint: fingerprint(vpc), Rule: "vpc-flow-log-check", Outcome: outcome, Message: message,
			Resource: finding.Resource{Type: finding.VPCType, ID: vpc, Account: ownAccount, Region: "eu-west-1", Owner: ownAccount},
		}
	}
	broken := finding.Finding{
		Fingerprint: "flow-log-delivery-check@fl-1", Rule: "flow-log-delivery-check", Outcome: finding.Fail,
		Resource: finding.Resource{Type: finding.FlowLogType, ID: "fl-1", Account: ownAccount, Region: "eu-west-1", Owner: ownAccount},
	}
	made := func(at time.Time) finding.Finding {
		f := broken
		f.Evidence.FlowLogs = []inventory.FlowLog{{ID: "fl-1", ResourceID: "vpc-a", Created: at}}
		return f
	}
	unread := finding.Finding{
		Fingerprint: "scope", Rule: "vpc-flow-log-check", Outcome: finding.Unknown, Message: "the VPCs could not be listed",
		Resource: finding.Resource{Type: finding.ScopeType, Account: ownAccount, Region: "eu-west-1", Owner: ownAccount},
	}
	pass := func(vpc string) finding.Finding { return about(vpc, finding.Pass, "") }
	for name, test := range map[string]struct {
		found    []finding.Finding
		fixed    int
		notFixed map[string]string // by VPC
		fresh    []string          // fingerprints of new findings
		reached  bool
	}{
		"everything passes": {found: []finding.Finding{pass("vpc-a"), pass("vpc-b"), pass("vpc-c")}, fixed: 3, reached: true},
		"one still fails, one is gone": {
			found: []finding.Finding{pass("vpc-a"), about("vpc-b", finding.Fail, "no flow log")}, fixed: 1,
			notFixed: map[string]string{"vpc-b": "fail: no flow log", "vpc-c": "it is no longer there"},
		},
		"nothing could be read": {
			found:    []finding.Finding{unread},
			notFixed: map[string]string{"vpc-a": "not known: the VPCs", "vpc-b": "not known: the VPCs", "vpc-c": "not known: the VPCs"},
		},
		"what was made fails": {
			found: []finding.Finding{pass("vpc-a"), pass("vpc-b"), pass("vpc-c"), made(p.ReadAt.Add(time.Minute))}, fixed: 3, fresh: []string{broken.Fingerprint},
		},
		"what was there before fails still": {
			found: []finding.Finding{pass("vpc-a"), pass("vpc-b"), pass("vpc-c"), made(p.ReadAt.Add(-time.Hour))}, fixed: 3, reached: true,
		},
		"a VPC came that the plan knows nothing of": {
			found: []finding.Finding{pass("vpc-a"), pass("vpc-b"), pass("vpc-c"), about("vpc-d", finding.Fail, "no flow log")}, fixed: 3,
			fresh: []string{fingerprint("vpc-d")}, reached: true,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v, err := Verify{Plan: p, Scan: finds(test.found...)}.Run(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if len(v.Fixed) != test.fixed || v.Reached(p) != test.reached {
				t.Errorf("fixed %v, reached %v, want %d and %v", v.Fixed, v.Reached(p), test.fixed, test.reached)
			}
			if len(v.NotFixed) != len(test.notFixed) {
				t.Errorf("not fixed: %v", v.NotFixed)
			}
			for _, n := range v.NotFixed {
				vpc := n.Fingerprint[strings.LastIndexByte(n.Fingerprint, '/')+1:]
				if want, ok := test.notFixed[vpc]; !ok || !strings.HasPrefix(n.Why, want) {
					t.Errorf("%s is not fixed because %q, want %q", vpc, n.Why, want)
				}
			}
			var fresh []string
			for _, f := range v.New {
				fresh = append(fresh, f.Fingerprint)
			}
			if diff := cmp.Diff(test.fresh, fresh); diff != "" {
				t.Errorf("new: %s", diff)
			}
			if v.Arrivals != nil {
				t.Error("arrivals without --wait")
			}
		})
	}
}

func TestVerifySaysThatItsScanFailed(t *testing.T) {
	t.Parallel()
	failing := func(context.Context, []inventory.Scope) ([]finding.Finding, error) {
		return nil, errors.New("no way in")
	}
	if _, err := (Verify{Plan: usual(t), Scan: failing}).Run(t.Context()); err == nil || !strings.Contains(err.Error(), "no way in") {
		t.Errorf("error %v", err)
	}
}

// TestVerifyWaitsForRecords waits, on a clock of its own, for what the embedded AWS delivers.
func TestVerifyWaitsForRecords(t *testing.T) {
	t.Parallel()
	const idle = "vpc-0ccc nothing-to-record" // it has no network interface, nor has vpc-0bbb
	toStream := func(t *testing.T) Plan {
		return planOf(t, func(h *handmade) {
			h.flowLog("vpc-0aaa", "", `"LogDestinationType":"kinesis-data-firehose","LogDestination":"arn:aws:firehose:eu-west-1:123456789012:deliverystream/s"`, nil)
		})
	}
	for name, test := range map[string]struct {
		plan    func(*testing.T) Plan
		knobs   string
		before  func(*stand) // after apply
		skip    bool         // do not apply
		want    []string     // VPC and state, in the plan's order
		waited  time.Duration
		atLeast bool // it may have waited longer
	}{
		"to a log group at once": {plan: usual, want: []string{"vpc-0aaa arrived", "vpc-0bbb nothing-to-record", idle}},
		"to a log group after a while": {
			plan: usual, knobs: "record_delay: 5m\n", want: []string{"vpc-0aaa arrived", "vpc-0bbb nothing-to-record", idle}, waited: 5 * time.Minute, atLeast: true,
		},
		"not within the time": {
			plan: usual, knobs: "record_delay: 2h\n", want: []string{"vpc-0aaa waiting", "vpc-0bbb nothing-to-record", idle}, waited: 20 * time.Minute,
		},
		"delivery fails": {
			plan: usual, knobs: "record_delay: 5m\n",
			before: func(s *stand) {
				s.call("us-east-1", "iam", "DeleteRolePolicy", `{"RoleName":"`+deliveryRole+`","PolicyName":"deliver"}`)
			},
			want: []string{"vpc-0aaa failing", "vpc-0bbb nothing-to-record", idle}, waited: 5 * time.Minute, atLeast: true,
		},
		"the streams may not be looked at": {
			plan: usual, knobs: "faults: [{operation: DescribeLogStreams, do: deny}]\n",
			want: []string{"vpc-0aaa not-seen", "vpc-0bbb nothing-to-record", idle},
		},
		"to a bucket after a while": {
			plan: toBucket, knobs: "record_delay: 5m\n", want: []string{"vpc-0aaa arrived", "vpc-0bbb nothing-to-record"}, waited: 5 * time.Minute, atLeast: true,
		},
		"the bucket may not be listed": {
			plan: toBucket, knobs: "faults: [{operation: ListObjectsV2, do: deny}]\n", want: []string{"vpc-0aaa not-seen", "vpc-0bbb nothing-to-record"},
		},
		"to a stream of its own": {plan: toStream, want: []string{"vpc-0aaa arrived"}, atLeast: true},
		"to a stream that another flow log writes to": {
			plan: toStream, before: func(s *stand) {
				s.call("eu-west-1", "ec2", "CreateFlowLogs", `{"ResourceIds":["vpc-0bbb"],"ResourceType":"VPC","TrafficType":"ALL",`+
					`"LogDestinationType":"kinesis-data-firehose","LogDestination":"arn:aws:firehose:eu-west-1:123456789012:deliverystream/s"}`)
			}, want: []string{"vpc-0aaa not-seen"},
		},
		"nothing, while another flow log writes streams of the same interface to the group": {
			plan: usual, knobs: "record_delay: 30m\n",
			before: func(s *stand) {
				s.call("eu-west-1", "ec2", "CreateFlowLogs", `{"ResourceIds":["vpc-0aaa"],"ResourceType":"VPC","TrafficType":"ACCEPT",`+
					`"LogGroupName":"/flowproof/vpc-0aaa","DeliverLogsPermissionArn":"`+roleARN(deliveryRole)+`"}`)
				s.call("eu-west-1", "ec2", "DeleteFlowLogs", `{"FlowLogIds":["`+s.logOn("vpc-0aaa", "ALL")+`"]}`)
				_ = s.clock.sleep(s.t.Context(), time.Hour)
				s.call("eu-west-1", "ec2", "CreateFlowLogs", `{"ResourceIds":["vpc-0aaa"],"ResourceType":"VPC","TrafficType":"ALL",`+
					`"LogGroupName":"/flowproof/vpc-0aaa","DeliverLogsPermissionArn":"`+roleARN(deliveryRole)+`"}`)
			},
			want: []string{"vpc-0aaa waiting", "vpc-0bbb nothing-to-record", idle}, waited: 20 * time.Minute,
		},
		"without having been applied": {
			plan: usual, skip: true, want: []string{"vpc-0aaa no-flow-log", "vpc-0bbb no-flow-log", "vpc-0ccc no-flow-log"}, waited: propagationFor, atLeast: true,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			scenario := strings.Replace(threeVPCs, "buckets:", "delivery_streams: [s]\n    buckets:", 1)
			s := newStand(t, scenario+test.knobs)
			p := test.plan(t)
			if !test.skip {
				s.reach(p)
			}
			if test.before != nil {
				test.before(s)
			}
			s.clock.slept = 0
			v := s.verifier(p)
			v.Wait = 20 * time.Minute
			var told []Waiting
			v.Tell = func(w Waiting) { told = append(told, w) }
			out, err := v.Run(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, a := range out.Arrivals {
				got = append(got, a.Resource+" "+string(a.State))
				if a.Detail == "" {
					t.Errorf("nothing is said of %s", a.Resource)
				}
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("%s\n%+v", diff, out.Arrivals)
			}
			if slept := s.clock.slept; slept < test.waited || !test.atLeast && slept > test.waited || slept > v.Wait {
				t.Errorf("it waited for %s, want %s", slept, test.waited)
			}
			if len(told) == 0 || told[len(told)-1].Total != len(test.want) {
				t.Errorf("progress %v", told)
			}
		})
	}
}

// logOn is the id of the flow log on a resource that records such traffic.
func (s *stand) logOn(resource, traffic string) string {
	s.t.Helper()
	for at, l := range s.server.Dump().FlowLogs {
		if l.Resource == resource && l.Traffic == traffic {
			return at[strings.LastIndexByte(at, '/')+1:]
		}
	}
	s.t.Fatalf("no flow log of %s traffic on %s", traffic, resource)
	return ""
}
