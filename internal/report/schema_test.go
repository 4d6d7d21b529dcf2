package report

import (
	"bytes"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"flowproof/internal/event"
	"flowproof/internal/finding"
)

const (
	schemas      = "../../docs/schema"
	base         = "https://flowproof.invalid/schema/"
	scanSchema   = "scan-v1.json"
	eventsSchema = "events-v1.json"
	proofSchema  = "prove-v1.json"

	accountsSchema = "accounts-v1.json"
)

// node reads a published schema.
func node(t testing.TB, file string) map[string]any {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(schemas, file))
	if err != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	return doc.(map[string]any)
}

// compiled is a published schema, with every object closed if asked: readers must accept keys
// that they do not know, but what flowproof writes itself holds no key that is not described.
func compiled(t testing.TB, file string, closed bool) *jsonschema.Schema {
	t.Helper()
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	for _, f := range []string{scanSchema, eventsSchema, accountsSchema, proofSchema} {
		doc := node(t, f)
		if closed {
			closeObjects(doc)
		}
		if err := c.AddResource(base+f, doc); err != nil {
			t.Fatal(err)
		}
	}
	schema, err := c.Compile(base + file)
	if err != nil {
		t.Fatal(err)
	}
	return schema
}

func closeObjects(v any) {
	switch v := v.(type) {
	case map[string]any:
		if _, stated := v["additionalProperties"]; v["type"] == "object" && !stated {
			v["additionalProperties"] = false
		}
		for _, child := range v {
			closeObjects(child)
		}
	case []any:
		for _, child := range v {
			closeObjects(child)
		}
	}
}

func validate(t testing.TB, schema *jsonschema.Schema, raw []byte) error {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(raw))
	if err != nil {
		t.Fatalf("%v in %s", err, raw)
	}
	return schema.Validate(doc)
}

func TestEveryGoldenKeepsToItsSchema(t *testing.T) {
	t.Parallel()
	scan, events := compiled(t, scanSchema, true), compiled(t, eventsSchema, true)
	for name := range scenarios() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			raw, err := os.ReadFile(filepath.Join("testdata", name, "scan.json"))
			if err != nil {
				t.Fatal(err)
			}
			if err := validate(t, scan, raw); err != nil {
				t.Error(err)
			}
			raw, err = os.ReadFile(filepath.Join("testdata", name, "events.jsonl"))
			if err != nil {
				t.Fatal(err)
			}
			for line := range bytes.Lines(raw) {
				if err := validate(t, events, line); err != nil {
					t.Errorf("%v in %s", err, line)
				}
			}
		})
	}
}

func TestLiveEventsKeepToTheirSchema(t *testing.T) {
	t.Parallel()
	schema := compiled(t, eventsSchema, true)
	for name, events := range scenarios() {
		for line := range strings.Lines(saved(t, events)) {
			if err := validate(t, schema, []byte(line)); err != nil {
				t.Errorf("%s: %v in %s", name, err, line)
			}
		}
	}
}

// The schemas must be able to say no: without any one key that they describe a document is
// no longer valid, and neither is it with a word that is not in a list.
func TestSchemasRefuse(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile("testdata/mixed/scan.json")
	if err != nil {
		t.Fatal(err)
	}
	schema := compiled(t, scanSchema, false)
	for name, change := range map[string][2]string{
		"another schema":             {`"flowproof.scan/v1"`, `"flowproof.scan/v2"`},
		"a run without its end":      {`"finished": "2026-11-23T09:01:23Z",` + "\n    " + `"version"`, `"version"`},
		"a time that is none":        {`"started": "2026-11-23T09:00:00Z"`, `"started": "Monday"`},
		"null for a list":            {`"flow_logs": []`, `"flow_logs": null`},
		"an outcome that is none":    {`"outcome": "fail"`, `"outcome": "FAIL"`},
		"a status that is none":      {`"status": "read"`, `"status": "ok"`},
		"a cause that is none":       {`"cause": "throttled"`, `"cause": "busy"`},
		"a severity that is none":    {`"severity": "medium"`, `"severity": "informational"`},
		"an assurance that is none":  {`"assurance": "absent"`, `"assurance": ""`},
		"a finding without its gaps": {`"gaps": [],` + "\n      " + `"suppression"`, `"suppression"`},
		"a count below nothing":      {`"incomplete": 2`, `"incomplete": -2`},
		"no key for an outcome":      {`"suppressed": 1`, `"accepted": 1`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			changed := bytes.Replace(raw, []byte(change[0]), []byte(change[1]), 1)
			if bytes.Equal(raw, changed) {
				t.Fatalf("the document has no %s", change[0])
			}
			if validate(t, schema, changed) == nil {
				t.Error("accepted")
			}
		})
	}
}

func TestSchemasAcceptWhatIsAdded(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile("testdata/mixed/scan.json")
	if err != nil {
		t.Fatal(err)
	}
	grown := bytes.ReplaceAll(raw, []byte("{\n"), []byte("{\n\"from_the_future\": \"1\",\n"))
	if err := validate(t, compiled(t, scanSchema, false), grown); err != nil {
		t.Error(err)
	}
	events := compiled(t, eventsSchema, false)
	for _, line := range []string{`{"type":"from-the-future","future":1}`, `{"type":"progress","progress":{"accounts":1,"listed":1,"done":1,"expected":1,"calls":1,"throttles":0,"gaps":0,"more":1}}`} {
		if err := validate(t, events, []byte(line)); err != nil {
			t.Error(err)
		}
	}
	for _, line := range []string{`{"type":"progress"}`, `{}`, `{"type":"run","run":{}}`} {
		if validate(t, events, []byte(line)) == nil {
			t.Errorf("accepted %s", line)
		}
	}
}

