package sandbox_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/smithy-go"
	"github.com/google/go-cmp/cmp"

	"flowproof/internal/sandbox"
)

func (w *world) iam() *iam.Client { return iam.NewFromConfig(w.config("us-east-1", "test")) }

func (w *world) logs(region string) *cloudwatchlogs.Client {
	return cloudwatchlogs.NewFromConfig(w.config(region, "test"))
}

// wantError checks code, HTTP status and a part of the message of an answer.
func wantError(t *testing.T, err error, code string, status int, part string) {
	t.Helper()
	api, ok := errors.AsType[smithy.APIError](err)
	if !ok {
		t.Fatalf("error %v, want %s", err, code)
	}
	response, ok := errors.AsType[*awshttp.ResponseError](err)
	if !ok {
		t.Fatalf("error without a response: %v", err)
	}
	if api.ErrorCode() != code || response.HTTPStatusCode() != status || !strings.Contains(api.ErrorMessage(), part) {
		t.Errorf("got %s %d %q, want %s %d %q", api.ErrorCode(), response.HTTPStatusCode(), api.ErrorMessage(), code, status, part)
	}
}

func TestRefusedCalls(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, fault string
		code        string
		status      int
		message     string
	}{
		{"throttled", "{do: throttle}", "RequestLimitExceeded", 503, "Request limit exceeded."},
		{"denied", "{do: deny}", "UnauthorizedOperation", 403, "because no identity-based policy allows the ec2:DescribeVpcs action"},
		{"denied by a service control policy", "{do: deny, wording: scp}", "UnauthorizedOperation", 403, "explicit deny in a service control policy: arn:aws:organizations::"},
		{"denied by a boundary", "{do: deny, wording: boundary}", "UnauthorizedOperation", 403, "explicit deny in a permissions boundary: arn:aws:iam::123456789012:policy/"},
		{"denied by a session policy", "{do: deny, wording: session}", "UnauthorizedOperation", 403, "explicit deny in a session policy"},
		{"denied by a resource control policy", "{do: deny, wording: rcp}", "UnauthorizedOperation", 403, "explicit deny in a resource control policy"},
		{"server error", "{do: server-error}", "InternalError", 500, ""},
		{"bad credentials", "{do: auth-failure}", "AuthFailure", 401, "not able to validate"},
		{"disabled Region", "{do: region-disabled}", "AuthFailure", 401, "AWS was not able to validate the provided access credentials"},
		{"spelled out", "{do: error, code: RequestExpired, message: Request has expired., status: 400}", "RequestExpired", 400, "Request has expired."},
		{"another status", "{do: server-error, status: 502}", "InternalError", 502, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := start(t, scenario(t, "faults: ["+tt.fault+"]"))
			_, err := w.ec2("eu-west-1").DescribeVpcs(context.Background(), nil)
			wantError(t, err, tt.code, tt.status, tt.message)
		})
	}
}

func TestBareDenialNamesNothing(t *testing.T) {
	t.Parallel()
	w := start(t, scenario(t, "faults: [{do: deny, wording: bare}]"))
	_, err := w.ec2("eu-west-1").DescribeVpcs(context.Background(), nil)
	wantError(t, err, "UnauthorizedOperation", 403, "You are not authorized to perform this operation.")
	if strings.Contains(err.Error(), "User:") {
		t.Errorf("the old sentence has a reason: %v", err)
	}
}

func TestOtherProtocolsRefuseInTheirOwnWords(t *testing.T) {
	t.Parallel()
	tests := []struct {
		do         string
		jsonCode   string
		queryCode  string
		jsonStatus int
		status     int
	}{
		{"throttle", "ThrottlingException", "Throttling", 400, 400},
		{"deny", "AccessDeniedException", "AccessDenied", 400, 403},
		{"auth-failure", "UnrecognizedClientException", "InvalidClientTokenId", 400, 403},
	}
	for _, tt := range tests {
		t.Run(tt.do, func(t *testing.T) {
			t.Parallel()
			w := start(t, scenario(t, "faults: [{do: "+tt.do+"}]"))
			_, err := w.logs("eu-west-1").DescribeLogGroups(context.Background(), nil)
			wantError(t, err, tt.jsonCode, tt.jsonStatus, "")
			_, err = w.iam().ListRoles(context.Background(), nil)
			wantError(t, err, tt.queryCode, tt.status, "")
		})
	}
}

