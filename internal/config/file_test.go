package config

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v3"
)

func TestFilesThatAreRefused(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, file string
		says       []string
	}{
		{"a misspelt key", "quiet: true\nfail-onn: high\n", []string{"line 2", `"fail-onn"`, `"fail-on"`}},
		{"an underscore for a dash", "fail_on: high\n", []string{"line 1", `"fail_on"`, `"fail-on"`}},
		{"a misspelt key in a section", "policy:\n  trafic: all\n", []string{"line 2: unknown", `"policy.trafic"`, `"policy.traffic"`}},
		{"a misspelt section", "polici:\n  traffic: all\n", []string{"line 1", `"polici"`}},
		{"an unknown key without a value", "\n\nfoo:\n", []string{"line 3", `unknown setting "foo"`}},
		{"a key that is a list", "? [profile]\n: a\n", []string{"line 1", "unknown"}},
		{"a key in place of its section", "policy.traffic: all\n", []string{"line 1", `"traffic"`, `under "policy"`}},
		{"a key under a setting", "source:\n  traffic: all\n", []string{"line 1", `"source"`, "single value"}},
		{"a merge", "<<: {quiet: true}\n", []string{"line 1", `unknown setting "<<"`}},
		{"a key twice", "quiet: true\nquiet: false\n", []string{"line 2", `"quiet" stands there twice`}},
		{"a key twice, once by an alias", "profile: &k quiet\nquiet: true\n*k : false\n", []string{"line 3", `"quiet" stands there twice`}},
		{"a key twice in a section", "policy:\n  traffic: all\n  traffic: all\n", []string{"line 3", `"policy.traffic" stands there twice`}},
		{"a section twice", "policy: {}\npolicy: {}\n", []string{"line 2", `"policy" stands there twice`}},
		{"two documents", "quiet: true\n---\nquiet: true\n", []string{"more than one YAML document"}},
		{"a second document with a fault", "quiet: true\n---\n[", []string{"more than one YAML document"}},
		{"a list of settings", "- quiet: true\n", []string{"line 1", "want settings"}},
		{"a text", "quiet\n", []string{"line 1", "want settings"}},
		{"no YAML", "quiet: [true\n", []string{"yaml", "line 1"}},
		{"a value for a section", "policy: all\n", []string{"line 1", `"policy"`, "section"}},
		{"a section without keys", "policy:\n", []string{"line 1", `"policy"`, "section"}},
		{"a list for a single value", "profile: [a, b]\n", []string{"line 1", `"profile"`, "single value"}},
		{"a mapping for a list", "region: {a: b}\n", []string{"line 1", `"region"`, "list of values"}},
		{"a list in a list", "region: [[a]]\n", []string{"line 1", `"region"`, "list of values"}},
		{"a list that holds itself", "region: &r [*r]\n", []string{"line 1", `"region"`, "list of values"}},
		{"a setting without a value", "profile:\n", []string{"line 1", `"profile"`, "no value"}},
		{"null", "quiet: true\nwindow: ~\n", []string{"line 2", `"window"`, "no value"}},
		{"null in a list", "region: [a, null]\n", []string{"line 1", `"region"`, "no value"}},
		{"an account id that YAML reads as a number", "account: 012345678901\n", []string{"line 1", `"account"`, "012345678901", "quotes"}},
		{"a number in a list", "account:\n  - 123456789012\n", []string{"line 1", `"account"`, "123456789012", "quotes"}},
		{"true for a text", "profile: true\n", []string{"line 1", `"profile"`, "quotes"}},
		{"a number for a duration", "window: 24\n", []string{"line 1", `"window"`, "quotes"}},
		{"part of a day", "policy:\n  retention-days: 1.5\n", []string{"line 2", `"policy.retention-days"`, "not a whole number"}},
		{"a quoted switch", "quiet: 'true'\n", []string{"line 1", `"quiet"`, "neither true nor false", "without quotes"}},
		{"yes for a switch", "quiet: yes\n", []string{"line 1", `"quiet"`, "neither true nor false"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := given{file: tt.file}.load(t)
			wantError(t, err, append(tt.says, "settings file ", "flowproof.yaml: ")...)
			if err != nil && strings.Count(err.Error(), "line ") > 1 {
				t.Errorf("%q names more than one line", err)
			}
		})
	}
}

