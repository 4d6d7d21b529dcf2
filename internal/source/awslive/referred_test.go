package awslive_test

import (
	"slices"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"flowproof/internal/inventory"
	"flowproof/internal/sandbox/mototest"
	"flowproof/internal/source/awslive"
)

// settle gives a bucket the settings that are read of it.
func settle(t *testing.T, cfg aws.Config, bucket string) {
	t.Helper()
	ctx, name := t.Context(), aws.String(bucket)
	in := s3.NewFromConfig(cfg, func(o *s3.Options) { o.UsePathStyle, o.Region = true, "eu-west-1" })
	must(in.PutPublicAccessBlock(ctx, &s3.PutPublicAccessBlockInput{Bucket: name, PublicAccessBlockConfiguration: &s3types.PublicAccessBlockConfiguration{
		BlockPublicAcls: aws.Bool(true), BlockPublicPolicy: aws.Bool(true), IgnorePublicAcls: aws.Bool(true), RestrictPublicBuckets: aws.Bool(true),
	}}))(t)
	must(in.PutBucketEncryption(ctx, &s3.PutBucketEncryptionInput{Bucket: name, ServerSideEncryptionConfiguration: &s3types.ServerSideEncryptionConfiguration{
		Rules: []s3types.ServerSideEncryptionRule{{ApplyServerSideEncryptionByDefault: &s3types.ServerSideEncryptionByDefault{
			SSEAlgorithm: s3types.ServerSideEncryptionAwsKms, KMSMasterKeyID: aws.String("arn:aws:kms:eu-west-1:123456789012:key/k"),
		}}},
	}}))(t)
	rule := func(id, prefix string, days int32, status s3types.ExpirationStatus, filter *s3types.LifecycleRuleFilter) s3types.LifecycleRule {
		if filter == nil {
			filter = &s3types.LifecycleRuleFilter{Prefix: aws.String(prefix)}
		}
		return s3types.LifecycleRule{ID: aws.String(id), Status: status, Filter: filter, Expiration: &s3types.LifecycleExpiration{Days: aws.Int32(days)}}
	}
	must(in.PutBucketLifecycleConfiguration(ctx, &s3.PutBucketLifecycleConfigurationInput{Bucket: name, LifecycleConfiguration: &s3types.BucketLifecycleConfiguration{
		Rules: []s3types.LifecycleRule{
			rule("logs", "AWSLogs/", 400, s3types.ExpirationStatusEnabled, nil),
			rule("off", "", 1, s3types.ExpirationStatusDisabled, nil),
			rule("tagged", "", 2, s3types.ExpirationStatusEnabled, &s3types.LifecycleRuleFilter{Tag: &s3types.Tag{Key: aws.String("a"), Value: aws.String("b")}}),
		},
	}}))(t)
}

