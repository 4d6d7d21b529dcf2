package config

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"go.yaml.in/yaml/v3"
)

var (
	schemaFile = filepath.Join("..", "..", "docs", "schema", "config-v1.json")
	pageFile   = filepath.Join("..", "..", "docs", "configuration.md")
)

func TestTheSchemaIsThatOfTheTable(t *testing.T) {
	t.Parallel()
	got, err := JSONSchema()
	if err != nil {
		t.Fatal(err)
	}
	golden(t, schemaFile, string(got))
}

func TestThePageHoldsTheTable(t *testing.T) {
	t.Parallel()
	const begin, end = "<!-- settings: begin, written by a test of internal/config -->\n", "<!-- settings: end -->\n"
	table, err := Markdown()
	if err != nil {
		t.Fatal(err)
	}
	before, rest, found := strings.Cut(page(t), begin)
	_, after, ended := strings.Cut(rest, end)
	if !found || !ended {
		t.Fatalf("%s lacks the marks of the table", pageFile)
	}
	golden(t, pageFile, before+begin+table+end+after)
}

func TestTheExampleOfThePageIsASettingsFile(t *testing.T) {
	t.Parallel()
	_, rest, _ := strings.Cut(page(t), "```yaml\n")
	example, _, found := strings.Cut(rest, "```\n")
	if !found {
		t.Fatalf("%s has no example", pageFile)
	}
	got, err := given{file: example}.load(t)
	if err != nil {
		t.Fatal(err)
	}
	want, err := Defaults()
	if err != nil {
		t.Fatal(err)
	}
	want.Profile, want.Region, want.Ruleset = "audit", []string{"eu-*", "us-east-1"}, "full"
	want.Window, want.FailOn, want.Report, want.PolicyTraffic = 6*time.Hour, "medium", []string{"json=flowproof.json"}, "all"
	if diff := cmp.Diff(want, got.Settings); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if err := validate(t, compiled(t), example); err != nil {
		t.Errorf("the schema refuses it: %v", err)
	}
}

