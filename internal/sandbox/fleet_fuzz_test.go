package sandbox

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"flowproof/internal/sandbox/fleet"
)

// FuzzFleetCall sends calls that no client would make, under keys that nobody gave out. Each gets an
// answer, and none of them breaks the server.
func FuzzFleetCall(f *testing.F) {
	spec, err := fleet.Parse("accounts=30,regions=2,vpcs=3,shared=50%,opted-in=50%,denied=20%")
	if err != nil {
		f.Fatal(err)
	}
	s := NewFleet(Organisation(spec))
	key, token := session{account: s.population.fleet.AccountID(7), name: "me", until: time.Now().Add(time.Hour)}.encode()
	f.Add("ec2", "us-east-1", key, token, "", "/", "Action=DescribeFlowLogs&MaxResults=5")
	f.Add("ec2", "mars-1", key, "", "", "/", "Action=DescribeSubnets&NextToken=e30")
	f.Add("sts", "us-east-1", "test", "", "", "/", "Action=AssumeRole&RoleArn=arn:aws:iam::123456789012:role/x&RoleSessionName=me&DurationSeconds=-1")
	f.Add("organizations", "us-east-1", "test", "", "AWSOrganizationsV20161128.ListAccountsForParent", "/", `{"ParentId":"r-","NextToken":"e30"}`)
	f.Add("organizations", "us-east-1", "test", "", "AWSOrganizationsV20161128.ListParents", "/", `{"ChildId":7}`)
	f.Add("account", "", "ASIA", "x", "", "/listRegions", `{"AccountId":"1","MaxResults":0}`)
	f.Fuzz(func(t *testing.T, service, region, key, token, target, path, body string) {
		r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(body))
		r.URL.Path = path
		r.Header = http.Header{
			"Authorization":        {"AWS4-HMAC-SHA256 Credential=" + key + "/20260101/" + region + "/" + service + "/aws4_request, Signature=0"},
			"X-Amz-Security-Token": {token}, "X-Amz-Target": {target},
		}
		var w discard
		s.ServeHTTP(&w, r)
		if w.status >= http.StatusInternalServerError && w.status != http.StatusServiceUnavailable {
			t.Errorf("status %d", w.status)
		}
	})
}

func FuzzSession(f *testing.F) {
	spec, err := fleet.Parse("accounts=30")
	if err != nil {
		f.Fatal(err)
	}
	p := &population{fleet: Organisation(spec)}
	f.Add(uint(3), int64(1_800_000_000), "me@host")
	f.Fuzz(func(t *testing.T, n uint, until int64, name string) {
		want := session{account: p.fleet.AccountID(int(n % 30)), name: name, until: time.Unix(until&(1<<40-1), 0).UTC()}
		key, token := want.encode()
		if token == "" {
			return // AssumeRole asks for a name of two letters
		}
		r := httptest.NewRequest(http.MethodPost, "/", nil)
		r.Header.Set("X-Amz-Security-Token", token)
		c := &call{service: &service{protocol: ec2Query{}}}
		if got, refused := p.readSession(c, r, key); refused != nil || got != want || len(key) != 20 {
			t.Errorf("key %s: got %+v, %v; want %+v", key, got, refused, want)
		}
	})
}
