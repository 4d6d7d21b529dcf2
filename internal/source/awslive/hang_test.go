package awslive

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"

	diff "github.com/google/go-cmp/cmp"

	"flowproof/internal/event"
	"flowproof/internal/rule"
	"flowproof/internal/rules"
	"flowproof/internal/sandbox"
	"flowproof/internal/sandbox/fleet"
	"flowproof/internal/scan"
)

// unwired hands calls to an AWS without a network between them, so that time can be made up.
type unwired struct{ aws http.Handler }

// Do implements aws.HTTPClient. A handler that breaks the connection off panics.
func (u unwired) Do(r *http.Request) (_ *http.Response, err error) {
	defer func() {
		if broken := recover(); broken != nil {
			err = cmp.Or(r.Context().Err(), io.ErrUnexpectedEOF)
		}
	}()
	recorded := httptest.NewRecorder()
	u.aws.ServeHTTP(recorded, r)
	return recorded.Result(), nil
}

// ledgerRow is what a run, or the truth about a fleet, says of a scope.
type ledgerRow struct{ Status, Cause string }

// ledger is a reader of a run that keeps its ledger.
type ledger map[string]ledgerRow

// Handle implements event.Handler.
func (l ledger) Handle(e event.Event) error {
	if e.Type != event.TypeScope {
		return nil
	}
	row := ledgerRow{Status: string(e.Scope.Status)}
	for _, g := range e.Scope.Gaps {
		row.Cause = string(g.Cause)
	}
	l[e.Scope.Account+"/"+e.Scope.Region] = row
	return nil
}

// trueLedger is the ledger that a fleet must give.
func trueLedger(t *testing.T, f *fleet.Fleet) ledger {
	t.Helper()
	var truth bytes.Buffer
	if err := f.WriteTruth(&truth); err != nil {
		t.Fatal(err)
	}
	l := ledger{}
	for lines := bufio.NewScanner(&truth); lines.Scan(); {
		var line struct{ Type, Account, Region, Status, Cause string }
		if err := json.Unmarshal(lines.Bytes(), &line); err != nil {
			t.Fatal(err)
		}
		if line.Type == "scope" {
			l[line.Account+"/"+line.Region] = ledgerRow{line.Status, line.Cause}
		}
	}
	return l
}

// TestHangingAccountsCostTheirOwnScopesAndAKnownTime runs a whole scan of an organisation in which
// every tenth account lets itself be entered and never answers then. They are waited for at the same
// time, for the one call that shows that there is no answer, while all others are read.
func TestHangingAccountsCostTheirOwnScopesAndAKnownTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		spec, err := fleet.Parse("accounts=200,regions=3,hanging=10%,latency=30ms,throttle=off")
		if err != nil {
			t.Fatal(err)
		}
		f := sandbox.Organisation(spec)
		want := trueLedger(t, f)
		server := sandbox.NewFleet(f)
		defer server.Close()
		cfg, err := ConfigAt("http://127.0.0.1:1")
		if err != nil {
			t.Fatal(err)
		}
		cfg.HTTPClient, cfg.Region = unwired{server}, "us-east-1"
		o, err := newOrganization(Options{Now: time.Now}, Membership{Role: Role{Name: "flowproof-read", Session: "flowproof", Duration: time.Hour}}, regionFilter{}, cfg)
		if err != nil {
			t.Fatal(err)
		}
		chosen, err := rules.Set("default")
		if err != nil {
			t.Fatal(err)
		}
		spool := event.NewSpool()
		defer func() {
			if err := spool.Close(); err != nil {
				t.Error(err)
			}
		}()
		got := ledger{}
		began := time.Now()
		sum, err := scan.Run(t.Context(), scan.Options{
			Source: o, Rules: chosen, Policy: rule.DefaultPolicy(), Spool: spool, Live: []event.Handler{got},
			Status: func(event.Summary) int { return 0 }, Now: time.Now, Workers: 512,
		})
		if err != nil {
			t.Fatal(err)
		}
		if differ := diff.Diff(want, got); differ != "" {
			t.Errorf("ledger (-true +said):\n%s", differ)
		}
		if sum.Scopes.Unread == 0 || sum.Scopes.Unread*5 > sum.Scopes.Read {
			t.Errorf("%d scopes unread, %d read", sum.Scopes.Unread, sum.Scopes.Read)
		}
		const allOthers = 5 * time.Second
		if took := time.Since(began); took > callDeadline+allOthers {
			t.Errorf("it took %s, want up to %s", took, callDeadline+allOthers)
		}
	})
}
