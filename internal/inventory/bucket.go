package inventory

import "slices"

// Buckets are the S3 buckets that were asked for by name. Bucket names are global: every scope of
// an account says the same.
const Buckets Kind = "buckets"

// Bucket is an S3 bucket as the account that was read sees it.
type Bucket struct {
	Name   string `json:"name"`
	Region string `json:"region,omitempty"` // where it lies, if S3 says so
	Owned  bool   `json:"owned"`            // belongs to the account that was read; else to another, or nobody says
	Policy string `json:"policy,omitempty"` // JSON; empty for none. Of an owned bucket only: another's cannot be read
}

// Bucket says what was read of a bucket: whether it exists, and whether that is known at all.
func (inv *Inventory) Bucket(name string) (bucket Bucket, exists, known bool) {
	return found(inv, name, slices.Contains(inv.Named.Asked.Buckets, name), []Kind{Buckets, Destinations}, inv.Named.Buckets,
		func(b Bucket) bool { return b.Name == name })
}
