package remediate

import (
	"bytes"
	"encoding/json"
	"errors"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// twoLogs is a small plan by hand: one group, and two flow logs in one call.
func twoLogs(t *testing.T) Plan {
	t.Helper()
	const account, region = "123456789012", "eu-west-1"
	group := stepID(account, region, CreateLogGroup, "MyFlowLogs")
	p, err := seal(func(id string) (Plan, error) {
		p := Plan{
			Schema: PlanSchema, ReadAt: time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC), Partition: "aws",
			Accounts: []string{account}, Unplanned: []Unplanned{}, LeftOut: []Note{}, LeftAlone: []Note{}, Notes: []Note{}, Gaps: []Gap{},
		}
		p.Steps = append(p.Steps, Step{
			ID: group, Call: group, Account: account, Region: region, Action: CreateLogGroup, Resource: "MyFlowLogs",
			API: API{"logs", "CreateLogGroup", json.RawMessage(`{"logGroupName":"MyFlowLogs","tags":{"flowproof:plan":"` + id + `"}}`)},
			Inverse: &Inverse{DeleteLogGroup, "MyFlowLogs", API{
				"logs", "DeleteLogGroup", json.RawMessage(`{"logGroupName":"MyFlowLogs"}`),
			}},
		})
		for _, vpc := range []string{"vpc-1", "vpc-2"} {
			p.Steps = append(p.Steps, Step{
				ID: stepID(account, region, CreateFlowLog, vpc), Call: account + "/" + region + "/CreateFlowLogs/1",
				Account: account, Region: region, Action: CreateFlowLog, Resource: vpc, After: []string{group},
				API: API{"ec2", "CreateFlowLogs", json.RawMessage(`{"LogGroupName":"MyFlowLogs","ResourceIds":["` + vpc + `"]}`)},
			})
		}
		return p, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// planned is a small plan of the planner: a role, one group, and two flow logs in one call.
func planned(t *testing.T) Plan {
	t.Helper()
	return built(t, judged(DefaultPolicy(), readScope("eu-west-1", "vpc-1", "vpc-2")))
}

func encoded(t *testing.T, p Plan) string {
	t.Helper()
	var out bytes.Buffer
	if err := p.Encode(&out); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func TestAPlanSurvivesItsFile(t *testing.T) {
	t.Parallel()
	p := planned(t)
	text := encoded(t, p)
	again, err := Decode(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	if got := encoded(t, again); got != text {
		t.Error(cmp.Diff(text, got))
	}
	var compact bytes.Buffer
	if err := json.Compact(&compact, []byte(text)); err != nil {
		t.Fatal(err)
	}
	if _, err := Decode(&compact); err != nil {
		t.Errorf("reformatted: %v", err)
	}
}

func TestDecodeRefuses(t *testing.T) {
	t.Parallel()
	text := encoded(t, planned(t))
	for name, test := range map[string]struct{ old, changed, want string }{
		"an edited resource":      {`"resource": "vpc-2"`, `"resource": "vpc-3"`, "edited"},
		"an edited input":         {`"vpc-2"` + "\n", `"vpc-3"` + "\n", "edited"},
		"an edited hash":          {`"hash": "sha256:`, `"hash": "sha256:0`, "edited"},
		"another version":         {"flowproof.plan/v1", "flowproof.plan/v2", "make the plan again"},
		"another kind of file":    {"flowproof.plan/v1", "flowproof.scan/v1", "make the plan again"},
		"an unknown key":          {`"unplanned": []`, `"unplanned": [], "extra": 1`, "unknown"},
		"an unknown key inside":   {`"reversible": true`, `"reversible": true, "sudo": true`, "unknown"},
		"a key in another case":   {`"unplanned": []`, `"Unplanned": []`, "unknown"},
		"a key left out":          {`"unplanned": [],`, ``, "missing"},
		"a key twice":             {`"unplanned": []`, `"unplanned": [], "unplanned": []`, "twice"},
		"a key twice in an input": {`"LogGroupName"`, `"LogGroupName": "other", "LogGroupName"`, "twice"},
		"more after its end":      {"\n}\n", "\n}\n{}", "after top-level value"},
		"no schema":               {`"schema": "flowproof.plan/v1",`, "", "no schema"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			changed := strings.Replace(text, test.old, test.changed, 1)
			if changed == text {
				t.Fatalf("the plan has no %s", test.old)
			}
			_, err := Decode(strings.NewReader(changed))
			if !errors.Is(err, ErrRefused) || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want ErrRefused with %q", err, test.want)
			}
		})
	}
}

func TestDecodeRefusesWhatNoPlannerWrites(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*Plan){
		"a deletion": func(p *Plan) {
			p.Steps[5].Action, p.Steps[5].ID = DeleteFlowLog, "123456789012/eu-west-1/delete-flow-log/vpc-2"
		},
		"another operation":       func(p *Plan) { p.Steps[1].API.Operation = "DeleteVpc" },
		"an inverse of its own":   func(p *Plan) { p.Steps[0].Inverse.API = API{"ec2", "DeleteVpc", json.RawMessage(`{}`)} },
		"a step after a later":    func(p *Plan) { p.Steps[0].After = []string{p.Steps[1].ID} },
		"a foreign account":       func(p *Plan) { p.Steps[0].Account = "999999999999" },
		"a step twice":            func(p *Plan) { p.Steps[5] = p.Steps[4] },
		"calls that interleave":   func(p *Plan) { p.Steps[5].Call = p.Steps[0].Call },
		"a foreign change":        func(p *Plan) { p.Steps[0].Foreign = true },
		"an unknown precondition": func(p *Plan) { p.Steps[0].Preconditions = []Precondition{{Kind: "weather"}} },
		"an input that is a list": func(p *Plan) { p.Steps[0].API.Input = json.RawMessage(`[]`) },
		"an id of its own":        func(p *Plan) { p.ID = "mine" },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := planned(t)
			change(&p)
			var err error
			if p.Hash, err = HashOf(p); err != nil {
				t.Fatal(err)
			}
			if _, err := Decode(strings.NewReader(encoded(t, p))); !errors.Is(err, ErrRefused) {
				t.Errorf("got %v, want ErrRefused", err)
			}
		})
	}
}

