package main

import (
	"fmt"
	"net/url"
	"strings"
)

// The helpers below build what the account of the comparison holds. Every name is given by the
// caller, every id by moto.

const (
	logsRole = "arn:aws:iam::" + account + ":role/flow-logs"
	// logsGroup exists in every Region that a flow log goes to it from.
	logsGroup = "/vpc/all"
)

// vpc makes a VPC. An empty name gives it no tag.
func (m moto) vpc(region, name string) (string, error) {
	form := url.Values{"Action": {"CreateVpc"}, "CidrBlock": {"10.0.0.0/16"}}
	if name != "" {
		form.Set("TagSpecification.1.ResourceType", "vpc")
		form.Set("TagSpecification.1.Tag.1.Key", "Name")
		form.Set("TagSpecification.1.Tag.1.Value", name)
	}
	return m.query("ec2", region, "vpcId", form)
}

// defaultVPC is the VPC that every Region starts with.
func (m moto) defaultVPC(region string) (string, error) {
	return m.query("ec2", region, "vpcId", url.Values{
		"Action": {"DescribeVpcs"}, "Filter.1.Name": {"is-default"}, "Filter.1.Value.1": {"true"},
	})
}

// subnet makes the n-th subnet of a VPC.
func (m moto) subnet(region, vpc string, n int) (string, error) {
	return m.query("ec2", region, "subnetId", url.Values{
		"Action": {"CreateSubnet"}, "VpcId": {vpc}, "CidrBlock": {fmt.Sprintf("10.0.%d.0/24", n)},
	})
}

// anySubnet is a subnet that a VPC has.
func (m moto) anySubnet(region, vpc string) (string, error) {
	return m.query("ec2", region, "subnetId", url.Values{
		"Action": {"DescribeSubnets"}, "Filter.1.Name": {"vpc-id"}, "Filter.1.Value.1": {vpc},
	})
}

// networkInterface puts an interface into a subnet, so that tools that leave out what is not in use do
// not leave out its VPC.
func (m moto) networkInterface(region, subnet string) error {
	_, err := m.query("ec2", region, "", url.Values{"Action": {"CreateNetworkInterface"}, "SubnetId": {subnet}})
	return err
}

// flowLog makes a flow log to a group for each of the resources.
func (m moto) flowLog(region, kind, traffic, group string, resources ...string) error {
	form := url.Values{
		"Action": {"CreateFlowLogs"}, "ResourceType": {kind}, "TrafficType": {traffic},
		"LogDestinationType": {"cloud-watch-logs"}, "LogGroupName": {group}, "DeliverLogsPermissionArn": {logsRole},
	}
	for i, id := range resources {
		form.Set(fmt.Sprintf("ResourceId.%d", i+1), id)
	}
	id, err := m.query("ec2", region, "item", form)
	if err == nil && !strings.HasPrefix(id, "fl-") { // refusals come with HTTP 200 too
		err = fmt.Errorf("CreateFlowLogs in %s: refused: %s", region, id)
	}
	return err
}

// role makes the delivery role: it may write to groups that exist and may not make one.
func (m moto) role() error {
	_, err := m.query("iam", home, "", url.Values{
		"Action": {"CreateRole"}, "RoleName": {"flow-logs"},
		"AssumeRolePolicyDocument": {`{"Version": "2012-10-17", "Statement": [{"Effect": "Allow",
			"Principal": {"Service": "vpc-flow-logs.amazonaws.com"}, "Action": "sts:AssumeRole"}]}`},
	})
	if err != nil {
		return err
	}
	_, err = m.query("iam", home, "", url.Values{
		"Action": {"PutRolePolicy"}, "RoleName": {"flow-logs"}, "PolicyName": {"write"},
		"PolicyDocument": {`{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Resource": "*",
			"Action": ["logs:CreateLogStream", "logs:PutLogEvents", "logs:DescribeLogGroups", "logs:DescribeLogStreams"]}]}`},
	})
	return err
}

// Sizes of the account that is timed.
const (
	vpcsInAll = 200
	// unusedEvery tenth of the VPCs that are made has no interface, as real accounts have them.
	unusedEvery = 10
)

// fill makes the account that is timed: the default VPC of each Region and 183 more in two of
// them, each with two subnets, most with an interface, every second with a flow log.
func (m moto) fill(vpcs int) error {
	if err := m.role(); err != nil {
		return err
	}
	busy := []string{"us-east-1", "eu-west-1"}
	logged := map[string][]string{}
	for n := range vpcs - len(regions) {
		region := busy[n%len(busy)]
		vpc, err := m.vpc(region, fmt.Sprintf("made-%d", n))
		if err != nil {
			return err
		}
		for s := range 2 {
			subnet, err := m.subnet(region, vpc, s)
			if err != nil {
				return err
			}
			if s == 0 && n%unusedEvery != 0 {
				if err := m.networkInterface(region, subnet); err != nil {
					return err
				}
			}
		}
		if n/len(busy)%2 == 0 {
			logged[region] = append(logged[region], vpc)
		}
	}
	for region, vpcs := range logged {
		if err := m.logs(region, "CreateLogGroup", logsGroup); err != nil {
			return err
		}
		if err := m.flowLog(region, "VPC", "ALL", logsGroup, vpcs...); err != nil {
			return err
		}
	}
	return nil
}
