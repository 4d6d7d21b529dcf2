package awscall_test

import (
	"context"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	cloudwatchtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/firehose"
	firehosetypes "github.com/aws/aws-sdk-go-v2/service/firehose/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/organizations"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/smithy-go/middleware"

	"flowproof/internal/awscall"
	"flowproof/internal/sandbox/mototest"
)

// motoFaults are the calls that moto does not answer as AWS does, each with what it does. That it gives
// no answer at all is not among them.
var motoFaults = map[string]string{
	"account:ListRegions":     "it has no Account Management: 404",
	"logs:AssociateKmsKey":    "it fails within: 500",
	"logs:DisassociateKmsKey": "it fails within: 500",
}

// lastCalls come last, in this order: they take away what others ask for.
var lastCalls = []string{
	"logs:DeleteRetentionPolicy", "logs:DisassociateKmsKey", "logs:DeleteLogGroup", "s3:DeleteBucketPolicy",
	"ec2:DeleteFlowLogs", "iam:DeleteRolePolicy", "iam:DeleteRole",
}

const motoTrust = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"vpc-flow-logs.amazonaws.com"},"Action":"sts:AssumeRole"}]}`

// TestMotoAnswersAreAnswers holds the forms of answers to an AWS that we did not write.
func TestMotoAnswersAreAnswers(t *testing.T) {
	t.Parallel()
	plain := aws.Config{
		BaseEndpoint: aws.String(mototest.Start(t)), Region: "ap-south-1", HTTPClient: wholeBody{},
		Credentials: credentials.NewStaticCredentialsProvider("FLOWPROOF", "flowproof", ""),
		Retryer:     func() aws.Retryer { return aws.NopRetryer{} },
	}
	values := prepareMoto(t, plain)
	checked := plain.Copy()
	checked.APIOptions = []func(*middleware.Stack) error{awscall.Check}
	for _, name := range append(everyCallBut(lastCalls), lastCalls...) {
		err := makeCallWith(t.Context(), t, checked, name, values)
		switch fault := motoFaults[name]; {
		case fault == "" && err != nil:
			t.Errorf("%s: %v", name, err)
		case fault != "" && err == nil:
			t.Errorf("%s: it answers: strike %q", name, fault)
		}
	}
}

func everyCallBut(others []string) []string {
	return slices.DeleteFunc(everyCall(), func(name string) bool { return slices.Contains(others, name) })
}

// prepareMoto makes what the calls ask for, and gives the members that name it.
func prepareMoto(t *testing.T, cfg aws.Config) map[string]any {
	t.Helper()
	ctx, name := t.Context(), aws.String("answers")
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	network, groups := ec2.NewFromConfig(cfg), cloudwatchlogs.NewFromConfig(cfg)
	vpc, err := network.CreateVpc(ctx, &ec2.CreateVpcInput{CidrBlock: aws.String("10.0.0.0/16")})
	must(err)
	for _, group := range []string{"there", "ending"} {
		_, err = groups.CreateLogGroup(ctx, &cloudwatchlogs.CreateLogGroupInput{LogGroupName: aws.String(group)})
		must(err)
	}
	_, err = groups.CreateLogStream(ctx, &cloudwatchlogs.CreateLogStreamInput{LogGroupName: aws.String("there"), LogStreamName: name})
	must(err)
	roles := iam.NewFromConfig(cfg)
	role, err := roles.CreateRole(ctx, &iam.CreateRoleInput{RoleName: aws.String("there"), AssumeRolePolicyDocument: aws.String(motoTrust)})
	must(err)
	_, err = roles.PutRolePolicy(ctx, &iam.PutRolePolicyInput{RoleName: aws.String("there"), PolicyName: name, PolicyDocument: aws.String(motoPolicy)})
	must(err)
	policy, err := roles.CreatePolicy(ctx, &iam.CreatePolicyInput{PolicyName: name, PolicyDocument: aws.String(motoPolicy)})
	must(err)
	buckets := s3.NewFromConfig(cfg, func(o *s3.Options) { o.UsePathStyle = true })
	_, err = buckets.CreateBucket(ctx, &s3.CreateBucketInput{Bucket: name, CreateBucketConfiguration: &s3types.CreateBucketConfiguration{LocationConstraint: s3types.BucketLocationConstraintApSouth1}})
	must(err)
	_, err = buckets.PutObject(ctx, &s3.PutObjectInput{Bucket: name, Key: name, Body: strings.NewReader("x")})
	must(err)
	_, err = buckets.PutPublicAccessBlock(ctx, &s3.PutPublicAccessBlockInput{Bucket: name, PublicAccessBlockConfiguration: &s3types.PublicAccessBlockConfiguration{BlockPublicAcls: aws.Bool(true)}})
	must(err)
	_, err = buckets.PutBucketLifecycleConfiguration(ctx, &s3.PutBucketLifecycleConfigurationInput{Bucket: name, LifecycleConfiguration: &s3types.BucketLifecycleConfiguration{
		Rules: []s3types.LifecycleRule{{ID: name, Status: s3types.ExpirationStatusEnabled, Filter: &s3types.LifecycleRuleFilter{Prefix: aws.String("")}, Expiration: &s3types.LifecycleExpiration{Days: aws.Int32(3)}}},
	}})
	must(err)
	_, err = buckets.PutBucketEncryption(ctx, &s3.PutBucketEncryptionInput{Bucket: name, ServerSideEncryptionConfiguration: &s3types.ServerSideEncryptionConfiguration{
		Rules: []s3types.ServerSideEncryptionRule{{ApplyServerSideEncryptionByDefault: &s3types.ServerSideEncryptionByDefault{SSEAlgorithm: s3types.ServerSideEncryptionAes256}}},
	}})
	must(err)
	_, err = buckets.PutBucketPolicy(ctx, &s3.PutBucketPolicyInput{Bucket: name, Policy: aws.String(motoPolicy)})
	must(err)
	_, err = firehose.NewFromConfig(cfg).CreateDeliveryStream(ctx, &firehose.CreateDeliveryStreamInput{
		DeliveryStreamName: name, ExtendedS3DestinationConfiguration: &firehosetypes.ExtendedS3DestinationConfiguration{RoleARN: role.Role.Arn, BucketARN: aws.String("arn:aws:s3:::answers")},
	})
	must(err)
	_, err = organizations.NewFromConfig(cfg).CreateOrganization(ctx, &organizations.CreateOrganizationInput{})
	must(err)
	roots, err := organizations.NewFromConfig(cfg).ListRoots(ctx, nil)
	must(err)
	now, before := time.Now(), time.Now().Add(-time.Hour)
	return map[string]any{
		"ResourceIds": []string{*vpc.Vpc.VpcId}, "ResourceType": "VPC", "TrafficType": "ALL", "LogDestinationType": "s3", "LogDestination": aws.String("arn:aws:s3:::answers"),
		"FlowLogIds": []string{}, "AllRegions": aws.Bool(true),
		"RoleName": aws.String("there"), "iam:CreateRole RoleName": name, "iam:DeleteRole RoleName": name, "iam:UpdateAssumeRolePolicy PolicyDocument": aws.String(motoTrust),
		"AssumeRolePolicyDocument": aws.String(motoTrust), "PolicyName": name, "PolicyDocument": aws.String(motoPolicy),
		"PolicyArn": policy.Policy.Arn, "VersionId": aws.String("v1"), "RoleArn": role.Role.Arn, "RoleSessionName": name,
		"Bucket": name, "Key": name, "Policy": aws.String(motoPolicy),
		"LogGroupName": aws.String("there"), "logs:CreateLogGroup LogGroupName": name, "logs:DeleteLogGroup LogGroupName": aws.String("ending"), "ec2:CreateFlowLogs LogGroupName": (*string)(nil),
		"LogStreamName": name, "RetentionInDays": aws.Int32(30), "KmsKeyId": aws.String("arn:aws:kms:ap-south-1:123456789012:key/1"),
		"ResourceArn": aws.String("arn:aws:logs:ap-south-1:123456789012:log-group:there"), "PolicyType": "RETENTION_POLICY",
		"DeliveryStreamName": name, "ParentId": roots.Roots[0].Id,
		"Namespace": aws.String("AWS/Firehose"), "MetricName": aws.String("IncomingRecords"), "Period": aws.Int32(60), "StartTime": &before, "EndTime": &now, "Statistics": []cloudwatchtypes.Statistic{"Sum"},
	}
}

const motoPolicy = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::answers/*","Principal":"*"}]}`

// makeCallWith makes a call with the members of its input that are among the values.
func makeCallWith(ctx context.Context, t *testing.T, cfg aws.Config, name string, values map[string]any) error {
	t.Helper()
	return callWith(ctx, t, cfg, name, func(input reflect.Value) {
		for member, value := range values {
			if own, found := values[name+" "+member]; found {
				value = own
			}
			field, v := input.FieldByName(member), reflect.ValueOf(value)
			switch {
			case !field.IsValid() || member == "VersionId" && strings.HasPrefix(name, "s3:"):
			case v.Type().AssignableTo(field.Type()):
				field.Set(v)
			case v.Type().ConvertibleTo(field.Type()):
				field.Set(v.Convert(field.Type()))
			}
		}
	})
}
