package sandbox

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// signed makes a request as an SDK signs it.
func signed(service, region, body string) *http.Request {
	r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(body))
	r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=test/20260101/"+region+"/"+service+"/aws4_request, SignedHeaders=host, Signature=00")
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return r
}

// discard is a response writer that only counts.
type discard struct {
	header       http.Header
	status, size int
}

func (d *discard) Header() http.Header {
	if d.header == nil {
		d.header = make(http.Header)
	}
	return d.header
}

func (d *discard) WriteHeader(status int) { d.status = status }

func (d *discard) Write(b []byte) (int, error) {
	d.size += len(b)
	return len(b), nil
}

func BenchmarkDescribe200(b *testing.B) {
	sc, err := ParseScenario([]byte(`{accounts: [{id: "123456789012", regions: {eu-west-1: {vpcs: [
		{count: 200, name: net, tags: {env: prod}, flow_logs: [{group: /vpc/all}]}]}}}]}`))
	if err != nil {
		b.Fatal(err)
	}
	for _, op := range []string{"DescribeVpcs", "DescribeFlowLogs"} {
		b.Run(op, func(b *testing.B) {
			s, err := New(sc)
			if err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			for b.Loop() {
				var w discard
				s.ServeHTTP(&w, signed("ec2", "eu-west-1", "Action="+op+"&Version=2016-11-15"))
				if w.status != http.StatusOK || w.size < 100_000 {
					b.Fatalf("status %d, %d bytes", w.status, w.size)
				}
			}
		})
	}
}

// BenchmarkFirstTouch builds a Region of 1,100 flow logs and delivers their first records.
func BenchmarkFirstTouch(b *testing.B) {
	sc, err := ParseScenario([]byte(`{accounts: [{id: "123456789012", regions: {eu-west-1: {vpcs: [
		{count: 1100, name: net, interfaces: 2, flow_logs: [{group: /vpc/all}]}]}}}]}`))
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		s, err := New(sc)
		if err != nil {
			b.Fatal(err)
		}
		var w discard
		s.ServeHTTP(&w, signed("ec2", "eu-west-1", "Action=DescribeFlowLogs"))
		if w.status != http.StatusOK {
			b.Fatalf("status %d", w.status)
		}
	}
}
