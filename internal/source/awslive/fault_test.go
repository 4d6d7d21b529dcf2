package awslive

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"flowproof/internal/inventory"
	"flowproof/internal/sandbox"
)

// request is a call as a fault sees it.
type request struct {
	service, region, account string // the account is that of the role; empty for the caller's own
	operation                string
	n                        int // of this service in this account and Region, from 1
}

// fault answers in place of the sandbox, or gives neither an answer nor an error.
type fault func(context.Context, request) (*http.Response, error)

// brokenNetwork hands calls to a sandbox without a network between them, but for those that a fault
// takes. Nothing in it waits for real time, so that tests of hours take none.
type brokenNetwork struct {
	aws   http.Handler
	fault fault

	mu    sync.Mutex
	calls map[request]int
	all   []request
}

// Do implements aws.HTTPClient.
func (n *brokenNetwork) Do(r *http.Request) (*http.Response, error) {
	var body []byte
	if r.Body != nil { // a request to S3 may have none
		var err error
		if body, err = io.ReadAll(r.Body); err != nil {
			return nil, err
		}
	}
	_, scope, _ := strings.Cut(r.Header.Get("Authorization"), "Credential=")
	parts := strings.Split(scope, "/")
	q := request{region: parts[2], service: parts[3], operation: operationOf(r, body)}
	if token, err := base64.StdEncoding.DecodeString(r.Header.Get("X-Amz-Security-Token")); err == nil && len(token) > 0 {
		q.account = strings.Split(string(token), ":")[4]
	}
	n.mu.Lock()
	if n.calls == nil {
		n.calls = map[request]int{}
	}
	n.calls[request{service: q.service, region: q.region, account: q.account}]++
	q.n = n.calls[request{service: q.service, region: q.region, account: q.account}]
	n.all = append(n.all, q)
	n.mu.Unlock()
	if n.fault != nil {
		if resp, err := n.fault(r.Context(), q); resp != nil || err != nil {
			return resp, err
		}
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	r.ContentLength = int64(len(body))
	recorded := httptest.NewRecorder()
	n.aws.ServeHTTP(recorded, r)
	return recorded.Result(), nil
}

func operationOf(r *http.Request, body []byte) string {
	if _, name, ok := strings.Cut(r.Header.Get("X-Amz-Target"), "."); ok {
		return name
	}
	_, name, _ := strings.Cut(string(body), "Action=")
	name, _, _ = strings.Cut(name, "&")
	if name == "AssumeRole" {
		_, role, _ := strings.Cut(string(body), "RoleArn=")
		name += " " + strings.Split(role, "%3A")[4]
	}
	return name
}

func (n *brokenNetwork) count(match func(request) bool) int {
	n.mu.Lock()
	defer n.mu.Unlock()
	return len(slices.DeleteFunc(slices.Clone(n.all), func(q request) bool { return !match(q) }))
}

// brokenOrganization reads four accounts through a network with a fault.
func brokenOrganization(t *testing.T, scenario string, regions []string, m Membership, f fault) (*Organization, *brokenNetwork) {
	t.Helper()
	sc, err := sandbox.ParseScenario([]byte(scenario))
	if err != nil {
		t.Fatal(err)
	}
	server, err := sandbox.New(sc)
	if err != nil {
		t.Fatal(err)
	}
	cfg, err := ConfigAt("http://127.0.0.1:1")
	if err != nil {
		t.Fatal(err)
	}
	network := &brokenNetwork{aws: server, fault: f}
	cfg.HTTPClient, cfg.Region = network, "us-east-1"
	filter, err := parseRegions(regions)
	if err != nil {
		t.Fatal(err)
	}
	if m.Role == (Role{}) {
		m.Role = Role{Name: "flowproof-read", Session: "flowproof", Duration: time.Hour}
	}
	o, err := newOrganization(Options{Now: time.Now}, m, filter, cfg)
	if err != nil {
		t.Fatal(err)
	}
	return o, network
}

// readAll discovers and reads everything, all scopes at once.
func readAll(t *testing.T, o *Organization) map[string]inventory.Inventory {
	t.Helper()
	var mu sync.Mutex
	all := map[string]inventory.Inventory{}
	var reading sync.WaitGroup
	err := o.Discover(t.Context(), func(target inventory.Target) error {
		reading.Go(func() {
			inv := inventory.Inventory{Target: target, Kinds: bothKinds}
			if target.Absent == inventory.Present && len(target.Gaps) == 0 {
				inv = o.Read(t.Context(), target, bothKinds)
			}
			mu.Lock()
			defer mu.Unlock()
			if _, twice := all[target.String()]; twice {
				t.Errorf("%s twice", target.Scope)
			}
			all[target.String()] = inv
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	reading.Wait()
	return all
}

var bothKinds = []inventory.Kind{inventory.VPCs, inventory.FlowLogs}

// four is an organisation of four accounts; what goes wrong goes wrong in the third.
const four = `
organization: {role: flowproof-read}
accounts: [{id: "111111111111"}, {id: "222222222222"}, {id: "333333333333"}, {id: "444444444444"}]
`

const faulty = "333333333333"

func refusal(status int, code string) *http.Response {
	body := "<Response><Errors><Error><Code>" + code + "</Code><Message>made by a test</Message></Error></Errors></Response>"
	return &http.Response{StatusCode: status, Header: http.Header{"Content-Type": {"text/xml"}}, Body: io.NopCloser(strings.NewReader(body))}
}

// slowBody never comes to its end.
type slowBody struct{ context.Context }

func (b slowBody) Read([]byte) (int, error) { <-b.Done(); return 0, b.Err() }
func (slowBody) Close() error               { return nil }

// faults are what can go wrong in one account, once it has been entered.
var faults = []struct {
	name  string
	cause inventory.Cause
	fault fault
}{
	{"calls that hang", inventory.Unreachable, func(ctx context.Context, _ request) (*http.Response, error) {
		<-ctx.Done()
		return nil, ctx.Err()
	}},
	{"answers that never end", inventory.Unreachable, func(ctx context.Context, _ request) (*http.Response, error) {
		return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: slowBody{ctx}}, nil
	}},
	{"throttled for ever", inventory.Throttled, func(context.Context, request) (*http.Response, error) {
		return refusal(http.StatusServiceUnavailable, "RequestLimitExceeded"), nil
	}},
	{"a storm of server errors", inventory.ServerError, func(context.Context, request) (*http.Response, error) {
		return refusal(http.StatusInternalServerError, "InternalError"), nil
	}},
	{"TLS that is cut", inventory.Unreachable, func(context.Context, request) (*http.Response, error) {
		return nil, &net.OpError{Op: "remote error", Err: tls.AlertError(40)}
	}},
	{"a name that does not resolve", inventory.Unreachable, func(_ context.Context, q request) (*http.Response, error) {
		return nil, &net.DNSError{Err: "no such host", Name: "ec2." + q.region + ".amazonaws.com", IsNotFound: true}
	}},
	{"answers that break off", inventory.Incomplete, func(context.Context, request) (*http.Response, error) {
		body := io.MultiReader(strings.NewReader("<DescribeVpcsResponse><vpcSet>"), failing{io.ErrUnexpectedEOF})
		return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: io.NopCloser(body)}, nil
	}},
	{"credentials that have expired", inventory.Credentials, func(context.Context, request) (*http.Response, error) {
		return refusal(http.StatusBadRequest, "RequestExpired"), nil
	}},
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

// worstCase is what one account costs at most, beside the time of its good calls: the role, the list
// of its Regions, and that list from outside, one after the other, and then its scopes, all at once.
// docs/organizations.md says the same.
const worstCase = 3*callDeadline + callDeadline

func TestAFaultCostsItsOwnScopesAndAKnownTime(t *testing.T) {
	t.Parallel()
	for _, tt := range faults {
		for _, regions := range [][]string{nil, {"eu-west-1", "eu-west-2", "us-east-1"}} {
			t.Run(fmt.Sprintf("%s, %d Regions named", tt.name, len(regions)), func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					o, _ := brokenOrganization(t, four, regions, Membership{}, func(ctx context.Context, q request) (*http.Response, error) {
						if q.account != faulty || q.service != "ec2" {
							return nil, nil
						}
						return tt.fault(ctx, q)
					})
					began := time.Now()
					wantFaultyUnread(t, readAll(t, o), tt.cause)
					if took := time.Since(began); took > worstCase {
						t.Errorf("it took %s, more than %s", took, worstCase)
					}
				})
			})
		}
	}
}

// wantFaultyUnread wants every scope of the faulty account to be listed and unread for one cause, and
// all others to be read.
func wantFaultyUnread(t *testing.T, all map[string]inventory.Inventory, cause inventory.Cause) {
	t.Helper()
	unread, read := 0, 0
	for scope, inv := range all {
		switch {
		case inv.Absent != inventory.Present:
		case inv.Account != faulty:
			if inv.Status() != inventory.StatusRead {
				t.Errorf("%s is %s: %v", scope, inv.Status(), inv.Gaps)
			}
			read++
		default:
			if inv.Status() != inventory.StatusUnread {
				t.Errorf("%s is %s", scope, inv.Status())
			}
			for _, g := range inv.Gaps {
				if g.Cause != cause {
					t.Errorf("%s: %s %s: %s, want %s", scope, g.API, g.Cause, g.Message, cause)
				}
			}
			unread++
		}
	}
	if read == 0 || unread*3 != read {
		t.Errorf("%d scopes read of three accounts, %d unread of one", read, unread)
	}
}

func TestARoleThatCannotBeAssumedCostsItsAccount(t *testing.T) {
	t.Parallel()
	for _, tt := range faults[:6] {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				o, _ := brokenOrganization(t, four, nil, Membership{}, func(ctx context.Context, q request) (*http.Response, error) {
					if q.operation != "AssumeRole "+faulty {
						return nil, nil
					}
					if tt.cause == inventory.Throttled {
						r := refusal(http.StatusBadRequest, "")
						r.Body = io.NopCloser(strings.NewReader("<ErrorResponse><Error><Code>Throttling</Code><Message>Rate exceeded</Message></Error></ErrorResponse>"))
						return r, nil
					}
					return tt.fault(ctx, q)
				})
				began := time.Now()
				wantFaultyUnread(t, readAll(t, o), tt.cause)
				if took := time.Since(began); took > worstCase {
					t.Errorf("it took %s, more than %s", took, worstCase)
				}
			})
		})
	}
}

