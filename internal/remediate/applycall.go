package remediate

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// call does the steps of one request: it looks, sends what is left to do, reads the answer, and
// does so again where that is worth it. The error is the journal's.
func (r *applyRun) call(ctx context.Context, steps []Step) error {
	todo, err := r.unblocked(steps)
	attempt := tries{clock: r.Clock}
	for err == nil && len(todo) > 0 {
		if why := r.stop(ctx, todo[0]); why != "" {
			return r.settleAll(todo, NotSent, why)
		}
		var failed []failedStep
		if failed, err = r.once(ctx, todo); err != nil {
			break
		}
		todo, err = r.decide(ctx, &attempt, failed)
	}
	return err
}

// once looks at the world and sends what is left to do.
func (r *applyRun) once(ctx context.Context, steps []Step) ([]failedStep, error) {
	defer r.lockBucket(steps[0])()
	todo, err := r.lookAgain(ctx, steps)
	if err != nil || len(todo) == 0 {
		return nil, err
	}
	if why := r.stop(ctx, todo[0]); why != "" { // looking took time
		return nil, r.settleAll(todo, NotSent, why)
	}
	return r.send(ctx, todo)
}

// failedStep is a step that a request did not do, and why.
type failedStep struct {
	step Step
	why  failure
}

// unblocked leaves out what is done already and what cannot be done.
func (r *applyRun) unblocked(steps []Step) ([]Step, error) {
	var todo []Step
	for _, s := range steps {
		r.mu.Lock()
		_, done := r.results[s.ID]
		r.mu.Unlock()
		if done {
			continue
		}
		if id, blocked := r.blockedBy(s); blocked {
			res := resultOf(s, Blocked)
			res.Detail = "it needs " + id + ", which is not done"
			if err := r.settle(res); err != nil {
				return nil, err
			}
			continue
		}
		todo = append(todo, s)
	}
	return todo, nil
}

func (r *applyRun) settleAll(steps []Step, o Outcome, why string) error {
	results := make([]Result, len(steps))
	for i, s := range steps {
		results[i] = resultOf(s, o)
		results[i].Detail = why
	}
	return r.settle(results...)
}

// lookAgain reads the world for the steps of a request and gives those that are still to be done.
// What is in the wanted state is done, and what has moved stops.
func (r *applyRun) lookAgain(ctx context.Context, steps []Step) ([]Step, error) {
	seen, err := r.Reader.see(ctx, r.Plan, steps)
	if err != nil {
		return nil, r.unreadable(ctx, steps, err)
	}
	var todo []Step
	var results []Result
	for _, s := range steps {
		sight, err := seen.look(ctx, s, r.circumstances(s))
		res := resultOf(s, Already)
		switch {
		case err != nil:
			return nil, cmp.Or(r.settle(results...), r.unreadable(ctx, append(todo, s), err))
		case sight.have:
			res.Made, res.Detail, res.ours = sight.made, sight.detail, sight.ours
		case sight.moved != nil:
			res.Outcome, res.Expected, res.Found = Moved, sight.moved.expected, sight.moved.found
			res.Detail = "the world has moved since the plan was made: make a new plan"
		default:
			todo = append(todo, s)
			continue
		}
		results = append(results, res)
	}
	return todo, r.settle(results...)
}

// unreadable ends steps whose preconditions could not be read: nothing is changed blindly.
func (r *applyRun) unreadable(ctx context.Context, steps []Step, err error) error {
	if ctx.Err() != nil {
		return r.settleAll(steps, NotSent, interrupted)
	}
	return r.settleAll(steps, unreadableOutcome(err), "could not be looked at again, so nothing was sent: "+err.Error())
}

// unreadableOutcome is Denied where the caller may not look.
func unreadableOutcome(err error) Outcome {
	var reading *readFailure
	if errors.As(err, &reading) && reading.why.class == deniedCaller {
		return Denied
	}
	return Failed
}

