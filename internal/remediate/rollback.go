package remediate

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// Rollback takes a plan back: the inverses of what its journal says was done, newest first. It
// touches only what flowproof made or wrote, what still says so, and what nobody has changed
// since; everything else is kept, and the report says why.
type Rollback struct {
	Plan       Plan
	Journal    *Journal
	Writer     Writer
	Reader     Reader
	Clock      Clock
	DeleteData []string       // log groups that may be deleted with the records they hold
	Progress   func(Progress) // may be nil
}

// deletesAtOnce is the most flow logs that one DeleteFlowLogs takes (API reference).
const deletesAtOnce = 1000

// Run takes the plan back. Cancelling the context ends it after the request that is on its way.
// The error is that of a journal that can no longer be written.
func (b Rollback) Run(ctx context.Context) (Report, error) {
	r := &rollbackRun{Rollback: b, started: b.Clock.Now(), inverses: map[string]*Inverse{}, noWay: map[string]error{}}
	for _, s := range b.Plan.Steps {
		r.inverses[s.ID], r.noWay[s.ID] = b.Plan.inverseOf(s)
	}
	if err := r.adopt(ctx); err != nil {
		return Report{}, err
	}
	todo := r.newestFirst()
	r.total = len(todo)
	for len(todo) > 0 && ctx.Err() == nil {
		together := batch(todo)
		if err := r.takeBack(ctx, todo[:together]); err != nil {
			return r.report(ctx, todo), err
		}
		if ctx.Err() == nil {
			todo = todo[together:]
		}
		r.tell()
	}
	if ctx.Err() == nil {
		if err := r.takeAlong(); err != nil {
			return r.report(ctx, todo), err
		}
	}
	return r.report(ctx, todo), nil
}

// rollbackRun is the state of one Run.
type rollbackRun struct {
	Rollback
	history  History
	started  time.Time
	total    int
	inverses map[string]*Inverse // by step id; nil for what goes with another step
	noWay    map[string]error    // why a step has none that could be derived
	results  []Result
	problems []string
}

// adopt finds out what became of requests that an apply was killed in the middle of. What is new can
// take a while to be shown, so requests of the last two minutes are waited for.
func (r *rollbackRun) adopt(ctx context.Context) error {
	apply := Apply{Plan: r.Plan, Journal: r.Journal, Writer: r.Writer, Reader: r.Reader, Clock: r.Clock}.begin()
	if err := apply.finishWatching(ctx); err != nil {
		return err
	}
	r.problems = apply.problems
	doubt := apply.history.inDoubt(r.Plan)
	for _, call := range slices.Sorted(maps.Keys(doubt)) {
		wait := tries{clock: r.Clock, since: apply.history.calls[call].at}
		open, unread, err := watchFor(ctx, wait, doubt[call], apply.lookBack)
		if err != nil {
			return err
		}
		r.history = r.Journal.History()
		for _, s := range open {
			r.stillInDoubt(ctx, s, unread)
		}
	}
	r.history = r.Journal.History()
	return nil
}

// stillInDoubt notes a step that may have been done, and is not as it would be then: where it could not
// be looked at, or is neither as it was before. Otherwise there is nothing to take back.
func (r *rollbackRun) stillInDoubt(ctx context.Context, s Step, unread error) {
	res := resultOf(s, Unknown)
	if unread == nil && r.inverses[s.ID] != nil && s.Action != CreateFlowLog {
		found, err := (&remains{run: r}).of(ctx, s, []Step{s})
		if err == nil && found.gone {
			return
		}
		if unread = err; err == nil {
			res.Outcome, res.Detail = Kept, "it was sent, and is neither as it was before nor as the plan wanted it: "+found.keep
		}
	}
	if unread != nil {
		res.Detail = "it was sent, and whether it was done could not be looked at: " + unread.Error()
	}
	if res.Detail != "" {
		r.results = append(r.results, res)
	}
}

