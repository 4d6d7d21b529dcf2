package deps

import (
	"go/build"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
)

const root = "../.."

func TestImports_of_this_tree(t *testing.T) {
	t.Parallel()
	wrong, err := Check(os.DirFS(root))
	if err != nil {
		t.Fatal(err)
	}
	for _, w := range wrong {
		t.Error(w)
	}
}

// A ban on a misspelt path would guard nothing.
func TestBans_name_packages_that_exist(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile(filepath.Join(root, "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	required := string(raw)
	for _, b := range bans() {
		path := strings.TrimSuffix(b.path, "/...")
		if first, _, _ := strings.Cut(path, "/"); strings.Contains(first, ".") {
			if !strings.Contains(required, path+" v") {
				t.Errorf("ban of %s: go.mod does not require it", path)
			}
			continue
		}
		if _, err := os.Stat(filepath.Join(build.Default.GOROOT, "src", path)); err != nil {
			t.Errorf("ban of %s: the standard library does not have it: %v", path, err)
		}
	}
}

func TestBans_and_uses_have_a_reason(t *testing.T) {
	t.Parallel()
	for _, b := range bans() {
		if b.reason == "" {
			t.Errorf("the ban of %s has no reason", b.path)
		}
	}
	for _, u := range uses() {
		if u.reason == "" || len(u.names) == 0 || len(u.within) == 0 {
			t.Errorf("the ban of names of %s lacks its reason, the names or the packages", u.path)
		}
	}
}

// planted is a small tree that keeps to its tables.
func planted() (rules, fstest.MapFS) {
	tables := rules{
		rows: []row{
			{"leaf", nil},
			{"rules/*", []string{"leaf"}},
			{"top", []string{"leaf", "rules/*"}},
		},
		bans: []ban{
			{path: "net/http/...", only: []string{"top"}, reason: "only the top talks"},
			{path: "os", within: []string{"rules/*"}, only: []string{"rules/one/files.go"}, reason: "rules read no files"},
		},
		uses:        []use{{path: "time", names: []string{"Now"}, within: []string{"rules/*"}, only: []string{"rules/one/clock.go"}, reason: "rules have no clock"}},
		testsMayNot: []string{"top"},
	}
	tree := fstest.MapFS{
		"leaf/leaf.go":           source(`import "os"; var _ = os.Args`),
		"rules/one/one.go":       source(`import ("time"; "flowproof/leaf"); var _ = time.Second`),
		"rules/one/files.go":     source(`import "os"`),
		"rules/one/clock.go":     source(`import "time"; var _ = time.Now`),
		"rules/one/one_test.go":  source(`import ("time"; "os"; "net/http"; "flowproof/leaf"; "flowproof/rules/one"); var _ = time.Now`),
		"top/top.go":             source(`import ("net/http/httptest"; "flowproof/leaf"; "flowproof/rules/one")`),
		"top/top_test.go":        source(`import "flowproof/top"`),
		"tools/go.mod":           {Data: []byte("module flowproof/tools")},
		"tools/tools.go":         source(`import "flowproof/top"`),
		"leaf/testdata/input.go": source(`import "flowproof/top"`),
		".venv/x.go":             {Data: []byte("not Go")},
	}
	return tables, tree
}

func source(text string) *fstest.MapFile {
	return &fstest.MapFile{Data: []byte("package p; " + text)}
}

func TestCheck(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, file, text string
		want             []string
	}{
		{name: "a tree that keeps to its tables"},
		{
			"an import against the direction", "leaf/more.go", `import "flowproof/rules/one"`,
			[]string{"leaf/more.go: imports rules/one; leaf may import nothing of ours"},
		},
		{
			"a rule that imports another", "rules/two/two.go", `import "flowproof/rules/one"`,
			[]string{"rules/two/two.go: imports rules/one; rules/* may import leaf"},
		},
		{
			"an import under another name", "leaf/more.go", `import other "flowproof/top"`,
			[]string{"leaf/more.go: imports top; leaf may import nothing of ours"},
		},
		{
			"a file for another system", "leaf/leaf_windows.go", `import "flowproof/top"`,
			[]string{"leaf/leaf_windows.go: imports top; leaf may import nothing of ours"},
		},
		{
			"a package without a row", "new/new.go", "",
			[]string{"new/new.go: no row says what new may import: add one to internal/deps/table.go"},
		},
		{
			"a test that reaches for the top", "leaf/leaf_test.go", `import "flowproof/top"`,
			[]string{"leaf/leaf_test.go: a test may not import top: it lies above what is tested"},
		},
		{"a test that reaches sideways", "rules/two/two_test.go", `import "flowproof/rules/one"`, nil},
		{
			"a banned import", "leaf/more.go", `import "net/http"`,
			[]string{"leaf/more.go: imports net/http: only the top talks"},
		},
		{
			"an import below a banned one", "leaf/more.go", `import "net/http/httptest"`,
			[]string{"leaf/more.go: imports net/http/httptest: only the top talks"},
		},
		{
			"a function that runs on import", "leaf/more.go", `func init() {}`,
			[]string{"leaf/more.go: declares func init: what runs because of an import cannot be chosen, ordered or tested by its caller"},
		},
		{
			"a test's function that runs on import", "leaf/leaf_test.go", `func init() {}`,
			[]string{"leaf/leaf_test.go: declares func init: what runs because of an import cannot be chosen, ordered or tested by its caller"},
		},
		{"a method named init", "leaf/more.go", `type t struct{}; func (t) init() {}`, nil},
		{"an import whose name only starts alike", "leaf/more.go", `import "net/httpx"`, nil},
		{
			"an import banned in some packages", "rules/one/more.go", `import "os"`,
			[]string{"rules/one/more.go: imports os: rules read no files"},
		},
		{"an import below one that is banned alone", "rules/one/more.go", `import "os/user"`, nil},
		{
			"a call of a banned name", "rules/one/more.go", `import "time"; var _ = time.Now()`,
			[]string{"rules/one/more.go: uses time.Now: rules have no clock"},
		},
		{
			"a banned name handed on as a value", "rules/one/more.go", `import clock "time"; var now = clock.Now`,
			[]string{"rules/one/more.go: uses time.Now: rules have no clock"},
		},
		{
			"a banned name behind a dot", "rules/one/more.go", `import . "time"; var _ = Now()`,
			[]string{"rules/one/more.go: imports the names of time as its own, so that nobody sees which it uses"},
		},
		{"a banned name elsewhere", "leaf/more.go", `import "time"; var _ = time.Now()`, nil},
		{"the same name of something else", "rules/one/more.go", `var clock struct{ Now int }; var _ = clock.Now`, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			tables, tree := planted()
			if tt.file != "" {
				tree[tt.file] = source(tt.text)
			}
			files, err := read(tree)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, tables.check(files)); diff != "" {
				t.Errorf("check (-want +got):\n%s", diff)
			}
		})
	}
}

func TestCheck_names_what_no_longer_exists(t *testing.T) {
	t.Parallel()
	tables, tree := planted()
	delete(tree, "rules/one/files.go")
	delete(tree, "top/top.go")
	delete(tree, "top/top_test.go")
	files, err := read(tree)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"internal/deps/table.go: rules/one/files.go does not exist",
		"internal/deps/table.go: top does not exist",
	}
	if diff := cmp.Diff(want, tables.check(files)); diff != "" {
		t.Errorf("check (-want +got):\n%s", diff)
	}
}

func TestCheck_refuses_a_file_that_is_not_Go(t *testing.T) {
	t.Parallel()
	_, err := Check(fstest.MapFS{"leaf/leaf.go": {Data: []byte("not Go")}})
	if err == nil || !strings.Contains(err.Error(), "leaf/leaf.go") {
		t.Errorf("Check = %v, want an error that names the file", err)
	}
}
