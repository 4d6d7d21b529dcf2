package rule

import (
	"cmp"

	"flowproof/internal/inventory"
)

// DeliveryError is what AWS says of a failed delivery and what that usually means. The three
// messages are those of the DescribeFlowLogs reference and of the troubleshooting page of the
// VPC user guide.
func DeliveryError(l inventory.FlowLog) string {
	said := cmp.Or(l.DeliveryError, l.DeliveryStatus)
	switch l.DeliveryError {
	case "Access error":
		return said + " (usually the delivery role is gone, does not trust vpc-flow-logs.amazonaws.com, or may not write to the log group)"
	case "Rate limited":
		return said + " (CloudWatch Logs is throttling, or the account has reached its number of log groups)"
	case "Unknown error":
		return said + " (an error inside AWS: if it stays, create the flow log anew or ask AWS Support)"
	}
	return said
}
