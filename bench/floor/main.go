// Command floor is what flowproof is measured against: the same AWS calls as one scan,
// issued through the SDK with no product around them. It prints how many VPCs and flow
// logs it saw, and in how many calls.
package main

import (
	"context"
	"flag"
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

// As many calls at once as flowproof makes, of one account and of many.
const (
	inFlight    = 64
	inFlightOrg = 256
)

func main() {
	org := flag.Bool("org", false, "read every account of the organisation")
	flag.Parse()
	f, err := newFloor(context.Background(), *org)
	if err == nil {
		err = f.read(context.Background(), *org)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "floor:", err)
		os.Exit(1)
	}
	fmt.Println(f.vpcs.Load(), "VPCs,", f.logs.Load(), "flow logs,", f.calls.Load(), "calls")
}

type floor struct {
	cfg   aws.Config
	slots chan struct{} // one for each call in flight

	vpcs, logs, calls atomic.Int64

	mu      sync.Mutex
	clients map[string]*ec2.Client // one a Region; credentials come with the call
}

func newFloor(ctx context.Context, org bool) (*floor, error) {
	bound := inFlight
	if org {
		bound = inFlightOrg
	}
	cfg, err := config.LoadDefaultConfig(ctx, config.WithDefaultRegion("us-east-1"), config.WithHTTPClient(
		awshttp.NewBuildableClient().WithTransportOptions(func(t *http.Transport) {
			t.MaxIdleConns, t.MaxIdleConnsPerHost = 2*bound, bound
		})))
	return &floor{cfg: cfg, slots: make(chan struct{}, bound), clients: map[string]*ec2.Client{}}, err
}

func (f *floor) read(ctx context.Context, org bool) error {
	if org {
		return f.readOrganisation(ctx)
	}
	return f.readOwn(ctx)
}

// readOwn asks who it is and which Regions there are at once, then for both lists of every
// Region at once.
func (f *floor) readOwn(ctx context.Context) error {
	var who sync.WaitGroup
	var whoErr error
	who.Go(func() {
		_, whoErr = call(f, func() (*sts.GetCallerIdentityOutput, error) {
			return sts.NewFromConfig(f.cfg).GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
		})
	})
	err := f.readAccount(ctx, func(*ec2.Options) {})
	who.Wait()
	if whoErr != nil {
		return fmt.Errorf("identity: %w", whoErr)
	}
	return err
}

// readAccount reads both lists of every enabled Region at once.
func (f *floor) readAccount(ctx context.Context, as func(*ec2.Options)) error {
	out, err := call(f, func() (*ec2.DescribeRegionsOutput, error) {
		return f.in(f.cfg.Region).DescribeRegions(ctx, &ec2.DescribeRegionsInput{AllRegions: aws.Bool(true)}, as)
	})
	if err != nil {
		return fmt.Errorf("regions: %w", err)
	}
	lists, ctx := errgroup.WithContext(ctx)
	for _, r := range out.Regions {
		if aws.ToString(r.OptInStatus) == "not-opted-in" {
			continue
		}
		client := f.in(aws.ToString(r.RegionName))
		lists.Go(func() error { return f.listVPCs(ctx, client, as) })
		lists.Go(func() error { return f.listFlowLogs(ctx, client, as) })
	}
	return lists.Wait()
}

func (f *floor) listVPCs(ctx context.Context, client *ec2.Client, as func(*ec2.Options)) error {
	pages := ec2.NewDescribeVpcsPaginator(client, &ec2.DescribeVpcsInput{MaxResults: aws.Int32(1000)})
	for pages.HasMorePages() {
		page, err := call(f, func() (*ec2.DescribeVpcsOutput, error) { return pages.NextPage(ctx, as) })
		if err != nil {
			return err
		}
		f.vpcs.Add(int64(len(page.Vpcs)))
	}
	return nil
}

func (f *floor) listFlowLogs(ctx context.Context, client *ec2.Client, as func(*ec2.Options)) error {
	pages := ec2.NewDescribeFlowLogsPaginator(client, &ec2.DescribeFlowLogsInput{MaxResults: aws.Int32(1000)})
	for pages.HasMorePages() {
		page, err := call(f, func() (*ec2.DescribeFlowLogsOutput, error) { return pages.NextPage(ctx, as) })
		if err != nil {
			return err
		}
		f.logs.Add(int64(len(page.FlowLogs)))
	}
	return nil
}

// call makes one call when there is a slot for it.
func call[T any](f *floor, do func() (T, error)) (T, error) {
	f.slots <- struct{}{}
	defer func() { <-f.slots }()
	f.calls.Add(1)
	return do()
}

func (f *floor) in(region string) *ec2.Client {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.clients[region] == nil {
		f.clients[region] = ec2.NewFromConfig(f.cfg, func(o *ec2.Options) { o.Region = region })
	}
	return f.clients[region]
}
