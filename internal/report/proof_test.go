package report

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"flowproof/internal/event"
	"flowproof/internal/finding"
	"flowproof/internal/inventory"
)

// arrive appends a verdict on a flow log's arrivals.
func (c *scenario) arrive(id string, l inventory.FlowLog, o finding.Outcome, message string, a *finding.Arrival, gaps ...inventory.Gap) *scenario {
	r := c.flowLog(id, "")
	l.ID = id
	c.add(finding.Finding{
		Fingerprint: finding.Fingerprint(arrivalRule, r.ARN, ""), Rule: arrivalRule, Outcome: o, Severity: finding.Medium,
		Message: message, Resource: r, Evidence: finding.Evidence{FlowLogs: []inventory.FlowLog{l}, Arrival: a},
		Gaps: append([]inventory.Gap{}, gaps...),
	})
	return c
}

// proofRun is a run in which each state occurs.
func proofRun() []event.Event {
	at := time.Date(2026, 11, 23, 8, 56, 0, 0, time.UTC)
	since := at.Add(-24 * time.Hour)
	logs := func(resource string) inventory.FlowLog {
		return inventory.FlowLog{ResourceID: resource, DestinationType: inventory.ToCloudWatchLogs, LogGroup: "MyFlowLogs"}
	}
	denied := gap(inventory.Arriving, "logs:DescribeLogStreams", inventory.Denied, "no identity-based policy allows it")
	denied.Resource = "MyFlowLogs"
	c := newScenario().read("111122223333", "eu-west-1", 5)
	c.judge(vpcRule, c.vpc("vpc-0a", "core \u202etxt"), finding.Pass, finding.Delivering, "fl-0a is ACTIVE and records arrive")
	c.arrive("fl-0a", logs("vpc-0a"), finding.Pass, "records arrive: the newest seen is of 2026-11-23 08:56 UTC; 1 of 6 interfaces in use seen", &finding.Arrival{
		Since: since, Newest: at, Sign: inventory.SeenRecord, InUse: 6,
		Seen: []finding.SeenOf{{Interface: "eni-1", Newest: at}}, Unseen: []string{"eni-2", "eni-3", "eni-4", "eni-5", "eni-6"},
		Records: &finding.Records{Read: 13, OK: 9, NoData: 1, SkipData: 2, Other: 1, Malformed: 1, Lines: []string{"2 123456789012 eni-1 \x1b[31m10.0.0.5 10.0.1.7 443 49152 6 10 840 1795640040 1795640100 ACCEPT OK"}},
	})
	c.judge(vpcRule, c.vpc("vpc-0b", ""), finding.Fail, finding.Absent, "no flow log on the VPC itself")
	c.judge(vpcRule, c.vpc("vpc-0c", ""), finding.Pass, finding.Unproven, "fl-0c is ACTIVE and not failing; arrival of records is not proven")
	c.arrive("fl-0c", logs("vpc-0c"), finding.Fail, "no record from 2026-11-22 08:56 UTC to 2026-11-23 06:56 UTC, though eni-9 was in use all that time", &finding.Arrival{
		Since: since, InUse: 1, Seen: []finding.SeenOf{}, Unseen: []string{"eni-9"},
	})
	c.judge(vpcRule, c.vpc("vpc-0d", ""), finding.Pass, finding.Unproven, "fl-0d is ACTIVE and not failing; arrival of records is not proven")
	c.arrive("fl-0d", logs("vpc-0d"), finding.NotApplicable, "no network interface on vpc-0d is in use: there is nothing to record", nil)
	c.arrive("fl-0s", logs("subnet-0123456789abcdef0"), finding.Pass, "records arrive: the newest seen is of 2026-11-23 08:00 UTC", &finding.Arrival{
		Since: since, Newest: at, Sign: inventory.SeenAsObject, Seen: []finding.SeenOf{}, Unseen: []string{},
	})
	c.scope("111122223333", "eu-west-2", inventory.StatusIncomplete, 1, denied)
	c.judge(vpcRule, c.vpc("vpc-0e", ""), finding.Pass, finding.Unproven, "fl-0e is ACTIVE and not failing; arrival of records is not proven")
	c.arrive("fl-0e", logs("vpc-0e"), finding.Unknown, "could not be looked at: logs:DescribeLogStreams denied: no", nil, denied)
	return c.end(9, 400*time.Millisecond)
}