func (r *applyRun) circumstances(s Step) circumstances {
	c := circumstances{}
	r.mu.Lock()
	c.sent = r.history.doubt[s.ID]
	r.mu.Unlock()
	c.parentOurs = r.isOurs(parentOf(s))
	return c
}

// parentOf is the step that makes the role or log group which a step is about; empty where there
// can be none.
func parentOf(s Step) string {
	switch s.Action {
	case PutRolePolicy, UpdateAssumeRolePolicy:
		role, _, _ := strings.Cut(s.Resource, "/")
		return stepID(s.Account, s.Region, CreateRole, role)
	case PutRetentionPolicy, AssociateKMSKey:
		return stepID(s.Account, s.Region, CreateLogGroup, s.Resource)
	}
	return ""
}

// send sends one request for the steps and settles those that it did. The request is on the disk
// before it is sent and its answer after; neither is kept from happening by an interruption.
func (r *applyRun) send(ctx context.Context, steps []Step) ([]failedStep, error) {
	api, err := Merge(steps)
	if err != nil {
		return nil, r.settleAll(steps, Failed, err.Error())
	}
	intent := r.intend(steps, api)
	if intent.Bucket, err = r.guard(ctx, steps[0]); err != nil {
		return nil, r.unreadable(ctx, steps, err)
	}
	if ctx.Err() != nil {
		return nil, r.settleAll(steps, NotSent, interrupted)
	}
	answer, sendErr, err := r.exchange(ctx, intent)
	if err != nil {
		return nil, err
	}
	if err := r.watch(ctx, intent); err != nil {
		return nil, err
	}
	if sendErr != nil {
		f := failureOf(sendErr)
		r.remember(steps[0], f)
		return allFailed(steps, f), nil
	}
	return r.confirm(ctx, steps, answer)
}

func allFailed(steps []Step, f failure) []failedStep {
	failed := make([]failedStep, len(steps))
	for i, s := range steps {
		failed[i] = failedStep{s, f}
	}
	return failed
}

// exchange sends a request between its two records.
func (r *applyRun) exchange(ctx context.Context, intent Intent) (Answer, error, error) {
	api := intent.API
	if intent.Token != "" {
		var err error
		if api, err = withMember(api, "ClientToken", intent.Token); err != nil {
			return Answer{}, err, nil
		}
	}
	if err := r.Journal.append(Record{Type: RecordIntent, Intent: &intent}); err != nil {
		return Answer{}, nil, err
	}
	answer, sendErr := r.Writer.Write(context.WithoutCancel(ctx), intent.Region, api)
	answered := Answered{
		Command: intent.Command, Call: intent.Call, Send: intent.Send, Created: answer.Created, Unsuccessful: answer.Unsuccessful,
	}
	if sendErr != nil {
		answered.Code, answered.Message = failureOf(sendErr).recorded()
	}
	if err := r.Journal.append(Record{Type: RecordAnswer, Answer: &answered}); err != nil {
		return Answer{}, nil, fmt.Errorf("a request was sent and its answer could not be written down; apply again to find out what came of it: %w", err)
	}
	r.noteCall(intent, answered)
	return answer, sendErr, nil
}

// intend numbers a request and gives it its token. The same request, sent again because nobody knows
// whether it was acted on, has the same token; any other has a new one.
func (r *applyRun) intend(steps []Step, api API) Intent {
	r.mu.Lock()
	defer r.mu.Unlock()
	intent := r.history.next(CommandApply, steps[0].Call, steps, api)
	if api.Operation != createFlowLogs {
		return intent
	}
	c := r.history.calls[intent.Call]
	if c.last != nil && (!c.answered || c.failed) && !c.spent && slices.Equal(c.last.Steps, intent.Steps) {
		intent.Token = c.last.Token
		return intent
	}
	name := intent.Call
	if c.token > 0 {
		name = fmt.Sprintf("%s#%d", name, c.token+1)
	}
	intent.Token = r.Plan.ClientToken(name)
	return intent
}

// createFlowLogs is the one operation that takes a client token.
const createFlowLogs = "CreateFlowLogs"

