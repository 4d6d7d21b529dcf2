package report

import (
	"testing"
	"time"

	"flowproof/internal/event"
	"flowproof/internal/finding"
	"flowproof/internal/inventory"
)

// The rules of the fixtures. What they say is made up here, so that a rule's wording can change
// without these reports.
const (
	vpcRule      = "vpc-flow-log-check"
	deliveryRule = "flow-log-delivery-check"
	trafficRule  = "flow-log-traffic-check"
)

const (
	accessError = "fl-0c0ffee0000000001 fails to deliver: Access error (usually the delivery role is gone, does not trust " +
		"vpc-flow-logs.amazonaws.com, or may not write to the log group)"
	deniedMessage = "You are not authorized to perform this operation. User: arn:aws:sts::111122223333:assumed-role/auditor/alice " +
		"is not authorized to perform: ec2:DescribeFlowLogs because no identity-based policy allows the ec2:DescribeFlowLogs action"
	bySCP = "You are not authorized to perform this operation. User: arn:aws:sts::111122223333:assumed-role/auditor/alice is not " +
		"authorized to perform: ec2:DescribeVpcs with an explicit deny in a service control policy: " +
		"arn:aws:organizations::999988887777:policy/o-abcdefghij/service_control_policy/p-12345678"
)

// scenario is a stream in the making: it counts as a run does.
type scenario struct {
	events  []event.Event
	summary event.Summary
	at      inventory.Scope
}

func newScenario() *scenario {
	c := &scenario{summary: event.NewSummary()}
	run := event.Run{
		Schema: event.Schema, ID: "0198c0de-0000-7000-8000-000000000001", Version: "0.1.0", Source: "aws",
		Started: time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC),
		Rules: []event.Rule{
			{ID: vpcRule, Title: "VPC Flow Logs Enabled", Severity: finding.Low, Controls: []event.Control{
				{Framework: "cis-aws", Version: "3.0.0", Control: "3.7", Strength: "direct"},
			}},
			{ID: deliveryRule, Title: "Flow Log Delivery Not Failing", Severity: finding.Medium, Controls: []event.Control{}},
			{ID: trafficRule, Title: "Flow Logs Record the Traffic Required", Severity: finding.Low, Controls: []event.Control{}},
		},
	}
	c.emit(event.Event{Type: event.TypeRun, Run: &run})
	return c
}

func (c *scenario) emit(e event.Event) { c.events = append(c.events, e) }

// scope begins a block.
func (c *scenario) scope(account, region string, status inventory.Status, vpcs int, gaps ...inventory.Gap) *scenario {
	c.at = inventory.Scope{Partition: "aws", Account: account, Region: region}
	for _, g := range gaps {
		c.emit(event.Event{Type: event.TypeGap, Gap: &event.Gap{Scope: c.at, Gap: g}})
	}
	row := event.Scope{Scope: c.at, Status: status, VPCs: vpcs, Gaps: append([]inventory.Gap{}, gaps...)}
	c.summary.AddScope(row)
	c.emit(event.Event{Type: event.TypeScope, Scope: &row})
	c.emit(event.Event{Type: event.TypeProgress, Progress: &event.Progress{Done: c.summary.Scopes.Read, Expected: 99}})
	return c
}

// read begins the block of a scope that was read whole.
func (c *scenario) read(account, region string, vpcs int) *scenario {
	return c.scope(account, region, inventory.StatusRead, vpcs)
}

// vpc is a resource of the scope.
func (c *scenario) vpc(id, name string) finding.Resource {
	return finding.Resource{
		ARN: c.at.ARN("vpc", id), Type: finding.VPCType, ID: id, Name: name,
		Account: c.at.Account, Region: c.at.Region, Owner: c.at.Account,
	}
}

func (c *scenario) flowLog(id, name string) finding.Resource {
	r := c.vpc(id, name)
	r.Type, r.ARN = finding.FlowLogType, c.at.ARN("vpc-flow-log", id)
	return r
}

