package remediate

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	logstypes "github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/firehose"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"flowproof/internal/awscall"
	"flowproof/internal/inventory"
	"flowproof/internal/source/awslive"
)

// Reader reads again what a plan rests on, just before and just after something is changed. It
// sends only Describe, Get, List and Head requests. What is not there is no error.
type Reader struct{ cfg aws.Config }

// NewReader reads the account that the configuration's credentials belong to. Requests are
// retried as the configuration says.
func NewReader(cfg aws.Config) Reader { return Reader{cfg: cfg.Copy()} }

// readDeadline bounds one request with all its attempts.
const readDeadline = 90 * time.Second

// filterValues is the most values that one EC2 call takes in filters (observed: FilterLimitExceeded).
const filterValues = 200

func (r Reader) in(region string) aws.Config {
	cfg := r.cfg.Copy()
	cfg.Region = region
	return cfg
}

// Caller is whose credentials the reader has.
type Caller struct{ Partition, Account string }

// Caller asks STS, which needs no permission.
func (r Reader) Caller(ctx context.Context, region string) (Caller, error) {
	ctx, cancel := context.WithTimeout(ctx, readDeadline)
	defer cancel()
	out, err := sts.NewFromConfig(r.in(region)).GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
	if none, ok := errors.AsType[*awslive.CredentialsError](err); ok { // AWS was not asked
		return Caller{}, none
	}
	if err != nil {
		return Caller{}, fmt.Errorf("sts:GetCallerIdentity: %s", failureOf(err).text())
	}
	parts := strings.SplitN(aws.ToString(out.Arn), ":", 3)
	if len(parts) < 3 {
		return Caller{}, errors.New("sts:GetCallerIdentity answered without an ARN")
	}
	return Caller{Partition: parts[1], Account: aws.ToString(out.Account)}, nil
}

// vpcOwners gives the owner of each VPC that exists.
func (r Reader) vpcOwners(ctx context.Context, region string, ids []string) (map[string]string, error) {
	owners := map[string]string{}
	client := ec2.NewFromConfig(r.in(region))
	for some := range slices.Chunk(ids, filterValues) {
		ctx := awscall.List(ctx)
		pages := ec2.NewDescribeVpcsPaginator(client, &ec2.DescribeVpcsInput{Filters: filter("vpc-id", some)})
		for pages.HasMorePages() {
			page, err := readPage(ctx, pages.NextPage)
			if err != nil {
				return nil, readError("ec2:DescribeVpcs", region, err)
			}
			for _, v := range page.Vpcs {
				owners[aws.ToString(v.VpcId)] = aws.ToString(v.OwnerId)
			}
		}
	}
	return owners, nil
}

// flowLogs gives the flow logs whose field has one of the values; field is a filter of
// DescribeFlowLogs. Without values it gives every flow log of the Region.
func (r Reader) flowLogs(ctx context.Context, region, field string, values []string) ([]inventory.FlowLog, error) {
	if field != "" && len(values) == 0 {
		return nil, nil
	}
	var found []inventory.FlowLog
	client := ec2.NewFromConfig(r.in(region))
	chunks := [][]string{nil}
	if field != "" {
		chunks = slices.Collect(slices.Chunk(values, filterValues))
	}
	for _, some := range chunks {
		input := &ec2.DescribeFlowLogsInput{}
		if field != "" {
			input.Filter = filter(field, some)
		}
		ctx := awscall.List(ctx)
		pages := ec2.NewDescribeFlowLogsPaginator(client, input)
		for pages.HasMorePages() {
			page, err := readPage(ctx, pages.NextPage)
			if err != nil {
				return nil, readError("ec2:DescribeFlowLogs", region, err)
			}
			for _, l := range page.FlowLogs {
				found = append(found, awslive.FlowLogOf(l))
			}
		}
	}
	return found, nil
}

// arrivals looks for what the chosen flow logs of a scope have delivered.
func (r Reader) arrivals(ctx context.Context, scope inventory.Scope, clock Clock, chosen func(inventory.FlowLog) bool) (inventory.Inventory, error) {
	return awslive.ArrivalsOf(ctx, r.cfg, scope, clock.Now, chosen)
}

// Filters of DescribeFlowLogs.
const (
	byResource = "resource-id"
	byID       = "flow-log-id"
)

