package cli

import (
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"flowproof/internal/config"
	"flowproof/internal/report"
)

// planAfter is the command that plans the repair of what a scan finds, of the same account and what of
// it was scanned, as a shell takes it. There is none for many accounts: a plan is about one.
func planAfter(scan *pflag.FlagSet, s config.Settings) string {
	if manyAccounts(s) {
		return ""
	}
	keys := []string{"source", "profile", "endpoint-url", "region", "account", "rule", "framework", "skip-rule", "ruleset"}
	return commandOf(slices.Concat([]string{"flowproof", "plan"}, config.Given(scan, keys...), []string{"--out", "plan.json"}))
}

// again is a command to type after this one, with those flags of the settings named that this one was
// given: it must reach the same account, and speak of the same.
func (a *app) again(keys []string, words ...string) string {
	if a.flags != nil {
		words = append(words, config.Given(a.flags, keys...)...)
	}
	return commandOf(words)
}

// Flags that commands hand on to those that they suggest.
var (
	planReach = []string{"profile", "endpoint-url", "journal"} // of a command about a plan
	judged    = []string{"rule", "framework", "skip-rule", "ruleset", "read-records"}
)

// access are the commands about permissions that a run suggests. rules are words that choose rules
// where flags do not.
func (a *app) access(s config.Settings, rules ...string) report.Access {
	words := func(w ...string) []string { return append(w, rules...) }
	caller := words("flowproof", "policy", "read")
	if !manyAccounts(s) {
		caller = append(caller, "--org")
	}
	reach := []string{"profile", "endpoint-url", "region"}
	return report.Access{
		Read:     a.again(judged, words("flowproof", "policy", "read")...),
		Caller:   a.again(slices.Concat(judged, []string{"org", "ou", "accounts-file", "role-name", "region"}), caller...),
		Role:     a.again(slices.Concat(judged, []string{"role-name", "external-id", "session-duration"}, reach), words("flowproof", "policy", "org")...),
		Accounts: a.again(slices.Concat(memberFlags, []string{"account"}, reach), "flowproof", "accounts"),
	}
}

// shellWord quotes a word where a POSIX shell would read it as anything else.
func shellWord(s string) string {
	const plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_=.,:/@%+"
	if s != "" && strings.Trim(s, plain) == "" {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}

// commandOf is a command as a shell takes it; empty for no words.
func commandOf(words []string) string {
	quoted := make([]string, len(words))
	for i, w := range words {
		quoted[i] = shellWord(w)
	}
	return strings.Join(quoted, " ")
}