// newestFirst gives the steps that flowproof did and that have a way back, newest first.
func (r *rollbackRun) newestFirst() []Step {
	byStep := map[string]Step{}
	for _, s := range r.Plan.Steps {
		byStep[s.ID] = s
	}
	var steps []Step
	for _, id := range slices.Backward(r.history.order) {
		if s, ok := byStep[id]; ok && r.history.Ours(id) && (r.inverses[id] != nil || r.noWay[id] != nil) {
			steps = append(steps, s)
		}
	}
	return steps
}

// batch is how many of the first steps go out in one request: flow logs of one Region together.
func batch(steps []Step) int {
	n := 1
	for n < len(steps) && n < deletesAtOnce && steps[n].Action == CreateFlowLog && sameCall(steps[0], steps[n]) {
		n++
	}
	return n
}

// takeBack looks at what steps made, and takes back what may be.
func (r *rollbackRun) takeBack(ctx context.Context, steps []Step) error {
	attempt := tries{clock: r.Clock}
	for len(steps) > 0 {
		sound, err := r.sound(ctx, steps)
		if err != nil || len(sound) == 0 || ctx.Err() != nil {
			return err
		}
		failed, err := r.send(ctx, sound)
		if err != nil || len(failed) == 0 {
			return err
		}
		steps = nil
		for _, f := range failed {
			switch f.why.class {
			case transient, unanswered:
				steps = append(steps, f.step)
				continue
			}
			if err := r.settle(failedResult(f.step, f.why, 1)); err != nil {
				return err
			}
		}
		if len(steps) > 0 && !attempt.again(ctx, failed[0].why) {
			return r.giveUp(ctx, steps, failed[0].why, attempt.attempts)
		}
	}
	return nil
}

// sound settles the steps whose result is gone or has to be kept, and gives the others. A look right
// after an apply may see what was there before it, so what was done in the last two minutes is
// looked at until the time is over.
func (r *rollbackRun) sound(ctx context.Context, steps []Step) ([]Step, error) {
	var sound []Step
	for len(steps) > 0 && ctx.Err() == nil {
		seen := &remains{run: r}
		var again []Step
		for _, s := range steps {
			if why, ok := r.held(s); ok {
				if err := r.settle(why); err != nil {
					return nil, err
				}
				continue
			}
			found, err := seen.of(ctx, s, steps)
			if err == nil && !found.gone && found.keep == "" {
				sound = append(sound, s)
				continue
			}
			if err == nil && found.late && r.fresh(s) > 0 {
				again = append(again, s)
				continue
			}
			if ctx.Err() != nil {
				return sound, nil
			}
			if err := r.settle(r.leave(s, found, err)); err != nil {
				return nil, err
			}
		}
		if steps = again; len(steps) > 0 && r.Clock.Sleep(ctx, min(r.fresh(steps[0]), backoffCap)) != nil {
			break
		}
	}
	return sound, nil
}

// held gives the result of a step that is not looked at: the plan does not say what there was before it,
// or a step that needs it is not taken back, and would no longer work without it.
func (r *rollbackRun) held(s Step) (Result, bool) {
	if err := r.noWay[s.ID]; err != nil {
		res := resultOf(s, Kept)
		res.Detail = err.Error()
		return res, true
	}
	for _, res := range r.results {
		if res.Outcome.takenBack() || !r.needs(res.Step, s.ID) {
			continue
		}
		held := resultOf(s, Blocked)
		held.Detail = res.Step + " needs it, and is not taken back: " + res.Detail
		if res.Outcome == Kept {
			held.Outcome = Kept
		}
		return held, true
	}
	return Result{}, false
}

// needs reports whether a step of the plan, which is taken back by itself, comes after another.
func (r *rollbackRun) needs(id, other string) bool {
	return r.inverses[id] != nil && slices.ContainsFunc(r.Plan.Steps, func(s Step) bool {
		return s.ID == id && slices.Contains(s.After, other)
	})
}

