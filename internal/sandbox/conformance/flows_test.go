package conformance

import "slices"

// flows are all that is compared.
func flows() []flow {
	return slices.Concat(ec2Flows(), flowLogFlows(), iamFlows(), logsFlows(), cloudWatchFlows())
}
