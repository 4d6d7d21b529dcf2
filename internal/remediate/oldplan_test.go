package remediate

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// The plans and journals in testdata/by-8fa8869 were written by the program of that commit against its
// own sandbox. Plans that people have applied must be resumed, verified and taken back by
// every later version.

// oldAccount is the account that the old plans are of, as it was before them.
const oldAccount = "111122223333"

// oldRuns are the old plans by file name, and what their account held beside the VPCs.
func oldRuns() map[string]string {
	return map[string]string{
		"vpcs-700.json": "",
		"bucket.json": `    buckets: [{name: archive, region: eu-west-1, policy: '` + archiveBefore + `'}]
`,
		"group.json": `    roles: [{name: flowproof-delivery, trusted_service: ec2.amazonaws.com, allow: ["s3:*"]}]
`,
	}
}

// oldGroups are the log groups that were there before an old plan.
func oldGroups(name string) string {
	if name != "group.json" {
		return ""
	}
	return "        log_groups: [{name: MyFlowLogs, retention_days: 30}]\n"
}

func unpacked(t *testing.T, name string) []byte {
	t.Helper()
	file, err := os.Open(filepath.Join("testdata", "by-8fa8869", name+".gz"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = file.Close() }()
	packed, err := gzip.NewReader(file)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := io.ReadAll(packed)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// oldPlan reads an old plan and the journal of its apply.
func oldPlan(t *testing.T, name string) (Plan, []byte) {
	t.Helper()
	p, err := DecodeApplied(bytes.NewReader(unpacked(t, name)))
	if err != nil {
		t.Fatal(err)
	}
	return p, unpacked(t, name+".journal")
}

// oldScenario is the account of an old plan, with the flow logs of the given journal or without any.
func oldScenario(t *testing.T, name string, p Plan, h History) string {
	t.Helper()
	var b strings.Builder
	fmt.Fprintf(&b, "accounts:\n  - id: %q\n    default_vpcs: false\n%s    regions:\n      eu-west-1:\n%s        vpcs:\n", oldAccount, oldRuns()[name], oldGroups(name))
	for _, s := range p.Steps {
		if s.Action != CreateFlowLog {
			continue
		}
		fmt.Fprintf(&b, "          - {id: %s", s.Resource)
		if made := h.Made(s.ID); made != "" {
			want, err := requestOf(s.API)
			if err != nil {
				t.Fatal(err)
			}
			destination := "group: " + want.LogGroupName + ", role: " + DefaultRole
			if want.LogDestination != "" {
				destination = "bucket: " + bucketName(want.LogDestination)
			}
			tags, err := json.Marshal(tagsIn(s.API))
			if err != nil {
				t.Fatal(err)
			}
			fmt.Fprintf(&b, ", flow_logs: [{id: %s, traffic: %s, %s, created: %s, tags: %s}]",
				made, want.TrafficType, destination, h.steps[s.ID].at.Format(time.RFC3339), tags)
		}
		b.WriteString("}\n")
	}
	return b.String()
}

// oldStand is the account as an old plan left it, by what the journal says that it sent.
func oldStand(t *testing.T, name string, p Plan, journal []byte) *stand {
	t.Helper()
	records, _, err := parseJournal(journal, p.Hash)
	if err != nil {
		t.Fatal(err)
	}
	h := replay(records)
	s := newStand(t, oldScenario(t, name, p, h))
	for _, r := range records {
		if i := r.Intent; i != nil && i.API.Operation != createFlowLogs {
			s.call(i.Region, i.API.Service, i.API.Operation, string(i.API.Input))
		}
	}
	_ = s.clock.sleep(t.Context(), records[len(records)-1].At.Add(time.Hour).Sub(s.clock.time()))
	s.keep(journal)
	return s
}

// keep makes bytes the stand's journal.
func (s *stand) keep(journal []byte) {
	s.t.Helper()
	if err := os.WriteFile(s.journal, journal, 0o600); err != nil {
		s.t.Fatal(err)
	}
}

func TestOldPlansAreTakenBack(t *testing.T) {
	t.Parallel()
	for name := range oldRuns() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, journal := oldPlan(t, name)
			before := newStand(t, oldScenario(t, name, p, History{})).state()
			s := oldStand(t, name, p, journal)
			s.undo(p)
			if diff := cmp.Diff(before, s.state()); diff != "" {
				t.Errorf("after rollback: %s", diff)
			}
		})
	}
}

