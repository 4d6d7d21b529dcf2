package cli_test

import (
	"bytes"
	"encoding/json"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	logtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"flowproof/internal/cli"
	"flowproof/internal/sandbox/mototest"
	"flowproof/internal/terminal"
)

// interfaceIn makes a network interface in a VPC.
func (m *motoAccount) interfaceIn(region, vpc string) string {
	m.t.Helper()
	subnet, err := m.ec2(region).CreateSubnet(m.t.Context(), &ec2.CreateSubnetInput{VpcId: &vpc, CidrBlock: aws.String("10.1.9.0/24")})
	m.fatal(err)
	made, err := m.ec2(region).CreateNetworkInterface(m.t.Context(), &ec2.CreateNetworkInterfaceInput{SubnetId: subnet.Subnet.SubnetId})
	m.fatal(err)
	return aws.ToString(made.NetworkInterface.NetworkInterfaceId)
}

// record puts a flow log record of a time into the stream of an interface.
func (m *motoAccount) record(region, group, eni string, at time.Time) {
	m.t.Helper()
	logs := cloudwatchlogs.NewFromConfig(m.config(region))
	stream := eni + "-all"
	_, err := logs.CreateLogStream(m.t.Context(), &cloudwatchlogs.CreateLogStreamInput{LogGroupName: &group, LogStreamName: &stream})
	m.fatal(err)
	_, err = logs.PutLogEvents(m.t.Context(), &cloudwatchlogs.PutLogEventsInput{
		LogGroupName: &group, LogStreamName: &stream,
		LogEvents: []logtypes.InputLogEvent{{
			Timestamp: aws.Int64(at.UnixMilli()),
			Message:   aws.String("2 123456789012 " + eni + " 10.0.0.5 10.0.1.7 443 49152 6 10 840 " + "1 2 ACCEPT OK"),
		}},
	})
	m.fatal(err)
}

// bucketLog makes a bucket and a flow log that delivers to it, and gives the flow log's id.
func (m *motoAccount) bucketLog(region, bucket, vpc string) string {
	m.t.Helper()
	buckets := s3.NewFromConfig(m.config("us-east-2"), func(o *s3.Options) { o.UsePathStyle = true })
	_, err := buckets.CreateBucket(m.t.Context(), &s3.CreateBucketInput{
		Bucket: &bucket, CreateBucketConfiguration: &s3types.CreateBucketConfiguration{LocationConstraint: "us-east-2"},
	})
	m.fatal(err)
	out, err := m.ec2(region).CreateFlowLogs(m.t.Context(), &ec2.CreateFlowLogsInput{
		ResourceIds: []string{vpc}, ResourceType: types.FlowLogsResourceTypeVpc, TrafficType: types.TrafficTypeAll,
		LogDestinationType: types.LogDestinationTypeS3, LogDestination: aws.String("arn:aws:s3:::" + bucket),
	})
	m.fatal(err)
	if len(out.FlowLogIds) != 1 {
		m.t.Fatalf("flow log to %s: %s", bucket, aws.ToString(out.Unsuccessful[0].Error.Message))
	}
	return out.FlowLogIds[0]
}

// file puts a file of a flow log of a time into its bucket, where flow logs put them.
func (m *motoAccount) file(region, bucket, log string, at time.Time) {
	m.t.Helper()
	at = at.UTC()
	key := "AWSLogs/123456789012/vpcflowlogs/" + region + at.Format("/2006/01/02/") +
		"123456789012_vpcflowlogs_" + region + "_" + log + at.Format("_20060102T1504Z") + "_0f3a9b2c.log.gz"
	buckets := s3.NewFromConfig(m.config("us-east-2"), func(o *s3.Options) { o.UsePathStyle = true })
	_, err := buckets.PutObject(m.t.Context(), &s3.PutObjectInput{Bucket: &bucket, Key: &key, Body: strings.NewReader("2 123456789012 eni-1 10.0.0.5 10.0.1.7 443 49152 6 10 840 1700000000 1700000060 ACCEPT OK\n")})
	m.fatal(err)
}