// noteCall keeps the history of calls up to date.
func (r *applyRun) noteCall(i Intent, a Answered) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.history.intend(i, r.Clock.Now())
	r.history.answer(a)
}

// remember keeps a refusal that will meet every other request of the kind too. Limits that are
// about one resource or document are no such thing.
func (r *applyRun) remember(s Step, f failure) {
	ofOne := f.class == overLimit && (s.Action == CreateFlowLog || s.Action == PutBucketPolicy || s.Action == PutRolePolicy)
	if f.class != deniedCaller && f.class != overLimit || ofOne {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.refused[operationKey(s)] = f
}

// confirm settles what reading back shows of a request that was accepted, and gives the steps that AWS
// refused all the same. That a request was accepted proves nothing: most answers have no content, and
// ids of flow logs can be those of an old request. What is new can take a while to be shown.
func (r *applyRun) confirm(ctx context.Context, steps []Step, answer Answer) ([]failedStep, error) {
	refused, open := answer.refused(steps)
	open, unread, err := watchFor(ctx, tries{clock: r.Clock}, open, r.lookBack)
	switch {
	case err != nil || len(open) == 0:
		return refused, err
	case unread == nil && ctx.Err() == nil && open[0].Action == CreateFlowLog:
		return append(refused, allFailed(open, failure{class: unshown, message: "EC2 accepted it and shows no flow log of it"})...), nil
	}
	return refused, r.settleAll(open, Unknown, unconfirmed(ctx, unread, "apply again"))
}

// watchFor looks at steps until all are settled, what was done had the time to be shown, or looking is
// not allowed. It gives the steps that are open still, and the error that kept some from being looked at.
func watchFor(ctx context.Context, wait tries, steps []Step, look func(context.Context, []Step) ([]Step, error, error)) (open []Step, unread, err error) {
	for open = steps; len(open) > 0; {
		if open, unread, err = look(ctx, open); err != nil || len(open) == 0 {
			return open, unread, err
		}
		denied := unread != nil && unreadableOutcome(unread) == Denied
		if denied || !wait.again(ctx, failure{class: unpropagated}) {
			break
		}
	}
	return open, unread, nil
}

// unconfirmed says why it is not known whether an accepted request was done.
func unconfirmed(ctx context.Context, unread error, again string) string {
	const sent = "it was sent and accepted, and "
	switch {
	case ctx.Err() != nil:
		return sent + "reading back did not show it before the interruption; " + again + " to find out what came of it"
	case unread != nil:
		return sent + "could not be read back: " + unread.Error() + "; " + again + " to find out what came of it"
	}
	return sent + "reading back did not show it for " + inWords(propagationFor) + ": whatever stands between here and AWS may have answered in its place; look at the resource, then " + again
}

// inWords is a duration of whole minutes.
func inWords(d time.Duration) string { return count(int(d.Minutes()), "minute") }

// lookBack settles the steps whose resource is as they want it, and gives the others, with the error
// that kept some from being looked at. An interruption does not keep it from looking.
func (r *applyRun) lookBack(ctx context.Context, steps []Step) (open []Step, unread, err error) {
	ctx, end := finishing(ctx)
	defer end()
	seen, unread := r.Reader.see(ctx, r.Plan, steps)
	if unread != nil {
		return steps, unread, nil
	}
	var results []Result
	for _, s := range steps {
		want, why := requestOf(s.API)
		var sight sight
		if why == nil {
			sight, why = seen.wanted(ctx, s, want, r.circumstances(s))
		}
		if why != nil || !sight.have {
			open, unread = append(open, s), cmp.Or(unread, why)
			continue
		}
		results = append(results, r.shown(s, sight))
	}
	return open, unread, r.settle(results...)
}

// lookAfterInterrupt is how long a look at what was sent goes on after an interruption: a person waits.
const lookAfterInterrupt = 3 * time.Second

// finishing is the context of a look that an interruption ends only after a moment.
func finishing(ctx context.Context) (context.Context, context.CancelFunc) {
	going, cancel := context.WithCancel(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() { time.AfterFunc(lookAfterInterrupt, cancel) })
	return going, func() {
		stop()
		cancel()
	}
}

// shown is the result of a step whose resource is as it wants it after its request was sent.
func (r *applyRun) shown(s Step, seen sight) Result {
	res := resultOf(s, Done)
	res.Made, res.ours = seen.made, seen.ours
	if !seen.ours {
		res.Outcome, res.Detail = Already, seen.detail
	}
	return res
}

// refused splits steps into those that an accepted request was refused for, and the others.
func (a Answer) refused(steps []Step) (refused []failedStep, accepted []Step) {
	for _, s := range steps {
		i := slices.IndexFunc(a.Unsuccessful, func(u Unsuccessful) bool { return u.Resource == s.Resource })
		if i < 0 {
			accepted = append(accepted, s)
			continue
		}
		refused = append(refused, failedStep{s, classify(a.Unsuccessful[i].Code, a.Unsuccessful[i].Message)})
	}
	return refused, accepted
}

// decide settles the failures that nothing can be done about, and after a wait gives the steps that
// are worth another look.
func (r *applyRun) decide(ctx context.Context, attempt *tries, failed []failedStep) ([]Step, error) {
	if len(failed) == 0 {
		return nil, nil
	}
	var worth []failedStep
	var results []Result
	for _, f := range failed {
		if r.mayHeal(f) {
			worth = append(worth, f)
			continue
		}
		results = append(results, failedResult(f.step, f.why, 1))
	}
	if err := r.settle(results...); err != nil || len(worth) == 0 {
		return nil, err
	}
	steps := make([]Step, len(worth))
	for i, f := range worth {
		steps[i] = f.step
	}
	if attempt.again(ctx, worth[0].why) {
		return steps, nil
	}
	return nil, r.giveUp(ctx, worth, attempt.attempts)
}

// giveUp ends steps that were tried often enough. The last request may have been acted on whatever came
// back, so it is looked for once more.
func (r *applyRun) giveUp(ctx context.Context, failed []failedStep, attempts int) error {
	steps := make([]Step, len(failed))
	for i, f := range failed {
		steps[i] = f.step
	}
	open, unread, err := r.lookBack(ctx, steps)
	if err != nil {
		return err
	}
	var results []Result
	for _, f := range failed {
		if !slices.ContainsFunc(open, func(s Step) bool { return s.ID == f.step.ID }) {
			continue
		}
		res := failedResult(f.step, f.why, attempts)
		if ctx.Err() != nil && res.Outcome != Unknown {
			res.Outcome, res.Detail = NotSent, "interrupted while waiting to try again: "+f.why.text()
		}
		if unread != nil {
			res.Detail += "; it could not be looked at again: " + unread.Error()
		}
		results = append(results, res)
	}
	return r.settle(results...)
}

func failedResult(s Step, f failure, attempts int) Result {
	res := resultOf(s, f.outcome())
	res.Code, res.Detail = f.code, f.textFor(s.Action)
	if attempts > 1 {
		res.Detail += fmt.Sprintf(" (still so after %d attempts)", attempts)
	}
	return res
}

// mayHeal reports whether a failure can go away by itself. A role that cannot be assumed, or a
// thing that is not there, can only where this plan has just made it.
func (r *applyRun) mayHeal(f failedStep) bool {
	switch f.why.class {
	case transient, unanswered, unshown, unlinked, exists, tokenReused:
		return true
	case unpropagated:
		want, err := requestOf(f.step.API)
		role := want.DeliverLogsPermissionArn[strings.LastIndexByte(want.DeliverLogsPermissionArn, '/')+1:]
		return err == nil && slices.ContainsFunc(r.Plan.Steps, func(s Step) bool {
			name, _, _ := strings.Cut(s.Resource, "/")
			return s.API.Service == "iam" && s.Account == f.step.Account && name == role
		})
	case absent:
		return r.circumstances(f.step).parentOurs
	}
	return false
}
