package remediate

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/charmbracelet/x/ansi"

	"flowproof/internal/terminal"
)

// hyphen stands for "-" while lines are broken: the library breaks after hyphens, and ids should
// stay whole. Printable text has no private-use character.
const hyphen = "\ue000"

// page collects lines of at most a width. Everything on it is printable.
type page struct {
	strings.Builder
	width int
}

// line writes text, its first line indented by first columns and the others by hang.
func (b *page) line(first, hang int, text string) {
	b.hang(strings.Repeat(" ", first), hang, text)
}

// hang writes text behind a lead, which is printable, and breaks it under the hang.
func (b *page) hang(lead string, hang int, text string) {
	text = strings.ReplaceAll(terminal.Printable(strings.TrimSpace(text)), "-", hyphen)
	const least = 20 // columns, below which nothing readable can be laid out
	room := max(b.width-max(ansi.StringWidth(lead), hang), least)
	for line := range strings.SplitSeq(ansi.Wrap(text, room, ""), "\n") {
		b.WriteString(lead + strings.TrimSpace(strings.ReplaceAll(line, hyphen, "-")) + "\n")
		lead = strings.Repeat(" ", hang)
	}
}

func (b *page) linef(first, hang int, format string, args ...any) {
	b.line(first, hang, fmt.Sprintf(format, args...))
}

// TextOptions say how a plan is shown as text.
type TextOptions struct {
	Width   int  // columns; 80 where nothing is known
	Verbose bool // every step with its preconditions, inverse and command
}

// WriteText shows a plan to a person: what it is, then its steps by account and Region, then what
// it does not do.
func (p Plan) WriteText(w io.Writer, o TextOptions) error {
	if o.Width <= 0 {
		o.Width = terminal.DefaultWidth
	}
	b := &page{width: o.Width}
	p.writeSummary(b)
	for _, g := range p.groups() {
		b.WriteByte('\n')
		b.line(0, 2, g.title)
		for _, e := range g.entries {
			e.write(b, o.Verbose)
		}
	}
	p.writeRest(b)
	if _, err := io.WriteString(w, b.String()); err != nil {
		return fmt.Errorf("write the plan: %w", err)
	}
	return nil
}

func (p Plan) writeSummary(b *page) {
	b.linef(0, 2, "Plan %s for %s: %s", p.ShortHash(), p.accountsInWords(), p.Headline())
	b.linef(0, 2, "Read %s. %s", p.ReadAt.Format(time.RFC3339), p.wantedInWords())
	for _, line := range p.Cost.inWords() {
		b.line(0, 2, line)
	}
}

// Headline says in one line what the plan does and what it does not.
func (p Plan) Headline() string {
	switch n := len(p.Unplanned); {
	case len(p.Steps) == 0 && n == 0:
		return "nothing to do" + p.missing() + "."
	case len(p.Steps) == 0:
		return fmt.Sprintf("no step; %d not planned%s.", n, p.missing())
	}
	logs, foreign := 0, 0
	for _, s := range p.Steps {
		if s.Action == CreateFlowLog {
			logs++
		}
		if s.Foreign {
			foreign++
		}
	}
	text := fmt.Sprintf("%s in %s", count(len(p.Steps), "step"), count(len(p.Calls()), "call"))
	if logs > 0 || len(p.Steps) == 0 {
		text += fmt.Sprintf(", %s among them", count(logs, "flow log"))
	}
	if foreign > 0 {
		text += fmt.Sprintf("; %s to what flowproof did not make", count(foreign, "change"))
	}
	if n := len(p.Unplanned); n > 0 {
		text += fmt.Sprintf("; %d not planned", n)
	}
	return text + p.missing() + "."
}

// missing says what the plan is silent about.
func (p Plan) missing() string {
	text := ""
	if n := len(p.LeftOut); n > 0 {
		text = fmt.Sprintf("; %d left out", n)
	}
	if n := len(p.Gaps); n > 0 {
		text += fmt.Sprintf("; the read had %s, so more may be needed", count(n, "gap"))
	}
	return text
}

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

func (p Plan) accountsInWords() string {
	if len(p.Accounts) == 1 {
		return "account " + p.Accounts[0]
	}
	return fmt.Sprintf("%d accounts", len(p.Accounts))
}

