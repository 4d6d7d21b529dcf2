package remediate

import (
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"flowproof/internal/terminal"
)

// commands are the AWS CLI's names of the services whose name differs there.
var commands = map[string]string{"s3": "s3api"}

// command writes a request as a command of the AWS CLI, with options that versions 1 and 2 know:
// one option for each member, structures as JSON. Everything is quoted for a POSIX shell.
func command(api API, region string) (string, error) {
	var input map[string]any
	if err := json.Unmarshal(api.Input, &input); err != nil {
		return "", fmt.Errorf("write %s:%s as a command: %w", api.Service, api.Operation, err)
	}
	service := api.Service
	if name, ok := commands[service]; ok {
		service = name
	}
	words := []string{"aws", quote(service), quote(kebab(api.Operation)), "--region", quote(region)}
	for _, member := range slices.Sorted(maps.Keys(input)) {
		option := quote("--" + kebab(member))
		values, err := optionValues(input[member])
		if err != nil {
			return "", err
		}
		if flag, ok := input[member].(bool); ok {
			if !flag {
				option = quote("--no-" + kebab(member))
			}
			words = append(words, option)
			continue
		}
		words = append(words, option)
		words = append(words, values...)
	}
	return strings.Join(words, " "), nil
}

// optionValues writes a member's value: a list of texts as words, anything deeper as JSON.
func optionValues(value any) ([]string, error) {
	switch v := value.(type) {
	case string:
		return []string{quote(v)}, nil
	case []any:
		var words []string
		for _, item := range v {
			text, ok := item.(string)
			if !ok {
				return jsonWord(v)
			}
			words = append(words, quote(text))
		}
		return words, nil
	}
	return jsonWord(value)
}

func jsonWord(value any) ([]string, error) {
	raw, err := encodeGeneric(value)
	if err != nil {
		return nil, err
	}
	return []string{quote(strings.TrimSuffix(string(raw), "\n"))}, nil
}

var plainWord = regexp.MustCompile(`^[A-Za-z0-9_./:=@%+,-]+$`)

// quote makes one word of a text for a shell, whatever is in it. What a screen would not show as it is, such
// as a control character, is spelled out as $'\x1b', so that the command runs as it was read. Nothing else
// stands in such quotes: a shell without them (they came with POSIX.1-2024) reads another text there, and
// still no command.
func quote(text string) string {
	if plainWord.MatchString(text) {
		return text
	}
	var b strings.Builder
	open := ""
	within := func(quotes string) {
		if open == quotes {
			return
		}
		if open != "" {
			b.WriteByte('\'')
		}
		b.WriteString(quotes)
		open = quotes
	}
	if text == "" {
		within("'")
	}
	for rest := text; rest != ""; {
		_, size := utf8.DecodeRuneInString(rest)
		char := rest[:size]
		rest = rest[size:]
		if terminal.Printable(char) == char {
			within("'")
			b.WriteString(strings.ReplaceAll(char, "'", `'\''`))
			continue
		}
		within("$'")
		for _, c := range []byte(char) {
			fmt.Fprintf(&b, `\x%02x`, c)
		}
	}
	b.WriteByte('\'')
	return b.String()
}

// kebab writes CreateFlowLogs as create-flow-logs and kmsKeyId as kms-key-id.
func kebab(name string) string {
	var out strings.Builder
	for i, r := range name {
		if unicode.IsUpper(r) && i > 0 {
			out.WriteByte('-')
		}
		out.WriteRune(unicode.ToLower(r))
	}
	return out.String()
}

// jsonInput is a request's input in its one form. Its values are texts, numbers, lists and maps of
// these, which always have one.
func jsonInput(members map[string]any) json.RawMessage {
	raw, err := json.Marshal(members)
	if err != nil {
		panic(fmt.Sprintf("encode a request: %v", err))
	}
	canonical, err := canonicalJSON(raw)
	if err != nil {
		panic(fmt.Sprintf("encode a request: %v", err))
	}
	return canonical
}
