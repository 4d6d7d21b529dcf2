package inventory

import (
	"cmp"
	"strings"
	"time"
)

// Interfaces are the network interfaces that the account sees. In a VPC that it shares, those of
// participants are among them: the owner sees all (VPC sharing guide).
const Interfaces Kind = "interfaces"

// Interface is one item of DescribeNetworkInterfaces.
type Interface struct {
	ID       string            `json:"id"`
	VPCID    string            `json:"vpc_id"`
	SubnetID string            `json:"subnet_id"`
	OwnerID  string            `json:"owner_id,omitempty"`
	Status   string            `json:"status,omitempty"`  // in-use, available, ...
	Type     string            `json:"type,omitempty"`    // interface, nat_gateway, vpc_endpoint, ...
	Attached time.Time         `json:"attached,omitzero"` // since when it is attached, if AWS says so
	Tags     map[string]string `json:"tags,omitempty"`
}

// InUse reports whether the interface is attached to something that can send and receive.
func (i Interface) InUse() bool { return i.Status == "in-use" }

func compareInterfaces(a, b Interface) int {
	return cmp.Or(
		strings.Compare(a.ID, b.ID),
		strings.Compare(a.VPCID, b.VPCID),
		strings.Compare(a.SubnetID, b.SubnetID),
		strings.Compare(b.OwnerID, a.OwnerID),
		strings.Compare(b.Status, a.Status),
		strings.Compare(b.Type, a.Type),
		b.Attached.Compare(a.Attached),
		compareTags(b.Tags, a.Tags))
}