// TestOldPlansAreResumed applies an old plan again: with its whole journal nothing is left to do, and
// with one that ends before the flow logs were asked for, or with the request, it comes to the same end.
func TestOldPlansAreResumed(t *testing.T) {
	t.Parallel()
	for name := range oldRuns() {
		p, journal := oldPlan(t, name)
		for how, cut := range map[string]int{
			"done":                              len(journal),
			"killed after asking for flow logs": endOfLine(journal, `"operation":"CreateFlowLogs"`),
		} {
			t.Run(name+", "+how, func(t *testing.T) {
				t.Parallel()
				s := oldStand(t, name, p, journal)
				want := s.state()
				s.keep(journal[:cut])
				s.reach(p)
				if diff := cmp.Diff(want, s.state()); diff != "" {
					t.Errorf("applied again: %s", diff)
				}
			})
		}
	}
}

// endOfLine is where the line ends that holds a text.
func endOfLine(journal []byte, text string) int {
	at := bytes.Index(journal, []byte(text))
	return at + bytes.IndexByte(journal[at:], '\n') + 1
}

// TestOldCallsAreSplitWhenTheyAreSent applies the plan with 700 ids in one call, killed before it was
// sent, against an AWS that takes 300: in parts, whose tokens differ and do not change when the run is
// killed and goes on.
func TestOldCallsAreSplitWhenTheyAreSent(t *testing.T) {
	t.Parallel()
	p, journal := oldPlan(t, "vpcs-700.json")
	before := bytes.LastIndexByte(journal[:bytes.Index(journal, []byte(`"operation":"CreateFlowLogs"`))], '\n') + 1
	whole := oldStand(t, "vpcs-700.json", p, journal[:before])
	whole.reach(p)
	want := whole.state()
	if n := whole.writesSent()["ec2:CreateFlowLogs"]; n != 3 {
		t.Errorf("%d requests, want 3", n)
	}
	tokens := whole.tokens(p)
	if len(tokens) != 3 {
		t.Errorf("tokens of the parts: %v", tokens)
	}
	for at := 1; at <= whole.plug.moments; at += 5 {
		s := oldStand(t, "vpcs-700.json", p, journal[:before])
		s.plug.reset(at)
		s.applyAndDie(p)
		s.plug.reset(0)
		s.reach(p)
		if diff := cmp.Diff(want, s.state()); diff != "" {
			t.Fatalf("killed at moment %d: %s", at, diff)
		}
		if diff := cmp.Diff(tokens, s.tokens(p)); diff != "" {
			t.Errorf("killed at moment %d: the tokens changed: %s", at, diff)
		}
	}
}

// tokens are the client tokens in the stand's journal, by the call that they were sent with.
func (s *stand) tokens(p Plan) map[string]string {
	s.t.Helper()
	records, _, err := parseJournal(s.readJournal(), p.Hash)
	if err != nil {
		s.t.Fatal(err)
	}
	calls := map[string]string{}
	for _, r := range records {
		if r.Intent != nil && r.Intent.Token != "" {
			calls[r.Intent.Token] = r.Intent.Call
		}
	}
	return calls
}

// TestOldPlansAreStillWhatThePlannerWrites holds the plans of 8fa8869 to what is asked of a plan that is to be
// carried out: that they ask for what this version would, however it puts flow logs together.
func TestOldPlansAreStillWhatThePlannerWrites(t *testing.T) {
	t.Parallel()
	for name := range oldRuns() {
		if _, err := Decode(bytes.NewReader(unpacked(t, name))); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}