func (c *scenario) whole() finding.Resource {
	r := c.vpc("*", "")
	r.Type, r.ID = finding.ScopeType, c.at.String()
	return r
}

// judge appends a verdict. The first rule's verdicts on VPCs decide how the VPC is counted.
func (c *scenario) judge(rule string, r finding.Resource, o finding.Outcome, a finding.Assurance, message string, gaps ...inventory.Gap) *scenario {
	severity, aspect := finding.Low, ""
	if rule == deliveryRule {
		severity = finding.Medium
	}
	if r.Owner != r.Account {
		aspect = finding.SeenFrom(r.Account)
	}
	f := finding.Finding{
		Fingerprint: finding.Fingerprint(rule, r.ARN, aspect), Rule: rule, Outcome: o, Severity: severity, Assurance: a,
		Message: message, Resource: r, Evidence: finding.Evidence{FlowLogs: []inventory.FlowLog{}}, Gaps: append([]inventory.Gap{}, gaps...),
	}
	if a != "" && a != finding.Absent {
		f.Evidence.FlowLogs = []inventory.FlowLog{{
			ID: "fl-0c0ffee0000000001", ResourceID: r.ID, Status: "ACTIVE", DeliveryStatus: "SUCCESS", TrafficType: "ALL",
			DestinationType: inventory.ToCloudWatchLogs, LogGroup: "MyFlowLogs", Interval: 600,
			Role: c.at.ARN("role", "VPC-Flow-Logs-Role"), Created: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC),
			Tags: map[string]string{"Name": r.Name},
		}}
	}
	c.add(f)
	if rule == vpcRule && r.Type == finding.VPCType {
		switch {
		case r.Owner != r.Account:
			c.summary.VPCs[string(o)]++
		case a == "":
			c.summary.VPCs[event.VPCsUnknown]++
		default:
			c.summary.VPCs[string(a)]++
		}
	}
	return c
}

func (c *scenario) add(f finding.Finding) {
	c.summary.AddFinding(f)
	c.emit(event.Event{Type: event.TypeFinding, Finding: &f})
}

// healthy is a VPC that every rule passes.
func (c *scenario) healthy(id, name string, isDefault bool, a finding.Assurance) *scenario {
	r := c.vpc(id, name)
	r.Default = isDefault
	c.judge(vpcRule, r, finding.Pass, a, "fl-0c0ffee0000000001 is ACTIVE and not failing; arrival of records is not proven")
	c.judge(trafficRule, r, finding.Pass, a, "its working flow logs record ACCEPT and REJECT")
	return c.judge(deliveryRule, c.flowLog("fl-0c0ffee0000000001", ""), finding.Pass, "",
		"AWS reports no failure of delivery from "+id+"; that is no proof that records arrive")
}

// unrecorded is a VPC without a flow log.
func (c *scenario) unrecorded(id, name string, isDefault bool) *scenario {
	r := c.vpc(id, name)
	r.Default = isDefault
	c.judge(vpcRule, r, finding.Fail, finding.Absent, "no flow log on the VPC itself")
	return c.judge(trafficRule, r, finding.NotApplicable, finding.Absent, "nothing works here that could record any traffic: see vpc-flow-log-check")
}

// unknowable is a VPC of which nothing can be said because of gaps.
func (c *scenario) unknowable(id, name string, gaps ...inventory.Gap) *scenario {
	for _, rule := range []string{vpcRule, trafficRule} {
		c.judge(rule, c.vpc(id, name), finding.Unknown, "", "could not be read: "+gaps[0].API+" "+string(gaps[0].Cause)+": "+gaps[0].Message, gaps...)
	}
	return c
}

// disabled adds rows that were not expected to be read.
func (c *scenario) disabled(account string, regions ...string) *scenario {
	for _, r := range regions {
		c.scope(account, r, inventory.StatusDisabled, 0)
	}
	return c
}

