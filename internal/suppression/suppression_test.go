package suppression

import (
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"flowproof/internal/event"
	"flowproof/internal/finding"
	"flowproof/internal/inventory"
)

const account, ruleID = "111122223333", "vpc-flow-log-check"

func scope(region string) inventory.Scope {
	return inventory.Scope{Partition: "aws", Account: account, Region: region}
}

// region is an inventory of VPCs by id, each with its tag as KEY=VALUE.
func region(name string, vpcs map[string]string) *inventory.Inventory {
	inv := &inventory.Inventory{Target: inventory.Target{Scope: scope(name)}, Kinds: []inventory.Kind{inventory.VPCs, inventory.FlowLogs}}
	for id, tag := range vpcs {
		key, value, _ := strings.Cut(tag, "=")
		inv.VPCs = append(inv.VPCs, inventory.VPC{ID: id, Tags: map[string]string{key: value}})
	}
	inv.Normalize()
	return inv
}

func failing(inv *inventory.Inventory) []finding.Finding {
	var found []finding.Finding
	for _, v := range inv.VPCs {
		found = append(found, finding.Finding{Rule: ruleID, Outcome: finding.Fail, Resource: finding.Resource{
			ARN: v.ARN(inv.Scope), Type: finding.VPCType, ID: v.ID, Account: inv.Account, Owner: inv.Account, Region: inv.Region,
		}})
	}
	return found
}

func accepted(e event.Suppression) event.Suppression {
	e.Line, e.Suppression = 7, finding.Suppression{Owner: "network", Reason: "empty", Expires: "2027-03-31"}
	if e.Rules == nil {
		e.Rules = []string{ruleID}
	}
	return e
}

var day = time.Date(2027, 3, 31, 23, 59, 59, 0, time.UTC)

func review(e event.Suppression, today time.Time, inv *inventory.Inventory, found []finding.Finding) event.Suppression {
	l := New([]event.Suppression{e}, []string{ruleID, "flow-log-traffic-check"}, today)
	l.Findings(inv, found)
	sum := event.NewSummary()
	l.Summary(&sum)
	return sum.Suppressions[0]
}

func TestWhatAnEntryFits(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		entry event.Suppression
		want  []string // ids of those that are suppressed
	}{
		"an id":                                 {event.Suppression{Resources: []string{"vpc-1"}}, []string{"vpc-1"}},
		"a glob of ids":                         {event.Suppression{Resources: []string{"vpc-*"}}, []string{"vpc-1", "vpc-2"}},
		"an ARN":                                {event.Suppression{Resources: []string{"arn:aws:ec2:eu-west-1:111122223333:vpc/vpc-2"}}, []string{"vpc-2"}},
		"a glob over the parts of an ARN":       {event.Suppression{Resources: []string{"arn:*-2"}}, []string{"vpc-2"}},
		"one of several":                        {event.Suppression{Resources: []string{"vpc-9", "vpc-2"}}, []string{"vpc-2"}},
		"part of an id":                         {event.Suppression{Resources: []string{"vpc-"}}, nil},
		"the account":                           {event.Suppression{Accounts: []string{account}}, []string{"vpc-1", "vpc-2"}},
		"another account":                       {event.Suppression{Accounts: []string{"999999999999"}}, nil},
		"the Region by glob":                    {event.Suppression{Regions: []string{"eu-*"}}, []string{"vpc-1", "vpc-2"}},
		"another Region":                        {event.Suppression{Regions: []string{"us-*"}, Resources: []string{"*"}}, nil},
		"a tag":                                 {event.Suppression{Tags: []string{"env=sandbox"}}, []string{"vpc-1"}},
		"any value of a tag":                    {event.Suppression{Tags: []string{"env=*"}}, []string{"vpc-1", "vpc-2"}},
		"two tags of which one is missing":      {event.Suppression{Tags: []string{"env=sandbox", "team=*"}}, nil},
		"a tag and a resource that do not meet": {event.Suppression{Tags: []string{"env=sandbox"}, Resources: []string{"vpc-2"}}, nil},
		"a glob of rules":                       {event.Suppression{Rules: []string{"vpc-*"}, Resources: []string{"*"}}, []string{"vpc-1", "vpc-2"}},
		"another rule":                          {event.Suppression{Rules: []string{"flow-*"}, Resources: []string{"*"}}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inv := region("eu-west-1", map[string]string{"vpc-1": "env=sandbox", "vpc-2": "env=prod"})
			found := failing(inv)
			got := review(accepted(tt.entry), day, inv, found)
			var suppressed []string
			for _, f := range found {
				if f.Outcome == finding.Suppressed {
					suppressed = append(suppressed, f.Resource.ID)
					if f.SuppressedOutcome != finding.Fail || f.Suppression.Owner != "network" {
						t.Errorf("%s was %s, accepted by %v", f.Resource.ID, f.SuppressedOutcome, f.Suppression)
					}
				}
			}
			if diff := cmp.Diff(tt.want, suppressed); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if got.Findings != len(tt.want) {
				t.Errorf("it counts %d findings, want %d", got.Findings, len(tt.want))
			}
		})
	}
}

