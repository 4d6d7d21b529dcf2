package rule

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"flowproof/internal/flowrecord"
	"flowproof/internal/iampolicy"
	"flowproof/internal/inventory"
)

// The services that deliver: the first with a role to CloudWatch Logs, the second to buckets by their
// policy, and to streams of other accounts with a role (VPC user guide, publishing flow logs).
const (
	FlowLogService  = "vpc-flow-logs.amazonaws.com"
	DeliveryService = "delivery.logs.amazonaws.com"
)

// AnyOtherAccount stands for every account but those that a policy names.
const AnyOtherAccount = "999999999999"

// DeliveringService is the service that assumes the flow log's role, or writes to its bucket.
func DeliveringService(l inventory.FlowLog) string {
	if l.DestinationType == inventory.ToCloudWatchLogs {
		return FlowLogService
	}
	return DeliveryService
}

// Trusts asks a role's trust policy whether it may be assumed for a flow log of an account.
func Trusts(inv *inventory.Inventory, role inventory.Role, l inventory.FlowLog, account string) iampolicy.Decision {
	r := actingFor(inv, l, account)
	r.Action = "sts:AssumeRole"
	return iampolicy.Evaluate(r, role.Trust).Decision()
}

// actingFor is a request by which a service delivers for a flow log of an account.
func actingFor(inv *inventory.Inventory, l inventory.FlowLog, account string) iampolicy.Request {
	scope, organization := inv.Scope, inv.Organization
	if account != inv.Account {
		scope.Account, organization, l.ID = account, "", ""
	}
	return ActingFor(DeliveringService(l), scope, l.ID, organization)
}

// ActingFor is a request of one of the two services for a flow log of an account, of one that is yet to be
// made where the id is empty, with all that AWS says to policies about such a request: on whose behalf it
// is (IAM user guide, "The confused deputy problem"; VPC user guide for the form of each ARN), and what
// the global condition keys hold or lack where the principal is a service (IAM user guide, "AWS global
// condition context keys"). Nothing is said of the organisation where that is not known.
func ActingFor(service string, s inventory.Scope, flowLog, organization string) iampolicy.Request {
	source := s.ARN("vpc-flow-log", cmp.Or(flowLog, "fl-0"))
	if service == DeliveryService {
		source = fmt.Sprintf("arn:%s:logs:%s:%s:", s.Partition, s.Region, s.Account) + iampolicy.Unknown
	}
	r := iampolicy.Request{
		Service: service,
		Context: map[string]string{
			"aws:sourceaccount": s.Account, "aws:sourcearn": source,
			"aws:principalisawsservice": "true", "aws:principalservicename": service,
			"aws:securetransport": "true", "aws:viaawsservice": "false",
		},
		Sets:   map[string][]string{"aws:principalservicenameslist": {service}},
		Absent: []string{"aws:principalorgid", "aws:principalorgpaths", "aws:sourcevpc", "aws:sourcevpce"},
	}
	if organization != "" {
		r.Context["aws:sourceorgid"] = organization
	}
	return r
}

// MayWrite asks a role's policies for the two actions without which nothing gets into a log group. A
// permissions boundary is not read, and may take away what they allow.
func MayWrite(inv *inventory.Inventory, role inventory.Role, group string) iampolicy.Decision {
	worst := iampolicy.Allowed
	for _, action := range []string{"logs:CreateLogStream", "logs:PutLogEvents"} {
		switch d := may(role, action, groupARN(inv, group)+":log-stream:eni-0-all"); {
		case Refused(d):
			return d
		case d == iampolicy.CannotTell:
			worst = d
		}
	}
	return withinBoundary(role, worst)
}

// writing asks the same without the boundary, and names the statements that deny.
func writing(inv *inventory.Inventory, role inventory.Role, group string) (iampolicy.Decision, string) {
	var requests []iampolicy.Request
	for _, action := range []string{"logs:CreateLogStream", "logs:PutLogEvents"} {
		requests = append(requests, iampolicy.Request{Action: action, Resource: groupARN(inv, group) + ":log-stream:eni-0-all"})
	}
	return askAll(requests, role.Documents()...)
}

// Delivers asks a bucket's policy whether a flow log may put its objects, and whether looking at the bucket's
// access control list is denied, which delivery does first (VPC user guide, permissions of the bucket). The
// second result names the statements that deny; where nothing is certain, those that it turns on, and on what.
func Delivers(inv *inventory.Inventory, l inventory.FlowLog, policy string) (iampolicy.Decision, string) {
	bucket, _ := l.BucketName()
	check := actingFor(inv, l, inv.Account)
	check.Service, check.Action, check.Resource = DeliveryService, "s3:GetBucketAcl", "arn:"+inv.Partition+":s3:::"+bucket
	if d, by := askAll([]iampolicy.Request{check}, policy); d == iampolicy.Denied {
		return d, by
	}
	return askAll([]iampolicy.Request{Delivery(inv, l, inv.Account)}, policy)
}

