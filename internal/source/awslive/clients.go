package awslive

import (
	"context"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
)

// regionReader is what is read of EC2 in one Region.
type regionReader interface {
	DescribeRegions(context.Context, *ec2.DescribeRegionsInput, ...func(*ec2.Options)) (*ec2.DescribeRegionsOutput, error)
	DescribeVpcs(context.Context, *ec2.DescribeVpcsInput, ...func(*ec2.Options)) (*ec2.DescribeVpcsOutput, error)
	DescribeFlowLogs(context.Context, *ec2.DescribeFlowLogsInput, ...func(*ec2.Options)) (*ec2.DescribeFlowLogsOutput, error)
	networkReader
}

// clients are one SDK client a Region for all accounts of a run: credentials come with each call,
// so that a scope costs no client of its own.
type clients struct {
	make func(region string) regionReader

	mu  sync.RWMutex
	ec2 map[string]regionReader
}

func newClients(cfg aws.Config) *clients {
	return &clients{ec2: map[string]regionReader{}, make: func(region string) regionReader {
		return ec2.NewFromConfig(cfg, func(o *ec2.Options) { o.Region = region })
	}}
}

// in gives the client of a Region. It carries the caller's own credentials.
func (c *clients) in(region string) regionReader {
	c.mu.RLock()
	client, ok := c.ec2[region]
	c.mu.RUnlock()
	if ok {
		return client
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if client, ok = c.ec2[region]; !ok {
		client = c.make(region)
		c.ec2[region] = client
	}
	return client
}

// as is a Region's client with the credentials of another account. The client is not embedded, so
// that a call without a method here does not compile: it would read the caller's own account.
type as struct {
	client      regionReader
	credentials aws.CredentialsProvider
}

func (r as) sign(o *ec2.Options) { o.Credentials = r.credentials }

// DescribeRegions implements regionReader.
func (r as) DescribeRegions(ctx context.Context, in *ec2.DescribeRegionsInput, with ...func(*ec2.Options)) (*ec2.DescribeRegionsOutput, error) {
	return r.client.DescribeRegions(ctx, in, append(with, r.sign)...)
}

// DescribeVpcs implements regionReader.
func (r as) DescribeVpcs(ctx context.Context, in *ec2.DescribeVpcsInput, with ...func(*ec2.Options)) (*ec2.DescribeVpcsOutput, error) {
	return r.client.DescribeVpcs(ctx, in, append(with, r.sign)...)
}

// DescribeFlowLogs implements regionReader.
func (r as) DescribeFlowLogs(ctx context.Context, in *ec2.DescribeFlowLogsInput, with ...func(*ec2.Options)) (*ec2.DescribeFlowLogsOutput, error) {
	return r.client.DescribeFlowLogs(ctx, in, append(with, r.sign)...)
}

// DescribeSubnets implements regionReader.
func (r as) DescribeSubnets(ctx context.Context, in *ec2.DescribeSubnetsInput, with ...func(*ec2.Options)) (*ec2.DescribeSubnetsOutput, error) {
	return r.client.DescribeSubnets(ctx, in, append(with, r.sign)...)
}

// DescribeNetworkInterfaces implements regionReader.
func (r as) DescribeNetworkInterfaces(ctx context.Context, in *ec2.DescribeNetworkInterfacesInput, with ...func(*ec2.Options)) (*ec2.DescribeNetworkInterfacesOutput, error) {
	return r.client.DescribeNetworkInterfaces(ctx, in, append(with, r.sign)...)
}

// DescribeTransitGateways implements regionReader.
func (r as) DescribeTransitGateways(ctx context.Context, in *ec2.DescribeTransitGatewaysInput, with ...func(*ec2.Options)) (*ec2.DescribeTransitGatewaysOutput, error) {
	return r.client.DescribeTransitGateways(ctx, in, append(with, r.sign)...)
}

// DescribeTransitGatewayAttachments implements regionReader.
func (r as) DescribeTransitGatewayAttachments(ctx context.Context, in *ec2.DescribeTransitGatewayAttachmentsInput, with ...func(*ec2.Options)) (*ec2.DescribeTransitGatewayAttachmentsOutput, error) {
	return r.client.DescribeTransitGatewayAttachments(ctx, in, append(with, r.sign)...)
}

// DescribeNatGateways implements regionReader.
func (r as) DescribeNatGateways(ctx context.Context, in *ec2.DescribeNatGatewaysInput, with ...func(*ec2.Options)) (*ec2.DescribeNatGatewaysOutput, error) {
	return r.client.DescribeNatGateways(ctx, in, append(with, r.sign)...)
}
