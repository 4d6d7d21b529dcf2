package report

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"

	"flowproof/internal/inventory"
)

// AccountsSchema names the JSON document; docs/schema/accounts-v1.json describes it.
const AccountsSchema = "flowproof.accounts/v1"

// Accounts is what a run over many accounts would read, and what came of trying the way into each.
type Accounts struct {
	Schema   string          `json:"schema"`
	Caller   string          `json:"caller"` // ARN
	Role     string          `json:"role"`   // name of the role that is assumed
	Complete bool            `json:"complete"`
	Summary  AccountsSummary `json:"summary"`
	Gaps     []inventory.Gap `json:"gaps"` // of the list of accounts
	Accounts []Account       `json:"accounts"`
	Access   Access          `json:"-"` // commands that what to do names
}

// AccountsSummary counts the accounts by what came of them.
type AccountsSummary struct {
	Accounts int `json:"accounts"`
	Entered  int `json:"entered"`
	Refused  int `json:"refused"`
	Closed   int `json:"closed"`
}

// AccountStatus is what came of trying the way into an account.
type AccountStatus string

// What can come of it.
const (
	Entered       AccountStatus = "entered"
	Refused       AccountStatus = "refused" // the gap says why
	ClosedAccount AccountStatus = "closed"  // suspended, closed or about to be: not tried
)

// Account is one of them.
type Account struct {
	ID         string         `json:"id"`
	Name       string         `json:"name"`
	Unit       string         `json:"unit"`  // organisational unit or root, where known
	State      string         `json:"state"` // as Organizations spells it, where known
	Management bool           `json:"management"`
	Way        string         `json:"way"`  // "credentials", "role" or, for a closed account, "none"
	Role       string         `json:"role"` // ARN, where the way is the role
	Status     AccountStatus  `json:"status"`
	Gap        *inventory.Gap `json:"gap"`
	Next       string         `json:"next"` // what to do, where it is refused
}

// Add takes an account in and counts it.
func (a *Accounts) Add(account Account) {
	if account.Gap != nil {
		account.Next = accountRemedy(account, a.Access)
	}
	a.Summary.Accounts++
	switch account.Status {
	case Entered:
		a.Summary.Entered++
	case Refused:
		a.Summary.Refused++
	case ClosedAccount:
		a.Summary.Closed++
	}
	a.Accounts = append(a.Accounts, account)
}

// accountRemedy is what to do about an account that cannot be entered.
func accountRemedy(a Account, access Access) string {
	if a.Gap.Cause == inventory.Denied && a.Management {
		return "this is the management account, which service-managed StackSets pass over: deploy the template of `" + access.orPlain().Role + "` in it as a stack of its own"
	}
	return remedy(a.Gap.Cause, []string{a.Gap.API}, access)
}

// WriteAccounts writes the document as text or JSON, accounts in the order of their ids.
func WriteAccounts(format string, w io.Writer, a Accounts, opts Options) error {
	a.Schema, a.Gaps, a.Accounts = AccountsSchema, orEmpty(a.Gaps), orEmpty(a.Accounts)
	a.Complete = a.Summary.Refused == 0 && len(a.Gaps) == 0
	slices.SortFunc(a.Accounts, func(x, y Account) int { return strings.Compare(x.ID, y.ID) })
	switch format {
	case JSON:
		enc := json.NewEncoder(w)
		enc.SetEscapeHTML(false)
		enc.SetIndent("", "  ")
		return enc.Encode(a)
	case Text:
		return write(w, func(b *strings.Builder) { a.text(b, newSheet(opts)) })
	}
	return fmt.Errorf("unknown format %q: accounts are written as %s or %s", format, Text, JSON)
}

func (a Accounts) text(b *strings.Builder, s sheet) {
	open := a.Summary.Accounts - a.Summary.Closed
	head := fmt.Sprintf("%d of %s can be entered", a.Summary.Entered, plural(open, "account"))
	if a.Summary.Closed > 0 {
		head += fmt.Sprintf("; %d closed", a.Summary.Closed)
	}
	if len(a.Gaps) > 0 {
		head += "; the list of accounts is not whole"
	}
	s.paragraph(b, 0, between, span{plain, head})
	s.paragraph(b, 0, between, span{plain, "as " + a.Caller + ", through the role " + a.Role})
	a.gapText(b, s)
	a.refusedText(b, s)
	a.listText(b, s, Entered, span{good, "ENTERED"})
	a.listText(b, s, ClosedAccount, span{faint, "CLOSED"})
}

func (a Accounts) gapText(b *strings.Builder, s sheet) {
	if len(a.Gaps) == 0 {
		return
	}
	b.WriteByte('\n')
	s.title(b, span{doubt, "NOT LISTED"}, span{plain, "accounts may be missing"})
	for _, g := range a.Gaps {
		s.paragraph(b, indent, indent+between, span{plain, g.API + " " + string(g.Cause) + ": " + g.Message})
	}
}

func (a Accounts) with(status AccountStatus) []Account {
	return slices.DeleteFunc(slices.Clone(a.Accounts), func(x Account) bool { return x.Status != status })
}

// refusedText lists the accounts that cannot be entered, and what to do, once for all that it
// helps.
func (a Accounts) refusedText(b *strings.Builder, s sheet) {
	refused := a.with(Refused)
	if len(refused) == 0 {
		return
	}
	b.WriteByte('\n')
	s.title(b, span{bad, "NOT ENTERED"}, span{plain, plural(len(refused), "account") + ": nothing in them can be read"})
	t := newTable(s, column{title: "Account", width: len("123456789012")}, column{title: "Name", width: 16}, column{title: "Why"})
	t.header(b)
	var next []string
	for _, x := range refused {
		t.row(b, []string{x.ID}, []string{x.Name}, []string{x.Gap.API + " " + string(x.Gap.Cause) + ": " + x.Gap.Message})
		if !slices.Contains(next, x.Next) {
			next = append(next, x.Next)
		}
	}
	b.WriteByte('\n')
	s.paragraph(b, 0, between, span{plain, "What to do"})
	for _, text := range next {
		s.paragraph(b, indent, indent+between, span{plain, text})
	}
}

func (a Accounts) listText(b *strings.Builder, s sheet, status AccountStatus, word span) {
	list := a.with(status)
	if len(list) == 0 {
		return
	}
	b.WriteByte('\n')
	s.title(b, word, span{plain, plural(len(list), "account")})
	unit := len("Unit")
	for _, x := range list {
		unit = min(max(unit, measure(x.Unit)), 20)
	}
	t := newTable(s, column{title: "Account", width: len("123456789012")}, column{title: "Unit", width: unit}, column{title: "Name"})
	t.header(b)
	for _, x := range list {
		name := cut(cmp.Or(x.Name, "-"), maxName)
		if about := x.about(); about != "" {
			name += " (" + about + ")"
		}
		t.row(b, []string{x.ID}, []string{x.Unit}, []string{name})
	}
}

// about is what is special about an account in its list.
func (x Account) about() string {
	var about []string
	if x.Management {
		about = append(about, "management account")
	}
	if x.Way == "credentials" {
		about = append(about, "your own credentials")
	}
	if x.Status == ClosedAccount {
		about = append(about, strings.ToLower(strings.ReplaceAll(x.State, "_", " ")))
	}
	return strings.Join(about, ", ")
}
