package config

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"flowproof/internal/spelling"
)

// suppressionsKey is the one key of the settings file that holds objects. No other layer has it:
// what an organisation accepts is reviewed in a file, not typed in passing.
const suppressionsKey = "suppressions"

// Suppression is an entry of the settings file's list of suppressions: findings that somebody
// accepts for a time. In its lists stand globs (* and ?); one of each list has to fit, of the tags
// all. It has a rule, and at least one of resource, account, region and tag.
type Suppression struct {
	Line     int      `json:"line"` // where it begins
	Rule     []string `json:"rule"`
	Resource []string `json:"resource"` // ARNs or ids
	Account  []string `json:"account"`
	Region   []string `json:"region"`
	Tag      []string `json:"tag"` // KEY=VALUE
	Owner    string   `json:"owner"`
	Reason   string   `json:"reason"`
	Expires  string   `json:"expires"` // YYYY-MM-DD, the last day on which it holds
}

// suppressionKeys are the keys of an entry, in the order of the documentation.
func suppressionKeys() []Setting {
	return []Setting{
		{Key: "rule", Kind: List, Doc: "rules, by id; globs allowed"},
		{Key: "resource", Kind: List, Doc: "resources, by ARN or id; globs allowed"},
		{
			Key: "account", Kind: List, Pattern: `[0-9*?]{1,12}`, Form: "an account id, or a glob of digits",
			Doc: "accounts, by id; globs allowed",
		},
		{Key: "region", Kind: List, Doc: "Regions; globs allowed"},
		{Key: "tag", Kind: List, Pattern: tagPattern, Form: "KEY=VALUE", Doc: "tags of the resource as KEY=VALUE, all of which it has to have; globs allowed"},
		{Key: "owner", Kind: Text, Pattern: onePhrase, Form: "a text in one line", Doc: "who answers for it"},
		{Key: "reason", Kind: Text, Pattern: onePhrase, Form: "a text in one line", Doc: "why it is accepted"},
		{Key: "expires", Kind: Text, Pattern: datePattern, Form: "a date, YYYY-MM-DD", Doc: "the last day on which it holds, in UTC"},
	}
}

const (
	onePhrase   = `[^\n]*[^\s][^\n]*`
	datePattern = `[0-9]{4}-[0-9]{2}-[0-9]{2}`
)

// field is where the value of a key goes: a list or a text.
func (s *Suppression) field(key string) (list *[]string, text *string) {
	switch key {
	case "rule":
		return &s.Rule, nil
	case "resource":
		return &s.Resource, nil
	case "account":
		return &s.Account, nil
	case "region":
		return &s.Region, nil
	case "tag":
		return &s.Tag, nil
	case "owner":
		return nil, &s.Owner
	case "reason":
		return nil, &s.Reason
	}
	return nil, &s.Expires
}

// parseSuppressions reads the list. Errors say the line.
func parseSuppressions(node *yaml.Node) ([]Suppression, error) {
	if node.Kind != yaml.SequenceNode {
		return nil, fmt.Errorf("line %d: %q: want a list of suppressions, each with %s", node.Line, suppressionsKey, keyNames())
	}
	list := []Suppression{}
	for _, item := range node.Content {
		s, err := parseSuppression(target(item))
		if err != nil {
			return nil, err
		}
		list = append(list, s)
	}
	return list, nil
}

func parseSuppression(node *yaml.Node) (Suppression, error) {
	s := Suppression{Line: node.Line, Rule: []string{}, Resource: []string{}, Account: []string{}, Region: []string{}, Tag: []string{}}
	if node.Kind != yaml.MappingNode {
		return s, fmt.Errorf("line %d: want a suppression with %s", node.Line, keyNames())
	}
	seen := map[string]bool{}
	for i := 0; i+1 < len(node.Content); i += 2 {
		key, value := target(node.Content[i]).Value, target(node.Content[i+1])
		line := node.Content[i].Line
		if seen[key] {
			return s, fmt.Errorf("line %d: %q stands there twice", line, key)
		}
		seen[key] = true
		if err := s.take(key, value); err != nil {
			return s, fmt.Errorf("line %d: %w", line, err)
		}
	}
	if err := s.check(); err != nil {
		return s, fmt.Errorf("line %d: %w", s.Line, err)
	}
	return s, nil
}

// take reads the value of a key of an entry.
func (s *Suppression) take(key string, value *yaml.Node) error {
	keys := suppressionKeys()
	i := slices.IndexFunc(keys, func(k Setting) bool { return k.Key == key })
	if i < 0 {
		return fmt.Errorf("unknown key %q of a suppression%s", key, spelling.Hint(key, suppressionKeyNames()))
	}
	texts, err := textsOf(keys[i], value)
	if err != nil {
		return fmt.Errorf("%q: %w", key, err)
	}
	parsed, err := keys[i].parse(texts)
	if err != nil {
		return fmt.Errorf("%q: %q %w", key, texts, err)
	}
	list, text := s.field(key)
	if list != nil {
		*list = parsed.([]string)
		return nil
	}
	*text = strings.TrimSpace(parsed.(string))
	return nil
}

// check refuses an entry that accepts without saying what, who, why or how long.
func (s *Suppression) check() error {
	for _, key := range []string{"rule", "owner", "reason", "expires"} {
		list, text := s.field(key)
		if list != nil && len(*list) == 0 || text != nil && *text == "" {
			return fmt.Errorf("a suppression without %q: it needs rule, owner, reason and expires, and one of resource, account, region and tag", key)
		}
	}
	if len(s.Resource)+len(s.Account)+len(s.Region)+len(s.Tag) == 0 {
		return errors.New("a suppression of a whole rule: say of which resource, account, region or tag, or leave the rule out with skip-rule")
	}
	if _, err := time.Parse(time.DateOnly, s.Expires); err != nil {
		return fmt.Errorf("\"expires\": %q is no day of the calendar", s.Expires)
	}
	return nil
}

func suppressionKeyNames() []string {
	var names []string
	for _, k := range suppressionKeys() {
		names = append(names, k.Key)
	}
	return names
}

func keyNames() string { return strings.Join(suppressionKeyNames(), ", ") }

// suppressionsSchema is the list as JSON Schema.
func suppressionsSchema() object {
	properties := object{}
	for _, k := range suppressionKeys() {
		o := object{"description": k.Doc}
		text := k.text()
		if k.Kind == List {
			o["oneOf"] = []object{text, {"type": "array", "items": text}}
		} else {
			o["type"], o["pattern"] = "string", `^(?:`+k.Pattern+`)$`
		}
		properties[k.Key] = o
	}
	var one []object
	for _, key := range []string{"resource", "account", "region", "tag"} {
		one = append(one, object{"required": []string{key}})
	}
	return object{
		"description": "findings that somebody accepts for a time",
		"type":        "array", "default": []string{},
		"items": object{
			"type": "object", "additionalProperties": false, "properties": properties,
			"required": []string{"rule", "owner", "reason", "expires"}, "anyOf": one,
		},
	}
}
