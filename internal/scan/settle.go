package scan

import (
	"fmt"
	"slices"

	"flowproof/internal/event"
	"flowproof/internal/finding"
	"flowproof/internal/inventory"
)

// settle joins what participants saw of shared VPCs with what was read at their owners, once
// every scope is in the spool, and emits the findings that waited for it.
func (r *run) settle() error {
	var owner ownerBlock
	var counted string // the findings on one VPC come one after the other
	return r.Spool.Waiting(func(f finding.Finding) error {
		if err := owner.load(r, ownerScope(f.Resource)); err != nil {
			return err
		}
		f = owner.settle(f)
		if seen := f.Resource.Account + " " + f.Resource.ARN; f.Resource.Type == finding.VPCType && seen != counted {
			counted = seen
			r.summary.VPCs[string(f.Outcome)]++ // "not-applicable" or "unknown"
		}
		return r.emitFinding(f)
	})
}

// ownerBlock is what the run knows of one owner's scope.
type ownerBlock struct {
	scope    inventory.Scope
	inRun    bool // some scope of the owner's account is in the ledger
	read     bool // this scope is in the ledger
	row      event.Scope
	findings []finding.Finding
}

func (o *ownerBlock) load(r *run, scope inventory.Scope) error {
	if o.scope == scope {
		return nil
	}
	row, findings, read, err := r.Spool.Block(scope)
	if err != nil {
		return fmt.Errorf("settle VPCs shared from %s: %w", scope, err)
	}
	*o = ownerBlock{scope: scope, inRun: r.tally.met(scope), read: read, row: row, findings: findings}
	return nil
}

// settle gives a participant's finding its last form: not applicable with the owner's assurance
// where the owner was read, unknown where it should have been read and was not, and not
// applicable with a pointer where the owner is no part of the run.
func (o *ownerBlock) settle(f finding.Finding) finding.Finding {
	if !o.inRun {
		return f
	}
	i := slices.IndexFunc(o.findings, func(own finding.Finding) bool {
		return own.Rule == f.Rule && own.Resource.ARN == f.Resource.ARN && own.Resource.Type == f.Resource.Type
	})
	if i >= 0 && o.findings[i].Outcome != finding.Unknown {
		own := o.findings[i]
		f.Assurance = own.Assurance
		f.Message = fmt.Sprintf("shared by account %s, which owns it: %s there: %s", f.Resource.Owner, own.Outcome, own.Message)
		return f
	}
	f.Outcome = finding.Unknown
	f.Gaps = append([]inventory.Gap{}, o.row.Gaps...)
	f.Message = fmt.Sprintf("shared by account %s, which owns it: %s", f.Resource.Owner, o.why(i))
	return f
}

// why says what keeps the owner's verdict from being known.
func (o *ownerBlock) why(found int) string {
	switch {
	case found >= 0:
		return o.findings[found].Message
	case !o.read:
		return o.scope.Region + " of that account was not read in this run"
	case len(o.row.Gaps) > 0:
		return "it could not all be read there"
	}
	return "that account's own list does not have it"
}

func ownerScope(r finding.Resource) inventory.Scope {
	s := r.Scope()
	s.Account = r.Owner
	return s
}