func TestRegionThatIsNotEnabled(t *testing.T) {
	t.Parallel()
	w := start(t, scenario(t, `accounts: [{id: "123456789012", opted_in: [ap-east-1], disabled_regions: [sa-east-1]}]`))
	ctx := context.Background()
	for _, region := range []string{"af-south-1", "sa-east-1", "mars-north-1"} {
		_, err := w.ec2(region).DescribeVpcs(ctx, nil)
		wantError(t, err, "AuthFailure", 401, "AWS was not able to validate the provided access credentials")
		_, err = w.sts(region).GetCallerIdentity(ctx, nil)
		wantError(t, err, "RegionDisabledException", 403, "not activated")
		_, err = w.logs(region).DescribeLogGroups(ctx, nil)
		wantError(t, err, "UnrecognizedClientException", 400, "")
	}
	if _, err := w.ec2("ap-east-1").DescribeVpcs(ctx, nil); err != nil {
		t.Errorf("an opt-in Region that is enabled: %v", err)
	}
	cfg := w.config("af-south-1", "test")
	if _, err := iam.NewFromConfig(cfg).ListRoles(ctx, nil); err != nil {
		t.Errorf("IAM is global: %v", err)
	}
}

func TestFaultScope(t *testing.T) {
	t.Parallel()
	w := start(t, scenario(t, `
accounts: [{id: "123456789012"}, {id: "210987654321"}]
faults: [{service: ec2, operation: "DescribeV*", region: "eu-*", account: "1234*", do: deny}]`))
	type place struct{ region, key string }
	ctx := context.Background()
	for at, hit := range map[place]bool{
		{"eu-west-1", "test"}:         true,
		{"us-east-1", "test"}:         false,
		{"eu-west-1", "210987654321"}: false,
	} {
		client := ec2.NewFromConfig(w.config(at.region, at.key))
		_, err := client.DescribeVpcs(ctx, nil)
		if (err != nil) != hit {
			t.Errorf("%v: DescribeVpcs %v", at, err)
		}
		if _, err := client.DescribeFlowLogs(ctx, nil); err != nil {
			t.Errorf("%v: DescribeFlowLogs %v", at, err)
		}
	}
}

func TestFirstCallsOfEachOperationAndRegion(t *testing.T) {
	t.Parallel()
	w := start(t, scenario(t, `faults: [{operation: "Describe*", do: throttle, first: 2}]`))
	ctx := context.Background()
	for _, region := range []string{"eu-west-1", "us-east-1"} {
		for i := range 4 {
			_, vpcs := w.ec2(region).DescribeVpcs(ctx, nil)
			_, logs := w.ec2(region).DescribeFlowLogs(ctx, nil)
			if want := i < 2; (vpcs != nil) != want || (logs != nil) != want {
				t.Errorf("%s call %d: %v, %v", region, i+1, vpcs, logs)
			}
		}
	}
	throttled := 0
	for _, c := range w.server.Calls() {
		if c.Status == http.StatusServiceUnavailable {
			throttled++
		}
	}
	if throttled != 8 {
		t.Errorf("%d calls recorded as throttled, want 8", throttled)
	}
}

// many declares VPCs enough for several pages.
const many = `
accounts: [{id: "123456789012", default_vpcs: false, regions: {eu-west-1: {vpcs: [{count: 23, name: net}]}}}]
`

// pages reads a list to its end or to the first error.
func pages(w *world) (ids []string, err error) {
	p := ec2.NewDescribeVpcsPaginator(w.ec2("eu-west-1"), &ec2.DescribeVpcsInput{})
	for p.HasMorePages() {
		out, err := p.NextPage(context.Background())
		if err != nil {
			return ids, err
		}
		for _, v := range out.Vpcs {
			ids = append(ids, aws.ToString(v.VpcId))
		}
	}
	return ids, nil
}

func TestLostPages(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, fault string
		read        int
		check       func(*testing.T, error)
	}{
		{"page size alone", "{do: page-size, page_size: 10}", 23, func(t *testing.T, err error) {
			if err != nil {
				t.Error(err)
			}
		}},
		{"cut in the middle of page two", "{do: page-size, page_size: 10}, {do: cut, page: 2}", 10, func(t *testing.T, err error) {
			if !errors.Is(err, io.ErrUnexpectedEOF) {
				t.Errorf("error %v, want an unexpected end", err)
			}
		}},
		{"page three lost", "{do: page-size, page_size: 10}, {do: drop, page: 3}", 20, func(t *testing.T, err error) {
			if !errors.Is(err, io.EOF) {
				t.Errorf("error %v, want a closed connection", err)
			}
		}},
		{"token of page two refused", "{do: page-size, page_size: 10}, {do: invalid-token}", 10, func(t *testing.T, err error) {
			wantError(t, err, "InvalidNextToken", 400, "is invalid")
		}},
		{"page two throttled", "{do: page-size, page_size: 10}, {do: throttle, page: 2}", 10, func(t *testing.T, err error) {
			wantError(t, err, "RequestLimitExceeded", 503, "")
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := start(t, scenario(t, many+"faults: ["+tt.fault+"]"))
			ids, err := pages(w)
			if len(ids) != tt.read {
				t.Errorf("%d VPCs read, want %d", len(ids), tt.read)
			}
			tt.check(t, err)
		})
	}
}

