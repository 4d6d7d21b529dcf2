// Package scan is a run: it collects scopes from a source, judges each by the rules, settles
// what only the whole run can know, and emits the one stream. It prints nothing and chooses
// nothing: source, rules and readers are handed to it.
package scan

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"flowproof/internal/event"
	"flowproof/internal/finding"
	"flowproof/internal/inventory"
	"flowproof/internal/rule"
)

// Source gives facts. Implementations are in internal/source.
type Source interface {
	// Discover calls found for every scope that the run should account for, from one
	// goroutine and in any order. An error means that nothing can be known at all; what it
	// could not find out about part of the account is a target with a gap.
	Discover(ctx context.Context, found func(inventory.Target) error) error

	// Read reads kinds of one scope. It never fails: what cannot be read is a gap, and that
	// includes everything that a cancelled context kept from being read. It may be called
	// from several goroutines.
	Read(ctx context.Context, t inventory.Target, kinds []inventory.Kind) inventory.Inventory

	// Calls is the number of API requests sent so far, retries included.
	Calls() int64

	// Throttles is how many of them AWS refused for coming too fast.
	Throttles() int64

	// Accounts is how many accounts are known to be there: it grows while they are listed,
	// ahead of their scopes. 0 where nobody counts.
	Accounts() int
}

// Options is everything that a run depends on.
type Options struct {
	Source  Source
	Rules   []rule.Rule
	Kinds   []inventory.Kind // to be read beside what the rules need
	Policy  rule.Policy
	Run     event.Run                       // opens the stream
	Spool   *event.Spool                    // takes the stream, gives it back in order
	Live    []event.Handler                 // read the stream as it comes
	Keep    func(inventory.Inventory) error // is handed every inventory; nil keeps none
	Review  Review                          // may mark findings; nil marks none
	Status  func(event.Summary) int         // the exit status that the summary announces
	Now     func() time.Time                // the clock of the summary
	Workers int                             // scopes read at once
	MaxAge  time.Duration                   // what the spool's checkpoint has read whole within it is not read again
}

// Review marks findings by what somebody decided about them. It is called from one goroutine.
type Review interface {
	// Findings is handed those of each scope before they are emitted, with what they rest on.
	Findings(inv *inventory.Inventory, found []finding.Finding)
	// Summary is handed the run's summary before its exit status is decided.
	Summary(*event.Summary)
}

// progressEvery is how often a run says how far it has come, whether or not a scope ended:
// an account that is being throttled should not look dead.
const progressEvery = 250 * time.Millisecond

// kindsOf are the kinds that a run reads, each once.
func kindsOf(o Options) []inventory.Kind {
	kinds := rule.Needs(o.Rules, o.Policy)
	for _, k := range o.Kinds {
		if !slices.Contains(kinds, k) {
			kinds = append(kinds, k)
		}
	}
	return kinds
}

// Run reads, judges and emits until every scope is accounted for. A cancelled context does not
// end it early: what was not read by then becomes gaps, and the summary still comes. The error
// is that of discovery or of a reader.
func Run(ctx context.Context, o Options) (event.Summary, error) {
	r := &run{
		Options: o, summary: event.NewSummary(), tally: tally{left: map[accountKey]int{}},
		kinds: kindsOf(o), since: o.Now().Add(-o.MaxAge),
	}
	if err := r.emit(event.Event{Type: event.TypeRun, Run: &o.Run}); err != nil {
		return r.summary, err
	}
	if err := r.collect(ctx); err != nil {
		return r.summary, err
	}
	if err := r.settle(); err != nil {
		return r.summary, err
	}
	return r.summary, r.close()
}

// run is the state of one Run. Only the collecting goroutine touches it, but for the tally.
type run struct {
	Options
	summary event.Summary
	tally   tally
	kinds   []inventory.Kind // read of each scope
	shown   event.Progress   // the last one emitted
	since   time.Time        // what was read before is read again
}

// result is one scope, read and judged.
type result struct {
	target    inventory.Target // as it was discovered
	inventory inventory.Inventory
	findings  []finding.Finding
}

// collect is the pipeline: one goroutine discovers, Workers read and judge, this one emits. No
// stage holds more than the scopes in flight.
func (r *run) collect(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	targets := make(chan inventory.Target)
	results := make(chan result)
	discovery := make(chan error, 1)

	go func() {
		defer close(targets)
		discovery <- r.Source.Discover(ctx, func(t inventory.Target) error {
			r.tally.found(t)
			targets <- t
			return nil
		})
	}()
	var workers sync.WaitGroup
	for range max(r.Workers, 1) {
		workers.Go(func() {
			for t := range targets {
				results <- r.read(ctx, t)
			}
		})
	}
	go func() {
		workers.Wait()
		close(results)
	}()

	emitted := r.emitResults(results, cancel)
	return errors.Join(<-discovery, emitted)
}

