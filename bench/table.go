package main

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// table writes a Markdown table whose columns line up in a terminal too. The first row is the
// head.
func table(lines [][]string) string {
	width := make([]int, len(lines[0]))
	for _, line := range lines {
		for i, cell := range line {
			width[i] = max(width[i], utf8.RuneCountInString(cell))
		}
	}
	var b strings.Builder
	write := func(line []string) {
		for i, cell := range line {
			b.WriteString("| " + cell + strings.Repeat(" ", width[i]-utf8.RuneCountInString(cell)) + " ")
		}
		b.WriteString("|\n")
	}
	write(lines[0])
	for _, w := range width {
		b.WriteString("|" + strings.Repeat("-", w+2))
	}
	b.WriteString("|\n")
	for _, line := range lines[1:] {
		write(line)
	}
	return b.String()
}

// compareTable is the table of tools on one account. What is not wall time is of the runs at the
// longest delay.
func compareTable(rows []row, delays []time.Duration) string {
	last := delays[len(delays)-1]
	head := []string{"tool"}
	for _, d := range delays {
		head = append(head, fmt.Sprintf("wall s at %d ms", d.Milliseconds()))
	}
	lines := [][]string{append(head, "× floor", "CPU s", "peak MiB", "calls", "exit", "cases right")}
	floor := rows[0].timed[last].runs
	for _, r := range rows {
		line := []string{r.name}
		for _, d := range delays {
			line = append(line, seconds(spreadOf(r.timed[d].runs, wall)))
		}
		t := r.timed[last]
		if len(t.runs) == 0 {
			lines = append(lines, append(line, "–", "–", "–", "–", "–", r.rightCell()))
			continue
		}
		lines = append(lines, append(line, times(against(t.runs, floor, wall)), seconds(spreadOf(t.runs, cpu)), mebibytes(spreadOf(t.runs, peak)),
			number(t.calls), exits(t.runs), r.rightCell()))
	}
	return table(lines) + problems(rows, delays)
}

// problems is a line for every tool that has gaps in its row.
func problems(rows []row, delays []time.Duration) string {
	var b strings.Builder
	for _, r := range rows {
		var found []string
		if r.unavailable != "" {
			found = append(found, r.unavailable)
		}
		for _, d := range delays {
			if p := r.timed[d].problem; p != "" {
				found = append(found, fmt.Sprintf("at %v a call: %s", d, p))
			}
		}
		if r.judged != nil && r.judged.problem != "" {
			found = append(found, "on the awkward cases: "+r.judged.problem)
		}
		if len(found) > 0 {
			fmt.Fprintf(&b, "\n%s: %s\n", r.name, strings.Join(found, "; "))
		}
	}
	return b.String()
}

func (r row) rightCell() string {
	if r.judged == nil || r.judged.problem != "" {
		return "–"
	}
	return fmt.Sprintf("%d of %d", r.judged.right, len(r.judged.claims))
}

// caseTable is what each tool says of each case, wrong answers in bold.
func caseTable(rows []row) string {
	head := []string{"case"}
	var judges []row
	for _, r := range rows {
		if r.judged != nil && r.judged.problem == "" {
			head, judges = append(head, r.name), append(judges, r)
		}
	}
	lines := [][]string{head}
	for _, c := range cases() {
		line := []string{c.name}
		for _, r := range judges {
			said := r.judged.claims[c.name]
			cell := said.String()
			if !c.ok(said) {
				cell = "**" + cell + "**"
			}
			line = append(line, cell)
		}
		lines = append(lines, line)
	}
	costs := [][2]string{{"exit status", ""}, {"calls", ""}}
	for i, what := range costs {
		line := []string{what[0]}
		for _, r := range judges {
			line = append(line, number([]int{r.judged.Status, r.judged.calls}[i]))
		}
		lines = append(lines, line)
	}
	return table(lines)
}

// String is the claim in a cell.
func (c claim) String() string {
	switch {
	case c.unread && (c.verdict == silent || c.verdict == unknown):
		return "unread"
	case c.hostile != "":
		return string(c.verdict) + ", " + c.hostile
	}
	return string(c.verdict)
}