// TestTheCallersCredentialsExpireHalfWay: accounts that were entered stay entered, the others say why
// they were not.
func TestTheCallersCredentialsExpireHalfWay(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		expired := func() *http.Response {
			r := refusal(http.StatusForbidden, "")
			r.Body = io.NopCloser(strings.NewReader("<ErrorResponse><Error><Code>ExpiredToken</Code><Message>The security token included in the request is expired</Message></Error></ErrorResponse>"))
			return r
		}
		o, _ := brokenOrganization(t, four, []string{"eu-west-1"}, Membership{}, func(_ context.Context, q request) (*http.Response, error) {
			if q.operation == "AssumeRole "+faulty {
				return expired(), nil
			}
			return nil, nil
		})
		all := readAll(t, o)
		wantFaultyUnread(t, all, inventory.Credentials)
		if g := all[faulty+"/eu-west-1"].Gaps; len(g) != 1 || g[0].API != "sts:AssumeRole" || !strings.Contains(g[0].Message, "expired") {
			t.Errorf("gaps %v, want one of sts:AssumeRole", g)
		}
	})
}

// TestARegionThatIsDownIsNotWaitedForByEveryAccount: forty accounts, one Region of which nobody
// answers. Without patience each account would wait by itself, as many at once as there are workers.
func TestARegionThatIsDownIsNotWaitedForByEveryAccount(t *testing.T) {
	t.Parallel()
	const accounts, atOnce = 40, 4
	var scenario strings.Builder
	scenario.WriteString("organization: {role: flowproof-read}\naccounts:\n")
	for i := range accounts {
		fmt.Fprintf(&scenario, "  - {id: \"%012d\"}\n", i+1)
	}
	synctest.Test(t, func(t *testing.T) {
		o, network := brokenOrganization(t, scenario.String(), []string{"eu-west-1", "sa-east-1"}, Membership{}, func(ctx context.Context, q request) (*http.Response, error) {
			if q.region != "sa-east-1" {
				return nil, nil
			}
			<-ctx.Done()
			return nil, ctx.Err()
		})
		targets := make(chan inventory.Target)
		began := time.Now()
		var workers sync.WaitGroup
		for range atOnce {
			workers.Go(func() {
				for target := range targets {
					inv := o.Read(t.Context(), target, bothKinds)
					want := inventory.StatusRead
					if target.Region == "sa-east-1" {
						want = inventory.StatusUnread
					}
					if inv.Status() != want {
						t.Errorf("%s is %s, want %s", target.Scope, inv.Status(), want)
					}
				}
			})
		}
		if err := o.Discover(t.Context(), func(target inventory.Target) error { targets <- target; return nil }); err != nil {
			t.Fatal(err)
		}
		close(targets)
		workers.Wait()
		if took, alone := time.Since(began), accounts/atOnce*callDeadline; took > alone/2 {
			t.Errorf("it took %s; each account by itself would take %s", took, alone)
		}
		down := network.count(func(q request) bool { return q.region == "sa-east-1" })
		if most := accounts * 2; down >= most {
			t.Errorf("%d calls to the Region that is down", down)
		}
	})
}

func TestThePlacesOfAnAccountAreFewUntilItAnswers(t *testing.T) {
	t.Parallel()
	g := newGate()
	enter := func() bool {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		select {
		case <-g.free:
			return true
		default:
			return !errors.Is(g.enter(ctx), context.Canceled)
		}
	}
	for i := range firstCalls {
		if !enter() {
			t.Fatalf("place %d is taken", i)
		}
	}
	if enter() {
		t.Fatal("there is a third place before the first answer")
	}
	g.leave(true)
	got := 0
	for enter() {
		got++
	}
	if diff := cmp.Diff(accountCalls-1, got); diff != "" {
		t.Errorf("places after the first answer: %s", diff)
	}
}

// jsonError is an error as JSON services answer it.
func jsonError(code string) io.ReadCloser {
	return io.NopCloser(strings.NewReader(`{"__type":"` + code + `","message":"made by a test"}`))
}

// xmlError is one as query services answer it.
func xmlError(code string) io.ReadCloser {
	return io.NopCloser(strings.NewReader("<ErrorResponse><Error><Code>" + code + "</Code><Message>made by a test</Message></Error></ErrorResponse>"))
}
