// Command floor is what flowproof is measured against: the same AWS calls as one scan,
// issued through the SDK with no product around them. It prints how many VPCs and flow
// logs it saw.
package main

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"sync"
	"sync/atomic"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"golang.org/x/sync/errgroup"
)

func main() {
	vpcs, logs, err := read(context.Background())
	if err != nil {
		fmt.Fprintln(os.Stderr, "floor:", err)
		os.Exit(1)
	}
	fmt.Println(vpcs, "VPCs,", logs, "flow logs")
}

// read asks who it is and which Regions there are at once, then for both lists of every
// Region at once.
func read(ctx context.Context) (vpcs, logs int64, err error) {
	cfg, err := config.LoadDefaultConfig(ctx, config.WithDefaultRegion("us-east-1"), config.WithHTTPClient(
		awshttp.NewBuildableClient().WithTransportOptions(func(t *http.Transport) {
			t.MaxIdleConns, t.MaxIdleConnsPerHost = 128, 64
		})))
	if err != nil {
		return 0, 0, err
	}
	regions, err := enabledRegions(ctx, cfg)
	if err != nil {
		return 0, 0, err
	}
	var seenVPCs, seenLogs atomic.Int64
	lists, ctx := errgroup.WithContext(ctx)
	for _, region := range regions {
		client := ec2.NewFromConfig(cfg, func(o *ec2.Options) { o.Region = region })
		lists.Go(func() error {
			pages := ec2.NewDescribeVpcsPaginator(client, &ec2.DescribeVpcsInput{MaxResults: aws.Int32(1000)})
			for pages.HasMorePages() {
				page, err := pages.NextPage(ctx)
				if err != nil {
					return err
				}
				seenVPCs.Add(int64(len(page.Vpcs)))
			}
			return nil
		})
		lists.Go(func() error {
			pages := ec2.NewDescribeFlowLogsPaginator(client, &ec2.DescribeFlowLogsInput{MaxResults: aws.Int32(1000)})
			for pages.HasMorePages() {
				page, err := pages.NextPage(ctx)
				if err != nil {
					return err
				}
				seenLogs.Add(int64(len(page.FlowLogs)))
			}
			return nil
		})
	}
	err = lists.Wait()
	return seenVPCs.Load(), seenLogs.Load(), err
}

func enabledRegions(ctx context.Context, cfg aws.Config) ([]string, error) {
	var who sync.WaitGroup
	var whoErr error
	who.Go(func() {
		_, whoErr = sts.NewFromConfig(cfg).GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
	})
	out, err := ec2.NewFromConfig(cfg).DescribeRegions(ctx, &ec2.DescribeRegionsInput{AllRegions: aws.Bool(true)})
	who.Wait()
	if err != nil || whoErr != nil {
		return nil, fmt.Errorf("regions: %w, identity: %w", err, whoErr)
	}
	var names []string
	for _, r := range out.Regions {
		if aws.ToString(r.OptInStatus) != "not-opted-in" {
			names = append(names, aws.ToString(r.RegionName))
		}
	}
	return names, nil
}
