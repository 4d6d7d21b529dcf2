package sandbox_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go"
	"github.com/google/go-cmp/cmp"

	"flowproof/internal/sandbox"
	"flowproof/internal/sandbox/fleet"
)

// newFleet serves the fleet that a text describes for the length of a test.
func newFleet(t testing.TB, text string, options ...sandbox.Option) (*fleet.Fleet, *world) {
	t.Helper()
	spec, err := fleet.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	f := sandbox.Organisation(spec)
	s := sandbox.NewFleet(f, options...)
	h := httptest.NewServer(s)
	t.Cleanup(func() { s.Close(); h.Close() })
	return f, &world{server: s, url: h.URL}
}

// enter assumes the fleet's role in an account and gives what to call it with.
func enter(t *testing.T, w *world, f *fleet.Fleet, account int, region string) aws.Config {
	t.Helper()
	out, err := w.sts("us-east-1").AssumeRole(t.Context(), &sts.AssumeRoleInput{
		RoleArn: aws.String("arn:aws:iam::" + f.AccountID(account) + ":role/flowproof-read"), RoleSessionName: aws.String("test@host"),
	})
	if err != nil {
		t.Fatal(err)
	}
	cfg := w.config(region, "")
	cfg.Credentials = credentials.NewStaticCredentialsProvider(*out.Credentials.AccessKeyId, *out.Credentials.SecretAccessKey, *out.Credentials.SessionToken)
	return cfg
}

// code is the error code of an answer, "" for success.
func code(t *testing.T, err error) string {
	t.Helper()
	var api smithy.APIError
	if err != nil && !errors.As(err, &api) {
		t.Fatalf("no answer of AWS's: %v", err)
	}
	if api == nil {
		return ""
	}
	return api.ErrorCode()
}

