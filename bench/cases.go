package main

import "strings"

// verdict is what a tool says of one VPC, in this comparison's words.
type verdict string

const (
	pass    verdict = "pass"
	fail    verdict = "fail"
	unknown verdict = "unknown"
	foreign verdict = "foreign"
	silent  verdict = "nothing"
)

// claim is everything that a tool says about one case.
type claim struct {
	verdict verdict
	text    string // what it says beside the verdict
	unread  bool   // it says, naming the Region, that something there could not be read
	hostile string // where in what a person opens the hostile name arrived whole, if it did
}

// awkward is one case of the comparison: one VPC, or one Region where a list is refused.
type awkward struct {
	name   string
	region string
	setUp  func(m moto, region string) (vpc string, err error)
	right  string // what counts as right, for people to judge the judge
	ok     func(c claim) bool
}

// caseRegion is where the cases lie that need no Region of their own.
const caseRegion = "eu-west-1"

// Regions with one case each: their default VPC.
const (
	defaultRegion    = "eu-central-1"
	noVPCListRegion  = "us-west-1"
	noLogListRegion  = "us-west-2"
	throttledRegion  = "ap-south-1"
	throttlesInARow  = 6
	sharingAccount   = "210987654321"
	sharedCase       = "shared VPC"
	hostileCase      = "hostile name"
	missingLogsGroup = "/vpc/never-made"
	deletedLogsGroup = "/vpc/deleted"
)

// hostileName is a name that EC2 takes: XML forbids ESC, but not its 8-bit form. It starts as a
// formula, clears a terminal's screen, reverses the text after it, and runs a script on a page.
const hostileName = "=HYPERLINK(\"http://x\")\u009b2J\u202e<img src=x onerror=alert(1)>"

func cases() []awkward {
	return []awkward{
		{
			name: "a working log", region: caseRegion, right: "pass", ok: says(pass),
			setUp: logged("ALL"),
		},
		{
			name: "no log", region: caseRegion, right: "fail", ok: says(fail),
			setUp: moto.usedVPC,
		},
		{
			name: "failing delivery", region: caseRegion, ok: says(fail), setUp: failing,
			right: "fail: the log is ACTIVE, and its DeliverLogsStatus is FAILED",
		},
		{
			name: "reject-only", region: caseRegion, ok: says(pass), setUp: logged("REJECT"),
			right: "pass: CIS asks for rejected traffic at least",
		},
		{
			name: "ACCEPT + REJECT", region: caseRegion, ok: says(pass), setUp: logged("ACCEPT", "REJECT"),
			right: "pass: two logs record everything together",
		},
		{
			name: "subnets only", region: caseRegion, setUp: subnetsLogged,
			right: "pass, since all traffic is recorded, or fail for want of a log on the VPC, if it says that subnets have some",
			ok: func(c claim) bool {
				return c.verdict == pass || c.verdict == fail && strings.Contains(strings.ToLower(c.text), "subnets")
			},
		},
		{
			name: "unused VPC", region: caseRegion, ok: says(fail), setUp: unused,
			right: "fail: CIS asks it of all VPCs; this one has a subnet and no interface yet",
		},
		{
			name: "default VPC", region: defaultRegion, right: "fail", ok: says(fail), setUp: moto.usedDefault,
		},
		{
			name: sharedCase, region: caseRegion, setUp: moto.usedVPC,
			right: "not ours, or unknown: only the owner can see its flow logs",
			ok:    func(c claim) bool { return c.verdict == foreign || c.verdict == unknown },
		},
		{
			name: "VPC list denied", region: noVPCListRegion, setUp: moto.usedDefault, ok: saysUnread,
			right: "says that this Region could not be read, in its report or in what it prints; no verdict",
		},
		{
			name: "flow log list denied", region: noLogListRegion, setUp: loggedDefault, ok: saysUnread,
			right: "says that this Region could not be read, in its report or in what it prints; no pass and no fail",
		},
		{
			name: "six throttles in a row", region: throttledRegion, setUp: loggedDefault, ok: says(pass),
			right: "pass: the Region's first six DescribeFlowLogs calls are throttled, the seventh is answered",
		},
		{
			name: "group deleted afterwards", region: caseRegion, setUp: groupDeleted, ok: says(fail),
			right: "fail: the log is ACTIVE and its last delivery a SUCCESS; its group is gone, and its role may not make one",
		},
		{
			name: hostileCase, region: caseRegion, setUp: namedHostile,
			right: "fail, and no terminal output, CSV or HTML holds a control character, a formula or a tag out of the name",
			ok:    func(c claim) bool { return c.verdict == fail && c.hostile == "" },
		},
	}
}

