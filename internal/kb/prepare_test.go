package kb_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/smithy-go"

	"flowproof/internal/sandbox/mototest"
)

// The names that pages use, and what TestCommandsOnPages makes of them.
const (
	account   = "123456789012"
	vpc       = "vpc-0123456789abcdef0"
	eni       = "eni-0123456789abcdef0"
	flowLog   = "fl-0123456789abcdef0"
	subnet    = "subnet-0123456789abcdef0"
	gateway   = "tgw-0123456789abcdef0"
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
	s3   *s3.Client
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
	return clients{
		ec2.NewFromConfig(config), iam.NewFromConfig(config), cloudwatchlogs.NewFromConfig(config),
		s3.NewFromConfig(config, func(o *s3.Options) { o.UsePathStyle = true }),
	}
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
	n[subnet], n[eni] = c.createInterface(t, n, "172.31.255.0/24")
	switch ruleID {
	case "flow-log-retention-check", "flow-log-encryption-check": // of a group and of a bucket
		c.createRole(t, mayRecord)
		c.createGroup(t, 30)
		n[flowLog] = c.createFlowLog(t, n, ec2types.TrafficTypeAll)
		c.createBucket(t, bucket(accountID), 90)
	case "flow-log-delivery-check": // the role may do nothing, and the group is gone
		c.createRole(t, "")
		n[flowLog] = c.createFlowLog(t, n, ec2types.TrafficTypeAll)
	case "flow-log-arrival-check":
		c.createDestination(t)
		n[flowLog] = c.createFlowLog(t, n, ec2types.TrafficTypeAll)
	case "flow-log-role-check": // which every account may use, and whose policy is about the group alone
		c.createRole(t, `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["logs:CreateLogStream","logs:PutLogEvents"],`+
			`"Resource":"arn:aws:logs:us-east-1:`+accountID+`:log-group:MyFlowLogs"}]}`)
		c.createGroup(t, 365)
		n[flowLog] = c.createFlowLog(t, n, ec2types.TrafficTypeAll)
	case "flow-log-destination-check": // gone, and the role may not make it again
		c.createRole(t, `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["logs:CreateLogStream","logs:PutLogEvents"],`+
			`"Resource":"arn:aws:logs:us-east-1:`+accountID+`:log-group:MyFlowLogs:*"}]}`)
		n[flowLog] = c.createFlowLog(t, n, ec2types.TrafficTypeAll)
	case "flow-log-bucket-check":
		c.createBucket(t, bucket(accountID), 0)
		c.openBucket(t, bucket(accountID))
	case "flow-log-traffic-check":
		c.createDestination(t)
		n[flowLog] = c.createFlowLog(t, n, ec2types.TrafficTypeAccept)
	case "flow-log-coverage-check": // one subnet has a flow log, and the other none
		c.createDestination(t)
		n[flowLog] = c.createFlowLog(t, n, ec2types.TrafficTypeAll, onSubnet)
		c.createInterface(t, n, "172.31.254.0/24")
	case "flow-log-format-check":
		c.createDestination(t)
		n[flowLog] = c.createFlowLog(t, n, ec2types.TrafficTypeAll)
	case "flow-log-duplicate-check":
		c.createDestination(t)
		n[flowLog] = c.createFlowLog(t, n, ec2types.TrafficTypeAll)
		c.createFlowLog(t, n, ec2types.TrafficTypeReject)
	case "transit-gateway-flow-log-check":
		n[gateway] = c.createGateway(t, n)
	}
	return n
}

// bucket is the name that pages have for one, in an account.
func bucket(account string) string { return "my-flow-logs-" + account }

func (c clients) createGroup(t *testing.T, days int32) {
	t.Helper()
	if _, err := c.logs.CreateLogGroup(t.Context(), &cloudwatchlogs.CreateLogGroupInput{LogGroupName: aws.String(group)}); err != nil {
		t.Fatal(err)
	}
	if _, err := c.logs.PutRetentionPolicy(t.Context(), &cloudwatchlogs.PutRetentionPolicyInput{
		LogGroupName: aws.String(group), RetentionInDays: aws.Int32(days),
	}); err != nil {
		t.Fatal(err)
	}
}

