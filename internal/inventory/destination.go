package inventory

// What the flow logs of a scope refer to: known by name only once the flow logs are. A run that
// asks for one of these kinds reads the flow logs too.
const (
	Destinations  Kind = "destinations"   // the log groups, buckets and streams that they deliver to
	DeliveryRoles Kind = "delivery-roles" // the IAM roles that they deliver with
)
