package iampolicy

import (
	"regexp"
	"strings"
)

// matchesAny reports whether one of the patterns fits a value.
func matchesAny(patterns []string, value string) Match {
	m := No
	for _, p := range patterns {
		m = max(m, matches(p, value))
	}
	return m
}

// matches compares with IAM's wildcards. A policy variable may stand for any text, so a pattern that
// holds one never surely fits.
func matches(pattern, value string) Match {
	if known, partly := strings.CutSuffix(value, Unknown); partly {
		return matchesBeginning(pattern, known)
	}
	if hasVariable(pattern) {
		return min(matchIf(wildcard(variable.ReplaceAllString(pattern, "*"), value)), Maybe)
	}
	return matchIf(wildcard(pattern, value))
}

// matchesBeginning compares with a value of which only the beginning is known. A pattern surely fits that
// ends in a star and fits the beginning itself, as it then fits whatever follows.
func matchesBeginning(pattern, known string) Match {
	fixed := pattern
	if i := strings.IndexAny(pattern, "*?$"); i >= 0 {
		fixed = pattern[:i]
	}
	switch {
	case strings.HasSuffix(pattern, "*") && matches(pattern, known) == Yes:
		return Yes
	case strings.HasPrefix(fixed, known), strings.HasPrefix(known, fixed):
		return Maybe
	}
	return No
}

// variable is a policy variable such as ${aws:username}.
var variable = regexp.MustCompile(`\$\{[^}]*\}`)

// hasVariable reports whether a text holds a policy variable. ${*}, ${?} and ${$} stand for the
// character itself (IAM user guide); they are rare, and taken for variables.
func hasVariable(text string) bool { return strings.Contains(text, "${") && variable.MatchString(text) }

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
