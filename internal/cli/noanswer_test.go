package cli_test

import (
	"bytes"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
)

// blinding answers one operation with a sign-in page while it is on, and keeps what is asked for that
// changes something.
type blinding struct {
	operation string
	on        atomic.Bool

	mu     sync.Mutex
	writes []string
}

func (b *blinding) handle(aws http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return
		}
		asked := r.Method + " " + r.URL.RawQuery + " " + r.Header.Get("X-Amz-Target") + " " + string(body)
		if b.on.Load() {
			b.note(asked)
			if strings.Contains(asked, b.operation) {
				w.Header().Set("Content-Type", "text/html")
				_, _ = io.WriteString(w, "<!DOCTYPE html><html><body>Sign in</body></html>")
				return
			}
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		aws.ServeHTTP(w, r)
	})
}

// note keeps a request that takes something away.
func (b *blinding) note(asked string) {
	if strings.Contains(asked, "Action=Delete") || strings.Contains(asked, "Logs_20140328.Delete") || strings.HasPrefix(asked, http.MethodDelete) {
		b.mu.Lock()
		defer b.mu.Unlock()
		b.writes = append(b.writes, asked)
	}
}

// TestRollbackTakesNothingAwayThatItCannotSee: whether another flow log uses the role and the group is
// asked of DescribeFlowLogs, which is answered with a sign-in page.
func TestRollbackTakesNothingAwayThatItCannotSee(t *testing.T) {
	t.Parallel()
	b := &blinding{operation: "Action=DescribeFlowLogs"}
	w := embedded(t, twoVPCs, b.handle)
	w.env = append(w.env, "AWS_MAX_ATTEMPTS=1")
	w.run(0, "flowproof", "plan", "--quiet", "--out", "plan.json")
	w.run(0, "flowproof", "apply", "plan.json", w.approval())
	b.on.Store(true)
	said := w.run(6, "flowproof", "rollback", "plan.json", w.approval())
	if len(b.writes) > 0 {
		t.Errorf("rollback sent %q", b.writes)
	}
	if !strings.Contains(strings.Join(strings.Fields(said), " "), "no answer of DescribeFlowLogs") {
		t.Errorf("rollback does not say why:\n%s", said)
	}
	b.on.Store(false)
	w.run(0, "flowproof", "rollback", "plan.json", "--delete-data", "MyFlowLogs", w.approval())
}

// TestApplyCallsNothingDoneThatItCannotSee has the sign-in page in place of what apply looks at.
func TestApplyCallsNothingDoneThatItCannotSee(t *testing.T) {
	t.Parallel()
	b := &blinding{operation: "Action=DescribeFlowLogs"}
	w := embedded(t, twoVPCs, b.handle)
	w.env = append(w.env, "AWS_MAX_ATTEMPTS=1")
	w.run(0, "flowproof", "plan", "--quiet", "--out", "plan.json")
	b.on.Store(true)
	if said := w.run(6, "flowproof", "apply", "plan.json", w.approval()); strings.Contains(said, "done: create-flow-log") {
		t.Errorf("a flow log is called done:\n%s", said)
	}
	if len(b.writes) > 0 {
		t.Errorf("apply sent %q", b.writes)
	}
	b.on.Store(false)
	w.run(0, "flowproof", "apply", "plan.json", w.approval())
}
