package sandbox

import "time"

// flowLogExists is the code for a flow log that is there already.
const flowLogExists = "FlowLogAlreadyExists"

func flowLogKind() *kind[*flowLog] {
	return &kind[*flowLog]{
		prefix: "fl", idParam: "FlowLogId", code: "InvalidFlowLogId", noun: "flow log ID",
		tags: func(f *flowLog) []tag { return f.tags },
		// DescribeFlowLogs has no filter on owner or status (API reference).
		fields: map[string]func(*flowLog) string{
			"deliver-log-status":   func(f *flowLog) string { return f.delivery },
			"log-destination-type": func(f *flowLog) string { return f.destination.kind },
			"flow-log-id":          func(f *flowLog) string { return f.id },
			"log-group-name":       func(f *flowLog) string { return f.destination.group },
			"resource-id":          func(f *flowLog) string { return f.resourceID },
			"traffic-type":         func(f *flowLog) string { return f.traffic },
		},
	}
}

func describeFlowLogs(c *call) error {
	if c.form.has("MaxResults") && c.form.has("FlowLogId.1") {
		return badRequest("InvalidParameterCombination", "The parameter FlowLogIds cannot be used with the parameter MaxResults")
	}
	page, err := list(c, &c.region.flowLogs, flowLogKind())
	if err != nil {
		return err
	}
	c.xml.open("flowLogSet")
	for _, r := range page.rows {
		c.xml.open("item")
		c.xml.flowLog(r.value)
		c.xml.close("item")
	}
	c.xml.close("flowLogSet")
	c.xml.some("nextToken", page.next)
	return nil
}

func (w *xmlWriter) flowLog(f *flowLog) {
	w.time("creationTime", f.created)
	w.some("deliverLogsErrorMessage", f.message)
	w.some("deliverLogsPermissionArn", f.role)
	w.some("deliverCrossAccountRole", f.crossRole)
	w.some("deliverLogsStatus", f.delivery)
	w.text("flowLogId", f.id)
	w.text("flowLogStatus", f.status)
	w.some("logGroupName", f.destination.group)
	w.text("resourceId", f.resourceID)
	w.some("trafficType", f.traffic)
	w.text("logDestinationType", f.destination.kind)
	w.some("logDestination", f.destination.arn)
	w.text("logFormat", f.format)
	w.int("maxAggregationInterval", f.interval)
	if f.file != nil {
		w.open("destinationOptions")
		w.text("fileFormat", f.file.format)
		w.bool("hiveCompatiblePartitions", f.file.hive)
		w.bool("perHourPartition", f.file.perHourPath)
		w.close("destinationOptions")
	}
	w.tagFields(f.tagFields)
	w.tagSet(f.tags)
}

// maxFlowLogIDs is the most ids that one call may delete or describe (API reference).
const maxFlowLogIDs = 1000

// deleteFlowLogs answers HTTP 200 also for what it could not delete, which stands
// under Unsuccessful (observed). Delivered records stay.
func deleteFlowLogs(c *call) error {
	ids := c.form.list("FlowLogId")
	if len(ids) == 0 {
		return missing("FlowLogId")
	}
	if len(ids) > maxFlowLogIDs {
		return badRequest("InvalidParameterValue", "The maximum number of flow log IDs is 1000.")
	}
	if err := dryRun(c); err != nil {
		return err
	}
	var failed []unsuccessful
	for _, id := range ids {
		f, ok := c.region.flowLogs.get(id)
		if !ok {
			failed = append(failed, unsuccessful{id, "InvalidFlowLogId.NotFound", "These flow log ids in the input list are not found: [TotalCount: 1] " + id})
			continue
		}
		c.region.stopFeeds(f, c.now)
		c.region.flowLogs.remove(id)
	}
	c.xml.unsuccessful(failed)
	return nil
}

// dropFlowLogs removes the flow logs of a resource that is gone.
func (r *region) dropFlowLogs(resource string, now time.Time) {
	var gone []*flowLog
	for _, row := range r.flowLogs.rows {
		if row.value.resourceID == resource {
			gone = append(gone, row.value)
		}
	}
	for _, f := range gone {
		r.stopFeeds(f, now)
		r.flowLogs.remove(f.id)
	}
}

// unsuccessful is one item that a call with HTTP status 200 could not do.
type unsuccessful struct{ resource, code, message string }

func (w *xmlWriter) unsuccessful(items []unsuccessful) {
	w.open("unsuccessful")
	for _, u := range items {
		w.open("item")
		w.text("resourceId", u.resource)
		w.open("error")
		w.text("code", u.code)
		w.text("message", u.message)
		w.close("error")
		w.close("item")
	}
	w.close("unsuccessful")
}
