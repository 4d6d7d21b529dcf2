package fleet

import (
	"fmt"
	"time"
)

// The first two accounts are the management account and a delegated administrator of the
// organisation. Both are always well: whoever scans the fleet stands in one of them.
const reserved = 2

// IsAdministrator says whether an account may read the organisation.
func (f *Fleet) IsAdministrator(account int) bool { return account < reserved }

// State is the state of an account as Organizations names it.
type State string

// The states that accounts of a fleet are in.
const (
	StateActive    State = "ACTIVE"
	StateSuspended State = "SUSPENDED"
	StateClosed    State = "CLOSED"
)

// State gives the state of an account.
func (f *Fleet) State(account int) State {
	p := place{account: account}
	if account < reserved || !f.happens(f.spec.Suspended, forState, p) {
		return StateActive
	}
	if f.roll(forState, p)&1 == 0 {
		return StateSuspended
	}
	return StateClosed
}

// Enterable says whether the role of an account can be assumed. That of a suspended or closed
// account cannot.
func (f *Fleet) Enterable(account int) bool {
	if account < reserved {
		return true
	}
	return f.State(account) == StateActive && !f.happens(f.spec.Denied, forDenied, place{account: account})
}

// Hangs says whether no call to an account is ever answered.
func (f *Fleet) Hangs(account int) bool {
	return account >= reserved && f.Enterable(account) && f.happens(f.spec.Hanging, forHanging, place{account: account})
}

// HidesRegions says whether the role in an account may not list the account's Regions.
func (f *Fleet) HidesRegions(account int) bool {
	return account >= reserved && f.happens(f.spec.RegionsHidden, forRegionsHidden, place{account: account})
}

// AccountName is what the organisation calls an account. Some names are hostile.
func (f *Fleet) AccountName(account int) string {
	switch account {
	case 0:
		return "management"
	case 1:
		return "audit"
	}
	if f.happens(f.spec.Hostile, forHostile, place{account: account}) {
		return hostileNames[f.below(len(hostileNames), forHostile, place{account: account, item: 1})]
	}
	unit, stage := f.units(account)
	return fmt.Sprintf("%s-%s-%05d", unit, stage, account)
}

// Joined is when an account came into the organisation.
func (f *Fleet) Joined(account int) time.Time {
	return epoch.Add(time.Duration(account) * time.Minute)
}

// epoch is when everything in a fleet begins.
var epoch = time.Date(2024, time.January, 1, 0, 0, 0, 0, time.UTC)

// hostileNames are texts that people and programs do set as names, and that a report must not
// hand on as they are.
var hostileNames = []string{
	"\u009b31mred\u009b0m",
	"<script>alert(1)</script>",
	`=HYPERLINK("http://example.invalid","pay")`,
	"prod\u202egnp.exe",
	"../../../etc/passwd",
	"a,\"b\"\n| c |",
	"@SUM(1+1)*cmd|' /C calc'!A0",
	"\x1b]0;title\x07",
}
