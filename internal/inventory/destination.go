package inventory

import (
	"slices"
	"strings"
)

// What the flow logs of a scope refer to: known by name only once the flow logs are. A run that
// asks for one of these kinds reads the flow logs too.
const (
	Destinations  Kind = "destinations"   // the log groups, buckets and streams that they deliver to
	DeliveryRoles Kind = "delivery-roles" // the IAM roles that they deliver with
)

// BucketName is the bucket that the log delivers to, and the prefix in it; empty for other
// destinations.
func (l FlowLog) BucketName() (bucket, prefix string) {
	if l.DestinationType != ToS3 {
		return "", ""
	}
	_, path, _ := strings.Cut(l.Destination, ":::")
	bucket, prefix, _ = strings.Cut(path, "/")
	return bucket, prefix
}

// RoleName is the name of a role, and the account that it is in, from its ARN; empty where the text
// is no such ARN.
func RoleName(arn string) (name, account string) {
	parts := strings.SplitN(arn, ":", 6)
	if len(parts) != 6 || parts[2] != "iam" || !strings.HasPrefix(parts[5], "role/") {
		return "", ""
	}
	return parts[5][strings.LastIndex(parts[5], "/")+1:], parts[4]
}

// ReferredTo are the names of what the flow logs deliver to and with, as far as the account can have
// them: streams of its own Region, and roles of its own.
func (inv *Inventory) ReferredTo() Names {
	var n Names
	for _, l := range inv.FlowLogs {
		if group := l.GroupName(); group != "" && l.DestinationType == ToCloudWatchLogs {
			n.LogGroups = append(n.LogGroups, group)
		}
		if bucket, _ := l.BucketName(); bucket != "" {
			n.Buckets = append(n.Buckets, bucket)
		}
		if _, own := inv.OwnStream(l.Destination); own && l.DestinationType == ToFirehose {
			n.Streams = append(n.Streams, l.Destination)
		}
		if name, account := RoleName(l.Role); name != "" && account == inv.Account {
			n.Roles = append(n.Roles, name)
		}
	}
	for _, names := range []*[]string{&n.LogGroups, &n.Buckets, &n.Streams, &n.Roles} {
		slices.Sort(*names)
		*names = slices.Compact(*names)
	}
	return n
}

// OwnStream is the name of a Firehose stream by its ARN; own is false for one of another account or
// Region.
func (inv *Inventory) OwnStream(arn string) (name string, own bool) {
	return strings.CutPrefix(arn, "arn:"+inv.Partition+":firehose:"+inv.Region+":"+inv.Account+":deliverystream/")
}