// rightList says for each case what counts as right.
func rightList() string {
	var b strings.Builder
	for _, c := range cases() {
		fmt.Fprintf(&b, "- %s: %s.\n", c.name, c.right)
	}
	return b.String()
}

// fleetTable is the table of organisations.
func fleetTable(fleets []fleetRuns) string {
	lines := [][]string{{"accounts", "scopes", "program", "runs", "wall s", "× floor", "CPU ms a scope", "× floor", "peak MiB", "calls", "server CPU s", "server peak MiB"}}
	notes := ""
	for _, f := range fleets {
		if f.problem != "" {
			notes += fmt.Sprintf("\n%d accounts: %s\n", f.accounts, f.problem)
		}
		for i, runs := range [][]result{f.floor, f.flowproof} {
			if len(runs) == 0 {
				continue
			}
			server := [][]result{f.floorServer, f.flowproofServer}[i]
			lines = append(lines, []string{
				number(f.accounts), number(f.scopes()), []string{"floor", "flowproof"}[i], number(len(runs)),
				seconds(spreadOf(runs, wall)), times(against(runs, f.floor, wall)), f.perScope(runs), times(against(runs, f.floor, cpu)),
				mebibytes(spreadOf(runs, peak)), number(f.calls[i]), seconds(spreadOf(server, cpu)), mebibytes(spreadOf(server, peak)),
			})
		}
	}
	return table(lines) + notes
}

func (f fleetRuns) perScope(runs []result) string {
	s := spreadOf(runs, cpu)
	each := func(d time.Duration) string {
		return fmt.Sprintf("%.3f", float64(d.Microseconds())/1000/float64(f.scopes()))
	}
	return ranged(len(runs), each(s.median), each(s.min), each(s.max))
}

func wall(r result) time.Duration { return r.Wall }
func cpu(r result) time.Duration  { return r.CPU }
func peak(r result) int64         { return r.Peak }

// against is how many times as much one program needs as another: the median over the pairs of
// runs that were made in turn, else of the medians.
func against(runs, base []result, of func(result) time.Duration) float64 {
	if len(runs) == 0 || len(base) == 0 {
		return 0
	}
	if len(runs) != len(base) {
		return float64(spreadOf(runs, of).median) / float64(spreadOf(base, of).median)
	}
	ratios := make([]float64, 0, len(runs))
	for i := range runs {
		ratios = append(ratios, float64(of(runs[i]))/float64(of(base[i])))
	}
	slices.Sort(ratios)
	return ratios[len(ratios)/2]
}

func seconds(s spread[time.Duration]) string {
	if s.max == 0 {
		return "–"
	}
	format := func(d time.Duration) string {
		if d < 10*time.Second {
			return fmt.Sprintf("%.2f", d.Seconds())
		}
		return fmt.Sprintf("%.1f", d.Seconds())
	}
	return ranged(2, format(s.median), format(s.min), format(s.max))
}

func mebibytes(s spread[int64]) string {
	format := func(n int64) string { return number(int((n + 1<<19) >> 20)) }
	return ranged(2, format(s.median), format(s.min), format(s.max))
}

// ranged is a median and how far the runs lay apart, if there were several and they did.
func ranged(runs int, median, low, high string) string {
	if runs < 2 || low == high {
		return median
	}
	return fmt.Sprintf("%s (%s–%s)", median, low, high)
}

func times(ratio float64) string {
	if ratio >= 10 {
		return number(int(ratio + 0.5))
	}
	return fmt.Sprintf("%.2f", ratio)
}

// exits are the exit statuses that the runs ended with.
func exits(runs []result) string {
	var seen []string
	for _, r := range runs {
		if s := fmt.Sprint(r.Status); !slices.Contains(seen, s) {
			seen = append(seen, s)
		}
	}
	slices.SortFunc(seen, cmp.Compare[string])
	return strings.Join(seen, ", ")
}

// number writes a number with commas between its thousands.
func number(n int) string {
	digits := fmt.Sprint(n)
	for at := len(digits) - 3; at > 0; at -= 3 {
		digits = digits[:at] + "," + digits[at:]
	}
	return digits
}
