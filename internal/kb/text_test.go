package kb_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"unicode"

	"charm.land/lipgloss/v2"
	"github.com/charmbracelet/x/ansi"
	"github.com/google/go-cmp/cmp"

	"flowproof/internal/kb"
	"flowproof/internal/rule"
	"flowproof/internal/rules"
)

var update = flag.Bool("update", false, "write golden files")

func TestTextGolden(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name   string
		width  int
		colour bool
	}{{"plain-40", 40, false}, {"plain-80", 80, false}, {"colour-60", 60, true}} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got := kb.Text(sampleRule(sample), test.width, test.colour)
			path := filepath.Join("testdata", test.name+".golden")
			if *update {
				if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got); diff != "" {
				t.Errorf("text (-want +got):\n%s", diff)
			}
		})
	}
}

// TestTextOfPages holds what a terminal gets to what it can show: no codes without colour, no
// line too wide that could be broken, code and addresses in one piece.
func TestTextOfPages(t *testing.T) {
	address := regexp.MustCompile(`^[- (]*https://\S+$`)
	eachPage(t, func(t *testing.T, r rule.Rule) {
		for _, width := range []int{60, 80, 120, 200} {
			text := kb.Text(r, width, false)
			if i := strings.IndexFunc(text, unprintable); i >= 0 {
				t.Fatalf("at %d columns: %q is not a printable character", width, text[i])
			}
			code := map[string]bool{}
			for _, f := range fences(t, r.Page) {
				for line := range strings.SplitSeq(strings.TrimRight(f.text, "\n"), "\n") {
					code[line] = true
					if line != "" && !strings.Contains(text, "  "+line+"\n") {
						t.Errorf("at %d columns: this code does not come out whole: %s", width, line)
					}
				}
			}
			for line := range strings.SplitSeq(text, "\n") {
				if lipgloss.Width(line) > width && !code[strings.TrimPrefix(line, "  ")] && !address.MatchString(line) {
					t.Errorf("at %d columns: a line of %d: %s", width, lipgloss.Width(line), line)
				}
			}
			if strings.Contains(text, "<!--") {
				t.Error("a comment comes out")
			}
		}
	})
}

func unprintable(r rune) bool { return r != '\n' && !unicode.IsPrint(r) }

// TestColourAddsNothing: colour sets text off and never says anything that plain text does not.
// What differs is what stands for colour: backticks and underlined headings.
func TestColourAddsNothing(t *testing.T) {
	words := func(text string) string {
		text = regexp.MustCompile("[-=]{2,}|`").ReplaceAllString(text, "")
		return strings.Join(strings.Fields(text), " ")
	}
	eachPage(t, func(t *testing.T, r rule.Rule) {
		coloured := kb.Text(r, 1000, true)
		if !strings.Contains(coloured, "\x1b[") {
			t.Error("no colour at all")
		}
		got, want := words(ansi.Strip(coloured)), words(kb.Text(r, 1000, false))
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("words (-plain +colour):\n%s", diff)
		}
	})
}

// FuzzText holds that no page makes the layout fail, that plain text gets no code which the
// page did not have, and that tables keep to the width.
func FuzzText(f *testing.F) {
	f.Add(sample, 40)
	f.Add("| a | b |\n|---|---|\n| 世界世界世界 | `c` |", 3)
	f.Add("1. > - ```\n", 0)
	f.Add("# \n\n- \n", -1)
	f.Fuzz(func(t *testing.T, page string, width int) {
		if len(page) > 4096 {
			return
		}
		width %= 300
		text := kb.Text(sampleRule(page), width, false)
		if strings.ContainsRune(text, '\x1b') && !strings.Contains(page, "\x1b") && !strings.Contains(page, "&") {
			t.Errorf("an escape code in plain text: %q", text)
		}
		kb.Text(sampleRule(page), width, true)
	})
}

// TestTablesKeepToTheWidth: a table is never wider than the terminal, down to a width at which
// nobody reads tables.
func TestTablesKeepToTheWidth(t *testing.T) {
	t.Parallel()
	page := "| One | Two | Three |\n|---|---|---|\n" +
		"| short | a-rather-long-word-with-dashes | " + strings.Repeat("x", 300) + " |\n" +
		"| 世界世界世界世界世界世界世界 | `code` | **bold** and more words than fit |\n"
	for width := 20; width <= 200; width += 9 {
		for _, colour := range []bool{false, true} {
			for line := range strings.SplitSeq(kb.Text(sampleRule(page), width, colour), "\n") {
				if got := lipgloss.Width(line); got > width {
					t.Errorf("at %d columns: a line of %d: %s", width, got, fmt.Sprintf("%q", line))
				}
			}
		}
	}
}

func BenchmarkText(b *testing.B) {
	page := rules.All()[0]
	for b.Loop() {
		kb.Text(page, 80, true)
	}
}
