package inventory

import (
	"cmp"
	"strings"
)

// VPC is one item of DescribeVpcs.
type VPC struct {
	ID        string            `json:"id"`
	OwnerID   string            `json:"owner_id,omitempty"` // absent in old and thinned-out answers
	CIDR      string            `json:"cidr,omitempty"`
	IsDefault bool              `json:"is_default,omitempty"`
	Tags      map[string]string `json:"tags,omitempty"`
}

// Name is the value of the Name tag: hostile text, or empty.
func (v VPC) Name() string { return v.Tags["Name"] }

// Owner is the account that the VPC belongs to. An answer without OwnerId comes from the
// account that was read: its absence does not make a VPC foreign.
func (v VPC) Owner(s Scope) string { return cmp.Or(v.OwnerID, s.Account) }

// Shared reports whether the VPC belongs to another account than the one that was read.
// Participants see a shared VPC in DescribeVpcs, but not its flow logs (VPC sharing guide).
func (v VPC) Shared(s Scope) bool { return v.Owner(s) != s.Account }

// ARN is the owner's, whoever looks.
func (v VPC) ARN(s Scope) string {
	s.Account = v.Owner(s)
	return s.ARN("vpc", v.ID)
}

// compareVPCs is a total order. Of the repetitions of one VPC the fullest comes first.
func compareVPCs(s Scope, a, b VPC) int {
	return cmp.Or(
		strings.Compare(a.ID, b.ID),
		strings.Compare(a.Owner(s), b.Owner(s)),
		strings.Compare(b.OwnerID, a.OwnerID),
		strings.Compare(b.CIDR, a.CIDR),
		compareBools(b.IsDefault, a.IsDefault),
		compareTags(b.Tags, a.Tags))
}
