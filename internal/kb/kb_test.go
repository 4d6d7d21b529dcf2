package kb_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"flowproof/internal/finding"
	"flowproof/internal/kb"
	"flowproof/internal/rule"
)

// sample is a page with one of everything that pages may hold.
const sample = "# Sample *Rule*\n" + `
A paragraph with **bold**, ` + "`code`" + `, *soft* words and a [link](https://example.com/a) that
goes on for long enough to be wrapped at the width of the test, twice.

## What it finds

The ` + "`first`" + ` paragraph is
the summary, [with a link](https://example.com/b).

The second is not.

## Standards

<!-- standards -->

## Lists

- one
- two, which is so long that it has to go on in a second line under the first
  - nested

1. first

   ` + "```sh" + `
   aws a-command-that-is-longer-than-the-line --which-has-to-stay-in-one-piece
   ` + "```" + `

2. second

> A quotation.

| Column | Another |
|---|---|
| ` + "`a-b-c`" + ` | text that is much too long for the width of this narrow table |
| a_word_that_is_too_long_for_any_cell_of_it | x \| y |

---

    indented code
`

func sampleRule(page string) rule.Rule {
	return rule.Rule{ID: "no-such-rule", Title: "Sample Rule", Severity: finding.High, Resource: finding.VPCType, Page: page}
}

func TestList(t *testing.T) {
	t.Parallel()
	want := []kb.Entry{{
		ID: "no-such-rule", Title: "Sample Rule", Severity: finding.High, Resource: "AWS::EC2::VPC",
		Summary: "The first paragraph is the summary, with a link.",
	}}
	if diff := cmp.Diff(want, kb.List([]rule.Rule{sampleRule(sample)})); diff != "" {
		t.Errorf("list (-want +got):\n%s", diff)
	}
}

func TestMarkdown(t *testing.T) {
	t.Parallel()
	got := kb.Markdown(sampleRule(sample))
	if want := strings.Replace(sample, "<!-- standards -->", "No framework is mapped to this rule.", 1); got != want {
		t.Errorf("only the marker changes (-want +got):\n%s", cmp.Diff(want, got))
	}
}
