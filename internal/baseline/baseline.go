// Package baseline compares a run with an earlier one: which of its failing findings failed before,
// and what became of those that failed then. Findings are the same when their fingerprints are. It
// knows failures only: what was unknown then or is unknown now is never taken for known.
package baseline

import (
	"crypto/sha256"

	"flowproof/internal/event"
	"flowproof/internal/finding"
	"flowproof/internal/inventory"
)

// Baseline is the failures of an earlier run. It is used from one goroutine.
type Baseline struct {
	failed map[key]state
	sum    event.Baseline
}

// key stands for a fingerprint: half of its SHA-256, so that a large baseline fits into memory.
type key [sha256.Size / 2]byte

// state is what became of a failure.
type state uint8

const (
	unseen state = iota
	known        // it fails still
	fixed        // it passes
	other        // neither
)

func keyOf(fingerprint string) key {
	sum := sha256.Sum256([]byte(fingerprint))
	return key(sum[:sha256.Size/2])
}

func (b *Baseline) add(v verdict) {
	if v.Outcome == finding.Fail {
		b.failed[keyOf(v.Fingerprint)] = unseen
	}
}

// Findings marks those that failed in the baseline and fail still.
func (b *Baseline) Findings(_ *inventory.Inventory, found []finding.Finding) {
	if b.sum.Known == nil {
		b.sum.Known = map[finding.Severity]int{}
	}
	for i := range found {
		f := &found[i]
		k := keyOf(f.Fingerprint)
		if _, failed := b.failed[k]; !failed {
			continue
		}
		switch f.Outcome {
		case finding.Fail:
			f.Baseline = true
			b.sum.Known[f.Severity]++
			b.failed[k] = known
		case finding.Pass:
			b.failed[k] = fixed
		default:
			b.failed[k] = other
		}
	}
}

// Summary says in the summary what the run has in common with the baseline.
func (b *Baseline) Summary(s *event.Summary) {
	sum := b.sum
	sum.Known = map[finding.Severity]int{}
	for _, v := range finding.Severities() {
		sum.Known[v] = b.sum.Known[v]
	}
	for _, became := range b.failed {
		switch became {
		case known:
		case fixed:
			sum.Fixed++
		case unseen, other:
			sum.Other++
		}
	}
	s.Baseline = &sum
}
