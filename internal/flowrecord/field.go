// Package flowrecord knows what flow logs write: the fields of a record by version, formats, records
// as text and as Parquet, and the names of the streams and objects in which they lie. It reads what
// it is given and reaches for nothing.
package flowrecord

import (
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
// log records; from version 7 on as the parsers of others know them). Version 6 is that of transit
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
}

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
