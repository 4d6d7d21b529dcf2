package remediate

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"flowproof/internal/flowrecord"
	"flowproof/internal/spelling"
)

// DefaultFormat is the name of the format that a flow log has when none is asked for.
const DefaultFormat = "default"

// presetFormats are the named formats beside the default one: every field up to that version. Of those
// that show tags, the ones for whose tags keys are given.
var presetFormats = []string{"v3", "v4", "v5", "v8", "v10", "v11"}

// FormatNames lists the names that a format can be given by.
func FormatNames() []string { return append([]string{DefaultFormat}, presetFormats...) }

// logFormat is LogFormat as CreateFlowLogs takes it; empty for the default.
func (p Policy) logFormat() (string, error) {
	if err := p.checkTagFields(); err != nil {
		return "", err
	}
	var fields []string
	switch {
	case p.LogFormat == "" || p.LogFormat == DefaultFormat:
	case slices.Contains(presetFormats, p.LogFormat):
		fields = slices.DeleteFunc(flowrecord.UpTo(p.LogFormat), p.lacksTag)
	default:
		if err := checkFormat(p.LogFormat); err != nil {
			return "", err
		}
		fields = fieldsOf(p.LogFormat)
	}
	if err := p.checkTagKeys(fields); err != nil {
		return "", err
	}
	if len(fields) == 0 {
		return "", nil
	}
	return "${" + strings.Join(fields, "} ${") + "}", nil
}

// fieldsOf are the names of the fields of a format that was checked.
func fieldsOf(format string) []string {
	var names []string
	for word := range strings.FieldsSeq(format) {
		names = append(names, strings.TrimSuffix(strings.TrimPrefix(word, "${"), "}"))
	}
	return names
}

// lacksTag reports whether a field shows a tag whose key is not given.
func (p Policy) lacksTag(field string) bool {
	resource, key, ok := flowrecord.TagResource(field)
	return ok && len(p.TagFields[resource]) <= key
}

// tagKeysEach is how many keys of tags a specification can name (EC2 API reference,
// TagFieldSpecificationRequest).
const tagKeysEach = 2

// checkTagFields holds the keys to what AWS takes.
func (p Policy) checkTagFields() error {
	for _, resource := range slices.Sorted(maps.Keys(p.TagFields)) {
		keys := p.TagFields[resource]
		switch {
		case !slices.Contains(flowrecord.TagResources(), resource):
			return fmt.Errorf("tag field %q: records show tags of %s", resource, strings.Join(flowrecord.TagResources(), ", "))
		case len(keys) == 0 || len(keys) > tagKeysEach:
			return fmt.Errorf("tag field %s: records show %d tags of it at most, and %d keys are given", resource, tagKeysEach, len(keys))
		case len(keys) > len(unique(keys)):
			return fmt.Errorf("tag field %s: the key %q is given twice", resource, keys[0])
		}
		for _, k := range keys {
			if k == "" || utf8.RuneCountInString(k) > tagKeyLimit {
				return fmt.Errorf("tag field %s: a key of a tag has 1 to %d characters", resource, tagKeyLimit)
			}
		}
	}
	return nil
}

// tagKeyLimit is the most characters of a tag's key (EC2 user guide, tag restrictions).
const tagKeyLimit = 128

// checkTagKeys holds fields that show tags to keys, and keys to fields.
func (p Policy) checkTagKeys(fields []string) error {
	for _, f := range fields {
		if resource, _, ok := flowrecord.TagResource(f); ok && p.lacksTag(f) {
			return fmt.Errorf("log format: %q shows a tag: name its key with --tag-field %s=KEY", f, resource)
		}
	}
	for _, resource := range slices.Sorted(maps.Keys(p.TagFields)) {
		for _, f := range flowrecord.TagFields(resource)[:len(p.TagFields[resource])] {
			if !slices.Contains(fields, f) {
				return fmt.Errorf("tag field %s: the log format has no field %q to show it: add ${%s}, or take v11", resource, f, f)
			}
		}
	}
	return nil
}

// tagSpecification is the policy's keys as CreateFlowLogs takes them.
func (p Policy) tagSpecification() []any {
	var list []any
	for _, resource := range slices.Sorted(maps.Keys(p.TagFields)) {
		list = append(list, map[string]any{"ResourceType": resource, "TagKeys": p.TagFields[resource]})
	}
	return list
}

// formatLimit is far above all known fields together, and keeps error messages and plans short.
const formatLimit = 4096

var formatField = regexp.MustCompile(`^\$\{([a-z0-9-]+)\}$`)

// checkFormat holds a custom format to known fields, one space apart, each once: EC2 refuses
// anything else only when the flow log is created.
func checkFormat(format string) error {
	if len(format) > formatLimit {
		return fmt.Errorf("log format: longer than %d characters", formatLimit)
	}
	known := flowrecord.Known()
	seen := map[string]bool{}
	for _, word := range strings.Split(format, " ") {
		match := formatField.FindStringSubmatch(word)
		switch {
		case match == nil:
			return fmt.Errorf("log format: %q is neither the name of a format (%s) nor fields such as ${srcaddr} with one space between them",
				word, strings.Join(FormatNames(), ", "))
		case !slices.Contains(known, match[1]):
			return fmt.Errorf("log format: no field is called %q%s", match[1], spelling.Hint(match[1], known))
		case seen[match[1]]:
			return fmt.Errorf("log format: the field %q occurs twice", match[1])
		}
		seen[match[1]] = true
	}
	return nil
}
