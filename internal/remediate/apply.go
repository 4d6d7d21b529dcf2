package remediate

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"
)

// Apply carries out a plan. It can be interrupted or killed at any point: run again with the same
// journal it comes to the same end, with nothing made twice.
type Apply struct {
	Plan        Plan
	Journal     *Journal
	Writer      Writer
	Reader      Reader
	Clock       Clock
	AtOnce      int            // changes at once; one at least
	MaxFailures int            // begin nothing more after so many failed steps; 0 for no limit
	Progress    func(Progress) // may be nil; called from one goroutine
}

// Progress says how far a run has come.
type Progress struct {
	Total   int           // steps
	Settled int           // of them, whatever came of them
	Failed  int           // of those, the ones that are not as wanted
	Left    time.Duration // an estimate from the pace so far; zero while there is none
}

// Report is what came of a run.
type Report struct {
	Results     []Result // in the plan's order for apply, newest first for rollback
	Stopped     string   // why the run began nothing more; empty when it came to its end
	Interrupted bool     // by the user
	Problems    []string // what is left wrong beside the steps
}

// Reached reports whether everything is as the plan wants it.
func (r Report) Reached() bool {
	return len(r.Problems) == 0 && !slices.ContainsFunc(r.Results, func(s Result) bool { return !s.Outcome.reached() })
}

// TakenBack reports whether nothing of the plan is left.
func (r Report) TakenBack() bool {
	return len(r.Problems) == 0 && !slices.ContainsFunc(r.Results, func(s Result) bool { return !s.Outcome.takenBack() })
}

// HoldingData are the log groups that rollback kept for the records in them alone, each once.
func (r Report) HoldingData() []string {
	var groups []string
	for _, s := range r.Results {
		if s.holdsData && !slices.Contains(groups, s.Resource) {
			groups = append(groups, s.Resource)
		}
	}
	return groups
}

// Resumable reports whether running again may come further with nothing else changed: not where all that
// is left was kept.
func (r Report) Resumable() bool {
	return r.Interrupted || len(r.Problems) > 0 || slices.ContainsFunc(r.Results, func(s Result) bool {
		return !s.Outcome.takenBack() && s.Outcome != Kept
	})
}

// Count counts the results by outcome.
func (r Report) Count() map[Outcome]int {
	count := map[Outcome]int{}
	for _, s := range r.Results {
		count[s.Outcome]++
	}
	return count
}

// Run applies the plan. Cancelling the context ends it after the requests that are on their way.
// The error is that of a journal that can no longer be written: what was reached is in the
// report all the same.
func (a Apply) Run(ctx context.Context) (Report, error) {
	r := a.begin()
	err := r.finishWatching(ctx)
	if err == nil {
		err = r.calls(ctx)
	}
	return r.report(ctx), err
}

// applyRun is the state of one Run.
type applyRun struct {
	Apply
	history History
	started time.Time

	mu       sync.Mutex
	results  map[string]Result  // by step id
	settled  int                // in this run
	refused  map[string]failure // requests that AWS refuses this caller: by operation, account and Region
	stopped  string
	problems []string
	buckets  map[string]*sync.Mutex // one request at a time to each bucket
}

// begin takes over what earlier runs reached.
func (a Apply) begin() *applyRun {
	r := &applyRun{
		Apply: a, history: a.Journal.History(), started: a.Clock.Now(),
		results: map[string]Result{}, refused: map[string]failure{}, buckets: map[string]*sync.Mutex{},
	}
	r.recall()
	return r
}

// recall takes over what earlier runs reached.
func (r *applyRun) recall() {
	for _, s := range r.Plan.Steps {
		if h, ok := r.history.steps[s.ID]; ok && h.outcome.reached() {
			result := resultOf(s, h.outcome)
			result.Earlier, result.Made = true, h.made
			r.results[s.ID] = result
		}
	}
}

// finishWatching looks at the buckets that an earlier run was killed before looking at.
func (r *applyRun) finishWatching(ctx context.Context) error {
	for _, call := range slices.Sorted(maps.Keys(r.history.calls)) {
		if intent := r.history.calls[call].unwatched; intent != nil {
			if err := r.watch(ctx, *intent); err != nil {
				return err
			}
		}
	}
	return nil
}

