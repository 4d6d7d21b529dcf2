package cli_test

import (
	"bytes"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
)

// signInPage is what a captive portal answers to everything, with status 200.
const signInPage = `<!doctype html><html><head><title>Sign in</title></head><body><form action="/login"></form></body></html>`

// portal answers an operation in AWS's place while it is switched on, so many times.
type portal struct {
	operation string
	body      string
	times     atomic.Int64
}

// between puts the portal before an AWS.
func (p *portal) between(aws http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		asked := strings.Contains(string(body), "Action="+p.operation+"&") || strings.HasSuffix(r.Header.Get("X-Amz-Target"), "."+p.operation)
		if asked && p.times.Load() > 0 {
			p.times.Add(-1)
			_, _ = io.WriteString(w, p.body)
			return
		}
		aws.ServeHTTP(w, r)
	})
}

// TestRollbackThroughASignInPageTakesNothingAway rolls back while DescribeFlowLogs is answered by
// something else than AWS: the flow logs go on, with their role and group.
func TestRollbackThroughASignInPageTakesNothingAway(t *testing.T) {
	t.Parallel()
	for name, body := range map[string]string{"a sign-in page": signInPage, "an empty body": "", "JSON": "{}", "a root element alone": "<DescribeFlowLogsResponse/>"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := &portal{operation: "DescribeFlowLogs", body: body}
			w := embedded(t, twoVPCs, p.between)
			w.env = append(w.env, "AWS_MAX_ATTEMPTS=1")
			w.run(0, "flowproof", "plan", "--quiet", "--out", "plan.json")
			w.run(0, "flowproof", "apply", "plan.json", "--quiet", w.approval())
			p.times.Store(1 << 30)
			out := w.run(6, "flowproof", "rollback", "plan.json", "--quiet", w.approval())
			if !strings.Contains(out, "DescribeFlowLogs") || strings.Contains(out, "undone") {
				t.Errorf("it says: %s", out)
			}
			p.times.Store(0)
			w.run(0, "flowproof", "verify", "plan.json", "--quiet", "--wait", "1m")
			w.run(6, "flowproof", "rollback", "plan.json", "--quiet", w.approval()) // keeps the group with records
			w.run(3, "flowproof", "scan", "--quiet")
		})
	}
}

// TestApplyThroughASignInPageSendsAgain has a writing operation answered by something else than AWS, and
// then by AWS: what is called done was done.
func TestApplyThroughASignInPageSendsAgain(t *testing.T) {
	t.Parallel()
	for _, operation := range []string{"PutRolePolicy", "PutRetentionPolicy", "CreateLogGroup", "CreateRole", "CreateFlowLogs"} {
		t.Run(operation, func(t *testing.T) {
			t.Parallel()
			p := &portal{operation: operation, body: signInPage}
			p.times.Store(1)
			w := embedded(t, twoVPCs, p.between)
			w.run(0, "flowproof", "plan", "--quiet", "--out", "plan.json")
			w.run(0, "flowproof", "apply", "plan.json", "--quiet", w.approval())
			if p.times.Load() != 0 {
				t.Errorf("%s was not sent", operation)
			}
			w.run(0, "flowproof", "verify", "plan.json", "--quiet", "--wait", "1m")
		})
	}
}