func TestStatus(t *testing.T) {
	t.Parallel()
	whole := region("eu-west-1", map[string]string{"vpc-1": "a=b"})
	cut := region("eu-west-1", map[string]string{"vpc-1": "a=b"})
	cut.Fail("ec2:DescribeVpcs", inventory.Denied, "no", inventory.VPCs)
	account := region(inventory.AnyRegion, nil)
	account.Fail("ec2:DescribeRegions", inventory.Denied, "no", inventory.Regions)
	all := event.Suppression{Resources: []string{"*"}}
	other := event.Suppression{Resources: []string{"vpc-9"}}
	for name, tt := range map[string]struct {
		entry event.Suppression
		today time.Time
		inv   *inventory.Inventory
		want  event.SuppressionStatus
		holds bool
	}{
		"on its last day":                       {all, day, whole, event.SuppressionUsed, true},
		"the day after":                         {all, day.Add(time.Second), whole, event.SuppressionExpired, false},
		"its last day, elsewhere tomorrow":      {all, day.In(time.FixedZone("", 3600)), whole, event.SuppressionUsed, true},
		"nothing fits":                          {other, day, whole, event.SuppressionUnused, false},
		"expired, and nothing fits":             {other, day.AddDate(1, 0, 0), whole, event.SuppressionExpired, false},
		"nothing fits in what could be read":    {other, day, cut, event.SuppressionUnjudged, false},
		"fits in spite of a gap":                {all, day, cut, event.SuppressionUsed, true},
		"an account whose Regions are unknown":  {other, day, account, event.SuppressionUnjudged, false},
		"a Region that is no part of the run":   {event.Suppression{Regions: []string{"us-east-1"}}, day, whole, event.SuppressionUnjudged, false},
		"an account that is no part of the run": {event.Suppression{Accounts: []string{"9*"}}, day, whole, event.SuppressionUnjudged, false},
		"a rule that is no part of the run":     {event.Suppression{Rules: []string{"flow-log-role-check"}, Resources: []string{"*"}}, day, whole, event.SuppressionUnjudged, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			found := failing(tt.inv)
			got := review(accepted(tt.entry), tt.today, tt.inv, found)
			if got.Status != tt.want || got.Line != 7 {
				t.Errorf("line %d is %s, want %s", got.Line, got.Status, tt.want)
			}
			if holds := len(found) > 0 && found[0].Outcome == finding.Suppressed; holds != tt.holds {
				t.Errorf("it suppresses: %v, want %v", holds, tt.holds)
			}
			if tt.want == event.SuppressionExpired && tt.entry.Resources[0] == "*" && got.Findings != 1 {
				t.Errorf("it says that %d findings count again, want 1", got.Findings)
			}
		})
	}
}

func TestGapsAreNeverSuppressed(t *testing.T) {
	t.Parallel()
	inv := region("eu-west-1", map[string]string{"vpc-1": "a=b", "vpc-2": "a=b"})
	found := failing(inv)
	found[0].Outcome, found[0].Gaps = finding.Unknown, []inventory.Gap{{Cause: inventory.Denied}}
	found[1].Outcome = finding.Unknown
	review(accepted(event.Suppression{Resources: []string{"*"}}), day, inv, found)
	if found[0].Outcome != finding.Unknown || found[0].Suppression != nil {
		t.Errorf("a gap became %s", found[0].Outcome)
	}
	if found[1].Outcome != finding.Suppressed || found[1].SuppressedOutcome != finding.Unknown {
		t.Errorf("what AWS does not state became %s, was %s", found[1].Outcome, found[1].SuppressedOutcome)
	}
}

