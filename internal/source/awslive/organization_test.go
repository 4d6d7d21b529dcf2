package awslive

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"flowproof/internal/inventory"
)

// units is an organisation of twenty-five accounts, 000000000001 the management account: those with
// an even number are in a unit below another.
func units(more string) string {
	var s strings.Builder
	s.WriteString("organization: {role: flowproof-read, " + more + " units: [{id: ou-sand-11111111}, {id: ou-sand-22222222, parent: ou-sand-11111111}]}\naccounts:\n")
	for i := range 25 {
		unit := ""
		if i%2 == 1 {
			unit = ", unit: ou-sand-22222222"
		}
		fmt.Fprintf(&s, "  - {id: \"%012d\", name: account-%d, state: %s%s}\n", i+1, i+1, []string{"ACTIVE", "SUSPENDED"}[min(i/24, 1)], unit)
	}
	return s.String()
}

// accountsOf are the accounts that something was found of, and how many scopes of each.
func accountsOf(all map[string]inventory.Inventory) map[string]int {
	accounts := map[string]int{}
	for _, inv := range all {
		accounts[inv.Account]++
	}
	return accounts
}

func numbered(from, to, step int) map[string]int {
	accounts := map[string]int{}
	for i := from; i <= to; i += step {
		accounts[fmt.Sprintf("%012d", i)] = 1
	}
	return accounts
}

func TestWhichAccountsAreRead(t *testing.T) {
	t.Parallel()
	without := func(accounts map[string]int, ids ...string) map[string]int {
		for _, id := range ids {
			delete(accounts, id)
		}
		return accounts
	}
	tests := []struct {
		name       string
		scenario   string
		membership Membership
		want       map[string]int
	}{
		{"all, over several pages", units(""), Membership{}, numbered(1, 25, 1)},
		{"all, with empty pages between", units("empty_pages: true,"), Membership{}, numbered(1, 25, 1)},
		{"a unit and what is below it", units(""), Membership{Units: []string{"ou-sand-11111111"}}, numbered(2, 24, 2)},
		{"a unit twice, and one below it", units("empty_pages: true,"), Membership{Units: []string{"ou-sand-22222222", "ou-sand-11111111", "ou-sand-22222222"}}, numbered(2, 24, 2)},
		{"the root", units(""), Membership{Units: []string{"r-sand"}}, numbered(1, 25, 1)},
		{"some of them", units(""), Membership{Only: []string{"000000000003", "000000000025"}}, numbered(3, 25, 22)},
		{"all but some, by name and id", units(""), Membership{Exclude: []string{"account-1?", "*25"}}, without(numbered(1, 25, 1), slices.Collect(maps.Keys(numbered(10, 19, 1)))...)},
		{"those of a file", units(""), Membership{File: []Member{{ID: "000000000002"}, {ID: "000000000025", State: "CLOSED"}}}, numbered(2, 25, 23)},
	}
	tests[6].want = without(tests[6].want, "000000000025")
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			o, _ := brokenOrganization(t, tt.scenario, []string{"eu-west-1"}, tt.membership, nil)
			all := readAll(t, o)
			if diff := cmp.Diff(tt.want, accountsOf(all)); diff != "" {
				t.Errorf("accounts (-want +got):\n%s", diff)
			}
			for scope, inv := range all {
				want := inventory.StatusRead
				if inv.Region == inventory.AnyRegion {
					want = inventory.StatusClosed
				}
				if inv.Status() != want {
					t.Errorf("%s is %s, want %s: %v", scope, inv.Status(), want, inv.Gaps)
				}
			}
		})
	}
}

func TestTheStateIsReadFromTheRetiredStatusToo(t *testing.T) {
	t.Parallel()
	o, _ := brokenOrganization(t, units("old_status: true,"), []string{"eu-west-1"}, Membership{}, nil)
	if status := readAll(t, o)["000000000025/*"]; status.Absent != inventory.Closed {
		t.Errorf("the suspended account is %q", status.Absent)
	}
}

