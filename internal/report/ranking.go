package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// rankedAccounts is how many accounts stand for all in a section that is too long to be read.
const rankedAccounts = 20

// ranking counts what a section lists by account, and keeps the accounts with the most. Rows of
// one account come one after the other, so it holds no more, however many accounts there are.
type ranking struct {
	accounts int // that are counted to their end
	rows     int // likewise
	open     ranked
	region   string
	most     []ranked // the accounts with the most, most first
}

// ranked is an account and what the section has of it.
type ranked struct {
	account       string
	regions, rows int
}

// add counts a row.
func (r *ranking) add(account, region string) {
	if account != r.open.account {
		r.end()
		r.open = ranked{account: account}
	}
	if r.open.rows == 0 || region != r.region {
		r.open.regions++
		r.region = region
	}
	r.open.rows++
}

// end ranks the account that was being counted.
func (r *ranking) end() {
	if r.open.rows == 0 {
		return
	}
	r.accounts++
	r.rows += r.open.rows
	at, _ := slices.BinarySearchFunc(r.most, r.open, func(a, b ranked) int {
		return cmp.Or(b.rows-a.rows, strings.Compare(a.account, b.account))
	})
	if at < rankedAccounts {
		r.most = slices.Insert(r.most, at, r.open)
		r.most = r.most[:min(len(r.most), rankedAccounts)]
	}
	r.open = ranked{}
}

// writeTo writes the accounts with the most in place of a row for each.
func (r *ranking) writeTo(b *strings.Builder, s sheet) {
	r.end()
	t := newTable(s, column{title: "Account", width: 12}, column{title: "How many"})
	t.header(b)
	left := r.rows
	for _, a := range r.most {
		t.row(b, []string{a.account}, []string{fmt.Sprintf("%d in %s", a.rows, plural(a.regions, "Region"))})
		left -= a.rows
	}
	if more := r.accounts - len(r.most); more > 0 {
		s.paragraph(b, indent, indent+between, span{plain, fmt.Sprintf("... and %d more in %s", left, plural(more, "account"))})
	}
	s.leftOut(b, r.rows)
}

// leftOut says where the rows are that a section does not list.
func (s sheet) leftOut(b *strings.Builder, rows int) {
	s.paragraph(b, indent, indent+between, span{faint, fmt.Sprintf("all %d rows: --verbose or --format json; those of one account: --account ID", rows)})
}
