package sandbox

import (
	"encoding/json"
	"strings"
)

// policyDocument is an IAM policy as far as the sandbox judges it: identity policies by
// action and resource, trust policies by service and by the two conditions against a
// confused deputy. A condition that it does not know makes a statement not apply.
type policyDocument struct {
	Statement statements
}

type statement struct {
	Effect      string
	Principal   principals
	Action      stringList
	NotAction   stringList
	Resource    stringList
	NotResource stringList
	Condition   map[string]map[string]stringList
}

// statements reads one statement or a list of them, as IAM does.
type statements []statement

func (s *statements) UnmarshalJSON(b []byte) error {
	var many []statement
	if json.Unmarshal(b, &many) == nil {
		*s = many
		return nil
	}
	var one statement
	err := json.Unmarshal(b, &one)
	*s = statements{one}
	return err
}

// stringList reads a string or a list of strings.
type stringList []string

func (l *stringList) UnmarshalJSON(b []byte) error {
	var one string
	if json.Unmarshal(b, &one) == nil {
		*l = stringList{one}
		return nil
	}
	return json.Unmarshal(b, (*[]string)(l))
}

// principals reads "*" or a map of principal kinds.
type principals map[string]stringList

func (p *principals) UnmarshalJSON(b []byte) error {
	var any string
	if json.Unmarshal(b, &any) == nil {
		*p = principals{any: {any}}
		return nil
	}
	return json.Unmarshal(b, (*map[string]stringList)(p))
}

func parsePolicy(document string) (policyDocument, error) {
	var d policyDocument
	err := json.Unmarshal([]byte(document), &d)
	return d, err
}

// allows judges an action on a resource by identity policies: an explicit deny wins, then
// any allow.
func allows(documents []string, action, resource string) bool {
	allowed := false
	for _, text := range documents {
		d, err := parsePolicy(text)
		if err != nil {
			continue
		}
		for i := range d.Statement {
			st := &d.Statement[i]
			if len(st.Condition) > 0 || !st.covers(action, resource) {
				continue
			}
			if st.Effect == "Deny" {
				return false
			}
			allowed = allowed || st.Effect == "Allow"
		}
	}
	return allowed
}

func (st *statement) covers(action, resource string) bool {
	actionFits := anyMatch(st.Action, action, true)
	if len(st.NotAction) > 0 {
		actionFits = !anyMatch(st.NotAction, action, true)
	}
	resourceFits := anyMatch(st.Resource, resource, false)
	if len(st.NotResource) > 0 {
		resourceFits = !anyMatch(st.NotResource, resource, false)
	}
	return actionFits && resourceFits
}

// trusts says whether a trust policy lets a service assume the role, with the values
// that the service gives for the condition keys.
func trusts(document, service string, keys map[string]string) bool {
	d, err := parsePolicy(document)
	if err != nil {
		return false
	}
	allowed := false
	for i := range d.Statement {
		st := &d.Statement[i]
		who := append(st.Principal["Service"], st.Principal["*"]...)
		if !anyMatch(who, service, false) || !anyMatch(st.Action, "sts:AssumeRole", true) || !st.holds(keys) {
			continue
		}
		if st.Effect == "Deny" {
			return false
		}
		allowed = allowed || st.Effect == "Allow"
	}
	return allowed
}

// holds judges the conditions of a trust policy. Condition keys are compared without
// regard to case, as IAM does.
func (st *statement) holds(keys map[string]string) bool {
	for operator, wants := range st.Condition {
		exact := operator == "StringEquals"
		if !exact && operator != "StringLike" && operator != "ArnLike" && operator != "ArnEquals" {
			return false
		}
		for key, patterns := range wants {
			value, known := keys[strings.ToLower(key)]
			if !known || !conditionMatch(patterns, value, exact) {
				return false
			}
		}
	}
	return true
}

func conditionMatch(patterns []string, value string, exact bool) bool {
	for _, p := range patterns {
		if p == value || !exact && wildcard(p, value) {
			return true
		}
	}
	return false
}

// anyMatch matches with IAM's wildcards. Actions are compared without regard to case.
func anyMatch(patterns []string, value string, fold bool) bool {
	for _, p := range patterns {
		if fold {
			p, value = strings.ToLower(p), strings.ToLower(value)
		}
		if wildcard(p, value) {
			return true
		}
	}
	return false
}

// wildcard matches * (any run) and ? (any one byte), without backtracking further than
// the last star.
func wildcard(pattern, s string) bool {
	p, i, star, mark := 0, 0, -1, 0
	for i < len(s) {
		switch {
		case p < len(pattern) && pattern[p] == '*':
			star, mark = p, i
			p++
		case p < len(pattern) && (pattern[p] == '?' || pattern[p] == s[i]):
			p++
			i++
		case star >= 0:
			mark++
			p, i = star+1, mark
		default:
			return false
		}
	}
	return strings.Trim(pattern[p:], "*") == ""
}
