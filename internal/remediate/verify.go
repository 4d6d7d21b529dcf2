package remediate

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"flowproof/internal/finding"
	"flowproof/internal/inventory"
)

// Verify asks whether a plan came true: by the scanner itself, on the scopes that the plan touches,
// and with Wait by what arrives.
type Verify struct {
	Plan   Plan
	Scan   Scan
	Reader Reader
	Clock  Clock
	Wait   time.Duration // for records to arrive; 0 asks for configured only
	Every  time.Duration // between looks; half a minute unless set
	Tell   func(Waiting) // may be nil
}

// Scan reads and judges scopes as `flowproof scan` does.
type Scan func(context.Context, []inventory.Scope) ([]finding.Finding, error)

// Verification is what Verify found.
type Verification struct {
	Fixed       []string          // fingerprints of the plan's findings that pass now
	NotFixed    []NotFixed        // those that do not
	New         []finding.Finding // findings that fail now and were not there, or not known, when the plan was made
	Arrivals    []Arrival         // of the plan's flow logs; nil unless it was waited for
	Interrupted bool
}

// NotFixed is a finding of the plan that does not pass.
type NotFixed struct {
	Fingerprint string `json:"fingerprint"`
	Why         string `json:"why"`
}

// Reached reports whether all that the plan answers is fixed, nothing of what it made fails, and what
// was waited for has arrived.
func (v Verification) Reached(p Plan) bool {
	broken := slices.ContainsFunc(v.New, func(f finding.Finding) bool { return concerns(p, f) })
	missing := slices.ContainsFunc(v.Arrivals, func(a Arrival) bool { return !a.State.arrived() })
	return len(v.NotFixed) == 0 && !broken && !missing && !v.Interrupted
}

// concerns reports whether a finding is about a resource of the plan's steps, or a flow log on one.
func concerns(p Plan, f finding.Finding) bool {
	return slices.ContainsFunc(p.Steps, func(s Step) bool {
		if s.Account != f.Resource.Account || s.Region != f.Resource.Region {
			return false
		}
		return s.Resource == f.Resource.ID || slices.ContainsFunc(f.Evidence.FlowLogs, func(l inventory.FlowLog) bool {
			return l.ID == f.Resource.ID && l.ResourceID == s.Resource
		})
	})
}

// Run verifies. The error is the scan's: nothing is known then.
func (v Verify) Run(ctx context.Context) (Verification, error) {
	findings, err := v.Scan(ctx, v.Plan.Scopes())
	if err != nil {
		return Verification{}, fmt.Errorf("verify: %w", err)
	}
	out := v.compare(findings)
	if v.Wait > 0 && ctx.Err() == nil {
		out.Arrivals = v.await(ctx)
	}
	out.Interrupted = ctx.Err() != nil
	return out, nil
}

// Scopes are the scopes that the plan touches: those of its flow logs, of what else it changes where
// that is not of the account as a whole, and of the findings that it answers.
func (p Plan) Scopes() []inventory.Scope {
	scopes := map[inventory.Scope]bool{}
	for _, s := range p.Steps {
		if s.API.Service == "ec2" || s.API.Service == "logs" {
			scopes[inventory.Scope{Partition: p.Partition, Account: s.Account, Region: s.Region}] = true
		}
		if at, ok := scopeOf(s.Reason); ok {
			scopes[at] = true
		}
	}
	return slices.SortedFunc(maps.Keys(scopes), inventory.Scope.Compare)
}

// scopeOf is the scope of what a finding is about, by its fingerprint; false for one of no Region.
func scopeOf(fingerprint string) (inventory.Scope, bool) {
	_, arn, _ := strings.Cut(fingerprint, "@")
	parts := strings.SplitN(arn, ":", 6)
	if len(parts) != 6 || parts[3] == "" || parts[3] == inventory.AnyRegion {
		return inventory.Scope{}, false
	}
	return inventory.Scope{Partition: parts[1], Account: parts[4], Region: parts[3]}, true
}

// Reasons are the fingerprints of the findings that the plan answers, in the plan's order.
func (p Plan) Reasons() []string {
	var reasons []string
	for _, s := range p.Steps {
		if s.Reason != "" && !slices.Contains(reasons, s.Reason) {
			reasons = append(reasons, s.Reason)
		}
	}
	return reasons
}

// compare holds the plan's findings against those of now.
func (v Verify) compare(now []finding.Finding) Verification {
	var out Verification
	byPrint := map[string]finding.Finding{}
	for _, f := range now {
		byPrint[f.Fingerprint] = f
	}
	reasons := v.Plan.Reasons()
	for _, print := range reasons {
		f, found := byPrint[print]
		switch {
		case found && f.Outcome == finding.Pass:
			out.Fixed = append(out.Fixed, print)
		case found:
			out.NotFixed = append(out.NotFixed, NotFixed{print, fmt.Sprintf("%s: %s", f.Outcome, f.Message)})
		default:
			out.NotFixed = append(out.NotFixed, NotFixed{print, missingBecause(now)})
		}
	}
	for _, f := range now {
		if f.Outcome == finding.Fail && !slices.Contains(reasons, f.Fingerprint) && v.isNew(f) {
			out.New = append(out.New, f)
		}
	}
	return out
}

// missingBecause says why the scan has no finding where the plan had one.
func missingBecause(now []finding.Finding) string {
	for _, f := range now {
		if f.Resource.Type == finding.ScopeType {
			return "not known: " + f.Message
		}
	}
	return "it is no longer there"
}

// isNew reports whether a failing finding is none that was there when the plan was made: about what
// the plan names it says so itself, and of a flow log its age does.
func (v Verify) isNew(f finding.Finding) bool {
	if f.Resource.Type == finding.FlowLogType {
		return !slices.ContainsFunc(f.Evidence.FlowLogs, func(l inventory.FlowLog) bool {
			return l.ID == f.Resource.ID && !l.Created.IsZero() && l.Created.Before(v.Plan.ReadAt)
		})
	}
	if concerns(v.Plan, f) {
		return true
	}
	if !slices.Contains(v.Plan.Rules(), f.Rule) {
		return false // the plan may not have asked it
	}
	at := func(resource, account, region string) bool {
		return resource == f.Resource.ID && account == f.Resource.Account && region == f.Resource.Region
	}
	note := func(n Note) bool { return at(n.Resource, n.Account, n.Region) }
	return !slices.ContainsFunc(v.Plan.Unplanned, func(u Unplanned) bool { return at(u.Resource, u.Account, u.Region) }) &&
		!slices.ContainsFunc(slices.Concat(v.Plan.LeftOut, v.Plan.LeftAlone, v.Plan.Notes), note)
}

// Rules are the ids of the rules whose findings the plan answers.
func (p Plan) Rules() []string {
	var ids []string
	for _, reason := range p.Reasons() {
		id, _, _ := strings.Cut(reason, "@")
		ids = append(ids, id)
	}
	return unique(ids)
}
