package remediate

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/agext/levenshtein"
)

// DefaultFormat is the name of the format that a flow log has when none is asked for.
const DefaultFormat = "default"

// Fields by the version of the record that first had them (VPC user guide, flow log records; from
// version 7 on as the parsers of others know them). The fields of version 2 are the default format.
var formatFields = []struct {
	version string
	fields  string
}{
	{"v2", "version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action log-status"},
	{"v3", "vpc-id subnet-id instance-id tcp-flags type pkt-srcaddr pkt-dstaddr"},
	{"v4", "region az-id sublocation-type sublocation-id"},
	{"v5", "pkt-src-aws-service pkt-dst-aws-service flow-direction traffic-path"},
	{"v7", "ecs-cluster-arn ecs-cluster-name ecs-container-instance-arn ecs-container-instance-id ecs-container-id " +
		"ecs-second-container-id ecs-service-name ecs-task-definition-arn ecs-task-arn ecs-task-id"},
	{"v8", "reject-reason"},
	{"v9", "resource-id"},
	{"v10", "encryption-status"},
}

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
	for _, f := range formatFields {
		for name := range strings.FieldsSeq(f.fields) {
			fields = append(fields, "${"+name+"}")
		}
		if f.version == version {
			break
		}
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
	known := knownFields()
	seen := map[string]bool{}
	for _, word := range strings.Split(format, " ") {
		match := formatField.FindStringSubmatch(word)
		switch {
		case match == nil:
			return fmt.Errorf("log format: %q is neither the name of a format (%s) nor fields such as ${srcaddr} with one space between them",
				word, strings.Join(FormatNames(), ", "))
		case !slices.Contains(known, match[1]):
			return fmt.Errorf("log format: no field is called %q%s", match[1], nearest(match[1], known))
		case seen[match[1]]:
			return fmt.Errorf("log format: the field %q occurs twice", match[1])
		}
		seen[match[1]] = true
	}
	return nil
}

func knownFields() []string {
	var names []string
	for _, f := range formatFields {
		names = append(names, strings.Fields(f.fields)...)
	}
	return names
}

// nearest suggests the known name that differs least, if one is near.
func nearest(name string, known []string) string {
	const longest = 64
	if len(name) > longest {
		return ""
	}
	best, bestAt := "", len(name)/2+1
	for _, k := range known {
		if d := levenshtein.Distance(name, k, nil); d < bestAt {
			best, bestAt = k, d
		}
	}
	if best == "" {
		return ""
	}
	return "; the nearest is " + best
}
