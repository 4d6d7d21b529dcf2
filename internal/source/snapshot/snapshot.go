// Package snapshot is flowproof's own saved inventory: what a run read, kept to be judged again
// later, offline, with the same findings. It saves facts and gaps and no verdicts, asks nothing
// of AWS, and refuses a file of a form it does not know rather than guess.
//
// A snapshot is JSON lines: a header, one line for each scope (disabled Regions too), a
// trailer that counts them. It is compressed if its name ends in .gz. The form is described by
// docs/schema/snapshot-v2.json. In it every key is always written, and a list that was read is
// there even if it is empty, so that nothing can be lost without being missed. Files of version 1,
// which left out what was empty, are read too.
package snapshot

import "time"

// Schema names the format that is written. A change that this version's reader would misread gets
// another name.
const Schema = "flowproof.snapshot/v2"

// schemaV1 left out every value that was empty.
const schemaV1 = "flowproof.snapshot/v1"

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
