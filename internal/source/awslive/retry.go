package awslive

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"net/http"
	"sync"
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
		o.Retryables = append(o.Retryables, retry.IsErrorRetryableFunc(cutAnswer))
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

// Do implements aws.HTTPClient.
func (c *callCounter) Do(req *http.Request) (*http.Response, error) {
	select {
	case c.free <- struct{}{}:
	case <-req.Context().Done():
		return nil, req.Context().Err()
	}
	c.calls.Add(1)
	if err := wholeBody(req); err != nil {
		<-c.free
		return nil, err
	}
	resp, err := c.client.Do(req)
	if err != nil || resp.Body == nil {
		<-c.free
		return resp, err
	}
	resp.Body = &releasingBody{ReadCloser: resp.Body, release: sync.OnceFunc(func() { <-c.free })}
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

type releasingBody struct {
	io.ReadCloser
	release func()
}

func (b *releasingBody) Close() error {
	defer b.release()
	return b.ReadCloser.Close()
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

// counting is make with its throttles counted.
func (c *callCounter) counting(make func() aws.Retryer) func() aws.Retryer {
	return func() aws.Retryer {
		retryer := make()
		v2, ok := retryer.(aws.RetryerV2)
		if !ok {
			return retryer
		}
		return throttleCounter{RetryerV2: v2, throttles: &c.throttles}
	}
}
