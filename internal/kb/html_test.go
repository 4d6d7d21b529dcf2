package kb_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/net/html"

	"flowproof/internal/kb"
	"flowproof/internal/rule"
	"flowproof/internal/rules"
)

func export(t *testing.T, list []rule.Rule) map[string]string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "new", "folder")
	if err := kb.Export(dir, list); err != nil {
		t.Fatal(err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]string{}
	for _, e := range entries {
		content, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		files[e.Name()] = string(content)
	}
	return files
}

// element is a tag with its attributes.
type element struct {
	tag  string
	attr map[string]string
}

func elements(t *testing.T, content string) []element {
	t.Helper()
	root, err := html.Parse(strings.NewReader(content))
	if err != nil {
		t.Fatal(err)
	}
	var list []element
	for n := range root.Descendants() {
		if n.Type != html.ElementNode {
			continue
		}
		e := element{n.Data, map[string]string{}}
		for _, a := range n.Attr {
			e.attr[a.Key] = a.Val
		}
		list = append(list, e)
	}
	return list
}

func TestExport(t *testing.T) {
	t.Parallel()
	files := export(t, rules.All())
	want := []string{"index.html"}
	for _, r := range rules.All() {
		want = append(want, r.ID+".html")
	}
	if len(files) != len(want) {
		t.Errorf("%d files, want %d", len(files), len(want))
	}
	for _, name := range want {
		content, ok := files[name]
		if !ok {
			t.Errorf("no file %s", name)
			continue
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			checkAlone(t, content)
			checkLinks(t, content, files)
			checkAccess(t, content)
		})
	}
	for _, r := range rules.All() {
		for _, section := range kb.Sections() {
			if !strings.Contains(files[r.ID+".html"], ">"+section+"</h2>") {
				t.Errorf("%s has no section %q", r.ID, section)
			}
		}
	}
}

// checkAlone holds that a page loads nothing: it is read on machines without a network, and
// must not tell anybody that it is read.
func checkAlone(t *testing.T, content string) {
	t.Helper()
	for _, e := range elements(t, content) {
		switch e.tag {
		case "link", "img", "iframe", "object", "embed", "base", "video", "audio":
			t.Errorf("a %s element", e.tag)
		}
		if e.attr["src"] != "" || e.attr["srcset"] != "" {
			t.Errorf("%s loads %s%s", e.tag, e.attr["src"], e.attr["srcset"])
		}
	}
	if m := regexp.MustCompile(`@import|url\(|fetch\(|XMLHttpRequest`).FindString(content); m != "" {
		t.Errorf("the page holds %s", m)
	}
}

// checkLinks holds that links inside lead somewhere, and others are complete.
func checkLinks(t *testing.T, content string, files map[string]string) {
	t.Helper()
	ids := map[string]bool{}
	for _, e := range elements(t, content) {
		if id := e.attr["id"]; id != "" {
			if ids[id] {
				t.Errorf("id %s stands twice", id)
			}
			ids[id] = true
		}
	}
	for _, e := range elements(t, content) {
		href, ok := e.attr["href"]
		if !ok || strings.HasPrefix(href, "https://") {
			continue
		}
		if fragment, inside := strings.CutPrefix(href, "#"); inside {
			if !ids[fragment] {
				t.Errorf("a link to #%s, which is not there", fragment)
			}
			continue
		}
		if _, exists := files[href]; !exists {
			t.Errorf("a link to %q, which is not there", href)
		}
	}
}

// checkAccess holds what a screen reader and a keyboard need.
func checkAccess(t *testing.T, content string) {
	t.Helper()
	count := map[string]int{}
	labelled := map[string]bool{}
	for _, e := range elements(t, content) {
		count[e.tag]++
		labelled[e.attr["for"]] = true
		if e.tag == "html" && e.attr["lang"] != "en" {
			t.Error("no language")
		}
		if e.tag == "pre" && e.attr["tabindex"] != "0" {
			t.Error("code that scrolls cannot be reached by keyboard")
		}
		if e.tag == "th" && e.attr["scope"] != "col" {
			t.Error("a heading cell without its scope")
		}
	}
	for _, once := range []string{"title", "main", "h1", "header"} {
		if count[once] != 1 {
			t.Errorf("%d %s elements, want 1", count[once], once)
		}
	}
	for _, e := range elements(t, content) {
		if e.tag == "input" && !labelled[e.attr["id"]] {
			t.Error("an input without a label")
		}
	}
}

// TestExportEscapes: pages are ours, but one that quotes an attack must not become one.
func TestExportEscapes(t *testing.T) {
	t.Parallel()
	const attack = `<script>alert(1)</script><img src=x onerror=alert(2)>"'`
	page := "# A\n\n## What it finds\n\n" + attack + " `" + attack + "` [x](javascript:alert(3))\n\n```sh\n" + attack + "\n```\n"
	hostile := sampleRule(page)
	hostile.Title = attack
	hostile.Resource = attack
	for name, content := range export(t, []rule.Rule{hostile}) {
		scripts := 0
		for _, e := range elements(t, content) {
			if e.tag == "script" {
				scripts++
			}
			if e.tag == "img" || e.attr["onerror"] != "" || strings.HasPrefix(e.attr["href"], "javascript:") {
				t.Errorf("%s: %v", name, e)
			}
		}
		want := 0
		if name == "index.html" {
			want = 1 // the search
		}
		if scripts != want {
			t.Errorf("%s: %d scripts, want %d", name, scripts, want)
		}
	}
}

// TestSearchText: the box finds a page by what stands on it, control numbers included.
func TestSearchText(t *testing.T) {
	t.Parallel()
	var found []string
	for _, e := range elements(t, export(t, rules.All())["index.html"]) {
		text, ok := e.attr["data-search"]
		if ok && strings.Contains(text, "10.2.1") && strings.Contains(text, "describe-vpcs") {
			found = append(found, strings.Fields(text)[0])
		}
	}
	if diff := cmp.Diff([]string{"vpc-flow-log-check"}, found); diff != "" {
		t.Errorf("pages with 10.2.1 and describe-vpcs (-want +got):\n%s", diff)
	}
}

func TestExportSaysWhatFailed(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "taken")
	if err := os.WriteFile(dir, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	err := kb.Export(dir, rules.All())
	if err == nil || !strings.Contains(err.Error(), "create folder for the knowledge base: ") {
		t.Errorf("error %v, want one that names the folder", err)
	}
}
