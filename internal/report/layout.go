package report

import (
	"slices"
	"strings"

	"github.com/charmbracelet/x/ansi"

	"flowproof/internal/terminal"
)

const (
	minWidth = 20 // below it nothing readable can be laid out
	minWhy   = 24 // a last column narrower than this goes below the others
	between  = 2  // columns of space between cells
	indent   = 2  // columns of space before a row
)

// hyphen stands for "-" while lines are broken: the library breaks after every hyphen, and
// ids and Regions should stay whole. It is a private-use character, one column wide, which
// printable text never has.
const hyphen = "\ue000"

// sheet lays out text in lines of a width. Whatever is shown goes through it: it makes hostile
// text printable before it measures, and colours last.
type sheet struct {
	width   int
	palette palette
}

func newSheet(o Options) sheet {
	width := o.Width
	if width <= 0 {
		width = terminal.DefaultWidth
	}
	return sheet{width: max(width, minWidth), palette: newPalette(o.Colour)}
}

// span is text of one meaning.
type span struct {
	meaning meaning
	text    string
}

// wrap breaks text into lines of at most width columns: between words, and inside a word only
// where it is longer than a line. Lines hold the text as it is, without the spaces between them.
func wrap(text string, width int) []string {
	text = strings.ReplaceAll(terminal.Printable(text), "-", hyphen)
	var lines []string
	for line := range strings.SplitSeq(ansi.Wrap(strings.Trim(text, " "), width, ""), "\n") {
		lines = append(lines, strings.Trim(strings.ReplaceAll(line, hyphen, "-"), " "))
	}
	return lines
}

// cut shortens text to at most width columns.
func cut(text string, width int) string {
	return ansi.Truncate(terminal.Printable(text), width, "…")
}

// measure is the number of columns that text takes.
func measure(text string) int { return ansi.StringWidth(terminal.Printable(text)) }

// paragraph writes spans one after the other as one paragraph, its first line indented by
// first and the others by hang.
func (s sheet) paragraph(b *strings.Builder, first, hang int, spans ...span) {
	var whole strings.Builder
	spans = slices.Clone(spans)
	for i := range spans {
		spans[i].text = terminal.Printable(spans[i].text)
		whole.WriteString(spans[i].text)
	}
	rest, margin := whole.String(), first
	write := func(line string) {
		if line == "" {
			return
		}
		skipped := strings.Index(rest, line) // spaces at the break
		spans = skip(spans, skipped)
		b.WriteString(strings.Repeat(" ", margin))
		spans = s.paint(b, spans, len(line))
		b.WriteByte('\n')
		rest, margin = rest[skipped+len(line):], hang
	}
	write(wrap(rest, s.width-first)[0])
	if strings.Trim(rest, " ") == "" {
		return
	}
	for _, line := range wrap(rest, s.width-hang) {
		write(line)
	}
}

// title writes the word that a section begins with, and what it lists. Where there is room the
// lines after the first stand clear of the word.
func (s sheet) title(b *strings.Builder, word span, about ...span) {
	hang := measure(word.text) + between
	if s.width < 3*hang {
		hang = between
	}
	s.paragraph(b, 0, hang, append([]span{word, {plain, strings.Repeat(" ", between)}}, about...)...)
}

// skip drops the first n bytes of spans.
func skip(spans []span, n int) []span {
	return sheet{}.paint(&strings.Builder{}, spans, n)
}

// paint writes the first n bytes of spans of printable text, and returns what is left.
func (s sheet) paint(b *strings.Builder, spans []span, n int) []span {
	for i, piece := range spans {
		if n < len(piece.text) {
			b.WriteString(s.palette.paint(piece.meaning, piece.text[:n]))
			spans[i].text = piece.text[n:]
			return spans[i:]
		}
		b.WriteString(s.palette.paint(piece.meaning, piece.text))
		n -= len(piece.text)
	}
	return nil
}

// column is one of a table. The last one takes the width that is left.
type column struct {
	title   string
	width   int
	meaning meaning
}

// table lays out rows under fixed columns, so that rows can be written as they come. Where
// the last column would be too narrow to read, it goes below the others.
type table struct {
	sheet
	columns []column
	stacked bool
}

func newTable(s sheet, columns ...column) table {
	t := table{sheet: s, columns: columns}
	last := &t.columns[len(columns)-1]
	last.width = s.width - indent
	for _, c := range columns[:len(columns)-1] {
		last.width -= c.width + between
	}
	t.stacked = last.width < minWhy
	return t
}

// header writes the columns' titles.
func (t table) header(b *strings.Builder) {
	if t.stacked {
		return
	}
	cells := make([][]string, len(t.columns))
	for i, c := range t.columns {
		cells[i] = wrap(c.title, c.width)
	}
	t.rowOf(b, cells, func(int) meaning { return faint })
}

// row writes one row. A cell is a list of paragraphs.
func (t table) row(b *strings.Builder, cells ...[]string) {
	if t.stacked {
		t.stack(b, cells)
		return
	}
	lines := make([][]string, len(cells))
	for i, cell := range cells {
		for _, paragraph := range cell {
			lines[i] = append(lines[i], wrap(paragraph, t.columns[i].width)...)
		}
	}
	t.rowOf(b, lines, func(i int) meaning { return t.columns[i].meaning })
}

// rowOf writes cells that are broken into lines already.
func (t table) rowOf(b *strings.Builder, cells [][]string, of func(column int) meaning) {
	height := 0
	for _, cell := range cells {
		height = max(height, len(cell))
	}
	for y := range height {
		gap := indent
		for x, cell := range cells {
			if y >= len(cell) || cell[y] == "" {
				gap += t.columns[x].width + between
				continue
			}
			b.WriteString(strings.Repeat(" ", gap))
			b.WriteString(t.palette.paint(of(x), cell[y]))
			gap = t.columns[x].width + between - ansi.StringWidth(cell[y])
		}
		b.WriteByte('\n')
	}
}

// stack writes a row as a paragraph of its short cells, and below it the long one.
func (t table) stack(b *strings.Builder, cells [][]string) {
	last := len(cells) - 1
	var spans []span
	for i, cell := range cells[:last] {
		text := strings.Join(cell, " ")
		if i > 0 {
			text = "  " + text
		}
		spans = append(spans, span{t.columns[i].meaning, text})
	}
	t.paragraph(b, indent, indent+between, spans...)
	for _, text := range cells[last] {
		t.paragraph(b, indent+between, indent+between, span{t.columns[last].meaning, text})
	}
}
