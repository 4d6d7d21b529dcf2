package sandbox_test

import (
	"context"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/firehose"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/google/go-cmp/cmp"

	"flowproof/internal/sandbox"
)

func (w *world) s3(region, key string) *s3.Client {
	return s3.NewFromConfig(w.config(region, key), func(o *s3.Options) { o.UsePathStyle = true })
}

// foreignStatement is somebody's own statement in a bucket's policy.
const foreignStatement = `{"Sid":"Mine","Effect":"Allow","Principal":{"AWS":"arn:aws:iam::210987654321:root"},"Action":"s3:GetObject","Resource":"arn:aws:s3:::archive/*"}`

const foreignPolicy = `{"Version":"2012-10-17","Statement":[` + foreignStatement + `]}`

func TestBucketPolicyComesAndGoes(t *testing.T) {
	t.Parallel()
	w := start(t, scenario(t, workshop))
	ctx := context.Background()
	client, name := w.s3("us-east-1", "test"), aws.String("archive")
	_, err := client.GetBucketPolicy(ctx, &s3.GetBucketPolicyInput{Bucket: name})
	wantError(t, err, "NoSuchBucketPolicy", 404, "does not exist")
	if _, err := client.PutBucketPolicy(ctx, &s3.PutBucketPolicyInput{Bucket: name, Policy: aws.String(foreignPolicy)}); err != nil {
		t.Fatal(err)
	}
	out, err := client.GetBucketPolicy(ctx, &s3.GetBucketPolicyInput{Bucket: name})
	if err != nil || aws.ToString(out.Policy) != foreignPolicy {
		t.Errorf("%v %v", out, err)
	}
	if _, err := client.DeleteBucketPolicy(ctx, &s3.DeleteBucketPolicyInput{Bucket: name}); err != nil {
		t.Error(err)
	}
	_, err = client.GetBucketPolicy(ctx, &s3.GetBucketPolicyInput{Bucket: name})
	wantError(t, err, "NoSuchBucketPolicy", 404, "")
	for text, want := range map[string]string{
		"not JSON": "MalformedPolicy", strings.Replace(foreignPolicy, "archive", "elsewhere", 1): "MalformedPolicy",
		strings.Replace(foreignPolicy, "s3:GetObject", "ec2:Run", 1):           "MalformedPolicy",
		strings.Replace(foreignPolicy, "Mine", strings.Repeat("x", 21<<10), 1): "PolicyTooLarge",
	} {
		_, err := client.PutBucketPolicy(ctx, &s3.PutBucketPolicyInput{Bucket: name, Policy: &text})
		wantError(t, err, want, 400, "")
	}
}

func TestBucketsOfOthersAndElsewhere(t *testing.T) {
	t.Parallel()
	w := start(t, scenario(t, workshop+"  - {id: \"210987654321\", buckets: [{name: theirs, region: eu-west-1}]}\n"))
	ctx := context.Background()
	_, err := w.s3("us-east-1", "test").GetBucketPolicy(ctx, &s3.GetBucketPolicyInput{Bucket: aws.String("nobodys")})
	wantError(t, err, "NoSuchBucket", 404, "")
	_, err = w.s3("eu-west-1", "test").GetBucketPolicy(ctx, &s3.GetBucketPolicyInput{Bucket: aws.String("theirs")})
	wantError(t, err, "AccessDenied", 403, "")
	_, err = w.s3("eu-west-1", "test").GetBucketPolicy(ctx, &s3.GetBucketPolicyInput{Bucket: aws.String("archive")})
	wantError(t, err, "PermanentRedirect", 301, "")
	_, err = w.s3("us-east-1", "test").GetBucketPolicy(ctx, &s3.GetBucketPolicyInput{
		Bucket: aws.String("archive"), ExpectedBucketOwner: aws.String("210987654321"),
	})
	wantError(t, err, "AccessDenied", 403, "")
	head, err := w.s3("us-east-1", "test").HeadBucket(ctx, &s3.HeadBucketInput{Bucket: aws.String("archive")})
	if err != nil || aws.ToString(head.BucketRegion) != "us-east-1" {
		t.Errorf("%v %v", head, err)
	}
	where, err := w.s3("eu-west-1", "210987654321").GetBucketLocation(ctx, &s3.GetBucketLocationInput{Bucket: aws.String("theirs")})
	if err != nil || where.LocationConstraint != s3types.BucketLocationConstraintEuWest1 {
		t.Errorf("%v %v", where, err)
	}
	_, err = w.s3("us-east-1", "test").GetBucketCors(ctx, &s3.GetBucketCorsInput{Bucket: aws.String("archive")})
	wantError(t, err, "NotImplemented", 501, "GetBucketSubresource")
	_, err = w.s3("eu-west-1", "test").GetBucketLifecycleConfiguration(ctx, &s3.GetBucketLifecycleConfigurationInput{Bucket: aws.String("theirs")})
	wantError(t, err, "AccessDenied", 403, "")
}

