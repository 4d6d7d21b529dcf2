package framework

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
)

func TestEveryFileLoads(t *testing.T) {
	t.Parallel()
	var ids []string
	for _, f := range All() {
		ids = append(ids, f.ID)
	}
	want := []string{
		"apra-cpg-234", "apra-cps-234", "aws-fsbp", "aws-wa-security", "c5-2020",
		"cis-aws-1.0", "cis-aws-1.1",
		"cis-aws-1.2", "cis-aws-1.3", "cis-aws-1.4", "cis-aws-1.5", "cis-aws-2.0",
		"cis-aws-3.0", "cis-aws-4.0", "cis-aws-5.0", "cis-aws-6.0", "cis-aws-7.0",
		"cis-controls-8", "cis-controls-8.1", "cmmc-2.0", "csa-ccm-4.0", "dora", "ens-2022",
		"fedramp-20x", "fedramp-low-r4", "fedramp-low-r5", "fedramp-moderate-r4", "fedramp-moderate-r5", "ffiec-cat", "finos-ccc", "gdpr", "hipaa",
		"iso-27001-2013", "iso-27001-2022", "kisa-isms-p-2023", "mas-trm-2021", "nis2",
		"nist-800-53-r4", "nist-800-53-r5", "nist-800-171-r2", "nist-800-171-r3", "nist-800-172", "nist-csf-1.1", "nist-csf-2.0",
		"nydfs-500", "pci-dss-3.2.1", "pci-dss-4.0", "secnumcloud-3.2", "soc-2",
	}
	for _, id := range want {
		if !slices.Contains(ids, id) {
			t.Errorf("no framework %s", id)
		}
	}
	if !slices.IsSortedFunc(ids, compareIDs) {
		t.Errorf("not in order: %v", ids)
	}
}

// TestVersionsWithTheSameControls: who asks for such a version is answered, and no id means two things.
func TestVersionsWithTheSameControls(t *testing.T) {
	t.Parallel()
	if f, err := Find("pci-dss-4.0.1"); err != nil || f.ID != "pci-dss-4.0" {
		t.Errorf("pci-dss-4.0.1 is %s (%v)", f.ID, err)
	}
	seen := map[string]bool{}
	for _, f := range All() {
		for _, id := range append([]string{f.ID}, f.Also...) {
			if seen[id] {
				t.Errorf("%s is said twice", id)
			}
			seen[id] = true
		}
	}
}

// TestCISNumbers pins the number of the one recommendation in each version of the benchmark:
// it moved twice, and an auditor looks it up by number.
func TestCISNumbers(t *testing.T) {
	t.Parallel()
	got := map[string]string{}
	for _, m := range ForRule("vpc-flow-log-check") {
		if strings.HasPrefix(m.Framework, "cis-aws-") {
			got[m.Version] = m.Control
			if m.Strength != Direct {
				t.Errorf("%s is %s, want direct", m.Framework, m.Strength)
			}
		}
	}
	want := map[string]string{
		"1.0.0": "4.3", "1.1.0": "4.3",
		"1.2.0": "2.9", "1.3.0": "3.9", "1.4.0": "3.9", "1.5.0": "3.9", "2.0.0": "3.9",
		"3.0.0": "3.7", "4.0.1": "3.7", "5.0.0": "3.7", "6.0.0": "4.7", "7.0.0": "4.7",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("recommendation by version (-want +got):\n%s", diff)
	}
}

