package kb_test

import (
	"encoding/json"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"go.yaml.in/yaml/v3"

	"flowproof/internal/framework"
	"flowproof/internal/kb"
	"flowproof/internal/rule"
	"flowproof/internal/rules"
)

// eachPage runs a check on the page of every rule there is.
func eachPage(t *testing.T, check func(t *testing.T, r rule.Rule)) {
	t.Helper()
	t.Parallel()
	for _, r := range rules.All() {
		t.Run(r.ID, func(t *testing.T) {
			t.Parallel()
			check(t, r)
		})
	}
}

func TestPagesHaveAllSections(t *testing.T) {
	eachPage(t, func(t *testing.T, r rule.Rule) {
		var headings []string
		bodies := map[string]string{}
		for _, part := range strings.Split(r.Page, "\n## ")[1:] {
			heading, body, _ := strings.Cut(part, "\n")
			headings = append(headings, heading)
			bodies[heading] = strings.TrimSpace(body)
		}
		if diff := cmp.Diff(kb.Sections(), headings); diff != "" {
			t.Errorf("sections (-want +got):\n%s", diff)
		}
		for heading, body := range bodies {
			if body == "" {
				t.Errorf("nothing under %q", heading)
			}
		}
		if n := strings.Count(bodies["Standards"], "<!-- standards -->"); n != 1 || strings.Count(r.Page, "<!--") != 1 {
			t.Errorf("the marker of the standards has to stand once, in its section, and no other comment")
		}
	})
}

// TestPagesAgreeWithTheirRule holds the two lines at the top of a page to the rule's own data.
func TestPagesAgreeWithTheirRule(t *testing.T) {
	eachPage(t, func(t *testing.T, r rule.Rule) {
		risk := strings.ToUpper(string(r.Severity[:1])) + string(r.Severity[1:])
		want := "# " + r.Title + "\n\nRule `" + r.ID + "` · risk **" + risk + "** · judges `" + r.Resource + "`\n"
		if !strings.HasPrefix(r.Page, want) {
			t.Errorf("the page does not begin with\n%s", want)
		}
		if !strings.Contains(r.Page, "\n## Risk\n\n**"+risk+".** ") {
			t.Errorf("the risk section does not begin with **%s.**", risk)
		}
		if !regexp.MustCompile(`(?m)^(\$ )?flowproof scan --rule ` + r.ID + `( |$)`).MatchString(r.Page) {
			t.Error("the page does not show how to scan for its rule")
		}
	})
}

// TestCodeOnPages holds what stands in fences to its language, and to a width that a terminal
// of eighty columns shows unbroken beside the margin of two.
func TestCodeOnPages(t *testing.T) {
	const width = 78
	eachPage(t, func(t *testing.T, r rule.Rule) {
		seen := map[string]int{}
		for _, f := range fences(t, r.Page) {
			seen[f.lang]++
			for line := range strings.SplitSeq(f.text, "\n") {
				if len(line) > width {
					t.Errorf("line %d: code of %d columns, more than %d: %s", f.line, len(line), width, line)
				}
			}
			if err := wellFormed(f); err != nil {
				t.Errorf("line %d: %v", f.line, err)
			}
		}
		for _, lang := range []string{"sh", "json", "console", "hcl", "yaml"} {
			if seen[lang] == 0 {
				t.Errorf("no %s block on the page", lang)
			}
		}
	})
}

func wellFormed(f fence) error {
	switch f.lang {
	case "hcl":
		_, diags := hclsyntax.ParseConfig([]byte(f.text), "page.tf", hcl.InitialPos)
		if diags.HasErrors() {
			return diags
		}
	case "yaml":
		return yaml.Unmarshal([]byte(f.text), new(yaml.Node))
	case "json":
		_, err := documents(f.text)
		return err
	case "sh":
		// What a heredoc writes for the CLI to read is JSON; bash sees the rest when it runs.
		for _, doc := range regexp.MustCompile(`(?s)<<'EOF'\n(.*?)\nEOF\n`).FindAllStringSubmatch(f.text, -1) {
			if err := json.Unmarshal([]byte(doc[1]), new(any)); err != nil {
				return err
			}
		}
	}
	return nil
}

func TestUnknownLanguages(t *testing.T) {
	known := map[string]bool{"sh": true, "json": true, "text": true, "console": true, "hcl": true, "yaml": true}
	eachPage(t, func(t *testing.T, r rule.Rule) {
		for _, f := range fences(t, r.Page) {
			if !known[f.lang] {
				t.Errorf("line %d: a block of %q, which no test looks at", f.line, f.lang)
			}
			if f.lang == "console" && !strings.HasPrefix(strings.TrimPrefix(f.text, "$ "), "flowproof ") {
				t.Errorf("line %d: console blocks are for flowproof's own commands", f.line)
			}
		}
	})
}

// TestLinksOnPages holds links to https and to complete addresses. That they lead somewhere
// takes a network, so it is not asked here.
func TestLinksOnPages(t *testing.T) {
	link := regexp.MustCompile(`\]\(([^)]*)\)|<(https?://[^>]*)>`)
	eachPage(t, func(t *testing.T, r rule.Rule) {
		found := link.FindAllStringSubmatch(r.Page, -1)
		if len(found) < 3 {
			t.Errorf("%d links: a page names its references", len(found))
		}
		for _, m := range found {
			address := m[1] + m[2]
			u, err := url.Parse(address)
			if err != nil || u.Scheme != "https" || !strings.Contains(u.Host, ".") || strings.ContainsAny(address, " \t") {
				t.Errorf("not a complete https address: %q", address)
			}
		}
		if n := strings.Count(r.Page, "http"); n != len(found) {
			t.Errorf("%d addresses, %d links: an address outside a link", n, len(found))
		}
	})
}

// TestFirstPageNamesItsStandards: the page that this project began with claims six standards.
func TestFirstPageNamesItsStandards(t *testing.T) {
	t.Parallel()
	page := kb.Markdown(rules.All()[0])
	for _, want := range []string{
		"| CIS AWS Foundations | 1.2.0 | 2.9: ", "| CIS AWS Foundations | 5.0.0 | 3.7: ", "| CIS AWS Foundations | 7.0.0 | 4.7: ",
		"| PCI DSS | 3.2.1 | 10.1: ", "| PCI DSS | 4.0 | 10.2.1: ", "| GDPR | 2016/679 | Art. 25: ",
		"| APRA CPG 234 | 2019 | 67: ", "| MAS TRM Guidelines | 2021 | 12.2.2: ",
		"| NIST SP 800-53 | Rev. 4 | AU-2: ", "| NIST SP 800-53 | Rev. 5 (5.2.0) | AU-12: ",
		"| AWS Foundational Security Best Practices | 1.0.0 | EC2.6: ",
	} {
		if !strings.Contains(page, want) {
			t.Errorf("no row %q", want)
		}
	}
	if strings.Contains(page, "<!--") {
		t.Error("the marker is still there")
	}
}

// TestMappedRulesExist: every rule is mapped to some control, but for the one about cost, which no
// framework asks about. A list in package framework holds the data files to the rules' names.
func TestMappedRulesExist(t *testing.T) {
	t.Parallel()
	for _, r := range rules.All() {
		if len(framework.ForRule(r.ID)) == 0 && r.ID != "flow-log-duplicate-check" {
			t.Errorf("no control is mapped to %s", r.ID)
		}
	}
}