func TestAssumedRoleReachesItsAccount(t *testing.T) {
	t.Parallel()
	f, w := newFleet(t, "accounts=40,vpcs=3")
	cfg := enter(t, w, f, 7, "eu-west-1")
	me, err := sts.NewFromConfig(cfg).GetCallerIdentity(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if want := "arn:aws:sts::" + f.AccountID(7) + ":assumed-role/flowproof-read/test@host"; *me.Arn != want || *me.Account != f.AccountID(7) {
		t.Errorf("caller is %s of %s, want %s", *me.Arn, *me.Account, want)
	}
	out, err := ec2.NewFromConfig(cfg).DescribeVpcs(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	var got, want []string
	for _, v := range out.Vpcs {
		got = append(got, *v.VpcId)
	}
	for _, v := range f.VPCs(7, f.Region("eu-west-1")) {
		want = append(want, v.ID)
	}
	if diff := cmp.Diff(want, got); diff != "" || len(got) == 0 {
		t.Errorf("VPCs (-want +got):\n%s", diff)
	}
}

func TestAnyOtherKeyReachesTheManagementAccount(t *testing.T) {
	t.Parallel()
	f, w := newFleet(t, "accounts=40,management=111122223333")
	for key, want := range map[string]string{"test": "111122223333", f.AccountID(9): f.AccountID(9), "999999999999": "111122223333"} {
		me, err := sts.NewFromConfig(w.config("us-east-1", key)).GetCallerIdentity(t.Context(), nil)
		if err != nil || *me.Account != want {
			t.Errorf("key %s: %+v, error %v; want account %s", key, me, err, want)
		}
	}
}

func TestSessionEnds(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	f, w := newFleet(t, "accounts=40,session=10m,throttle=off", sandbox.WithClock(func() time.Time { return now }))
	cfg := enter(t, w, f, 7, "us-east-1")
	describe := func() error {
		_, err := ec2.NewFromConfig(cfg).DescribeVpcs(t.Context(), nil)
		return err
	}
	now = now.Add(10*time.Minute - time.Second)
	if err := describe(); err != nil {
		t.Errorf("before its end: %v", err)
	}
	now = now.Add(time.Second)
	if got := code(t, describe()); got != "RequestExpired" {
		t.Errorf("EC2 says %q at its end", got)
	}
	_, err := sts.NewFromConfig(cfg).GetCallerIdentity(t.Context(), nil)
	if got := code(t, err); got != "ExpiredToken" {
		t.Errorf("STS says %q at its end", got)
	}
}

func TestBadSessionIsRefused(t *testing.T) {
	t.Parallel()
	_, w := newFleet(t, "accounts=40")
	for _, key := range []string{"ASIA", "ASIAAAAAAAAAAAAAAAAA", "ASIAthis is no key!!"} {
		_, err := ec2.NewFromConfig(w.config("us-east-1", key)).DescribeVpcs(t.Context(), nil)
		if got := code(t, err); got != "AuthFailure" {
			t.Errorf("key %q: %q", key, got)
		}
	}
}

func TestRoleThatCannotBeAssumed(t *testing.T) {
	t.Parallel()
	f, w := newFleet(t, "accounts=400,denied=20%,suspended=20%,external-id=secret")
	first := func(is func(int) bool) string {
		for n := range f.Spec().Accounts {
			if is(n) {
				return f.AccountID(n)
			}
		}
		return ""
	}
	well := first(f.Enterable)
	tests := map[string]struct{ account, role, external, want string }{
		"well":                   {well, "flowproof-read", "secret", ""},
		"another external id":    {well, "flowproof-read", "guess", "AccessDenied"},
		"no external id":         {well, "flowproof-read", "", "AccessDenied"},
		"a role that is missing": {well, "Admin", "secret", "AccessDenied"},
		"denied":                 {first(func(n int) bool { return f.State(n) == fleet.StateActive && !f.Enterable(n) }), "flowproof-read", "secret", "AccessDenied"},
		"suspended":              {first(func(n int) bool { return f.State(n) == fleet.StateSuspended }), "flowproof-read", "secret", "AccessDenied"},
		"closed":                 {first(func(n int) bool { return f.State(n) == fleet.StateClosed }), "flowproof-read", "secret", "AccessDenied"},
		"outside the fleet":      {f.AccountID(400), "flowproof-read", "secret", "AccessDenied"},
	}
	for name, tt := range tests {
		in := &sts.AssumeRoleInput{RoleArn: aws.String("arn:aws:iam::" + tt.account + ":role/" + tt.role), RoleSessionName: aws.String("test")}
		if tt.external != "" {
			in.ExternalId = &tt.external
		}
		_, err := w.sts("us-east-1").AssumeRole(t.Context(), in)
		if got := code(t, err); got != tt.want {
			t.Errorf("%s (account %s): %q, want %q", name, tt.account, got, tt.want)
		}
	}
}

func TestSessionLengthIsBounded(t *testing.T) {
	t.Parallel()
	f, w := newFleet(t, "accounts=40,session=12h")
	cfg := enter(t, w, f, 3, "us-east-1")
	for name, tt := range map[string]struct {
		from    *sts.Client
		seconds int32
		want    string
	}{
		"too short":        {w.sts("us-east-1"), 899, "ValidationError"},
		"as long as is":    {w.sts("us-east-1"), 43200, ""},
		"too long":         {w.sts("us-east-1"), 43201, "ValidationError"},
		"chained":          {sts.NewFromConfig(cfg), 3600, ""},
		"chained too long": {sts.NewFromConfig(cfg), 3601, "ValidationError"},
	} {
		_, err := tt.from.AssumeRole(t.Context(), &sts.AssumeRoleInput{
			RoleArn: aws.String("arn:aws:iam::" + f.AccountID(4) + ":role/flowproof-read"), RoleSessionName: aws.String("test"), DurationSeconds: &tt.seconds,
		})
		if got := code(t, err); got != tt.want {
			t.Errorf("%s: %q, want %q", name, got, tt.want)
		}
	}
}

func TestFates(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]struct{ code, message string }{
		"regions-denied=100%": {"UnauthorizedOperation", "no identity-based policy"},
		"scp=100%":            {"UnauthorizedOperation", "explicit deny in a service control policy"},
		"throttled=100%":      {"RequestLimitExceeded", ""},
		"errors=100%":         {"InternalError", ""},
	} {
		f, w := newFleet(t, "accounts=40,"+text)
		client := ec2.NewFromConfig(enter(t, w, f, 7, "eu-west-1"))
		_, vpcs := client.DescribeVpcs(t.Context(), nil)
		_, logs := client.DescribeFlowLogs(t.Context(), nil)
		for _, err := range []error{vpcs, logs} {
			if got := code(t, err); got != want.code || !strings.Contains(err.Error(), want.message) {
				t.Errorf("%s: %v, want %+v", text, err, want)
			}
		}
		_, err := client.DescribeRegions(t.Context(), nil)
		if got := code(t, err); got != "" {
			t.Errorf("%s: the account's own Regions are refused: %v", text, err)
		}
		if _, err := w.ec2("eu-west-1").DescribeVpcs(t.Context(), nil); err != nil {
			t.Errorf("%s: the management account is refused: %v", text, err)
		}
	}
}

func TestOneOfTwoListsIsDenied(t *testing.T) {
	t.Parallel()
	f, w := newFleet(t, "accounts=40,lists-denied=100%")
	seen := map[string]bool{}
	for n := 2; n < 20; n++ {
		client := ec2.NewFromConfig(enter(t, w, f, n, "eu-west-1"))
		_, vpcs := client.DescribeVpcs(t.Context(), nil)
		_, logs := client.DescribeFlowLogs(t.Context(), nil)
		seen[code(t, vpcs)+"/"+code(t, logs)] = true
	}
	want := map[string]bool{"UnauthorizedOperation/": true, "/UnauthorizedOperation": true}
	if diff := cmp.Diff(want, seen); diff != "" {
		t.Errorf("answers to DescribeVpcs/DescribeFlowLogs (-want +got):\n%s", diff)
	}
}

func TestHangingAccountIsEnteredAndNeverAnswers(t *testing.T) {
	t.Parallel()
	f, w := newFleet(t, "accounts=40,hanging=100%")
	cfg := enter(t, w, f, 7, "us-east-1")
	began := make(chan struct{})
	ctx, cancel := context.WithCancel(t.Context())
	cfg.HTTPClient = doer(func(r *http.Request) (*http.Response, error) {
		close(began)
		return wholeBody{}.Do(r)
	})
	go func() {
		<-began
		cancel()
	}()
	if _, err := ec2.NewFromConfig(cfg).DescribeVpcs(ctx, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

type doer func(*http.Request) (*http.Response, error)

func (d doer) Do(r *http.Request) (*http.Response, error) { return d(r) }

func TestBucketsOfEachAccountRegionAndAction(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	f, w := newFleet(t, "accounts=40", sandbox.WithClock(func() time.Time { return now }))
	client := w.ec2("eu-west-1")
	calls := func(c *ec2.Client, most int) (answered int) {
		for range most {
			_, err := c.DescribeVpcs(t.Context(), nil)
			if got := code(t, err); got == "RequestLimitExceeded" {
				return answered
			}
			answered++
		}
		return answered
	}
	if n := calls(client, 200); n != 100 {
		t.Errorf("a full bucket answers %d calls, want 100", n)
	}
	if n := calls(w.ec2("eu-west-2"), 1); n != 1 {
		t.Error("another Region has the same bucket")
	}
	if n := calls(ec2.NewFromConfig(w.config("eu-west-1", f.AccountID(3))), 1); n != 1 {
		t.Error("another account has the same bucket")
	}
	if _, err := client.DescribeFlowLogs(t.Context(), nil); err != nil {
		t.Errorf("another action has the same bucket: %v", err)
	}
	now = now.Add(time.Second)
	if n := calls(client, 200); n != 20 {
		t.Errorf("a second later %d calls are answered, want 20", n)
	}
	now = now.Add(time.Hour)
	if n := calls(client, 200); n != 100 {
		t.Errorf("an hour later %d calls are answered, want 100", n)
	}
}

func TestCrowdedRegionComesInPages(t *testing.T) {
	t.Parallel()
	for text, pages := range map[string]int{"": 3, ",page-size=500": 5} {
		f, w := newFleet(t, "accounts=2,crowded=100%,crowd=2100"+text)
		p := ec2.NewDescribeVpcsPaginator(w.ec2("eu-west-1"), &ec2.DescribeVpcsInput{MaxResults: aws.Int32(1000)})
		n, seen := 0, map[string]bool{}
		for ; p.HasMorePages(); n++ {
			page, err := p.NextPage(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			for _, v := range page.Vpcs {
				seen[*v.VpcId] = true
			}
		}
		if want := len(f.VPCs(0, f.Region("eu-west-1"))); n != pages || len(seen) != want || want != 2101 {
			t.Errorf("%d pages with %d VPCs, want %d with %d", n, len(seen), pages, want)
		}
	}
}

func TestFleetLists(t *testing.T) {
	t.Parallel()
	f, w := newFleet(t, "accounts=120,vpcs=2,shared=50%,foreign=20%,hostile=50%")
	for n := 2; n < 20; n++ {
		client := ec2.NewFromConfig(enter(t, w, f, n, "eu-west-1"))
		region := f.Region("eu-west-1")
		logs, err := client.DescribeFlowLogs(t.Context(), nil)
		if err != nil {
			t.Fatal(err)
		}
		subnets, err := client.DescribeSubnets(t.Context(), nil)
		if err != nil {
			t.Fatal(err)
		}
		interfaces, err := client.DescribeNetworkInterfaces(t.Context(), nil)
		if err != nil {
			t.Fatal(err)
		}
		known := map[string]bool{}
		for _, v := range f.VPCs(n, region) {
			known[v.ID] = true
		}
		for _, s := range subnets.Subnets {
			if !known[*s.VpcId] {
				t.Errorf("account %d: subnet %s is in no VPC of the list", n, *s.SubnetId)
			}
			known[*s.SubnetId] = true
		}
		for _, e := range interfaces.NetworkInterfaces {
			if !known[*e.SubnetId] || *e.OwnerId != f.AccountID(n) {
				t.Errorf("account %d: interface %s is in no subnet of the list, or another's", n, *e.NetworkInterfaceId)
			}
			known[*e.NetworkInterfaceId] = true
		}
		for _, l := range logs.FlowLogs {
			if !known[*l.ResourceId] {
				t.Errorf("account %d: flow log %s is on %s, which is in no list", n, *l.FlowLogId, *l.ResourceId)
			}
		}
		if len(logs.FlowLogs) != len(f.FlowLogs(n, region)) {
			t.Errorf("account %d: %d flow logs, want %d", n, len(logs.FlowLogs), len(f.FlowLogs(n, region)))
		}
	}
}

func TestFleetRegions(t *testing.T) {
	t.Parallel()
	_, w := newFleet(t, "accounts=2,regions=3")
	out, err := w.ec2("us-east-1").DescribeRegions(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, r := range out.Regions {
		names = append(names, *r.RegionName)
	}
	slices.Sort(names)
	if diff := cmp.Diff([]string{"ap-northeast-1", "ap-northeast-2", "us-east-1"}, names); diff != "" {
		t.Errorf("enabled Regions (-want +got):\n%s", diff)
	}
	for _, region := range []string{"eu-west-1", "me-south-1", "mars-north-1"} {
		_, err := w.ec2(region).DescribeVpcs(t.Context(), nil)
		if got := code(t, err); got != "AuthFailure" {
			t.Errorf("%s: %q", region, got)
		}
	}
}

func TestFleetCannotBeWritten(t *testing.T) {
	t.Parallel()
	_, w := newFleet(t, "accounts=2")
	_, err := w.ec2("us-east-1").CreateVpc(t.Context(), &ec2.CreateVpcInput{CidrBlock: aws.String("10.0.0.0/16")})
	if got := code(t, err); got != "InvalidAction" {
		t.Errorf("CreateVpc: %q", got)
	}
	if calls := w.server.Calls(); len(calls) != 0 {
		t.Errorf("%d calls are kept", len(calls))
	}
}