func TestDroppedCallsAreRecorded(t *testing.T) {
	t.Parallel()
	w := start(t, scenario(t, "faults: [{do: drop, first: 1}]"))
	_, _ = w.ec2("eu-west-1").DescribeVpcs(context.Background(), nil)
	_, _ = w.ec2("eu-west-1").DescribeVpcs(context.Background(), nil)
	want := []sandbox.Call{
		{Service: "ec2", Operation: "DescribeVpcs", Account: "123456789012", Region: "eu-west-1", Status: 0, Page: 1},
		{Service: "ec2", Operation: "DescribeVpcs", Account: "123456789012", Region: "eu-west-1", Status: 200, Page: 1},
	}
	if diff := cmp.Diff(want, w.server.Calls()); diff != "" {
		t.Error(diff)
	}
}

func TestPageSizeOfTheScenario(t *testing.T) {
	t.Parallel()
	w := start(t, scenario(t, many+"page_size: 4"))
	ids, err := pages(w)
	if err != nil || len(ids) != 23 {
		t.Errorf("%d VPCs, error %v", len(ids), err)
	}
	if calls := w.server.Calls(); len(calls) != 6 || calls[5].Page != 6 {
		t.Errorf("calls: %+v", calls)
	}
}

func TestLatency(t *testing.T) {
	t.Parallel()
	w := start(t, scenario(t, "latency: 20ms\nfaults: [{operation: DescribeVpcs, do: latency, latency: 30ms}]"))
	for call, least := range map[string]time.Duration{"DescribeVpcs": 50 * time.Millisecond, "DescribeFlowLogs": 20 * time.Millisecond} {
		began := time.Now()
		var err error
		if call == "DescribeVpcs" {
			_, err = w.ec2("eu-west-1").DescribeVpcs(context.Background(), nil)
		} else {
			_, err = w.ec2("eu-west-1").DescribeFlowLogs(context.Background(), nil)
		}
		if took := time.Since(began); err != nil || took < least {
			t.Errorf("%s took %v, want at least %v (error %v)", call, took, least, err)
		}
	}
}

func TestCloseEndsCallsThatWait(t *testing.T) {
	t.Parallel()
	w := start(t, scenario(t, "latency: 1h"))
	done := make(chan error)
	go func() {
		_, err := w.ec2("eu-west-1").DescribeVpcs(context.Background(), nil)
		done <- err
	}()
	w.server.Close()
	w.server.Close() // twice does no harm
	if err := <-done; err == nil {
		t.Error("a call was answered after Close")
	}
}

func TestFaultsThatMeanNothing(t *testing.T) {
	t.Parallel()
	for fault, part := range map[string]string{
		"{do: explode}":                            "none of throttle",
		"{}":                                       "none of throttle",
		"{do: deny, wording: polite}":              "none of implicit",
		"{do: error}":                              "code is missing",
		"{do: throttle, region: '[eu'}":            "pattern",
		"{do: throttle, first: -1}":                "below zero",
		"{do: throttle, status: 200}":              "no error status",
		"{do: latency}":                            "latency is missing",
		"{do: no-answer}":                          "none of html, empty",
		"{do: no-answer, body: list}":              "none of html, empty",
		"{do: endless, body: html}":                "none of text, list",
		"{do: deny, body: html}":                   "body is for no-answer and endless",
		"{do: deny, acted: true}":                  "acted is for no-answer",
		"{do: cut, gzip: true}":                    "gzip is for endless",
		"{do: redirect}":                           "location is missing",
		"{do: deny, location: 'http://a'}":         "location is for redirect",
		"{do: redirect, location: x, status: 200}": "no status of a redirect",
		"{do: page-size}":                          "page_size is missing",
		"{do: throttle, regoin: eu-west-1}":        "regoin",
		"{do: latency, latency: half an hour}":     "time.Duration",
		"{do: throttle, first: 2}, {do: [cut]}":    "string",
	} {
		_, err := sandbox.ParseScenario(fmt.Appendf(nil, "faults: [%s]", fault))
		if err == nil || !strings.Contains(err.Error(), part) {
			t.Errorf("%s: error %v, want one with %q", fault, err, part)
		}
	}
}
