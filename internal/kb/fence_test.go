package kb_test

import (
	"strings"
	"testing"

	"flowproof/internal/rule"
)

// fence is one fenced block of a page.
type fence struct {
	section string
	line    int // of the page, for messages
	lang    string
	text    string
}

// fences takes a page apart, line by line and on purpose not with the Markdown library that
// renders pages.
func fences(t *testing.T, page string) []fence {
	t.Helper()
	var found []fence
	var open *fence
	section := ""
	for i, line := range strings.Split(page, "\n") {
		switch {
		case open != nil && line == "```":
			found = append(found, *open)
			open = nil
		case open != nil:
			open.text += line + "\n"
		case strings.HasPrefix(line, "```"):
			open = &fence{section: section, line: i + 1, lang: strings.TrimPrefix(line, "```")}
		case strings.HasPrefix(line, "## "):
			section = strings.TrimPrefix(line, "## ")
		}
	}
	if open != nil {
		t.Fatalf("line %d: a fence that never closes", open.line)
	}
	return found
}

// step is one block of commands and the output that the page shows for it, if it shows one.
type step struct {
	fence
	output *fence
}

// steps pairs each block of commands with the output block that follows it.
func steps(t *testing.T, r rule.Rule) []step {
	t.Helper()
	var list []step
	for _, f := range fences(t, r.Page) {
		switch f.lang {
		case "sh":
			list = append(list, step{fence: f})
		case "json", "text":
			if len(list) == 0 || list[len(list)-1].output != nil || list[len(list)-1].section != f.section {
				t.Fatalf("%s line %d: output of no command", r.ID, f.line)
			}
			list[len(list)-1].output = &f
		}
	}
	return list
}
