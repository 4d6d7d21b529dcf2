package awslive

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestSectionsOfTheAWSConfiguration(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, text string
		want       map[string]map[string]string
	}{
		{"nothing", "", map[string]map[string]string{}},
		{"keys", "[profile a]\nregion = us-east-1\nENDPOINT_URL=http://x:1/p ; mine\n",
			map[string]map[string]string{"profile a": {"region": "us-east-1", "endpoint_url": "http://x:1/p"}}},
		{"comments and blank lines", "# one\n; two\n\n[a] # three\n#k = v\nk = v\n", map[string]map[string]string{"a": {"k": "v"}}},
		{"what belongs to a key above", "[services s]\nsts =\n  endpoint_url = http://x\nec2 =\n\tendpoint_url = http://y\n",
			map[string]map[string]string{"services s": {"sts": "", "ec2": ""}}},
		{"a section in two parts", "[a]\nk = v\n[b]\n[a]\nl = w\n", map[string]map[string]string{"a": {"k": "v", "l": "w"}, "b": {}}},
		{"spaces in a name", "[ profile   a ]\n", map[string]map[string]string{"profile a": {}}},
		{"a name without an end", "[a]\nk = v\n[b\nl = w\n", map[string]map[string]string{"a": {"k": "v"}}},
		{"keys before any section", "k = v\n", map[string]map[string]string{}},
		{"lines of Windows", "[a]\r\nk = v\r\n", map[string]map[string]string{"a": {"k": "v"}}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(test.want, parseINI(test.text).sections); diff != "" {
				t.Errorf("sections (-want +got):\n%s", diff)
			}
		})
	}
}

func FuzzINI(f *testing.F) {
	f.Add("[profile a]\nregion = us-east-1\n  sub = x\n")
	f.Add("[a\n]=\n[]\n=\n")
	f.Fuzz(func(t *testing.T, text string) {
		parsed := parseINI(text)
		if len(parsed.names) != len(parsed.sections) {
			t.Fatalf("%d names, %d sections", len(parsed.names), len(parsed.sections))
		}
		for name, keys := range parsed.sections {
			if strings.ContainsAny(name, "\n]") {
				t.Errorf("section %q", name)
			}
			for key, value := range keys {
				if strings.Contains(key+value, "\n") {
					t.Errorf("key %q, value %q", key, value)
				}
			}
		}
	})
}