func TestARoleIsAssumedOnceAnAccount(t *testing.T) {
	t.Parallel()
	o, network := brokenOrganization(t, four, nil, Membership{}, nil)
	all := readAll(t, o)
	if len(all) != 4*34 {
		t.Errorf("%d scopes, want 34 of four accounts", len(all))
	}
	got := map[string]int{}
	for _, q := range network.all {
		if strings.HasPrefix(q.operation, "AssumeRole") {
			got[q.operation]++
		}
	}
	want := map[string]int{"AssumeRole 222222222222": 1, "AssumeRole 333333333333": 1, "AssumeRole 444444444444": 1}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestCredentialsAreRenewedOnALongRun reads an account, lets a session pass, and reads it again.
func TestCredentialsAreRenewedOnALongRun(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		role := Role{Name: "flowproof-read", Session: "flowproof", Duration: minSession}
		o, network := brokenOrganization(t, four, []string{"eu-west-1"}, Membership{Role: role, Only: []string{"222222222222"}}, nil)
		for scope := range readAll(t, o) {
			target := inventory.Target{Scope: inventory.Scope{Partition: "aws", Account: "222222222222", Region: "eu-west-1"}}
			for range 3 {
				time.Sleep(minSession) // of a clock that nobody waits for
				if inv := o.Read(t.Context(), target, bothKinds); inv.Status() != inventory.StatusRead {
					t.Errorf("%s is %s: %v", scope, inv.Status(), inv.Gaps)
				}
			}
		}
		if n := network.count(func(q request) bool { return strings.HasPrefix(q.operation, "AssumeRole") }); n != 4 {
			t.Errorf("the role was assumed %d times, want 4", n)
		}
	})
}

func TestARoleThatIsNotLentAgainIsToldApart(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		role := Role{Name: "flowproof-read", Session: "flowproof", Duration: minSession}
		assumed := 0
		o, _ := brokenOrganization(t, four, []string{"eu-west-1"}, Membership{Role: role, Only: []string{faulty}}, func(_ context.Context, q request) (*http.Response, error) {
			if !strings.HasPrefix(q.operation, "AssumeRole") {
				return nil, nil
			}
			if assumed++; assumed == 1 {
				return nil, nil
			}
			r := refusal(http.StatusForbidden, "")
			r.Body = xmlError("AccessDenied")
			return r, nil
		})
		readAll(t, o)
		time.Sleep(minSession) // of a clock that nobody waits for
		inv := o.Read(t.Context(), inventory.Target{Scope: inventory.Scope{Partition: "aws", Account: faulty, Region: "eu-west-1"}}, bothKinds)
		for _, g := range inv.Gaps {
			if g.Cause != inventory.Denied || !strings.Contains(g.Message, "sts:AssumeRole gave no other: AccessDenied") {
				t.Errorf("%s %s: %s", g.API, g.Cause, g.Message)
			}
		}
		if inv.Status() != inventory.StatusUnread {
			t.Errorf("the scope is %s", inv.Status())
		}
	})
}

func TestAListThatIsCutOffGivesWhatCame(t *testing.T) {
	t.Parallel()
	o, _ := brokenOrganization(t, units(""), []string{"eu-west-1"}, Membership{}, func(_ context.Context, q request) (*http.Response, error) {
		if q.service == "organizations" && q.n > 1 {
			r := refusal(http.StatusBadRequest, "")
			r.Header = http.Header{"Content-Type": {"application/x-amz-json-1.1"}}
			r.Body = jsonError("AccessDeniedException")
			return r, nil
		}
		return nil, nil
	})
	all := readAll(t, o)
	want := numbered(1, 20, 1) // the first page
	want["000000000001"]++     // the row that says so
	if diff := cmp.Diff(want, accountsOf(all)); diff != "" {
		t.Errorf("accounts (-want +got):\n%s", diff)
	}
	row := all["000000000001/*"]
	if len(row.Gaps) != 1 || row.Gaps[0].Kind != inventory.Accounts || row.Gaps[0].API != "organizations:ListAccounts" || row.Gaps[0].Cause != inventory.Denied {
		t.Errorf("the row of the list is %+v", row)
	}
}

func TestAThrottledListIsReadAll(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		o, _ := brokenOrganization(t, units(""), []string{"eu-west-1"}, Membership{}, func(_ context.Context, q request) (*http.Response, error) {
			if q.service == "organizations" && q.n%4 != 0 {
				r := refusal(http.StatusTooManyRequests, "")
				r.Header = http.Header{"Content-Type": {"application/x-amz-json-1.1"}}
				r.Body = jsonError("TooManyRequestsException")
				return r, nil
			}
			return nil, nil
		})
		if diff := cmp.Diff(numbered(1, 25, 1), accountsOf(readAll(t, o))); diff != "" {
			t.Errorf("accounts (-want +got):\n%s", diff)
		}
	})
}

