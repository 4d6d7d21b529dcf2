package sandbox

import (
	"sync"
	"time"
)

// The bucket of a non-mutating EC2 call, for each account, Region and action (EC2 developer guide,
// request throttling), and that of STS, for each account and Region (IAM quotas). Those of
// Organizations and Account Management are not published as such; EC2's stand in.
const (
	bucketSize    = 100
	bucketRefill  = 20 // a second
	stsBucketSize = 600
	stsRefill     = 600
)

// bucketLife is how long the emptiest bucket takes to be full again.
const bucketLife = bucketSize * time.Second / bucketRefill

// tokenBuckets are token buckets, computed when they are asked for. A bucket that is full
// again is the same as one that was never used, so those that nobody asked for during
// bucketLife are forgotten: what is held follows the calls a second, not the accounts.
type tokenBuckets struct {
	clock func() time.Time

	mu           sync.Mutex
	recent, past map[tokenKey]tokenBucket
	since        time.Time // when recent was begun
}

type tokenKey struct {
	account         int
	region, service string
	operation       string
}

type tokenBucket struct {
	tokens float64
	at     time.Time // when it held them
}

func newTokenBuckets(clock func() time.Time) *tokenBuckets {
	return &tokenBuckets{clock: clock, since: clock(), recent: make(map[tokenKey]tokenBucket)}
}

// take takes a token for a call. It reports false when there is none.
func (b *tokenBuckets) take(c *call) bool {
	key := tokenKey{c.member.number, c.region.name, c.service.name, c.operation}
	size, refill := float64(bucketSize), float64(bucketRefill)
	if c.service.name == "sts" {
		size, refill, key.operation = stsBucketSize, stsRefill, ""
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	now := b.clock()
	if now.Sub(b.since) > bucketLife {
		b.past, b.recent, b.since = b.recent, make(map[tokenKey]tokenBucket, len(b.recent)), now
	}
	have, known := b.recent[key]
	if !known {
		if have, known = b.past[key]; !known {
			have = tokenBucket{tokens: size, at: now}
		}
	}
	have.tokens = min(size, have.tokens+now.Sub(have.at).Seconds()*refill)
	have.at = now
	enough := have.tokens >= 1
	if enough {
		have.tokens--
	}
	b.recent[key] = have
	return enough
}
