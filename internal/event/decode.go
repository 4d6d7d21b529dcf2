package event

import (
	"encoding/json"
	"fmt"
	"strings"

	"flowproof/internal/finding"
	"flowproof/internal/inventory"
)

// WithoutEvidence decodes a finding but for its evidence, which is most of it: many times faster
// than the whole, for reports that show no evidence.
func WithoutEvidence(raw []byte) (finding.Finding, error) {
	c := cursor{s: string(raw)}
	f := c.finding()
	if !c.failed && c.at == len(c.s) {
		return f, nil
	}
	f = finding.Finding{} // it is not as our own encoder writes it
	if err := json.Unmarshal(raw, &f); err != nil {
		return finding.Finding{}, fmt.Errorf("read a finding back from the spool: %w", err)
	}
	f.Evidence = finding.Evidence{}
	return f, nil
}

// cursor reads compact JSON of known keys. Its texts are parts of s. It fails on anything that it
// does not expect.
type cursor struct {
	s      string
	at     int
	failed bool
}

func (c *cursor) finding() (f finding.Finding) {
	c.object(func(key string) {
		switch key {
		case "fingerprint":
			f.Fingerprint = c.text()
		case "rule":
			f.Rule = c.text()
		case "outcome":
			f.Outcome = finding.Outcome(c.text())
		case "severity":
			f.Severity = finding.Severity(c.text())
		case "assurance":
			f.Assurance = finding.Assurance(c.text())
		case "message":
			f.Message = c.text()
		case "resource":
			f.Resource = c.resource()
		case "evidence":
			c.value()
		case "gaps":
			f.Gaps = c.gaps()
		case "suppression":
			c.decode(&f.Suppression)
		case "suppressed_outcome":
			f.SuppressedOutcome = finding.Outcome(c.text())
		case "baseline":
			f.Baseline = c.value() == "true"
		default:
			c.failed = true // a field that is newer than this list
		}
	})
	return f
}

func (c *cursor) resource() (r finding.Resource) {
	c.object(func(key string) {
		switch key {
		case "arn":
			r.ARN = c.text()
		case "type":
			r.Type = c.text()
		case "id":
			r.ID = c.text()
		case "name":
			r.Name = c.text()
		case "account":
			r.Account = c.text()
		case "region":
			r.Region = c.text()
		case "owner":
			r.Owner = c.text()
		case "default":
			r.Default = c.value() == "true"
		default:
			c.failed = true
		}
	})
	return r
}

func (c *cursor) gaps() []inventory.Gap {
	gaps := []inventory.Gap{}
	if !c.skip("[]") {
		c.decode(&gaps)
	}
	return gaps
}

// decode reads a value that is rare by the standard library.
func (c *cursor) decode(into any) {
	if !c.skip("null") && json.Unmarshal([]byte(c.value()), into) != nil {
		c.failed = true
	}
}

// object visits the keys of an object; visit reads the value.
func (c *cursor) object(visit func(key string)) {
	c.want("{")
	for first := true; !c.failed && !c.skip("}"); first = false {
		if !first {
			c.want(",")
		}
		key := c.text()
		c.want(":")
		if !c.failed {
			visit(key)
		}
	}
}

// text reads a string, or null as none.
func (c *cursor) text() string {
	if c.skip("null") {
		return ""
	}
	whole := c.value()
	if len(whole) < 2 || whole[0] != '"' {
		c.failed = true
		return ""
	}
	plain := whole[1 : len(whole)-1]
	if strings.IndexByte(plain, '\\') < 0 {
		return plain
	}
	var text string
	if json.Unmarshal([]byte(whole), &text) != nil {
		c.failed = true
	}
	return text
}

// value passes over a value of any kind.
func (c *cursor) value() string {
	from, depth := c.at, 0
	for c.at < len(c.s) {
		switch c.s[c.at] {
		case '"':
			if !c.quoted() {
				c.failed = true
				return ""
			}
			if depth == 0 {
				return c.s[from:c.at]
			}
			continue
		case '{', '[':
			depth++
		case '}', ']':
			depth--
			if depth == 0 {
				c.at++
				return c.s[from:c.at]
			}
			if depth < 0 {
				return c.s[from:c.at]
			}
		case ',':
			if depth == 0 {
				return c.s[from:c.at]
			}
		}
		c.at++
	}
	c.failed = true
	return ""
}

// quoted passes over a string.
func (c *cursor) quoted() bool {
	for c.at++; c.at < len(c.s); c.at++ {
		n := strings.IndexByte(c.s[c.at:], '"')
		if n < 0 {
			return false
		}
		c.at += n
		escapes := 0
		for c.s[c.at-1-escapes] == '\\' {
			escapes++
		}
		if escapes%2 == 0 {
			c.at++
			return true
		}
	}
	return false
}

func (c *cursor) want(s string) {
	if !c.skip(s) {
		c.failed = true
	}
}

// skip passes over s if it is next.
func (c *cursor) skip(s string) bool {
	if !strings.HasPrefix(c.s[c.at:], s) {
		return false
	}
	c.at += len(s)
	return true
}
