package remediate

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"flowproof/internal/flowrecord"
	"flowproof/internal/spelling"
)

// DefaultFormat is the name of the format that a flow log has when none is asked for.
const DefaultFormat = "default"

// presetFormats are the named formats beside the default one: every field up to that version.
var presetFormats = []string{"v3", "v4", "v5"}

// FormatNames lists the names that a format can be given by.
func FormatNames() []string { return append([]string{DefaultFormat}, presetFormats...) }

// expandFormat gives LogFormat as CreateFlowLogs takes it; empty for the default.
func expandFormat(format string) (string, error) {
	switch {
	case format == "" || format == DefaultFormat:
		return "", nil
	case slices.Contains(presetFormats, format):
		return preset(format), nil
	}
	return format, checkFormat(format)
}

func preset(version string) string {
	var fields []string
	for _, name := range flowrecord.UpTo(version) {
		fields = append(fields, "${"+name+"}")
	}
	return strings.Join(fields, " ")
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
