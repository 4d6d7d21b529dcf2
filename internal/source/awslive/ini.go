package awslive

import "strings"

// iniFile is what the AWS configuration files say, as far as the SDK does not tell it: the names of
// their sections in order, and the keys of each.
type iniFile struct {
	names    []string
	sections map[string]map[string]string
}

// parseINI reads a file of the AWS CLI: [section], key = value, and indented lines that belong to
// the key above them, which are left out. A line that is none of these is passed over: the SDK reads
// the same file, and what is wrong with it is its error to give.
func parseINI(text string) iniFile {
	f := iniFile{sections: map[string]map[string]string{}}
	var section map[string]string
	for line := range strings.Lines(text) {
		trimmed := strings.TrimSpace(line)
		switch {
		case trimmed == "", strings.HasPrefix(trimmed, "#"), strings.HasPrefix(trimmed, ";"):
		case strings.HasPrefix(line, "["):
			name, _, closed := strings.Cut(trimmed[1:], "]")
			if !closed {
				section = nil
				continue
			}
			section = f.section(strings.Join(strings.Fields(name), " "))
		case section != nil && !strings.HasPrefix(line, " ") && !strings.HasPrefix(line, "\t"):
			if key, value, ok := strings.Cut(trimmed, "="); ok {
				section[strings.ToLower(strings.TrimSpace(key))] = withoutComment(value)
			}
		}
	}
	return f
}

// section finds a section, or adds it.
func (f *iniFile) section(name string) map[string]string {
	if f.sections[name] == nil {
		f.names = append(f.names, name)
		f.sections[name] = map[string]string{}
	}
	return f.sections[name]
}

// withoutComment is a value without what stands behind it.
func withoutComment(value string) string {
	for _, mark := range []string{" #", " ;", "\t#", "\t;"} {
		value, _, _ = strings.Cut(value, mark)
	}
	return strings.TrimSpace(value)
}
