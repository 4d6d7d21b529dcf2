package cli_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"

	"flowproof/internal/sandbox"
	"flowproof/internal/sandbox/mototest"
)

// TestTruthTableOnMoto makes each case that moto can express by the calls of an ordinary client, in an
// account of its own, and asks the whole program.
func TestTruthTableOnMoto(t *testing.T) {
	t.Parallel()
	endpoint := mototest.Start(t)
	cases := slices.DeleteFunc(truthCases(t), func(c truthCase) bool { return !c.Moto })
	for i, c := range cases {
		t.Run(c.Name, func(t *testing.T) {
			t.Parallel()
			account := fmt.Sprintf("3456%08d", i)
			env := mototest.AccountEnv(t, endpoint, account)
			// Names of buckets are global, and policies name the account.
			rename := []string{truthAccount, account}
			for _, bucket := range []string{"safe", "loose"} {
				for _, before := range []string{"name: ", "bucket: ", ":::"} {
					rename = append(rename, before+bucket, before+bucket+"-"+account)
				}
			}
			m := truthMoto{t: t, cfg: configOf(endpoint, env), account: account, names: map[string]string{}}
			m.make(c.scenario(t, strings.NewReplacer(rename...)).Accounts[0])
			said := map[string][]string{}
			for id, list := range c.judged(t, env) {
				if name, ours := m.names[id]; ours { // every Region of moto has a default VPC that the case says nothing of
					said[name] = list
				}
			}
			c.Want = undelivered(c.Want)
			c.check(t, said)
		})
	}
}

// undelivered is what is left to say where nothing is delivered: moto keeps flow logs and writes no
// records, and its interfaces are in use by nobody.
func undelivered(want map[string][]string) map[string][]string {
	left := map[string][]string{}
	for name, list := range want {
		for _, text := range list {
			if !strings.HasPrefix(text, "flow-log-arrival-check ") {
				left[name] = append(left[name], strings.Replace(text, "delivering", "unproven", 1))
			}
		}
	}
	return left
}

func configOf(endpoint string, env []string) aws.Config {
	value := func(name string) string {
		for _, e := range slices.Backward(env) {
			if v, ok := strings.CutPrefix(e, name+"="); ok {
				return v
			}
		}
		return ""
	}
	return aws.Config{
		Region: "eu-west-1", BaseEndpoint: aws.String(endpoint),
		Credentials: credentials.NewStaticCredentialsProvider(value("AWS_ACCESS_KEY_ID"), value("AWS_SECRET_ACCESS_KEY"), ""),
	}
}

// truthMoto makes what a scenario declares.
type truthMoto struct {
	t       *testing.T
	cfg     aws.Config
	account string
	names   map[string]string // what the table calls a resource, by what the program calls it
}

func (m *truthMoto) call(what string, err error) {
	m.t.Helper()
	if err != nil {
		m.t.Fatalf("%s: %v", what, err)
	}
}

func (m *truthMoto) make(a sandbox.AccountSeed) {
	for _, r := range a.Roles {
		m.role(r)
	}
	for _, b := range a.Buckets {
		m.bucket(b)
	}
	region := a.Regions["eu-west-1"]
	for _, g := range region.LogGroups {
		m.group(g)
	}
	for i := range region.VPCs {
		m.vpc(region.VPCs[i])
	}
	for _, g := range region.TransitGateways {
		_, err := ec2.NewFromConfig(m.cfg).CreateTransitGateway(m.t.Context(), &ec2.CreateTransitGatewayInput{TagSpecifications: nameTag(types.ResourceTypeTransitGateway, g.Name)})
		m.call("transit gateway", err)
		m.names[g.Name] = g.Name
	}
}

func (m *truthMoto) role(r sandbox.RoleSeed) {
	client, ctx := iam.NewFromConfig(m.cfg), m.t.Context()
	trust := r.Trust
	if trust == "" {
		trust = fmt.Sprintf(`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"Service":%q},"Action":"sts:AssumeRole"}}`, r.TrustedService)
	}
	_, err := client.CreateRole(ctx, &iam.CreateRoleInput{RoleName: aws.String(r.Name), AssumeRolePolicyDocument: aws.String(trust)})
	m.call("role", err)
	policy := fmt.Sprintf(`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":["%s"],"Resource":["%s"]}}`, strings.Join(r.Allow, `","`), strings.Join(r.On, `","`))
	_, err = client.PutRolePolicy(ctx, &iam.PutRolePolicyInput{RoleName: aws.String(r.Name), PolicyName: aws.String("inline"), PolicyDocument: aws.String(policy)})
	m.call("role policy", err)
}

