package awslive

import (
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	"flowproof/internal/awscall"
	"flowproof/internal/inventory"
)

// Bounds on looking for arrivals. A look costs one call for each distinct log group, and one or two
// for each flow log that delivers to a bucket, unless nothing arrived lately; of a Firehose stream
// one for the flow log that alone delivers to it.
const (
	streamPages  = 20   // of a log group, 50 streams each
	foldersLists = 48   // of a bucket, for one flow log: a day each, or an hour
	looksAtOnce  = 8    // destinations of one scope
	streamsRead  = 3    // of a flow log, when records are asked for
	eventsRead   = 1000 // of a stream, then
)

// lateness is how late what tells of arrivals may be. CloudWatch Logs gives a stream's newest event
// after an hour as a rule and rarely later (API reference, LogStream); delivery to S3 is within
// minutes, and best effort (VPC user guide). Of the last two hours nobody can say that nothing came.
const lateness = 2 * time.Hour

// defaultWindow is how far back arrivals are looked for where nobody says.
const defaultWindow = 24 * time.Hour

// search is one search of one scope: it fills the inventory's lists from several goroutines.
type search struct {
	named  *named
	chosen func(inventory.FlowLog) bool // nil for all
	inv    *inventory.Inventory
	edges  edges

	mu     sync.Mutex
	failed []missed
}

// missed is a call that kept something from being looked at.
type missed struct {
	kind     inventory.Kind
	resource string // a destination; of records the flow log
	place    string // in front of the message: which flow log and file or stream, of records; hostile
	failure
}

// edges are those of the window that is searched: from when, until when a record would be seen, and now.
type edges struct{ since, until, now time.Time }

// readArrivals looks for what the flow logs of a scope have delivered, once they and the interfaces
// are known. A destination that cannot be looked at says nothing about the others.
func (s *Source) readArrivals(ctx context.Context, a *account, inv *inventory.Inventory) {
	if !slices.Contains(inv.Kinds, inventory.Arriving) {
		return
	}
	inv.Normalize() // what absence means is filled in
	k := &search{named: a.byName(), chosen: s.chosen, inv: inv}
	k.edges = edges{since: inv.ReadAt.Add(-k.named.window), until: inv.ReadAt.Add(-lateness), now: inv.ReadAt}
	var running sync.WaitGroup
	running.Go(func() { k.searchGroups(withRoute(ctx, a.route(s.doubts.about("logs", inv.Region)))) })
	running.Go(func() { k.searchBuckets(withRoute(ctx, a.route(nil))) })
	running.Go(func() { k.searchStreams(withRoute(ctx, a.route(nil))) })
	running.Wait()
	for _, f := range k.failed {
		cause, message := classify(f.err, s.circumstances(ctx, a, inv.Region, f.err))
		inv.Gaps = append(inv.Gaps, inventory.Gap{Kind: f.kind, API: awscall.API(f.err, f.api), Cause: cause, Message: f.place + message, Resource: f.resource})
	}
}

// within is a time as proof: one that lies ahead, as anybody may write it, counts as now. ok is false
// before the window.
func (e edges) within(at time.Time) (time.Time, bool) {
	if at.After(e.now) {
		at = e.now
	}
	return at.UTC(), !at.Before(e.since)
}

func (k *search) look(l inventory.FlowLog, blind string) inventory.Look {
	return inventory.Look{FlowLog: l.ID, Since: k.edges.since, Until: k.edges.until, Blind: blind}
}

// add puts what was found of a flow log into the inventory.
func (k *search) add(arrivals []inventory.Arrival, look inventory.Look) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.inv.Arrivals = append(k.inv.Arrivals, arrivals...)
	k.inv.Looks = append(k.inv.Looks, look)
}

// fail notes that something at the destination of a flow log could not be read. Flow logs that
// share the destination share the gap.
func (k *search) fail(l inventory.FlowLog, api string, err error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.failed = append(k.failed, missed{inventory.Arriving, l.DestinationName(), "", failure{api, err}})
}

// logsTo are the flow logs to look after, of one type of destination: those that are switched on. One
// that fails may have delivered until then.
func (k *search) logsTo(destination string) []inventory.FlowLog {
	var logs []inventory.FlowLog
	for _, l := range k.inv.FlowLogs {
		if l.ID != "" && l.Active() && l.DestinationType == destination {
			logs = append(logs, l)
		}
	}
	return logs
}

// eachAtOnce does something with each item, several at a time, and waits for all.
func eachAtOnce[T any](ctx context.Context, items []T, do func(context.Context, T)) {
	var running sync.WaitGroup
	free := make(chan struct{}, looksAtOnce)
	for _, item := range items {
		free <- struct{}{}
		running.Go(func() {
			defer func() { <-free }()
			do(ctx, item)
		})
	}
	running.Wait()
}

// newestFirst orders arrivals of one flow log.
func newestFirst(arrivals []inventory.Arrival) {
	slices.SortFunc(arrivals, func(a, b inventory.Arrival) int {
		if c := b.Newest.Compare(a.Newest); c != 0 {
			return c
		}
		return strings.Compare(a.Interface, b.Interface)
	})
}