// createBucket makes a bucket that deletes the flow logs in it after some days; never for 0.
func (c clients) createBucket(t *testing.T, name string, days int32) {
	t.Helper()
	if _, err := c.s3.CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: aws.String(name)}); err != nil {
		t.Fatal(err)
	}
	// Every bucket of AWS has this, and moto's have nothing.
	if _, err := c.s3.PutBucketEncryption(t.Context(), &s3.PutBucketEncryptionInput{
		Bucket: aws.String(name), ServerSideEncryptionConfiguration: &s3types.ServerSideEncryptionConfiguration{
			Rules: []s3types.ServerSideEncryptionRule{{ApplyServerSideEncryptionByDefault: &s3types.ServerSideEncryptionByDefault{
				SSEAlgorithm: s3types.ServerSideEncryptionAes256,
			}}},
		},
	}); err != nil {
		t.Fatal(err)
	}
	if days == 0 {
		return
	}
	if _, err := c.s3.PutBucketLifecycleConfiguration(t.Context(), &s3.PutBucketLifecycleConfigurationInput{
		Bucket: aws.String(name), LifecycleConfiguration: &s3types.BucketLifecycleConfiguration{Rules: []s3types.LifecycleRule{{
			ID: aws.String("flow-logs"), Status: s3types.ExpirationStatusEnabled,
			Filter:     &s3types.LifecycleRuleFilter{Prefix: aws.String("AWSLogs/")},
			Expiration: &s3types.LifecycleExpiration{Days: aws.Int32(days)},
		}}},
	}); err != nil {
		t.Fatal(err)
	}
}

// openBucket lets the service deliver for everybody.
func (c clients) openBucket(t *testing.T, name string) {
	t.Helper()
	if _, err := c.s3.PutBucketPolicy(t.Context(), &s3.PutBucketPolicyInput{Bucket: aws.String(name), Policy: aws.String(
		`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"delivery.logs.amazonaws.com"},` +
			`"Action":["s3:PutObject","s3:GetBucketAcl"],"Resource":["arn:aws:s3:::` + name + `","arn:aws:s3:::` + name + `/*"]}]}`)}); err != nil {
		t.Fatal(err)
	}
	if _, err := c.s3.PutPublicAccessBlock(t.Context(), &s3.PutPublicAccessBlockInput{
		Bucket: aws.String(name), PublicAccessBlockConfiguration: &s3types.PublicAccessBlockConfiguration{
			RestrictPublicBuckets: aws.Bool(true), IgnorePublicAcls: aws.Bool(true),
		},
	}); err != nil {
		t.Fatal(err)
	}
}

// createInterface makes a subnet with one interface in it.
func (c clients) createInterface(t *testing.T, n names, block string) (subnetID, interfaceID string) {
	t.Helper()
	made, err := c.ec2.CreateSubnet(t.Context(), &ec2.CreateSubnetInput{VpcId: aws.String(n[vpc]), CidrBlock: aws.String(block)})
	if err != nil {
		t.Fatal(err)
	}
	created, err := c.ec2.CreateNetworkInterface(t.Context(), &ec2.CreateNetworkInterfaceInput{SubnetId: made.Subnet.SubnetId})
	if err != nil {
		t.Fatal(err)
	}
	return *made.Subnet.SubnetId, *created.NetworkInterface.NetworkInterfaceId
}

// createGateway makes a transit gateway that the VPC is attached to.
func (c clients) createGateway(t *testing.T, n names) string {
	t.Helper()
	made, err := c.ec2.CreateTransitGateway(t.Context(), &ec2.CreateTransitGatewayInput{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.ec2.CreateTransitGatewayVpcAttachment(t.Context(), &ec2.CreateTransitGatewayVpcAttachmentInput{
		TransitGatewayId: made.TransitGateway.TransitGatewayId, VpcId: aws.String(n[vpc]), SubnetIds: []string{n[subnet]},
	}); err != nil {
		t.Fatal(err)
	}
	return *made.TransitGateway.TransitGatewayId
}

// createDestination makes a log group, and a role that may write to it.
func (c clients) createDestination(t *testing.T) {
	t.Helper()
	c.createRole(t, mayRecord)
	c.createGroup(t, 365)
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

// onSubnet makes a flow log one on the subnet.
func onSubnet(in *ec2.CreateFlowLogsInput, n names) {
	in.ResourceType, in.ResourceIds = ec2types.FlowLogsResourceTypeSubnet, []string{n[subnet]}
}

// createFlowLog makes a flow log on the VPC unless it is changed. Where an endpoint takes a second one
// to one group for the first again, it delivers to another group.
func (c clients) createFlowLog(t *testing.T, n names, traffic ec2types.TrafficType, change ...func(*ec2.CreateFlowLogsInput, names)) string {
	t.Helper()
	in := &ec2.CreateFlowLogsInput{
		ResourceType: ec2types.FlowLogsResourceTypeVpc, ResourceIds: []string{n[vpc]},
		TrafficType: traffic, LogGroupName: aws.String(group),
		DeliverLogsPermissionArn: aws.String("arn:aws:iam::" + n[account] + ":role/" + role),
	}
	for _, f := range change {
		f(in, n)
	}
	answer, err := c.ec2.CreateFlowLogs(t.Context(), in)
	var refused smithy.APIError
	if errors.As(err, &refused) && refused.ErrorCode() == "FlowLogAlreadyExists" {
		in.LogGroupName = aws.String("OtherFlowLogs")
		answer, err = c.ec2.CreateFlowLogs(t.Context(), in)
	}
	if err != nil || len(answer.Unsuccessful) > 0 {
		t.Fatalf("create flow log: %v %v", answer, err)
	}
	return answer.FlowLogIds[0]
}