// wantedInWords says what the policy asks for. Transit gateways know neither a filter nor another
// interval (CreateFlowLogs, EC2 API reference).
func (p Plan) wantedInWords() string {
	const ofGateways = "all traffic of transit gateways every 60 seconds"
	ofVPCs := fmt.Sprintf("%s traffic every %d seconds", p.Policy.Traffic, p.Policy.Interval)
	if p.Policy.LogFormat != "" && p.Policy.LogFormat != DefaultFormat {
		ofVPCs += ", format " + p.Policy.LogFormat
	}
	gateways := slices.ContainsFunc(p.Steps, Step.onGateway)
	vpcs := slices.ContainsFunc(p.Steps, func(s Step) bool { return s.Action == CreateFlowLog && !s.onGateway() })
	switch {
	case gateways && vpcs:
		return fmt.Sprintf("Wanted: %s, and %s, %s.", ofVPCs, ofGateways, p.Policy.placeInWords())
	case gateways:
		return fmt.Sprintf("Wanted: %s, %s.", ofGateways, p.Policy.placeInWords())
	}
	return fmt.Sprintf("Wanted: %s, %s.", ofVPCs, p.Policy.placeInWords())
}

// onGateway reports whether the step makes a flow log on a transit gateway.
func (s Step) onGateway() bool {
	return s.Action == CreateFlowLog && strings.HasPrefix(s.Resource, "tgw-")
}

// placeInWords says where a policy has records go.
func (p Policy) placeInWords() string {
	var to string
	switch p.Destination {
	case ToS3:
		to = "to " + p.Bucket
		if p.Prefix != "" {
			to += "/" + p.Prefix
		}
		to += " as " + p.FileFormat
		if p.Hive {
			to += ", Hive partitions"
		}
		if p.PerHour {
			to += ", one folder an hour"
		}
	case ToFirehose:
		to = "to " + p.Stream
	default:
		to = "to the log group " + p.LogGroup
		if p.RetentionDays > 0 {
			to += fmt.Sprintf(", kept for %d days", p.RetentionDays)
		} else {
			to += ", kept for as long as its owner says"
		}
		to += ", by the role " + strings.TrimPrefix(cmp.Or(p.RolePath, "/"), "/") + p.DeliveryRole
		if p.PermissionsBoundary != "" {
			to += " (made with the permissions boundary " + p.PermissionsBoundary + ")"
		}
		if p.KMSKey != "" {
			to += ", encrypted with " + p.KMSKey
		}
	}
	return to
}

// inWords says what it costs and what that rests on.
func (c Cost) inWords() []string {
	switch {
	case c.Monthly == nil && c.Unknown > 0:
		return []string{fmt.Sprintf("Cost: unknown for %s: give a volume with --gb-per-vpc for an estimate.", count(c.Unknown, "flow log"))}
	case c.Monthly == nil:
		return nil
	}
	text := fmt.Sprintf("Cost: about %.2f %s a month", *c.Monthly, c.Currency)
	if c.Unknown > 0 {
		text += fmt.Sprintf(", and unknown for %s more", count(c.Unknown, "flow log"))
	}
	return []string{
		fmt.Sprintf("%s, at prices of %s (%s). Assumed: %s.", text, c.PricesDate, c.PricesFrom, strings.Join(c.Assumptions, "; ")),
	}
}

// writeRest lists what the plan does not do.
func (p Plan) writeRest(b *page) {
	if len(p.Unplanned) > 0 {
		b.WriteString("\nNot planned\n")
	}
	for _, u := range p.Unplanned {
		b.linef(2, 4, "%s: %s", place(u.Resource, u.Account, u.Region), u.Reason)
		for _, step := range u.ByHand {
			b.line(6, 8, "by hand: "+step)
		}
	}
	for _, list := range p.noteLists() {
		if len(list.notes) > 0 {
			b.WriteString("\n" + list.title + "\n")
		}
		for _, n := range list.notes {
			b.linef(2, 4, "%s: %s", place(n.Resource, n.Account, n.Region), n.Reason)
		}
	}
	if len(p.Gaps) > 0 {
		b.WriteString("\nNot read\n")
	}
	for _, g := range p.Gaps {
		b.linef(2, 4, "%s/%s: %s %s: %s", g.Account, g.Region, g.API, g.Cause, g.Message)
	}
}

// place says what something is about. A whole scope is its own place.
func place(resource, account, region string) string {
	scope := account + "/" + region
	if resource == scope {
		return scope
	}
	return resource + " in " + scope
}

// noteList is notes of one kind.
type noteList struct {
	title string
	notes []Note
}

func (p Plan) noteLists() []noteList {
	return []noteList{
		{"Left out", p.LeftOut},
		{"Left alone", p.LeftAlone},
		{"To know", p.Notes},
	}
}
