package report

import (
	"bytes"
	"regexp"
	"strings"
	"testing"

	"github.com/charmbracelet/x/ansi"

	"flowproof/internal/event"
	"flowproof/internal/finding"
	"flowproof/internal/inventory"
	"flowproof/internal/terminal"
)

// ownCodes matches the colour codes that the palette writes, and no others.
func ownCodes() *regexp.Regexp {
	var codes []string
	for meaning := range newPalette(true) {
		before, after, _ := strings.Cut(newPalette(true).paint(meaning, "x"), "x")
		codes = append(codes, regexp.QuoteMeta(before), regexp.QuoteMeta(after))
	}
	return regexp.MustCompile(strings.Join(codes, "|"))
}

// checkText holds a text report to what every terminal must be able to rely on.
func checkText(t *testing.T, out string, o Options, own *regexp.Regexp) {
	t.Helper()
	shown := out
	if o.Colour {
		shown = own.ReplaceAllString(out, "")
	}
	for line := range strings.Lines(shown) {
		text, ended := strings.CutSuffix(line, "\n")
		if !ended {
			t.Errorf("the last line does not end: %q", line)
		}
		if printable := terminal.Printable(text); printable != text {
			t.Errorf("not printable: %q", text)
		}
		if width := ansi.StringWidth(text); width > max(o.Width, minWidth) {
			t.Errorf("%d columns wide, allowed are %d: %q", width, o.Width, text)
		}
		if strings.HasSuffix(text, " ") && !o.Colour {
			t.Errorf("spaces at the end of %q", text)
		}
	}
}

func TestTextKeepsToTheScreen(t *testing.T) {
	t.Parallel()
	own := ownCodes()
	for name, events := range scenarios() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			spool := spoolOf(t, events)
			for _, width := range append(widths(19, 64), 1, 79, 80, 81, 100, 120, 132, 200) {
				for _, o := range []Options{{Width: width}, {Width: width, Colour: true}, {Width: width, Verbose: true}} {
					checkText(t, string(written(t, look{format: Text, Options: o}, spool)), o, own)
				}
			}
		})
	}
}

func widths(from, to int) []int {
	var all []int
	for w := from; w <= to; w++ {
		all = append(all, w)
	}
	return all
}

func TestColourChangesNothingButColour(t *testing.T) {
	t.Parallel()
	own := ownCodes()
	for name, events := range scenarios() {
		spool := spoolOf(t, events)
		for _, width := range []int{20, 80, 200} {
			plain := written(t, look{format: Text, Options: Options{Width: width}}, spool)
			coloured := written(t, look{format: Text, Options: Options{Width: width, Colour: true}}, spool)
			if bytes.Equal(plain, coloured) {
				t.Errorf("%s at %d: no colour", name, width)
			}
			if got := own.ReplaceAllString(string(coloured), ""); got != string(plain) {
				t.Errorf("%s at %d: without its colours the text is another:\n%s", name, width, got)
			}
		}
	}
}

// hostileRun puts one text wherever text comes from outside.
func hostileRun(text string) []event.Event {
	c := newScenario()
	run := c.events[0].Run
	run.Version, run.Source = text, text
	run.Rules = append(run.Rules, event.Rule{ID: text, Title: text, Severity: finding.Severity(text), Controls: []event.Control{}})
	wall := gap(inventory.Kind(text), text, inventory.Denied, text)
	c.scope(text, text, inventory.StatusIncomplete, 1, wall, gap(inventory.VPCs, text+"2", inventory.Throttled, text))
	for _, o := range finding.Outcomes() {
		r := c.vpc(text+string(o), text)
		r.Default = o == finding.Fail
		for _, rule := range []string{vpcRule, text} {
			f := finding.Finding{
				Fingerprint: finding.Fingerprint(rule, r.ARN, ""), Rule: rule, Outcome: o, Severity: finding.Low, Message: text,
				Resource: r, Evidence: finding.Evidence{FlowLogs: []inventory.FlowLog{}}, Gaps: []inventory.Gap{},
			}
			if o == finding.Suppressed {
				f.Suppression = &finding.Suppression{Owner: text, Reason: text, Expires: "2027-01-01"}
			}
			c.add(f)
		}
		c.judge(vpcRule, r, finding.Unknown, "", text, wall)
	}
	c.read(text+"/", text, 0)
	return c.end(1, 0)
}

func FuzzText(f *testing.F) {
	for _, seed := range []string{
		"", "prod", "two words", "\x1b[31mred\x1b[0m", "\u009b31m", "\u202eback", "\xff\xfe\x80", "a\nb\tc\rd", strings.Repeat("long", 99),
		"会計システム用の本番環境", "e\u0301\u0301 👩‍👩‍👧‍👦 🇨🇭", "-", "- -", strings.Repeat("- ", 60), strings.Repeat("-", 99), "   ", " lead", "\u00a0\u2003x",
		"arn:aws:iam::111122223333:role/a-very-long-role-name-that-does-not-fit-on-any-line/of-this-report/at-all", "\ue000", "\\u{202e}",
	} {
		for _, width := range []uint8{0, 20, 41, 80, 200} {
			f.Add(seed, width)
		}
	}
	own := ownCodes()
	f.Fuzz(func(t *testing.T, text string, width uint8) {
		spool := spoolOf(t, hostileRun(text))
		for _, o := range []Options{
			{Width: int(width)},
			{Width: int(width), Colour: true},
			{Width: int(width), Verbose: true, Plan: text},
		} {
			if o.Width == 0 {
				o.Width = terminal.DefaultWidth
			}
			checkText(t, string(written(t, look{format: Text, Options: o}, spool)), o, own)
		}
	})
}

// FuzzDocuments holds JSON and JSONL to their schemas whatever AWS answers.
func FuzzDocuments(f *testing.F) {
	for _, seed := range []string{"", "prod", "\x1b[31m\u009b\u202e", "\xff\xfe", "</script>&\u2028", `"\`, "\x00"} {
		f.Add(seed)
	}
	scan, events := compiled(f, scanSchema, true), compiled(f, eventsSchema, true)
	f.Fuzz(func(t *testing.T, text string) {
		run := hostileRun(text)
		run[0].Run.Rules = run[0].Run.Rules[:3] // the severity of the fourth is none
		spool := spoolOf(t, run)
		if err := validate(t, scan, written(t, look{format: JSON}, spool)); err != nil {
			t.Error(err)
		}
		for line := range bytes.Lines(written(t, look{format: JSONL}, spool)) {
			if err := validate(t, events, line); err != nil {
				t.Errorf("%v in %s", err, line)
			}
		}
	})
}
