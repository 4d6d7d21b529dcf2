package awslive_test

import (
	"slices"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/firehose"
	firehosetypes "github.com/aws/aws-sdk-go-v2/service/firehose/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"flowproof/internal/inventory"
	"flowproof/internal/sandbox/mototest"
	"flowproof/internal/source/awslive"
)

// must hands on what a call gave.
func must[T any](value T, err error) func(*testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return value
	}
}

const (
	trust   = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"vpc-flow-logs.amazonaws.com"},"Action":"sts:AssumeRole"}]}`
	writing = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"logs:PutLogEvents","Resource":"*"}]}`
)

func deliveryTo(name string) string {
	return `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"delivery.logs.amazonaws.com"},"Action":"s3:PutObject","Resource":"arn:aws:s3:::` + name + `-central/*"}]}`
}

// fillMoto makes one thing of each kind, called by name, in the account that moto takes the keys FLOWPROOF for.
func fillMoto(t *testing.T, cfg aws.Config, name string) {
	t.Helper()
	ctx := t.Context()
	logs := cloudwatchlogs.NewFromConfig(cfg)
	must(logs.CreateLogGroup(ctx, &cloudwatchlogs.CreateLogGroupInput{LogGroupName: aws.String("/" + name + "/a"), Tags: map[string]string{"team": "net"}}))(t)
	must(logs.PutRetentionPolicy(ctx, &cloudwatchlogs.PutRetentionPolicyInput{LogGroupName: aws.String("/" + name + "/a"), RetentionInDays: aws.Int32(30)}))(t)
	must(logs.CreateLogGroup(ctx, &cloudwatchlogs.CreateLogGroupInput{LogGroupName: aws.String("/other/" + name)}))(t)

	roles := iam.NewFromConfig(cfg)
	must(roles.CreateRole(ctx, &iam.CreateRoleInput{
		RoleName: aws.String(name), AssumeRolePolicyDocument: aws.String(trust),
		Tags: []iamtypes.Tag{{Key: aws.String("team"), Value: aws.String("net")}},
	}))(t)
	must(roles.PutRolePolicy(ctx, &iam.PutRolePolicyInput{RoleName: aws.String(name), PolicyName: aws.String("inline"), PolicyDocument: aws.String(writing)}))(t)
	policy := must(roles.CreatePolicy(ctx, &iam.CreatePolicyInput{PolicyName: aws.String(name), PolicyDocument: aws.String(writing)}))(t)
	must(roles.AttachRolePolicy(ctx, &iam.AttachRolePolicyInput{RoleName: aws.String(name), PolicyArn: policy.Policy.Arn}))(t)

	buckets := s3.NewFromConfig(cfg, func(o *s3.Options) { o.UsePathStyle = true })
	must(buckets.CreateBucket(ctx, &s3.CreateBucketInput{
		Bucket:                    aws.String(name + "-central"),
		CreateBucketConfiguration: &s3types.CreateBucketConfiguration{LocationConstraint: "eu-west-1"},
	}, func(o *s3.Options) { o.Region = "eu-west-1" }))(t)
	must(buckets.PutBucketPolicy(ctx, &s3.PutBucketPolicyInput{Bucket: aws.String(name + "-central"), Policy: aws.String(deliveryTo(name))}))(t)

	streams := firehose.NewFromConfig(cfg)
	must(streams.CreateDeliveryStream(ctx, &firehose.CreateDeliveryStreamInput{
		DeliveryStreamName: aws.String(name), DeliveryStreamType: firehosetypes.DeliveryStreamTypeDirectPut,
		ExtendedS3DestinationConfiguration: &firehosetypes.ExtendedS3DestinationConfiguration{
			BucketARN: aws.String("arn:aws:s3:::" + name + "-central"), RoleARN: aws.String("arn:aws:iam::123456789012:role/" + name),
		},
	}))(t)
}