// end closes the stream.
func (c *scenario) end(calls int64, took time.Duration) []event.Event {
	c.summary.Calls = calls
	c.summary.Finished = c.events[0].Run.Started.Add(took)
	c.emit(event.Event{Type: event.TypeSummary, Summary: &c.summary})
	return c.events
}

func gap(kind inventory.Kind, api string, cause inventory.Cause, message string) inventory.Gap {
	return inventory.Gap{Kind: kind, API: api, Cause: cause, Message: message}
}

const (
	production = "111122223333"
	network    = "444455556666"
)

// regions are the seventeen that every account starts with.
func regions() []string {
	return []string{
		"ap-northeast-1", "ap-northeast-2", "ap-northeast-3", "ap-south-1", "ap-southeast-1", "ap-southeast-2", "ca-central-1",
		"eu-central-1", "eu-north-1", "eu-west-1", "eu-west-2", "eu-west-3", "sa-east-1", "us-east-1", "us-east-2", "us-west-1", "us-west-2",
	}
}

// scenarios are the runs that the goldens show.
func scenarios() map[string][]event.Event {
	return map[string][]event.Event{
		"all-well":         allWell(),
		"mixed":            mixed(),
		"one-region":       oneRegionDenied(),
		"nothing-readable": nothingReadable(),
		"shared-vpcs":      sharedVPCs(),
		"hostile-names":    hostileNames(),
		"empty-account":    emptyAccount(),
		"decided":          decided(),
	}
}

func allWell() []event.Event {
	c := newScenario()
	for i, region := range regions() {
		a := finding.Unproven
		if i%5 == 0 {
			a = finding.Delivering
		}
		c.read(production, region, 1).healthy("vpc-0a1b2c3d4e5f6071"+string(rune('a'+i)), "", true, a)
	}
	return c.disabled(production, "af-south-1", "ap-east-1", "me-south-1").end(36, 640*time.Millisecond)
}

