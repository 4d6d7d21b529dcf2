package remediate

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode"
)

// Exports lists what a plan can be written as.
func Exports() []string { return []string{"terraform", "cloudformation", "cli"} }

// CheckExport says why plans of a policy cannot be written as code for a tool: of Terraform and
// CloudFormation it is not known that they take the keys of tag fields.
func (p Policy) CheckExport(kind string) error {
	if len(p.TagFields) > 0 && kind != "" && kind != "cli" {
		return fmt.Errorf("export as %s: it is not known to take the keys of tag fields: export as cli, or plan without --tag-field", kind)
	}
	return nil
}

// Export writes the plan as code for another tool. Terraform and CloudFormation own what they make,
// so it has the policy's tags there and not flowproof's; the script makes what apply makes.
func (p Plan) Export(kind string, w io.Writer) error {
	if len(p.Accounts) > 1 {
		return fmt.Errorf("export: the plan is for %d accounts, and code is for one: plan one account at a time", len(p.Accounts))
	}
	if err := p.Policy.CheckExport(kind); err != nil {
		return err
	}
	var text string
	var err error
	switch kind {
	case "terraform":
		text, err = p.terraform()
	case "cloudformation":
		text, err = p.cloudFormation()
	case "cli":
		text, err = p.script()
	default:
		return fmt.Errorf("export %q: want one of %s", kind, strings.Join(Exports(), ", "))
	}
	if err != nil {
		return fmt.Errorf("export as %s: %w", kind, err)
	}
	if _, err := io.WriteString(w, text); err != nil {
		return fmt.Errorf("write the export: %w", err)
	}
	return nil
}

// errNotExported is why a step stays out of code: it changes part of what is there already, and
// Terraform and CloudFormation take over all of what they manage.
var errNotExported = errors.New("not exported")

// label makes an identifier of words, as Terraform takes it: eu_west_1_vpc_0a. It begins with a letter.
func label(words ...string) string {
	var b strings.Builder
	for _, r := range strings.Join(words, "_") {
		if r > unicode.MaxASCII || !unicode.IsLetter(r) && !unicode.IsDigit(r) {
			r = '_'
		}
		b.WriteRune(r)
	}
	name := strings.Trim(b.String(), "_")
	if name == "" || unicode.IsDigit(rune(name[0])) {
		name = "n" + name
	}
	return name
}

// logicalID makes an identifier of words, as CloudFormation takes it: FlowLogEuWest1Vpc0a. Words that
// differ in nothing but what was dropped are told apart by their digest.
func logicalID(kind string, words ...string) string {
	var b strings.Builder
	b.WriteString(kind)
	dropped := false
	for _, w := range words {
		up := true
		for _, r := range w {
			if r > unicode.MaxASCII || !unicode.IsLetter(r) && !unicode.IsDigit(r) {
				up, dropped = true, dropped || r != '-'
				continue
			}
			if up {
				r = unicode.ToUpper(r)
			}
			b.WriteRune(r)
			up = false
		}
	}
	if dropped {
		b.WriteString(shortDigest(strings.Join(words, "\n")))
	}
	return b.String()
}

// regions are those of the plan's steps, in order; IAM has none.
func (p Plan) regions() []string {
	var regions []string
	for _, s := range p.Steps {
		if s.API.Service != "iam" {
			regions = append(regions, s.Region)
		}
	}
	slices.Sort(regions)
	return slices.Compact(regions)
}

// members decodes a step's request.
func (s Step) members() (map[string]any, error) {
	value, err := generic(s.API.Input)
	if err != nil {
		return nil, fmt.Errorf("step %s: %w", s.ID, err)
	}
	object, ok := value.(map[string]any)
	if !ok {
		return nil, fmt.Errorf("step %s: its request is no object", s.ID)
	}
	return object, nil
}

// retentionOf finds how long the plan keeps a group that it makes.
func (p Plan) retentionOf(group Step) (any, error) {
	for _, s := range p.Steps {
		if s.Action == PutRetentionPolicy && s.Account == group.Account && s.Region == group.Region && s.Resource == group.Resource {
			in, err := s.members()
			return in["retentionInDays"], err
		}
	}
	return nil, nil
}

// isPartOf reports whether a step is told by that of the resource that the plan makes.
func (p Plan) isPartOf(s Step, maker Action) bool {
	return slices.ContainsFunc(p.Steps, func(m Step) bool {
		return m.Action == maker && m.Account == s.Account && m.Region == s.Region && m.Resource == s.Resource
	})
}

// head is a comment's lines about a plan, without the marks of a comment.
func (p Plan) head() []string {
	const width = 76
	b := &page{width: width}
	b.linef(0, 2, "flowproof plan %s for %s.", p.ShortHash(), p.accountsInWords())
	b.line(0, 2, p.Headline())
	b.line(0, 2, p.wantedInWords())
	return strings.Split(strings.TrimSpace(b.String()), "\n")
}