// fresh is how much longer reads may not show what a step did.
func (r *rollbackRun) fresh(s Step) time.Duration {
	return r.history.steps[s.ID].at.Add(propagationFor).Sub(r.Clock.Now())
}

// leave is the result of a step that is not taken back.
func (r *rollbackRun) leave(s Step, found remain, err error) Result {
	res := resultOf(s, Kept)
	res.Made = r.history.Made(s.ID)
	switch {
	case err != nil:
		res.Outcome, res.Detail = unreadableOutcome(err), "could not be looked at, so it was left alone: "+err.Error()
	case found.gone:
		res.Outcome, res.Detail = Gone, "it is no longer there"
	default:
		res.Detail, res.holdsData = found.keep, found.data
	}
	return res
}

// giveUp ends steps that were tried often enough. The last request may have been acted on whatever came
// back, so what it was about is looked at once more.
func (r *rollbackRun) giveUp(ctx context.Context, steps []Step, why failure, attempts int) error {
	open, _, err := r.lookBack(ctx, steps)
	if err != nil {
		return err
	}
	for _, s := range open {
		if err := r.settle(failedResult(s, why, attempts)); err != nil {
			return err
		}
	}
	return nil
}

// send sends the inverse of steps between its two records, and settles what it did.
func (r *rollbackRun) send(ctx context.Context, steps []Step) ([]failedStep, error) {
	api := r.inverses[steps[0].ID].API
	if steps[0].Action == CreateFlowLog {
		var ids []string
		for _, s := range steps {
			ids = append(ids, r.history.Made(s.ID))
		}
		var err error
		if api, err = withMember(api, "FlowLogIds", ids); err != nil {
			return nil, err
		}
	}
	intent := r.history.next(CommandRollback, steps[0].Call, steps, api)
	if err := r.Journal.append(Record{Type: RecordIntent, Intent: &intent}); err != nil {
		return nil, err
	}
	r.history.intend(intent, r.Clock.Now())
	answer, sendErr := r.Writer.Write(context.WithoutCancel(ctx), intent.Region, api)
	answered := Answered{Command: CommandRollback, Call: intent.Call, Send: intent.Send, Unsuccessful: answer.Unsuccessful}
	var whole failure
	if sendErr != nil {
		whole = failureOf(sendErr)
		answered.Code, answered.Message = whole.recorded()
	}
	if err := r.Journal.append(Record{Type: RecordAnswer, Answer: &answered}); err != nil {
		return nil, err
	}
	if sendErr != nil && whole.class != absent {
		return allFailed(steps, whole), nil
	}
	return r.confirm(ctx, steps, answer)
}

// confirm settles the steps of which reading back shows nothing after an accepted request, and gives
// those that AWS refused all the same. What is gone can be shown for a while.
func (r *rollbackRun) confirm(ctx context.Context, steps []Step, answer Answer) ([]failedStep, error) {
	var refused []failedStep
	var open []Step
	for _, s := range steps {
		made := r.history.Made(s.ID)
		i := slices.IndexFunc(answer.Unsuccessful, func(u Unsuccessful) bool { return u.Resource == made && made != "" })
		if i >= 0 {
			u := answer.Unsuccessful[i]
			if why := classify(u.Code, u.Message); why.class != absent {
				refused = append(refused, failedStep{s, why})
				continue
			}
		}
		open = append(open, s)
	}
	open, unread, err := watchFor(ctx, tries{clock: r.Clock}, open, r.lookBack)
	if err != nil {
		return nil, err
	}
	for _, s := range open {
		res := resultOf(s, Unknown)
		res.Made, res.Detail = r.history.Made(s.ID), unconfirmed(ctx, unread, "roll back again")
		if err := r.settle(res); err != nil {
			return nil, err
		}
	}
	return refused, nil
}

