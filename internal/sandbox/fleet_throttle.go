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
	clock   func() time.Time
	begun   time.Time
	actions map[action]int // numbers for keys

	mu           sync.Mutex
	recent, past map[tokenKey]tokenBucket
	since        time.Duration // when recent was begun
}

type action struct{ service, operation string }

// tokenKey packs account, Region and action: there are very many buckets at a time.
type tokenKey uint64

type tokenBucket struct {
	tokens float32
	at     time.Duration // when it held them, since all buckets began
}

func newTokenBuckets(clock func() time.Time, services []*service) *tokenBuckets {
	b := &tokenBuckets{clock: clock, begun: clock(), actions: make(map[action]int), recent: make(map[tokenKey]tokenBucket)}
	for _, s := range services {
		for operation := range s.operations {
			b.actions[action{s.name, operation}] = len(b.actions)
		}
	}
	return b
}

// take takes a token for a call. It reports false when there is none.
func (b *tokenBuckets) take(c *call) bool {
	size, refill, operation := float32(bucketSize), float32(bucketRefill), c.operation
	if c.service.name == "sts" { // one bucket for all of it
		size, refill, operation = stsBucketSize, stsRefill, "AssumeRole"
	}
	key := tokenKey(c.member.number)<<16 | tokenKey(c.member.region+1)<<8 | tokenKey(b.actions[action{c.service.name, operation}])
	b.mu.Lock()
	defer b.mu.Unlock()
	now := b.clock().Sub(b.begun)
	if now-b.since > bucketLife {
		b.past, b.recent, b.since = b.recent, make(map[tokenKey]tokenBucket), now
	}
	have, known := b.recent[key]
	if !known {
		if have, known = b.past[key]; !known {
			have = tokenBucket{tokens: size, at: now}
		}
	}
	have.tokens = min(size, have.tokens+float32((now-have.at).Seconds())*refill)
	have.at = now
	enough := have.tokens >= 1
	if enough {
		have.tokens--
	}
	b.recent[key] = have
	return enough
}
