package main

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// behind is a proxy in front of a server that gives every call the same answer.
func behind(t *testing.T, answer string) *proxy {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, answer)
	}))
	t.Cleanup(server.Close)
	p, err := newProxy(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.server.Close() })
	return p
}

// ask sends one call and returns the status and the answer.
func ask(t *testing.T, p *proxy, region string, form url.Values) (int, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, p.url, strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=test/20200101/"+region+"/ec2/aws4_request, SignedHeaders=host")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, string(body)
}

func TestProxyRefuses(t *testing.T) {
	t.Parallel()
	list := call{"ec2", "DescribeFlowLogs", "eu-west-1"}
	tests := []struct {
		name   string
		faults []fault
		region string
		want   []int // the statuses of calls one after the other
		says   string
	}{
		{name: "nothing", region: "eu-west-1", want: []int{200, 200}},
		{name: "a denied list, always", faults: []fault{{call: list, refusal: denied}}, region: "eu-west-1", want: []int{403, 403, 403}, says: "perform: ec2:DescribeFlowLogs because"},
		{name: "a denied list, not in other Regions", faults: []fault{{call: list, refusal: denied}}, region: "eu-west-2", want: []int{200}},
		{name: "the first two calls", faults: []fault{{call: list, refusal: throttled, first: 2}}, region: "eu-west-1", want: []int{503, 503, 200, 200}},
		{name: "a Region that is not enabled", region: "me-south-1", want: []int{401}, says: "AuthFailure"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			p := behind(t, "<answer/>")
			p.play(scene{faults: test.faults})
			var got []int
			for range test.want {
				status, body := ask(t, p, test.region, url.Values{"Action": {"DescribeFlowLogs"}})
				got = append(got, status)
				if status != http.StatusOK && !strings.Contains(body, test.says) {
					t.Errorf("the refusal is %s", body)
				}
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Error(diff)
			}
			if p.count() != len(test.want) {
				t.Errorf("%d calls were counted, not %d", p.count(), len(test.want))
			}
			p.play(scene{})
			if p.count() != 0 {
				t.Error("a new scene starts with calls of the last")
			}
		})
	}
}

const twoRegions = `<r><regionInfo>` +
	`<item><regionName>eu-west-1</regionName><optInStatus>opt-in-not-required</optInStatus></item>` +
	`<item><regionName>ap-east-2</regionName><optInStatus>opt-in-not-required</optInStatus></item>` +
	`</regionInfo></r>`

func TestProxyListsTheRegionsOfTheAccount(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		form url.Values
		want map[string]string // status by Region
	}{
		{"enabled ones", url.Values{}, map[string]string{"eu-west-1": "opt-in-not-required"}},
		{"all", url.Values{"AllRegions": {"true"}}, map[string]string{"eu-west-1": "opt-in-not-required", "ap-east-2": "not-opted-in"}},
		{
			"all that are filtered for", url.Values{"AllRegions": {"true"}, "Filter.1.Name": {"opt-in-status"}, "Filter.1.Value.1": {"not-opted-in"}},
			map[string]string{"ap-east-2": "not-opted-in"},
		},
		{
			"enabled ones by filter", url.Values{"Filter.1.Name": {"opt-in-status"}, "Filter.1.Value.1": {"opted-in"}, "Filter.1.Value.2": {"opt-in-not-required"}},
			map[string]string{"eu-west-1": "opt-in-not-required"},
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			test.form.Set("Action", "DescribeRegions")
			_, body := ask(t, behind(t, twoRegions), home, test.form)
			got := map[string]string{}
			items, err := itemsOf([]byte(body), "regionInfo")
			if err != nil {
				t.Fatal(err)
			}
			for _, item := range items {
				text := []byte(body[item.from:item.to])
				got[element(text, "regionName")] = element(text, "optInStatus")
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestProxySharesAVPC(t *testing.T) {
	t.Parallel()
	vpc := func(id, owner string) string {
		return `<item><ownerId>` + owner + `</ownerId><tagSet><item><key>a</key></item></tagSet><vpcId>` + id + `</vpcId></item>`
	}
	p := behind(t, `<r><vpcSet>`+vpc("vpc-1", account)+vpc("vpc-2", account)+`</vpcSet></r>`)
	p.play(scene{owners: map[string]string{"vpc-2": sharingAccount}})
	_, got := ask(t, p, home, url.Values{"Action": {"DescribeVpcs"}})
	if want := `<r><vpcSet>` + vpc("vpc-1", account) + vpc("vpc-2", sharingAccount) + `</vpcSet></r>`; got != want {
		t.Error(cmp.Diff(want, got))
	}
}

func TestCallsAreNamedByTheirProtocol(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, target, body string
		want               string
	}{
		{"query", "", "Action=DescribeVpcs&Version=2016-11-15", "DescribeVpcs"},
		{"JSON", "Logs_20140328.DescribeLogGroups", "{}", "DescribeLogGroups"},
		{"REST", "", "", "GET /bucket"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			r := httptest.NewRequest(http.MethodGet, "/bucket", nil)
			r.Header.Set("X-Amz-Target", test.target)
			if got := callOf(r, []byte(test.body)).action; got != test.want {
				t.Errorf("got %q", got)
			}
		})
	}
}