// lookBack settles the steps of which nothing is left, and gives the others, with the error that kept
// some from being looked at. An interruption does not keep it from looking.
func (r *rollbackRun) lookBack(ctx context.Context, steps []Step) (open []Step, unread, err error) {
	ctx, end := finishing(ctx)
	defer end()
	seen := &remains{run: r}
	for _, s := range steps {
		gone, why := seen.isGone(ctx, s, steps)
		if why != nil || !gone {
			open, unread = append(open, s), cmp.Or(unread, why)
			continue
		}
		res := resultOf(s, Undone)
		res.Made = r.history.Made(s.ID)
		if err := r.settle(res); err != nil {
			return nil, nil, err
		}
	}
	return open, unread, nil
}

// settle writes down what became of a step.
func (r *rollbackRun) settle(res Result) error {
	settled := Settled{Command: CommandRollback, Step: res.Step, Outcome: res.Outcome, Made: res.Made, Detail: res.Detail}
	if err := r.Journal.append(Record{Type: RecordStep, Step: &settled}); err != nil {
		return err
	}
	r.results = append(r.results, res)
	if res.Outcome.takenBack() {
		r.history.undo(settled)
	}
	return nil
}

// takeAlong opens again the steps that need no inverse of their own: settings that went with their
// group or role, and steps that found everything as they wanted it and did nothing.
func (r *rollbackRun) takeAlong() error {
	var records []Record
	now := r.Journal.History()
	for _, s := range r.Plan.Steps {
		h, done := r.history.steps[s.ID]
		if !done || !h.outcome.reached() || r.history.undone[s.ID] || r.history.Ours(s.ID) && r.inverses[s.ID] != nil {
			continue
		}
		res := resultOf(s, Gone)
		if parent := parentOf(s); h.ours && (parent == "" || now.steps[parent].outcome.reached()) {
			res.Outcome = Kept
			res.Detail = "it stays with what it was set on"
			r.results = append(r.results, res)
			continue
		}
		records = append(records, Record{Type: RecordStep, Step: &Settled{Command: CommandRollback, Step: s.ID, Outcome: Gone}})
	}
	if len(records) == 0 {
		return nil
	}
	return r.Journal.append(records...)
}

func (r *rollbackRun) tell() {
	if r.Progress == nil {
		return
	}
	p := Progress{Total: r.total, Settled: len(r.results)}
	for _, res := range r.results {
		if !res.Outcome.takenBack() {
			p.Failed++
		}
	}
	if p.Settled > 0 {
		p.Left = r.Clock.Now().Sub(r.started) / time.Duration(p.Settled) * time.Duration(p.Total-p.Settled)
	}
	r.Progress(p)
}

func (r *rollbackRun) report(ctx context.Context, left []Step) Report {
	out := Report{Results: r.results, Problems: r.problems, Interrupted: ctx.Err() != nil}
	for _, s := range left {
		if slices.ContainsFunc(r.results, func(res Result) bool { return res.Step == s.ID }) {
			continue
		}
		res := resultOf(s, NotSent)
		res.Detail = "the run ended before it"
		out.Results = append(out.Results, res)
	}
	return out
}

// keep is a reason to leave something alone.
func keep(format string, args ...any) remain { return remain{keep: fmt.Sprintf(format, args...)} }

// changed is a reason to leave something alone which may also be a read that came too early.
func changed(format string, args ...any) remain {
	return remain{keep: fmt.Sprintf(format, args...), late: true}
}

// changedTags says how tags differ from those that a request set, AWS's own left out; empty when
// they do not.
func changedTags(now, set map[string]string) string {
	var changes []string
	for k, v := range now {
		if was, ok := set[k]; !strings.HasPrefix(k, "aws:") && (!ok || was != v) {
			changes = append(changes, k)
		}
	}
	for k := range set {
		if _, ok := now[k]; !ok {
			changes = append(changes, k)
		}
	}
	return strings.Join(unique(changes), ", ")
}
