package cli_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/google/go-cmp/cmp"

	"flowproof/internal/cli"
	"flowproof/internal/sandbox/mototest"
	"flowproof/internal/terminal"
)

// motoAccount seeds an account on moto, an AWS that we did not write.
type motoAccount struct {
	t        *testing.T
	endpoint string
	role     string
}

func (m *motoAccount) config(region string) aws.Config {
	return aws.Config{
		Region: region, BaseEndpoint: aws.String(m.endpoint),
		Credentials: credentials.NewStaticCredentialsProvider("test", "test", ""),
	}
}

func (m *motoAccount) ec2(region string) *ec2.Client { return ec2.NewFromConfig(m.config(region)) }

func (m *motoAccount) fatal(err error) {
	m.t.Helper()
	if err != nil {
		m.t.Fatal(err)
	}
}

func (m *motoAccount) vpc(region string) string {
	m.t.Helper()
	out, err := m.ec2(region).CreateVpc(m.t.Context(), &ec2.CreateVpcInput{CidrBlock: aws.String("10.1.0.0/16")})
	m.fatal(err)
	return aws.ToString(out.Vpc.VpcId)
}

func (m *motoAccount) group(region, name string) {
	m.t.Helper()
	_, err := cloudwatchlogs.NewFromConfig(m.config(region)).CreateLogGroup(m.t.Context(), &cloudwatchlogs.CreateLogGroupInput{LogGroupName: &name})
	m.fatal(err)
}

func (m *motoAccount) log(region, group string, traffic types.TrafficType, kind types.FlowLogsResourceType, ids ...string) {
	m.t.Helper()
	out, err := m.ec2(region).CreateFlowLogs(m.t.Context(), &ec2.CreateFlowLogsInput{
		ResourceIds: ids, ResourceType: kind, TrafficType: traffic, LogGroupName: &group, DeliverLogsPermissionArn: &m.role,
	})
	m.fatal(err)
	if len(out.Unsuccessful) > 0 {
		m.t.Fatalf("flow logs on %v: %s", ids, aws.ToString(out.Unsuccessful[0].Error.Message))
	}
}

// scanned is as much of a scan's JSON as these tests look at.
type scanned struct {
	Summary struct {
		ExitStatus int            `json:"exit_status"`
		VPCs       map[string]int `json:"vpcs"`
		Scopes     map[string]int `json:"scopes"`
	} `json:"summary"`
	Findings []struct {
		Rule, Outcome, Message string
		Assurance              *string
		Resource               struct{ ID, Account, Region, Type string }
	} `json:"findings"`
}

// verdicts are outcome and assurance by rule and VPC.
func (s scanned) verdicts() map[string]string {
	all := map[string]string{}
	for _, f := range s.Findings {
		verdict := f.Outcome
		if f.Assurance != nil {
			verdict += " " + *f.Assurance
		}
		all[f.Rule+" "+f.Resource.ID] = verdict
	}
	return all
}

// scanMoto runs the program as a user would, against an endpoint.
func scanMoto(t *testing.T, endpoint string, args ...string) scanned {
	t.Helper()
	t.Setenv("AWS_ENDPOINT_URL", endpoint)
	t.Setenv("AWS_ACCESS_KEY_ID", "test")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "test")
	t.Setenv("AWS_REGION", "us-east-1")
	var stdout, stderr bytes.Buffer
	status := cli.Main(append([]string{"scan", "--format", "json", "--quiet"}, args...),
		terminal.Streams{Stdin: strings.NewReader(""), Stdout: &stdout, Stderr: &stderr, Getenv: os.Getenv})
	var s scanned
	if err := json.Unmarshal(stdout.Bytes(), &s); err != nil {
		t.Fatalf("exit status %d, %v\n%s", status, err, stderr.String())
	}
	if status != s.Summary.ExitStatus {
		t.Errorf("exit status %d, but the summary says %d", status, s.Summary.ExitStatus)
	}
	return s
}