func TestFilesThatAreRead(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, file string
		want       map[string][]string
	}{
		{"an empty file", "", nil},
		{"comments alone", "# nothing yet\n", nil},
		{"an empty document", "---\n", map[string][]string{}},
		{"an empty mapping", "{}\n", map[string][]string{}},
		{"an empty section", "policy: {}\n", map[string][]string{}},
		{"a list as one text", "region: eu-west-1\n", map[string][]string{"region": {"eu-west-1"}}},
		{"a list separated by commas", "region: eu-west-1, us-*\n", map[string][]string{"region": {"eu-west-1, us-*"}}},
		{"a list as a sequence", "region:\n  - eu-west-1\n  - 'us-*'\n", map[string][]string{"region": {"eu-west-1", "us-*"}}},
		{"an empty list", "region: []\n", map[string][]string{"region": {}}},
		{"an alias of a text", "rule: &a x\nskip-rule: *a\n", map[string][]string{"rule": {"x"}, "skip-rule": {"x"}}},
		{"an alias of a list", "rule: &a [x, y]\nskip-rule: *a\n", map[string][]string{"rule": {"x", "y"}, "skip-rule": {"x", "y"}}},
		{"an alias in a list", "rule: &a x\nskip-rule: [*a, y]\n", map[string][]string{"rule": {"x"}, "skip-rule": {"x", "y"}}},
		{"a quoted number", "account: '012345678901'\n", map[string][]string{"account": {"012345678901"}}},
		{"a text that looks like a date", "output: 2025-01-01\n", map[string][]string{"output": {"2025-01-01"}}},
		{"a section", "policy:\n  traffic: all\n", map[string][]string{"policy.traffic": {"all"}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := parseFile([]byte(tt.file))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, got.values); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// FuzzParseFile: no file makes it panic, a key that no setting has is never let through, and
// what it lets through resolves or is refused by the name of a setting.
func FuzzParseFile(f *testing.F) {
	for _, seed := range []string{
		"", "---\n", "fail-on: high\n", "region: [a, b]\npolicy: {traffic: all}\n", "account: 012345678901\n",
		"rule: &a [x]\nskip-rule: *a\n", "region: &r [*r]\n", "<<: {quiet: true}\n", "quiet: true\n---\n", "? [a]\n: b\n", "nope: 1\n", "policy: {nope: 1}\n",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		c, err := parseFile(raw)
		if err != nil {
			return
		}
		values := c.values
		for _, key := range keysOf(t, raw) {
			if _, known := values[key]; !known && key != suppressionsKey {
				t.Errorf("%q stands in the file and was let through unread", key)
			}
		}
		for key := range values {
			if _, known := Find(key); !known {
				t.Errorf("%q is no setting", key)
			}
		}
		if _, err := resolve([]layer{fileLayer("f", values)}); err != nil {
			key, _, _ := strings.Cut(err.Error(), " ")
			if _, given := values[key]; !given {
				t.Errorf("the error %q does not start with a setting of the file", err)
			}
		}
	})
}

// keysOf reads the keys of a file a second way, as a decoded value.
func keysOf(t *testing.T, raw []byte) []string {
	t.Helper()
	var top map[string]any
	if err := yaml.Unmarshal(raw, &top); err != nil {
		t.Logf("no mapping of texts: %v", err)
		return nil
	}
	var keys []string
	for name, value := range top {
		section, ok := value.(map[string]any)
		if !ok {
			keys = append(keys, name)
			continue
		}
		for key := range section {
			keys = append(keys, name+"."+key)
		}
	}
	return keys
}
