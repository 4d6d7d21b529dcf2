package kb_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"regexp"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// names says what the example names on a page stand for. A name in shown output that has no
// meaning yet gets that of the real one in its place, and has to keep it from then on: the
// same id on a page is the same resource in fact.
type names map[string]string

// exampleID is an id as pages write it, and as AWS does.
var exampleID = regexp.MustCompile(`\b(vpc|subnet|eni|fl|tgw|tgw-attach)-[0-9a-f]{17}\b`)

// apply puts the real names into a command.
func (n names) apply(text string) string {
	for _, example := range slices.Sorted(maps.Keys(n)) {
		text = regexp.MustCompile(`\b`+regexp.QuoteMeta(example)+`\b`).ReplaceAllLiteralString(text, n[example])
	}
	return text
}

// compare lists how real output differs from what a page shows. JSON is compared as data.
func (n names) compare(shown, printed string, isJSON bool) ([]string, error) {
	if !isJSON {
		return n.values("", any(shown), any(printed)), nil
	}
	want, err := documents(shown)
	if err != nil {
		return nil, fmt.Errorf("read the output on the page: %w", err)
	}
	got, err := documents(printed)
	if err != nil {
		return nil, fmt.Errorf("read the real output: %w", err)
	}
	if len(got) == 0 {
		return []string{"no output"}, nil
	}
	if len(want) == 1 && len(got) == 1 {
		return n.values("", want[0], got[0]), nil
	}
	return n.values("", want, got), nil
}

func documents(text string) ([]any, error) {
	d := json.NewDecoder(bytes.NewReader([]byte(text)))
	d.UseNumber()
	var all []any
	for {
		var v any
		err := d.Decode(&v)
		if errors.Is(err, io.EOF) {
			return all, nil
		}
		if err != nil {
			return nil, err
		}
		all = append(all, v)
	}
}

func (n names) values(path string, want, got any) []string {
	switch want := want.(type) {
	case map[string]any:
		if got, ok := got.(map[string]any); ok {
			return n.objects(path, want, got)
		}
	case []any:
		if got, ok := got.([]any); ok {
			return n.lists(path, want, got)
		}
	case string:
		if got, ok := got.(string); ok && (path == ".ClientToken" && got != "" || n.match(want, got)) {
			return nil
		}
	default:
		if want == got {
			return nil
		}
	}
	return []string{fmt.Sprintf("%s: shown %v, in fact %v", path, want, got)}
}

func (n names) objects(path string, want, got map[string]any) []string {
	var diffs []string
	for _, key := range slices.Sorted(maps.Keys(want)) {
		if _, ok := got[key]; !ok {
			diffs = append(diffs, path+"."+key+": missing")
			continue
		}
		diffs = append(diffs, n.values(path+"."+key, want[key], got[key])...)
	}
	for _, key := range slices.Sorted(maps.Keys(got)) {
		if _, ok := want[key]; !ok {
			diffs = append(diffs, path+"."+key+": not shown")
		}
	}
	return diffs
}

func (n names) lists(path string, want, got []any) []string {
	var diffs []string
	for i := range max(len(want), len(got)) {
		at := fmt.Sprintf("%s[%d]", path, i)
		switch {
		case i >= len(got):
			diffs = append(diffs, at+": missing")
		case i >= len(want):
			diffs = append(diffs, at+": not shown")
		default:
			diffs = append(diffs, n.values(at, want[i], got[i])...)
		}
	}
	return diffs
}

// match reports whether real text is the shown one with real names, and learns the names that
// had no meaning yet.
func (n names) match(shown, actual string) bool {
	shown = n.apply(shown)
	var unknown []string
	pattern := "^"
	for shown != "" {
		at := n.nextUnknown(shown)
		if at == nil {
			break
		}
		example := shown[at[0]:at[1]]
		kind := exampleID.FindStringSubmatch(example)[1]
		pattern += regexp.QuoteMeta(shown[:at[0]]) + "(" + kind + "-[0-9a-f]+)"
		unknown = append(unknown, example)
		shown = shown[at[1]:]
	}
	found := regexp.MustCompile(pattern + regexp.QuoteMeta(shown) + "$").FindStringSubmatch(actual)
	if found == nil {
		return false
	}
	for i, example := range unknown {
		if known, ok := n[example]; ok && known != found[i+1] {
			return false
		}
		n[example] = found[i+1]
	}
	return true
}

// nextUnknown finds the first id in text that is not already a real one.
func (n names) nextUnknown(text string) []int {
	actual := slices.Collect(maps.Values(n))
	for _, at := range exampleID.FindAllStringIndex(text, -1) {
		if !slices.Contains(actual, text[at[0]:at[1]]) {
			return at
		}
	}
	return nil
}

func TestCompare(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, shown, real string
		want              []string
	}{
		{"same", `{"A": [1, true]}`, `{"A": [1, true]}`, nil},
		{"order of keys", `{"A": 1, "B": 2}`, `{"B": 2, "A": 1}`, nil},
		{"known name", `"vpc-0123456789abcdef0"`, `"vpc-00000000000000aaa"`, nil},
		{"known name, another thing", `"vpc-0123456789abcdef0"`, `"vpc-00000000000000bbb"`,
			[]string{": shown vpc-0123456789abcdef0, in fact vpc-00000000000000bbb"}},
		{"name learnt", `["fl-0123456789abcdef0", "fl-0123456789abcdef0"]`, `["fl-00000000000000ccc", "fl-00000000000000ccc"]`, nil},
		{"name that changes its meaning", `["fl-0123456789abcdef0", "fl-0123456789abcdef0"]`, `["fl-00000000000000ccc", "fl-00000000000000ddd"]`,
			[]string{"[1]: shown fl-0123456789abcdef0, in fact fl-00000000000000ddd"}},
		{"name of another kind", `"eni-0123456789abcdef0-all"`, `"fl-00000000000000ccc-all"`,
			[]string{": shown eni-0123456789abcdef0-all, in fact fl-00000000000000ccc-all"}},
		{"token", `{"ClientToken": "one"}`, `{"ClientToken": "two"}`, nil},
		{"token without content", `{"ClientToken": "one"}`, `{"ClientToken": ""}`, []string{".ClientToken: shown one, in fact "}},
		{"key missing", `{"A": 1}`, `{}`, []string{".A: missing"}},
		{"key not shown", `{}`, `{"A": 1}`, []string{".A: not shown"}},
		{"item missing", `[1, 2]`, `[1]`, []string{"[1]: missing"}},
		{"item not shown", `[1]`, `[1, 2]`, []string{"[1]: not shown"}},
		{"nothing printed", `{}`, ``, []string{"no output"}},
		{"two documents", `{} []`, `{}  []`, nil},
		{"one of two documents", `{} []`, `{}`, []string{"[1]: missing"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			n := names{"vpc-0123456789abcdef0": "vpc-00000000000000aaa"}
			got, err := n.compare(test.shown, test.real, true)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("differences (-want +got):\n%s", diff)
			}
		})
	}
}
