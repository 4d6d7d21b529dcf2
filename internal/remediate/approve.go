package remediate

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// ErrNotApproved means that what was given as approval is not the hash of this plan.
var ErrNotApproved = errors.New("plan not approved")

// approvalDigits is how many hex digits of the hash are enough to approve a plan.
const approvalDigits = 8

// ShortHash is what a person types to approve the plan: the first eight hex digits of its hash.
func (p Plan) ShortHash() string {
	digits := strings.TrimPrefix(p.Hash, hashPrefix)
	return digits[:min(approvalDigits, len(digits))]
}

// CheckApproval takes the first eight hex digits of the hash or all of it, with or without
// "sha256:", in any case. Anything in between is a slip.
func (p Plan) CheckApproval(given string) error {
	digits := strings.TrimPrefix(strings.ToLower(strings.TrimSpace(given)), hashPrefix)
	whole := strings.TrimPrefix(p.Hash, hashPrefix)
	switch {
	case digits == "":
		return fmt.Errorf("%w: nothing was given; approve it with the first eight hex digits of its hash", ErrNotApproved)
	case digits == whole, digits == p.ShortHash():
		return nil
	case len(digits) != approvalDigits && len(digits) != len(whole):
		return fmt.Errorf("%w: %q is neither the first eight hex digits of a hash nor a whole one", ErrNotApproved, given)
	}
	return fmt.Errorf("%w: %q is the hash of another plan, and this one is %s: review it again", ErrNotApproved, given, p.ShortHash())
}

// clockSkew is how far ahead of ours the clock of the machine that read the account may be.
const clockSkew = 5 * time.Minute

// CheckAge refuses a plan that rests on a read longer ago than allowed.
func (p Plan) CheckAge(now time.Time, allowed time.Duration) error {
	switch age := now.Sub(p.ReadAt); {
	case age > allowed:
		return fmt.Errorf("%w: it rests on what was read %s ago, at %s, and may be %s old: make a new plan, or allow more with --max-age",
			ErrRefused, age.Round(time.Second), p.ReadAt.Format(time.RFC3339), allowed)
	case age < -clockSkew:
		return fmt.Errorf("%w: it says that it was read at %s, which is yet to come: check this machine's clock", ErrRefused, p.ReadAt.Format(time.RFC3339))
	}
	return nil
}

// CheckCaller refuses a plan for another account than the one that the credentials belong to.
func (p Plan) CheckCaller(c Caller) error {
	switch {
	case len(p.Accounts) != 1:
		return fmt.Errorf("%w: it is for %d accounts; this version applies plans for one", ErrRefused, len(p.Accounts))
	case p.Accounts[0] != c.Account:
		return fmt.Errorf("%w: it is for account %s, and these credentials belong to %s", ErrRefused, p.Accounts[0], c.Account)
	case p.Partition != c.Partition:
		return fmt.Errorf("%w: it is for partition %s, and these credentials belong to %s", ErrRefused, p.Partition, c.Partition)
	}
	return nil
}

// HomeRegion is where the plan's account is asked who it is.
func (p Plan) HomeRegion() string {
	if len(p.Steps) > 0 {
		return p.Steps[0].Region
	}
	return homeRegion(p.Partition)
}
