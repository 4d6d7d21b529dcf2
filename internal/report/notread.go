package report

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"flowproof/internal/event"
	"flowproof/internal/inventory"
)

// notRead is the section about scopes that were not read whole: why, and what to do about it.
// Regions of one account that miss the same things for the same reason share a row.
type notRead struct {
	placedTable
	verbose  bool
	rows     pile
	scopes   int
	unread   int // of them, those of which nothing was read
	unlisted int // scopes with VPCs that may not be in the list
	causes   map[inventory.Cause][]string
	refused  tokens
	access   Access

	most     int // rows that it lists; 0 for no bound
	listed   int // rows so far, listed or not
	failures failures

	reading string // the account whose groups are open
	groups  []gapGroup

	forbidden []*forbidden // in order of the first account
}

// forbidden is Regions that a service control policy denies, in however many accounts: a policy of the
// organisation, told once with what AWS said first.
type forbidden struct {
	regions  string
	calls    string
	message  string
	account  string // the first
	accounts int
}

// gapGroup is Regions of one account that were not read whole for the same reason.
type gapGroup struct {
	gaps    []string
	regions []string
	denied  *forbidden // nil unless a service control policy is the one cause
}

func newNotRead(s sheet, p place, o Options, most int) *notRead {
	region := p.region + 1 // a comma
	why := column{title: "Not read, and why"}
	t := p.table(s, region, why)
	if spare := t.columns[len(t.columns)-1].width - roomyWhy; spare > region {
		t = p.table(s, region+min(spare, 2*(region+1)), why) // up to three Regions a line
	}
	return &notRead{placedTable: t, verbose: o.Verbose, access: o.Access, most: most, rows: pile{limit: pileLimit}, causes: map[inventory.Cause][]string{}}
}

// add takes a row of the ledger.
func (n *notRead) add(row event.Scope) error {
	if row.Account != n.reading {
		if err := n.endAccount(); err != nil {
			return err
		}
		n.reading = row.Account
	}
	if len(row.Gaps) == 0 {
		return nil
	}
	n.scopes++
	if slices.ContainsFunc(row.Gaps, func(g inventory.Gap) bool {
		return g.Kind == inventory.VPCs || g.Kind == inventory.Regions || g.Kind == inventory.Accounts
	}) {
		n.unlisted++
	}
	if row.Status == inventory.StatusUnread {
		n.unread++
	}
	group := gapGroup{regions: []string{regionName(row.Region)}}
	n.failures.add(row)
	for _, g := range row.Gaps {
		n.note(g)
		text := g.API + " " + string(g.Cause) + ": " + g.Message
		if !n.verbose {
			text = cut(text, maxMessage)
		}
		if !slices.Contains(group.gaps, text) { // one call can leave several lists unread
			group.gaps = append(group.gaps, text)
		}
	}
	group.denied = forbiddenBy(row.Gaps)
	for i, g := range n.groups {
		if slices.Equal(g.gaps, group.gaps) {
			n.groups[i].regions = append(g.regions, group.regions...)
			return nil
		}
	}
	n.groups = append(n.groups, group)
	return nil
}

// tokens says which kinds of credentials were refused.
type tokens struct{ global, other bool }

// note remembers what a cause kept from being called, up to as many calls as a line can name.
func (n *notRead) note(g inventory.Gap) {
	const enough = 4
	if g.Cause == inventory.Credentials {
		isGlobal := strings.Contains(g.Message, inventory.GlobalToken)
		n.refused.global, n.refused.other = n.refused.global || isGlobal, n.refused.other || !isGlobal
	}
	if apis := n.causes[g.Cause]; len(apis) < enough && !slices.Contains(apis, g.API) {
		n.causes[g.Cause] = append(apis, g.API)
	}
}

// has reports whether anything was not read for that cause.
func (n *notRead) has(c inventory.Cause) bool { return len(n.causes[c]) > 0 }

// endAccount writes the rows of the account that was being read.
func (n *notRead) endAccount() error {
	groups := slices.DeleteFunc(n.groups, n.fold)
	n.groups = nil
	n.listed += len(groups)
	if n.tooLong() {
		return nil
	}
	return write(&n.rows, func(b *strings.Builder) {
		for _, g := range groups {
			n.row(b, n.reading, []string{strings.Join(g.regions, ", ")}, g.gaps)
		}
	})
}

// forbiddenBy is what a service control policy denies; nil where anything else failed too.
func forbiddenBy(gaps []inventory.Gap) *forbidden {
	var calls []string
	for _, g := range gaps {
		if g.Cause != inventory.DeniedBySCP {
			return nil
		}
		calls = append(calls, g.API)
	}
	slices.Sort(calls)
	return &forbidden{calls: strings.Join(slices.Compact(calls), ", "), message: gaps[0].Message}
}

// fold takes what a service control policy denies to the same of other accounts.
func (n *notRead) fold(g gapGroup) bool {
	if g.denied == nil {
		return false
	}
	regions := strings.Join(g.regions, ", ")
	for _, f := range n.forbidden {
		if f.regions == regions && f.calls == g.denied.calls {
			f.accounts++
			return true
		}
	}
	g.denied.regions, g.denied.account, g.denied.accounts = regions, n.reading, 1
	n.forbidden = append(n.forbidden, g.denied)
	n.listed++
	return true
}

