package remediate

import (
	"context"
	"math/rand/v2"
	"time"
)

// Clock tells the time and lets it pass. Tests have their own, in which waiting takes no time.
type Clock struct {
	Now   func() time.Time
	Sleep func(context.Context, time.Duration) error // ends early, with the context's error, when that is done
}

// SystemClock is the machine's.
func SystemClock() Clock {
	return Clock{Now: time.Now, Sleep: func(ctx context.Context, d time.Duration) error {
		t := time.NewTimer(d)
		defer t.Stop()
		select {
		case <-t.C:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}}
}

// Bounds on trying again. IAM and others make what is new known everywhere within seconds, at
// worst minutes; Terraform waits two minutes for it too.
const (
	maxAttempts    = 12
	backoffBase    = 200 * time.Millisecond
	backoffCap     = 10 * time.Second
	propagationFor = 2 * time.Minute
)

// tries counts what was tried for one call.
type tries struct {
	clock    Clock
	attempts int
	since    time.Time // of the first failure that time alone heals
	looked   bool      // the world was looked at again because AWS says that it is there
}

// again reports, after a wait, whether a failure is worth another attempt. An interrupted wait
// is not.
func (t *tries) again(ctx context.Context, f failure) bool {
	t.attempts++
	switch f.class {
	case transient, unanswered:
		return !f.lasting && t.attempts < maxAttempts && t.wait(ctx, t.attempts)
	case unshown:
		return t.attempts < 2 && ctx.Err() == nil // it was waited for
	case exists, tokenReused:
		if !t.looked {
			t.looked = true
			return ctx.Err() == nil
		}
		return t.propagating() && t.wait(ctx, t.attempts)
	case unpropagated, unlinked, absent:
		return t.propagating() && t.wait(ctx, t.attempts)
	}
	return false
}

// propagating reports whether what was just made may still be on its way.
func (t *tries) propagating() bool {
	if t.since.IsZero() {
		t.since = t.clock.Now()
	}
	return t.clock.Now().Sub(t.since) < propagationFor
}

// wait sleeps longer after each attempt, with jitter so that parallel calls spread.
func (t *tries) wait(ctx context.Context, attempt int) bool {
	ceiling := backoffCap
	if attempt < 7 {
		ceiling = min(ceiling, backoffBase<<attempt)
	}
	d := ceiling/2 + rand.N(ceiling/2) //nolint:gosec // jitter, not a secret
	return t.clock.Sleep(ctx, d) == nil
}
