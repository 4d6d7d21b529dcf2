package sandbox

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

func TestOnlyRequestsToThisMachineAreAnswered(t *testing.T) {
	t.Parallel()
	aws, err := New(DefaultScenario())
	if err != nil {
		t.Fatal(err)
	}
	handler := LoopbackOnly(aws)
	for host, want := range map[string]int{
		"127.0.0.1": 200, "127.0.0.1:4566": 200, "127.8.9.10:1": 200, "localhost": 200, "LocalHost:4566": 200, "localhost.": 200, "localhost.:4566": 200,
		"[::1]:4566": 200, "[::1]": 200, "[::ffff:127.0.0.1]:4566": 200, "bucket.localhost:4566": 200, "bucket.s3.localhost:4566": 200, "a.b.c.localhost": 200,
		"rebound.example": 421, "rebound.example:4566": 421, "localhost.example": 421, "127.0.0.1.example": 421, "notlocalhost": 421, "": 421,
		"10.0.0.1:4566": 421, "0.0.0.0:4566": 421, "169.254.169.254": 421, "[2001:db8::1]:4566": 421, "[::]": 421, "2130706433": 421, "0x7f.1": 421,
		"127.0.0.1@rebound.example": 421, "localhost:4566.example": 421, ".localhost.evil": 421, "ec2.us-east-1.amazonaws.com": 421, "\x1b[31m": 421,
	} {
		r := httptest.NewRequestWithContext(context.Background(), http.MethodGet, "/", nil)
		r.Host = host
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		if w.Code != want {
			t.Errorf("Host %q: %d, want %d", host, w.Code, want)
		}
		if strings.Contains(w.Body.String(), "\x1b") {
			t.Errorf("Host %q is shown as it is: %q", host, w.Body)
		}
	}
}

// TestARequestThatDoesNotComeIsGivenUp limits the time to send a request, and not that of an answer.
func TestARequestThatDoesNotComeIsGivenUp(t *testing.T) {
	t.Parallel()
	scenario := DefaultScenario()
	scenario.Latency = 200 * time.Millisecond
	aws, err := New(scenario)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewUnstartedServer(aws)
	server.Config.ReadTimeout = 50 * time.Millisecond
	server.Start()
	t.Cleanup(server.Close)
	const call = "Action=DescribeVpcs&Version=2016-11-15"
	never, stop := io.Pipe()
	t.Cleanup(func() { _ = stop.Close() })
	for name, test := range map[string]struct {
		body io.Reader
		want int
	}{
		"a body that never comes":        {never, http.StatusRequestTimeout},
		"an answer that takes its time":  {strings.NewReader(call), http.StatusOK},
		"a body that comes half the way": {io.MultiReader(strings.NewReader(call[:10]), never), http.StatusRequestTimeout},
	} {
		r, err := http.NewRequestWithContext(context.Background(), http.MethodPost, server.URL, test.body)
		if err != nil {
			t.Fatal(err)
		}
		r.ContentLength = int64(len(call))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/ec2/aws4_request, SignedHeaders=host, Signature=0")
		answer, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		_ = answer.Body.Close()
		if answer.StatusCode != test.want {
			t.Errorf("%s: %d, want %d", name, answer.StatusCode, test.want)
		}
	}
}

func FuzzLoopback(f *testing.F) {
	f.Add("localhost:1")
	f.Add("[::1")
	f.Fuzz(func(t *testing.T, host string) {
		if isLoopback(host) && isLoopback(host+".example") && !strings.Contains(host, ":") {
			t.Errorf("%q under another domain passes for this machine", host)
		}
	})
}
