package remediate

// Outcome is what became of a step.
type Outcome string

// The outcomes of a step of apply.
const (
	Done    Outcome = "done"     // made or changed
	Already Outcome = "already"  // was in the wanted state when it was looked at
	Moved   Outcome = "moved"    // the world is not as it was when the plan was made
	Denied  Outcome = "denied"   // the caller's permissions
	Limited Outcome = "limited"  // a limit of AWS is in the way
	Failed  Outcome = "failed"   // AWS refused it, or kept refusing it
	Unknown Outcome = "unknown"  // it was sent, and reading back does not show that it was done
	Blocked Outcome = "blocked"  // a step that it needs is not done
	NotSent Outcome = "not-sent" // the run ended before it
)

// The outcomes of a step of a dry run, beside Already, Moved, Denied and Failed.
const (
	Allowed  Outcome = "allowed"   // AWS would do it
	NotTried Outcome = "not-tried" // AWS cannot be asked
)

// The outcomes of taking a step back.
const (
	Undone Outcome = "undone" // taken back
	Gone   Outcome = "gone"   // was no longer there
	Kept   Outcome = "kept"   // left alone, for the reason given
)

// reached reports whether the resource is as the step wants it.
func (o Outcome) reached() bool { return o == Done || o == Already }

// takenBack reports whether nothing is left of the step.
func (o Outcome) takenBack() bool { return o == Undone || o == Gone }

// Result is what became of one step.
type Result struct {
	Step     string  `json:"step"`
	Account  string  `json:"account"`
	Region   string  `json:"region"`
	Action   Action  `json:"action"`
	Resource string  `json:"resource"`
	Outcome  Outcome `json:"outcome"`
	Earlier  bool    `json:"earlier"` // settled by an earlier run, as the journal says
	Made     string  `json:"made"`    // the id that AWS gave
	Detail   string  `json:"detail"`  // one line for people; hostile where AWS quotes a name
	Expected string  `json:"expected,omitempty"`
	Found    string  `json:"found,omitempty"`
	Code     string  `json:"code,omitempty"` // AWS's error code

	ours      bool // flowproof made the resource or wrote the value
	holdsData bool // it was kept for the records in it alone
}

func resultOf(s Step, o Outcome) Result {
	return Result{
		Step: s.ID, Account: s.Account, Region: s.Region, Action: s.Action, Resource: s.Resource, Outcome: o,
	}
}
