package awslive

import (
	"context"
	"errors"
)

// central are the accounts that buckets of many others belong to, such as a log archive: what only
// their owner can say of such a bucket is asked there, once in a run over however many accounts.
type central struct {
	accounts []*account // known once the run has begun
	read     memo[settings]
}

// settings reads a bucket if one of the accounts owns it; it says nothing of others. An error says
// that one of them could not be asked, and that none of the rest owns it.
func (c *central) settings(ctx context.Context, name string) (settings, error) {
	if c == nil {
		return settings{}, nil
	}
	return c.read.of(ctx, name, func() (settings, error) {
		var failed error
		for _, a := range c.accounts {
			read, err := a.byName().ownSettings(withRoute(ctx, a.route(nil)), a.id, name)
			if err == nil && read.bucket != nil && read.bucket.Owned {
				return read, nil
			}
			failed = errors.Join(failed, err)
		}
		return settings{}, failed
	})
}