// forbiddenRows writes what is told once for all accounts.
func (n *notRead) forbiddenRows(b *strings.Builder) {
	for _, f := range n.forbidden {
		text := f.calls + " " + string(inventory.DeniedBySCP) + ": " + f.message
		if !n.verbose {
			text = cut(text, maxMessage)
		}
		account := f.account
		if f.accounts > 1 {
			account = plural(f.accounts, "account")
		}
		n.row(b, account, []string{f.regions}, []string{text})
	}
}

// tooLong reports whether there are more rows than the section lists.
func (n *notRead) tooLong() bool { return n.most > 0 && n.listed > n.most }

// writeTo writes the section, if there is anything in it.
func (n *notRead) writeTo(w io.Writer, expected int) error {
	if n.scopes == 0 {
		return nil
	}
	if err := write(w, func(b *strings.Builder) {
		b.WriteByte('\n')
		about := fmt.Sprintf("%d of %s", n.scopes, plural(expected, "scope"))
		if n.unread > 0 {
			about += fmt.Sprintf(", %d of them not at all", n.unread)
		}
		n.title(b, span{doubt, "NOT READ WHOLE"}, span{plain, about + "; what is missing there is unknown"})
		if n.tooLong() {
			n.failures.writeTo(b, n.sheet)
			n.leftOut(b, n.listed)
		} else {
			n.header(b)
			n.forbiddenRows(b)
		}
	}); err != nil {
		return err
	}
	if !n.tooLong() {
		if err := n.rows.copyTo(w); err != nil {
			return err
		}
	}
	return write(w, n.advice)
}

// advice says what to do about each cause that was met.
func (n *notRead) advice(b *strings.Builder) {
	b.WriteByte('\n')
	n.paragraph(b, 0, between, span{plain, "What to do"})
	t := newTable(n.sheet, column{width: len(inventory.RegionDisabled), meaning: doubt}, column{})
	for _, c := range []inventory.Cause{
		inventory.Denied, inventory.DeniedBySCP, inventory.Credentials, inventory.RegionDisabled, inventory.Throttled,
		inventory.ServerError, inventory.Unreachable, inventory.Interrupted, inventory.Incomplete,
	} {
		if n.has(c) {
			t.row(b, []string{string(c)}, []string{n.remedy(c)})
		}
	}
}

// remedy is what to do about gaps of a cause.
func remedy(c inventory.Cause, apis []string, access Access) string {
	switch c {
	case inventory.Denied:
		return denied(apis, access.orPlain())
	case inventory.DeniedBySCP:
		return "the organisation forbids it, whatever the account allows: ask for an exception in its service control policy, or leave the Regions out with --exclude-region"
	case inventory.Credentials:
		return signInAgain
	case inventory.RegionDisabled:
		return "the account has not enabled the Region: enable it, or leave it out with --region"
	case inventory.Throttled:
		return "AWS still refused after every retry: scan again when less else is calling, or some Regions at a time with --region"
	case inventory.ServerError:
		return "AWS failed after every retry: scan again later"
	case inventory.Unreachable:
		return "no way to the endpoint: check DNS, proxy, TLS, firewall, AWS_ENDPOINT_URL and --endpoint-url"
	case inventory.Interrupted:
		return "the run was ended before it was through: scan again"
	case inventory.Incomplete:
		return "the answer is missing, cut off or malformed: scan again, or save the file again and whole"
	}
	return ""
}

const signInAgain = "the credentials expired or were refused on the way: sign in again, then scan again"

// remedy is the same, of all gaps that there are: a token that is not good everywhere needs no new sign-in.
func (n *notRead) remedy(c inventory.Cause) string {
	if c != inventory.Credentials || !n.refused.global {
		return remedy(c, n.causes[c], n.access)
	}
	const regional = "get the session from a regional endpoint of STS (AWS_STS_REGIONAL_ENDPOINTS=regional), or have the account give out tokens of version 2 " +
		"(`aws iam set-security-token-service-preferences --global-endpoint-token-version v2Token`), then scan again with it"
	if n.refused.other {
		return "where the token is of the global STS endpoint, " + regional + "; elsewhere " + signInAgain
	}
	return regional
}

// denied is what to do about calls that were denied: the way into an account is another matter than
// what its role may do.
func denied(apis []string, access Access) string {
	const assume = "sts:AssumeRole"
	inside := slices.DeleteFunc(slices.Clone(apis), func(api string) bool { return api == assume })
	missing := "the permission is missing: allow " + strings.Join(inside, ", ")
	if len(inside) == len(apis) {
		return missing + "; `" + access.Read + "` prints all that is needed"
	}
	way := "an account cannot be entered: its role is not there, or does not trust you (`" + access.Role + "` writes it), or asks for an external id " +
		"(give it with --external-id), or you may not assume it (`" + access.Caller + "`); `" + access.Accounts + "` tries the way in"
	if len(inside) == 0 {
		return way
	}
	return way + "; elsewhere " + missing
}
