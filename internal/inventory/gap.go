package inventory

// Kind is a list of things that can be read in a scope, or one fact about each of them.
// Rules declare the kinds they need and a run reads the union.
type Kind string

// The kinds that sources know how to read.
const (
	Accounts Kind = "accounts" // the organisation's accounts and the way into each; as Regions
	Regions  Kind = "regions"  // the account's Regions; read by discovery, never asked for by a rule
	VPCs     Kind = "vpcs"
	FlowLogs Kind = "flow-logs"
)

// Cause classes why something could not be read.
type Cause string

// The causes of gaps. A cause says what to do next, not which code AWS used.
const (
	Denied         Cause = "denied"          // the caller's own permissions
	DeniedBySCP    Cause = "denied-by-scp"   // an explicit deny in a service control policy
	Credentials    Cause = "credentials"     // expired or invalid on the way
	Throttled      Cause = "throttled"       // still refused after every retry
	ServerError    Cause = "server-error"    // 5xx after every retry
	Unreachable    Cause = "unreachable"     // DNS, TLS, refused, timeout
	RegionDisabled Cause = "region-disabled" // the account has not enabled the Region
	Interrupted    Cause = "interrupted"     // Ctrl-C, or the scope's deadline
	Incomplete     Cause = "incomplete"      // truncated, malformed, a page lost, a file missing
)

// Gap is something in scope that should have been read and was not. A gap is never an
// empty list: what depends on it is unknown.
type Gap struct {
	Kind     Kind   `json:"kind"`
	API      string `json:"api"` // "ec2:DescribeFlowLogs"; the file for a saved answer
	Cause    Cause  `json:"cause"`
	Message  string `json:"message"`            // one line; hostile where AWS quotes a name
	Resource string `json:"resource,omitempty"` // the one thing that was not read; empty where it may be any of the kind
}

// What is wrong with credentials that work in the Regions which every account has, and in no other; and
// what to do (IAM User Guide, "Manage AWS STS in an AWS Region").
const (
	GlobalToken   = "the session token is of the global STS endpoint and not valid in Regions that have to be enabled"
	RegionalToken = "use the regional endpoint, or token version 2"
)

// Known reports whether it is one of the kinds above or in the files beside this one.
func (k Kind) Known() bool { return k == Accounts || k == Regions || k.Readable() }

// Readable reports whether a source can be asked for it.
func (k Kind) Readable() bool {
	switch k {
	case VPCs, FlowLogs, Subnets, Interfaces, TransitGateways, GatewayAttachments, NATGateways,
		Arriving, Records, Destinations, DeliveryRoles, LogGroups, Roles, Buckets, Streams:
		return true
	}
	return false
}

// Known reports whether it is one of the causes above.
func (c Cause) Known() bool {
	switch c {
	case Denied, DeniedBySCP, Credentials, Throttled, ServerError, Unreachable, RegionDisabled, Interrupted, Incomplete:
		return true
	}
	return false
}
