package inventory

import "slices"

// Streams are the Firehose streams that were asked for, in the scope that their ARN is of.
const Streams Kind = "streams"

// Stream is a Firehose delivery stream.
type Stream struct {
	Name   string `json:"name"`
	ARN    string `json:"arn"`
	Status string `json:"status"`            // ACTIVE when it takes records
	Source string `json:"source"`            // DirectPut for one that flow logs may deliver to
	KMSKey string `json:"kms_key,omitempty"` // ARN of the customer-managed key that it encrypts with; empty for none
}

// Stream says what was read of a stream: whether it exists, and whether that is known at all.
func (inv *Inventory) Stream(arn string) (stream Stream, exists, known bool) {
	return found(inv, arn, slices.Contains(inv.Named.Asked.Streams, arn), []Kind{Streams, Destinations}, inv.Named.Streams,
		func(s Stream) bool { return s.ARN == arn })
}
