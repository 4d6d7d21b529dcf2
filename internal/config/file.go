package config

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"flowproof/internal/spelling"
)

// contents is what a settings file gives.
type contents struct {
	values       map[string][]string // texts by key
	suppressions []Suppression
}

// parseFile reads the YAML of a settings file. A key that no setting has, or that stands there
// twice, is an error: a misspelt setting would silently do nothing.
func parseFile(raw []byte) (contents, error) {
	dec := yaml.NewDecoder(bytes.NewReader(raw))
	var doc yaml.Node
	switch err := dec.Decode(&doc); {
	case errors.Is(err, io.EOF):
		return contents{}, nil
	case err != nil:
		return contents{}, err
	}
	if err := dec.Decode(new(yaml.Node)); !errors.Is(err, io.EOF) {
		return contents{}, errors.New("holds more than one YAML document")
	}
	c := contents{values: map[string][]string{}}
	return c, c.flatten("", doc.Content[0])
}

// flatten walks a mapping, joining sections and keys with a dot.
func (c *contents) flatten(section string, node *yaml.Node) error {
	if section == "" && node.ShortTag() == nullTag && node.Kind == yaml.ScalarNode {
		return nil
	}
	if node.Kind != yaml.MappingNode {
		return fmt.Errorf("line %d: want settings, one `key: value` a line", node.Line)
	}
	seen := map[string]bool{}
	for i := 0; i+1 < len(node.Content); i += 2 {
		name, value := target(node.Content[i]), target(node.Content[i+1])
		line, key := node.Content[i].Line, section+name.Value
		if seen[key] {
			return fmt.Errorf("line %d: %q stands there twice", line, key)
		}
		seen[key] = true
		var err error
		switch {
		case isSection(key) && value.Kind == yaml.MappingNode:
			err = c.flatten(key+".", value)
		case key == suppressionsKey:
			c.suppressions, err = parseSuppressions(value)
		default:
			if err = take(c.values, key, name, value); err != nil {
				err = fmt.Errorf("line %d: %w", line, err)
			}
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// take reads the setting that a key of a mapping gives.
func take(values map[string][]string, key string, name, value *yaml.Node) error {
	setting, known := Find(key)
	switch {
	case known && strings.Contains(name.Value, "."):
		section, rest, _ := strings.Cut(key, ".")
		return fmt.Errorf("%q: write %q as a key under %q", key, rest, section)
	case known:
		texts, err := textsOf(setting, value)
		if err != nil {
			return fmt.Errorf("%q: %w", key, err)
		}
		values[key] = texts
		return nil
	case isSection(key):
		return fmt.Errorf("%q: want a section of settings, one `key: value` a line", key)
	default:
		return fmt.Errorf("unknown setting %q%s", key, spelling.Hint(key, append(keys(), suppressionsKey)))
	}
}

// textsOf is the value of a setting as texts.
func textsOf(s Setting, node *yaml.Node) ([]string, error) {
	if s.Kind != List || node.Kind != yaml.SequenceNode {
		text, err := textOf(s, node)
		return []string{text}, err
	}
	texts := []string{}
	for _, item := range node.Content {
		text, err := textOf(s, target(item))
		if err != nil {
			return nil, err
		}
		texts = append(texts, text)
	}
	return texts, nil
}

// textOf is a single value as a text. One that YAML reads as something else, an account id as a
// number for example, is refused: other readers of the file would lose its leading zeros.
func textOf(s Setting, node *yaml.Node) (string, error) {
	if node.Kind != yaml.ScalarNode {
		if s.Kind == List {
			return "", errors.New("want a value or a list of values")
		}
		return "", errors.New("want a single value")
	}
	switch tag := node.ShortTag(); {
	case tag == nullTag:
		return "", errors.New("has no value: give one, or leave the key out")
	case s.Kind == Switch && tag != "!!bool":
		return "", fmt.Errorf("%q is neither true nor false, written without quotes", node.Value)
	case s.Kind == Count && tag != "!!int":
		return "", fmt.Errorf("%q is not a whole number, written without quotes", node.Value)
	case s.Kind == Number && tag != "!!int" && tag != "!!float":
		return "", fmt.Errorf("%q is not a number, written without quotes", node.Value)
	case s.Kind == Number, s.Kind == Count:
		return numberOf(node)
	case s.Kind != Switch && tag != "!!str" && tag != "!!timestamp": // YAML 1.2 has no timestamps
		return "", fmt.Errorf("%s is no text in YAML: put it in quotes", node.Value)
	}
	return node.Value, nil
}

// numberOf writes a number as people do, whatever way YAML allows it was written in.
func numberOf(node *yaml.Node) (string, error) {
	var n float64
	if err := node.Decode(&n); err != nil {
		return "", err
	}
	return strconv.FormatFloat(n, 'f', -1, 64), nil
}

const nullTag = "!!null"

// target is the node that an alias stands for, and any other node itself.
func target(node *yaml.Node) *yaml.Node {
	if node.Kind == yaml.AliasNode {
		return node.Alias
	}
	return node
}

// isSection tells whether keys of settings start with the name.
func isSection(name string) bool {
	for _, s := range Table() {
		if strings.HasPrefix(s.Key, name+".") {
			return true
		}
	}
	return false
}