func TestObjects(t *testing.T) {
	t.Parallel()
	w := start(t, scenario(t, workshop))
	ctx := context.Background()
	client := w.s3("us-east-1", "test")
	if _, err := client.CreateBucket(ctx, &s3.CreateBucketInput{Bucket: aws.String("new-bucket")}); err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{"a/1", "a/2", "a/3", "b/1"} {
		if _, err := client.PutObject(ctx, &s3.PutObjectInput{Bucket: aws.String("new-bucket"), Key: &key, Body: strings.NewReader(key)}); err != nil {
			t.Fatal(err)
		}
	}
	var keys []string
	pages := s3.NewListObjectsV2Paginator(client, &s3.ListObjectsV2Input{Bucket: aws.String("new-bucket"), Prefix: aws.String("a/"), MaxKeys: aws.Int32(2)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			t.Fatal(err)
		}
		for _, o := range page.Contents {
			keys = append(keys, aws.ToString(o.Key))
		}
	}
	if diff := cmp.Diff([]string{"a/1", "a/2", "a/3"}, keys); diff != "" {
		t.Error(diff)
	}
	got, err := client.GetObject(ctx, &s3.GetObjectInput{Bucket: aws.String("new-bucket"), Key: aws.String("b/1")})
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(got.Body)
	if err != nil || string(body) != "b/1" {
		t.Errorf("%q %v", body, err)
	}
	_, err = client.DeleteBucket(ctx, &s3.DeleteBucketInput{Bucket: aws.String("new-bucket")})
	wantError(t, err, "BucketNotEmpty", 409, "")
}

func TestDeliveryStreams(t *testing.T) {
	t.Parallel()
	w := start(t, scenario(t, workshop))
	ctx := context.Background()
	client := firehose.NewFromConfig(w.config("eu-west-1", "test"))
	out, err := client.DescribeDeliveryStream(ctx, &firehose.DescribeDeliveryStreamInput{DeliveryStreamName: aws.String("firehose-logs")})
	if err != nil {
		t.Fatal(err)
	}
	d := out.DeliveryStreamDescription
	if aws.ToString(d.DeliveryStreamARN) != "arn:aws:firehose:eu-west-1:123456789012:deliverystream/firehose-logs" || d.DeliveryStreamStatus != "ACTIVE" {
		t.Errorf("%+v", d)
	}
	_, err = client.DescribeDeliveryStream(ctx, &firehose.DescribeDeliveryStreamInput{DeliveryStreamName: aws.String("none")})
	wantError(t, err, "ResourceNotFoundException", 400, "Firehose none under account 123456789012 not found.")
}

// policyOf gives the policy of the bucket archive.
func (w *world) policyOf(t *testing.T) string {
	t.Helper()
	out, err := w.s3("us-east-1", "test").GetBucketPolicy(context.Background(), &s3.GetBucketPolicyInput{Bucket: aws.String("archive")})
	if err != nil {
		t.Fatal(err)
	}
	return aws.ToString(out.Policy)
}

