package kb

import (
	"strings"

	"charm.land/lipgloss/v2"
	extension "github.com/yuin/goldmark/extension/ast"
)

// gap stands between two columns.
const gap = "  "

// table prints a table that is no wider than width. Where a cell takes several lines, an empty
// line keeps the rows apart.
func (p *printer) table(n *extension.Table, width int) {
	var rows [][][]word
	for row := n.FirstChild(); row != nil; row = row.NextSibling() {
		var cells [][]word
		for cell := row.FirstChild(); cell != nil; cell = cell.NextSibling() {
			cells = append(cells, words(cell, p.source, !p.colour))
		}
		rows = append(rows, cells)
	}
	widths := columns(rows, width)
	head := p.row(rows[0], widths)
	if p.colour {
		for i, line := range head {
			head[i] = lipgloss.NewStyle().Bold(true).Render(line)
		}
	}
	p.lines = append(p.lines, head...)
	rules := make([]string, len(widths))
	for i, w := range widths {
		rules[i] = strings.Repeat("-", w)
	}
	p.lines = append(p.lines, strings.Join(rules, gap))
	var printed [][]string
	tall := false
	for _, cells := range rows[1:] {
		lines := p.row(cells, widths)
		tall = tall || len(lines) > 1
		printed = append(printed, lines)
	}
	for i, lines := range printed {
		if i > 0 && tall {
			p.lines = append(p.lines, "")
		}
		p.lines = append(p.lines, lines...)
	}
}

// row lays the cells of one row out beside each other.
func (p *printer) row(cells [][]word, widths []int) []string {
	columns := make([][]string, len(cells))
	height := 0
	for i, cell := range cells {
		columns[i] = p.wrap(fitted(cell, widths[i]), widths[i])
		height = max(height, len(columns[i]))
	}
	lines := make([]string, height)
	for y := range lines {
		var b strings.Builder
		for x, column := range columns {
			text := ""
			if y < len(column) {
				text = column[y]
			}
			b.WriteString(text)
			if x < len(columns)-1 {
				b.WriteString(strings.Repeat(" ", max(0, widths[x]-lipgloss.Width(text))) + gap)
			}
		}
		lines[y] = strings.TrimRight(b.String(), " ")
	}
	return lines
}

// columns gives each column the width it wants, and where that is too much takes it from the
// widest: all columns above some width get that width.
func columns(rows [][][]word, width int) []int {
	wants := make([]int, len(rows[0]))
	for _, cells := range rows {
		for i, cell := range cells {
			wants[i] = max(wants[i], cellWidth(cell))
		}
	}
	room := max(width-len(gap)*(len(wants)-1), len(wants))
	limit := room
	for limit > 1 && total(wants, limit) > room {
		limit--
	}
	spare := room - total(wants, limit)
	widths := make([]int, len(wants))
	for i, want := range wants {
		widths[i] = min(want, limit)
		if want > limit && spare > 0 {
			widths[i]++
			spare--
		}
	}
	return widths
}

func total(wants []int, limit int) int {
	sum := 0
	for _, want := range wants {
		sum += min(want, limit)
	}
	return sum
}

func cellWidth(cell []word) int {
	width := 0
	for i, w := range cell {
		if i > 0 {
			width++
		}
		width += lipgloss.Width(w.String())
	}
	return width
}

// fitted breaks words that are wider than a cell, so that the table keeps its width.
func fitted(cell []word, width int) []word {
	var fit []word
	for _, w := range cell {
		if lipgloss.Width(w.String()) <= width {
			fit = append(fit, w)
			continue
		}
		fit = append(fit, chop(w, width)...)
	}
	return fit
}

// chop cuts a word into parts of at most width, after a dash, a slash or an underscore if one
// is near enough, else anywhere.
func chop(w word, width int) []word {
	var parts []word
	var open word
	used, joint := 0, 0 // runes in open; how many of them up to the last place to cut
	for _, piece := range w {
		for _, r := range piece.text {
			if lipgloss.Width(open.String()+string(r)) > width && used > 0 {
				if joint == 0 {
					joint = used
				}
				var rest word
				open, rest = open.cut(joint)
				parts, open, used, joint = append(parts, open), rest, used-joint, 0
			}
			open = open.with(r, piece.look)
			used++
			if strings.ContainsRune("-/_", r) {
				joint = used
			}
		}
	}
	return append(parts, open)
}

// with returns the word with one more rune.
func (w word) with(r rune, l look) word {
	if len(w) > 0 && w[len(w)-1].look == l {
		w[len(w)-1].text += string(r)
		return w
	}
	return append(w, piece{string(r), l})
}

// cut splits a word after n runes.
func (w word) cut(n int) (before, after word) {
	for _, p := range w {
		for _, r := range p.text {
			if n > 0 {
				before = before.with(r, p.look)
			} else {
				after = after.with(r, p.look)
			}
			n--
		}
	}
	return before, after
}