func TestThingsAreReadByName(t *testing.T) {
	t.Parallel()
	endpoint := mototest.Start(t)
	cfg := aws.Config{
		BaseEndpoint: aws.String(endpoint), Region: "us-east-1",
		Credentials: credentials.NewStaticCredentialsProvider("FLOWPROOF", "flowproof", ""),
	}
	fillMoto(t, cfg, "named")
	source := must(awslive.At(endpoint, awslive.Options{
		Regions: []string{"us-east-1", "eu-west-1"}, Now: time.Now,
		Named: inventory.Names{
			LogGroupPrefix: "/named/", Roles: []string{"named"}, Buckets: []string{"named-central"},
			Streams: []string{"arn:aws:firehose:us-east-1:{account}:deliverystream/named"},
		},
	}))(t)
	all := map[string]inventory.Inventory{}
	if err := source.Discover(t.Context(), func(target inventory.Target) error {
		all[target.Region] = source.Read(t.Context(), target, inventory.NamedKinds())
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	const stream = "arn:aws:firehose:us-east-1:123456789012:deliverystream/named"
	want := inventory.Named{
		Asked:     inventory.Names{LogGroupPrefix: "/named/", Roles: []string{"named"}, Buckets: []string{"named-central"}, Streams: []string{stream}},
		LogGroups: []inventory.LogGroup{{Name: "/named/a", RetentionDays: 30, Tags: map[string]string{"team": "net"}}},
		Roles: []inventory.Role{{
			Name: "named", ARN: "arn:aws:iam::123456789012:role/named", Trust: trust, Tags: map[string]string{"team": "net"},
			Inline:   []inventory.RolePolicy{{Name: "inline", Document: writing}},
			Attached: []inventory.RolePolicy{{Name: "arn:aws:iam::123456789012:policy/named", Document: writing}},
		}},
		Buckets: []inventory.Bucket{{Name: "named-central", Region: "eu-west-1", Owned: true, Policy: deliveryTo("named")}},
		Streams: []inventory.Stream{{Name: "named", ARN: stream, Status: "ACTIVE", Source: "DirectPut"}},
	}
	changing := cmpopts.IgnoreFields(inventory.LogGroup{}, "Created", "Class")
	home := all["us-east-1"]
	if diff := cmp.Diff(want, home.Named, changing); diff != "" || len(home.Gaps) > 0 {
		t.Errorf("gaps %v, %s", home.Gaps, diff)
	}
	want.LogGroups, want.Streams, want.Asked.Streams = nil, nil, nil
	away := all["eu-west-1"]
	if diff := cmp.Diff(want, away.Named, changing); diff != "" || len(away.Gaps) > 0 {
		t.Errorf("elsewhere: gaps %v, %s", away.Gaps, diff)
	}
}

func TestNamesThatAreNotThereAreKnownNotToBe(t *testing.T) {
	t.Parallel()
	endpoint := mototest.Start(t)
	const stream = "arn:aws:firehose:us-east-1:123456789012:deliverystream/none"
	source := must(awslive.At(endpoint, awslive.Options{
		Regions: []string{"us-east-1"}, Now: time.Now,
		Named: inventory.Names{LogGroupPrefix: "/none", Roles: []string{"none"}, Buckets: []string{"none-there"}, Streams: []string{stream}},
	}))(t)
	target := inventory.Target{Scope: inventory.Scope{Partition: "aws", Account: "123456789012", Region: "us-east-1"}}
	inv := source.Read(t.Context(), target, inventory.NamedKinds())
	if len(inv.Gaps) > 0 {
		t.Fatalf("gaps %v", inv.Gaps)
	}
	known := map[string]bool{}
	_, there, ok := inv.LogGroup("/none/at-all")
	known["group"] = ok && !there
	_, there, ok = inv.Role("none")
	known["role"] = ok && !there
	_, there, ok = inv.Bucket("none-there")
	known["bucket"] = ok && !there
	_, there, ok = inv.Stream(stream)
	known["stream"] = ok && !there
	if diff := cmp.Diff(map[string]bool{"group": true, "role": true, "bucket": true, "stream": true}, known); diff != "" {
		t.Error(diff)
	}
}

// TestGlobalThingsAreReadOnceInARun holds the number of IAM calls to that of one scope.
func TestGlobalThingsAreReadOnceInARun(t *testing.T) {
	t.Parallel()
	a := open(t, ``)
	source := must(awslive.At(a.url, awslive.Options{Regions: []string{"eu-*"}, Now: time.Now, Named: inventory.Names{Roles: []string{"flowproof-delivery"}}}))(t)
	var targets []inventory.Target
	run := func() int {
		targets = nil
		if err := source.Discover(t.Context(), func(target inventory.Target) error {
			targets = append(targets, target)
			source.Read(t.Context(), target, []inventory.Kind{inventory.Roles})
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		return a.operations()["GetRole"]
	}
	if n := run(); n != 1 || len(targets) < 4 {
		t.Errorf("%d calls of GetRole in %d Regions, want 1", n, len(targets))
	}
	if n := run(); n != 2 {
		t.Errorf("%d calls of GetRole after a second run, want 2: it must not remember the first", n)
	}
}

// TestADeniedReadIsAGap reads with keys that IAM refuses.
func TestADeniedReadIsAGap(t *testing.T) {
	t.Parallel()
	a := open(t, "faults:\n  - operation: GetRole\n    do: deny\n")
	source := must(awslive.At(a.url, awslive.Options{Regions: []string{"eu-west-1"}, Now: time.Now, Named: inventory.Names{Roles: []string{"flowproof-delivery"}}}))(t)
	target := inventory.Target{Scope: inventory.Scope{Partition: "aws", Account: "123456789012", Region: "eu-west-1"}}
	inv := source.Read(t.Context(), target, []inventory.Kind{inventory.Roles})
	if !slices.Equal(causes(inv), []string{"iam:GetRole denied"}) {
		t.Errorf("gaps %v", inv.Gaps)
	}
	if _, _, known := inv.Role("flowproof-delivery"); known {
		t.Error("a role that could not be read is taken to be known")
	}
}