// TestTheRegionsOfAnAccountThatCannotBeEntered come from the organisation, else from the caller.
func TestTheRegionsOfAnAccountThatCannotBeEntered(t *testing.T) {
	t.Parallel()
	const scenario = `
organization: {role: flowproof-read}
accounts:
  - {id: "111111111111", opted_in: [me-south-1]}
  - {id: "222222222222", no_role: true, opted_in: [af-south-1], disabled_regions: [sa-east-1]}
`
	for _, tt := range []struct {
		name     string
		told     bool
		expected map[string]bool // some Regions, and whether they are to be read; none where they are no row
	}{
		{"from the organisation", true, map[string]bool{"af-south-1": true, "sa-east-1": false, "eu-west-1": true, "me-south-1": false}},
		{"from the caller's own account", false, map[string]bool{"sa-east-1": true, "eu-west-1": true, "me-south-1": true}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			o, _ := brokenOrganization(t, scenario, nil, Membership{Only: []string{"222222222222"}}, func(_ context.Context, q request) (*http.Response, error) {
				if q.service == "account" && !tt.told {
					return refusal(http.StatusForbidden, "AccessDeniedException"), nil
				}
				return nil, nil
			})
			got := map[string]bool{}
			for _, inv := range readAll(t, o) {
				if _, asked := tt.expected[inv.Region]; asked || inv.Region == "af-south-1" {
					got[inv.Region] = inv.Absent == inventory.Present
				}
				if inv.Assumed == tt.told {
					t.Errorf("%s: assumed is %t", inv.Scope, inv.Assumed)
				}
				if inv.Absent == inventory.Present && (inv.Status() != inventory.StatusUnread || inv.Gaps[0].API != "sts:AssumeRole" || inv.Gaps[0].Cause != inventory.Denied) {
					t.Errorf("%s is %s: %v", inv.Scope, inv.Status(), inv.Gaps)
				}
			}
			if diff := cmp.Diff(tt.expected, got); diff != "" {
				t.Errorf("Regions (-want +got):\n%s", diff)
			}
		})
	}
}

// TestRegionsThatAreDeniedInAnAccount: it can be entered and does not list its Regions.
func TestRegionsThatAreDeniedInAnAccount(t *testing.T) {
	t.Parallel()
	for _, told := range []bool{true, false} {
		o, _ := brokenOrganization(t, four, nil, Membership{Only: []string{faulty}}, func(_ context.Context, q request) (*http.Response, error) {
			switch {
			case q.operation == "DescribeRegions" && q.account == faulty:
				return refusal(http.StatusForbidden, "UnauthorizedOperation"), nil
			case q.service == "account" && !told:
				return refusal(http.StatusForbidden, "AccessDeniedException"), nil
			}
			return nil, nil
		})
		all := readAll(t, o)
		read := 0
		for _, inv := range all {
			if inv.Status() == inventory.StatusRead && inv.Assumed != told {
				read++
			}
		}
		if _, row := all[faulty+"/*"]; read != 17 || row == told {
			t.Errorf("told %t: %d scopes read, a row that the list is missing: %t", told, read, row)
		}
	}
}

func TestNothingThatWasAskedForIsThere(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name       string
		regions    []string
		membership Membership
		want       error
	}{
		{"no Region", []string{"xx-*"}, Membership{}, ErrNoRegion},
		{"no account", nil, Membership{Exclude: []string{"*"}}, ErrNoAccount},
	} {
		o, _ := brokenOrganization(t, four, tt.regions, tt.membership, nil)
		if err := o.Discover(t.Context(), func(inventory.Target) error { return nil }); !errors.Is(err, tt.want) {
			t.Errorf("%s: error %v, want %v", tt.name, err, tt.want)
		}
	}
}

func TestARolesSessionStartsNoLongSessions(t *testing.T) {
	t.Parallel()
	lent := caller{arn: "arn:aws:sts::111111111111:assumed-role/audit/jo"}
	user := caller{arn: "arn:aws:iam::111111111111:user/jo"}
	for _, tt := range []struct {
		who      caller
		duration time.Duration
		ok       bool
	}{{lent, time.Hour, true}, {lent, time.Hour + time.Second, false}, {user, 12 * time.Hour, true}} {
		err := Role{Duration: tt.duration}.checkCaller(tt.who)
		if (err == nil) != tt.ok {
			t.Errorf("%s for %s: %v", tt.who.arn, tt.duration, err)
		}
		if err != nil && (!errors.Is(err, ErrSession) || !strings.Contains(err.Error(), "one hour at most")) {
			t.Errorf("the error does not say what to do: %v", err)
		}
	}
}

func TestTheBookForgetsWhoIsNotAskedFor(t *testing.T) {
	t.Parallel()
	var b book
	opened := 0
	get := func(id string) { b.get(id, func() *account { opened++; return &account{id: id} }) }
	for i := range 10 * bookHalf {
		get(fmt.Sprint(i))
		get("kept")
	}
	if n := len(b.newer) + len(b.older); n > 2*bookHalf {
		t.Errorf("%d accounts in the book", n)
	}
	if opened != 10*bookHalf+1 {
		t.Errorf("%d accounts opened: the one that is asked for all the time was forgotten", opened)
	}
}
