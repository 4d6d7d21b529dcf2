package event

import (
	"bytes"
	"encoding/json"
	"time"

	"flowproof/internal/inventory"
)

// Keeps reports whether the spool is a checkpoint, which wants the facts of each block.
func (s *Spool) Keeps() bool { return s.store.kept }

// Facts adds to the open block what it was judged from, for a run that goes on from here.
func (s *Spool) Facts(inv inventory.Inventory) { s.open.facts = &inv }

// Saved is what a checkpoint has of a scope, if that was read whole at t or later. It may be asked
// by several goroutines while blocks come in. What cannot be read back is not there: the scope is
// read again.
func (s *Spool) Saved(scope inventory.Scope, t time.Time) (inventory.Inventory, bool) {
	_, e, ok := s.index.get(scope)
	if !ok || !e.has(finished) || e.readAt().Before(t) {
		return inventory.Inventory{}, false
	}
	raw := make([]byte, e.length)
	if _, err := s.store.file.ReadAt(raw, e.offset()); err != nil {
		return inventory.Inventory{}, false
	}
	for line := range bytes.SplitSeq(raw, newLine) {
		if value, found := valueOf(line, factsLine); found {
			var inv inventory.Inventory
			err := json.Unmarshal(value, &inv)
			return inv, err == nil && inv.Scope == scope
		}
	}
	return inventory.Inventory{}, false
}
