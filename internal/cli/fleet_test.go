package cli_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"net/http/httptest"
	"os"
	"slices"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"

	"flowproof/internal/sandbox"
	"flowproof/internal/sandbox/fleet"
)

// serveFleet serves a fleet and writes its truth: fleet KEY=VALUE,... FILE.
func serveFleet(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: fleet KEY=VALUE,... TRUTH")
	}
	spec, err := fleet.Parse(args[0])
	ts.Check(err)
	f := sandbox.Organisation(spec)
	var truth bytes.Buffer
	ts.Check(f.WriteTruth(&truth))
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), truth.Bytes(), 0o600))
	aws := sandbox.NewFleet(f)
	server := httptest.NewServer(aws)
	ts.Defer(server.Close)
	ts.Defer(aws.Close)
	ts.Setenv("AWS_ENDPOINT_URL", server.URL)
}

// claim is what a truth or a report says of one thing.
type claim struct {
	Type, Account, Region, Rule, Resource, Owner string

	Status, Cause, Outcome, Assurance string
	VPCs                              int
	Assumed                           bool
}

// about tells claims apart: two truths about one thing are one too many.
func (c claim) about() claim {
	return claim{Type: c.Type, Account: c.Account, Region: c.Region, Rule: c.Rule, Resource: c.Resource, Owner: c.Owner}
}

// scanDocument is what a report says of the things that a truth is about.
type scanDocument struct {
	Ledger []struct {
		Account, Region, Status string
		Assumed                 bool
		VPCs                    int
		Gaps                    []struct{ Cause string }
	}
	Findings []struct {
		Rule, Outcome, Assurance string
		Resource                 struct{ ID, Account, Region, Owner string }
	}
}

// claims turns a report into the form of a truth.
func (d scanDocument) claims() []claim {
	var all []claim
	for _, r := range d.Ledger {
		var causes []string
		for _, g := range r.Gaps {
			causes = append(causes, g.Cause)
		}
		slices.Sort(causes)
		all = append(all, claim{
			Type: "scope", Account: r.Account, Region: r.Region, Status: r.Status,
			Cause: strings.Join(slices.Compact(causes), " "), VPCs: r.VPCs, Assumed: r.Assumed,
		})
	}
	for _, f := range d.Findings {
		all = append(all, claim{
			Type: "finding", Account: f.Resource.Account, Region: f.Resource.Region, Rule: f.Rule,
			Resource: f.Resource.ID, Owner: f.Resource.Owner, Outcome: f.Outcome, Assurance: f.Assurance,
		})
	}
	return all
}

// holdsTruth compares a report in JSON with a fleet's truth, claim by claim: truth TRUTH REPORT.
func holdsTruth(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 2 {
		ts.Fatalf("usage: [!] truth TRUTH REPORT")
	}
	var document scanDocument
	ts.Check(json.Unmarshal([]byte(ts.ReadFile(args[1])), &document))
	said := map[claim]claim{}
	for _, c := range document.claims() {
		if _, twice := said[c.about()]; twice {
			ts.Fatalf("the report says twice: %+v", c)
		}
		said[c.about()] = c
	}
	lines, wrong := 0, 0
	for s := bufio.NewScanner(strings.NewReader(ts.ReadFile(args[0]))); s.Scan(); lines++ {
		var want claim
		ts.Check(json.Unmarshal(s.Bytes(), &want))
		if got := said[want.about()]; got != want {
			if wrong++; wrong <= 10 && !neg {
				ts.Logf("true: %+v\nsaid: %+v", want, got)
			}
		}
		delete(said, want.about())
	}
	for _, c := range said {
		if wrong++; wrong <= 20 && !neg {
			ts.Logf("said, and not true: %+v", c)
		}
	}
	ts.Logf("%d claims compared", lines)
	if (wrong > 0) != neg || lines == 0 {
		ts.Fatalf("%d of %d claims differ from the truth", wrong, lines)
	}
}
