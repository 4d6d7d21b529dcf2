package report

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"flowproof/internal/event"
	"flowproof/internal/finding"
	"flowproof/internal/inventory"
)

// manyAccounts is a run over n accounts of two Regions, each account with one failing VPC more than
// the one before, but for every third, which cannot be entered, and what some Regions keep back.
func manyAccounts(n int) []event.Event {
	noRole := inventory.Gap{Kind: inventory.Accounts, API: "sts:AssumeRole", Cause: inventory.Denied, Message: "the role is not there"}
	slow := inventory.Gap{Kind: inventory.FlowLogs, API: "ec2:DescribeFlowLogs", Cause: inventory.Throttled, Message: "Request limit exceeded."}
	c := newScenario()
	for i := range n {
		account := fmt.Sprintf("%012d", i+1)
		for _, region := range []string{"eu-west-1", "us-east-1"} {
			switch {
			case i%3 == 2:
				c.scope(account, region, inventory.StatusUnread, 0, noRole)
				c.judge(vpcRule, c.whole(), finding.Unknown, "", "not known", noRole)
				continue
			case i%7 == 3 && region == "us-east-1":
				c.scope(account, region, inventory.StatusIncomplete, 1, slow)
				c.judge(vpcRule, c.vpc("vpc-0a000000000000001", "x"), finding.Unknown, "", "not known", slow)
				continue
			}
			c.read(account, region, i+1)
			for v := range i + 1 {
				c.judge(vpcRule, c.vpc(fmt.Sprintf("vpc-0%016d", v), ""), finding.Fail, finding.Absent, "it has no flow log")
			}
		}
	}
	return c.end(720, 90*time.Second)
}

func TestALongSectionIsCountedByAccount(t *testing.T) {
	t.Parallel()
	spool := spoolOf(t, manyAccounts(40))
	for _, l := range []look{
		{"80.txt", Text, Options{Rows: 10}},
		{"200-colour.txt", Text, Options{Rows: 10, Width: 200, Colour: true}},
		{"40.txt", Text, Options{Rows: 10, Width: 40}},
	} {
		got := written(t, l, spool)
		checkText(t, string(got), Options{Width: max(l.Width, 80*(1-min(l.Width, 1))), Colour: l.Colour}, ownCodes())
		file := filepath.Join("testdata", "many-accounts", l.file)
		if *update {
			if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(file, got, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), string(got)); diff != "" {
			t.Errorf("%s (-want +got; rewrite with -update):\n%s", file, diff)
		}
	}
}

// Neither a bound that is not reached nor one on a single account changes anything.
func TestWhatIsNotTooLongIsListed(t *testing.T) {
	t.Parallel()
	for name, events := range scenarios() {
		spool := spoolOf(t, events)
		want := string(written(t, look{format: Text}, spool))
		if got := string(written(t, look{format: Text, Options: Options{Rows: 100}}, spool)); got != want {
			t.Errorf("%s (-without a bound +with it):\n%s", name, cmp.Diff(want, got))
		}
	}
	one := spoolOf(t, manyAccounts(1))
	if got := string(written(t, look{format: Text, Options: Options{Rows: 1}}, one)); strings.Count(got, "vpc-0") != 2 {
		t.Errorf("not every VPC of a single account is listed:\n%s", got)
	}
}

func TestWhatIsUnknownIsCountedToo(t *testing.T) {
	t.Parallel()
	got := string(written(t, look{format: Text, Options: Options{Rows: 3}}, spoolOf(t, manyAccounts(40))))
	_, unknown, _ := strings.Cut(got, "UNKNOWN  4 resources not judged by vpc-flow-log-check\n")
	unknown, _, _ = strings.Cut(unknown, "NOT READ WHOLE")
	if strings.Count(unknown, "1 in 1 Region\n") != 4 || !strings.Contains(unknown, "all 4 rows: --verbose") || strings.Contains(unknown, "vpc-0a") {
		t.Errorf("four unknown VPCs in four accounts:\n%s", got)
	}
}

func TestARankingKeepsTheAccountsWithTheMost(t *testing.T) {
	t.Parallel()
	var r ranking
	for account := range 100 {
		for row := range account*37%100 + 1 {
			r.add(fmt.Sprintf("%03d", account), fmt.Sprint(row%2))
		}
	}
	r.end()
	if r.accounts != 100 || r.rows != 5050 || len(r.most) != rankedAccounts {
		t.Errorf("%d rows of %d accounts, %d kept", r.rows, r.accounts, len(r.most))
	}
	for i, a := range r.most {
		if a.rows != 100-i || a.regions != a.rows {
			t.Errorf("place %d has %+v, want %d rows", i, a, 100-i)
		}
	}
}
