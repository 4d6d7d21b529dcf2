package sandbox_test

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
)

// answered is the head of an answer.
type answered struct {
	status int
	media  string
	length int64 // -1 where it is not said
}

// body gives the beginning of the answer to DescribeVpcs, as it is on the wire.
func (w *world) body(t *testing.T, call string) (response answered, body []byte) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, w.url, strings.NewReader(call))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=test/20260101/eu-west-1/ec2/aws4_request, SignedHeaders=host, Signature=0")
	request.Header.Set("Accept-Encoding", "identity") // what is packed stays so
	client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	came, err := client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer came.Body.Close()
	body, err = io.ReadAll(io.LimitReader(came.Body, 1<<20))
	if err != nil {
		t.Fatal(err)
	}
	return answered{came.StatusCode, came.Header.Get("Content-Type"), came.ContentLength}, body
}

func TestWhatComesInPlaceOfAnAnswer(t *testing.T) {
	t.Parallel()
	tests := []struct {
		fault  string
		status int
		media  string
		want   string // how the body begins
	}{
		{"do: no-answer, body: html", 200, "text/html; charset=utf-8", "<!DOCTYPE html>"},
		{"do: no-answer, body: empty", 200, "text/plain", ""},
		{"do: no-answer, body: no-content", 204, "text/plain", ""},
		{"do: no-answer, body: json", 200, "application/json", `{"message":"OK"}`},
		{"do: no-answer, body: text", 200, "text/plain; charset=utf-8", "It works!"},
		{"do: no-answer, body: error", 200, "text/xml;charset=UTF-8", `<?xml version="1.0" encoding="UTF-8"?>` + "\n<Response><Errors><Error><Code>AccessDenied"},
		{"do: no-answer, body: other", 200, "text/xml;charset=UTF-8", `<?xml version="1.0" encoding="UTF-8"?>` + "\n<ListSomethingElseResponse "},
		{"do: no-answer, body: bare", 200, "text/xml;charset=UTF-8", `<?xml version="1.0" encoding="UTF-8"?>` + "\n<DescribeVpcsResponse "},
		{"do: redirect, location: 'https://a.example/b'", 302, "text/xml;charset=UTF-8", ""},
		{"do: redirect, status: 308, location: 'https://a.example/b'", 308, "text/xml;charset=UTF-8", ""},
	}
	for _, tt := range tests {
		t.Run(tt.fault, func(t *testing.T) {
			t.Parallel()
			response, body := start(t, scenario(t, "faults: [{"+tt.fault+"}]")).body(t, "Action=DescribeVpcs&Version=2016-11-15")
			if response.status != tt.status || response.media != tt.media {
				t.Errorf("status %d, %s", response.status, response.media)
			}
			if !strings.HasPrefix(string(body), tt.want) || tt.want == "" && len(body) > 0 {
				t.Errorf("body %.200q", body)
			}
			if bytes.Contains(body, []byte("vpcSet")) {
				t.Error("it has the list")
			}
		})
	}
}

func TestAnAnswerThatNeverEnds(t *testing.T) {
	t.Parallel()
	for fault, want := range map[string]string{
		"body: text": "<text>endless endless ", "body: error": "EndlessEndless", "body: list": "<vpcId>",
	} {
		for _, packed := range []string{"false", "true"} {
			t.Run(fault+" packed: "+packed, func(t *testing.T) {
				t.Parallel()
				w := start(t, scenario(t, "faults: [{do: endless, gzip: "+packed+", "+fault+"}]"))
				response, body := w.body(t, "Action=DescribeVpcs&Version=2016-11-15")
				if packed == "true" {
					z, err := gzip.NewReader(bytes.NewReader(body))
					if err != nil {
						t.Fatal(err)
					}
					body, err = io.ReadAll(io.LimitReader(z, 1<<20))
					if err != nil {
						t.Fatal(err)
					}
				}
				if len(body) != 1<<20 || !strings.Contains(string(body), want) || response.length != -1 {
					t.Errorf("%d bytes, %.300q", len(body), body)
				}
			})
		}
	}
}

func TestACallIsActedOnOnlyIfTheFaultSaysSo(t *testing.T) {
	t.Parallel()
	for fault, want := range map[string]int{"": 0, ", acted: true": 1} {
		w := start(t, scenario(t, "faults: [{operation: CreateLogGroup, do: no-answer, body: empty"+fault+"}]"))
		if _, err := w.logs("eu-west-1").CreateLogGroup(t.Context(), &cloudwatchlogs.CreateLogGroupInput{LogGroupName: aws.String("g")}); err != nil {
			t.Fatal(err)
		}
		out, err := w.logs("eu-west-1").DescribeLogGroups(t.Context(), nil)
		if err != nil || len(out.LogGroups) != want {
			t.Errorf("%q: %d groups, error %v, want %d", fault, len(out.LogGroups), err, want)
		}
	}
}

func TestPagesThatComeRound(t *testing.T) {
	t.Parallel()
	w := start(t, scenario(t, many+"faults: [{do: page-size, page_size: 10}, {do: repeat-token}]"))
	in, tokens := &ec2.DescribeVpcsInput{}, map[string]int{}
	for range 3 {
		out, err := w.ec2("eu-west-1").DescribeVpcs(t.Context(), in)
		if err != nil || len(out.Vpcs) != 10 {
			t.Fatal(len(out.Vpcs), err)
		}
		in.NextToken = out.NextToken
		tokens[aws.ToString(out.NextToken)]++
	}
	if len(tokens) != 1 || tokens[""] != 0 {
		t.Errorf("tokens %v, want the same one three times", tokens)
	}
}
