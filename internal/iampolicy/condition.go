package iampolicy

import "strings"

// holds reports whether a condition holds for what is known. A key of which nothing is known may or
// may not be there.
func (c Condition) holds(known map[string]string) Match {
	if strings.Contains(c.Operator, ":") {
		return Maybe // ForAllValues and ForAnyValue ask about sets
	}
	value, ok := known[c.Key]
	if !ok {
		return Maybe
	}
	operator := strings.TrimSuffix(c.Operator, "IfExists")
	if positive, negated := strings.CutPrefix(operator, "StringNot"); negated {
		return c.any("String"+positive, value).not()
	}
	if positive, negated := strings.CutPrefix(operator, "ArnNot"); negated {
		return c.any("Arn"+positive, value).not()
	}
	return c.any(operator, value)
}

// any reports whether one of the values fits.
func (c Condition) any(operator, value string) Match {
	m := No
	for _, want := range c.Values {
		m = max(m, compare(operator, want, value))
	}
	return m
}

func compare(operator, want, value string) Match {
	switch operator {
	case "StringEquals":
		if hasVariable(want) {
			return matches(want, value)
		}
		return matchIf(want == value)
	case "StringEqualsIgnoreCase", "Bool":
		if hasVariable(want) {
			return Maybe
		}
		return matchIf(strings.EqualFold(want, value))
	case "StringLike":
		return matches(want, value)
	case "ArnEquals", "ArnLike":
		return matchesARN(want, value)
	case "Null":
		return matchIf(strings.EqualFold(want, "false")) // the key is there: its value is known
	}
	return Maybe // numbers, dates, addresses: nothing here needs them
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
