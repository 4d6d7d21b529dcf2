package remediate

import (
	"maps"
	"slices"
	"strings"
)

// access is a question to policies: may this service do this to that.
type access struct {
	service  string // the principal; empty for a policy of the role itself
	action   string
	resource string            // ARN; empty for a trust policy
	context  map[string]string // condition keys that are known, in lower case
}

// decision is the answer.
type decision int

// What policies can say. A condition on something that is not known here neither allows nor denies:
// flowproof would rather add a statement that is there already than count on one it cannot read.
const (
	notAllowed decision = iota
	allowed
	denied // and no statement that is added can change it
)

// decide evaluates policies together, as IAM does: an explicit deny wins.
func decide(a access, policies ...string) decision {
	result := notAllowed
	for _, policy := range policies {
		value, err := generic([]byte(policy))
		object, ok := value.(map[string]any)
		if err != nil || !ok {
			continue
		}
		for _, s := range listOf(object["Statement"]) {
			statement, ok := s.(map[string]any)
			if !ok || !a.fits(statement) {
				continue
			}
			switch statement["Effect"] {
			case "Deny":
				return denied
			case "Allow":
				result = allowed
			}
		}
	}
	return result
}

// fits reports whether a statement surely is about the question. Elements that turn a statement
// around, such as NotAction, are not read: they fit nothing.
func (a access) fits(statement map[string]any) bool {
	if !a.fitsPrincipal(statement["Principal"]) || !a.fitsConditions(statement["Condition"]) {
		return false
	}
	if a.resource != "" && !anyMatch(statement["Resource"], a.resource, false) {
		return false
	}
	return anyMatch(statement["Action"], a.action, true)
}

func (a access) fitsPrincipal(principal any) bool {
	if a.service == "" {
		return principal == nil
	}
	switch p := principal.(type) {
	case string:
		return p == "*"
	case map[string]any:
		return slices.Contains(listOf(p["Service"]), any(a.service)) || slices.Contains(listOf(p["AWS"]), any("*"))
	}
	return false
}

// fitsConditions wants every condition to hold for certain.
func (a access) fitsConditions(conditions any) bool {
	if conditions == nil {
		return true
	}
	operators, ok := conditions.(map[string]any)
	if !ok {
		return false
	}
	for operator, keys := range operators {
		tests, ok := keys.(map[string]any)
		if !ok {
			return false
		}
		for key, want := range tests {
			if !a.holds(operator, key, want) {
				return false
			}
		}
	}
	return true
}

func (a access) holds(operator, key string, want any) bool {
	got, known := a.context[strings.ToLower(key)]
	if !known {
		return false
	}
	values := listOf(want)
	switch strings.TrimSuffix(operator, "IfExists") {
	case "StringEquals", "ArnEquals", "StringLike", "ArnLike":
		return anyMatch(values, got, false)
	case "StringEqualsIgnoreCase":
		return slices.ContainsFunc(values, func(v any) bool { s, ok := v.(string); return ok && strings.EqualFold(s, got) })
	}
	return false
}

// anyMatch compares with IAM's wildcards. StringEquals takes none, and treating it alike errs only
// for values that hold a star, which account ids and ACLs do not.
func anyMatch(patterns any, value string, foldCase bool) bool {
	return slices.ContainsFunc(listOf(patterns), func(p any) bool {
		pattern, ok := p.(string)
		if ok && foldCase {
			return wildcard(strings.ToLower(pattern), strings.ToLower(value))
		}
		return ok && wildcard(pattern, value)
	})
}

// wildcard matches "*" (any text) and "?" (one character), without backtracking beyond the last star.
func wildcard(pattern, value string) bool {
	p, v, star, mark := 0, 0, -1, 0
	for v < len(value) {
		switch {
		case p < len(pattern) && pattern[p] == '*':
			star, mark = p, v
			p++
		case p < len(pattern) && (pattern[p] == '?' || pattern[p] == value[v]):
			p++
			v++
		case star >= 0:
			mark++
			p, v = star+1, mark
		default:
			return false
		}
	}
	return strings.Trim(pattern[p:], "*") == ""
}

// with adds to what is known.
func (a access) with(context map[string]string) access {
	known := maps.Clone(a.context)
	if known == nil {
		known = map[string]string{}
	}
	maps.Copy(known, context)
	a.context = known
	return a
}
