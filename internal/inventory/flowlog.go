package inventory

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"
)

// FlowLog is one item of DescribeFlowLogs, in AWS's own words; empty where AWS said nothing.
// Answers of older years leave many fields out, so absence never means a negative.
type FlowLog struct {
	ID               string            `json:"id"`
	ResourceID       string            `json:"resource_id"`
	Status           string            `json:"status"`           // FlowLogStatus; ACTIVE is the one documented value
	DeliveryStatus   string            `json:"delivery_status"`  // DeliverLogsStatus: SUCCESS, FAILED or absent
	DeliveryError    string            `json:"delivery_error"`   // DeliverLogsErrorMessage
	TrafficType      string            `json:"traffic_type"`     // ACCEPT, REJECT, ALL; absent for transit gateways
	DestinationType  string            `json:"destination_type"` // CloudWatch Logs where AWS does not say
	Destination      string            `json:"destination"`      // ARN
	LogGroup         string            `json:"log_group"`
	Role             string            `json:"role"` // DeliverLogsPermissionArn
	CrossAccountRole string            `json:"cross_account_role,omitempty"`
	Format           string            `json:"format"`
	Interval         int32             `json:"interval"` // seconds: 60 or 600
	FileFormat       string            `json:"file_format,omitempty"`
	Hive             bool              `json:"hive,omitempty"`
	PerHour          bool              `json:"per_hour,omitempty"`
	Created          time.Time         `json:"created,omitzero"`
	Tags             map[string]string `json:"tags,omitempty"`
	TagFields        []TagField        `json:"tag_fields,omitempty"`
}

// TagField names the keys of the tags that a log's records show, of one type of resource: an item of
// TagFieldSpecifications.
type TagField struct {
	Resource string   `json:"resource"` // instance, network-interface, auto-scaling-group
	Keys     []string `json:"keys"`
}

// Destination types as CreateFlowLogs names them.
const (
	ToCloudWatchLogs = "cloud-watch-logs"
	ToS3             = "s3"
	ToFirehose       = "kinesis-data-firehose"
)

// Bucket is the bucket that the log delivers to and the prefix in it; empty for another destination.
func (l FlowLog) Bucket() (name, prefix string) {
	if l.DestinationType != ToS3 {
		return "", ""
	}
	_, path, _ := strings.Cut(l.Destination, ":::")
	name, prefix, _ = strings.Cut(path, "/")
	return name, strings.Trim(prefix, "/")
}

// Name is the flow log's id, or a stand-in where the answer has none.
func (l FlowLog) Name() string { return cmp.Or(l.ID, "(no id)") }

// Active reports whether the configuration is switched on. It says nothing about delivery.
func (l FlowLog) Active() bool { return l.Status == "ACTIVE" }

// OnGateway reports whether the log is on a transit gateway or an attachment to one.
func (l FlowLog) OnGateway() bool { return strings.HasPrefix(l.On(), "tgw") }

// OnCloudWAN reports whether the log is on a part of a Cloud WAN: a core network, one of its edges or
// attachments. Such logs have no traffic type and fields of their own (EC2 API reference, CreateFlowLogs).
func (l FlowLog) OnCloudWAN() bool {
	on := l.On()
	return strings.HasPrefix(on, "core-network") || on == "attachment"
}

// HasField reports whether the log's records have a field, such as flow-direction.
func (l FlowLog) HasField(name string) bool { return strings.Contains(l.Format, "${"+name+"}") }

// DestinationName is the group's name, or the ARN of any other destination.
func (l FlowLog) DestinationName() string {
	return cmp.Or(l.GroupName(), l.Destination, "a destination that AWS does not name")
}

// GroupName is the log group that the log delivers to, from its ARN where the answer gives no
// name; empty for other destinations.
func (l FlowLog) GroupName() string {
	if l.LogGroup != "" {
		return l.LogGroup
	}
	_, name, found := strings.Cut(l.Destination, ":log-group:")
	if !found {
		return ""
	}
	return strings.TrimSuffix(name, ":*")
}

// Delivery is what AWS says of a flow log's delivery.
type Delivery string

