package scan

import (
	"sync"

	"flowproof/internal/inventory"
)

// tally counts what discovery has found against what is done. Discovery adds to it while scopes
// are emitted. It holds a number for each account, and nothing for each scope.
type tally struct {
	mu       sync.Mutex
	expected int
	done     int
	accounts int                // accounts of which nothing is left; more may be found of one that seemed done
	left     map[accountKey]int // scopes found and not done, of every account met
}

type accountKey struct{ partition, account string }

func accountOf(s inventory.Scope) accountKey { return accountKey{s.Partition, s.Account} }

// found counts a scope that discovery handed over.
func (t *tally) found(target inventory.Target) {
	t.mu.Lock()
	defer t.mu.Unlock()
	key := accountOf(target.Scope)
	left, met := t.left[key]
	if met && left == 0 {
		t.accounts-- // it seemed done
	}
	t.left[key] = left + 1
	if target.Absent == inventory.Present {
		t.expected++
	}
}

// settled counts a scope whose block is emitted. Absent is as it was found: reading may have
// shown that an assumed Region is none of the account's.
func (t *tally) settled(target inventory.Target) {
	t.mu.Lock()
	defer t.mu.Unlock()
	key := accountOf(target.Scope)
	t.left[key]--
	if t.left[key] == 0 {
		t.accounts++
	}
	if target.Absent == inventory.Present {
		t.done++
	}
}

// counts is the three numbers now.
func (t *tally) counts() (accounts, done, expected int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.accounts, t.done, t.expected
}

// size is the number of accounts met.
func (t *tally) size() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return len(t.left)
}

// met reports whether some scope of the account was discovered.
func (t *tally) met(s inventory.Scope) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	_, met := t.left[accountOf(s)]
	return met
}
