package remediate

import "slices"

// History is what a journal says of each step and call.
type History struct {
	steps map[string]stepHistory
	calls map[string]callHistory
	order []string // ids of the steps that were settled by apply, oldest first
}

// stepHistory is the last word on a step.
type stepHistory struct {
	outcome Outcome
	ours    bool
	made    string
}

// callHistory is what was sent of a call by apply.
type callHistory struct {
	sends     int
	last      *Intent
	answered  bool    // the last send has an answer
	failed    bool    // its answer is an error of the request as a whole
	token     int     // how many client tokens were used
	unwatched *Intent // the last send after which a bucket policy was not looked at
}

// replay reads records into a history. Rollback makes a step open again.
func replay(records []Record) History {
	h := History{steps: map[string]stepHistory{}, calls: map[string]callHistory{}}
	for _, r := range records {
		switch r.Type {
		case RecordIntent:
			h.intend(*r.Intent)
		case RecordAnswer:
			h.answer(*r.Answer)
		case RecordGuard:
			c := h.calls[r.Guard.Call]
			if c.unwatched != nil && c.unwatched.Send <= r.Guard.Send {
				c.unwatched = nil
			}
			h.calls[r.Guard.Call] = c
		case RecordStep:
			h.settle(*r.Step)
		}
	}
	return h
}

func (h *History) intend(i Intent) {
	if i.Command != CommandApply {
		return
	}
	c := h.calls[i.Call]
	if c.last == nil || c.last.Token != i.Token {
		c.token++
	}
	c.sends, c.last, c.answered, c.failed = i.Send, &i, false, false
	if i.Bucket != nil {
		c.unwatched = &i
	}
	h.calls[i.Call] = c
}

func (h *History) answer(a Answered) {
	if a.Command != CommandApply {
		return
	}
	c := h.calls[a.Call]
	c.answered, c.failed = true, a.Code != ""
	h.calls[a.Call] = c
}

func (h *History) settle(s Settled) {
	switch {
	case s.Command == CommandRollback && s.Outcome.takenBack():
		delete(h.steps, s.Step)
		h.order = slices.DeleteFunc(h.order, func(id string) bool { return id == s.Step })
	case s.Command == CommandApply:
		h.steps[s.Step] = stepHistory{outcome: s.Outcome, ours: s.Ours, made: s.Made}
		if s.Outcome.reached() && !slices.Contains(h.order, s.Step) {
			h.order = append(h.order, s.Step)
		}
	}
}

// Made gives the id that AWS chose for what a step made; empty when the step made nothing.
func (h History) Made(step string) string { return h.steps[step].made }

// Ours reports whether a step was done and flowproof did it.
func (h History) Ours(step string) bool {
	s := h.steps[step]
	return s.ours && s.outcome.reached()
}

// unanswered is the last request of a call when nothing is known of what came of it.
func (c callHistory) unanswered() *Intent {
	if c.last == nil || c.answered {
		return nil
	}
	return c.last
}
