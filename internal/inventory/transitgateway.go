package inventory

import (
	"cmp"
	"strings"
)

// The kinds around transit gateways. An account sees the gateways that are its own and those that
// are shared with it, and of a gateway that it owns every attachment.
const (
	TransitGateways    Kind = "transit-gateways"
	GatewayAttachments Kind = "transit-gateway-attachments"
)

// TransitGateway is one item of DescribeTransitGateways.
type TransitGateway struct {
	ID      string            `json:"id"`
	OwnerID string            `json:"owner_id,omitempty"`
	State   string            `json:"state,omitempty"` // available, pending, deleting, ...
	Tags    map[string]string `json:"tags,omitempty"`
}

// Name is the value of the Name tag: hostile text, or empty.
func (g TransitGateway) Name() string { return g.Tags["Name"] }

// Owner is the account that the gateway belongs to; the one that was read where AWS does not say.
func (g TransitGateway) Owner(s Scope) string { return cmp.Or(g.OwnerID, s.Account) }

// Shared reports whether the gateway belongs to another account than the one that was read.
func (g TransitGateway) Shared(s Scope) bool { return g.Owner(s) != s.Account }

// ARN is the owner's, whoever looks.
func (g TransitGateway) ARN(s Scope) string {
	s.Account = g.Owner(s)
	return s.ARN("transit-gateway", g.ID)
}

// Gone reports whether the gateway is deleted or about to be: AWS lists it for a while.
func (g TransitGateway) Gone() bool { return strings.HasPrefix(g.State, "delet") }

// GatewayAttachment is one item of DescribeTransitGatewayAttachments.
type GatewayAttachment struct {
	ID           string `json:"id"`
	GatewayID    string `json:"gateway_id"`
	ResourceType string `json:"resource_type,omitempty"` // vpc, vpn, peering, ...
	ResourceID   string `json:"resource_id,omitempty"`
	OwnerID      string `json:"owner_id,omitempty"` // of what is attached
	State        string `json:"state,omitempty"`
}

// Gone reports whether nothing passes through the attachment any more, or ever will: AWS lists one
// that was deleted, refused or never made for a while.
func (a GatewayAttachment) Gone() bool {
	return strings.HasPrefix(a.State, "delet") || strings.HasPrefix(a.State, "fail") || strings.HasPrefix(a.State, "reject")
}

func compareGateways(a, b TransitGateway) int {
	return cmp.Or(
		strings.Compare(a.ID, b.ID),
		strings.Compare(b.OwnerID, a.OwnerID),
		strings.Compare(b.State, a.State),
		compareTags(b.Tags, a.Tags))
}

func compareAttachments(a, b GatewayAttachment) int {
	return cmp.Or(
		strings.Compare(a.ID, b.ID),
		strings.Compare(a.GatewayID, b.GatewayID),
		strings.Compare(b.ResourceType, a.ResourceType),
		strings.Compare(b.ResourceID, a.ResourceID),
		strings.Compare(b.OwnerID, a.OwnerID),
		strings.Compare(b.State, a.State))
}