// TestVerdictsOnMoto seeds each case of the verdict table that moto can express.
func TestVerdictsOnMoto(t *testing.T) { // not parallel: it sets the environment, as a user does
	m := &motoAccount{t: t, endpoint: mototest.Start(t)}
	const region, quiet = "eu-west-1", "ap-northeast-3"
	role, err := iam.NewFromConfig(m.config("us-east-1")).CreateRole(t.Context(), &iam.CreateRoleInput{
		RoleName:                 aws.String("cli-moto-flow-logs"),
		AssumeRolePolicyDocument: aws.String(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"vpc-flow-logs.amazonaws.com"},"Action":"sts:AssumeRole"}]}`),
	})
	m.fatal(err)
	m.role = aws.ToString(role.Role.Arn)
	m.group(region, "there")
	m.group(region, "there-too")

	bare, good, failing, rejects, both, subnets := m.vpc(region), m.vpc(region), m.vpc(region), m.vpc(region), m.vpc(region), m.vpc(region)
	subnet, err := m.ec2(region).CreateSubnet(t.Context(), &ec2.CreateSubnetInput{VpcId: &subnets, CidrBlock: aws.String("10.1.1.0/24")})
	m.fatal(err)
	m.log(region, "there", types.TrafficTypeAll, types.FlowLogsResourceTypeVpc, good)
	m.log(region, "gone", types.TrafficTypeAll, types.FlowLogsResourceTypeVpc, failing)
	m.log(region, "there", types.TrafficTypeReject, types.FlowLogsResourceTypeVpc, rejects)
	m.log(region, "there", types.TrafficTypeAccept, types.FlowLogsResourceTypeVpc, both)
	m.log(region, "there-too", types.TrafficTypeReject, types.FlowLogsResourceTypeVpc, both)
	m.log(region, "there", types.TrafficTypeAll, types.FlowLogsResourceTypeSubnet, aws.ToString(subnet.Subnet.SubnetId))
	idle, err := m.ec2(quiet).DescribeVpcs(t.Context(), &ec2.DescribeVpcsInput{})
	m.fatal(err)

	s := scanMoto(t, m.endpoint)
	got := s.verdicts()
	const check, traffic = "vpc-flow-log-check ", "flow-log-traffic-check "
	want := map[string]string{
		check + bare:                             "fail absent",
		check + good:                             "pass unproven",
		check + failing:                          "fail failing",
		check + rejects:                          "pass unproven",
		check + both:                             "pass unproven",
		check + subnets:                          "fail absent",
		traffic + bare:                           "not-applicable absent",
		traffic + good:                           "pass unproven",
		traffic + failing:                        "not-applicable failing",
		traffic + rejects:                        "pass unproven",
		traffic + both:                           "pass unproven",
		traffic + subnets:                        "not-applicable absent",
		check + aws.ToString(idle.Vpcs[0].VpcId): "fail absent", // the default VPC of a Region that nobody uses
	}
	for key, verdict := range want {
		if got[key] != verdict {
			t.Errorf("%s: %q, want %q", key, got[key], verdict)
		}
	}
	if s.Summary.ExitStatus != 3 {
		t.Errorf("exit status %d, want 3", s.Summary.ExitStatus)
	}
	for _, f := range s.Findings {
		if f.Resource.ID == failing && f.Rule == "vpc-flow-log-check" && !strings.Contains(f.Message, "Access error") {
			t.Errorf("the message does not say what AWS said: %s", f.Message)
		}
	}
	t.Setenv("FLOWPROOF_POLICY_TRAFFIC", "all")
	if got := scanMoto(t, m.endpoint, "--region", region).verdicts()[traffic+rejects]; got != "fail unproven" {
		t.Errorf("rejected traffic alone, all required: %q", got)
	}
}

// TestManyResourcesOnMoto reads 200 VPCs and 1,100 flow logs of one Region.
func TestManyResourcesOnMoto(t *testing.T) {
	m := &motoAccount{t: t, endpoint: mototest.Start(t)}
	const region = "us-west-2"
	buckets := s3.NewFromConfig(m.config("us-east-1"), func(o *s3.Options) { o.UsePathStyle = true })
	ids := make([]string, 199) // the default VPC is the two hundredth
	for i := range ids {
		ids[i] = m.vpc(region)
	}
	for i := range 11 {
		name := fmt.Sprintf("cli-moto-many-%d", i)
		_, err := buckets.CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: &name})
		m.fatal(err)
		m.fatal(logToBucket(t.Context(), m.ec2(region), name, ids[:100]))
	}
	s := scanMoto(t, m.endpoint, "--region", region)
	if diff := cmp.Diff(map[string]int{"expected": 1, "read": 1, "incomplete": 0, "unread": 0, "disabled": 0, "closed": 0, "excluded": 0}, s.Summary.Scopes); diff != "" {
		t.Error(diff)
	}
	if s.Summary.VPCs["unproven"] != 100 || s.Summary.VPCs["absent"] != 100 {
		t.Errorf("VPCs %v, want 100 unproven and 100 absent", s.Summary.VPCs)
	}
	logs := 0
	for _, f := range s.Findings {
		if f.Rule == "flow-log-delivery-check" {
			logs++
		}
	}
	if logs != 1100 {
		t.Errorf("%d flow logs judged, want 1100", logs)
	}
}

func logToBucket(ctx context.Context, client *ec2.Client, bucket string, vpcs []string) error {
	out, err := client.CreateFlowLogs(ctx, &ec2.CreateFlowLogsInput{
		ResourceIds: vpcs, ResourceType: types.FlowLogsResourceTypeVpc, TrafficType: types.TrafficTypeAll,
		LogDestinationType: types.LogDestinationTypeS3, LogDestination: aws.String("arn:aws:s3:::" + bucket),
	})
	if err == nil && len(out.Unsuccessful) > 0 {
		err = fmt.Errorf("%s: %s", aws.ToString(out.Unsuccessful[0].ResourceId), aws.ToString(out.Unsuccessful[0].Error.Message))
	}
	return err
}
