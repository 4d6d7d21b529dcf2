package event

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"

	"flowproof/internal/finding"
	"flowproof/internal/inventory"
)

// Wait keeps a finding of the open block that waits for another scope. It is no part of what is
// given back until it comes as an event; Waiting gives it for that.
func (s *Spool) Wait(f finding.Finding) { s.open.waiting = append(s.open.waiting, f) }

// wait is where a finding lies that waits for the scope of its resource's owner.
type wait struct {
	owner, seenFrom scopeID
	nth             uint32 // of the findings that wait in its block
}

// Waiting visits the findings that wait for another scope: by the owner's scope, so that what is
// known of one is looked up once, then in the order of all blocks.
func (s *Spool) Waiting(visit func(finding.Finding) error) error {
	if err := s.EndBlock(); err != nil {
		return err
	}
	waits, err := s.waits()
	if err != nil {
		return err
	}
	var b Stored
	var found []finding.Finding
	for i, w := range waits {
		if i == 0 || w.seenFrom != waits[i-1].seenFrom {
			if err := s.load(&b, w.seenFrom, s.index.entries[w.seenFrom]); err != nil {
				return err
			}
			if found, err = decodeFindings(b.Scope, b.waiting); err != nil {
				return err
			}
		}
		if err := visit(found[w.nth]); err != nil {
			return err
		}
	}
	return nil
}

// waits lists what waits, in the order of Waiting.
func (s *Spool) waits() ([]wait, error) {
	var waits []wait
	var b Stored
	for id, e := range s.index.sorted() {
		if !e.has(waiting) {
			continue
		}
		if err := s.load(&b, id, e); err != nil {
			return nil, err
		}
		for i, raw := range b.waiting {
			var f struct{ Resource finding.Resource }
			if err := json.Unmarshal(raw, &f); err != nil {
				return nil, fmt.Errorf("read a finding of %s back from the spool: %w", b.Scope, err)
			}
			owner := s.index.id(ownerScope(f.Resource))
			waits = append(waits, wait{owner: owner, seenFrom: id, nth: uint32(i)})
		}
	}
	o := s.index.order() // with the owners that have no block
	slices.SortStableFunc(waits, func(a, b wait) int { return cmp.Compare(o.rank(a.owner), o.rank(b.owner)) })
	return waits, nil
}

// ownerScope is where a resource is judged.
func ownerScope(r finding.Resource) inventory.Scope {
	s := r.Scope()
	s.Account = r.Owner
	return s
}