// calls runs every request of the plan, each as soon as the steps that it needs are settled.
func (r *applyRun) calls(ctx context.Context) error {
	waiting := r.Plan.Calls()
	finished := make(chan error)
	running := 0
	var failed error
	for {
		waiting = slices.DeleteFunc(waiting, func(call []Step) bool {
			if failed != nil || running >= max(r.AtOnce, 1) || !r.ready(call) {
				return false
			}
			running++
			go func() { finished <- r.call(ctx, call) }()
			return true
		})
		if running == 0 {
			return failed
		}
		err := <-finished
		running--
		failed = errors.Join(failed, err)
		r.tell()
	}
}

// ready reports whether everything that a call comes after is settled.
func (r *applyRun) ready(call []Step) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, s := range call {
		for _, id := range s.After {
			if _, settled := r.results[id]; !settled {
				return false
			}
		}
	}
	return true
}

// blockedBy names the step that keeps another from being done.
func (r *applyRun) blockedBy(s Step) (string, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, id := range s.After {
		if !r.results[id].Outcome.reached() {
			return id, true
		}
	}
	return "", false
}

// stop says why nothing more may be begun in an account and Region with an operation; empty
// when it may.
func (r *applyRun) stop(ctx context.Context, s Step) string {
	if ctx.Err() != nil {
		return interrupted
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.stopped != "" {
		return r.stopped
	}
	if f, ok := r.refused[operationKey(s)]; ok {
		return fmt.Sprintf("%s:%s is refused here: %s", s.API.Service, s.API.Operation, f.textFor(s.Action))
	}
	return ""
}

// interrupted is why a step was not begun.
const interrupted = "interrupted before it"

func operationKey(s Step) string {
	return s.API.Service + ":" + s.API.Operation + " " + s.Account + "/" + s.Region
}

// settle writes down what became of steps, and counts failures.
func (r *applyRun) settle(results ...Result) error {
	var records []Record
	for _, res := range results {
		if res.Outcome == NotSent || res.Outcome == Blocked {
			continue // nothing was found out about it
		}
		detail := res.Detail
		if res.Expected != "" {
			detail = fmt.Sprintf("expected %s; found %s", res.Expected, res.Found)
		}
		records = append(records, Record{Type: RecordStep, Step: &Settled{
			Command: CommandApply, Step: res.Step, Outcome: res.Outcome, Ours: res.ours, Made: res.Made, Detail: detail,
		}})
	}
	if len(records) > 0 {
		if err := r.Journal.append(records...); err != nil {
			return err
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, res := range results {
		r.results[res.Step] = res
		r.settled++
	}
	if n := r.failures(); r.MaxFailures > 0 && n >= r.MaxFailures && r.stopped == "" {
		r.stopped = fmt.Sprintf("stopped after %d failed steps (--max-failures)", n)
	}
	return nil
}

// failures counts the steps that went wrong by themselves. The lock is held.
func (r *applyRun) failures() int {
	n := 0
	for _, res := range r.results {
		switch res.Outcome {
		case Moved, Denied, Limited, Failed, Unknown:
			n++
		}
	}
	return n
}

// isOurs reports whether a step was done by this plan, in this run or an earlier one.
func (r *applyRun) isOurs(id string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	res, ok := r.results[id]
	return ok && res.Outcome.reached() && (res.ours || res.Earlier && r.history.Ours(id))
}

func (r *applyRun) tell() {
	if r.Progress == nil {
		return
	}
	r.mu.Lock()
	p := Progress{Total: len(r.Plan.Steps), Settled: len(r.results), Failed: r.failures()}
	if r.settled > 0 {
		p.Left = r.Clock.Now().Sub(r.started) / time.Duration(r.settled) * time.Duration(p.Total-p.Settled)
	}
	r.mu.Unlock()
	r.Progress(p)
}

// report puts the results in the plan's order. A step without one was not begun.
func (r *applyRun) report(ctx context.Context) Report {
	r.mu.Lock()
	defer r.mu.Unlock()
	out := Report{Stopped: r.stopped, Interrupted: ctx.Err() != nil, Problems: r.problems}
	for _, s := range r.Plan.Steps {
		res, ok := r.results[s.ID]
		if !ok {
			res = resultOf(s, NotSent)
			res.Detail = "the run ended before it"
		}
		out.Results = append(out.Results, res)
	}
	return out
}
