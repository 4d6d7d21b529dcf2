package cli

import (
	"strings"

	"github.com/spf13/pflag"

	"flowproof/internal/config"
)

// planAfter is the command that plans the repair of what a scan finds, of the same account and what of
// it was scanned, as a shell takes it. There is none for many accounts: a plan is about one.
func planAfter(scan *pflag.FlagSet, s config.Settings) string {
	if manyAccounts(s) {
		return ""
	}
	command := "flowproof plan"
	for _, arg := range config.Given(scan, "source", "profile", "endpoint-url", "region", "account", "rule", "framework", "skip-rule", "ruleset") {
		command += " " + shellWord(arg)
	}
	return command + " --out plan.json"
}

// shellWord quotes a word where a POSIX shell would read it as anything else.
func shellWord(s string) string {
	const plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_=.,:/@%+"
	if s != "" && strings.Trim(s, plain) == "" {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}