func filter(name string, values []string) []types.Filter {
	return []types.Filter{{Name: aws.String(name), Values: values}}
}

// readGroup is a log group as it is read again.
type readGroup struct {
	arn       string // without ":*"
	retention int32
	policy    string // of the account, by which the retention is; empty where the group decides
	protected bool   // from deletion
	kmsKey    string
	class     string
	filters   int32 // metric filters
	stored    int64
	tags      map[string]string
}

// logGroup gives a log group with its tags; nil where there is none.
func (r Reader) logGroup(ctx context.Context, region, name string) (*readGroup, error) {
	client := cloudwatchlogs.NewFromConfig(r.in(region))
	listing := awscall.List(ctx)
	pages := cloudwatchlogs.NewDescribeLogGroupsPaginator(client, &cloudwatchlogs.DescribeLogGroupsInput{LogGroupNamePrefix: &name})
	for pages.HasMorePages() {
		page, err := readPage(listing, pages.NextPage)
		if err != nil {
			return nil, readError("logs:DescribeLogGroups", region, err)
		}
		i := slices.IndexFunc(page.LogGroups, func(g logstypes.LogGroup) bool { return aws.ToString(g.LogGroupName) == name })
		if i < 0 {
			continue
		}
		g := page.LogGroups[i]
		found := &readGroup{
			arn:       strings.TrimSuffix(aws.ToString(g.Arn), ":*"),
			retention: aws.ToInt32(g.RetentionInDays), kmsKey: aws.ToString(g.KmsKeyId), class: string(g.LogGroupClass),
			policy: aws.ToString(g.RetentionPolicyName), protected: aws.ToBool(g.DeletionProtectionEnabled),
			filters: aws.ToInt32(g.MetricFilterCount), stored: aws.ToInt64(g.StoredBytes),
		}
		found.tags, err = r.logGroupTags(ctx, client, region, found.arn)
		return found, err
	}
	return nil, nil
}

func (r Reader) logGroupTags(ctx context.Context, client *cloudwatchlogs.Client, region, arn string) (map[string]string, error) {
	ctx, cancel := context.WithTimeout(ctx, readDeadline)
	defer cancel()
	out, err := client.ListTagsForResource(ctx, &cloudwatchlogs.ListTagsForResourceInput{ResourceArn: &arn})
	if err != nil {
		return nil, readError("logs:ListTagsForResource", region, err)
	}
	return out.Tags, nil
}

// readRole is a role as it is read again.
type readRole struct {
	arn   string
	trust string
	tags  map[string]string
}

// role gives a role; nil where there is none.
func (r Reader) role(ctx context.Context, region, name string) (*readRole, error) {
	ctx, cancel := context.WithTimeout(ctx, readDeadline)
	defer cancel()
	out, err := iam.NewFromConfig(r.in(region)).GetRole(ctx, &iam.GetRoleInput{RoleName: &name})
	if err != nil {
		if failureOf(err).class == absent {
			return nil, nil
		}
		return nil, readError("iam:GetRole", region, err)
	}
	found := &readRole{arn: aws.ToString(out.Role.Arn), tags: map[string]string{}}
	for _, t := range out.Role.Tags {
		found.tags[aws.ToString(t.Key)] = aws.ToString(t.Value)
	}
	found.trust, err = awslive.PolicyDocument(out.Role.AssumeRolePolicyDocument)
	return found, err
}

// rolePolicy gives the document of an inline policy; empty where there is none.
func (r Reader) rolePolicy(ctx context.Context, region, role, policy string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, readDeadline)
	defer cancel()
	out, err := iam.NewFromConfig(r.in(region)).GetRolePolicy(ctx, &iam.GetRolePolicyInput{RoleName: &role, PolicyName: &policy})
	if err != nil {
		if failureOf(err).class == absent {
			return "", nil
		}
		return "", readError("iam:GetRolePolicy", region, err)
	}
	return awslive.PolicyDocument(out.PolicyDocument)
}

