package remediate

import (
	"fmt"
	"io"
	"strings"
	"time"

	"flowproof/internal/terminal"
)

// WriteMarkdown shows a plan as a page for a pull request: the summary, a table of steps for each
// account and Region, and each step's command folded away. Names in it cannot become markup, links
// or mentions.
func (p Plan) WriteMarkdown(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "## flowproof plan %s\n\n", markdownCode(p.ShortHash()))
	fmt.Fprintf(&b, "%s %s\n\n", markdownText(strings.ToUpper(p.accountsInWords()[:1])+p.accountsInWords()[1:]+":"), markdownText(p.Headline()))
	fmt.Fprintf(&b, "- Read %s\n- %s\n", p.ReadAt.Format(time.RFC3339), markdownText(p.wantedInWords()))
	for _, line := range p.Cost.inWords() {
		fmt.Fprintf(&b, "- %s\n", markdownText(line))
	}
	fmt.Fprintf(&b, "- Hash %s\n", markdownCode(p.Hash))
	for _, g := range p.groups() {
		g.writeMarkdown(&b)
	}
	p.writeRestMarkdown(&b)
	if _, err := io.WriteString(w, b.String()); err != nil {
		return fmt.Errorf("write the plan: %w", err)
	}
	return nil
}

func (g stepGroup) writeMarkdown(b *strings.Builder) {
	fmt.Fprintf(b, "\n### %s\n\n", markdownText(g.title))
	b.WriteString("| step | what | on | why | undo | a month |\n|--:|---|---|---|---|--:|\n")
	for _, e := range g.entries {
		e.writeMarkdown(b)
	}
	b.WriteString("\n<details><summary>The same with the AWS CLI</summary>\n\n")
	var commands strings.Builder
	for _, e := range g.entries {
		for _, s := range e.steps {
			commands.WriteString(terminal.Printable(s.commandLine()) + "\n")
		}
	}
	fence := strings.Repeat("`", max(3, longestRun(commands.String(), '`')+1))
	fmt.Fprintf(b, "%ssh\n%s%s\n\n</details>\n", fence, commands.String(), fence)
}

func (e stepEntry) writeMarkdown(b *strings.Builder) {
	for i, s := range e.steps {
		what, undo := string(s.Action), "with the step before it"
		if detail := e.detail(); detail != "" {
			what += ": " + detail
		}
		if s.Foreign {
			what += " (flowproof did not make it)"
		}
		if s.Inverse != nil {
			undo = string(s.Inverse.Action)
		}
		why := s.Why
		if s.Action != CreateFlowLog {
			why = e.why()
		}
		cost := "unknown"
		if s.Cost.Monthly != nil {
			cost = fmt.Sprintf("%.2f", *s.Cost.Monthly)
		}
		fmt.Fprintf(b, "| %d | %s | %s | %s | %s | %s |\n", e.first+i, markdownText(what), markdownCode(s.Resource), markdownText(why), markdownText(undo), cost)
	}
}

func (p Plan) writeRestMarkdown(b *strings.Builder) {
	if len(p.Unplanned) > 0 {
		b.WriteString("\n### Not planned\n\n")
	}
	for _, u := range p.Unplanned {
		fmt.Fprintf(b, "- %s in %s: %s\n", markdownCode(u.Resource), markdownText(u.Account+"/"+u.Region), markdownText(u.Reason))
		for i, step := range u.ByHand {
			if strings.HasPrefix(step, "aws ") {
				fmt.Fprintf(b, "  %d. %s\n", i+1, markdownCode(step))
				continue
			}
			fmt.Fprintf(b, "  %d. %s\n", i+1, markdownText(step))
		}
	}
	for _, list := range p.noteLists() {
		if len(list.notes) > 0 {
			fmt.Fprintf(b, "\n### %s\n\n", list.title)
		}
		for _, n := range list.notes {
			fmt.Fprintf(b, "- %s in %s: %s\n", markdownCode(n.Resource), markdownText(n.Account+"/"+n.Region), markdownText(n.Reason))
		}
	}
	if len(p.Gaps) > 0 {
		b.WriteString("\n### Not read\n\n")
	}
	for _, g := range p.Gaps {
		fmt.Fprintf(b, "- %s\n", markdownText(fmt.Sprintf("%s/%s: %s %s: %s", g.Account, g.Region, g.API, g.Cause, g.Message)))
	}
}

// markdownText writes text that is not ours so that it stays text. What could become a mention or a
// link, which escaping does not prevent everywhere, goes into a code span as a whole.
func markdownText(text string) string {
	text = terminal.Printable(text)
	if strings.ContainsAny(text, "@#$") || strings.Contains(text, "://") || strings.Contains(strings.ToLower(text), "www.") {
		return markdownCode(text)
	}
	var b strings.Builder
	for _, r := range text {
		if strings.ContainsRune("\\`*_{}[]<>|~&!", r) {
			b.WriteByte('\\')
		}
		b.WriteRune(r)
	}
	return b.String()
}

// markdownCode writes a code span that the text cannot end. A bar would end the cell of a table
// even there, and does so behind two backslashes.
func markdownCode(text string) string {
	text = strings.NewReplacer(`\|`, `\u{5c}\|`, "|", `\|`).Replace(terminal.Printable(text))
	ticks := strings.Repeat("`", longestRun(text, '`')+1)
	pad := ""
	if strings.HasPrefix(text, "`") || strings.HasSuffix(text, "`") || strings.TrimSpace(text) == "" {
		pad = " "
	}
	return ticks + pad + text + pad + ticks
}

func longestRun(text string, of rune) int {
	longest, run := 0, 0
	for _, r := range text {
		if r != of {
			run = 0
			continue
		}
		run++
		longest = max(longest, run)
	}
	return longest
}