// read reads one scope and judges what was read. Rows that are not expected to be read, and
// those of which discovery already knows that nothing can be, cost no call.
func (r *run) read(ctx context.Context, t inventory.Target) result {
	kinds := slices.Clone(r.kinds) // an inventory's own, to put in order
	inv := inventory.Inventory{Target: t, Kinds: kinds, ReadAt: r.Now()}
	if t.Absent != inventory.Present {
		return result{target: t, inventory: inv}
	}
	if saved, ok := r.Spool.Saved(t.Scope, r.since); ok {
		inv = saved
	} else if len(t.Gaps) == 0 {
		inv = r.Source.Read(ctx, t, kinds)
	}
	return result{target: t, inventory: inv, findings: rule.Judge(r.Rules, &inv, r.Policy)}
}

// emitResults turns results into events until there are no more. When a reader of the stream
// fails, it cancels the run and drains what is in flight.
func (r *run) emitResults(results <-chan result, cancel func()) error {
	tick := time.NewTicker(progressEvery)
	defer tick.Stop()
	var failed error
	for {
		select {
		case res, more := <-results:
			if !more {
				return failed
			}
			if failed != nil {
				continue
			}
			if failed = r.emitScope(res); failed != nil {
				cancel()
			}
		case <-tick.C:
			if failed == nil {
				failed = r.emitProgress()
			}
		}
	}
}

// emitScope emits one block, and keeps back the findings that wait for another scope. When it
// returns, the spool has the block whole.
func (r *run) emitScope(res result) error {
	inv := &res.inventory
	if r.Keep != nil {
		if err := r.Keep(*inv); err != nil {
			return err
		}
	}
	if r.Review != nil {
		r.Review.Findings(inv, res.findings)
	}
	if err := r.emitRow(inv); err != nil {
		return err
	}
	if r.Spool.Keeps() && inv.Status() == inventory.StatusRead { // anything less is worth another try
		r.Spool.Facts(*inv)
	}
	for _, f := range res.findings {
		if f.Resource.Owner != f.Resource.Account {
			r.Spool.Wait(f)
		} else if err := r.emitFinding(f); err != nil {
			return err
		}
	}
	if err := r.Spool.EndBlock(); err != nil {
		return err
	}
	r.tally.settled(res.target)
	return r.emitProgress()
}

// emitRow emits a scope's gaps and its row of the ledger.
func (r *run) emitRow(inv *inventory.Inventory) error {
	row := event.Scope{
		Scope: inv.Scope, Status: inv.Status(), Assumed: inv.Assumed,
		VPCs: len(inv.VPCs), Gaps: append([]inventory.Gap{}, inv.Gaps...),
	}
	r.summary.AddScope(row)
	r.countVPCs(inv)
	for _, g := range inv.Gaps {
		if err := r.emit(event.Event{Type: event.TypeGap, Gap: &event.Gap{Scope: inv.Scope, Gap: g}}); err != nil {
			return err
		}
	}
	return r.emit(event.Event{Type: event.TypeScope, Scope: &row})
}

// countVPCs counts the account's own VPCs by assurance; shared ones are counted when they
// are settled.
func (r *run) countVPCs(inv *inventory.Inventory) {
	for _, v := range inv.VPCs {
		if v.Shared(inv.Scope) {
			continue
		}
		r.summary.VPCs[cmp.Or(string(rule.Assurance(inv, v, r.Policy)), event.VPCsUnknown)]++
	}
}

func (r *run) emitFinding(f finding.Finding) error {
	r.summary.AddFinding(f)
	return r.emit(event.Event{Type: event.TypeFinding, Finding: &f})
}

func (r *run) emitProgress() error {
	accounts, done, expected := r.tally.counts()
	r.shown = event.Progress{
		Accounts: max(accounts, r.shown.Accounts), // more may be found of one that seemed done
		Listed:   max(r.Source.Accounts(), r.tally.size()),
		Done:     done, Expected: expected,
		Calls: r.Source.Calls(), Throttles: r.Source.Throttles(), Gaps: r.summary.Gaps,
	}
	now := r.shown
	return r.emit(event.Event{Type: event.TypeProgress, Progress: &now})
}

// close emits the summary.
func (r *run) close() error {
	r.summary.Calls = r.Source.Calls()
	r.summary.Finished = r.Now()
	if r.Review != nil {
		r.Review.Summary(&r.summary)
	}
	r.summary.ExitStatus = r.Status(r.summary)
	return r.emit(event.Event{Type: event.TypeSummary, Summary: &r.summary})
}

func (r *run) emit(e event.Event) error {
	if e.Type != event.TypeProgress {
		if err := r.Spool.Handle(e); err != nil {
			return err
		}
	}
	return event.Tee(r.Live).Handle(e)
}
