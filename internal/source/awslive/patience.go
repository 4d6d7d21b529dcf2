package awslive

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/aws/smithy-go"

	"flowproof/internal/inventory"
)

// patience is how long a run goes on asking one account, or one service in one Region, that does
// not answer. Without it, each of ten thousand accounts would wait its turn for a Region that is
// down. A call is silent when it ended, after all its attempts, without anybody having been
// answered there since it began; limit silent calls in a row use patience up.
type patience struct {
	who            string // for the message: "account 123456789012", "ec2 in eu-west-1"
	limit          int
	again          bool // one call at a time finds out whether it answers again
	throttledIsOut bool // a call that is throttled to its end counts as silent

	mu      sync.Mutex
	answers int
	silent  int
	trying  bool
	cause   inventory.Cause // of the last silent call
}

// The limits. An account has two lists a Region, which are asked for at the same time; of a Region
// three calls have to fail, since two may be of one account.
const (
	accountPatience = 2
	regionPatience  = 3
)

// doubts is the run's patience with each service in each Region.
type doubts struct {
	mu sync.Mutex
	at map[[2]string]*patience
}

func (d *doubts) about(service, region string) *patience {
	d.mu.Lock()
	defer d.mu.Unlock()
	key := [2]string{service, region}
	p, ok := d.at[key]
	if !ok {
		p = &patience{who: service + " in " + region, limit: regionPatience, again: true}
		if d.at == nil {
			d.at = map[[2]string]*patience{}
		}
		d.at[key] = p
	}
	return p
}

// notTried is the error of a call that was not made.
type notTried struct {
	who   string
	calls int
	cause inventory.Cause
}

func (n notTried) Error() string {
	return fmt.Sprintf("not tried: %s gave no good answer to %d calls in a row, each with all its retries", n.who, n.calls)
}

// begin asks whether a call may be made. What it returns is for end.
func (p *patience) begin() (answers int, err error) {
	if p == nil {
		return 0, nil
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.silent >= p.limit {
		if !p.again || p.trying {
			return 0, notTried{p.who, p.silent, p.cause}
		}
		p.trying = true
	}
	return p.answers, nil
}

// end tells how a call that begin allowed came out.
func (p *patience) end(began int, cause inventory.Cause) {
	if p == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.trying = false
	switch {
	case cause == "", cause == inventory.Throttled && !p.throttledIsOut:
		p.answers++
		p.silent = 0
	case p.answers == began:
		p.silent++
		p.cause = cause
	}
}

// route is the way that a call takes: the account that it is made in, and the service in a Region
// that answers it. It travels in the context, since the SDK stands between those who know it and
// those who send.
type route struct {
	account  *patience
	endpoint *patience
	gate     *gate
}

type routeKey struct{}

func withRoute(ctx context.Context, r *route) context.Context {
	return context.WithValue(ctx, routeKey{}, r)
}

// routeOf is the route of a context, or one without bounds.
func routeOf(ctx context.Context) *route {
	if r, ok := ctx.Value(routeKey{}).(*route); ok {
		return r
	}
	return &route{}
}

// along makes a call on its route and under the deadline of a call.
func along[T any](ctx context.Context, call func(context.Context) (T, error)) (T, error) {
	var none T
	r := routeOf(ctx)
	if err := r.gate.queue(ctx); err != nil {
		return none, err
	}
	defer r.gate.unqueue()
	account, err := r.account.begin()
	if err != nil {
		return none, err
	}
	endpoint, err := r.endpoint.begin()
	if err != nil {
		return none, err
	}
	limited, cancel := context.WithTimeout(ctx, callDeadline)
	defer cancel()
	out, err := call(limited)
	cause := silence(ctx, err)
	r.account.end(account, cause)
	r.endpoint.end(endpoint, cause)
	return out, err
}

// silence is the cause for which a call got no good answer; none where it got one, be it a
// refusal, and none where the run ended.
func silence(run context.Context, err error) inventory.Cause {
	if err == nil || run.Err() != nil {
		return ""
	}
	cause, _ := classify(err, circumstances{run: run})
	var api smithy.APIError
	switch {
	case cause == inventory.Throttled, cause == inventory.ServerError, cause == inventory.Unreachable:
		return cause
	case cause == inventory.Incomplete && !errors.As(err, &api):
		return inventory.Unreachable // an answer that breaks off, every time
	}
	return ""
}

// gate bounds the calls of one account that are in flight at once, so that one that hangs cannot
// take every place there is. Until its first answer an account gets few.
type gate struct {
	free  chan struct{}
	first sync.Once
	// As many calls as ever have a place are begun. The others wait here, before the SDK: in its
	// depths each of them would hold a request and a large stack, which the collector walks.
	begun chan struct{}
}

// The places of an account: those it begins with, and those it has once it has answered.
const (
	firstCalls   = 2
	accountCalls = 8
)

func newGate() *gate {
	g := &gate{free: make(chan struct{}, accountCalls), begun: make(chan struct{}, accountCalls)}
	g.add(firstCalls)
	return g
}

func (g *gate) add(n int) {
	for range n {
		g.free <- struct{}{}
	}
}

// queue waits until a call may begin. Its retries are part of it.
func (g *gate) queue(ctx context.Context) error {
	if g == nil {
		return nil
	}
	select {
	case g.begun <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (g *gate) unqueue() {
	if g != nil {
		<-g.begun
	}
}

// enter waits for a place.
func (g *gate) enter(ctx context.Context) error {
	if g == nil {
		return nil
	}
	select {
	case <-g.free:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// leave gives the place back; answered says that something came back at all.
func (g *gate) leave(answered bool) {
	if g == nil {
		return
	}
	if answered {
		g.first.Do(func() { g.add(accountCalls - firstCalls) })
	}
	g.free <- struct{}{}
}
