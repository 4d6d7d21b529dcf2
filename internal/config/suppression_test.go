package config

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

const suppressed = `suppressions:
  - rule: vpc-flow-log-check
    resource: [vpc-0a*, "arn:aws:ec2:*:vpc/vpc-1"]
    account: "123456789012"
    region: eu-*, us-east-1
    tag: env=sandbox
    owner: network-team@example.org
    reason: empty until the migration
    expires: 2027-03-31
  - {rule: "*", tag: [a=b, c=], owner: o, reason: r, expires: "2027-01-01"}
`

func TestSuppressionsOfTheFile(t *testing.T) {
	t.Parallel()
	r, err := given{file: "quiet: true\n" + suppressed}.load(t)
	if err != nil {
		t.Fatal(err)
	}
	none := []string{}
	want := []Suppression{
		{
			Line: 3, Rule: []string{"vpc-flow-log-check"}, Resource: []string{"vpc-0a*", "arn:aws:ec2:*:vpc/vpc-1"},
			Account: []string{"123456789012"}, Region: []string{"eu-*", "us-east-1"}, Tag: []string{"env=sandbox"},
			Owner: "network-team@example.org", Reason: "empty until the migration", Expires: "2027-03-31",
		},
		{
			Line: 11, Rule: []string{"*"}, Resource: none, Account: none, Region: none, Tag: []string{"a=b", "c="},
			Owner: "o", Reason: "r", Expires: "2027-01-01",
		},
	}
	if diff := cmp.Diff(want, r.Settings.Suppressions); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	shown := valueOf(t, r, "suppressions")
	if diff := cmp.Diff(want, shown.Value); diff != "" || !strings.HasPrefix(shown.Layer, "file ") {
		t.Errorf("shown from %q:\n%s", shown.Layer, diff)
	}
	// The library of this test reads a bare date as YAML 1.1 does, editors read a text.
	if err := validate(t, compiled(t), strings.ReplaceAll(suppressed, "expires: 2027-03-31", `expires: "2027-03-31"`)); err != nil {
		t.Errorf("the schema refuses it: %v", err)
	}
}

func TestNoSuppressionsAreShownAsNone(t *testing.T) {
	t.Parallel()
	r, err := given{}.load(t)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(Value{Key: "suppressions", Value: []Suppression{}, Layer: "default"}, valueOf(t, r, "suppressions")); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestSuppressionsThatAreRefused(t *testing.T) {
	t.Parallel()
	entry := func(lines ...string) string {
		whole := map[string]string{"rule": "r", "resource": "x", "owner": "o", "reason": "why", "expires": `"2027-03-31"`}
		order := []string{"rule", "resource", "owner", "reason", "expires"}
		text := "suppressions:\n  -\n"
		for _, line := range lines {
			key, value, _ := strings.Cut(line, ": ")
			if _, known := whole[key]; !known {
				order = append(order, key)
			}
			whole[key] = value
		}
		for _, key := range order {
			if whole[key] != "-" {
				text += "    " + key + ": " + whole[key] + "\n"
			}
		}
		return text
	}
	if _, err := (given{file: entry()}).load(t); err != nil {
		t.Fatalf("a whole entry is refused: %v", err)
	}
	tests := []struct {
		name, file string
		says       []string
		schema     bool // the schema takes it: only a program can tell
	}{
		{"a misspelt list", "supressions: []\n", []string{"line 1", `"supressions"`, `"suppressions"`}, false},
		{"no list", "suppressions: {rule: x}\n", []string{"line 1", "list of suppressions"}, false},
		{"a list without value", "suppressions:\n", []string{"line 1", "list of suppressions"}, false},
		{"an entry that is a text", "suppressions:\n  - vpc-1\n", []string{"line 2", "want a suppression"}, false},
		{"a list that holds itself", "suppressions: &a [*a]\n", []string{"want a suppression"}, false},
		{"the list twice", "suppressions: []\nsuppressions: []\n", []string{"line 2", "twice"}, true},
		{"a misspelt key", entry("expiry: 2027-01-01"), []string{"line 8", `"expiry"`, `"expires"`}, false},
		{"a key twice", entry() + "    owner: p\n", []string{"line 8", `"owner" stands there twice`}, true},
		{"no rule", entry("rule: -"), []string{"line 3", `without "rule"`}, false},
		{"an empty list of rules", entry("rule: []"), []string{"line 3", `without "rule"`}, true},
		{"no owner", entry("owner: -"), []string{"line 3", `without "owner"`}, false},
		{"no reason", entry("reason: -"), []string{"line 3", `without "reason"`}, false},
		{"a reason of spaces", entry(`reason: "  "`), []string{"line 6", `"reason"`, "one line"}, false},
		{"no end", entry("expires: -"), []string{"line 3", `without "expires"`}, false},
		{"a day that is none", entry("expires: 2027-02-30"), []string{"line 3", "2027-02-30", "calendar"}, true},
		{"a date in another order", entry("expires: 31.3.2027"), []string{"line 7", "YYYY-MM-DD"}, false},
		{"no end in sight", entry("expires: never"), []string{"line 7", "YYYY-MM-DD"}, false},
		{"a whole rule", entry("resource: -"), []string{"line 3", "resource, account, region or tag", "skip-rule"}, false},
		{"an account without quotes", entry("account: 123456789012"), []string{"line 8", `"account"`, "quotes"}, false},
		{"an account by name", entry("account: production"), []string{"line 8", "account id"}, false},
		{"a tag without value", entry("tag: env"), []string{"line 8", "KEY=VALUE"}, false},
		{"an owner that is a list", entry("owner: [a, b]"), []string{"line 5", "single value"}, false},
		{"a resource without value", entry("resource: "), []string{"line 4", "no value"}, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := given{file: tt.file}.load(t)
			wantError(t, err, append(tt.says, "settings file ")...)
			if err != nil && strings.Count(err.Error(), "line ") > 1 && !strings.Contains(err.Error(), "one line") {
				t.Errorf("%q names more than one line", err)
			}
			if strings.Contains(tt.name, "twice") || strings.Contains(tt.name, "holds itself") {
				return // no other reader of YAML gets that far
			}
			if got := validate(t, compiled(t), tt.file) == nil; got != tt.schema {
				t.Errorf("the schema takes it: %v, want %v", got, tt.schema)
			}
		})
	}
}

// FuzzSuppressions: no list makes the parser panic, and what it lets through says what, who, why and
// how long.
func FuzzSuppressions(f *testing.F) {
	for _, seed := range []string{
		suppressed, "suppressions: []\n", "suppressions: [{}]\n", "suppressions: &a [*a]\n", "suppressions: [~]\n",
		"suppressions: [{rule: a, <<: {owner: b}}]\n", "suppressions: [{? [rule] : a}]\n",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		c, err := parseFile(raw)
		if err != nil {
			return
		}
		for _, s := range c.suppressions {
			if len(s.Rule) == 0 || strings.TrimSpace(s.Owner) == "" || strings.TrimSpace(s.Reason) == "" {
				t.Errorf("accepted without a rule, an owner or a reason: %+v", s)
			}
			if len(s.Resource)+len(s.Account)+len(s.Region)+len(s.Tag) == 0 {
				t.Errorf("accepted a whole rule: %+v", s)
			}
			if _, err := time.Parse(time.DateOnly, s.Expires); err != nil || s.Line < 1 {
				t.Errorf("accepted without an end, or without a line: %+v", s)
			}
		}
	})
}
