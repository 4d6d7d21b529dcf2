package flowrecord

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Format is the fields of a record in their order. The zero value is the default format.
type Format struct{ fields []string }

// DefaultFormat is the format of a flow log that names none: the fields of version 2.
func DefaultFormat() Format { return Format{UpTo("v2")} }

// errFormat marks what is no format.
var errFormat = errors.New("no format of flow log records")

// ParseFormat reads a flow log's LogFormat, "${version} ${account-id} ...". Nothing means the default
// one. Fields of versions to come are taken as they are; a field that occurs twice is too.
func ParseFormat(format string) (Format, error) {
	if strings.TrimSpace(format) == "" {
		return DefaultFormat(), nil
	}
	var f Format
	for word := range strings.FieldsSeq(format) {
		inner, opened := strings.CutPrefix(word, "${")
		name, closed := strings.CutSuffix(inner, "}")
		if !opened || !closed || name == "" || strings.ContainsAny(name, "${}") {
			return Format{}, fmt.Errorf("%w: %.64q is not a field such as ${srcaddr}", errFormat, word)
		}
		f.fields = append(f.fields, name)
	}
	return f, nil
}

// String is the format as LogFormat has it.
func (f Format) String() string {
	var words []string
	for _, name := range f.Fields() {
		words = append(words, "${"+name+"}")
	}
	return strings.Join(words, " ")
}

// Fields are the names of the fields, in order.
func (f Format) Fields() []string {
	if len(f.fields) == 0 {
		return UpTo("v2")
	}
	return f.fields
}

// Has reports whether records have a field.
func (f Format) Has(field string) bool { return slices.Contains(f.Fields(), field) }

// header reads a line as the names of fields, which is what text files in a bucket begin with (VPC user
// guide, "Flow log files"), in any case, with "_" for "-". ok is false for anything else: names are those
// of the format, or two and more of which most are names that this version knows.
func (f Format) header(line string) (names Format, ok bool) {
	known := 0
	for word := range strings.FieldsSeq(line) {
		if !isWord(word) {
			return Format{}, false
		}
		name := strings.ReplaceAll(strings.ToLower(word), "_", "-")
		if isKnown(name) {
			known++
		}
		names.fields = append(names.fields, name)
	}
	n := len(names.fields)
	return names, slices.Equal(names.fields, f.Fields()) || n > 1 && 2*known > n
}

// isWord reports whether a word could be the name of a field.
func isWord(word string) bool {
	for i, c := range word {
		letter := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
		if !letter && (i == 0 || (c < '0' || c > '9') && c != '-' && c != '_') {
			return false
		}
	}
	return true
}
