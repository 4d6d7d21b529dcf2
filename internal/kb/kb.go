// Package kb is the knowledge base: the page of each rule as Markdown, as text for a terminal
// and as HTML files that work without a network. The pages lie beside the rules; what a page
// leaves open, its standards, is filled in from package framework. It judges nothing, and it
// loads nothing from elsewhere: no fonts, no scripts, no network.
//
// Text is laid out here rather than by a general Markdown viewer, because a page is copied
// from: code must come out as it stands, however narrow the screen. The viewer that was tried
// (glamour) breaks long commands inside a word, writes escape codes into plain output, and
// costs every command of the program 16 ms at start.
package kb

import (
	"strings"

	"flowproof/internal/finding"
	"flowproof/internal/rule"
)

// Sections are the headings of every page, in this order. A reader who knows one page finds
// the same thing in the same place on all others.
func Sections() []string {
	return []string{
		"What it finds",
		"Risk",
		"Standards",
		"Why",
		"How it is decided",
		"Audit by console",
		"Audit by CLI",
		"Remediation by console",
		"Remediation by CLI",
		"Remediation by flowproof",
		"Remediation by Terraform and CloudFormation",
		"Cost and side effects",
		"References",
	}
}

// Entry is one line of the list of pages.
type Entry struct {
	ID       string
	Title    string
	Severity finding.Severity
	Resource string // the CloudFormation type that the rule judges
	Summary  string // what it finds, in one paragraph of plain text
}

// List returns an entry for each rule, in their order.
func List(rules []rule.Rule) []Entry {
	entries := make([]Entry, len(rules))
	for i, r := range rules {
		entries[i] = Entry{ID: r.ID, Title: r.Title, Severity: r.Severity, Resource: r.Resource, Summary: summary(r.Page)}
	}
	return entries
}

// Markdown returns the rule's page with its standards filled in.
func Markdown(r rule.Rule) string { return fill(r.Page, standards(r.ID)) }

// section returns what stands between a heading and the next one, or nothing.
func section(page, name string) string {
	_, rest, found := strings.Cut(page, "\n## "+name+"\n")
	if !found {
		return ""
	}
	body, _, _ := strings.Cut(rest, "\n## ")
	return strings.TrimSpace(body)
}

// summary is the first paragraph of what a page says that its rule finds.
func summary(page string) string {
	paragraph, _, _ := strings.Cut(section(page, "What it finds"), "\n\n")
	return plain(parse([]byte(paragraph)), []byte(paragraph))
}