// askAll is the worst that policies say to requests, and the statements by which they do.
func askAll(requests []iampolicy.Request, policies ...string) (iampolicy.Decision, string) {
	worst, by := iampolicy.Allowed, []string(nil)
	for _, r := range requests {
		d := iampolicy.Evaluate(r, policies...).Decision()
		if severity(d) < severity(worst) {
			continue
		}
		if severity(d) > severity(worst) {
			worst, by = d, nil
		}
		for _, policy := range policies {
			by = append(by, statements(r, d, policy)...)
		}
	}
	slices.Sort(by)
	return worst, strings.Join(slices.Compact(by), ", ")
}

// severity orders decisions by how little hope they leave.
func severity(d iampolicy.Decision) int {
	return slices.Index([]iampolicy.Decision{iampolicy.Allowed, iampolicy.CannotTell, iampolicy.NotAllowed, iampolicy.Denied}, d)
}

// statements are those of a policy by which a decision is as it is.
func statements(r iampolicy.Request, d iampolicy.Decision, policy string) (names []string) {
	want := map[iampolicy.Decision]iampolicy.Match{iampolicy.Denied: iampolicy.Yes, iampolicy.CannotTell: iampolicy.Maybe}
	matches, asked := want[d]
	if !asked {
		return nil
	}
	found := iampolicy.Denials(r, policy)
	if d == iampolicy.CannotTell {
		found = append(found, iampolicy.Allowances(r, policy)...)
	}
	for _, s := range found {
		if s.Match != matches {
			continue
		}
		name := s.Statement
		if len(s.TurnsOn) > 0 {
			name += " turns on " + strings.Join(s.TurnsOn, " and ")
		}
		names = append(names, name)
	}
	return names
}

// MayMake asks a role's policies whether it may make a log group.
func MayMake(inv *inventory.Inventory, role inventory.Role, group string) iampolicy.Decision {
	return withinBoundary(role, may(role, "logs:CreateLogGroup", groupARN(inv, group)+":*"))
}

// suffix is the usual mistake behind a role that may not write, said behind that: a policy about the
// group alone and not about what is in it. Empty for other mistakes.
func suffix(inv *inventory.Inventory, role inventory.Role, group string) string {
	if may(role, "logs:PutLogEvents", groupARN(inv, group)) != iampolicy.Allowed {
		return ""
	}
	return ", as its policy names the group without :*"
}

func may(role inventory.Role, action, resource string) iampolicy.Decision {
	return iampolicy.Evaluate(iampolicy.Request{Action: action, Resource: resource}, role.Documents()...).Decision()
}

func withinBoundary(role inventory.Role, d iampolicy.Decision) iampolicy.Decision {
	if role.Boundary != "" && d == iampolicy.Allowed {
		return iampolicy.CannotTell
	}
	return d
}

func groupARN(inv *inventory.Inventory, group string) string {
	return fmt.Sprintf("arn:%s:logs:%s:%s:log-group:%s", inv.Partition, inv.Region, inv.Account, group)
}

// Refused reports whether a decision is a no for certain.
func Refused(d iampolicy.Decision) bool {
	return d == iampolicy.NotAllowed || d == iampolicy.Denied
}

// Folder is what the keys of a flow log's objects begin with, in the bucket that it delivers to.
func Folder(inv *inventory.Inventory, l inventory.FlowLog) string {
	_, prefix := l.BucketName()
	return flowrecord.Files{Prefix: prefix, Account: inv.Account, Region: inv.Region, Hive: l.Hive}.Root()
}

// ObjectARN is the ARN of an object that a flow log may deliver.
func ObjectARN(inv *inventory.Inventory, l inventory.FlowLog) string {
	bucket, _ := l.BucketName()
	return "arn:" + inv.Partition + ":s3:::" + bucket + "/" + Folder(inv, l) + "0.log.gz"
}

// Delivery is the request by which a flow log of an account puts an object into its bucket.
func Delivery(inv *inventory.Inventory, l inventory.FlowLog, account string) iampolicy.Request {
	r := actingFor(inv, l, account)
	r.Service, r.Action, r.Resource = DeliveryService, "s3:PutObject", ObjectARN(inv, l)
	r.Context["s3:x-amz-acl"] = "bucket-owner-full-control"
	return r
}
