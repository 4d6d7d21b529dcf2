package sandbox

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// document is an IAM policy: an identity policy (what a role may do) or a trust policy (who
// may become the role). The grammar is that of the IAM user guide, "Grammar of the
// IAM JSON policy language"; element names are taken letter for letter.
type document struct {
	version, id string
	statements  []statement
}

type statement struct {
	sid, effect             string
	actions, notActions     stringList
	resources, notResources stringList
	principal, notPrincipal principals
	condition               map[string]map[string]stringList // operator -> key -> values
}

// trusting says whether the statement names a principal, as only trust policies do.
func (s *statement) trusting() bool { return s.principal != nil || s.notPrincipal != nil }

// principals maps a kind (Service, AWS, Federated, CanonicalUser) to who is meant; "*" alone
// has the kind "*".
type principals map[string]stringList

// stringList is an element that may be a single value or an array. Numbers and
// booleans, which conditions may hold, are kept as they are written.
type stringList []string

// errSyntax is anything that is JSON but not a policy.
var errSyntax = errors.New("syntax errors in policy")

// errNotJSON is anything else.
var errNotJSON = errors.New("policy is not JSON")

// parseDocument reads a policy. The error is errSyntax or errNotJSON.
func parseDocument(text string) (document, error) {
	var d document
	if !json.Valid([]byte(text)) {
		return d, errNotJSON
	}
	if err := json.Unmarshal([]byte(text), &d); err != nil {
		return document{}, fmt.Errorf("%w: %w", errSyntax, err)
	}
	if len(d.statements) == 0 {
		return document{}, errSyntax
	}
	return d, nil
}

func (d *document) UnmarshalJSON(b []byte) error {
	var raw json.RawMessage
	err := elements(b, map[string]any{"Version": &d.version, "Id": &d.id, "Statement": &raw})
	if err != nil {
		return err
	}
	if isArray(raw) {
		return json.Unmarshal(raw, &d.statements)
	}
	if raw == nil {
		return errSyntax
	}
	d.statements = make([]statement, 1)
	return json.Unmarshal(raw, &d.statements[0])
}

func (s *statement) UnmarshalJSON(b []byte) error {
	err := elements(b, map[string]any{
		"Sid": &s.sid, "Effect": &s.effect, "Condition": &s.condition,
		"Action": &s.actions, "NotAction": &s.notActions,
		"Resource": &s.resources, "NotResource": &s.notResources,
		"Principal": &s.principal, "NotPrincipal": &s.notPrincipal,
	})
	if err != nil {
		return err
	}
	if s.effect != "Allow" && s.effect != "Deny" {
		return errSyntax
	}
	return nil
}

func (p *principals) UnmarshalJSON(b []byte) error {
	if bytes.Equal(bytes.TrimSpace(b), []byte(`"*"`)) {
		*p = principals{"*": {"*"}}
		return nil
	}
	var m map[string]stringList
	if err := json.Unmarshal(b, &m); err != nil {
		return err
	}
	if len(m) == 0 {
		return errSyntax
	}
	*p = m
	return nil
}

func (l *stringList) UnmarshalJSON(b []byte) error {
	raw := []json.RawMessage{b}
	if isArray(b) {
		raw = nil
		if err := json.Unmarshal(b, &raw); err != nil {
			return err
		}
	}
	out := make(stringList, 0, len(raw))
	for _, r := range raw {
		v, err := scalar(r)
		if err != nil {
			return err
		}
		out = append(out, v)
	}
	*l = out
	return nil
}

// scalar reads a string, number or boolean as text.
func scalar(raw json.RawMessage) (string, error) {
	switch raw = bytes.TrimSpace(raw); {
	case len(raw) == 0 || bytes.IndexByte([]byte("{[n"), raw[0]) >= 0:
		return "", errSyntax
	case raw[0] != '"':
		return string(raw), nil
	}
	var s string
	err := json.Unmarshal(raw, &s)
	return s, err
}

// elements spreads the members of a JSON object. A member that is not expected
// is an error, and so is anything but an object.
func elements(b []byte, into map[string]any) error {
	var members map[string]json.RawMessage
	if err := json.Unmarshal(b, &members); err != nil {
		return err
	}
	if members == nil { // null
		return errSyntax
	}
	for name, raw := range members {
		to, known := into[name]
		if !known || bytes.Equal(raw, []byte("null")) {
			return errSyntax
		}
		if err := json.Unmarshal(raw, to); err != nil {
			return err
		}
	}
	return nil
}

