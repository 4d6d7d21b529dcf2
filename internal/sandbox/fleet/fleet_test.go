package fleet

import (
	"slices"
	"testing"
)

// made makes a fleet in made-up Regions.
func made(t *testing.T, text string) *Fleet {
	t.Helper()
	spec, err := Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return New(spec, []string{"one-1", "two-2", "three-3"}, []string{"four-4"})
}

func TestAccountIDsLeadBackToTheirNumbers(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"accounts=20000", "accounts=20000,seed=7", "accounts=20000,management=999999999999"} {
		f := made(t, text)
		seen := map[string]bool{}
		for n := range f.Spec().Accounts {
			id := f.AccountID(n)
			back, ok := f.Number(id)
			if !ok || back != n || seen[id] || len(id) != 12 {
				t.Fatalf("%s: account %d is %s, which leads to %d, %t", text, n, id, back, ok)
			}
			seen[id] = true
		}
		for _, id := range []string{f.AccountID(20000), "000000000000", "test", "", "9999999999999"} {
			if n, ok := f.Number(id); ok {
				t.Errorf("%s: %q is no account of the fleet, got number %d", text, id, n)
			}
		}
	}
}

func TestManagementAccountIsTheOneNamed(t *testing.T) {
	t.Parallel()
	if id := made(t, "management=111122223333").AccountID(0); id != "111122223333" {
		t.Errorf("got %s", id)
	}
}

func TestSeedDecidesEverything(t *testing.T) {
	t.Parallel()
	const text = "accounts=30,regions=3,vpcs=3,shared=50%,foreign=50%"
	a, b, c := made(t, text), made(t, text), made(t, text+",seed=2")
	if !slices.Equal(a.FlowLogs(5, 1), b.FlowLogs(5, 1)) || !slices.Equal(a.VPCs(5, 1), b.VPCs(5, 1)) {
		t.Error("the same text made two fleets")
	}
	if a.VPCs(5, 1)[0].ID == c.VPCs(5, 1)[0].ID || a.AccountID(0) == c.AccountID(0) {
		t.Error("another seed made the same fleet")
	}
}

// The oracle and the sandbox see one fleet: sharing must be the same from both ends.
func TestSharedVPCIsOneOfItsOwners(t *testing.T) {
	t.Parallel()
	f := made(t, "accounts=200,regions=3,shared=30%,suspended=20%,vpcs=0.5")
	shared := 0
	for account := range f.Spec().Accounts {
		for region := range f.Spec().Regions {
			for _, v := range f.VPCs(account, region) {
				owner, ok := f.Number(v.Owner)
				if !ok || owner == account {
					continue
				}
				shared++
				if !slices.Contains(f.VPCs(owner, region), v) {
					t.Errorf("account %d sees %s, which account %d does not have", account, v.ID, owner)
				}
				if f.State(owner) != StateActive || v.Default {
					t.Errorf("account %d sees %+v", account, v)
				}
			}
		}
	}
	if shared < 50 {
		t.Errorf("only %d VPCs are shared", shared)
	}
}

func TestSharesAreKept(t *testing.T) {
	t.Parallel()
	f := made(t, "accounts=20000,regions=1,suspended=5%,denied=10%")
	closed, denied := 0, 0
	for a := range f.Spec().Accounts {
		switch {
		case f.State(a) != StateActive:
			closed++
		case !f.Enterable(a):
			denied++
		}
	}
	if closed < 900 || closed > 1100 || denied < 1750 || denied > 2050 {
		t.Errorf("of 20000 accounts %d are closed and %d denied", closed, denied)
	}
}

func TestEveryAccountIsInOneUnit(t *testing.T) {
	t.Parallel()
	f := made(t, "accounts=1000")
	var all []int
	var walk func(u Unit)
	walk = func(u Unit) {
		for skip := 0; ; {
			page, more := f.AccountsIn(u, skip, 20)
			all = append(all, page...)
			for _, a := range page {
				if f.UnitOf(a) != u {
					t.Errorf("account %d is listed in %s and lies in %s", a, u.ID, f.UnitOf(a).ID)
				}
			}
			if skip += len(page); !more {
				break
			}
		}
		for _, below := range f.Units(u) {
			if again, ok := f.Unit(below.ID); !ok || again != below || f.Above(below) != u {
				t.Errorf("unit %+v is not found where it is", below)
			}
			walk(below)
		}
	}
	walk(f.Root())
	slices.Sort(all)
	for i, a := range all {
		if i != a {
			t.Fatalf("account %d is missing or there twice", i)
		}
	}
	if len(all) != 1000 {
		t.Errorf("%d accounts are in units", len(all))
	}
}

// The cases must tell the verdicts apart: a fleet in which one never occurs proves nothing of it.
func TestCasesCoverEveryVerdict(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, c := range slices.Concat(recordedCases(), brokenCases(), []vpcCase{bareCase()}) {
		seen[c.assurance] = true
		seen["traffic "+string(c.traffic)] = true
		if len(c.logs) > logsPerVPC {
			t.Errorf("%s: more logs than have numbers", c.name)
		}
		for _, l := range c.logs {
			seen["delivery "+string(l.delivers)] = true
			seen[l.destination] = true
		}
	}
	for _, want := range []string{
		"absent", "inactive", "failing", "unproven", "traffic pass", "traffic fail", "traffic not-applicable",
		"delivery pass", "delivery fail", "delivery unknown", toLogs, toS3, toFirehose,
	} {
		if !seen[want] {
			t.Errorf("no case has %s", want)
		}
	}
}
