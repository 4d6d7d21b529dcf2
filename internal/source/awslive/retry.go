package awslive

import (
	"bytes"
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/ratelimit"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
)

// Six throttles in a row are common where other tools read the same account. The SDK's three
// attempts give up on them and its adaptive mode takes most of a minute; twelve attempts with
// this backoff take a few seconds, and half a minute at worst.
const (
	defaultAttempts = 12
	backoffBase     = 100 * time.Millisecond
	backoffCap      = 5 * time.Second
)

// newRetryer is the SDK's standard retryer with our backoff, without its token bucket: the
// bucket is shared by all Regions, and one that throttles would take the retries of the others.
func newRetryer() (aws.Retryer, error) {
	attempts, err := maxAttempts()
	if err != nil {
		return nil, err
	}
	return retry.NewStandard(func(o *retry.StandardOptions) {
		o.MaxAttempts = attempts
		o.RateLimiter = ratelimit.None
		o.Backoff = retry.BackoffDelayerFunc(backoff)
		o.Retryables = append([]retry.IsErrorRetryable{retry.IsErrorRetryableFunc(notGiven), retry.IsErrorRetryableFunc(slowAnswer)}, append(o.Retryables, retry.IsErrorRetryableFunc(cutAnswer))...)
	}), nil
}

// backoff is full jitter under a doubling ceiling, which spreads callers best
// (AWS Architecture Blog, "Exponential Backoff And Jitter").
func backoff(attempt int, _ error) (time.Duration, error) {
	ceiling := backoffCap
	if attempt < 6 {
		ceiling = min(ceiling, backoffBase<<max(attempt, 0))
	}
	return rand.N(ceiling), nil //nolint:gosec // jitter, not a secret
}

// slowAnswer retries an attempt that ran out of its own time. The SDK takes the end of any context
// for the caller's wish to stop, which the attempt's is not; the caller's own ends the retries by itself.
func slowAnswer(err error) aws.Ternary {
	if errors.Is(err, context.DeadlineExceeded) {
		return aws.TrueTernary
	}
	return aws.UnknownTernary
}

// cutAnswer retries a read whose answer broke off in the middle; the SDK does so only for
// connections that break before the answer.
func cutAnswer(err error) aws.Ternary {
	if errors.Is(err, io.ErrUnexpectedEOF) {
		return aws.TrueTernary
	}
	return aws.UnknownTernary
}

// callCounter is the one way out: it counts requests and bounds those in flight, from sending
// to the end of the answer's body.
type callCounter struct {
	client    aws.HTTPClient
	calls     atomic.Int64
	throttles atomic.Int64
	free      chan struct{}
}

// Do implements aws.HTTPClient. One attempt waits for a place among its account's calls, then for
// one among all, and then has attemptDeadline until the end of its answer.
func (c *callCounter) Do(req *http.Request) (*http.Response, error) {
	gate := routeOf(req.Context()).gate
	if err := gate.enter(req.Context()); err != nil {
		return nil, err
	}
	select {
	case c.free <- struct{}{}:
	case <-req.Context().Done():
		gate.leave(false)
		return nil, req.Context().Err()
	}
	c.calls.Add(1)
	ctx, cancel := context.WithTimeout(req.Context(), attemptDeadline)
	flight := &flight{counter: c, gate: gate, cancel: cancel}
	if err := wholeBody(req); err != nil {
		flight.end(false)
		return nil, err
	}
	resp, err := c.client.Do(req.WithContext(ctx))
	if err != nil || resp.Body == nil {
		flight.end(err == nil)
		return resp, err
	}
	flight.ReadCloser = resp.Body
	resp.Body = flight
	return resp, nil
}

// wholeBody gives a request a body in one piece. The SDK's own (smithy-go 1.28.9) answers io.EOF
// once it is closed, and net/http takes that for a failed write when a server answers fast: it closes
// the connection in the middle of the answer, and the call is sent twice. Bodies of reads are small.
func wholeBody(req *http.Request) error {
	if req.Body == nil || req.Body == http.NoBody {
		return nil
	}
	body, err := io.ReadAll(req.Body)
	if err := errors.Join(err, req.Body.Close()); err != nil {
		return err
	}
	req.Body = io.NopCloser(bytes.NewReader(body))
	return nil
}

// flight is one attempt on its way, and the body of its answer: to close it gives the places back.
type flight struct {
	io.ReadCloser
	counter *callCounter
	gate    *gate
	cancel  context.CancelFunc
	ended   atomic.Bool
}

func (f *flight) end(answered bool) {
	if f.ended.Swap(true) {
		return
	}
	f.cancel()
	<-f.counter.free
	f.gate.leave(answered)
}

// Close implements io.Closer.
func (f *flight) Close() error {
	defer f.end(true)
	return f.ReadCloser.Close()
}

// throttleCounter counts the attempts that AWS refused for coming too fast, by the SDK's own list
// of codes. The SDK asks it once about every attempt that failed.
type throttleCounter struct {
	aws.RetryerV2
	throttles *atomic.Int64
}

// IsErrorRetryable implements aws.Retryer.
func (t throttleCounter) IsErrorRetryable(err error) bool {
	if retry.IsErrorThrottles(retry.DefaultThrottles).IsErrorThrottle(err) == aws.TrueTernary {
		t.throttles.Add(1)
	}
	return t.RetryerV2.IsErrorRetryable(err)
}

// counting gives retryers of the same kind that count throttles.
func (c *callCounter) counting(plain func() aws.Retryer) func() aws.Retryer {
	return func() aws.Retryer {
		retryer := plain()
		v2, ok := retryer.(aws.RetryerV2)
		if !ok {
			return retryer
		}
		return throttleCounter{RetryerV2: v2, throttles: &c.throttles}
	}
}
