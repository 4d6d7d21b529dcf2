package remediate

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

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

// streamSince reports whether a stream whose name begins so came to be, or took a record, since a
// time. CloudWatch Logs is up to an hour late in saying when the last record came, so a new
// stream is the earlier sign (CloudWatch Logs API reference, LogStream).
func (r Reader) streamSince(ctx context.Context, region, group, prefix string, since time.Time) (bool, error) {
	ctx, cancel := context.WithTimeout(ctx, readDeadline)
	defer cancel()
	out, err := cloudwatchlogs.NewFromConfig(r.in(region)).DescribeLogStreams(ctx, &cloudwatchlogs.DescribeLogStreamsInput{
		LogGroupName: &group, LogStreamNamePrefix: &prefix,
	})
	if err != nil {
		if failureOf(err).class == absent {
			return false, nil // the group comes with the first record
		}
		return false, readError("logs:DescribeLogStreams", region, err)
	}
	for _, s := range out.LogStreams {
		newest := max(aws.ToInt64(s.CreationTime), aws.ToInt64(s.LastEventTimestamp), aws.ToInt64(s.LastIngestionTime))
		if !time.UnixMilli(newest).Before(since) {
			return true, nil
		}
	}
	return false, nil
}

// objectUnder reports whether a bucket holds an object whose key begins so.
func (r Reader) objectUnder(ctx context.Context, region, bucket, prefix string) (bool, error) {
	ctx, cancel := context.WithTimeout(ctx, readDeadline)
	defer cancel()
	out, err := s3.NewFromConfig(r.in(region), pathStyle).ListObjectsV2(ctx, &s3.ListObjectsV2Input{
		Bucket: &bucket, Prefix: &prefix, MaxKeys: aws.Int32(1),
	})
	if err != nil {
		return false, readError("s3:ListObjectsV2 of "+bucket, region, err)
	}
	return len(out.Contents) > 0, nil
}

// interfacesOf gives the network interfaces of each VPC, in order.
func (r Reader) interfacesOf(ctx context.Context, region string, vpcs []string) (map[string][]string, error) {
	found := map[string][]string{}
	client := ec2.NewFromConfig(r.in(region))
	for some := range slices.Chunk(vpcs, filterValues) {
		pages := ec2.NewDescribeNetworkInterfacesPaginator(client, &ec2.DescribeNetworkInterfacesInput{Filters: filter("vpc-id", some)})
		for pages.HasMorePages() {
			page, err := readPage(ctx, pages.NextPage)
			if err != nil {
				return nil, readError("ec2:DescribeNetworkInterfaces", region, err)
			}
			for _, i := range page.NetworkInterfaces {
				vpc := aws.ToString(i.VpcId)
				found[vpc] = append(found[vpc], aws.ToString(i.NetworkInterfaceId))
			}
		}
	}
	for _, ids := range found {
		slices.SortFunc(ids, strings.Compare)
	}
	return found, nil
}
