package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// report is what one run of a tool says, read out of the tool's own output.
type report struct {
	vpcs   map[string]claim // by VPC id; what is not in it is not spoken of
	unread map[string]bool  // Regions that it says it could not read
	passes map[string]bool  // Regions where what is not spoken of passes
	person []document       // what a person opens
}

// document is output that people look at.
type document struct {
	kind string // terminal, CSV or HTML
	text []byte
}

// claimOf is what the report says of one case.
func (r report) claimOf(vpc, region string) claim {
	c, ok := r.vpcs[vpc]
	switch {
	case !ok && r.passes[region]:
		c.verdict = pass
	case !ok:
		c.verdict = silent
	}
	c.unread = r.unread[region]
	return c
}

// score is how many cases a report has right, and what it said of each.
func score(all []awkward, vpcs map[string]string, r report) (right int, claims map[string]claim) {
	claims = map[string]claim{}
	for _, c := range all {
		said := r.claimOf(vpcs[c.name], c.region)
		if c.name == hostileCase {
			said.hostile = r.hostile()
		}
		claims[c.name] = said
		if c.ok(said) {
			right++
		}
	}
	return right, claims
}

// hostile says where the hostile name comes through, if it does.
func (r report) hostile() string {
	for _, d := range r.person {
		if found := d.hostile(); found != "" {
			return found
		}
	}
	return ""
}

// hostile says what of the hostile name is in the document unchanged, if anything is.
func (d document) hostile() string {
	switch {
	case d.kind != "HTML" && bytes.Contains(d.text, []byte("\u009b")):
		return "a control character in its " + d.kind + " output"
	case d.kind != "HTML" && bytes.Contains(d.text, []byte("\u202e")):
		return "reversed text in its " + d.kind + " output"
	case d.kind == "CSV" && formula(d.text):
		return "a formula in its CSV output"
	case d.kind == "HTML" && bytes.Contains(d.text, []byte("<img src=x onerror")):
		return "a tag in its HTML output"
	}
	return ""
}

// formula is whether a cell starts with the name.
func formula(text []byte) bool {
	for _, start := range []string{"\n", ",", ";", "\t"} {
		for _, quote := range []string{"", `"`} {
			if bytes.Contains(text, []byte(start+quote+"=HYPERLINK")) {
				return true
			}
		}
	}
	return false
}

// refusals are the words with which tools and AWS say that something was not read.
var refusals = []string{"UnauthorizedOperation", "AccessDenied", "denied", "could not be read", "could not be fully read"}

// regionsRefused are the Regions named on a line that also says that something was refused.
func regionsRefused(text string) map[string]bool {
	refused := map[string]bool{}
	for line := range strings.Lines(text) {
		if !slices.ContainsFunc(refusals, func(words string) bool { return strings.Contains(line, words) }) {
			continue
		}
		for _, region := range regions {
			if strings.Contains(line, region) {
				refused[region] = true
			}
		}
	}
	return refused
}

// only is the one file that matches the pattern.
func only(dir, pattern string) ([]byte, error) {
	found, err := filepath.Glob(filepath.Join(dir, pattern))
	if err != nil || len(found) != 1 {
		return nil, fmt.Errorf("%d files match %s, not one: %w", len(found), pattern, err)
	}
	return os.ReadFile(found[0])
}

// documents are the files of the kinds that people open, and what was printed.
func documents(dir string, r result) ([]document, error) {
	found := []document{{kind: "terminal", text: slices.Concat(r.stdout, r.stderr)}}
	err := filepath.WalkDir(dir, func(path string, _ os.DirEntry, err error) error {
		kind, opened := map[string]string{".csv": "CSV", ".html": "HTML", ".txt": "terminal"}[filepath.Ext(path)]
		if err != nil || !opened {
			return err
		}
		text, err := os.ReadFile(path) //nolint:gosec // G122: in the folder that the tool was told to write to
		found = append(found, document{kind, text})
		return err
	})
	return found, err
}