func isArray(raw []byte) bool {
	raw = bytes.TrimSpace(raw)
	return len(raw) > 0 && raw[0] == '['
}

// Versions of the policy language. A document without one is of the old.
const (
	versionToday = "2012-10-17"
	versionOld   = "2008-10-17"
)

// Sizes that IAM allows a document, white space not counted (IAM user guide, "IAM
// and AWS STS quotas").
const (
	maxTrustSize   = 2048
	maxManagedSize = 6144
	maxInlineSize  = 10240 // all inline policies of a role together
)

// documentSize counts what IAM counts.
func documentSize(text string) int {
	n := 0
	for _, r := range text {
		if !strings.ContainsRune(" \t\r\n", r) {
			n++
		}
	}
	return n
}

// checkManaged refuses what cannot be a managed policy, for which the language has to be of
// today (observed); inline policies and trust policies may be older.
func checkManaged(text string) error {
	d, err := checkIdentity(text)
	if err == nil && d.version != versionToday {
		return malformed("Policy document must be version 2012-10-17 or greater.")
	}
	return err
}

// checkIdentity refuses what cannot be an identity policy, in the words of IAM.
func checkIdentity(text string) (document, error) {
	d, err := checkDocument(text)
	if err != nil {
		return d, err
	}
	for i := range d.statements {
		s := &d.statements[i]
		switch {
		case s.trusting():
			return d, malformed("Policy document should not specify a principal.")
		case len(s.actions)+len(s.notActions) == 0:
			return d, malformed("Policy statement must contain actions.")
		case len(s.resources)+len(s.notResources) == 0:
			return d, malformed("Policy statement must contain resources.")
		}
		if err := checkActions(s); err != nil {
			return d, err
		}
		for _, r := range slices.Concat(s.resources, s.notResources) {
			if r != "*" && strings.Count(r, ":") < 5 && !strings.HasSuffix(r, "*") {
				return d, malformed("Resource " + r + ` must be in ARN format or "*".`)
			}
		}
	}
	return d, nil
}

// checkTrust refuses what cannot be a trust policy.
func checkTrust(text string) error {
	if !json.Valid([]byte(text)) {
		return malformed("This policy contains invalid Json") // observed, for trust policies only
	}
	d, err := checkDocument(text)
	if err != nil {
		return err
	}
	for i := range d.statements {
		s := &d.statements[i]
		switch {
		case s.resources != nil || s.notResources != nil:
			return malformed("Has prohibited field Resource")
		case !s.trusting():
			return malformed("Missing required field Principal")
		case len(s.actions)+len(s.notActions) == 0:
			return malformed("Missing required field Action")
		}
		if err := checkActions(s); err != nil {
			return err
		}
		for _, a := range s.actions {
			if !strings.HasPrefix(strings.ToLower(a), "sts:") && a != "*" {
				return malformed("AssumeRole policy may only specify STS AssumeRole actions.")
			}
		}
	}
	return nil
}

// checkDocument makes the checks that both kinds of policy share.
func checkDocument(text string) (document, error) {
	d, err := parseDocument(text)
	if err != nil || d.version != "" && d.version != versionToday && d.version != versionOld {
		return d, malformed("Syntax errors in policy.")
	}
	seen := make(map[string]bool)
	for i := range d.statements {
		sid := d.statements[i].sid
		if sid != "" && seen[sid] {
			return d, malformed("Statement IDs (SID) in a single policy must be unique.")
		}
		seen[sid] = true
	}
	return d, nil
}

func checkActions(s *statement) error {
	if s.actions != nil && s.notActions != nil {
		return malformed("Syntax errors in policy.")
	}
	for _, a := range slices.Concat(s.actions, s.notActions) {
		switch {
		case a == "*":
		case !strings.Contains(a, ":"):
			return malformed("Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.")
		case strings.Count(a, ":") > 1:
			return malformed("Actions/Condition can contain only one colon.")
		}
	}
	return nil
}

func malformed(message string) error { return badRequest("MalformedPolicyDocument", message) }
