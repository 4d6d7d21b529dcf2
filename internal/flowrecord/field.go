// Package flowrecord knows what flow logs write: the fields of a record by version, formats, records
// as text and as Parquet, and the names of the streams and objects in which they lie. It reads what
// it is given and reaches for nothing.
package flowrecord

import (
	"maps"
	"slices"
	"strings"
	"sync"
)

// Fields of records, as far as this package looks into them.
const (
	Version     = "version"
	AccountID   = "account-id"
	InterfaceID = "interface-id"
	Start       = "start"
	End         = "end"
	Action      = "action"
	LogStatus   = "log-status"
)

// fieldsByVersion names fields by the version of the record that first had them (VPC user guide, flow
// log records; versions 7 to 10 as the parsers of others know them). Version 6 is that of transit
// gateways, see gatewayFields.
var fieldsByVersion = []struct {
	version string
	fields  string
}{
	{"v2", "version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action log-status"},
	{"v3", "vpc-id subnet-id instance-id tcp-flags type pkt-srcaddr pkt-dstaddr"},
	{"v4", "region az-id sublocation-type sublocation-id"},
	{"v5", "pkt-src-aws-service pkt-dst-aws-service flow-direction traffic-path"},
	{"v7", "ecs-cluster-arn ecs-cluster-name ecs-container-instance-arn ecs-container-instance-id ecs-container-id " +
		"ecs-second-container-id ecs-service-name ecs-task-definition-arn ecs-task-arn ecs-task-id"},
	{"v8", "reject-reason"},
	{"v9", "resource-id"},
	{"v10", "encryption-status"},
	{"v11", "instance-tag instance-tag-2 interface-tag interface-tag-2 asg-tag asg-tag-2 interface-type " +
		"next-hop-interface-id next-hop-subnet-id next-hop-az-id next-hop-vpc-id next-hop-interface-type"},
}

// tagFields are the fields that hold the value of a tag, by the type of what is tagged: the first shows
// the first key of the flow log's specification for it, the second the second (EC2 API reference,
// TagFieldSpecificationRequest).
var tagFields = map[string][]string{
	"instance":           {"instance-tag", "instance-tag-2"},
	"network-interface":  {"interface-tag", "interface-tag-2"},
	"auto-scaling-group": {"asg-tag", "asg-tag-2"},
}

// TagResources are the types of resources whose tags records can show.
func TagResources() []string { return slices.Sorted(maps.Keys(tagFields)) }

// TagFields are the fields that show tags of a type of resources, in the order of the keys.
func TagFields(resource string) []string { return tagFields[resource] }

// TagResource is the type of resources whose tags a field shows, and which of the keys, from 0; false
// for any other field.
func TagResource(field string) (resource string, key int, ok bool) {
	for resource, fields := range tagFields {
		if i := slices.Index(fields, field); i >= 0 {
			return resource, i, true
		}
	}
	return "", 0, false
}

// OfECS reports whether a field is about containers: who makes a flow log with one must be allowed to
// look at them (service authorization reference, dependent actions of ec2:CreateFlowLogs).
func OfECS(field string) bool { return strings.HasPrefix(field, "ecs-") }

// Known lists the fields that this version knows, oldest first.
func Known() []string { return UpTo(fieldsByVersion[len(fieldsByVersion)-1].version) }

// UpTo lists the fields of a record of a version, such as "v3": its own and all older ones. None for
// a version that added no field.
func UpTo(version string) []string {
	var names []string
	for _, v := range fieldsByVersion {
		names = append(names, strings.Fields(v.fields)...)
		if v.version == version {
			return names
		}
	}
	return nil
}

// gatewayFields are those that only records of transit gateways have (VPC user guide for transit
// gateways, "Transit Gateway Flow Log records").
const gatewayFields = "resource-type tgw-id tgw-attachment-id tgw-src-vpc-account-id tgw-dst-vpc-account-id tgw-src-vpc-id tgw-dst-vpc-id " +
	"tgw-src-subnet-id tgw-dst-subnet-id tgw-src-eni tgw-dst-eni tgw-src-az-id tgw-dst-az-id tgw-pair-attachment-id " +
	"packets-lost-no-route packets-lost-blackhole packets-lost-mtu-exceeded packets-lost-ttl-expired"

// isKnown reports whether a word is the name of a field.
func isKnown(word string) bool { return names()[word] }

var names = sync.OnceValue(func() map[string]bool {
	known := map[string]bool{}
	for _, name := range append(Known(), strings.Fields(gatewayFields)...) {
		known[name] = true
	}
	return known
})
