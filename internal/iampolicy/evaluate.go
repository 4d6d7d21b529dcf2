package iampolicy

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Request is a question to policies: may this principal do this to that.
type Request struct {
	Service  string // the principal, a service; empty for a policy of the role itself
	Action   string // "s3:PutObject"
	Resource string // ARN; empty for a trust policy

	// What is known of condition keys, in lower case. Of any other key nothing is.
	Context map[string]string   // the one value of a key
	Sets    map[string][]string // the values of a key that may have several
	Absent  []string            // keys that the request surely does not have
}

// With adds to what is known.
func (r Request) With(context map[string]string) Request {
	known := maps.Clone(r.Context)
	if known == nil {
		known = map[string]string{}
	}
	maps.Copy(known, context)
	r.Context = known
	return r
}

// Unknown ends a value of which only the beginning is known: the rest may be anything.
const Unknown = "\x00"

// Match says whether something surely is so.
type Match int

// The answers, in this order: the lesser of two holds for both together.
const (
	No Match = iota
	Maybe
	Yes
)

func (m Match) not() Match { return Yes - m }

func matchIf(yes bool) Match {
	if yes {
		return Yes
	}
	return No
}

// Evaluation is what policies together say to a request: whether a statement allows it and whether
// one denies it.
type Evaluation struct{ Allow, Deny Match }

// Decision is an evaluation in one word.
type Decision string

// The decisions. An explicit deny wins (IAM user guide, policy evaluation logic).
const (
	Allowed    Decision = "allowed"
	NotAllowed Decision = "not-allowed"
	Denied     Decision = "denied"      // and no statement that is added can change it
	CannotTell Decision = "cannot-tell" // it turns on something that is not known here
)

// Decision is the evaluation in one word.
func (e Evaluation) Decision() Decision {
	switch {
	case e.Deny == Yes:
		return Denied
	case e.Allow == No:
		return NotAllowed
	case e.Deny == Maybe, e.Allow == Maybe:
		return CannotTell
	}
	return Allowed
}

// Evaluate asks policies together, as IAM does. An empty document is none; one that cannot be read
// may say anything.
func Evaluate(r Request, documents ...string) Evaluation {
	var e Evaluation
	for _, document := range documents {
		if document == "" {
			continue
		}
		policy, err := Parse(document)
		if err != nil {
			e.Allow, e.Deny = max(e.Allow, Maybe), max(e.Deny, Maybe)
			continue
		}
		for _, s := range policy.Statements {
			if m := s.Matches(r); s.Allow {
				e.Allow = max(e.Allow, m)
			} else {
				e.Deny = max(e.Deny, m)
			}
		}
	}
	return e
}

// Doubt is a statement that denies a request, or may: which one, and what that turns on.
type Doubt struct {
	Statement string   // its Sid, or "statement 3" where it has none; hostile
	Match     Match    // Yes or Maybe
	TurnsOn   []string // condition keys of which nothing is known, as lower case; empty for a Yes
}

// Denials are the statements of a document that deny a request or may, the certain ones first. None of a
// document that cannot be read: Evaluate says that anything may be in it.
func Denials(r Request, document string) []Doubt { return doubts(r, document, false) }

// Allowances are the statements of a document that allow a request or may.
func Allowances(r Request, document string) []Doubt { return doubts(r, document, true) }

func doubts(r Request, document string, allow bool) []Doubt {
	policy, err := Parse(document)
	if err != nil {
		return nil
	}
	var found []Doubt
	for i, s := range policy.Statements {
		m := s.Matches(r)
		if s.Allow != allow || m == No {
			continue
		}
		d := Doubt{Statement: s.Name(i + 1), Match: m}
		for _, c := range s.Conditions {
			if c.holds(r) == Maybe && !slices.Contains(d.TurnsOn, c.Key) {
				d.TurnsOn = append(d.TurnsOn, c.Key)
			}
		}
		found = append(found, d)
	}
	slices.SortStableFunc(found, func(a, b Doubt) int { return int(b.Match - a.Match) })
	return found
}

// Matches reports whether the statement is about the request.
func (s Statement) Matches(r Request) Match {
	return min(s.MatchesCaller(r), s.MatchesAction(r.Action), s.MatchesResource(r.Resource))
}

// MatchesCaller reports whether the statement is about who asks, and under which conditions, whatever
// is asked for.
func (s Statement) MatchesCaller(r Request) Match {
	m := s.matchesPrincipal(r)
	for _, c := range s.Conditions {
		m = min(m, c.holds(r))
	}
	return m
}

func (s Statement) matchesPrincipal(r Request) Match {
	switch {
	case s.Principals == nil:
		return matchIf(r.Service == "")
	case r.Service == "":
		return No // a statement of another kind of policy
	case s.NotPrincipal:
		return min(s.Principals.include(r.Service).not(), Maybe) // AWS advises against it, for it is hard to tell
	}
	return s.Principals.include(r.Service)
}

func (p Principals) include(service string) Match {
	return matchIf(p.Anyone || slices.Contains(p.Services, service))
}

// MatchesAction reports whether the statement is about an action.
func (s Statement) MatchesAction(action string) Match {
	if len(s.NotActions) > 0 {
		return matchesAny(lowered(s.NotActions), strings.ToLower(action)).not()
	}
	return matchesAny(lowered(s.Actions), strings.ToLower(action))
}

// MatchesResource reports whether the statement is about a resource; an empty one is not asked about.
func (s Statement) MatchesResource(resource string) Match {
	switch {
	case resource == "":
		return Yes
	case len(s.NotResources) > 0:
		return matchesAny(s.NotResources, resource).not()
	}
	return matchesAny(s.Resources, resource)
}

func lowered(list []string) []string {
	out := make([]string, len(list))
	for i, s := range list {
		out[i] = strings.ToLower(s)
	}
	return out
}

// Names reports whether the statement names a service among its principals.
func (s Statement) Names(service string) bool {
	return s.Principals != nil && !s.NotPrincipal && slices.Contains(s.Principals.Services, service)
}

// Fails are the condition keys, in lower case, by which the statement is not about a request for certain.
func (s Statement) Fails(r Request) []string {
	var keys []string
	for _, c := range s.Conditions {
		if c.holds(r) == No && !slices.Contains(keys, c.Key) {
			keys = append(keys, c.Key)
		}
	}
	return keys
}

// Name is the statement's Sid, or where it stands in its document, from 1.
func (s Statement) Name(position int) string {
	if s.Sid != "" {
		return s.Sid
	}
	return fmt.Sprintf("statement %d", position)
}
