package kb

import (
	"strconv"
	"strings"

	"charm.land/lipgloss/v2"
	"github.com/yuin/goldmark/ast"
	extension "github.com/yuin/goldmark/extension/ast"

	"flowproof/internal/rule"
)

// Text is not squeezed below the one width, and running text is not stretched beyond the
// other, where the eye loses the next line. Tables may be wider.
const (
	narrowest = 20
	widest    = 100
)

// Text lays the rule's page out for a terminal of the given width. Without colour it holds
// printable characters and newlines only, no escape codes of any kind. Tables fit the width.
// Code and addresses are never broken, whatever the width: they are there to be copied.
func Text(r rule.Rule, width int, colour bool) string {
	return laidOut(fill(r.Page, briefStandards(r.ID)), width, colour)
}

// laidOut lays out Markdown for a terminal.
func laidOut(page string, width int, colour bool) string {
	source := []byte(page)
	p := printer{source: source, colour: colour}
	p.blocks(parse(source), width)
	return strings.Join(p.lines, "\n") + "\n"
}

// printer turns blocks into lines. It is used for one page and thrown away.
type printer struct {
	source []byte
	colour bool
	lines  []string
}

// blocks prints the blocks below a node, an empty line between two.
func (p *printer) blocks(parent ast.Node, width int) {
	width = max(width, narrowest)
	for n := parent.FirstChild(); n != nil; n = n.NextSibling() {
		before := len(p.lines)
		if before > 0 && !tight(n) {
			p.lines = append(p.lines, "")
		}
		start := len(p.lines)
		p.block(n, width)
		if len(p.lines) == start { // a comment
			p.lines = p.lines[:before]
		}
	}
}

// tight reports whether a block follows the one before it without an empty line.
func tight(n ast.Node) bool {
	item, ok := n.Parent().(*ast.ListItem)
	return ok && item.Parent().(*ast.List).IsTight
}

func (p *printer) block(node ast.Node, width int) {
	switch n := node.(type) {
	case *ast.Heading:
		p.heading(n, width)
	case *ast.Paragraph, *ast.TextBlock:
		p.lines = append(p.lines, p.wrap(words(n, p.source, !p.colour), min(width, widest))...)
	case *ast.FencedCodeBlock, *ast.CodeBlock:
		p.margin("  ", "  ", p.code(n))
	case *ast.List:
		p.list(n, width)
	case *ast.Blockquote:
		p.nested(n, "| ", "| ", width)
	case *ast.ThematicBreak:
		p.lines = append(p.lines, strings.Repeat("-", width))
	case *extension.Table:
		p.table(n, width)
	}
}

// heading underlines what colour cannot set off.
func (p *printer) heading(n *ast.Heading, width int) {
	if p.colour {
		style := lipgloss.NewStyle().Bold(true).Foreground(lipgloss.Cyan)
		inOneColour := printer{source: p.source}
		for _, line := range inOneColour.wrap(words(n, p.source, false), width) {
			p.lines = append(p.lines, style.Render(line))
		}
		return
	}
	lines := p.wrap(words(n, p.source, true), width)
	underline := "-"
	if n.Level == 1 {
		underline = "="
	}
	p.lines = append(p.lines, lines...)
	p.lines = append(p.lines, strings.Repeat(underline, lipgloss.Width(lines[len(lines)-1])))
}

func (p *printer) code(n ast.Node) []string {
	lines := strings.Split(strings.TrimRight(string(n.Lines().Value(p.source)), "\n"), "\n")
	for i, line := range lines {
		if p.colour && line != "" {
			lines[i] = paint(line, code)
		}
	}
	return lines
}

func (p *printer) list(n *ast.List, width int) {
	number := n.Start
	for item := n.FirstChild(); item != nil; item = item.NextSibling() {
		mark := "- "
		if n.IsOrdered() {
			mark = strconv.Itoa(number) + ". "
			number++
		}
		if item.PreviousSibling() != nil && !n.IsTight {
			p.lines = append(p.lines, "")
		}
		p.nested(item, mark, strings.Repeat(" ", len(mark)), width)
	}
}

// nested prints the blocks below a node behind a margin.
func (p *printer) nested(n ast.Node, first, rest string, width int) {
	inner := printer{source: p.source, colour: p.colour}
	inner.blocks(n, width-len(rest))
	p.margin(first, rest, inner.lines)
}

// margin adds lines behind a margin: one for the first, another for the rest. Empty lines
// stay empty.
func (p *printer) margin(first, rest string, lines []string) {
	for i, line := range lines {
		before := rest
		if i == 0 {
			before = first
		}
		p.lines = append(p.lines, strings.TrimRight(before+line, " "))
	}
}

// wrap fills lines with words. A word that is too long gets a line of its own.
func (p *printer) wrap(words []word, width int) []string {
	var lines []string
	var line strings.Builder
	used := 0
	for _, w := range words {
		need := lipgloss.Width(w.String())
		if used > 0 && used+1+need > width {
			lines = append(lines, line.String())
			line.Reset()
			used = 0
		}
		if used > 0 {
			line.WriteByte(' ')
			used++
		}
		line.WriteString(p.render(w))
		used += need
	}
	return append(lines, line.String())
}

func (p *printer) render(w word) string {
	if !p.colour {
		return w.String()
	}
	var b strings.Builder
	for _, piece := range w {
		b.WriteString(paint(piece.text, piece.look))
	}
	return b.String()
}

// paint uses the sixteen colours that every terminal has and that its owner has chosen, so
// that text stays readable on light and on dark.
func paint(s string, l look) string {
	style := lipgloss.NewStyle()
	switch l {
	case strong:
		style = style.Bold(true)
	case soft:
		style = style.Italic(true)
	case code:
		style = style.Foreground(lipgloss.Cyan)
	case link:
		style = style.Foreground(lipgloss.BrightBlue)
	case normal:
		return s
	}
	return style.Render(s)
}
