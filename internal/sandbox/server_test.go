package sandbox_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"flowproof/internal/sandbox"
)

// world is a running sandbox and the clients to talk to it.
type world struct {
	server *sandbox.Server
	url    string
}

// start runs a sandbox for the length of a test.
func start(t *testing.T, sc sandbox.Scenario, options ...sandbox.Option) *world {
	t.Helper()
	s, err := sandbox.New(sc, options...)
	if err != nil {
		t.Fatal(err)
	}
	h := httptest.NewServer(s)
	t.Cleanup(func() { s.Close(); h.Close() })
	return &world{server: s, url: h.URL}
}

// scenario parses YAML that a test spells out.
func scenario(t *testing.T, text string) sandbox.Scenario {
	t.Helper()
	sc, err := sandbox.ParseScenario([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return sc
}

func (w *world) config(region, key string) aws.Config {
	return aws.Config{
		Region: region, BaseEndpoint: aws.String(w.url),
		Credentials: credentials.NewStaticCredentialsProvider(key, "test", ""),
		Retryer:     func() aws.Retryer { return aws.NopRetryer{} },
		HTTPClient:  wholeBody{},
	}
}

// wholeBody sends a request's body in one piece. The SDK's own body breaks the
// connection when a server answers before net/http has looked for the body's end: it is
// closed by then and its WriteTo says io.EOF, which counts as a failed write.
type wholeBody struct{}

func (wholeBody) Do(r *http.Request) (*http.Response, error) {
	if r.Body != nil {
		b, err := io.ReadAll(r.Body)
		if err != nil {
			return nil, err
		}
		r.Body = io.NopCloser(bytes.NewReader(b))
	}
	return http.DefaultClient.Do(r)
}

func (w *world) ec2(region string) *ec2.Client { return ec2.NewFromConfig(w.config(region, "test")) }

func (w *world) sts(region string) *sts.Client { return sts.NewFromConfig(w.config(region, "test")) }

// bodyOf reads an answer to its end.
func bodyOf(t *testing.T, resp *http.Response) string {
	t.Helper()
	body, err := io.ReadAll(resp.Body)
	if err := errors.Join(err, resp.Body.Close()); err != nil {
		t.Fatal(err)
	}
	return string(body)
}

func TestPlainRequestSaysReady(t *testing.T) {
	t.Parallel()
	w := start(t, sandbox.DefaultScenario())
	resp, err := http.Get(w.url)
	if err != nil {
		t.Fatal(err)
	}
	body := bodyOf(t, resp)
	if resp.StatusCode != 200 || !strings.Contains(body, "ready") {
		t.Errorf("status %d, body %q", resp.StatusCode, body)
	}
}

func TestDefaultScenario(t *testing.T) {
	t.Parallel()
	w := start(t, sandbox.DefaultScenario())
	ctx := context.Background()
	me, err := w.sts("us-east-1").GetCallerIdentity(ctx, nil)
	if err != nil {
		t.Fatal(err)
	}
	if got := aws.ToString(me.Account); got != sandbox.DefaultAccount {
		t.Errorf("account %q", got)
	}
	for _, all := range []bool{false, true} {
		out, err := w.ec2("us-east-1").DescribeRegions(ctx, &ec2.DescribeRegionsInput{AllRegions: &all})
		if err != nil {
			t.Fatal(err)
		}
		disabled := 0
		for _, r := range out.Regions {
			if aws.ToString(r.OptInStatus) == "not-opted-in" {
				disabled++
				continue
			}
			checkDefaultVPC(t, w, aws.ToString(r.RegionName))
		}
		if enabled := len(out.Regions) - disabled; enabled != 17 || all && disabled != 17 || !all && disabled != 0 {
			t.Errorf("all=%v: %d enabled, %d disabled", all, enabled, disabled)
		}
	}
}

func checkDefaultVPC(t *testing.T, w *world, region string) {
	t.Helper()
	ctx := context.Background()
	vpcs, err := w.ec2(region).DescribeVpcs(ctx, nil)
	if err != nil {
		t.Fatal(err)
	}
	if len(vpcs.Vpcs) != 1 || !aws.ToBool(vpcs.Vpcs[0].IsDefault) || aws.ToString(vpcs.Vpcs[0].CidrBlock) != "172.31.0.0/16" ||
		aws.ToString(vpcs.Vpcs[0].OwnerId) != sandbox.DefaultAccount {
		t.Errorf("%s: %+v", region, vpcs.Vpcs)
	}
	subnets, err := w.ec2(region).DescribeSubnets(ctx, nil)
	if err != nil {
		t.Fatal(err)
	}
	if len(subnets.Subnets) < 2 || !aws.ToBool(subnets.Subnets[0].DefaultForAz) {
		t.Errorf("%s: %+v", region, subnets.Subnets)
	}
}

func TestUnknownOperations(t *testing.T) {
	t.Parallel()
	w := start(t, sandbox.DefaultScenario())
	ctx := context.Background()
	_, err := w.ec2("eu-west-1").DescribeInstances(ctx, nil)
	wantError(t, err, "InvalidAction", 400, "The action DescribeInstances is not valid for this web service.")
	_, err = w.sts("eu-west-1").GetSessionToken(ctx, nil)
	wantError(t, err, "InvalidAction", 400, "Could not find operation GetSessionToken for version 2011-06-15")
	_, err = w.logs("eu-west-1").DescribeQueries(ctx, nil)
	wantError(t, err, "UnknownOperationException", 400, "")
	_, err = kms.NewFromConfig(w.config("eu-west-1", "test")).ListKeys(ctx, nil)
	wantError(t, err, "UnknownOperationException", 400, "no service kms")
}

func TestRequestsThatAreNotSigned(t *testing.T) {
	t.Parallel()
	w := start(t, sandbox.DefaultScenario())
	resp, err := http.PostForm(w.url, url.Values{"Action": {"DescribeVpcs"}})
	if err != nil {
		t.Fatal(err)
	}
	body := bodyOf(t, resp)
	if resp.StatusCode != http.StatusForbidden || !strings.Contains(body, "<Code>MissingAuthenticationToken</Code>") {
		t.Errorf("status %d, body %q", resp.StatusCode, body)
	}
}

func TestPresignedCall(t *testing.T) {
	t.Parallel()
	w := start(t, sandbox.DefaultScenario())
	signed, err := sts.NewPresignClient(w.sts("eu-west-1")).PresignGetCallerIdentity(context.Background(), nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.Get(signed.URL)
	if err != nil {
		t.Fatal(err)
	}
	body := bodyOf(t, resp)
	if !strings.Contains(body, "<Account>123456789012</Account>") {
		t.Errorf("status %d, body %q", resp.StatusCode, body)
	}
}

func TestOversizedRequestIsRefused(t *testing.T) {
	t.Parallel()
	w := start(t, sandbox.DefaultScenario())
	// A body of unknown length, one byte over the bound.
	resp, err := http.Post(w.url, "application/x-www-form-urlencoded", io.LimitReader(endless{}, 4<<20+1))
	if err != nil {
		t.Fatal(err)
	}
	if body := bodyOf(t, resp); resp.StatusCode != http.StatusRequestEntityTooLarge {
		t.Errorf("status %d, body %q", resp.StatusCode, body)
	}
}

// endless reads as the letter a for ever.
type endless struct{}

func (endless) Read(b []byte) (int, error) {
	for i := range b {
		b[i] = 'a'
	}
	return len(b), nil
}
