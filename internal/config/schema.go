package config

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"math"
	"strings"
)

// JSONSchema is the JSON Schema (2020-12) of the settings file, for editors.
func JSONSchema() ([]byte, error) {
	root := object{}
	for _, s := range Table() {
		into := root
		section, key, nested := strings.Cut(s.Key, ".")
		if nested {
			if _, ok := root[section]; !ok {
				root[section] = object{"type": "object", "additionalProperties": false, "properties": object{}}
			}
			into = root[section].(object)["properties"].(object)
		} else {
			key = section
		}
		schema, err := s.schema()
		if err != nil {
			return nil, err
		}
		into[key] = schema
	}
	root[suppressionsKey] = suppressionsSchema()
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	err := enc.Encode(object{
		"$schema": "https://json-schema.org/draft/2020-12/schema",
		"title":   "flowproof.yaml", "type": []string{"object", "null"}, "additionalProperties": false, "properties": root,
	})
	return out.Bytes(), err
}

type object map[string]any

func (s Setting) schema() (object, error) {
	zero, err := s.zero()
	if err != nil {
		return nil, fmt.Errorf("setting %s: %w", s.Key, err)
	}
	o := object{"description": s.Doc, "default": show(zero)}
	switch s.Kind {
	case Switch:
		o["type"] = "boolean"
	case Number:
		o["type"], o["minimum"] = "number", 0
	case Count:
		o["type"], o["minimum"], o["maximum"] = "integer", 0, math.MaxInt32
	case List:
		item := s.text()
		o["oneOf"] = []object{item, {"type": "array", "items": item}}
	default:
		for k, v := range s.text() {
			o[k] = v
		}
	}
	return o, nil
}

// What a text may look like where the table has no pattern for it, in the part of regular
// expressions that Go and JavaScript share.
const (
	itemPattern     = `[^,]*[^,\s][^,]*`
	durationPattern = `^\+?(?:(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:ns|us|µs|μs|ms|s|m|h))+$`
	aboveZero       = `[1-9]`
)

// text is the schema of one text of the setting: what parse accepts of the file.
func (s Setting) text() object {
	o := object{"type": "string"}
	switch {
	case s.Kind == List:
		item := "(?:" + cmp.Or(s.Pattern, itemPattern) + ")"
		o["pattern"] = `^\s*` + item + `\s*(?:,\s*` + item + `\s*)*$`
	case s.Kind == Duration:
		o["pattern"], o["allOf"] = durationPattern, []object{{"pattern": aboveZero}}
	case len(s.Allowed) > 0:
		o["enum"] = s.Allowed
	case s.Pattern != "" && s.Default == "":
		o["pattern"] = "^(?:" + s.Pattern + ")?$"
	case s.Pattern != "":
		o["pattern"] = "^(?:" + s.Pattern + ")$"
	}
	return o
}

// Markdown is the table of settings for the documentation.
func Markdown() (string, error) {
	var b strings.Builder
	b.WriteString("| setting | default | environment | flag | means |\n|---|---|---|---|---|\n")
	for _, s := range Table() {
		flag := "–"
		if s.Flag() != "" {
			flag = "`--" + s.Flag() + "`"
		}
		means := s.Doc
		if len(s.Allowed) > 0 {
			means += " (one of " + strings.Join(s.Allowed, ", ") + ")"
		}
		def := "–"
		if s.Default != "" {
			def = "`" + s.Default + "`"
		}
		if _, err := fmt.Fprintf(&b, "| `%s` | %s | `%s` | %s | %s |\n", s.Key, def, s.Env(), flag, strings.ReplaceAll(means, "|", `\|`)); err != nil {
			return "", err
		}
	}
	return b.String(), nil
}