// TestArrivalsOnMoto: what lies in the destinations of an AWS that we did not write decides between
// delivering and unproven.
func TestArrivalsOnMoto(t *testing.T) { // not parallel: it sets the environment, as a user does
	m := &motoAccount{t: t, endpoint: mototest.Start(t)}
	const region = "eu-central-1"
	role, err := iam.NewFromConfig(m.config("us-east-1")).CreateRole(t.Context(), &iam.CreateRoleInput{
		RoleName:                 aws.String("cli-moto-arrivals"),
		AssumeRolePolicyDocument: aws.String(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"vpc-flow-logs.amazonaws.com"},"Action":"sts:AssumeRole"}]}`),
	})
	m.fatal(err)
	m.role = aws.ToString(role.Role.Arn)
	now := time.Now()
	want := map[string]string{}

	for name, minutes := range map[string]int{"arrived-lately": 4, "arrived-long-ago": 3 * 24 * 60, "arrived-never": 0} {
		vpc := m.vpc(region)
		eni := m.interfaceIn(region, vpc)
		m.group(region, name)
		m.log(region, name, types.TrafficTypeAll, types.FlowLogsResourceTypeVpc, vpc)
		if minutes > 0 {
			m.record(region, name, eni, now.Add(-time.Duration(minutes)*time.Minute))
		}
		want[vpc] = map[bool]string{true: "pass delivering", false: "pass unproven"}[name == "arrived-lately"]
	}
	for name, minutes := range map[string]int{"cli-moto-file-lately": 6, "cli-moto-file-long-ago": 4 * 24 * 60, "cli-moto-file-never": 0} {
		vpc := m.vpc(region)
		log := m.bucketLog(region, name, vpc)
		if minutes > 0 {
			m.file(region, name, log, now.Add(-time.Duration(minutes)*time.Minute))
		}
		m.file(region, name, "fl-00000000000000000", now) // another's
		want[vpc] = map[bool]string{true: "pass delivering", false: "pass unproven"}[name == "cli-moto-file-lately"]
	}

	got := scanMoto(t, m.endpoint, "--region", region, "--ruleset", "full").verdicts()
	for vpc, verdict := range want {
		if got["vpc-flow-log-check "+vpc] != verdict {
			t.Errorf("%s: %q, want %q", vpc, got["vpc-flow-log-check "+vpc], verdict)
		}
	}
	for vpc, verdict := range scanMoto(t, m.endpoint, "--region", region).verdicts() {
		if strings.HasSuffix(verdict, "delivering") {
			t.Errorf("two lists a Region prove that %s delivers", vpc)
		}
	}
	if proven := proveMoto(t, "--region", region); proven.States["proven"] != 2 || proven.States["not-recorded"] != 1 {
		t.Errorf("states %v, want two that are proven and the default VPC that is not recorded", proven.States)
	}
}

// proven is as much of a proof's JSON as these tests look at.
type provenStates struct {
	States map[string]int `json:"states"`
}

// proveMoto runs prove where scanMoto ran, and holds what it writes to its schema.
func proveMoto(t *testing.T, args ...string) provenStates {
	t.Helper()
	var stdout, stderr bytes.Buffer
	status := cli.Main(append([]string{"prove", "--format", "json", "--quiet", "--read-records", "--sample", "3"}, args...),
		terminal.Streams{Stdin: strings.NewReader(""), Stdout: &stdout, Stderr: &stderr, Getenv: os.Getenv})
	if status != 3 {
		t.Fatalf("exit status %d\n%s", status, stderr.String())
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(stdout.Bytes()))
	if err != nil {
		t.Fatal(err)
	}
	if err := schemaOf(t, "prove-v1.json").Validate(doc); err != nil {
		t.Error(err)
	}
	var states provenStates
	if err := json.Unmarshal(stdout.Bytes(), &states); err != nil {
		t.Fatal(err)
	}
	return states
}