// scanDocument has the keys of the document, for the test below: it is written piece by piece.
type scanDocument struct {
	Schema   string            `json:"schema"`
	Run      runPart           `json:"run"`
	Rules    []event.Rule      `json:"rules"`
	Summary  event.Summary     `json:"summary"`
	Ledger   []event.Scope     `json:"ledger"`
	Findings []finding.Finding `json:"findings"`
}

func TestSchemasHaveEveryFieldOfTheStructs(t *testing.T) {
	t.Parallel()
	for file, typ := range map[string]reflect.Type{
		scanSchema:   reflect.TypeFor[scanDocument](),
		eventsSchema: reflect.TypeFor[event.Event](),
	} {
		root := node(t, file)
		compareObject(t, file, root, root, typ)
	}
}

// compareObject holds a schema's object to a struct: the same keys, and required those that are
// always written.
func compareObject(t *testing.T, at string, root, schema map[string]any, typ reflect.Type) {
	t.Helper()
	properties, _ := schema["properties"].(map[string]any)
	var names, always []string
	for _, f := range reflect.VisibleFields(typ) {
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		if f.Anonymous || name == "" {
			continue
		}
		names = append(names, name)
		if !strings.Contains(options, "omit") {
			always = append(always, name)
		}
		child, _ := properties[name].(map[string]any)
		compareType(t, at+"."+name, root, child, f.Type)
	}
	slices.Sort(names)
	slices.Sort(always)
	if diff := cmp.Diff(names, slices.Sorted(maps.Keys(properties))); diff != "" {
		t.Errorf("%s: fields of %s (-) and keys of the schema (+):\n%s", at, typ, diff)
	}
	var required []string
	for _, name := range schema["required"].([]any) {
		required = append(required, name.(string))
	}
	slices.Sort(required)
	if diff := cmp.Diff(always, required); diff != "" {
		t.Errorf("%s: fields that %s always writes (-) and keys that the schema requires (+):\n%s", at, typ, diff)
	}
}

func compareType(t *testing.T, at string, root, schema map[string]any, typ reflect.Type) {
	t.Helper()
	root, schema = resolved(t, root, schema)
	if choices, ok := schema["anyOf"].([]any); ok { // null or the thing
		root, schema = resolved(t, root, choices[1].(map[string]any))
	}
	if typ.Kind() == reflect.Pointer {
		typ = typ.Elem()
	}
	switch {
	case typ == reflect.TypeFor[time.Time]():
		if schema["format"] != "date-time" {
			t.Errorf("%s: a time whose schema is %v", at, schema)
		}
	case typ.Kind() == reflect.Struct:
		compareObject(t, at, root, schema, typ)
	case typ.Kind() == reflect.Slice:
		items, _ := schema["items"].(map[string]any)
		compareType(t, at+"[]", root, items, typ.Elem())
	case schema == nil:
		t.Errorf("%s: not in the schema", at)
	}
}

func resolved(t *testing.T, root, schema map[string]any) (map[string]any, map[string]any) {
	t.Helper()
	target, ok := schema["$ref"].(string)
	if !ok {
		return root, schema
	}
	file, name, _ := strings.Cut(target, "#/$defs/")
	if file != "" {
		root = node(t, file)
	}
	return root, root["$defs"].(map[string]any)[name].(map[string]any)
}

// Words that the code knows must be in the schema's lists, and no others.
func TestSchemasHaveEveryWord(t *testing.T) {
	t.Parallel()
	causes, statuses := constants(t, "inventory", "Cause"), constants(t, "inventory", "Status")
	defs := node(t, scanSchema)["$defs"].(map[string]any)
	for def, want := range map[string][]string{
		"outcome":   texts(finding.Outcomes()),
		"severity":  texts(finding.Severities()),
		"assurance": texts(finding.Assurances()),
		"cause":     causes,
		"status":    statuses,
	} {
		var got []string
		for _, word := range defs[def].(map[string]any)["enum"].([]any) {
			if word != nil { // the assurance that cannot be said
				got = append(got, word.(string))
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s in the code (-) and in the schema (+):\n%s", def, diff)
		}
	}
}

func texts[T ~string](list []T) []string {
	var texts []string
	for _, word := range list {
		texts = append(texts, string(word))
	}
	return texts
}

// constants reads the values of a package's constants of a type from its source, as the language
// cannot list them.
func constants(t *testing.T, pkg, typ string) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("..", pkg, "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	var values []string
	for _, file := range files {
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(parsed, func(n ast.Node) bool {
			spec, ok := n.(*ast.ValueSpec)
			if !ok || len(spec.Values) != 1 {
				return true
			}
			name, _ := spec.Type.(*ast.Ident)
			value, _ := spec.Values[0].(*ast.BasicLit)
			if name != nil && name.Name == typ && value != nil {
				values = append(values, strings.Trim(value.Value, `"`))
			}
			return true
		})
	}
	return values
}