func (m *truthMoto) bucket(b sandbox.BucketSeed) {
	client, ctx, name := s3.NewFromConfig(m.cfg, func(o *s3.Options) { o.UsePathStyle = true }), m.t.Context(), aws.String(b.Name)
	_, err := client.CreateBucket(ctx, &s3.CreateBucketInput{Bucket: name, CreateBucketConfiguration: &s3types.CreateBucketConfiguration{LocationConstraint: "eu-west-1"}})
	m.call("bucket", err)
	if b.Policy != "" {
		_, err = client.PutBucketPolicy(ctx, &s3.PutBucketPolicyInput{Bucket: name, Policy: aws.String(b.Policy)})
		m.call("bucket policy", err)
	}
	if b.KMSKey != "" {
		_, err = client.PutBucketEncryption(ctx, &s3.PutBucketEncryptionInput{Bucket: name, ServerSideEncryptionConfiguration: &s3types.ServerSideEncryptionConfiguration{
			Rules: []s3types.ServerSideEncryptionRule{{ApplyServerSideEncryptionByDefault: &s3types.ServerSideEncryptionByDefault{
				SSEAlgorithm: s3types.ServerSideEncryptionAwsKms, KMSMasterKeyID: aws.String(b.KMSKey),
			}}},
		}})
		m.call("bucket encryption", err)
	}
	if b.ExpireDays > 0 {
		_, err = client.PutBucketLifecycleConfiguration(ctx, &s3.PutBucketLifecycleConfigurationInput{Bucket: name, LifecycleConfiguration: &s3types.BucketLifecycleConfiguration{
			Rules: []s3types.LifecycleRule{{
				ID: aws.String("expire"), Status: s3types.ExpirationStatusEnabled, Filter: &s3types.LifecycleRuleFilter{Prefix: aws.String("")},
				Expiration: &s3types.LifecycleExpiration{Days: aws.Int32(int32(b.ExpireDays))},
			}},
		}})
		m.call("bucket lifecycle", err)
	}
}

func (m *truthMoto) group(g sandbox.LogGroupSeed) {
	client, ctx := cloudwatchlogs.NewFromConfig(m.cfg), m.t.Context()
	_, err := client.CreateLogGroup(ctx, &cloudwatchlogs.CreateLogGroupInput{LogGroupName: aws.String(g.Name)})
	m.call("log group", err)
	if g.RetentionDays > 0 {
		_, err = client.PutRetentionPolicy(ctx, &cloudwatchlogs.PutRetentionPolicyInput{LogGroupName: aws.String(g.Name), RetentionInDays: aws.Int32(int32(g.RetentionDays))})
		m.call("retention", err)
	}
}

func (m *truthMoto) vpc(v sandbox.VPCSeed) {
	client, ctx := ec2.NewFromConfig(m.cfg), m.t.Context()
	made, err := client.CreateVpc(ctx, &ec2.CreateVpcInput{CidrBlock: aws.String("10.0.0.0/16"), TagSpecifications: nameTag(types.ResourceTypeVpc, v.Name)})
	m.call("VPC", err)
	m.names[v.Name] = v.Name
	subnets := v.Subnets
	if v.Interfaces > 0 {
		subnets = max(subnets, 1)
	}
	var inSubnets, interfaces []string
	for n := range subnets {
		out, err := client.CreateSubnet(ctx, &ec2.CreateSubnetInput{VpcId: made.Vpc.VpcId, CidrBlock: aws.String(fmt.Sprintf("10.0.%d.0/24", n))})
		m.call("subnet", err)
		inSubnets = append(inSubnets, aws.ToString(out.Subnet.SubnetId))
	}
	for n := range v.Interfaces {
		out, err := client.CreateNetworkInterface(ctx, &ec2.CreateNetworkInterfaceInput{SubnetId: aws.String(inSubnets[n%len(inSubnets)])})
		m.call("interface", err)
		interfaces = append(interfaces, aws.ToString(out.NetworkInterface.NetworkInterfaceId))
	}
	for _, f := range v.FlowLogs {
		switch f.On {
		case "subnets":
			m.flowLog(f, types.FlowLogsResourceTypeSubnet, inSubnets)
		case "interfaces":
			m.flowLog(f, types.FlowLogsResourceTypeNetworkInterface, interfaces)
		default:
			m.flowLog(f, types.FlowLogsResourceTypeVpc, []string{aws.ToString(made.Vpc.VpcId)})
		}
	}
}

func (m *truthMoto) flowLog(f sandbox.FlowLogSeed, kind types.FlowLogsResourceType, on []string) {
	in := &ec2.CreateFlowLogsInput{ResourceIds: on, ResourceType: kind, TrafficType: types.TrafficType(f.Traffic)}
	if f.Only > 0 {
		in.ResourceIds = on[:f.Only]
	}
	if f.Traffic == "" {
		in.TrafficType = types.TrafficTypeAll
	}
	if f.Bucket != "" {
		in.LogDestinationType, in.LogDestination = types.LogDestinationTypeS3, aws.String("arn:aws:s3:::"+f.Bucket)
	} else {
		in.LogGroupName, in.DeliverLogsPermissionArn = aws.String(f.Group), aws.String("arn:aws:iam::"+m.account+":role/"+f.Role)
	}
	out, err := ec2.NewFromConfig(m.cfg).CreateFlowLogs(m.t.Context(), in)
	m.call("flow log", err)
	if len(out.Unsuccessful) > 0 || len(out.FlowLogIds) != 1 {
		m.t.Fatalf("flow log: %+v", out)
	}
	m.names[out.FlowLogIds[0]] = f.ID
}

func nameTag(kind types.ResourceType, name string) []types.TagSpecification {
	return []types.TagSpecification{{ResourceType: kind, Tags: []types.Tag{{Key: aws.String("Name"), Value: aws.String(name)}}}}
}
