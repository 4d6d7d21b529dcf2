package sandbox

import "strings"

// request is what somebody wants to do, as a policy sees it.
type request struct {
	action             string            // logs:CreateLogGroup
	resource           string            // ARN; "" for a trust policy
	service            string            // who asks, vpc-flow-logs.amazonaws.com; "" for an identity policy, whose principal is the role
	principal, account string            // who asks, where it is no service: ARN and account id
	keys               map[string]string // condition keys such as aws:SourceAccount
}

// allows judges an action on a resource by the identity policies of a role (IAM user
// guide, "Policy evaluation logic"). Policies of the resource, of the organisation and of the
// session do not exist here; a permissions boundary is asked in a call of its own.
func allows(documents []string, action, resource string) bool {
	return permits(documents, request{action: action, resource: resource})
}

// trusts says whether a trust policy lets a service assume the role, with the values
// that the service gives for the condition keys.
func trusts(document, service string, keys map[string]string) bool {
	return permits([]string{document}, request{action: "sts:AssumeRole", service: service, keys: keys})
}

// permits weighs the statements of some policies: one Deny that applies outweighs every
// Allow, and without an Allow the answer is no. A document that cannot be read permits
// nothing.
func permits(documents []string, req request) bool {
	allowed := false
	for _, text := range documents {
		d, err := parseDocument(text)
		if err != nil {
			continue
		}
		for i := range d.statements {
			s := &d.statements[i]
			if !s.applies(req) {
				continue
			}
			if s.effect == "Deny" {
				return false
			}
			allowed = true
		}
	}
	return allowed
}

// applies says whether a statement speaks of the request at all.
func (s *statement) applies(req request) bool {
	return among(s.actions, s.notActions, req.action, true) &&
		s.onResource(req) && s.byPrincipal(req) && s.met(req.keys)
}

func (s *statement) onResource(req request) bool {
	if s.resources == nil && s.notResources == nil {
		return req.resource == "" // a trust policy
	}
	return among(s.resources, s.notResources, req.resource, false)
}

func (s *statement) byPrincipal(req request) bool {
	switch {
	case s.trusting() != (req.service != "" || req.principal != ""):
		return false // the wrong kind of policy
	case s.notPrincipal != nil:
		return !s.notPrincipal.include(req)
	case s.principal != nil:
		return s.principal.include(req)
	}
	return true
}

func (p principals) include(req request) bool {
	for kind, names := range p {
		if kind == "*" {
			return true
		}
		for _, n := range names {
			if kind == "Service" && req.service != "" && n == req.service || kind == "AWS" && (n == "*" || req.by(n)) {
				return true
			}
		}
	}
	return false
}

// by says whether a principal of kind AWS means who asks: their account as a whole, by id or as
// its root, or themselves (IAM user guide, "AWS JSON policy elements: Principal").
func (r request) by(name string) bool {
	if r.principal == "" {
		return false
	}
	return name == r.account || strings.HasSuffix(name, ":iam::"+r.account+":root") || isRole(r.principal, name)
}

// among says whether a value is among the patterns, or, of an element with Not,
// is not.
func among(in, notIn stringList, value string, foldCase bool) bool {
	if notIn != nil {
		return !anyMatch(notIn, value, foldCase)
	}
	return anyMatch(in, value, foldCase)
}

func anyMatch(patterns []string, value string, foldCase bool) bool {
	if foldCase {
		value = strings.ToLower(value)
	}
	for _, p := range patterns {
		if foldCase {
			p = strings.ToLower(p)
		}
		if wildcard(p, value) {
			return true
		}
	}
	return false
}

// wildcard compares a value with a pattern, in which * stands for any run of
// characters, colons and slashes included, and ? for any one. It looks at each
// pair of positions at most once, so that a hostile pattern costs little.
func wildcard(pattern, value string) bool {
	p, v := 0, 0
	star, mark := -1, 0
	for v < len(value) {
		switch {
		case p < len(pattern) && pattern[p] == '*':
			star, mark = p, v
			p++
		case p < len(pattern) && (pattern[p] == '?' || pattern[p] == value[v]):
			p++
			v++
		case star >= 0: // let the last star take one character more
			mark++
			p, v = star+1, mark
		default:
			return false
		}
	}
	return strings.Trim(pattern[p:], "*") == ""
}

// met says whether every condition of the statement holds. An operator that is not
// known here does not hold, so that a statement is never widened by not
// being understood; a Deny under such an operator is not applied.
func (s *statement) met(keys map[string]string) bool {
	for operator, tests := range s.condition {
		for key, values := range tests {
			if !conditionHolds(operator, key, values, keys) {
				return false
			}
		}
	}
	return true
}

// conditionHolds decides one operator on one key (IAM user guide, "Condition operators").
// Keys are compared without regard to case.
func conditionHolds(operator, key string, values []string, keys map[string]string) bool {
	got, there := keyValue(keys, key)
	if operator == "Null" {
		return len(values) == 1 && strings.EqualFold(values[0], "true") != there
	}
	operator, ifExists := strings.CutSuffix(operator, "IfExists")
	negated := strings.Contains(operator, "Not")
	if !there {
		return ifExists || negated
	}
	switch operator {
	case "StringEquals", "StringNotEquals":
		return contains(values, got, func(a, b string) bool { return a == b }) != negated
	case "StringEqualsIgnoreCase", "StringNotEqualsIgnoreCase", "Bool":
		return contains(values, got, strings.EqualFold) != negated
	case "StringLike", "StringNotLike", "ArnLike", "ArnNotLike", "ArnEquals", "ArnNotEquals":
		return contains(values, got, wildcard) != negated
	default:
		return false
	}
}

func contains(values []string, got string, same func(want, got string) bool) bool {
	for _, v := range values {
		if same(v, got) {
			return true
		}
	}
	return false
}

func keyValue(keys map[string]string, key string) (string, bool) {
	for k, v := range keys {
		if strings.EqualFold(k, key) {
			return v, true
		}
	}
	return "", false
}
