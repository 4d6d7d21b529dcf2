package kb

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"os"
	"path/filepath"
	"strings"

	"github.com/yuin/goldmark/ast"

	"flowproof/internal/rule"
)

//go:embed assets
var assets embed.FS

// site is what the templates need besides a page: style and script stand in each file, so
// that a file works alone, mailed or on a memory stick.
type site struct {
	Style  template.CSS
	Script template.JS
}

type indexPage struct {
	site
	Entries []indexEntry
}

type indexEntry struct {
	Entry
	File   string
	Search string // all that the search box looks at, in lower case
}

type rulePage struct {
	site
	Entry
	Contents []heading
	Body     template.HTML
}

// heading is one line of a page's table of contents.
type heading struct{ ID, Text string }

// Export writes the pages of the rules as HTML into a folder, which it creates: index.html
// and one file a rule. Files of these names are overwritten, others are left alone. All links
// between them are relative.
func Export(dir string, rules []rule.Rule) error {
	if err := os.MkdirAll(dir, 0o755); err != nil { //nolint:gosec // pages are for others to read
		return fmt.Errorf("create folder for the knowledge base: %w", err)
	}
	templates, err := template.ParseFS(assets, "assets/*.html")
	if err != nil {
		return fmt.Errorf("read page templates: %w", err)
	}
	common, err := readSite()
	if err != nil {
		return err
	}
	index := indexPage{site: common}
	for i, entry := range List(rules) {
		page, err := render(rules[i])
		if err != nil {
			return err
		}
		page.site, page.Entry = common, entry
		file := rules[i].ID + ".html"
		if err := write(templates, "rule.html", filepath.Join(dir, file), page); err != nil {
			return err
		}
		index.Entries = append(index.Entries, indexEntry{entry, file, searchText(rules[i])})
	}
	return write(templates, "index.html", filepath.Join(dir, "index.html"), index)
}

func readSite() (site, error) {
	style, err := assets.ReadFile("assets/style.css")
	if err != nil {
		return site{}, fmt.Errorf("read style: %w", err)
	}
	script, err := assets.ReadFile("assets/search.js")
	if err != nil {
		return site{}, fmt.Errorf("read script: %w", err)
	}
	// Both are files of this package, not anybody's input.
	return site{template.CSS(style), template.JS(script)}, nil //nolint:gosec // see above
}

// render turns a rule's page into HTML. The Markdown renderer escapes all text and drops what
// HTML a page holds, which is what makes its output safe to insert.
func render(r rule.Rule) (rulePage, error) {
	source := []byte(Markdown(r))
	node := parse(source)
	var b bytes.Buffer
	if err := markdown().Renderer().Render(&b, source, node); err != nil {
		return rulePage{}, fmt.Errorf("render page of %s: %w", r.ID, err)
	}
	// What is wider than a telephone scrolls by itself, and by keyboard too.
	body := strings.NewReplacer(
		"<table>", `<div class="wide" role="group" aria-label="Table" tabindex="0"><table>`,
		"</table>", "</table></div>",
		"<th>", `<th scope="col">`,
		"<pre>", `<pre tabindex="0">`,
	).Replace(b.String())
	return rulePage{Contents: contents(node, source), Body: template.HTML(body)}, nil //nolint:gosec // the renderer has escaped it
}

func contents(document ast.Node, source []byte) []heading {
	var list []heading
	for n := document.FirstChild(); n != nil; n = n.NextSibling() {
		h, ok := n.(*ast.Heading)
		if !ok || h.Level != 2 {
			continue
		}
		if id, found := h.AttributeString("id"); found {
			list = append(list, heading{string(id.([]byte)), plain(h, source)})
		}
	}
	return list
}

func searchText(r rule.Rule) string {
	source := []byte(Markdown(r))
	return strings.ToLower(r.ID + " " + r.Title + " " + string(r.Severity) + " " + plain(parse(source), source))
}

func write(templates *template.Template, name, path string, data any) error {
	var b bytes.Buffer
	if err := templates.ExecuteTemplate(&b, name, data); err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	if err := os.WriteFile(path, b.Bytes(), 0o644); err != nil { //nolint:gosec // pages are for others to read
		return fmt.Errorf("write page: %w", err)
	}
	return nil
}
