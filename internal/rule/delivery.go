package rule

import (
	"cmp"
	"slices"
	"strings"

	"flowproof/internal/finding"
	"flowproof/internal/iampolicy"
	"flowproof/internal/inventory"
)

// DeliveryError is what AWS says of a failed delivery, and why: what was read of the role and of the
// destination explains it, or else what such a message usually means. The three messages are those of
// the DescribeFlowLogs reference and of the troubleshooting page of the VPC user guide.
func (p *Pass) DeliveryError(l inventory.FlowLog) string {
	said := cmp.Or(l.DeliveryError, l.DeliveryStatus)
	switch l.DeliveryError {
	case "Rate limited":
		return said + " (CloudWatch Logs is throttling, or the account has reached its number of log groups)"
	case "Unknown error":
		return said + " (an error inside AWS: if it stays, create the flow log anew or ask AWS Support)"
	}
	if causes := p.causes(l); len(causes) > 0 {
		return said + " (" + strings.Join(causes, "; ") + ")"
	}
	if l.DeliveryError == "Access error" {
		return said + " (usually the delivery role is gone, does not trust vpc-flow-logs.amazonaws.com, or may not write to the log group)"
	}
	return said
}

// causes are what can explain a refused delivery, the likeliest first: what is wrong for certain, and
// what only somebody else can look at. Empty where nothing of it was read.
func (p *Pass) causes(l inventory.FlowLog) []string {
	read := func(k inventory.Kind) bool { return slices.Contains(p.Inventory.Kinds, k) }
	var causes []string
	if read(inventory.DeliveryRoles) && l.DestinationType == inventory.ToCloudWatchLogs {
		causes = p.roleCauses(l)
	}
	if !read(inventory.Destinations) {
		return causes
	}
	switch l.DestinationType {
	case inventory.ToCloudWatchLogs:
		return append(causes, p.groupCauses(l)...)
	case inventory.ToS3:
		return p.bucketCauses(l)
	case inventory.ToFirehose:
		return p.streamCauses(l)
	}
	return causes
}

func (p *Pass) roleCauses(l inventory.FlowLog) []string {
	role, verdict, readable := p.Role(l)
	switch {
	case verdict.Outcome == finding.Fail:
		return []string{"the role " + roleName(l) + " is gone"}
	case !readable:
		return nil
	}
	var causes []string
	if Refused(Trusts(p.Inventory, role, l, p.Inventory.Account)) {
		causes = append(causes, "the role "+role.Name+" does not trust "+FlowLogService)
	}
	if Refused(MayWrite(p.Inventory, role, l.GroupName())) {
		causes = append(causes, "the role "+role.Name+" may not write to the log group "+l.GroupName()+suffix(p.Inventory, role, l.GroupName()))
	}
	return causes
}

func roleName(l inventory.FlowLog) string {
	name, _ := inventory.RoleName(l.Role)
	return name
}

func (p *Pass) groupCauses(l inventory.FlowLog) []string {
	group, _, readable := p.LogGroup(l)
	if readable && group.KMSKey != "" {
		return []string{"the log group is encrypted with " + group.KMSKey + ", whose policy is not read here: it has to let logs." +
			p.Inventory.Region + ".amazonaws.com use it"}
	}
	if v, gone := p.MissingGroup(l); gone && v.Outcome == finding.Fail {
		return []string{v.Message}
	}
	return nil
}

func (p *Pass) bucketCauses(l inventory.FlowLog) []string {
	name, _ := l.BucketName()
	_, exists, known := p.Inventory.Bucket(name)
	bucket, _, readable := p.Bucket(l, "s3:GetBucketPolicy")
	switch {
	case known && !exists:
		return []string{"the bucket " + name + " is gone"}
	case !readable && exists && !bucket.Owned:
		return []string{"the bucket " + name + " belongs to another account: only there can its policy be read"}
	case !readable:
		return nil
	}
	var causes []string
	if Refused(iampolicy.Evaluate(Delivery(p.Inventory, l, p.Inventory.Account), bucket.Policy).Decision()) {
		causes = append(causes, "the policy of bucket "+name+" does not let "+DeliveryService+" write")
	}
	if bucket.KMSKey != "" {
		causes = append(causes, "the bucket is encrypted with "+bucket.KMSKey+", whose policy is not read here: it has to let "+DeliveryService+" use it")
	}
	return causes
}

func (p *Pass) streamCauses(l inventory.FlowLog) []string {
	stream, exists, known := p.Inventory.Stream(l.Destination)
	switch {
	case known && !exists:
		return []string{"the stream " + l.Destination + " is gone"}
	case exists && stream.Status != "ACTIVE":
		return []string{"the stream " + stream.Name + " is " + stream.Status}
	}
	return nil
}

// MissingGroup judges a log group that is not there; the second result is false where it is, or where
// that is not known. A missing group alone is no fault: the flow log service makes it with the first
// record, if its role may (VPC user guide, publish to CloudWatch Logs).
func (p *Pass) MissingGroup(l inventory.FlowLog) (Verdict, bool) {
	group := l.GroupName()
	if _, exists, known := p.Inventory.LogGroup(group); exists || !known {
		return Verdict{}, false
	}
	role, verdict, readable := p.Role(l)
	switch {
	case verdict.Outcome == finding.Fail:
		return Failed("the log group " + group + " is gone, and so is the role " + roleName(l) + " that would make it"), true
	case len(verdict.Gaps) > 0:
		return verdict, true
	case !readable:
		return NotKnown("the log group " + group + " is not there, and whether its role may make it cannot be seen from here"), true
	}
	switch d := MayMake(p.Inventory, role, group); {
	case Refused(d):
		return Failed("the log group " + group + " is gone, and the role " + role.Name + " may not make it"), true
	case d == iampolicy.CannotTell:
		return NotKnown("the log group " + group + " is not there: it comes with the first record if its role may make it, which turns on conditions"), true
	}
	return NotKnown("the log group " + group + " is not there: it comes with the first record, as its role may make it"), true
}
