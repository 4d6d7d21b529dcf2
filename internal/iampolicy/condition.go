package iampolicy

import (
	"slices"
	"strings"
)

// holds reports whether a condition holds for what is known (IAM user guide, "Condition operators",
// "IfExists", "Null" and "multivalued context keys"). Of a key that is not known to be there or absent
// nothing can be told.
func (c Condition) holds(r Request) Match {
	quantifier, operator, set := strings.Cut(c.Operator, ":")
	if !set {
		quantifier, operator = "", c.Operator
	}
	operator, ifExists := strings.CutSuffix(operator, "IfExists")
	positive, negated := withoutNot(operator)
	values, known := r.valuesOf(c.Key)
	switch {
	case !known:
		return Maybe
	case operator == "Null":
		return c.any("Null", presence(len(values) > 0))
	case len(values) == 0:
		return matchIf(ifExists || quantifier == "ForAllValues" || negated && quantifier == "")
	}
	switch quantifier {
	case "ForAllValues":
		all := Yes
		for _, v := range values {
			all = min(all, c.one(positive, negated, v))
		}
		return all
	case "ForAnyValue":
		some := No
		for _, v := range values {
			some = max(some, c.one(positive, negated, v))
		}
		return some
	case "":
		if len(values) == 1 {
			return c.one(positive, negated, values[0])
		}
	}
	return Maybe // an unknown quantifier, or several values where the operator expects one
}

// withoutNot takes an operator for the one that it is the opposite of.
func withoutNot(operator string) (positive string, negated bool) {
	for _, kind := range []string{"String", "Arn", "Numeric", "Date"} {
		if rest, ok := strings.CutPrefix(operator, kind+"Not"); ok {
			return kind + rest, true
		}
	}
	if operator == "NotIpAddress" {
		return "IpAddress", true
	}
	return operator, false
}

// presence is a value of the operator Null: whether the key is absent.
func presence(present bool) string {
	if present {
		return "false"
	}
	return "true"
}

// one reports whether a value of the request passes the test.
func (c Condition) one(positive string, negated bool, value string) Match {
	if negated {
		return c.any(positive, value).not()
	}
	return c.any(positive, value)
}

// any reports whether one of the values of the condition fits.
func (c Condition) any(operator, value string) Match {
	m := No
	for _, want := range c.Values {
		m = max(m, compare(operator, want, value))
	}
	return m
}

func compare(operator, want, value string) Match {
	if known, partly := strings.CutSuffix(value, Unknown); partly && operator != "StringLike" && operator != "ArnEquals" && operator != "ArnLike" {
		return min(matchIf(strings.HasPrefix(want, known)), Maybe)
	}
	switch operator {
	case "StringEquals":
		if hasVariable(want) {
			return matches(want, value)
		}
		return matchIf(want == value)
	case "StringEqualsIgnoreCase", "Bool", "Null":
		if hasVariable(want) {
			return Maybe
		}
		return matchIf(strings.EqualFold(want, value))
	case "StringLike":
		return matches(want, value)
	case "ArnEquals", "ArnLike":
		return matchesARN(want, value)
	}
	return Maybe // numbers, dates, addresses: nothing here needs them
}

// valuesOf is what is known of a key: its values, none where it is known to be absent.
func (r Request) valuesOf(key string) (values []string, known bool) {
	if value, there := r.Context[key]; there {
		return []string{value}, true
	}
	if values, there := r.Sets[key]; there {
		return values, true
	}
	return nil, slices.Contains(r.Absent, key)
}

// matchesARN compares the six parts of an ARN one by one: a star does not reach into the next part
// (IAM user guide, ARN condition operators).
func matchesARN(pattern, value string) Match {
	const parts = 6
	patterns, values := strings.SplitN(pattern, ":", parts), strings.SplitN(value, ":", parts)
	if len(patterns) != parts || len(values) != parts {
		return min(matches(pattern, value), Maybe)
	}
	m := Yes
	for i := range patterns {
		m = min(m, matches(patterns[i], values[i]))
	}
	return m
}
