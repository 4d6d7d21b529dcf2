package remediate

import (
	"slices"
	"strings"
	"time"
)

// History is what a journal says of each step and call.
type History struct {
	steps map[string]stepHistory
	calls map[string]callHistory
	in    map[string]string // the call that a step was last sent in
	doubt map[string]bool   // ids of the steps that a request asked for which was acted on, or may have been
	order []string          // ids of the steps that were settled by apply, oldest first

	sends  map[sendKey]int // requests of a call so far
	undone map[string]bool // ids of the steps that were taken back, and of the flow logs
}

type sendKey struct {
	command Command
	call    string
}

// stepHistory is the last word on a step.
type stepHistory struct {
	outcome Outcome
	ours    bool
	made    string
	at      time.Time
}

// callHistory is what was sent of a call by apply.
type callHistory struct {
	last      *Intent
	doubted   []string  // steps of it that were in doubt before it was sent
	at        time.Time // of the last send
	answered  bool      // the last send has an answer
	failed    bool      // its answer is an error of the request as a whole
	spent     bool      // its token stands for another request, or for one that was taken back
	token     int       // how many client tokens were used
	unwatched *Intent   // the last send after which a bucket policy was not looked at
}

// replay reads records into a history. Rollback makes a step open again.
func replay(records []Record) History {
	h := History{
		steps: map[string]stepHistory{}, calls: map[string]callHistory{}, in: map[string]string{},
		doubt: map[string]bool{},
		sends: map[sendKey]int{}, undone: map[string]bool{},
	}
	for _, r := range records {
		switch r.Type {
		case RecordIntent:
			h.intend(*r.Intent, r.At)
		case RecordAnswer:
			h.answer(*r.Answer)
		case RecordGuard:
			c := h.calls[r.Guard.Call]
			if c.unwatched != nil && c.unwatched.Send <= r.Guard.Send {
				c.unwatched = nil
			}
			h.calls[r.Guard.Call] = c
		case RecordStep:
			h.settle(*r.Step, r.At)
		}
	}
	return h
}

// next is the next request of a call, for steps of it.
func (h History) next(command Command, call string, steps []Step, api API) Intent {
	i := Intent{Command: command, Call: call, Send: h.sends[sendKey{command, call}] + 1, API: api}
	for _, s := range steps {
		i.Account, i.Region = s.Account, s.Region
		i.Steps = append(i.Steps, s.ID)
	}
	return i
}

func (h *History) intend(i Intent, at time.Time) {
	h.sends[sendKey{i.Command, i.Call}] = i.Send
	if i.Command != CommandApply || strings.HasSuffix(i.Call, restoreSuffix) {
		return
	}
	c := h.calls[i.Call]
	c.doubted = nil
	for _, id := range i.Steps {
		if h.doubt[id] {
			c.doubted = append(c.doubted, id)
		}
		h.in[id], h.doubt[id] = i.Call, true
		delete(h.undone, id)
		if !h.steps[id].outcome.reached() {
			delete(h.steps, id) // what was said of it is no longer so
		}
	}
	if c.last == nil || c.last.Token != i.Token {
		c.token++
	}
	c.at = at
	c.last, c.answered, c.failed, c.spent = &i, false, false, false
	if i.Bucket != nil {
		c.unwatched = &i
	}
	h.calls[i.Call] = c
}

func (h *History) answer(a Answered) {
	c := h.calls[a.Call]
	if a.Command != CommandApply || strings.HasSuffix(a.Call, restoreSuffix) || c.last == nil {
		return
	}
	c.answered, c.failed = true, a.Code != ""
	if c.failed {
		c.spent = classify(a.Code, a.Message).class == tokenReused
		if isRefusal(a.Code, a.Message) {
			h.refuse(c, c.last.Steps)
		}
	}
	h.calls[a.Call] = c
	for _, u := range a.Unsuccessful {
		if isRefusal(u.Code, u.Message) {
			h.refuse(c, c.last.stepsOn(u.Resource))
		}
	}
}

// isRefusal reports whether an answer means that nothing was done. One that what is asked for exists
// may be about what an earlier request made.
func isRefusal(code, message string) bool {
	switch classify(code, message).class {
	case exists, transient:
		return false
	}
	return code != brokenConnection && code != noAnswer
}

// refuse notes steps that a request did not do. Those of which an earlier request may have been acted on
// stay in doubt.
func (h *History) refuse(c callHistory, steps []string) {
	for _, id := range steps {
		if !slices.Contains(c.doubted, id) {
			delete(h.doubt, id)
		}
	}
}

// stepsOn are the ids of the steps in a request that are about a resource.
func (i *Intent) stepsOn(resource string) []string {
	return slices.DeleteFunc(slices.Clone(i.Steps), func(id string) bool { return !strings.HasSuffix(id, "/"+resource) })
}

func (h *History) settle(s Settled, at time.Time) {
	switch {
	case s.Command == CommandRollback && s.Outcome.takenBack():
		h.undo(s)
		c := h.calls[h.in[s.Step]]
		c.spent = true // what it made is gone
		h.calls[h.in[s.Step]] = c
		delete(h.doubt, s.Step)
		delete(h.steps, s.Step)
		h.order = slices.DeleteFunc(h.order, func(id string) bool { return id == s.Step })
	case s.Command == CommandApply:
		delete(h.undone, s.Step)
		h.steps[s.Step] = stepHistory{outcome: s.Outcome, ours: s.Ours, made: s.Made, at: at}
		if !s.Outcome.reached() {
			return
		}
		delete(h.doubt, s.Step)
		if !slices.Contains(h.order, s.Step) {
			h.order = append(h.order, s.Step)
		}
	}
}

// undo notes that nothing is left of a step.
func (h *History) undo(s Settled) {
	h.undone[s.Step] = true
	if s.Made != "" {
		h.undone[s.Made] = true
	}
}

// Made gives the id that AWS chose for what a step made; empty when the step made nothing.
func (h History) Made(step string) string { return h.steps[step].made }

// Ours reports whether a step was done and flowproof did it.
func (h History) Ours(step string) bool {
	s := h.steps[step]
	return s.ours && s.outcome.reached()
}

// What stands in the journal for the code of an answer that AWS did not give.
const (
	brokenConnection = "connection-broken" // none came
	noAnswer         = "no-answer"         // what came is not the operation's answer
)

// inDoubt gives, by call, the plan's steps of which a request may have been acted on and which were not
// seen to be done since.
func (h History) inDoubt(p Plan) map[string][]Step {
	doubt := map[string][]Step{}
	for _, s := range p.Steps {
		if h.doubt[s.ID] {
			doubt[h.in[s.ID]] = append(doubt[h.in[s.ID]], s)
		}
	}
	return doubt
}
