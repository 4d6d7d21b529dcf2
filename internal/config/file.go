package config

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"github.com/agext/levenshtein"
	"go.yaml.in/yaml/v3"
)

// parseFile reads the YAML of a settings file into texts by key. A key that no setting has, or
// that stands there twice, is an error: a misspelt setting would silently do nothing.
func parseFile(raw []byte) (map[string][]string, error) {
	dec := yaml.NewDecoder(bytes.NewReader(raw))
	var doc yaml.Node
	switch err := dec.Decode(&doc); {
	case errors.Is(err, io.EOF):
		return nil, nil
	case err != nil:
		return nil, err
	}
	if err := dec.Decode(new(yaml.Node)); !errors.Is(err, io.EOF) {
		return nil, errors.New("holds more than one YAML document")
	}
	values := map[string][]string{}
	if err := flatten(values, "", doc.Content[0]); err != nil {
		return nil, err
	}
	return values, nil
}

// flatten walks a mapping, joining sections and keys with a dot.
func flatten(values map[string][]string, section string, node *yaml.Node) error {
	if node.Kind == yaml.ScalarNode && node.Tag == "!!null" {
		return nil
	}
	if node.Kind != yaml.MappingNode {
		return fmt.Errorf("line %d: want settings, one `key: value` a line", node.Line)
	}
	for i := 0; i+1 < len(node.Content); i += 2 {
		name, value := node.Content[i], node.Content[i+1]
		key := section + name.Value
		if _, known := Find(key); !known {
			if value.Kind == yaml.MappingNode && isSection(key) {
				if err := flatten(values, key+".", value); err != nil {
					return err
				}
				continue
			}
			return fmt.Errorf("line %d: unknown setting %q: the nearest is %q", name.Line, key, nearest(key))
		}
		if _, twice := values[key]; twice {
			return fmt.Errorf("line %d: %q stands there twice", name.Line, key)
		}
		texts, err := textsOf(value)
		if err != nil {
			return fmt.Errorf("line %d: %q: %w", value.Line, key, err)
		}
		values[key] = texts
	}
	return nil
}

// textsOf is a scalar, or a list of scalars, as texts.
func textsOf(node *yaml.Node) ([]string, error) {
	switch node.Kind {
	case yaml.AliasNode:
		return textsOf(node.Alias)
	case yaml.ScalarNode:
		return []string{node.Value}, nil
	case yaml.SequenceNode:
		texts := []string{}
		for _, item := range node.Content {
			if item.Kind != yaml.ScalarNode {
				return nil, errors.New("want plain values in the list")
			}
			texts = append(texts, item.Value)
		}
		return texts, nil
	}
	return nil, errors.New("want a value or a list of values")
}

func isSection(name string) bool {
	for _, s := range Table() {
		if len(s.Key) > len(name) && s.Key[:len(name)+1] == name+"." {
			return true
		}
	}
	return false
}

// nearest is the setting whose key takes the fewest changes to reach.
func nearest(key string) string {
	best, least := "", -1
	for _, s := range Table() {
		if d := levenshtein.Distance(key, s.Key, nil); least < 0 || d < least {
			best, least = s.Key, d
		}
	}
	return best
}
