package kb_test

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"flowproof/internal/sandbox/mototest"
)

// The names that pages use, and what TestCommandsOnPages makes of them.
const (
	account   = "123456789012"
	vpc       = "vpc-0123456789abcdef0"
	eni       = "eni-0123456789abcdef0"
	flowLog   = "fl-0123456789abcdef0"
	group     = "MyFlowLogs"
	role      = "VPC-Flow-Logs-Role"
	trust     = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"vpc-flow-logs.amazonaws.com"},"Action":"sts:AssumeRole"}]}`
	mayRecord = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"logs:*","Resource":"*"}]}`
)

// clients are what an account is prepared with.
type clients struct {
	ec2  *ec2.Client
	iam  *iam.Client
	logs *cloudwatchlogs.Client
}

func newClients(env []string) clients {
	value := func(name string) string {
		for _, kv := range env {
			if v, ok := strings.CutPrefix(kv, name+"="); ok {
				return v
			}
		}
		return ""
	}
	config := aws.Config{
		Region:       mototest.Region,
		BaseEndpoint: aws.String(value("AWS_ENDPOINT_URL")),
		Credentials: credentials.NewStaticCredentialsProvider(
			value("AWS_ACCESS_KEY_ID"), value("AWS_SECRET_ACCESS_KEY"), ""),
	}
	return clients{ec2.NewFromConfig(config), iam.NewFromConfig(config), cloudwatchlogs.NewFromConfig(config)}
}

// prepare brings an account into the state that a rule's page begins with: the default VPC
// with an interface in it, and the fault that the rule finds. A rule without an entry below
// begins with a VPC that nobody has touched.
func prepare(t *testing.T, ruleID string, env []string, accountID string) names {
	t.Helper()
	c := newClients(env)
	found, err := c.ec2.DescribeVpcs(t.Context(), &ec2.DescribeVpcsInput{})
	if err != nil || len(found.Vpcs) != 1 {
		t.Fatalf("a fresh account should have its default VPC alone: %v %v", found, err)
	}
	n := names{account: accountID, vpc: *found.Vpcs[0].VpcId}
	subnet, err := c.ec2.CreateSubnet(t.Context(), &ec2.CreateSubnetInput{
		VpcId: found.Vpcs[0].VpcId, CidrBlock: aws.String("172.31.255.0/24"),
	})
	if err != nil {
		t.Fatal(err)
	}
	created, err := c.ec2.CreateNetworkInterface(t.Context(), &ec2.CreateNetworkInterfaceInput{
		SubnetId: subnet.Subnet.SubnetId,
	})
	if err != nil {
		t.Fatal(err)
	}
	n[eni] = *created.NetworkInterface.NetworkInterfaceId
	switch ruleID {
	case "flow-log-delivery-check": // the role may do nothing, and the group is gone
		c.createRole(t, "")
		n[flowLog] = c.createFlowLog(t, n, ec2types.TrafficTypeAll)
	case "flow-log-arrival-check":
		c.createRole(t, mayRecord)
		c.createGroup(t)
		n[flowLog] = c.createFlowLog(t, n, ec2types.TrafficTypeAll)
	case "flow-log-traffic-check":
		c.createRole(t, mayRecord)
		c.createGroup(t)
		n[flowLog] = c.createFlowLog(t, n, ec2types.TrafficTypeAccept)
	}
	return n
}

func (c clients) createRole(t *testing.T, policy string) {
	t.Helper()
	if _, err := c.iam.CreateRole(t.Context(), &iam.CreateRoleInput{
		RoleName: aws.String(role), AssumeRolePolicyDocument: aws.String(trust),
	}); err != nil {
		t.Fatal(err)
	}
	if policy == "" {
		return
	}
	if _, err := c.iam.PutRolePolicy(t.Context(), &iam.PutRolePolicyInput{
		RoleName: aws.String(role), PolicyName: aws.String("record"), PolicyDocument: aws.String(policy),
	}); err != nil {
		t.Fatal(err)
	}
}

func (c clients) createGroup(t *testing.T) {
	t.Helper()
	if _, err := c.logs.CreateLogGroup(t.Context(), &cloudwatchlogs.CreateLogGroupInput{LogGroupName: aws.String(group)}); err != nil {
		t.Fatal(err)
	}
}

func (c clients) createFlowLog(t *testing.T, n names, traffic ec2types.TrafficType) string {
	t.Helper()
	answer, err := c.ec2.CreateFlowLogs(t.Context(), &ec2.CreateFlowLogsInput{
		ResourceType: ec2types.FlowLogsResourceTypeVpc, ResourceIds: []string{n[vpc]},
		TrafficType: traffic, LogGroupName: aws.String(group),
		DeliverLogsPermissionArn: aws.String("arn:aws:iam::" + n[account] + ":role/" + role),
	})
	if err != nil || len(answer.Unsuccessful) > 0 {
		t.Fatalf("create flow log: %v %v", answer, err)
	}
	return answer.FlowLogIds[0]
}
