package fleet

import "slices"

// Outcome is a rule's verdict in the words of the scan's report.
type Outcome string

// The outcomes.
const (
	Pass          Outcome = "pass"
	Fail          Outcome = "fail"
	Unknown       Outcome = "unknown"
	NotApplicable Outcome = "not-applicable"
)

// on is what a flow log is on.
type on int

const (
	theVPC on = iota
	firstSubnet
	secondSubnet
	firstInterface
)

// logPlan is one flow log of a case, and what must be said of its delivery.
type logPlan struct {
	on          on
	traffic     string
	destination string
	status      string
	delivery    string // DeliverLogsStatus, "" when AWS leaves it out
	message     string // DeliverLogsErrorMessage
	delivers    Outcome
}

// vpcCase is one way in which a VPC can be logged, with the verdicts that follow from it. They are
// written here by hand from the documented meaning of AWS's fields: nothing computes them, so
// that a mistake in the scan's own code cannot repeat itself here.
type vpcCase struct {
	name      string
	logs      []logPlan
	recorded  Outcome // vpc-flow-log-check
	assurance string
	traffic   Outcome // flow-log-traffic-check, with rejected traffic required
}

func (c *vpcCase) onInterface() bool {
	return slices.ContainsFunc(c.logs, func(l logPlan) bool { return l.on == firstInterface })
}

// Words of DescribeFlowLogs.
const (
	toLogs     = "cloud-watch-logs"
	toS3       = "s3"
	toFirehose = "kinesis-data-firehose"

	active   = "ACTIVE"
	inactive = "INACTIVE"
	success  = "SUCCESS"
	failed   = "FAILED"
)

func works(on on, traffic, destination string) logPlan {
	return logPlan{on, traffic, destination, active, success, "", Pass}
}

func fails(traffic, message string) logPlan {
	return logPlan{theVPC, traffic, toLogs, active, failed, message, Fail}
}

// recordedCases are VPCs with a working flow log of their own.
func recordedCases() []vpcCase {
	return []vpcCase{
		{"all to CloudWatch Logs", []logPlan{works(theVPC, "ALL", toLogs)}, Pass, "unproven", Pass},
		{"all to S3", []logPlan{works(theVPC, "ALL", toS3)}, Pass, "unproven", Pass},
		{"all to Firehose", []logPlan{works(theVPC, "ALL", toFirehose)}, Pass, "unproven", Pass},
		{"rejected only", []logPlan{works(theVPC, "REJECT", toS3)}, Pass, "unproven", Pass},
		{"accepted only", []logPlan{works(theVPC, "ACCEPT", toLogs)}, Pass, "unproven", Fail},
		{"accepted and rejected apart", []logPlan{works(theVPC, "ACCEPT", toLogs), works(theVPC, "REJECT", toS3)}, Pass, "unproven", Pass},
		{"twice the same", []logPlan{works(theVPC, "ALL", toLogs), works(theVPC, "ALL", toS3)}, Pass, "unproven", Pass},
		{"delivery not stated", []logPlan{{theVPC, "ALL", toS3, active, "", "", Unknown}}, Pass, "unproven", Pass},
		{"one works, one fails", []logPlan{fails("ALL", "Access error"), works(theVPC, "ALL", toS3)}, Pass, "unproven", Pass},
		{"accepted works, rejected fails", []logPlan{works(theVPC, "ACCEPT", toS3), fails("REJECT", "Rate limited")}, Pass, "unproven", Fail},
		{"one works, one is switched off", []logPlan{works(theVPC, "REJECT", toLogs), {theVPC, "ALL", toS3, inactive, success, "", Pass}}, Pass, "unproven", Pass},
		{"the VPC and a subnet", []logPlan{works(theVPC, "ALL", toLogs), works(firstSubnet, "ALL", toS3)}, Pass, "unproven", Pass},
		{"accepted, and a subnet's all", []logPlan{works(theVPC, "ACCEPT", toLogs), works(firstSubnet, "ALL", toS3)}, Pass, "unproven", Fail},
	}
}

// bareCase is a VPC without any flow log.
func bareCase() vpcCase { return vpcCase{"nothing", nil, Fail, "absent", NotApplicable} }

// brokenCases are VPCs with flow logs of which none works for the VPC as a whole.
func brokenCases() []vpcCase {
	return []vpcCase{
		{"subnets only", []logPlan{works(firstSubnet, "ALL", toLogs), works(secondSubnet, "ALL", toLogs)}, Fail, "absent", NotApplicable},
		{"an interface only", []logPlan{works(firstInterface, "ALL", toS3)}, Fail, "absent", NotApplicable},
		{"switched off", []logPlan{{theVPC, "ALL", toLogs, inactive, success, "", Pass}}, Fail, "inactive", NotApplicable},
		{"switched off and failing", []logPlan{{theVPC, "ALL", toLogs, inactive, failed, "Access error", Fail}}, Fail, "inactive", NotApplicable},
		{"access error", []logPlan{fails("ALL", "Access error")}, Fail, "failing", NotApplicable},
		{"rate limited", []logPlan{fails("REJECT", "Rate limited")}, Fail, "failing", NotApplicable},
		{"unknown error", []logPlan{fails("ALL", "Unknown error")}, Fail, "failing", NotApplicable},
		{"an error without a status", []logPlan{{theVPC, "ALL", toLogs, active, "", "Access error", Fail}}, Fail, "failing", NotApplicable},
		{"both fail", []logPlan{fails("ACCEPT", "Access error"), fails("REJECT", "Access error")}, Fail, "failing", NotApplicable},
		{"one is off, one fails", []logPlan{{theVPC, "ALL", toS3, inactive, success, "", Pass}, fails("ALL", "Access error")}, Fail, "failing", NotApplicable},
	}
}