func TestProofGoldens(t *testing.T) {
	t.Parallel()
	for file, look := range map[string]look{
		"prove.json": {format: JSON}, "80.txt": {format: Text, Options: Options{Plan: planCommand}}, "80-colour.txt": {format: Text, Options: Options{Colour: true}},
		"120-verbose.txt": {format: Text, Options: Options{Width: 120, Verbose: true}}, "40.txt": {format: Text, Options: Options{Width: 40}},
	} {
		t.Run(file, func(t *testing.T) {
			t.Parallel()
			var out bytes.Buffer
			if err := WriteProof(look.format, &out, spoolOf(t, proofRun()), look.Options); err != nil {
				t.Fatal(err)
			}
			path := filepath.Join("testdata", "proof", file)
			if *update {
				if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(path, out.Bytes(), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), out.String()); diff != "" {
				t.Errorf("%s (-want +got; rewrite with -update):\n%s", path, diff)
			}
			if look.format == JSON {
				if err := validate(t, compiled(t, proofSchema, true), out.Bytes()); err != nil {
					t.Error(err)
				}
			}
		})
	}
}

func TestProofOfPartOfARunIsNone(t *testing.T) {
	t.Parallel()
	events := proofRun()
	if err := WriteProof(JSON, &bytes.Buffer{}, spoolOf(t, events[:len(events)-1]), Options{}); err == nil {
		t.Error("a run that was cut off gives a proof")
	}
	if err := WriteProof("pdf", &bytes.Buffer{}, spoolOf(t, events), Options{}); err == nil {
		t.Error("a format that is none gives a proof")
	}
}

func TestProofState(t *testing.T) {
	t.Parallel()
	vpc := func(a finding.Assurance) *finding.Finding { return &finding.Finding{Assurance: a} }
	log := func(outcomes ...finding.Outcome) (logs []finding.Finding) {
		for _, o := range outcomes {
			logs = append(logs, finding.Finding{Outcome: o})
		}
		return logs
	}
	tests := []struct {
		name string
		p    proof
		want proofState
	}{
		{"no flow log", proof{vpc(finding.Absent), nil}, notRecorded},
		{"off", proof{vpc(finding.Inactive), log(finding.NotApplicable)}, notRecorded},
		{"failing, though it delivered before", proof{vpc(finding.Failing), log(finding.Pass)}, notRecorded},
		{"not known", proof{vpc(""), nil}, notProven},
		{"all arrived", proof{vpc(finding.Delivering), log(finding.Pass, finding.NotApplicable)}, proven},
		{"one of two was seen", proof{vpc(finding.Delivering), log(finding.Pass, finding.Unknown)}, notProven},
		{"one of two had to deliver and did not", proof{vpc(finding.Delivering), log(finding.Unknown, finding.Fail, finding.Pass)}, nothingCame},
		{"nothing in use", proof{vpc(finding.Unproven), log(finding.NotApplicable)}, nothingToDo},
		{"by its subnets", proof{vpc(finding.Delivering), nil}, proven},
		{"by its subnets, not seen", proof{vpc(finding.Unproven), nil}, notProven},
		{"accepted by somebody", proof{vpc(finding.Unproven), []finding.Finding{{Outcome: finding.Suppressed, SuppressedOutcome: finding.Fail}}}, nothingCame},
		{"on a subnet", proof{nil, log(finding.Pass)}, proven},
	}
	for _, tt := range tests {
		if got := tt.p.state(); got != tt.want {
			t.Errorf("%s: %s, want %s", tt.name, got, tt.want)
		}
	}
}
