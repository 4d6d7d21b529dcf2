package sandbox

import (
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// maxPerResource is how many flow logs one resource may have (transit gateway guide).
const maxPerResource = 250

// flowLogTarget is a kind of resource that flow logs can watch.
type flowLogTarget struct {
	prefix     string
	code       string // of the item when there is no such resource
	noun       string
	gateway    bool // of a transit gateway or Cloud WAN: no traffic type, and an interval of 60
	maxPerCall int
}

// flowLogTargets are the values of ResourceType, and how many ids of each one call takes (API model).
func flowLogTargets() map[string]flowLogTarget {
	return map[string]flowLogTarget{
		"VPC":                      {"vpc", "InvalidVpcID", "vpc ID", false, 300},
		"Subnet":                   {"subnet", "InvalidSubnetID", "subnet ID", false, 300},
		"NetworkInterface":         {"eni", "InvalidNetworkInterfaceID", "networkInterface ID", false, 300},
		"TransitGateway":           {"tgw", "InvalidTransitGatewayID", "Transit Gateway ID", true, 25},
		"TransitGatewayAttachment": {"tgw-attach", "InvalidTransitGatewayAttachmentID", "Transit Gateway Attachment ID", true, 25},
		"RegionalNatGateway":       {"nat", "InvalidNatGatewayID", "NAT Gateway ID", false, 300},
		// There are no Cloud WAN resources here, and how EC2 words that is not known.
		"CoreNetwork":           {"core-network", "InvalidCoreNetworkID", "Core Network ID", true, 300},
		"CoreNetworkEdge":       {"core-network-edge", "InvalidCoreNetworkEdgeID", "Core Network Edge ID", true, 300},
		"CoreNetworkAttachment": {"attachment", "InvalidCoreNetworkAttachmentID", "Core Network Attachment ID", true, 300},
	}
}

// idempotent is the answer that a client token has had, and to what.
type idempotent struct {
	request string
	ids     []string
	failed  []unsuccessful
}

// createFlowLogs makes one flow log per resource. What is wrong with the call as a whole
// fails it; what is wrong with one resource or its destination is answered with HTTP
// 200 under Unsuccessful.
func createFlowLogs(c *call) error {
	ids := c.form.list("ResourceId")
	target, err := flowLogTargetOf(c, ids)
	if err != nil {
		return err
	}
	model, err := newFlowLog(c, target)
	if err != nil {
		return err
	}
	if err := c.mayDepend(model); err != nil {
		return err
	}
	if err := dryRun(c); err != nil {
		return err
	}
	if err := c.linkRole(model); err != nil {
		return err
	}
	token := c.form.get("ClientToken")
	if past, ok := c.region.idempotent[token]; ok && token != "" {
		if past.request != fingerprint(c.form) {
			return badRequest("IdempotentParameterMismatch", "The request uses the same client token as a previous, but non-identical request.")
		}
		c.createdFlowLogs(token, past)
		return nil
	}
	var out idempotent
	for _, id := range ids {
		if bad := c.refuseFlowLog(target, model, id); bad != nil {
			if bad.code == flowLogExists && c.server.scenario.Writes.AlreadyExists == "request" {
				return bad
			}
			out.failed = append(out.failed, unsuccessful{id, bad.code, bad.message})
			continue
		}
		f := *model
		f.id, f.resourceID = c.account.ids.next("fl"), id
		c.region.flowLogs.add(f.id, &f)
		out.ids = append(out.ids, f.id)
	}
	if len(out.ids) > 0 {
		c.attachBucketPolicy(model)
	}
	c.account.wake(c.now)
	if token != "" {
		out.request = fingerprint(c.form)
		c.region.idempotent[token] = out
	} else {
		token = c.requestID // EC2 answers with a token of its own
	}
	c.createdFlowLogs(token, out)
	return nil
}

func (c *call) createdFlowLogs(token string, out idempotent) {
	c.xml.text("clientToken", token)
	c.xml.open("flowLogIdSet")
	for _, id := range out.ids {
		c.xml.text("item", id)
	}
	c.xml.close("flowLogIdSet")
	if len(out.failed) > 0 || !c.server.scenario.Writes.OmitUnsuccessful {
		c.xml.unsuccessful(out.failed)
	}
}

// fingerprint identifies the parameters of a call.
func fingerprint(f form) string {
	parts := make([]any, 0, 2*len(f))
	for _, k := range slices.Sorted(maps.Keys(f)) {
		parts = append(parts, k, f[k])
	}
	h := digest(parts...)
	return hex.EncodeToString(h[:])
}

// flowLogTargetOf checks resource type and ids.
func flowLogTargetOf(c *call, ids []string) (flowLogTarget, error) {
	kind := c.form.get("ResourceType")
	switch {
	case len(ids) == 0:
		return flowLogTarget{}, missing("ResourceId")
	case kind == "":
		return flowLogTarget{}, missing("ResourceType")
	}
	t, ok := flowLogTargets()[kind]
	if !ok {
		return t, invalidValue(kind, "resourceType")
	}
	if len(ids) > t.maxPerCall {
		return t, badRequest("InvalidParameterValue", fmt.Sprintf("Too many resource IDs in one call: at most %d of resource-type %s.", t.maxPerCall, kind))
	}
	for _, id := range ids {
		if tail, ok := strings.CutPrefix(id, t.prefix+"-"); !ok || !hexID.MatchString(tail) {
			return t, badRequest("InvalidParameter", "Invalid Resource id "+id+" for resource-type "+kind) // observed
		}
	}
	return t, nil
}

// invalidValue is the error for a value that a parameter cannot take.
func invalidValue(value, parameter string) *apiError {
	return badRequest("InvalidParameterValue", "Value ("+value+") for parameter "+parameter+" is invalid.")
}

// newFlowLog reads what all flow logs of the call have in common.
func newFlowLog(c *call, target flowLogTarget) (*flowLog, error) {
	f := &flowLog{
		traffic: c.form.get("TrafficType"), format: c.form.get("LogFormat"), crossRole: c.form.get("DeliverCrossAccountRole"),
		role: c.form.get("DeliverLogsPermissionArn"), created: c.now,
	}
	if err := checkTraffic(f.traffic, target); err != nil {
		return nil, err
	}
	interval, there, err := c.form.int("MaxAggregationInterval")
	if err != nil {
		return nil, err
	}
	if there && interval != 60 && (interval != 600 || target.gateway) {
		return nil, badRequest("InvalidParameter", "Invalid Flow Log Max Aggregation Interval") // as moto has it
	}
	f.interval = interval
	if f.destination, err = destinationOf(c); err != nil {
		return nil, err
	}
	if f.file, err = fileOptionsOf(c, f.destination); err != nil {
		return nil, err
	}
	if err := c.checkRole(f); err != nil {
		return nil, err
	}
	if err := checkFormat(f.format); err != nil {
		return nil, err
	}
	if f.tagFields, err = tagFieldSpecsOf(c, f.format); err != nil {
		return nil, err
	}
	if f.tags, err = newTags(c, "vpc-flow-log"); err != nil {
		return nil, err
	}
	gateway := target.gateway
	f.fillDefaults()
	if gateway {
		f.traffic = ""
	}
	return f, nil
}

func checkTraffic(traffic string, target flowLogTarget) error {
	switch {
	case target.gateway && traffic != "":
		return badRequest("InvalidParameter", "TrafficType is not supported for transit gateway resources.")
	case target.gateway:
		return nil
	case traffic == "":
		return missing("TrafficType")
	case traffic != "ACCEPT" && traffic != "REJECT" && traffic != trafficAll:
		return invalidValue(traffic, "trafficType")
	}
	return nil
}

var formatField = regexp.MustCompile(`^\$\{[a-z0-9-]+\}$`)

// checkFormat accepts any field name: AWS adds fields faster than a list here would. Fields
// stand one space apart, and none at the end (observed).
func checkFormat(format string) error {
	if format == "" {
		return nil
	}
	for _, word := range strings.Split(format, " ") {
		if !formatField.MatchString(word) {
			return badRequest("InvalidParameterValue", "1 validation error detected: Value '"+format+"' at 'logFormat' has an invalid format")
		}
	}
	return nil
}

// destinationOf reads where the records go. The messages are observed ones.
func destinationOf(c *call) (destination, error) {
	group, arn, kind := c.form.get("LogGroupName"), c.form.get("LogDestination"), c.form.get("LogDestinationType")
	d := destination{kind: kind, arn: arn, group: group}
	if kind == "" {
		d.kind = destLogs
	}
	switch {
	case d.kind != destLogs && d.kind != destS3 && d.kind != destFirehose:
		return d, invalidValue(kind, "logDestinationType")
	case group != "" && arn != "":
		return d, badRequest("InvalidParameter", "Please only provide LogGroupName or only provide LogDestination.")
	case group == "" && arn == "":
		return d, badRequest("InvalidParameter", "LogDestination can't be empty if LogGroupName is not provided.")
	case group != "" && d.kind != destLogs:
		return d, badRequest("InvalidParameter", "LogDestination type must be cloud-watch-logs if LogGroupName is provided.")
	}
	var err error
	switch d.kind {
	case destLogs:
		if group == "" {
			d.group, err = c.groupFromARN(arn)
		}
		if err == nil && (len(d.group) > 512 || !logGroupName.MatchString(d.group) || strings.HasPrefix(d.group, "aws/")) {
			err = invalidValue(d.group, "logGroupName")
		}
	case destS3:
		if bucket, prefix, ok := bucketFromARN(arn); !ok || bucket == "" {
			err = badRequest("InvalidParameter", "LogDestination: "+arn+" is not a valid S3 ARN.")
		} else if slices.Contains(strings.Split(prefix, "/"), "AWSLogs") {
			err = badRequest("InvalidParameter", "AWSLogs is a reserved term and cannot be used as a subfolder name.")
		}
	default:
		if !strings.Contains(arn, ":deliverystream/") {
			err = badRequest("InvalidParameter", "LogDestination: "+arn+" is not a valid delivery stream ARN.")
		}
	}
	return d, err
}

// groupFromARN reads the name of a log group of this account and Region, with or without
// the ":*" at the end.
func (c *call) groupFromARN(arn string) (string, error) {
	want := "arn:" + c.account.partition + ":logs:" + c.region.name + ":" + c.account.id + ":log-group:"
	name, ok := strings.CutPrefix(arn, want)
	if !ok {
		return "", badRequest("InvalidParameter", "LogDestination: "+arn+" is not a log group of this account and Region.")
	}
	return strings.TrimSuffix(name, ":*"), nil
}

func bucketFromARN(arn string) (bucket, prefix string, ok bool) {
	_, rest, ok := strings.Cut(arn, ":s3:::")
	bucket, prefix, _ = strings.Cut(rest, "/")
	return bucket, prefix, ok && strings.HasPrefix(arn, "arn:")
}

func fileOptionsOf(c *call, d destination) (*fileOptions, error) {
	const name = "DestinationOptions."
	o := &fileOptions{
		format: c.form.get(name + "FileFormat"),
		hive:   c.form.bool(name + "HiveCompatiblePartitions"), perHourPath: c.form.bool(name + "PerHourPartition"),
	}
	given := o.format != "" || c.form.has(name+"HiveCompatiblePartitions") || c.form.has(name+"PerHourPartition")
	if d.kind != destS3 {
		if given {
			return nil, badRequest("InvalidParameter", "DestinationOptions is only applicable for s3 delivery")
		}
		return nil, nil
	}
	if o.format == "" {
		o.format = "plain-text"
	}
	if o.format != "plain-text" && o.format != "parquet" {
		return nil, invalidValue(o.format, "fileFormat")
	}
	return o, nil
}

// checkRole judges the delivery role as EC2 does at creation: it must exist and trust the
// flow-log service. What it may do shows only when the first record is delivered.
func (c *call) checkRole(f *flowLog) error {
	switch {
	case f.destination.kind == destS3 && f.role != "":
		return badRequest("InvalidParameter", "DeliverLogsPermissionArn is not applicable for s3 delivery")
	case f.destination.kind == destLogs && f.role == "":
		return badRequest("InvalidParameter", "DeliverLogsPermissionArn can't be empty if LogDestinationType is cloud-watch-logs.")
	case f.destination.kind != destLogs:
		return nil
	}
	r, ok := c.account.role(f.role)
	if !ok || !c.region.assumable(r, "fl-new") {
		return badRequest("InvalidParameter", "Unable to assume given IAM role: '"+f.role+"'")
	}
	return nil
}

// refuseFlowLog says why one resource cannot get this flow log, nil when it can.
func (c *call) refuseFlowLog(target flowLogTarget, model *flowLog, id string) *apiError {
	owner, ok := c.region.ownerOf(id)
	if !ok {
		return badRequest(target.code+".NotFound", "The "+target.noun+" '"+id+"' does not exist")
	}
	if e, refused := errors.AsType[*apiError](c.mustOwn(owner)); refused {
		return e
	}
	if e := c.unsuccessfulBy(id); e != nil {
		return e
	}
	if e := c.refuseDestination(model); e != nil {
		return e
	}
	count := 0
	for _, row := range c.region.flowLogs.rows {
		f := row.value
		if f.resourceID != id {
			continue
		}
		count++
		if f.traffic == model.traffic && f.destination.same(model.destination) {
			return badRequest(flowLogExists, "Error. There is an existing Flow Log with the same configuration and log destination.")
		}
	}
	if count >= limitOr(c.server.scenario.Writes.FlowLogsPerResource, maxPerResource) {
		return badRequest("FlowLogsLimitExceeded", "You have reached the maximum number of flow logs for resource "+id)
	}
	return nil
}

// same compares destinations. A group is the same by name and by ARN; two prefixes of
// a bucket differ (observed).
func (d destination) same(o destination) bool {
	if d.kind != o.kind {
		return false
	}
	if d.kind == destLogs {
		return d.group == o.group
	}
	return strings.TrimSuffix(d.arn, "/") == strings.TrimSuffix(o.arn, "/")
}

// refuseDestination answers for a bucket or stream. The bare code 400 and the
// sentences are observed.
func (c *call) refuseDestination(model *flowLog) *apiError {
	switch d := model.destination; d.kind {
	case destS3:
		return c.refuseBucket(model)
	case destFirehose:
		return c.refuseStream(d.arn)
	}
	return nil
}

// ownerOf finds who owns a resource that flow logs can watch.
func (r *region) ownerOf(id string) (string, bool) {
	if v, ok := r.vpcs.get(id); ok {
		return v.owner, true
	}
	if s, ok := r.subnets.get(id); ok {
		return s.owner, true
	}
	if e, ok := r.interfaces.get(id); ok {
		return e.owner, true
	}
	if g, ok := r.gateways.get(id); ok {
		return g.owner, true
	}
	if a, ok := r.attachments.get(id); ok {
		return a.gatewayOwner, true // of a gateway, its owner watches every attachment
	}
	if _, ok := r.natGateways.get(id); ok {
		return r.account.id, true
	}
	return "", false
}
