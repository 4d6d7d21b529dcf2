// Package snapshot is flowproof's own saved inventory: what a run read, kept to be judged again
// later, offline, with the same findings. It saves facts and gaps and no verdicts, asks nothing
// of AWS, and refuses a file of a form it does not know rather than guess.
//
// A snapshot is JSON lines: a header, one line for each scope (disabled Regions too), a
// trailer that counts them. It is compressed if its name ends in .gz. The form is described by
// docs/schema/snapshot-v1.json.
package snapshot

import (
	"time"

	"flowproof/internal/inventory"
)

// Schema names the format. A change that this version's reader would misread gets another name.
const Schema = "flowproof.snapshot/v1"

// Header opens a snapshot.
type Header struct {
	Schema  string    `json:"schema"`
	Version string    `json:"version"` // of the flowproof that saved it
	Saved   time.Time `json:"saved"`
	Source  string    `json:"source"` // where it was read from: "aws", "awscli:DIR"
}

// trailer closes a snapshot. Without it the file is part of one.
type trailer struct {
	End    bool `json:"end"`
	Scopes int  `json:"scopes"`
}

// line is what has to be known of any line but the first to find it again: a scope's place in the
// ledger, or the trailer.
type line struct {
	inventory.Target
	Kinds []inventory.Kind `json:"kinds"`
	trailer
}
