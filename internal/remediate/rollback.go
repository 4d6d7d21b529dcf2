package remediate

import (
	"cmp"
	"context"
	"fmt"
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
	r := &rollbackRun{Rollback: b, started: b.Clock.Now(), undone: map[string]bool{}}
	if err := r.adopt(ctx); err != nil {
		return Report{}, err
	}
	r.history = b.Journal.History()
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
	history History
	started time.Time
	total   int
	sends   int
	results []Result
	undone  map[string]bool // ids of steps of which nothing is left, and of flow logs that are gone
}

// adopt finds out what became of requests that an apply was killed in the middle of. What is new can
// take a while to be shown, so requests of the last two minutes are waited for.
func (r *rollbackRun) adopt(ctx context.Context) error {
	apply := &applyRun{Apply: Apply{
		Plan: r.Plan, Journal: r.Journal, Writer: r.Writer, Reader: r.Reader, Clock: r.Clock,
	}, history: r.Journal.History(), started: r.started, results: map[string]Result{}}
	apply.recall()
	if err := apply.finishWatching(ctx); err != nil {
		return err
	}
	for _, call := range r.Plan.Calls() {
		sent := apply.history.calls[call[0].Call]
		if sent.perhaps() == nil {
			continue
		}
		for {
			open := slices.DeleteFunc(slices.Clone(call), func(s Step) bool {
				h, settled := apply.history.steps[s.ID]
				_, found := apply.results[s.ID]
				return found || settled && (h.outcome.reached() || !sent.doubtful) || !slices.Contains(sent.last.Steps, s.ID)
			})
			if len(open) == 0 {
				break
			}
			left, err := apply.lookAgain(ctx, open)
			if err != nil {
				return err
			}
			wait := sent.at.Add(propagationFor).Sub(r.Clock.Now())
			if len(left) == 0 || wait <= 0 || r.Clock.Sleep(ctx, min(wait, backoffCap)) != nil {
				break
			}
		}
	}
	return nil
}

// newestFirst gives the steps that flowproof did and that have a way back, newest first.
func (r *rollbackRun) newestFirst() []Step {
	byStep := map[string]Step{}
	for _, s := range r.Plan.Steps {
		byStep[s.ID] = s
	}
	var steps []Step
	for _, id := range slices.Backward(r.history.order) {
		if s, ok := byStep[id]; ok && r.history.Ours(id) && s.Inverse != nil {
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
			why := failed[0].why
			for _, s := range steps {
				if err := r.settle(failedResult(s, why, attempt.attempts)); err != nil {
					return err
				}
			}
			return nil
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

// send sends the inverse of steps between its two records, and settles what it did.
func (r *rollbackRun) send(ctx context.Context, steps []Step) ([]failedStep, error) {
	api := steps[0].Inverse.API
	if steps[0].Action == CreateFlowLog {
		ids := make([]string, len(steps))
		for i, s := range steps {
			ids[i] = r.history.Made(s.ID)
		}
		api = withMember(api, "FlowLogIds", ids)
	}
	r.sends++
	intent := Intent{
		Command: CommandRollback, Call: steps[0].Call, Send: r.sends, Account: steps[0].Account, Region: steps[0].Region, API: api,
	}
	for _, s := range steps {
		intent.Steps = append(intent.Steps, s.ID)
	}
	if err := r.Journal.append(Record{Type: RecordIntent, Intent: &intent}); err != nil {
		return nil, err
	}
	answer, sendErr := r.Writer.Write(context.WithoutCancel(ctx), intent.Region, api)
	answered := Answered{Command: CommandRollback, Call: intent.Call, Send: intent.Send, Unsuccessful: answer.Unsuccessful}
	var whole failure
	if sendErr != nil {
		whole = failureOf(sendErr)
		answered.Code, answered.Message = cmp.Or(whole.code, brokenConnection), whole.message
	}
	if err := r.Journal.append(Record{Type: RecordAnswer, Answer: &answered}); err != nil {
		return nil, err
	}
	if sendErr != nil && whole.class != absent {
		return allFailed(steps, whole), nil
	}
	return r.readAnswer(steps, answer)
}

func (r *rollbackRun) readAnswer(steps []Step, answer Answer) ([]failedStep, error) {
	var failed []failedStep
	for _, s := range steps {
		made := r.history.Made(s.ID)
		i := slices.IndexFunc(answer.Unsuccessful, func(u Unsuccessful) bool { return u.Resource == made && made != "" })
		if i >= 0 {
			u := answer.Unsuccessful[i]
			if why := classify(u.Code, u.Message); why.class != absent {
				failed = append(failed, failedStep{s, why})
				continue
			}
		}
		res := resultOf(s, Undone)
		res.Made = made
		if err := r.settle(res); err != nil {
			return nil, err
		}
	}
	return failed, nil
}

// settle writes down what became of a step.
func (r *rollbackRun) settle(res Result) error {
	if err := r.Journal.append(Record{Type: RecordStep, Step: &Settled{
		Command: CommandRollback, Step: res.Step, Outcome: res.Outcome, Made: res.Made, Detail: res.Detail,
	}}); err != nil {
		return err
	}
	r.results = append(r.results, res)
	if res.Outcome.takenBack() {
		r.undone[res.Step], r.undone[res.Made] = true, true
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
		if !done || !h.outcome.reached() || r.undone[s.ID] || r.history.Ours(s.ID) && s.Inverse != nil {
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
	out := Report{Results: r.results, Interrupted: ctx.Err() != nil}
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
