package inventory

import (
	"cmp"
	"strings"
)

// NATGateways are the account's NAT gateways. Flow logs can be on those whose availability mode is
// regional (CreateFlowLogs, resource type RegionalNatGateway).
const NATGateways Kind = "nat-gateways"

// NATGateway is one item of DescribeNatGateways.
type NATGateway struct {
	ID    string            `json:"id"`
	VPCID string            `json:"vpc_id"`
	Mode  string            `json:"mode,omitempty"` // zonal or regional; older answers have none
	State string            `json:"state,omitempty"`
	Tags  map[string]string `json:"tags,omitempty"`
}

// Regional reports whether a flow log can be on the gateway itself.
func (g NATGateway) Regional() bool { return g.Mode == "regional" }

// Gone reports whether the gateway is deleted, about to be, or was never made: AWS lists it for a while.
func (g NATGateway) Gone() bool {
	return strings.HasPrefix(g.State, "delet") || g.State == "failed"
}

func compareNATGateways(a, b NATGateway) int {
	return cmp.Or(
		strings.Compare(a.ID, b.ID),
		strings.Compare(a.VPCID, b.VPCID),
		strings.Compare(b.Mode, a.Mode),
		strings.Compare(b.State, a.State),
		compareTags(b.Tags, a.Tags))
}
