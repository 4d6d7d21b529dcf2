// Package framework knows compliance frameworks and which of their controls a rule speaks to.
// It answers both ways, from a control to its rules and from a rule to its controls, out of
// data files that become part of the program. Each row names the public source that ties the two
// together and how strong the tie is. It judges nothing, and it claims no control on its own word:
// its tests refuse a row without a source, or without a strength.
package framework

import (
	"cmp"
	_ "embed" // for the catalogue
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// Strength says how far a rule goes towards a control.
type Strength string

// The strengths, strongest first.
const (
	// Direct: the control itself asks for VPC flow logging.
	Direct Strength = "direct"
	// Supporting: the control asks for something wider to which flow logs contribute, and a
	// published mapping or the control's own text says so.
	Supporting Strength = "supporting"
	// Derived: no published row ties this control to flow logs. It was inferred, and the
	// source says from what.
	Derived Strength = "derived"
)

// Strengths lists the strengths, strongest first.
func Strengths() []Strength { return []Strength{Direct, Supporting, Derived} }

// Framework is one version of a standard, a benchmark or a law, with those of its controls
// that some rule speaks to. It is never the whole text of the framework.
type Framework struct {
	ID       string    `yaml:"id" json:"id"`               // "cis-aws-5.0", also the name of its data file
	Name     string    `yaml:"name" json:"name"`           // "CIS AWS Foundations"
	Version  string    `yaml:"version" json:"version"`     // as its publisher writes it, "5.0.0"
	Also     []string  `yaml:"also" json:"also,omitempty"` // ids of versions whose controls here are the same
	Controls []Control `yaml:"controls" json:"controls"`
}

// Control is one requirement, by the number that an auditor would look up.
type Control struct {
	ID    string `yaml:"id" json:"control"`  // the framework's own numbering, "3.7"
	Title string `yaml:"title" json:"title"` // in our words: most frameworks do not allow copying theirs
	Rules []Row  `yaml:"rules" json:"rules"`
}

// Row ties one rule to a control.
type Row struct {
	Rule     string   `yaml:"rule" json:"rule"` // rule id, "vpc-flow-log-check"
	Strength Strength `yaml:"strength" json:"strength"`
	Source   string   `yaml:"source" json:"source"` // the public material that it rests on
	Date     string   `yaml:"date" json:"date"`     // when that was last compared, YYYY-MM-DD; may be empty
}

// Mapping is one row seen from the rule's side, with what it takes to show it.
type Mapping struct {
	Framework string // its id
	Name      string
	Version   string
	Control   string // its id within the framework
	Title     string
	Row
}

// data is what the files in data/ come to, written by a test of this package.
//
//go:generate go test . -update
//go:embed catalogue.json
var data []byte

// catalogue is read once, when first asked for: commands that show no framework pay nothing.
var catalogue = sync.OnceValue(func() []Framework {
	var frameworks []Framework
	if err := json.Unmarshal(data, &frameworks); err != nil {
		// It is compiled in, and a test holds it to the data files: this is a broken build.
		panic("framework: " + err.Error())
	}
	return frameworks
})

// All returns every framework, ordered by id with numbers compared as numbers. The slice is
// the caller's own; what it holds is shared and must not be changed.
func All() []Framework { return slices.Clone(catalogue()) }

// ByID finds one framework by its id, or by that of a version which has the same controls.
func ByID(id string) (Framework, bool) {
	for _, f := range catalogue() {
		if f.ID == id || slices.Contains(f.Also, id) {
			return f, true
		}
	}
	return Framework{}, false
}

// ForRule returns every control that the rule speaks to: frameworks in the order of All,
// controls in the framework's own order. A rule of which nothing is known gets none.
func ForRule(rule string) []Mapping {
	var mappings []Mapping
	for _, f := range catalogue() {
		for _, c := range f.Controls {
			for _, row := range c.Rules {
				if row.Rule == rule {
					mappings = append(mappings, Mapping{f.ID, f.Name, f.Version, c.ID, c.Title, row})
				}
			}
		}
	}
	return mappings
}

// compareIDs orders ids part by part, so that cis-aws-10.0 comes after cis-aws-7.0.
func compareIDs(a, b string) int {
	cut := func(r rune) bool { return r == '-' || r == '.' }
	return slices.CompareFunc(strings.FieldsFunc(a, cut), strings.FieldsFunc(b, cut), func(x, y string) int {
		m, errX := strconv.Atoi(x)
		n, errY := strconv.Atoi(y)
		if errX == nil && errY == nil {
			return cmp.Compare(m, n)
		}
		return cmp.Compare(x, y)
	})
}
