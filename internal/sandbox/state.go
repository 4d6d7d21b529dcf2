package sandbox

import (
	"slices"
	"strings"
	"time"
)

// tag is one key and value on a resource. Order is kept, as clients see it.
type tag struct{ Key, Value string }

// vpc is a network as DescribeVpcs shows it.
type vpc struct {
	id        string
	owner     string // account id; another account's when the VPC is shared with this one
	cidr      string
	isDefault bool
	tenancy   string
	tags      []tag
}

type subnet struct {
	id        string
	owner     string
	vpcID     string
	cidr      string
	zone      string
	isDefault bool // the default subnet of its zone
	tags      []tag
}

type networkInterface struct {
	id          string
	owner       string
	vpcID       string
	subnetID    string
	zone        string
	address     string
	description string
	inUse       bool // attached to an instance
	created     time.Time
	tags        []tag
}

// Values that flow logs take.
const (
	destLogs     = "cloud-watch-logs"
	destS3       = "s3"
	destFirehose = "kinesis-data-firehose"

	trafficAll = "ALL"

	statusActive    = "ACTIVE"
	deliverySuccess = "SUCCESS"
	deliveryFailed  = "FAILED"

	classStandard = "STANDARD"
)

// flowLog is a subscription to the traffic of one resource.
type flowLog struct {
	id          string
	resourceID  string
	traffic     string // ACCEPT, REJECT, ALL
	destination destination
	role        string // ARN of the delivery role, "" where there is none
	crossRole   string // ARN of the role in the destination's account
	format      string
	interval    int // seconds
	created     time.Time
	status      string // ACTIVE
	delivery    string // SUCCESS, FAILED, or "" when AWS leaves it out
	message     string // Access error, Rate limited, Unknown error
	file        *fileOptions
	tagFields   []tagFieldSpec
	tags        []tag

	fed    time.Time // when records were last brought up to date
	pinned bool      // delivery is the scenario's and never changes
}

// destination is where the records of a flow log go.
type destination struct {
	kind  string // cloud-watch-logs, s3, kinesis-data-firehose
	arn   string // as the creator gave it; "" when a log group name was given
	group string // log group, for cloud-watch-logs
}

// fileOptions are the DestinationOptions of an S3 flow log.
type fileOptions struct {
	format            string
	hive, perHourPath bool
}

// role is an IAM role. Documents are kept as text, decoded.
type role struct {
	name, path, id string
	arn            string
	trust          string // the trust policy (AssumeRolePolicyDocument)
	description    string
	maxSession     int // seconds
	created        time.Time
	changed        time.Time         // when its trust last did; zero for a declared one
	inline         map[string]string // inline policies: name -> document
	attached       []string          // ARNs of managed policies, in order of attachment
	boundary       string            // ARN of the permissions boundary
	tags           []tag
}

// policy is a managed IAM policy.
type policy struct {
	name, path, id string
	arn            string
	description    string
	document       string // of the default version
	created        time.Time
	tags           []tag
}

// logGroup is a CloudWatch Logs group.
type logGroup struct {
	name       string
	created    time.Time
	retention  int    // days; 0 means that events never expire
	kmsKey     string // ARN
	class      string // STANDARD, INFREQUENT_ACCESS, ESSENTIALS, DELIVERY
	protected  bool   // from deletion
	byDelivery bool   // made by flow-log delivery with the first record
	tags       []tag
	streams    map[string]*logStream
}

// logStream is one stream of a group. What flow logs write is not stored: it follows from
// the feeds, so that a long-lived stream costs nothing. Read it with count and event.
type logStream struct {
	name    string
	created time.Time
	events  []logEvent // written by calls, in order
	feeds   []*feed    // what flow logs write, in order
}

// logEvent is one record in a stream.
type logEvent struct {
	at, ingested time.Time
	message      string
}

// arnIn is the group's ARN without the ":*" that stands for its streams.
func (g *logGroup) arnIn(a *account, region string) string {
	return "arn:" + a.partition + ":logs:" + region + ":" + a.id + ":log-group:" + g.name
}

// setTags puts tags over those there are; a key keeps its place.
func setTags(tags []tag, add []tag) []tag {
	tags = slices.Clone(tags)
	for _, t := range add {
		if i := slices.IndexFunc(tags, func(o tag) bool { return o.Key == t.Key }); i >= 0 {
			tags[i].Value = t.Value
		} else {
			tags = append(tags, t)
		}
	}
	return tags
}

// nameFromARN gives what stands behind the last slash, the name of a role or stream.
func nameFromARN(arn string) string { return arn[strings.LastIndexByte(arn, '/')+1:] }
