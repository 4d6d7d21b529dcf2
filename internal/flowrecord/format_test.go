package flowrecord_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"flowproof/internal/flowrecord"
)

func TestParseFormat(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, format string
		want         string // the fields; empty for an error
	}{
		{"none is the default", "", "version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action log-status"},
		{"an order of its own", "${end} ${srcaddr}", "end srcaddr"},
		{"a field of a version to come", "${srcaddr} ${moon-phase}", "srcaddr moon-phase"},
		{"spaces of all kinds", "  ${srcaddr}\t${end} ", "srcaddr end"},
		{"words without braces", "srcaddr end", ""},
		{"an empty field", "${}", ""},
		{"one that is not closed", "${srcaddr", ""},
		{"one inside another", "${${srcaddr}}", ""},
		{"no space between", "${srcaddr}${end}", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			f, err := flowrecord.ParseFormat(tt.format)
			if (err != nil) != (tt.want == "") {
				t.Fatalf("error %v", err)
			}
			if err == nil && strings.Join(f.Fields(), " ") != tt.want {
				t.Errorf("fields %q, want %q", f.Fields(), tt.want)
			}
		})
	}
}

func TestFieldsByVersion(t *testing.T) {
	t.Parallel()
	if got := len(flowrecord.UpTo("v2")); got != 14 {
		t.Errorf("version 2 has %d fields, want 14", got)
	}
	if got := flowrecord.UpTo("v5"); !slices.Contains(got, "flow-direction") || slices.Contains(got, "reject-reason") {
		t.Errorf("up to version 5: %v", got)
	}
	if got := len(flowrecord.UpTo("v11")); got != 54 {
		t.Errorf("up to version 11 there are %d fields, want 54", got)
	}
	for _, resource := range flowrecord.TagResources() {
		for i, field := range flowrecord.TagFields(resource) {
			if of, key, ok := flowrecord.TagResource(field); of != resource || key != i || !ok || !slices.Contains(flowrecord.UpTo("v11"), field) {
				t.Errorf("%s shows key %d of %s", field, key, of)
			}
		}
	}
	if _, _, ok := flowrecord.TagResource("interface-type"); ok {
		t.Error("interface-type shows a tag")
	}
	if got := flowrecord.UpTo("v99"); got != nil {
		t.Errorf("a version of another year has %v", got)
	}
	known := flowrecord.Known()
	slices.Sort(known)
	if once := slices.Compact(slices.Clone(known)); len(once) != len(known) {
		t.Error("a field is listed twice")
	}
}

func FuzzParseFormat(f *testing.F) {
	for _, seed := range []string{"", "${srcaddr}", "${version} ${account-id}", "${${}}", "$", "${a}${b}", "${\u202e}"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		format, err := flowrecord.ParseFormat(text)
		if err != nil {
			return
		}
		again, err := flowrecord.ParseFormat(format.String())
		if err != nil {
			t.Fatalf("%q became %q, which is no format: %v", text, format, err)
		}
		if diff := cmp.Diff(format.Fields(), again.Fields()); diff != "" {
			t.Errorf("%q (-first +again):\n%s", text, diff)
		}
	})
}
