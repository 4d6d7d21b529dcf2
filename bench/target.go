package main

import (
	"fmt"
	"time"
)

// target is one thing that was set out to be reached.
type target struct {
	what    string
	want    string
	got     string
	reached bool
}

// atMost is a target that a figure must not exceed.
func atMost(what string, got, limit float64, format string) target {
	return target{what, "at most " + fmt.Sprintf(format, limit), fmt.Sprintf(format, got), got <= limit}
}

// accountTargets are those of one account; rows are the floor, flowproof and the peers.
func accountTargets(rows []row, delay time.Duration) []target {
	floor, scan := rows[0].timed[delay].runs, rows[1].timed[delay].runs
	if len(floor) == 0 || len(scan) == 0 {
		return nil
	}
	all := []target{
		atMost("one account: wall against the floor", against(scan, floor, wall), 1.25, "%.2f×"),
		atMost("one account: CPU", spreadOf(scan, cpu).median.Seconds(), 0.1, "%.3f s"),
		atMost("one account: peak memory", float64(spreadOf(scan, peak).median)/(1<<20), 40, "%.1f MiB"),
	}
	if j := rows[1].judged; j != nil && j.problem == "" {
		all = append(all, target{
			"one account: awkward cases right", fmt.Sprintf("all %d", len(j.claims)),
			number(j.right), j.right == len(j.claims),
		})
	}
	for _, r := range rows {
		faster := map[string]float64{"Prowler": 120, "c7n-org": 10}[r.name]
		if runs := r.timed[delay].runs; faster > 0 && len(runs) > 0 {
			got := against(runs, scan, wall)
			all = append(all, target{"one account: faster than " + r.name, fmt.Sprintf("over %.0f times", faster), fmt.Sprintf("%.0f times", got), got > faster})
		}
	}
	return all
}

// fleetTargets are those of an organisation, as far as the sizes that were read show them.
func fleetTargets(fleets []fleetRuns) []target {
	var all []target
	by := map[int]fleetRuns{}
	for _, f := range fleets {
		if len(f.flowproof) == 0 {
			continue
		}
		by[f.accounts] = f
		all = append(all, atMost(fmt.Sprintf("%s accounts: CPU a scope against the floor", number(f.accounts)), against(f.flowproof, f.floor, cpu), 1.3, "%.2f×"))
	}
	large, ok := by[10_000]
	if !ok {
		return all
	}
	most := spreadOf(large.flowproof, peak).median
	all = append(all, atMost("10,000 accounts: wall", spreadOf(large.flowproof, wall).median.Seconds(), 120, "%.0f s"),
		atMost("10,000 accounts: peak memory", float64(most)/(1<<20), 256, "%.0f MiB"))
	if small, ok := by[1_000]; ok {
		all = append(all, atMost("10,000 accounts: peak memory against 1,000", float64(most)/float64(spreadOf(small.flowproof, peak).median), 1.2, "%.2f×"))
	}
	return all
}

func targetTable(targets []target) string {
	lines := [][]string{{"target", "wanted", "measured", ""}}
	for _, t := range targets {
		lines = append(lines, []string{t.what, t.want, t.got, map[bool]string{true: "reached", false: "**missed**"}[t.reached]})
	}
	return table(lines)
}