// The answers AWS can give.
const (
	DeliveryNotStated Delivery = "" // neither a status nor an error: not known
	DeliverySucceeded Delivery = "succeeded"
	DeliveryFailed    Delivery = "failed"
)

// Delivery reads the two fields together: an error message without a status counts as a
// failure, as older answers leave the status out.
func (l FlowLog) Delivery() Delivery {
	switch {
	case l.DeliveryStatus == "FAILED", l.DeliveryStatus == "" && l.DeliveryError != "":
		return DeliveryFailed
	case l.DeliveryStatus == "SUCCESS":
		return DeliverySucceeded
	}
	return DeliveryNotStated
}

// Works reports whether the log counts for anything: ACTIVE and not failing. It may
// still deliver nothing; see Arrival.
func (l FlowLog) Works() bool { return l.Active() && l.Delivery() != DeliveryFailed }

// Working are the logs that count for anything.
func Working(logs []FlowLog) []FlowLog {
	return slices.DeleteFunc(slices.Clone(logs), func(l FlowLog) bool { return !l.Works() })
}

// On is the kind of resource that the log is on, by its id, or that at the end of an ARN:
// DescribeFlowLogs has no resource type. Empty when the id is of no known kind.
func (l FlowLog) On() string {
	id := l.ResourceID
	if strings.HasPrefix(id, "arn:") {
		id = id[strings.LastIndexByte(id, '/')+1:]
	}
	for _, prefix := range []string{"vpc", "subnet", "eni", "tgw-attach", "tgw", "nat", "core-network-edge", "core-network", "attachment"} {
		if strings.HasPrefix(id, prefix+"-") {
			return prefix
		}
	}
	return ""
}

// LogsOn returns the flow logs on one resource, in the inventory's order. They lie side by side
// in an inventory that has its one form (Normalize), and the result is a part of that list.
func (inv *Inventory) LogsOn(resourceID string) []FlowLog {
	byResource := func(l FlowLog, id string) int { return strings.Compare(l.ResourceID, id) }
	from, found := slices.BinarySearchFunc(inv.FlowLogs, resourceID, byResource)
	if !found {
		return nil
	}
	to := from
	for to < len(inv.FlowLogs) && inv.FlowLogs[to].ResourceID == resourceID {
		to++
	}
	return inv.FlowLogs[from:to:to]
}

// compareFlowLogs is a total order over every field: equal means the same fact twice. One
// id can come with different content (seen in recorded answers), so the id alone decides nothing.
func compareFlowLogs(a, b FlowLog) int {
	return cmp.Or(
		strings.Compare(a.ResourceID, b.ResourceID),
		strings.Compare(a.ID, b.ID),
		strings.Compare(a.Status, b.Status),
		strings.Compare(a.DeliveryStatus, b.DeliveryStatus),
		strings.Compare(a.DeliveryError, b.DeliveryError),
		strings.Compare(a.TrafficType, b.TrafficType),
		strings.Compare(a.DestinationType, b.DestinationType),
		strings.Compare(a.Destination, b.Destination),
		strings.Compare(a.LogGroup, b.LogGroup),
		strings.Compare(a.Role, b.Role),
		strings.Compare(a.CrossAccountRole, b.CrossAccountRole),
		strings.Compare(a.Format, b.Format),
		cmp.Compare(a.Interval, b.Interval),
		strings.Compare(a.FileFormat, b.FileFormat),
		compareBools(a.Hive, b.Hive),
		compareBools(a.PerHour, b.PerHour),
		a.Created.Compare(b.Created),
		compareTags(a.Tags, b.Tags),
		slices.CompareFunc(a.TagFields, b.TagFields, func(a, b TagField) int {
			return cmp.Or(strings.Compare(a.Resource, b.Resource), slices.Compare(a.Keys, b.Keys))
		}))
}

func compareBools(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return 1
	}
	return -1
}

func compareTags(a, b map[string]string) int {
	return slices.CompareFunc(slices.Sorted(maps.Keys(a)), slices.Sorted(maps.Keys(b)), func(k, l string) int {
		return cmp.Or(strings.Compare(k, l), strings.Compare(a[k], b[l]))
	})
}