func mixed() []event.Event {
	c := newScenario()
	noLogs := gap(inventory.FlowLogs, "ec2:DescribeFlowLogs", inventory.Throttled, "Request limit exceeded. (after 12 attempts)")
	noVPCs := gap(inventory.VPCs, "ec2:DescribeVpcs", inventory.Unreachable, "dial tcp: lookup ec2.sa-east-1.amazonaws.com: i/o timeout")
	for _, region := range regions() {
		switch region {
		case "eu-central-1":
			c.read(production, region, 3)
			c.unrecorded("vpc-0d15ea5e000000001", "", true)
			r := c.vpc("vpc-0d15ea5e000000002", "payments-prod")
			c.judge(vpcRule, r, finding.Fail, finding.Failing, accessError)
			c.judge(trafficRule, r, finding.NotApplicable, finding.Failing, "nothing works here that could record any traffic: see vpc-flow-log-check")
			c.judge(deliveryRule, c.flowLog("fl-0c0ffee0000000001", "payments to CloudWatch"), finding.Fail, "",
				"delivery from vpc-0d15ea5e000000002 fails: Access error (usually the delivery role is gone, does not trust "+
					"vpc-flow-logs.amazonaws.com, or may not write to the log group)")
			r = c.vpc("vpc-0d15ea5e000000003", "the VPC that the network team made for the data platform in 2019")
			c.judge(vpcRule, r, finding.Pass, finding.Unproven, "fl-0c0ffee0000000002 is ACTIVE and not failing; arrival of records is not proven")
			c.judge(trafficRule, r, finding.Fail, finding.Unproven, "its working flow logs record ACCEPT; required is REJECT")
			c.judge(deliveryRule, c.flowLog("fl-0c0ffee0000000002", ""), finding.Unknown, "",
				"AWS states neither success nor failure of delivery from vpc-0d15ea5e000000003")
		case "eu-west-1":
			c.read(production, region, 1)
			r := c.vpc("vpc-0d15ea5e000000004", "legacy")
			c.judge(vpcRule, r, finding.Fail, finding.Inactive, "no flow log on it is ACTIVE: fl-0c0ffee0000000003 is INACTIVE")
			c.judge(trafficRule, r, finding.NotApplicable, finding.Inactive, "nothing works here that could record any traffic: see vpc-flow-log-check")
			f := finding.Finding{
				Fingerprint: finding.Fingerprint(vpcRule, c.at.ARN("vpc", "vpc-0d15ea5e00000000a"), ""), Rule: vpcRule,
				Outcome: finding.Suppressed, Severity: finding.Low, Assurance: finding.Absent, Message: "no flow log on the VPC itself",
				Resource: c.vpc("vpc-0d15ea5e00000000a", "lab"), Evidence: finding.Evidence{FlowLogs: []inventory.FlowLog{}}, Gaps: []inventory.Gap{},
				Suppression: &finding.Suppression{Owner: "net-team@example.com", Reason: "goes away in March", Expires: "2027-03-31"},
			}
			c.add(f)
			c.summary.VPCs[string(finding.Absent)]++
		case "us-east-1":
			c.scope(production, region, inventory.StatusIncomplete, 2, noLogs)
			c.unknowable("vpc-0d15ea5e000000005", "", noLogs)
			c.unknowable("vpc-0d15ea5e000000006", "checkout", noLogs)
			c.judge(deliveryRule, c.whole(), finding.Unknown, "", "the flow logs here could not all be read: "+noLogs.API, noLogs)
		case "sa-east-1":
			c.scope(production, region, inventory.StatusIncomplete, 0, noVPCs)
			c.judge(vpcRule, c.whole(), finding.Unknown, "", "the VPCs here could not all be read: "+noVPCs.API, noVPCs)
			c.judge(trafficRule, c.whole(), finding.Unknown, "", "the VPCs here could not all be read: "+noVPCs.API, noVPCs)
		default:
			c.read(production, region, 1).healthy("vpc-0d15ea5e000000009", "", true, finding.Unproven)
		}
	}
	return c.disabled(production, "af-south-1", "ap-east-1").end(48, 83*time.Second)
}

func oneRegionDenied() []event.Event {
	c := newScenario()
	denied := gap(inventory.FlowLogs, "ec2:DescribeFlowLogs", inventory.Denied, deniedMessage)
	for _, region := range regions() {
		if region != "eu-west-1" {
			c.read(production, region, 1).healthy("vpc-0a1b2c3d4e5f60718", "", true, finding.Unproven)
			continue
		}
		c.scope(production, region, inventory.StatusIncomplete, 2, denied)
		c.unknowable("vpc-0a1b2c3d4e5f60718", "", denied)
		c.unknowable("vpc-0a1b2c3d4e5f60719", "payments-prod", denied)
		c.judge(deliveryRule, c.whole(), finding.Unknown, "", "the flow logs here could not all be read: "+denied.API, denied)
	}
	return c.end(36, 700*time.Millisecond)
}

func nothingReadable() []event.Event {
	c := newScenario()
	for i, region := range regions() {
		vpcs := gap(inventory.VPCs, "ec2:DescribeVpcs", inventory.Denied, deniedMessage)
		if i%3 == 0 {
			vpcs = gap(inventory.VPCs, "ec2:DescribeVpcs", inventory.DeniedBySCP, bySCP)
		}
		logs := gap(inventory.FlowLogs, "ec2:DescribeFlowLogs", inventory.Denied, deniedMessage)
		c.scope(production, region, inventory.StatusUnread, 0, logs, vpcs)
		for _, rule := range []string{vpcRule, trafficRule} {
			c.judge(rule, c.whole(), finding.Unknown, "", "the VPCs here could not all be read: "+deniedMessage, vpcs)
		}
		c.judge(deliveryRule, c.whole(), finding.Unknown, "", "the flow logs here could not all be read: "+deniedMessage, logs)
	}
	return c.end(36, 3*time.Second)
}

