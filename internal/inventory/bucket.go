package inventory

import (
	"cmp"
	"slices"
	"strings"
)

// Buckets are the S3 buckets that were asked for by name. Bucket names are global: every scope of
// an account says the same.
const Buckets Kind = "buckets"

// Bucket is an S3 bucket as the account that was read sees it. What lies below Policy is read of a
// bucket that flow logs deliver to, and not for planning.
type Bucket struct {
	Name   string `json:"name"`
	Region string `json:"region,omitempty"` // where it lies, if S3 says so
	Owner  string `json:"owner,omitempty"`  // account; empty where nobody says
	Owned  bool   `json:"owned"`            // belongs to an account that was read; else to another, or nobody says
	Policy string `json:"policy,omitempty"` // JSON; empty for none. Of an owned bucket only: another's cannot be read

	Encryption    string   `json:"encryption,omitempty"` // by default, of new objects: AES256, aws:kms, aws:kms:dsse
	KMSKey        string   `json:"kms_key,omitempty"`    // id or ARN; empty for a key of S3's own
	Expiry        []Expiry `json:"expiry,omitempty"`
	PublicPolicy  bool     `json:"public_policy,omitempty"`  // S3 says that the policy makes it public
	PublicBlocked bool     `json:"public_blocked,omitempty"` // public access is blocked, whatever policy and ACL say
	ACL           []Grant  `json:"acl,omitempty"`            // grants to others than the owner
}

// Expiry is a rule of a bucket's lifecycle that deletes objects.
type Expiry struct {
	Prefix string `json:"prefix,omitempty"` // of the keys that it is about; empty for all
	Days   int32  `json:"days,omitempty"`   // after which an object is deleted; 0 for a fixed date
	Part   bool   `json:"part,omitempty"`   // it is about objects of some size only
}

// Grant is one of a bucket's access control list, to somebody other than its owner.
type Grant struct {
	Grantee    string `json:"grantee"`    // canonical id, or URI of a group such as AllUsers
	Permission string `json:"permission"` // READ, WRITE, FULL_CONTROL, ...
}

// Public reports whether the grant is to everybody, or to everybody who has an AWS account (S3 user
// guide, predefined groups).
func (g Grant) Public() bool {
	return strings.HasSuffix(g.Grantee, "/global/AllUsers") || strings.HasSuffix(g.Grantee, "/global/AuthenticatedUsers")
}

// Writes reports whether the grant lets objects be written, or lets its holder grant that to itself.
func (g Grant) Writes() bool {
	return g.Permission == "WRITE" || g.Permission == "WRITE_ACP" || g.Permission == "FULL_CONTROL"
}

// KeptDays is how long objects below a prefix are kept: the least of the rules that are about any of
// them; 0 for ever. Part is true where a rule about some of them only, or one with a fixed date, says
// less than the days.
func (b Bucket) KeptDays(prefix string) (days int32, part bool) {
	for _, e := range b.Expiry {
		if !strings.HasPrefix(prefix, e.Prefix) && !strings.HasPrefix(e.Prefix, prefix) {
			continue
		}
		if e.Part || e.Days == 0 {
			part = true
			continue
		}
		if days == 0 || e.Days < days {
			days = e.Days
		}
	}
	return days, part
}

// Clone has lists of its own to sort.
func (b Bucket) Clone() Bucket {
	b.Expiry, b.ACL = slices.Clone(b.Expiry), slices.Clone(b.ACL)
	return b
}

// Bucket says what was read of a bucket: whether it exists, and whether that is known at all.
func (inv *Inventory) Bucket(name string) (bucket Bucket, exists, known bool) {
	return found(inv, name, slices.Contains(inv.Named.Asked.Buckets, name), []Kind{Buckets, Destinations}, inv.Named.Buckets,
		func(b Bucket) bool { return b.Name == name })
}

// normalize brings what S3 gives in any order into one.
func (b *Bucket) normalize() {
	slices.SortFunc(b.Expiry, func(x, y Expiry) int {
		return cmp.Or(strings.Compare(x.Prefix, y.Prefix), cmp.Compare(x.Days, y.Days), compareBools(x.Part, y.Part))
	})
	slices.SortFunc(b.ACL, func(x, y Grant) int {
		return cmp.Or(strings.Compare(x.Grantee, y.Grantee), strings.Compare(x.Permission, y.Permission))
	})
}