func page(t *testing.T) string {
	t.Helper()
	raw, err := os.ReadFile(pageFile)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

func TestSchemaAndLoaderAgree(t *testing.T) {
	t.Parallel()
	schema := compiled(t)
	const yes, no = true, false
	tests := []struct {
		file string
		want bool
	}{
		{"", yes}, {"---\n", yes}, {"{}", yes}, {"text", no}, {"[]", no},
		{"nope: 1", no}, {"fail_on: high", no}, {"policy.traffic: all", no},
		{"policy: {}", yes}, {"policy: {traffic: all}", yes}, {"policy: {traffic: some}", no}, {"policy: {nope: 1}", no}, {"policy: ", no}, {"policy: all", no}, {"policy: []", no},
		{"fail-on: high", yes}, {"fail-on: HIGH", no}, {"fail-on: ''", no}, {"fail-on: ~", no}, {"fail-on: [high]", no},
		{"profile: audit", yes}, {"profile: ''", yes}, {"profile: 12", no}, {"profile: '12'", yes}, {"profile: 1.5", no}, {"profile: true", no}, {"profile: ", no}, {"profile: {a: b}", no},
		{"output: 2025-01-01", yes}, {"output: 0x1F", no},
		{"source: aws", yes}, {"source: awscli:dir", yes}, {"source: 'awscli:'", no}, {"source: ''", no}, {"source: aws2", no}, {"source: xaws", no},
		{"endpoint-url: http://localhost:1", yes}, {"endpoint-url: ''", yes}, {"endpoint-url: localhost", no},
		{"quiet: true", yes}, {"quiet: False", yes}, {"quiet: 'true'", no}, {"quiet: 1", no}, {"quiet: yes", no}, {"quiet: [true]", no},
		{"window: 24h", yes}, {"window: 1h30m", yes}, {"window: 1.5h", yes}, {"window: .5s", yes}, {"window: +90m", yes},
		{"window: 24", no}, {"window: '24'", no}, {"window: 0h", no}, {"window: '0'", no}, {"window: -1h", no}, {"window: 1d", no}, {"window: ''", no}, {"window: .h", no}, {"window: 24h ago", no},
		{"region: eu-west-1", yes}, {"region: 'eu-*, us-*'", yes}, {"region: [eu-west-1]", yes}, {"region: ['a,b', c]", yes}, {"region: []", yes},
		{"region: ''", no}, {"region: 'a,,b'", no}, {"region: ' , '", no}, {"region: ['']", no}, {"region: [a, 'b,']", no}, {"region: [~]", no}, {"region: [[a]]", no}, {"region: {a: b}", no},
		{"account: '123456789012'", yes}, {"account: ['123456789012', ' 012345678901 ']", yes}, {"account: '123456789012, 012345678901'", yes},
		{"account: 123456789012", no}, {"account: [012345678901]", no}, {"account: 012345670123", no}, {"account: '123'", no}, {"account: '1234567890123'", no}, {"account: '123456789012;'", no},
		{"report: json=out.json", yes}, {"report: [json=a, text=b]", yes}, {"report: 'json=a,text=b'", yes}, {"report: 'json=a,b'", no}, {"report: html=a", no}, {"report: 'json='", no},
		{"retention-days: 365", yes}, {"retention-days: '365'", no}, {"retention-days: -1", no}, {"retention-days: [1]", no}, {"retention-days: true", no},
		{"policy: {retention-days: 400}", yes}, {"policy: {retention-days: 0}", yes}, {"policy: {retention-days: 1.5}", no}, {"policy: {retention-days: -1}", no},
		{"policy: {retention-days: 2147483648}", no}, {"policy: {retention-days: '400'}", no},
		{"policy: {format: [flow-direction, tcp-flags]}", yes}, {"policy: {format: '${srcaddr}'}", no}, {"policy: {destination-types: [s3]}", yes}, {"policy: {destination-types: gcs}", no},
		{"gb-per-vpc: 1.5", yes}, {"gb-per-vpc: 1e3", yes}, {"gb-per-vpc: 0x10", yes}, {"gb-per-vpc: ", no},
		{"tag: env=prod", yes}, {"tag: [env=prod, 'team=']", yes}, {"tag: env", no}, {"tag: '=prod'", no},
		{"rule: &a [x]\nskip-rule: *a", yes}, {"rule: &a x\nfail-on: *a", no},
	}
	for _, tt := range tests {
		t.Run(tt.file, func(t *testing.T) {
			t.Parallel()
			_, refused := given{file: tt.file}.load(t)
			if got := refused == nil; got != tt.want {
				t.Errorf("the loader takes it: %v, want %v (%v)", got, tt.want, refused)
			}
			refused = validate(t, schema, tt.file)
			if got := refused == nil; got != tt.want {
				t.Errorf("the schema takes it: %v, want %v (%v)", got, tt.want, refused)
			}
		})
	}
}

func TestTheSchemaGivesTheDefaults(t *testing.T) {
	t.Parallel()
	schema := compiled(t)
	for _, s := range Table() {
		properties, key := schema.Properties, s.Key
		if section, rest, nested := strings.Cut(s.Key, "."); nested {
			properties, key = properties[section].Properties, rest
		}
		property := properties[key]
		if property == nil || property.Default == nil {
			t.Errorf("%s has no default in the schema", s.Key)
			continue
		}
		if err := property.Validate(*property.Default); err != nil {
			t.Errorf("the default of %s does not pass: %v", s.Key, err)
		}
	}
}

func compiled(t *testing.T) *jsonschema.Schema {
	t.Helper()
	raw, err := JSONSchema()
	if err != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	compiler := jsonschema.NewCompiler()
	compiler.AssertVocabs()
	if err := compiler.AddResource("config.json", doc); err != nil {
		t.Fatal(err)
	}
	schema, err := compiler.Compile("config.json")
	if err != nil {
		t.Fatal(err)
	}
	return schema
}

// validate checks a file as an editor does: read as YAML, then as the JSON of the same value.
func validate(t *testing.T, schema *jsonschema.Schema, file string) error {
	t.Helper()
	var value any
	if err := yaml.Unmarshal([]byte(file), &value); err != nil {
		t.Fatal(err)
	}
	raw, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	return schema.Validate(doc)
}