// TestWhatIsNoPlanTakesLittleMemory decodes files that would take many times their size as values.
func TestWhatIsNoPlanTakesLittleMemory(t *testing.T) { //nolint:paralleltest // it measures what the process allocates
	const size = 2 << 20
	head := `{"schema":"flowproof.plan/v1",`
	for name, file := range map[string]string{
		"lists in lists":     strings.Repeat("[", size),
		"a list of numbers":  "[" + strings.Repeat("0,", size/2) + "0]",
		"steps of numbers":   head + `"steps":[` + strings.Repeat("0,", size/2) + "0]}",
		"steps of nothing":   head + `"steps":[` + strings.Repeat("{},", size/3) + "{}]}",
		"steps of null":      head + `"steps":[` + strings.Repeat("null,", size/5) + "null]}",
		"a key of its own":   head + `"x":[` + strings.Repeat("[],", size/3) + "[]]}",
		"objects in objects": strings.Repeat(`{"a":`, size/5),
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		if _, err := Decode(strings.NewReader(file)); !errors.Is(err, ErrRefused) {
			t.Errorf("%s: %v", name, err)
		}
		runtime.ReadMemStats(&after)
		const most = 64 // in all, most of it garbage at once, with the race detector too: as values they would take hundreds of times their size
		if took := after.TotalAlloc - before.TotalAlloc; took > most*size {
			t.Errorf("%s: %d MB were allocated for a file of %d MB", name, took>>20, size>>20)
		}
	}
}

func TestDecodeRefusesAPlanCutAnywhere(t *testing.T) {
	t.Parallel()
	text := strings.TrimSpace(encoded(t, planned(t)))
	for n := 0; n < len(text); n += 7 {
		if _, err := Decode(strings.NewReader(text[:n])); !errors.Is(err, ErrRefused) {
			t.Fatalf("cut at byte %d of %d: %v", n, len(text), err)
		}
	}
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte(`{"schema":"flowproof.plan/v1"}`))
	f.Add([]byte(`{"schema":"flowproof.plan/v1","steps":[{"id":"a"},{"id":"a"}]}`))
	f.Add([]byte(`[`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		p, err := Decode(bytes.NewReader(raw))
		if err != nil {
			return
		}
		var out bytes.Buffer
		if err := p.Encode(&out); err != nil {
			t.Fatal(err)
		}
		if _, err := Decode(&out); err != nil {
			t.Errorf("accepted once and then no more: %v", err)
		}
	})
}

func TestMergePutsResourcesTogether(t *testing.T) {
	t.Parallel()
	calls := twoLogs(t).Calls()
	if len(calls) != 2 || len(calls[1]) != 2 {
		t.Fatalf("got %d calls, want a group and two flow logs in one", len(calls))
	}
	got, err := Merge(calls[1])
	want := `{"LogGroupName":"MyFlowLogs","ResourceIds":["vpc-1","vpc-2"]}`
	if err != nil || string(got.Input) != want {
		t.Errorf("got %s, %v, want %s", got.Input, err, want)
	}
	calls[1][1].API.Input = json.RawMessage(`{"LogGroupName":"Other","ResourceIds":["vpc-2"]}`)
	if _, err := Merge(calls[1]); err == nil {
		t.Error("merged two requests that differ")
	}
}

func TestDocumentDigestIgnoresSpacingAndOrder(t *testing.T) {
	t.Parallel()
	a, err := DocumentDigest(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject"}]}`)
	if err != nil {
		t.Fatal(err)
	}
	b, err := DocumentDigest("{ \"Statement\" : [ {\"Action\":\"s3:GetObject\", \"Effect\":\"Allow\"} ],\n \"Version\":\"2012-10-17\"}")
	if err != nil || a != b {
		t.Errorf("%s and %s differ: %v", a, b, err)
	}
}