func says(v verdict) func(claim) bool { return func(c claim) bool { return c.verdict == v } }

func saysUnread(c claim) bool { return c.unread && c.verdict != pass && c.verdict != fail }

// usedVPC is a VPC with an interface and nothing else.
func (m moto) usedVPC(region string) (string, error) {
	vpc, err := m.vpc(region, "")
	if err != nil {
		return "", err
	}
	subnet, err := m.subnet(region, vpc, 0)
	if err != nil {
		return "", err
	}
	return vpc, m.networkInterface(region, subnet)
}

func unused(m moto, region string) (string, error) {
	vpc, err := m.vpc(region, "")
	if err != nil {
		return "", err
	}
	_, err = m.subnet(region, vpc, 0)
	return vpc, err
}

func (m moto) usedDefault(region string) (string, error) {
	vpc, err := m.defaultVPC(region)
	if err != nil {
		return "", err
	}
	subnet, err := m.anySubnet(region, vpc)
	if err != nil {
		return "", err
	}
	return vpc, m.networkInterface(region, subnet)
}

func loggedDefault(m moto, region string) (string, error) {
	vpc, err := m.usedDefault(region)
	if err != nil {
		return "", err
	}
	if err := m.logs(region, "CreateLogGroup", logsGroup); err != nil {
		return "", err
	}
	return vpc, m.flowLog(region, "VPC", "ALL", logsGroup, vpc)
}

// logged is a VPC with a working flow log for each of the traffics.
func logged(traffics ...string) func(m moto, region string) (string, error) {
	return func(m moto, region string) (string, error) {
		vpc, err := m.usedVPC(region)
		for _, traffic := range traffics {
			if err == nil {
				err = m.flowLog(region, "VPC", traffic, logsGroup+"-"+strings.ToLower(traffic), vpc)
			}
		}
		return vpc, err
	}
}

// failing is a VPC whose flow log goes to a group that does not exist: moto shows such a log as
// ACTIVE with DeliverLogsStatus FAILED.
func failing(m moto, region string) (string, error) {
	vpc, err := m.usedVPC(region)
	if err != nil {
		return "", err
	}
	return vpc, m.flowLog(region, "VPC", "ALL", missingLogsGroup, vpc)
}

func subnetsLogged(m moto, region string) (string, error) {
	vpc, err := m.vpc(region, "")
	if err != nil {
		return "", err
	}
	for n := range 2 {
		subnet, err := m.subnet(region, vpc, n)
		if err != nil {
			return "", err
		}
		if err := m.networkInterface(region, subnet); err != nil {
			return "", err
		}
		if err := m.flowLog(region, "Subnet", "ALL", logsGroup, subnet); err != nil {
			return "", err
		}
	}
	return vpc, nil
}

func groupDeleted(m moto, region string) (string, error) {
	vpc, err := m.usedVPC(region)
	if err != nil {
		return "", err
	}
	if err := m.logs(region, "CreateLogGroup", deletedLogsGroup); err != nil {
		return "", err
	}
	if err := m.flowLog(region, "VPC", "ALL", deletedLogsGroup, vpc); err != nil {
		return "", err
	}
	return vpc, m.logs(region, "DeleteLogGroup", deletedLogsGroup)
}

func namedHostile(m moto, region string) (string, error) {
	vpc, err := m.vpc(region, hostileName)
	if err != nil {
		return "", err
	}
	subnet, err := m.subnet(region, vpc, 0)
	if err != nil {
		return "", err
	}
	return vpc, m.networkInterface(region, subnet)
}

// stage makes every case and says which VPC each is, and what the proxy must add.
func stage(m moto, all []awkward) (vpcs map[string]string, s scene, err error) {
	if err := m.role(); err != nil {
		return nil, scene{}, err
	}
	for _, group := range []string{logsGroup, logsGroup + "-all", logsGroup + "-accept", logsGroup + "-reject"} {
		if err := m.logs(caseRegion, "CreateLogGroup", group); err != nil {
			return nil, scene{}, err
		}
	}
	vpcs = map[string]string{}
	for _, c := range all {
		if vpcs[c.name], err = c.setUp(m, c.region); err != nil {
			return nil, scene{}, err
		}
	}
	return vpcs, scene{
		owners: map[string]string{vpcs[sharedCase]: sharingAccount},
		faults: []fault{
			{call: call{"ec2", "DescribeVpcs", noVPCListRegion}, refusal: denied},
			{call: call{"ec2", "DescribeFlowLogs", noLogListRegion}, refusal: denied},
			{call: call{"ec2", "DescribeFlowLogs", throttledRegion}, refusal: throttled, first: throttlesInARow},
		},
	}, nil
}
