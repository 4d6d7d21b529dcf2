package awslive

import (
	"context"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"

	"flowproof/internal/awscall"
	"flowproof/internal/inventory"
)

// Bounds on reading log groups: a short prefix may stand for very many. DescribeLogGroups gives
// up to 50 at once (API reference).
const (
	logGroupsPerPage = 50
	logGroupPages    = 200
	logGroupTags     = 50 // groups whose tags are read, one call each
)

// logGroupReader is what is read of CloudWatch Logs in one Region.
type logGroupReader interface {
	logStreamReader
	DescribeLogGroups(context.Context, *cloudwatchlogs.DescribeLogGroupsInput, ...func(*cloudwatchlogs.Options)) (*cloudwatchlogs.DescribeLogGroupsOutput, error)
	ListTagsForResource(context.Context, *cloudwatchlogs.ListTagsForResourceInput, ...func(*cloudwatchlogs.Options)) (*cloudwatchlogs.ListTagsForResourceOutput, error)
}

// readLogGroups lists the groups under the prefix that was asked for. No prefix lists nothing:
// nobody wants every group of the account.
func readLogGroups(ctx context.Context, client logGroupReader, inv *inventory.Inventory) error {
	prefix := inv.Named.Asked.LogGroupPrefix
	if prefix == "" {
		return nil
	}
	in := &cloudwatchlogs.DescribeLogGroupsInput{LogGroupNamePrefix: aws.String(prefix), Limit: aws.Int32(logGroupsPerPage)}
	var found []types.LogGroup
	list := awscall.List(ctx)
	for page := 1; ; page++ {
		out, err := limited(list, client.DescribeLogGroups, in)
		if err != nil {
			return err
		}
		for _, g := range out.LogGroups {
			found = append(found, g)
			inv.Named.LogGroups = append(inv.Named.LogGroups, logGroupOf(g))
		}
		if aws.ToString(out.NextToken) == "" {
			break
		}
		if page == logGroupPages {
			return unread("more than %d log groups begin with %q: the rest was not read", page*logGroupsPerPage, prefix)
		}
		in.NextToken = out.NextToken
	}
	return readLogGroupTags(ctx, client, found, inv.Named.LogGroups)
}

// readLogGroup reads one group by its name; nil where there is none. Groups come sorted by name
// (DescribeLogGroups, API reference), so the one whose name is the whole prefix comes first; a page
// may be empty all the same.
func readLogGroup(ctx context.Context, client logGroupReader, name string) (*inventory.LogGroup, error) {
	in := &cloudwatchlogs.DescribeLogGroupsInput{LogGroupNamePrefix: aws.String(name), Limit: aws.Int32(logGroupsPerPage)}
	for ctx = awscall.List(ctx); ; {
		out, err := limited(ctx, client.DescribeLogGroups, in)
		if err != nil {
			return nil, err
		}
		for _, g := range out.LogGroups {
			if aws.ToString(g.LogGroupName) == name {
				group := logGroupOf(g)
				return &group, nil
			}
		}
		if len(out.LogGroups) > 0 || aws.ToString(out.NextToken) == "" {
			return nil, nil
		}
		in.NextToken = out.NextToken
	}
}

// readLogGroupTags asks for the tags of the first groups: DescribeLogGroups does not give them.
func readLogGroupTags(ctx context.Context, client logGroupReader, found []types.LogGroup, groups []inventory.LogGroup) error {
	for i, g := range found[:min(len(found), logGroupTags)] {
		// The tag operations alone take the ARN without ":*" (CloudWatch Logs API reference, LogGroup).
		arn := strings.TrimSuffix(aws.ToString(g.Arn), ":*")
		out, err := limited(ctx, client.ListTagsForResource, &cloudwatchlogs.ListTagsForResourceInput{ResourceArn: aws.String(arn)})
		if err != nil {
			return err
		}
		groups[i].Tags = out.Tags
	}
	return nil
}

func logGroupOf(g types.LogGroup) inventory.LogGroup {
	group := inventory.LogGroup{
		Name:          aws.ToString(g.LogGroupName),
		RetentionDays: aws.ToInt32(g.RetentionInDays),
		KMSKey:        aws.ToString(g.KmsKeyId),
		Class:         string(g.LogGroupClass),
		StoredBytes:   aws.ToInt64(g.StoredBytes),

		RetentionPolicy: aws.ToString(g.RetentionPolicyName),
		Protected:       aws.ToBool(g.DeletionProtectionEnabled),
	}
	if g.CreationTime != nil {
		group.Created = time.UnixMilli(*g.CreationTime).UTC()
	}
	return group
}
