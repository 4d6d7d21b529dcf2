package awslive

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write docs/permissions.md anew")

// TestPermissionsAreDocumented holds the table in docs/permissions.md to the one in the code.
func TestPermissionsAreDocumented(t *testing.T) {
	t.Parallel()
	const path, begin, end = "../../../docs/permissions.md", "<!-- calls -->\n", "<!-- end -->"
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, found := strings.Cut(string(raw), begin)
	shown, after, closed := strings.Cut(rest, end)
	if !found || !closed {
		t.Fatalf("%s has no table between %q and %q", path, begin, end)
	}
	if want := permissionTable(); shown != want {
		if !*update {
			t.Fatalf("%s is not what the code says; go test ./internal/source/awslive -update writes\n%s", path, want)
		}
		if err := os.WriteFile(path, []byte(before+begin+want+end+after), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

func permissionTable() string {
	var b strings.Builder
	b.WriteString("| call | IAM action | made when | source |\n|---|---|---|---|\n")
	for _, p := range Permissions() {
		actions, when := "none", "always"
		if len(p.Actions) > 0 {
			actions = "`" + strings.Join(p.Actions, "`, `") + "`"
		}
		if p.Many {
			when = "many accounts are read"
		}
		if len(p.Kinds) > 0 {
			var kinds []string
			for _, k := range p.Kinds {
				kinds = append(kinds, string(k))
			}
			when = strings.Join(kinds, ", ") + " are needed"
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s |\n", p.Call, actions, when, p.Source)
	}
	return b.String()
}