// rolePolicyNames gives the inline and the attached policies of a role.
func (r Reader) rolePolicyNames(ctx context.Context, region, role string) (names []string, err error) {
	client := iam.NewFromConfig(r.in(region))
	inlineList, attachedList := awscall.List(ctx), awscall.List(ctx)
	inline := iam.NewListRolePoliciesPaginator(client, &iam.ListRolePoliciesInput{RoleName: &role})
	for inline.HasMorePages() {
		page, err := readPage(inlineList, inline.NextPage)
		if err != nil {
			return nil, readError("iam:ListRolePolicies", region, err)
		}
		names = append(names, page.PolicyNames...)
	}
	attached := iam.NewListAttachedRolePoliciesPaginator(client, &iam.ListAttachedRolePoliciesInput{RoleName: &role})
	for attached.HasMorePages() {
		page, err := readPage(attachedList, attached.NextPage)
		if err != nil {
			return nil, readError("iam:ListAttachedRolePolicies", region, err)
		}
		for _, p := range page.AttachedPolicies {
			names = append(names, aws.ToString(p.PolicyArn))
		}
	}
	return names, nil
}

// bucketRegion finds out where a bucket is. S3 says so even in the answer that refuses.
func (r Reader) bucketRegion(ctx context.Context, region, bucket string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, readDeadline)
	defer cancel()
	out, err := s3.NewFromConfig(r.in(region), pathStyle).HeadBucket(ctx, &s3.HeadBucketInput{Bucket: &bucket})
	if err == nil {
		if where := aws.ToString(out.BucketRegion); where != "" {
			return where, nil
		}
		return region, nil
	}
	if where := awscall.BucketRegion(err); where != "" {
		return where, nil
	}
	return "", readError("s3:HeadBucket", region, err)
}

// bucketPolicy gives a bucket's policy; empty where there is none.
func (r Reader) bucketPolicy(ctx context.Context, region, bucket string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, readDeadline)
	defer cancel()
	out, err := s3.NewFromConfig(r.in(region), pathStyle).GetBucketPolicy(ctx, &s3.GetBucketPolicyInput{Bucket: &bucket})
	if err != nil {
		if failureOf(err).code == "NoSuchBucketPolicy" {
			return "", nil
		}
		return "", readError("s3:GetBucketPolicy of "+bucket, region, err)
	}
	return aws.ToString(out.Policy), nil // awscall refuses an answer without a policy
}

// hasStreams reports whether a log group holds any stream, and with it records or a place for them.
func (r Reader) hasStreams(ctx context.Context, region, group string) (bool, error) {
	ctx, cancel := context.WithTimeout(ctx, readDeadline)
	defer cancel()
	out, err := cloudwatchlogs.NewFromConfig(r.in(region)).DescribeLogStreams(ctx, &cloudwatchlogs.DescribeLogStreamsInput{
		LogGroupName: &group, Limit: aws.Int32(1),
	})
	if err != nil {
		return false, readError("logs:DescribeLogStreams", region, err)
	}
	return len(out.LogStreams) > 0, nil
}

// readStream is a delivery stream as it is read again.
type readStream struct{ status, source string }

// stream gives a Firehose stream; nil where there is none.
func (r Reader) stream(ctx context.Context, region, name string) (*readStream, error) {
	ctx, cancel := context.WithTimeout(ctx, readDeadline)
	defer cancel()
	out, err := firehose.NewFromConfig(r.in(region)).DescribeDeliveryStream(ctx, &firehose.DescribeDeliveryStreamInput{DeliveryStreamName: &name})
	if err != nil {
		if failureOf(err).class == absent {
			return nil, nil
		}
		return nil, readError("firehose:DescribeDeliveryStream", region, err)
	}
	if out.DeliveryStreamDescription == nil {
		return nil, nil
	}
	d := out.DeliveryStreamDescription
	return &readStream{status: string(d.DeliveryStreamStatus), source: string(d.DeliveryStreamType)}, nil
}

// readPage reads one page under the deadline of a request.
func readPage[T, F any](ctx context.Context, next func(context.Context, ...F) (T, error)) (T, error) {
	ctx, cancel := context.WithTimeout(ctx, readDeadline)
	defer cancel()
	return next(ctx)
}

// readFailure is a request of the reader that failed.
type readFailure struct {
	api, region string
	why         failure
}

func (f *readFailure) Error() string { return f.api + " in " + f.region + ": " + f.why.text() }

// readError says what could not be read, in AWS's words.
func readError(api, region string, err error) error {
	if errors.Is(err, context.Canceled) {
		return context.Canceled
	}
	return &readFailure{api: api, region: region, why: failureOf(err)}
}
