// Package iampolicy reads IAM policy documents and says what they allow. Where a statement turns on
// something that is not known here, such as a condition on the caller, it says so rather than guess.
// It reads nothing itself and imports nothing of this module.
package iampolicy

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Policy is a policy document: of a role, its trust policy, or a policy on a resource.
type Policy struct{ Statements []Statement }

// Statement is one statement. Of Actions and NotActions, Resources and NotResources one is set at
// most; a trust policy has no resources.
type Statement struct {
	Sid          string
	Allow        bool // else it denies
	Principals   *Principals
	NotPrincipal bool // Principals are those that it is not about
	Actions      []string
	NotActions   []string
	Resources    []string
	NotResources []string
	Conditions   []Condition
}

// Principals are who a statement is about.
type Principals struct {
	Anyone   bool     // "*", or "*" among AWS principals: the two are the same (IAM user guide)
	AWS      []string // account ids, and ARNs of accounts, users, roles
	Services []string
	Others   []string // federated and canonical users
}

// Condition is one test: an operator, a key and the values of which one must fit.
type Condition struct {
	Operator string // as written, "StringEqualsIfExists"
	Key      string // in lower case: keys take any
	Values   []string
}

// Parse reads a document. What IAM would not have taken is an error: nothing can be said of it.
func Parse(document string) (Policy, error) {
	var raw struct{ Statement json.RawMessage }
	if err := json.Unmarshal([]byte(document), &raw); err != nil {
		return Policy{}, fmt.Errorf("read a policy: %w", err)
	}
	items, err := oneOrMore[rawStatement](raw.Statement)
	if err != nil {
		return Policy{}, fmt.Errorf("read a policy: its statements: %w", err)
	}
	var p Policy
	for i, item := range items {
		s, err := item.statement()
		if err != nil {
			return Policy{}, fmt.Errorf("read a policy: statement %d: %w", i+1, err)
		}
		p.Statements = append(p.Statements, s)
	}
	return p, nil
}

// rawStatement is a statement as it is written. A value that may be one or many is a list here.
type rawStatement struct {
	Sid          string
	Effect       string
	Principal    json.RawMessage
	NotPrincipal json.RawMessage
	Action       texts
	NotAction    texts
	Resource     texts
	NotResource  texts
	Condition    map[string]map[string]texts
}

func (r rawStatement) statement() (Statement, error) {
	s := Statement{
		Sid: r.Sid, Allow: r.Effect == "Allow", NotPrincipal: len(r.NotPrincipal) > 0,
		Actions: r.Action, NotActions: r.NotAction, Resources: r.Resource, NotResources: r.NotResource,
	}
	switch {
	case r.Effect != "Allow" && r.Effect != "Deny":
		return s, fmt.Errorf("its effect is %q, not Allow or Deny", r.Effect)
	case (len(r.Action) == 0) == (len(r.NotAction) == 0):
		return s, errors.New("want either Action or NotAction")
	case len(r.Resource) > 0 && len(r.NotResource) > 0:
		return s, errors.New("it has both Resource and NotResource")
	case len(r.Principal) > 0 && len(r.NotPrincipal) > 0:
		return s, errors.New("it has both Principal and NotPrincipal")
	}
	for _, raw := range []json.RawMessage{r.Principal, r.NotPrincipal} {
		if len(raw) == 0 {
			continue
		}
		principals, err := principalsOf(raw)
		if err != nil {
			return s, fmt.Errorf("its principal: %w", err)
		}
		s.Principals = &principals
	}
	for operator, tests := range r.Condition {
		for key, values := range tests {
			s.Conditions = append(s.Conditions, Condition{operator, strings.ToLower(key), values})
		}
	}
	slices.SortFunc(s.Conditions, func(a, b Condition) int { return strings.Compare(a.Operator+" "+a.Key, b.Operator+" "+b.Key) })
	return s, nil
}

func principalsOf(raw json.RawMessage) (Principals, error) {
	var all string
	if json.Unmarshal(raw, &all) == nil {
		if all != "*" {
			return Principals{}, fmt.Errorf("%q is no principal", all)
		}
		return Principals{Anyone: true}, nil
	}
	var byKind map[string]texts
	if err := json.Unmarshal(raw, &byKind); err != nil {
		return Principals{}, err
	}
	var p Principals
	for kind, names := range byKind {
		switch kind {
		case "AWS":
			p.AWS = names
			p.Anyone = slices.Contains(names, "*")
		case "Service":
			p.Services = names
		default:
			p.Others = append(p.Others, names...)
		}
	}
	slices.Sort(p.Others)
	return p, nil
}

// texts is one text or a list of them. Numbers and booleans, as conditions may hold, are kept as
// they are written.
type texts []string

// UnmarshalJSON implements json.Unmarshaler.
func (t *texts) UnmarshalJSON(raw []byte) error {
	items, err := oneOrMore[json.RawMessage](raw)
	if err != nil {
		return err
	}
	*t = nil
	for _, item := range items {
		var text string
		if json.Unmarshal(item, &text) != nil {
			if item[0] == '{' || item[0] == '[' || string(item) == "null" {
				return fmt.Errorf("%.40q where a text belongs", item)
			}
			text = string(item)
		}
		*t = append(*t, text)
	}
	return nil
}

// oneOrMore reads a value that may stand alone or in a list.
func oneOrMore[T any](raw json.RawMessage) ([]T, error) {
	if len(raw) == 0 {
		return nil, nil
	}
	if raw[0] == '[' {
		var list []T
		err := json.Unmarshal(raw, &list)
		return list, err
	}
	var one T
	err := json.Unmarshal(raw, &one)
	return []T{one}, err
}