func TestTheFirstEntryThatHoldsCountsAndOneBehindItIsNotUnused(t *testing.T) {
	t.Parallel()
	expired := accepted(event.Suppression{Resources: []string{"*"}})
	expired.Expires = "2020-01-01"
	first, second := accepted(event.Suppression{Regions: []string{"*"}}), accepted(event.Suppression{Accounts: []string{"*"}})
	second.Owner = "other"
	l := New([]event.Suppression{expired, first, second}, []string{ruleID}, day)
	inv := region("eu-west-1", map[string]string{"vpc-1": "a=b"})
	found := failing(inv)
	l.Findings(inv, found)
	sum := event.NewSummary()
	l.Summary(&sum)
	var got []any
	for _, s := range sum.Suppressions {
		got = append(got, s.Status, s.Findings)
	}
	want := []any{event.SuppressionExpired, 0, event.SuppressionUsed, 1, event.SuppressionUsed, 0}
	if diff := cmp.Diff(want, got); diff != "" || found[0].Suppression.Owner != "network" {
		t.Errorf("accepted by %s; status and findings (-want +got):\n%s", found[0].Suppression.Owner, diff)
	}
}

func TestTagsOfFlowLogs(t *testing.T) {
	t.Parallel()
	inv := region("eu-west-1", nil)
	inv.FlowLogs = []inventory.FlowLog{
		{ID: "fl-1", ResourceID: "vpc-1", Tags: map[string]string{"env": "dev"}},
		{ID: "fl-2", ResourceID: "vpc-1", Tags: map[string]string{"env": "dev"}},
		{ID: "fl-2", ResourceID: "vpc-2", Tags: map[string]string{"env": "prod"}},
	}
	var found []finding.Finding
	for _, log := range inv.FlowLogs {
		found = append(found, finding.Finding{Rule: ruleID, Outcome: finding.Fail, Resource: finding.Resource{
			ARN: inv.ARN("vpc-flow-log", log.ID), ID: log.ID, Account: account, Owner: account, Region: inv.Region,
		}})
	}
	review(accepted(event.Suppression{Tags: []string{"env=dev"}}), day, inv, found)
	got := []finding.Outcome{found[0].Outcome, found[1].Outcome, found[2].Outcome}
	if diff := cmp.Diff([]finding.Outcome{finding.Suppressed, finding.Fail, finding.Fail}, got); diff != "" {
		t.Errorf("an id that stands for two flow logs was taken for one of them (-want +got):\n%s", diff)
	}
}

func TestTagsOfTransitGateways(t *testing.T) {
	t.Parallel()
	inv := region("eu-west-1", nil)
	g := inventory.TransitGateway{ID: "tgw-1", Tags: map[string]string{"env": "dev"}}
	inv.TransitGateways = []inventory.TransitGateway{g}
	found := []finding.Finding{{Rule: ruleID, Outcome: finding.Fail, Resource: finding.Resource{
		ARN: g.ARN(inv.Scope), ID: g.ID, Account: account, Owner: account, Region: inv.Region,
	}}}
	review(accepted(event.Suppression{Tags: []string{"env=dev"}}), day, inv, found)
	if found[0].Outcome != finding.Suppressed {
		t.Error("the tags of a transit gateway are not seen")
	}
}

// FuzzMatches compares the glob with a regular expression of the same meaning.
func FuzzMatches(f *testing.F) {
	for _, seed := range [][2]string{{"", ""}, {"*", ""}, {"a*b?", "axxbc"}, {"**a", "ba"}, {"arn:*:vpc/vpc-1", "arn:aws:ec2:x:1:vpc/vpc-1"}, {"[a]", "a"}, {"*a*a*a*a*b", "aaaaaaaaaaaaaaaa"}} {
		f.Add(seed[0], seed[1])
	}
	f.Fuzz(func(t *testing.T, glob, text string) {
		if !utf8.ValidString(glob) || !utf8.ValidString(text) {
			return
		}
		quoted := strings.NewReplacer(`\*`, `(?s:.*)`, `\?`, `(?s:.)`).Replace(regexp.QuoteMeta(glob))
		if got, want := matches(glob, text), regexp.MustCompile(`\A(?:`+quoted+`)\z`).MatchString(text); got != want {
			t.Errorf("%q fits %q: %v, want %v", glob, text, got, want)
		}
	})
}
