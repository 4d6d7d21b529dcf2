package sandbox

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
)

// FuzzLogsCall holds that no document breaks CloudWatch Logs: every answer is JSON, and none
// is the sandbox's own mistake.
func FuzzLogsCall(f *testing.F) {
	sc, err := ParseScenario([]byte(`accounts: [{id: "123456789012", regions: {eu-west-1: {vpcs: [{id: vpc-1, interfaces: 2, flow_logs: [{id: fl-1, group: g}]}]}}}]`))
	if err != nil {
		f.Fatal(err)
	}
	token := logToken{Stream: "s", At: 1 << 62}.encode("f/")
	f.Add("CreateLogGroup", `{"logGroupName":"h","tags":{"a":"b"},"logGroupClass":"DELIVERY"}`)
	f.Add("DescribeLogGroups", `{"nextToken":"e30","limit":1,"logGroupNamePattern":"G"}`)
	f.Add("DescribeLogStreams", `{"logGroupIdentifier":"arn:aws:logs:eu-west-1:123456789012:log-group:g","orderBy":"LastEventTime","descending":true}`)
	f.Add("GetLogEvents", `{"logGroupName":"g","logStreamName":"s","nextToken":"`+token+`","startTime":-9223372036854775808,"endTime":9223372036854775807}`)
	f.Add("PutRetentionPolicy", `{"logGroupName":"g","retentionInDays":1e2}`)
	f.Add("ListTagsForResource", `{"resourceArn":"arn:aws:logs:eu-west-1:123456789012:log-group:"}`)
	f.Fuzz(func(t *testing.T, operation, document string) {
		s, err := New(sc)
		if err != nil {
			t.Fatal(err)
		}
		for _, call := range [][2]string{{operation, document}, {"DescribeLogGroups", "{}"}} {
			r := signed("logs", "eu-west-1", call[1])
			r.Header.Set("X-Amz-Target", "Logs_20140328."+call[0])
			var w kept
			s.ServeHTTP(&w, r)
			body := w.body.String()
			if w.status == http.StatusInternalServerError || body != "" && !json.Valid([]byte(body)) {
				t.Errorf("%q with %q: HTTP %d, %q", call[0], call[1], w.status, body)
			}
		}
	})
}

// FuzzLogToken holds that a token which the sandbox did not make is refused or leads to a
// place that is asked for with bounds (see getLogEvents), and that its own are read.
func FuzzLogToken(f *testing.F) {
	f.Add("eni-1-all", 3)
	f.Add("", 0)
	f.Fuzz(func(t *testing.T, stream string, at int) {
		if at < 0 {
			at = -(at + 1)
		}
		stream = strings.ToValidUTF8(stream, "")
		for direction, forward := range map[string]bool{"f/": true, "b/": false} {
			token := logToken{Stream: stream, At: at}.encode(direction)
			if got, dir, ok := readLogToken(token, stream); !ok || got != at || dir != forward {
				t.Errorf("token %q is read as %d, %v, %v", token, got, dir, ok)
			}
			if _, _, ok := readLogToken(token, stream+"x"); ok {
				t.Error("a token of another stream is taken")
			}
		}
		if got, _, ok := readLogToken(stream, stream); ok && got < 0 {
			t.Errorf("%q leads before the first event", stream)
		}
	})
}

// FuzzIAMCall holds the same of IAM's forms, whose answers are XML.
func FuzzIAMCall(f *testing.F) {
	f.Add("CreateRole&RoleName=r&AssumeRolePolicyDocument=%7B%22Statement%22%3A%7B%22Effect%22%3A%22Allow%22%2C%22Principal%22%3A%22*%22%2C%22Action%22%3A%22sts%3A*%22%7D%7D&Tags.member.1.Key=%1b")
	f.Add("ListRoles&MaxItems=1&Marker=e30&PathPrefix=/")
	f.Add("CreatePolicy&PolicyName=p&PolicyDocument=%7B%22Version%22%3A%222012-10-17%22%2C%22Statement%22%3A%5B%5D%7D")
	f.Add("GetPolicyVersion&PolicyArn=arn:aws:iam::123456789012:policy/p&VersionId=v1")
	f.Fuzz(func(t *testing.T, query string) {
		s, err := New(DefaultScenario())
		if err != nil {
			t.Fatal(err)
		}
		checkQuery(t, s, "iam", "us-east-1", "Action="+query+"&Version=2010-05-08")
		checkQuery(t, s, "iam", "us-east-1", "Action=ListRoles&Version=2010-05-08")
	})
}
