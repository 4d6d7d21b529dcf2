package remediate

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"flowproof/internal/inventory"
)

var update = flag.Bool("update", false, "write the golden files anew")

// golden compares with a file of testdata.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (run with -update if this is meant): %s", path, diff)
	}
}

// telling is an account with something of everything that a plan can say.
func telling() Input {
	policy := DefaultPolicy()
	policy.GBPerVPC = 20
	policy.ChangeExisting = true
	policy.Tags = map[string]string{"team": "net"}
	policy.ChosenTags = map[string]string{"env": "prod"}
	west, east, away := readScope("eu-west-1", "vpc-0a", "vpc-0b", "vpc-0c", "vpc-0d"), readScope("us-east-1", "vpc-1a", "vpc-1b"), readScope("ap-south-1")
	for _, inv := range []*inventory.Inventory{&west, &east} {
		for i := range inv.VPCs {
			inv.VPCs[i].Tags = map[string]string{"env": "prod"}
		}
	}
	west.VPCs[1].Tags["env"] = "dev"
	west.VPCs[3].OwnerID = "999999999999"
	west.FlowLogs = []inventory.FlowLog{
		log("fl-0c", "vpc-0c", func(l *inventory.FlowLog) { failing(l); l.LogGroup = "MyFlowLogs" }),
		log("fl-0d", "subnet-1", func(l *inventory.FlowLog) { l.Tags = map[string]string{telemetryTag: "true"} }),
	}
	east.FlowLogs = []inventory.FlowLog{log("fl-1b", "vpc-1b", func(l *inventory.FlowLog) {
		failing(l)
		l.DeliveryError = "bad \u202e\x1b[31mname"
	})}
	east.Named.LogGroups = []inventory.LogGroup{{Name: "MyFlowLogs", RetentionDays: 30}}
	away.Fail("ec2:DescribeVpcs", inventory.Denied, "UnauthorizedOperation: no", inventory.VPCs)
	return judged(policy, west, east, away)
}

func TestAPlanReadsWellInEightyColumns(t *testing.T) {
	t.Parallel()
	p := built(t, telling())
	for name, o := range map[string]TextOptions{
		"plan.txt": {}, "plan-verbose.txt": {Verbose: true},
	} {
		var out bytes.Buffer
		if err := p.WriteText(&out, o); err != nil {
			t.Fatal(err)
		}
		golden(t, name, out.String())
		if o.Verbose {
			continue // a digest or a command may be one long word
		}
		for line := range strings.SplitSeq(out.String(), "\n") {
			if n := utf8.RuneCountInString(line); n > 80 {
				t.Errorf("%s: %d columns: %s", name, n, line)
			}
			if strings.ContainsAny(line, "\x1b\u202e") {
				t.Errorf("%s shows a name that is not printable: %q", name, line)
			}
		}
	}
}

func TestAnEmptyPlanSaysSo(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	if err := built(t, judged(DefaultPolicy(), readScope("eu-west-1"))).WriteText(&out, TextOptions{}); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(out.String(), "nothing to do.") {
		t.Errorf("it says %q", out.String())
	}
}

func TestAPlanGoesIntoAPullRequest(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	if err := built(t, telling()).WriteMarkdown(&out); err != nil {
		t.Fatal(err)
	}
	golden(t, "plan.md", out.String())
}

func TestNamesStayTextInMarkdown(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"plain words, 1.5":      "plain words, 1.5",
		"a|b <b>*x*</b> [l](u)": `a\|b \<b\>\*x\*\</b\> \[l\](u)`,
		"ping @org/team":        "`ping @org/team`",
		"see #12 | `x`":         "`` see #12 \\| `x` ``",
		"at https://evil":       "`at https://evil`",
		"\u202ename":            `\\u\{202e\}name`,
	} {
		if got := markdownText(text); got != want {
			t.Errorf("%q becomes %q, want %q", text, got, want)
		}
	}
}