// TestWhatFlowLogsReferToIsRead reads, from an AWS that is not ours, everything that the flow logs of
// a Region deliver to and with, and knows what is not there.
func TestWhatFlowLogsReferToIsRead(t *testing.T) {
	t.Parallel()
	endpoint := mototest.Start(t)
	cfg := aws.Config{
		BaseEndpoint: aws.String(endpoint), Region: "us-east-1",
		Credentials: credentials.NewStaticCredentialsProvider("FLOWPROOF", "flowproof", ""),
	}
	fillMoto(t, cfg, "referred")
	settle(t, cfg, "referred-central")
	const role = "arn:aws:iam::123456789012:role/"
	network := ec2.NewFromConfig(cfg)
	vpc := must(network.CreateVpc(t.Context(), &ec2.CreateVpcInput{CidrBlock: aws.String("10.0.0.0/16")}))(t).Vpc.VpcId
	for _, in := range []ec2.CreateFlowLogsInput{
		{LogGroupName: aws.String("/referred/a"), DeliverLogsPermissionArn: aws.String(role + "referred")},
		{LogGroupName: aws.String("/referred/gone"), DeliverLogsPermissionArn: aws.String(role + "gone")},
		{LogDestinationType: ec2types.LogDestinationTypeS3, LogDestination: aws.String("arn:aws:s3:::referred-central")},
	} {
		in.ResourceIds, in.ResourceType, in.TrafficType = []string{*vpc}, ec2types.FlowLogsResourceTypeVpc, ec2types.TrafficTypeAll
		if out := must(network.CreateFlowLogs(t.Context(), &in))(t); len(out.Unsuccessful) > 0 {
			t.Fatalf("%+v", out.Unsuccessful)
		}
	}
	source := must(awslive.At(endpoint, awslive.Options{Regions: []string{"us-east-1"}, Now: time.Now}))(t)
	target := inventory.Target{Scope: inventory.Scope{Partition: "aws", Account: "123456789012", Region: "us-east-1"}}
	kinds := []inventory.Kind{inventory.FlowLogs, inventory.Destinations, inventory.DeliveryRoles}
	inv := source.Read(t.Context(), target, kinds)
	want := inventory.Named{
		Asked: inventory.Names{
			LogGroups: []string{"/referred/a", "/referred/gone"}, Roles: []string{"gone", "referred"}, Buckets: []string{"referred-central"},
		},
		LogGroups: []inventory.LogGroup{{Name: "/referred/a", RetentionDays: 30}},
		Roles: []inventory.Role{{
			Name: "referred", ARN: role + "referred", Trust: trust, Tags: map[string]string{"team": "net"},
			Inline:   []inventory.RolePolicy{{Name: "inline", Document: writing}},
			Attached: []inventory.RolePolicy{{Name: "arn:aws:iam::123456789012:policy/referred", Document: writing}},
		}},
		Buckets: []inventory.Bucket{{
			Name: "referred-central", Region: "eu-west-1", Owner: "123456789012", Owned: true, Policy: deliveryTo("referred"),
			Encryption: "aws:kms", KMSKey: "arn:aws:kms:eu-west-1:123456789012:key/k",
			Expiry: []inventory.Expiry{{Prefix: "AWSLogs/", Days: 400}}, PublicBlocked: true,
		}},
	}
	if diff := cmp.Diff(want, inv.Named, cmpopts.IgnoreFields(inventory.LogGroup{}, "Created", "Class")); diff != "" || len(inv.Gaps) > 0 {
		t.Errorf("gaps %v, named (-want +got):\n%s", inv.Gaps, diff)
	}
	if _, exists, known := inv.LogGroup("/referred/gone"); exists || !known {
		t.Error("a group that is not there should be known not to be")
	}
	// Fifteen calls about one group that is there and one that is not, two roles, a bucket; the bucket
	// and the roles are not read again in another Region.
	before := source.Calls()
	source.Read(t.Context(), target, kinds)
	if n := source.Calls() - before; n != 3 {
		t.Errorf("%d calls to read it again, want 3: the flow logs and two groups", n)
	}
}

// TestADeniedSettingIsAGapAboutItsBucket holds that the rest stays known.
func TestADeniedSettingIsAGapAboutItsBucket(t *testing.T) {
	t.Parallel()
	a := open(t, `
accounts:
  - id: "123456789012"
    regions:
      eu-west-1:
        vpcs:
          - {name: a, flow_logs: [{group: g}]}
faults:
  - {operation: DescribeLogGroups, do: deny}
`)
	target := inventory.Target{Scope: inventory.Scope{Partition: "aws", Account: "123456789012", Region: "eu-west-1"}}
	inv := a.source.Read(t.Context(), target, []inventory.Kind{inventory.FlowLogs, inventory.Destinations})
	i := slices.IndexFunc(inv.Gaps, func(g inventory.Gap) bool { return g.Kind == inventory.Destinations })
	if i < 0 || inv.Gaps[i].Resource != "g" || inv.Gaps[i].API != "logs:DescribeLogGroups" || inv.Gaps[i].Cause != inventory.Denied {
		t.Errorf("gaps %+v, want one about g", inv.Gaps)
	}
	if !inv.Whole(inventory.FlowLogs) || inv.Whole(inventory.Destinations) {
		t.Errorf("flow logs whole: %v, destinations whole: %v", inv.Whole(inventory.FlowLogs), inv.Whole(inventory.Destinations))
	}
}