// TestHonestStrength holds what no later data file may soften: only a control that asks for
// flow logging itself is direct, and a derived row says that it is.
func TestHonestStrength(t *testing.T) {
	t.Parallel()
	for _, f := range All() {
		for _, c := range f.Controls {
			for _, row := range c.Rules {
				name := f.ID + " " + c.ID + " " + row.Rule
				saysDerived := strings.HasPrefix(row.Source, "Derived: ")
				if saysDerived != (row.Strength == Derived) {
					t.Errorf("%s: strength %s, source %q", name, row.Strength, row.Source)
				}
				if row.Strength == Direct && !strings.Contains(strings.ToLower(c.Title), "flow log") {
					t.Errorf("%s: direct, but the control's title does not speak of flow logs: %q", name, c.Title)
				}
				if f.ID == "apra-cpg-234" || f.ID == "mas-trm-2021" {
					if row.Strength != Derived {
						t.Errorf("%s: %s, want derived: no published row exists", name, row.Strength)
					}
				}
			}
		}
	}
}

func TestLookups(t *testing.T) {
	t.Parallel()
	f, ok := ByID("cis-aws-5.0")
	if !ok || f.Version != "5.0.0" || f.Controls[0].ID != "3.7" {
		t.Errorf("ByID(cis-aws-5.0) = %+v, %v", f, ok)
	}
	if _, ok := ByID("cis-aws-0.1"); ok {
		t.Error("ByID finds a framework that does not exist")
	}
	if got := ForRule("no-such-rule"); got != nil {
		t.Errorf("ForRule of an unknown rule = %v", got)
	}
	first, second := ForRule("flow-log-traffic-check"), ForRule("flow-log-traffic-check")
	if diff := cmp.Diff(first, second); diff != "" || len(first) == 0 {
		t.Errorf("ForRule differs from call to call, or is empty:\n%s", diff)
	}
	All()[0] = Framework{}
	if All()[0].ID == "" {
		t.Error("a caller can overwrite the catalogue")
	}
}

func TestFind(t *testing.T) {
	t.Parallel()
	f, err := Find("cis-aws-5.0")
	if err != nil || f.Name != "CIS AWS Foundations" {
		t.Errorf("Find(cis-aws-5.0) = %s, %v", f.Name, err)
	}
	for _, test := range []struct{ id, want string }{
		{"cis-5.0", `no framework "cis-5.0": the nearest is "cis-aws-5.0"; `},
		{"hippa", `no framework "hippa": the nearest is "hipaa"; `},
		{"iso", `no framework "iso": there is iso-27001-2013, iso-27001-2022; `},
		{"something", `no framework "something"; flowproof frameworks list`},
	} {
		if _, err := Find(test.id); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: error %v, want one with %s", test.id, err, test.want)
		}
	}
	if got := f.RuleIDs(); !slices.Contains(got, "vpc-flow-log-check") || len(got) != len(f.Controls[0].Rules) {
		t.Errorf("rules %v", got)
	}
	of := f.Of("vpc-flow-log-check")
	if len(of.Controls) != 1 || len(of.Controls[0].Rules) != 1 || len(f.Controls[0].Rules) == 1 {
		t.Errorf("of one rule: %+v", of.Controls)
	}
	if got := f.Of("no-such-rule").Controls; got != nil {
		t.Errorf("of a rule that is not there: %+v", got)
	}
}

const whole = `id: sample-1.0
name: Sample
version: "1.0"
controls:
  - id: "1"
    title: First
    rules:
      - rule: some-rule
        strength: direct
        source: Some page
`

