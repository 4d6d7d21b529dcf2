package kb

import (
	"strings"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"
)

// markdown is the one dialect in which pages are read, for text and for HTML. Markup that is
// HTML in a page is not passed on.
func markdown() goldmark.Markdown {
	return goldmark.New(
		goldmark.WithExtensions(extension.Table),
		goldmark.WithParserOptions(parser.WithAutoHeadingID()),
	)
}

func parse(source []byte) ast.Node { return markdown().Parser().Parse(text.NewReader(source)) }

// look is how a piece of text stands out.
type look uint8

const (
	normal look = iota
	strong
	soft
	code
	link
)

// piece is text of one look.
type piece struct {
	text string
	look look
}

// word is what a line is never broken within, save where it alone is too long: pieces that
// stand together without a space.
type word []piece

func (w word) String() string {
	var b strings.Builder
	for _, p := range w {
		b.WriteString(p.text)
	}
	return b.String()
}

// words collects the words of a node's inline content. With quotes, code stands in backticks:
// the mark that remains where there is no colour.
func words(node ast.Node, source []byte, quotes bool) []word {
	c := collector{source: source, quotes: quotes, addresses: true}
	c.children(node, normal)
	c.space()
	return c.words
}

// plain is all text below a node as one line without markup, for summaries and for search.
func plain(node ast.Node, source []byte) string {
	c := collector{source: source}
	c.deep(node)
	c.space()
	parts := make([]string, len(c.words))
	for i, w := range c.words {
		parts[i] = w.String()
	}
	return strings.Join(parts, " ")
}

type collector struct {
	source    []byte
	quotes    bool // code in backticks
	addresses bool // where a link leads
	words     []word
	open      word
}

// deep takes in every block below a node, code blocks too.
func (c *collector) deep(node ast.Node) {
	for n := node.FirstChild(); n != nil; n = n.NextSibling() {
		switch {
		case n.Kind() == ast.KindFencedCodeBlock || n.Kind() == ast.KindCodeBlock:
			c.add(string(n.Lines().Value(c.source)), normal)
		case n.Type() == ast.TypeInline:
			c.inline(n, normal)
		default:
			c.deep(n)
		}
		if n.Type() == ast.TypeBlock {
			c.space()
		}
	}
}

func (c *collector) children(node ast.Node, l look) {
	for n := node.FirstChild(); n != nil; n = n.NextSibling() {
		c.inline(n, l)
	}
}

func (c *collector) inline(node ast.Node, l look) {
	switch n := node.(type) {
	case *ast.Text:
		value := n.Segment.Value(c.source)
		if l != code {
			value = util.UnescapePunctuations(util.ResolveEntityNames(value))
		}
		c.add(string(value), l)
		if n.SoftLineBreak() || n.HardLineBreak() {
			c.space()
		}
	case *ast.String:
		c.add(string(n.Value), l)
	case *ast.CodeSpan:
		c.quote()
		c.children(n, code)
		c.quote()
	case *ast.Emphasis:
		if n.Level > 1 {
			c.children(n, strong)
		} else {
			c.children(n, soft)
		}
	case *ast.AutoLink:
		c.add(string(n.URL(c.source)), link)
	case *ast.Link:
		c.children(n, l)
		if c.addresses {
			c.space()
			c.add(string(n.Destination), link)
		}
	case *ast.RawHTML: // a comment
	default:
		c.children(n, l)
	}
}

func (c *collector) quote() {
	if c.quotes {
		c.open = append(c.open, piece{"`", code})
	}
}

// add appends text, ending a word at each white space.
func (c *collector) add(s string, l look) {
	for i, field := range strings.FieldsFunc(s, isBreak) {
		if i > 0 || isBreak(rune(s[0])) {
			c.space()
		}
		c.open = append(c.open, piece{field, l})
	}
	if s != "" && isBreak(rune(s[len(s)-1])) {
		c.space()
	}
}

func isBreak(r rune) bool { return r == ' ' || r == '\n' || r == '\t' }

// space ends the open word.
func (c *collector) space() {
	if len(c.open) > 0 {
		c.words = append(c.words, c.open)
		c.open = nil
	}
}
