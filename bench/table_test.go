package main

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func took(walls ...time.Duration) []result {
	var runs []result
	for _, w := range walls {
		runs = append(runs, result{usage: usage{Wall: w, CPU: w / 2, Peak: 20 << 20, Status: 3}})
	}
	return runs
}

// measured is a floor, a flowproof that takes twice as long, and peers with and without results.
func measured() []row {
	ds := delays()
	claims := map[string]claim{}
	for _, c := range cases() {
		claims[c.name] = claim{verdict: pass}
	}
	return []row{
		{tool: tool{name: "floor"}, timed: map[time.Duration]timing{
			ds[0]: {runs: took(100 * time.Millisecond)}, ds[1]: {runs: took(200*time.Millisecond, 300*time.Millisecond, 250*time.Millisecond), calls: 36},
		}},
		{tool: tool{name: "flowproof scan"}, timed: map[time.Duration]timing{
			ds[1]: {runs: took(400*time.Millisecond, 600*time.Millisecond, 500*time.Millisecond), calls: 36},
		}, judged: &judged{right: 14, claims: claims}},
		{tool: tool{name: "Prowler"}, timed: map[time.Duration]timing{
			ds[1]: {runs: took(100 * time.Second), calls: 1492, problem: "ended after 6m0s without a result"},
		}},
		{tool: tool{name: "ScoutSuite", unavailable: "not installed: no wheel"}, timed: map[time.Duration]timing{}},
	}
}

func TestCompareTable(t *testing.T) {
	t.Parallel()
	want := strings.TrimPrefix(`
| tool           | wall s at 0 ms | wall s at 30 ms  | × floor | CPU s            | peak MiB | calls | exit | cases right |
|----------------|----------------|------------------|---------|------------------|----------|-------|------|-------------|
| floor          | 0.10           | 0.25 (0.20–0.30) | 1.00    | 0.12 (0.10–0.15) | 20       | 36    | 3    | –           |
| flowproof scan | –              | 0.50 (0.40–0.60) | 2.00    | 0.25 (0.20–0.30) | 20       | 36    | 3    | 14 of 14    |
| Prowler        | –              | 100.0            | 400     | 50.0             | 20       | 1,492 | 3    | –           |
| ScoutSuite     | –              | –                | –       | –                | –        | –     | –    | –           |

Prowler: at 30ms a call: ended after 6m0s without a result

ScoutSuite: not installed: no wheel
`, "\n")
	if diff := cmp.Diff(want, compareTable(measured(), delays())); diff != "" {
		t.Error(diff)
	}
}

func TestWrongAnswersStandOut(t *testing.T) {
	t.Parallel()
	got := caseTable(measured())
	for _, line := range []string{"| a working log            | pass           |", "| no log                   | **pass**       |"} {
		if !strings.Contains(got, line) {
			t.Errorf("no line %s in\n%s", line, got)
		}
	}
}

func TestFleetTable(t *testing.T) {
	t.Parallel()
	f := fleetRuns{
		fleetSize: fleetSize{accounts: 1000, runs: 1}, floor: took(10 * time.Second), flowproof: took(12 * time.Second),
		floorServer: took(3 * time.Second), flowproofServer: took(4 * time.Second), calls: [2]int{36000, 36001},
	}
	want := strings.TrimPrefix(`
| accounts | scopes | program   | runs | wall s | × floor | CPU ms a scope | × floor | peak MiB | calls  | server CPU s | server peak MiB |
|----------|--------|-----------|------|--------|---------|----------------|---------|----------|--------|--------------|-----------------|
| 1,000    | 17,000 | floor     | 1    | 10.0   | 1.00    | 0.294          | 1.00    | 20       | 36,000 | 1.50         | 20              |
| 1,000    | 17,000 | flowproof | 1    | 12.0   | 1.20    | 0.353          | 1.20    | 20       | 36,001 | 2.00         | 20              |

10000 accounts: it hung
`, "\n")
	if diff := cmp.Diff(want, fleetTable([]fleetRuns{f, {fleetSize: fleetSize{accounts: 10000}, problem: "it hung"}})); diff != "" {
		t.Error(diff)
	}
}

func TestTargets(t *testing.T) {
	t.Parallel()
	large := fleetRuns{fleetSize: fleetSize{accounts: 10_000}, floor: took(100 * time.Second), flowproof: took(150 * time.Second)}
	small := fleetRuns{fleetSize: fleetSize{accounts: 1_000}, floor: took(10 * time.Second), flowproof: took(12 * time.Second)}
	got := map[string]string{}
	for _, target := range append(accountTargets(measured(), delays()[1]), fleetTargets([]fleetRuns{small, large})...) {
		got[target.what] = target.got
		if !target.reached {
			got[target.what] += " missed"
		}
	}
	want := map[string]string{
		"one account: wall against the floor":            "2.00× missed",
		"one account: CPU":                               "0.250 s missed",
		"one account: peak memory":                       "20.0 MiB",
		"one account: awkward cases right":               "14",
		"one account: faster than Prowler":               "200 times",
		"1,000 accounts: CPU a scope against the floor":  "1.20×",
		"10,000 accounts: CPU a scope against the floor": "1.50× missed",
		"10,000 accounts: wall":                          "150 s missed",
		"10,000 accounts: peak memory":                   "20 MiB",
		"10,000 accounts: peak memory against 1,000":     "1.00×",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestPageHasNoHoles(t *testing.T) {
	t.Parallel()
	got := render(extent{title: "Benchmarks"}, circumstances{"2026-01-01", "a machine", "versions"}, measured(), nil)
	for _, text := range []string{got.whole, got.result} {
		if strings.ContainsAny(text, "{}") || !strings.Contains(text, "a machine") {
			t.Error(text)
		}
	}
}

func TestNumbers(t *testing.T) {
	t.Parallel()
	for n, want := range map[int]string{0: "0", 999: "999", 1000: "1,000", 1234567: "1,234,567"} {
		if got := number(n); got != want {
			t.Errorf("%d: %s", n, got)
		}
	}
	for text, want := range map[string]int{"done: 3 of 3 Regions, 1,042 calls, 0 gaps": 1042, "no number calls": 0, "": 0} {
		if got := lastNumber(text, " calls"); got != want {
			t.Errorf("%q: %d", text, got)
		}
	}
}