// TestBucketPolicyAfterAFlowLog has EC2 add what is missing, leave alone what is enough, and, by
// its knob, put its own policy in the place of the one there was.
func TestBucketPolicyAfterAFlowLog(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	withPolicy := strings.Replace(workshop, "{name: archive}", "{name: archive, policy: '"+foreignPolicy+"'}", 1)
	w := start(t, scenario(t, withPolicy))
	if _, err := w.ec2("eu-west-1").CreateFlowLogs(ctx, toBucket("archive/logs")); err != nil {
		t.Fatal(err)
	}
	enough := w.policyOf(t)
	if !strings.Contains(enough, "Mine") || !strings.Contains(enough, "arn:aws:s3:::archive/logs/AWSLogs/123456789012/*") {
		t.Errorf("policy %s", enough)
	}
	second := toBucket("archive/logs")
	second.ResourceIds = []string{"vpc-0bbb"}
	if _, err := w.ec2("eu-west-1").CreateFlowLogs(ctx, second); err != nil || w.policyOf(t) != enough {
		t.Errorf("a policy that was enough is now %s (%v)", w.policyOf(t), err)
	}
	w = start(t, scenario(t, withPolicy+"writes: {overwrite_bucket_policy: true}\n"))
	if _, err := w.ec2("eu-west-1").CreateFlowLogs(ctx, toBucket("archive/logs")); err != nil {
		t.Fatal(err)
	}
	if got := w.policyOf(t); strings.Contains(got, "Mine") || !strings.Contains(got, "AWSLogDeliveryWrite1") {
		t.Errorf("policy %s", got)
	}
}

func TestFlowLogIntoTheBucketOfAnother(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	const allow = `{"Statement":[{"Effect":"Allow","Principal":{"Service":"delivery.logs.amazonaws.com"},"Action":"s3:PutObject",` +
		`"Resource":"arn:aws:s3:::theirs/AWSLogs/123456789012/*","Condition":{"StringEquals":{"aws:SourceAccount":"123456789012","s3:x-amz-acl":"bucket-owner-full-control"},` +
		`"ArnLike":{"aws:SourceArn":"arn:aws:logs:eu-west-1:123456789012:*"}}},{"Effect":"Allow","Principal":{"Service":"delivery.logs.amazonaws.com"},` +
		`"Action":["s3:GetBucketAcl","s3:ListBucket"],"Resource":"arn:aws:s3:::theirs"}]}`
	for policy, refused := range map[string]bool{"": true, allow: false, strings.ReplaceAll(allow, "eu-west-1", "eu-west-2"): true} {
		w := start(t, scenario(t, workshop+"  - {id: \"210987654321\", buckets: [{name: theirs, policy: '"+policy+"'}]}\n"))
		out, err := w.ec2("eu-west-1").CreateFlowLogs(ctx, toBucket("theirs"))
		if err != nil {
			t.Fatal(err)
		}
		if got := len(out.Unsuccessful) == 1 && aws.ToString(out.Unsuccessful[0].Error.Code) == "400"; got != refused {
			t.Errorf("policy %q: refused is %v, want %v", policy, got, refused)
		}
	}
}

func TestObjectsArriveWithTraffic(t *testing.T) {
	t.Parallel()
	c := newClock()
	w := start(t, scenario(t, workshop+"record_delay: 10m"), sandbox.WithClock(c.time))
	ctx := context.Background()
	in := toBucket("archive/logs")
	in.DestinationOptions = &types.DestinationOptionsRequest{
		FileFormat: types.DestinationFileFormatParquet, HiveCompatiblePartitions: aws.Bool(true), PerHourPartition: aws.Bool(true),
	}
	made, err := w.ec2("eu-west-1").CreateFlowLogs(ctx, in)
	if err != nil {
		t.Fatal(err)
	}
	keys := func() []string {
		t.Helper()
		if _, err := w.ec2("eu-west-1").DescribeFlowLogs(ctx, &ec2.DescribeFlowLogsInput{}); err != nil {
			t.Fatal(err)
		}
		out, err := w.s3("us-east-1", "test").ListObjectsV2(ctx, &s3.ListObjectsV2Input{Bucket: aws.String("archive")})
		if err != nil {
			t.Fatal(err)
		}
		var keys []string
		for _, o := range out.Contents {
			keys = append(keys, aws.ToString(o.Key))
		}
		return keys
	}
	if got := keys(); len(got) != 0 {
		t.Errorf("too early: %v", got)
	}
	c.pass(10 * time.Minute)
	want := "logs/AWSLogs/aws-account-id=123456789012/aws-service=vpcflowlogs/aws-region=eu-west-1/year=2026/month=03/day=01/hour=12/" +
		"123456789012_vpcflowlogs_eu-west-1_" + made.FlowLogIds[0] + "_20260301T1210Z_"
	if got := keys(); len(got) != 1 || !strings.HasPrefix(got[0], want) || !strings.HasSuffix(got[0], ".log.parquet") {
		t.Errorf("keys %v, want one beginning with %s", got, want)
	}
}
