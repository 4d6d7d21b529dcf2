package remediate

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/text"
	"go.yaml.in/yaml/v3"
)

// hostile are texts that some reader of an export would take for more than text.
var hostile = []string{
	"$(touch x)", "`touch x`", "'; touch x; '", `"; touch x; "`, "\ntouch x\n", "\r\ntouch x #", "x\ttouch x", "&& touch x", "| touch x", "> x", "$x", "!!", "*",
	"~", "-rf", "--endpoint-url=http://evil", `\`, `ends in \`, `\'; touch x; \'`, `\"; touch x; \"`, "'$(touch x)'", "\x1b[31mab", "\u202e\u009b1m", "a\x00b", "'", `"`, "",
	" ", "\n# ", "EOF\ntouch x",
	"a | b | c", `a \| b`, `\\| b`, "`", "```", "``` ```\n", "</details><script>alert(1)</script>", "<b>", "<!--", "&lt;b&gt;", "[a](javascript:alert(1))", "![a](http://evil/x)",
	"[a]: http://evil", "http://evil", "www.evil.example", "mail@evil.example", "@org/team", "#1", "# head", "- item", "1. item", "> quote", "*x*", "__x__", "~~x~~", "$x^2$",
	`${file("/etc/passwd")}`, "%{ for x in y }", "$${x}", "${AWS::AccountId}", "!Ref x", "{a: b}", "yes", "0x10", "null", "- x", "a: b", "\u2028touch x",
}

// places finds every text of a value: what sets each, by the path that it has in common with its like in
// other steps.
func places(v reflect.Value, path string, found map[string][]func(string)) {
	switch {
	case v.Type() == reflect.TypeFor[json.RawMessage]():
		placesInJSON(v, path, found)
	case v.Kind() == reflect.Pointer && !v.IsNil():
		places(v.Elem(), path, found)
	case v.Kind() == reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				places(v.Field(i), path+"."+v.Type().Field(i).Name, found)
			}
		}
	case v.Kind() == reflect.Slice:
		for i := range v.Len() {
			places(v.Index(i), path+"[]", found)
		}
	case v.Kind() == reflect.Map:
		for _, key := range v.MapKeys() {
			old := v.MapIndex(key)
			found[path+"{}"] = append(found[path+"{}"], func(s string) { v.SetMapIndex(key, reflect.ValueOf(s)) })
			found[path+"{key}"] = append(found[path+"{key}"], func(s string) {
				v.SetMapIndex(key, reflect.Value{})
				v.SetMapIndex(reflect.ValueOf(s), old)
			})
		}
	case v.Kind() == reflect.String:
		found[path] = append(found[path], v.SetString)
	}
}

// placesInJSON finds the texts in a request: members by their name, and names of members.
func placesInJSON(v reflect.Value, path string, found map[string][]func(string)) {
	write := func(value any) { v.SetBytes(jsonInput(value.(map[string]any))) }
	value, err := generic(v.Bytes())
	if err != nil {
		return
	}
	var walk func(at any, path string, set func(any))
	walk = func(at any, path string, set func(any)) {
		switch at := at.(type) {
		case string:
			found[path] = append(found[path], func(s string) { set(s); write(value) })
		case []any:
			for i := range at {
				walk(at[i], path+"[]", func(x any) { at[i] = x })
			}
		case map[string]any:
			for _, k := range slices.Sorted(maps.Keys(at)) {
				walk(at[k], path+"."+k, func(x any) { at[k] = x })
				found[path+"{key}"] = append(found[path+"{key}"], func(s string) { at[s] = at[k]; delete(at, k); write(value) })
			}
		}
	}
	walk(value, path, func(any) {})
}

// clone is a plan that shares nothing with another.
func clone(t *testing.T, p Plan) Plan {
	t.Helper()
	var other Plan
	if err := json.Unmarshal([]byte(encoded(t, p)), &other); err != nil {
		t.Fatal(err)
	}
	return other
}

// poisoned calls a test with plans whose places hold hostile texts: those of the steps one kind of place at
// a time, each step another text, and all others together, until every place has held every text.
func poisoned(t *testing.T, test func(name string, p Plan)) {
	t.Helper()
	plans, tried := exported(t), 0
	for _, name := range []string{"logs", "s3-merge"} {
		whole := plans[name]
		for i := range whole.Steps {
			whole.Steps[i].Call = whole.Steps[i].ID // steps that differ cannot share a request
		}
		whole.Unplanned = []Unplanned{{ByHand: []string{"aws x", "x"}}}
		whole.LeftOut, whole.LeftAlone, whole.Notes, whole.Gaps = make([]Note, 1), make([]Note, 1), make([]Note, 1), make([]Gap, 1)
		for _, paths := range kindsOfPlaces(whole) {
			for next := 0; next < len(hostile); {
				p := clone(t, whole)
				found := map[string][]func(string){}
				places(reflect.ValueOf(&p), "", found)
				set := 0
				for _, path := range paths {
					for i, put := range found[path] {
						put(hostile[(next+i)%len(hostile)])
						set = max(set, i+1)
					}
				}
				next += set
				tried++
				test(fmt.Sprintf("%s%s, %d", name, paths[0], next), p)
			}
		}
	}
	if tried < 300 {
		t.Fatalf("%d plans tried: the test shows little", tried)
	}
}

// kindsOfPlaces are the paths of a plan's places: each of the steps' by itself, then the others.
func kindsOfPlaces(p Plan) [][]string {
	found := map[string][]func(string){}
	places(reflect.ValueOf(&p), "", found)
	var kinds [][]string
	var others []string
	for _, path := range slices.Sorted(maps.Keys(found)) {
		if strings.HasPrefix(path, ".Steps") {
			kinds = append(kinds, []string{path})
		} else {
			others = append(others, path)
		}
	}
	return append(kinds, others)
}

// shellStubs stand for the programs that a script calls, and do nothing.
const shellStubs = `
aws() { if [ "$1" = sts ]; then printf %s "$PLANNED"; fi; }
mktemp() { echo /dev/null; }
rm() { :; }
cat() { :; }
sleep() { :; }
for script in "$SCRIPTS"/*.sh; do
  PLANNED=$(< "$script.account")
  (source "$script") </dev/null
  echo "$script: $?"
done
`

// TestNoTextOfAPlanRunsInAScript runs each script with programs that do nothing, and finds that nothing
// else did anything.
func TestNoTextOfAPlanRunsInAScript(t *testing.T) {
	t.Parallel()
	scripts, empty := t.TempDir(), t.TempDir()
	write := func(path, text string) {
		if err := os.WriteFile(filepath.Join(scripts, path), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	written := 0
	poisoned(t, func(name string, p Plan) {
		script, err := p.script()
		if err != nil {
			return // nothing was written
		}
		written++
		write(fmt.Sprintf("%04d.sh", written), "# "+name+"\n"+script)
		write(fmt.Sprintf("%04d.sh.account", written), strings.ReplaceAll(p.Accounts[0], "\x00", ""))
	})
	cmd := exec.CommandContext(t.Context(), "bash", "-c", shellStubs)
	cmd.Dir, cmd.Env = empty, []string{"PATH=/usr/bin:/bin", "SCRIPTS=" + scripts}
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	for line := range strings.Lines(string(out)) {
		if !strings.HasSuffix(line, ".sh: 0\n") && !strings.HasSuffix(line, ".sh: 2\n") && !strings.HasPrefix(line, "this is account") {
			t.Errorf("a script said: %s", line)
		}
	}
	if left, err := os.ReadDir(empty); err != nil || len(left) > 0 {
		t.Errorf("the scripts made %v, %v", left, err)
	}
	if ran := strings.Count(string(out), ".sh: 0\n"); ran < written/2 {
		t.Errorf("%d of %d scripts came to their end: the test shows little", ran, written)
	}
}

// TestQuotedTextsComeBack holds quote to what a shell makes of it, and finds that one without $'…' runs nothing
// either.
func TestQuotedTextsComeBack(t *testing.T) {
	t.Parallel()
	empty := t.TempDir()
	for _, want := range append(slices.Clone(hostile), "\x1bab", "\x01"+"0", "\xff\xfe", "é\u0301") {
		if strings.Contains(want, "\x00") {
			continue // no word of a shell can hold it
		}
		old := exec.CommandContext(t.Context(), "sh", "-c", ": "+quote(want+"\x1b'; touch x; '"))
		old.Dir = empty
		if out, err := old.CombinedOutput(); err != nil {
			t.Errorf("%q in an older shell: %v, %s", want, err, out)
		}
		if left, err := os.ReadDir(empty); err != nil || len(left) > 0 {
			t.Fatalf("%q in an older shell made %v, %v", want, left, err)
		}
		out, err := exec.CommandContext(t.Context(), "bash", "-c", "printf %s "+quote(want)).Output()
		if err != nil || string(out) != want {
			t.Errorf("%q is quoted as %s, which is %q: %v", want, quote(want), out, err)
		}
		if strings.ContainsFunc(quote(want), func(r rune) bool { return r < ' ' || r == 0x7f || r == '\u202e' }) {
			t.Errorf("%q is quoted as %q", want, quote(want))
		}
	}
}

// TestNoTextOfAPlanIsMarkup reads each page as GitHub does, and finds the structure that a plan of plain
// words has: no link, picture, HTML or table of its own.
func TestNoTextOfAPlanIsMarkup(t *testing.T) {
	t.Parallel()
	reader := goldmark.New(goldmark.WithExtensions(extension.GFM)).Parser()
	poisoned(t, func(name string, p Plan) {
		var page bytes.Buffer
		if err := p.WriteMarkdown(&page); err != nil {
			return
		}
		source := page.Bytes()
		err := ast.Walk(reader.Parse(text.NewReader(source)), func(n ast.Node, entering bool) (ast.WalkStatus, error) {
			if !entering {
				return ast.WalkContinue, nil
			}
			switch n.Kind() {
			case ast.KindLink, ast.KindAutoLink, ast.KindImage, ast.KindRawHTML, ast.KindEmphasis, ast.KindThematicBreak, ast.KindBlockquote:
				return ast.WalkStop, fmt.Errorf("a %s", n.Kind())
			case ast.KindHTMLBlock:
				html := string(n.Lines().Value(source))
				if html != "<details><summary>The same with the AWS CLI</summary>\n" && html != "</details>\n" {
					return ast.WalkStop, fmt.Errorf("HTML: %s", html)
				}
			}
			return ast.WalkContinue, nil
		})
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		for line := range bytes.Lines(source) {
			const bars = 7
			if bytes.HasPrefix(line, []byte("```")) {
				break // commands follow, as they are
			}
			if n := bytes.Count(line, []byte("|")) - bytes.Count(line, []byte(`\|`)); bytes.HasPrefix(line, []byte("| ")) && n != bars {
				t.Errorf("%s: a row of %d bars: %s", name, n, line)
			}
		}
	})
}

// TestNoTextOfAPlanIsAnExpression reads the code back: every value of it is a text, and none is
// evaluated.
func TestNoTextOfAPlanIsAnExpression(t *testing.T) {
	t.Parallel()
	poisoned(t, func(name string, p Plan) {
		if code, err := p.terraform(); err == nil {
			file, diagnostics := hclsyntax.ParseConfig([]byte(code), "x.tf", hcl.InitialPos)
			if diagnostics.HasErrors() {
				t.Errorf("%s: %v\n%s", name, diagnostics, code)
				return
			}
			checkEvaluatesNothing(t, name, file.Body.(*hclsyntax.Body))
		}
		if code, err := p.cloudFormation(); err == nil {
			var document map[string]any
			if err := yaml.Unmarshal([]byte(code), &document); err != nil {
				t.Errorf("%s: %v\n%s", name, err, code)
			}
			for key := range document {
				if !slices.Contains([]string{"AWSTemplateFormatVersion", "Description", "Conditions", "Resources"}, key) {
					t.Errorf("%s: the template has a %q", name, key)
				}
			}
		}
	})
}

// checkEvaluatesNothing finds functions and references other than those that the export writes.
func checkEvaluatesNothing(t *testing.T, name string, body *hclsyntax.Body) {
	t.Helper()
	for attribute, a := range body.Attributes {
		for _, v := range a.Expr.Variables() {
			if root := v.RootName(); root != "aws" && !strings.HasPrefix(root, "aws_") {
				t.Errorf("%s: %s refers to %s", name, attribute, root)
			}
		}
		if _, isTemplate := a.Expr.(*hclsyntax.TemplateExpr); isTemplate && len(a.Expr.Variables()) > 0 {
			t.Errorf("%s: %s is a template", name, attribute)
		}
		_ = hclsyntax.VisitAll(a.Expr, func(n hclsyntax.Node) hcl.Diagnostics {
			if call, ok := n.(*hclsyntax.FunctionCallExpr); ok && call.Name != "jsonencode" {
				t.Errorf("%s: %s calls %s", name, attribute, call.Name)
			}
			return nil
		})
	}
	for _, block := range body.Blocks {
		checkEvaluatesNothing(t, name, block.Body)
	}
}
