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

// headerOf reads the line that opens a text file in a bucket: the names of the fields, in order
// (VPC user guide, "Flow log files"). ok is false for a record.
func headerOf(line string) (f Format, ok bool) {
	known := false
	for word := range strings.FieldsSeq(line) {
		name := strings.ReplaceAll(word, "_", "-")
		if strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789-") != "" || name[0] < 'a' || name[0] > 'z' {
			return Format{}, false
		}
		known = known || isKnown(name)
		f.fields = append(f.fields, name)
	}
	return f, known
}
