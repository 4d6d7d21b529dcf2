package inventory

import (
	"cmp"
	"strings"
)

// Subnets are the subnets that the account sees: its own, and those that others share with it.
const Subnets Kind = "subnets"

// Subnet is one item of DescribeSubnets.
type Subnet struct {
	ID      string            `json:"id"`
	VPCID   string            `json:"vpc_id"`
	OwnerID string            `json:"owner_id,omitempty"` // absent in old and thinned-out answers
	Tags    map[string]string `json:"tags,omitempty"`
}

// Name is the value of the Name tag: hostile text, or empty.
func (s Subnet) Name() string { return s.Tags["Name"] }

func compareSubnets(a, b Subnet) int {
	return cmp.Or(
		strings.Compare(a.ID, b.ID),
		strings.Compare(a.VPCID, b.VPCID),
		strings.Compare(b.OwnerID, a.OwnerID),
		compareTags(b.Tags, a.Tags))
}