func TestDecodeRefuses(t *testing.T) {
	t.Parallel()
	from := func(mark string) string {
		_, after, _ := strings.Cut(whole, mark)
		return mark + after
	}
	for _, test := range []struct{ name, from, to, want string }{
		{"no id", "id: sample-1.0", `id: ""`, "needs id, name and version"},
		{"no version", `version: "1.0"`, `version: ""`, "needs id, name and version"},
		{"no source", "source: Some page", `source: " "`, "no source"},
		{"unknown strength", "strength: direct", "strength: strong", `unknown strength "strong"`},
		{"rule id in camel case", "rule: some-rule", "rule: someRule", "not a rule id"},
		{"rule id of one word", "rule: some-rule", "rule: rule", "not a rule id"},
		{"rule id with a trailing dash", "rule: some-rule", "rule: some-rule-", "not a rule id"},
		{"unknown key", "title: First", "title: First\n    tittle: x", "field tittle not found"},
		{"key given twice", "title: First", "title: First\n    title: x", "already defined"},
		{"control twice", whole, whole + from("  - id"), "control 1 stands twice"},
		{"rule twice", "      - rule: some-rule", "      - {rule: some-rule, strength: direct, source: x}\n      - rule: some-rule", "rule some-rule stands twice"},
		{"control without title", "title: First", `title: ""`, "needs an id and a title"},
		{"control without rules", from("    rules:"), "", "no rules"},
		{"no controls", from("controls:"), "", "no controls"},
		{"date in another order", "source: Some page", "source: Some page\n        date: 24.11.2026", "not YYYY-MM-DD"},
		{"two documents", whole, whole + "---\n" + whole, "more than one document"},
		{"empty file", whole, "", "EOF"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			content := strings.Replace(whole, test.from, test.to, 1)
			_, err := decode([]byte(content))
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error %v, want one with %q", err, test.want)
			}
		})
	}
	if _, err := decode([]byte(whole)); err != nil {
		t.Errorf("the whole sample is refused: %v", err)
	}
}

func TestReadNamesTheFile(t *testing.T) {
	t.Parallel()
	files := fstest.MapFS{"data/other-1.0.yaml": {Data: []byte(whole)}}
	_, err := read(files)
	if err == nil || !strings.Contains(err.Error(), `data/other-1.0.yaml: id is "sample-1.0"`) {
		t.Errorf("error %v, want one that names the file and the id", err)
	}
}

func TestCompareIDs(t *testing.T) {
	t.Parallel()
	ids := []string{"nist-800-53-r5", "cis-aws-10.0", "cis-aws-7.0", "gdpr", "cis-aws-1.2", "cis-aws-1.10"}
	slices.SortFunc(ids, compareIDs)
	want := []string{"cis-aws-1.2", "cis-aws-1.10", "cis-aws-7.0", "cis-aws-10.0", "gdpr", "nist-800-53-r5"}
	if diff := cmp.Diff(want, ids); diff != "" {
		t.Errorf("order (-want +got):\n%s", diff)
	}
}

// FuzzDecode holds that no file makes the reader panic, and that what it accepts is complete.
func FuzzDecode(f *testing.F) {
	f.Add([]byte(whole))
	f.Add([]byte("id: [\n"))
	f.Add([]byte("&a [*a]"))
	f.Fuzz(func(t *testing.T, content []byte) {
		got, err := decode(content)
		if err != nil {
			return
		}
		for _, c := range got.Controls {
			for _, row := range c.Rules {
				if !isKebab(row.Rule) || strings.TrimSpace(row.Source) == "" {
					t.Errorf("accepted a row without a rule or source: %+v", row)
				}
			}
		}
	})
}

var update = flag.Bool("update", false, "rewrite the catalogue from the data files")

// TestTheCatalogueIsThatOfTheFiles holds what is compiled in to the files that people edit.
func TestTheCatalogueIsThatOfTheFiles(t *testing.T) {
	t.Parallel()
	want, err := read(os.DirFS("."))
	if err != nil {
		t.Fatal(err)
	}
	if *update {
		var out bytes.Buffer
		enc := json.NewEncoder(&out)
		enc.SetEscapeHTML(false)
		enc.SetIndent("", " ")
		if err := enc.Encode(want); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile("catalogue.json", out.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(want, All()); diff != "" {
		t.Errorf("catalogue.json is out of date, run the test with -update (-files +catalogue):\n%s", diff)
	}
}

func BenchmarkCatalogue(b *testing.B) {
	for b.Loop() {
		var frameworks []Framework
		if err := json.Unmarshal(data, &frameworks); err != nil {
			b.Fatal(err)
		}
	}
}