func sharedVPCs() []event.Event {
	c := newScenario()
	expired := gap(inventory.FlowLogs, "ec2:DescribeFlowLogs", inventory.Credentials, "Request has expired.")
	foreign := func(id, owner string) finding.Resource {
		r := c.vpc(id, "")
		r.Owner = owner
		r.ARN = inventory.Scope{Partition: "aws", Account: owner, Region: c.at.Region}.ARN("vpc", id)
		return r
	}
	for _, region := range []string{"eu-central-1", "eu-west-1"} {
		c.read(production, region, 3).unrecorded("vpc-0a1b2c3d4e5f60718", "sandbox", false)
		if region == "eu-west-1" {
			for _, rule := range []string{vpcRule, trafficRule} {
				c.judge(rule, foreign("vpc-05ba7ed0000000001", network), finding.NotApplicable, finding.Absent,
					"shared by account "+network+", which owns it: fail there: no flow log on the VPC itself")
				c.judge(rule, foreign("vpc-05ba7ed0000000002", network), finding.Unknown, "",
					"shared by account "+network+", which owns it: could not be read: ec2:DescribeFlowLogs credentials: Request has expired.", expired)
				c.judge(rule, foreign("vpc-05ba7ed0000000003", "777788889999"), finding.NotApplicable, "",
					"shared by account 777788889999, which owns it: judged and fixed there")
			}
		}
	}
	c.read(network, "eu-central-1", 1).unrecorded("vpc-05ba7ed0000000001", "hub", false)
	c.scope(network, "eu-west-1", inventory.StatusIncomplete, 1, expired).unknowable("vpc-05ba7ed0000000002", "transit", expired)
	c.scope("777700007777", inventory.AnyRegion, inventory.StatusClosed, 0)
	return c.end(9, 12*time.Second)
}

func hostileNames() []event.Event {
	c := newScenario()
	evil := "\x1b]0;owned\a\x1b[2J\u009b31mpass\u202e" + "drawkcab\n\tall VPCs have a working flow log\u200b"
	c.read(production, "eu-west-1", 4)
	c.unrecorded("vpc-0a1b2c3d4e5f60718", evil, false)
	c.unrecorded("vpc-0a1b2c3d4e5f60719", "会計システム用の本番環境ネットワーク・東京・第二データセンター・予備回線つき・令和八年度", false)
	r := c.vpc("vpc-0a1b2c3d4e5f6071a\x1b[31m", "zalgo: e\u0301\u0301\u0301 👩‍👩‍👧‍👦")
	c.judge(vpcRule, r, finding.Fail, finding.Failing, "fl-1 fails to deliver: "+evil)
	noLogs := gap(inventory.FlowLogs, "ec2:DescribeFlowLogs", inventory.Denied, evil+" "+deniedMessage)
	c.scope(production, "us-\x1b[5mgov", inventory.StatusIncomplete, 1, noLogs)
	c.unknowable("vpc-0123456789012345678901234567890123456789012345678901234567890123456789", evil, noLogs)
	return c.end(4, 90*time.Millisecond)
}

func emptyAccount() []event.Event {
	c := newScenario()
	for _, region := range regions() {
		c.read(production, region, 0)
	}
	return c.end(36, 400*time.Millisecond)
}

// spoolOf is a spool that has read a stream.
func spoolOf(t testing.TB, events []event.Event) *event.Spool {
	t.Helper()
	spool := event.NewSpool()
	t.Cleanup(func() {
		if err := spool.Close(); err != nil {
			t.Error(err)
		}
	})
	for _, e := range events {
		if err := spool.Handle(e); err != nil {
			t.Fatal(err)
		}
	}
	return spool
}
