package awslive

import (
	"context"
	"slices"
	"strings"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"flowproof/internal/awscall"
	"flowproof/internal/inventory"
)

// pageSize is the most that DescribeVpcs and DescribeFlowLogs give at once (API reference).
const pageSize = 1000

// reader reads one kind into its own part of an inventory, page by page: pages that came before an
// error stay.
type reader struct {
	kind inventory.Kind
	api  string
	read func(context.Context, regionReader, *inventory.Inventory) error
}

// readers is what can be read of a Region. Readers of one scope run at the same time, so each
// fills a list of its own.
var readers = []reader{
	{inventory.VPCs, "ec2:DescribeVpcs", readVPCs},
	{inventory.FlowLogs, "ec2:DescribeFlowLogs", readFlowLogs},
	{inventory.Subnets, "ec2:DescribeSubnets", readSubnets},
	{inventory.Interfaces, "ec2:DescribeNetworkInterfaces", readNetworkInterfaces},
	{inventory.TransitGateways, "ec2:DescribeTransitGateways", readTransitGateways},
	{inventory.GatewayAttachments, "ec2:DescribeTransitGatewayAttachments", readAttachments},
	{inventory.NATGateways, "ec2:DescribeNatGateways", readNATGateways},
}

// Read implements scan.Source: all kinds of a scope at once, one list call a page.
func (s *Source) Read(ctx context.Context, t inventory.Target, kinds []inventory.Kind) inventory.Inventory {
	a := s.self
	if a == nil { // a scope of an earlier run, read without discovery
		a = s.own(caller{partition: t.Partition, account: t.Account})
	}
	return s.read(ctx, a, t, kinds)
}

// read reads kinds of one scope as an account.
func (s *Source) read(ctx context.Context, a *account, t inventory.Target, kinds []inventory.Kind) inventory.Inventory {
	ctx, cancel := context.WithTimeout(ctx, scopeDeadline)
	defer cancel()
	inv := inventory.Inventory{Target: t, Kinds: kinds, ReadAt: s.options.Now().UTC()}
	client := a.client(s.regions, t.Region)
	readers := chosenReaders(a, t.Scope, kinds)
	errs := make([]error, len(readers))
	var running sync.WaitGroup
	for i, r := range readers {
		service, _, _ := strings.Cut(r.api, ":")
		route := withRoute(ctx, a.route(s.doubts.about(service, t.Region)))
		read := func() { errs[i] = r.read(route, client, &inv) }
		if i < len(readers)-1 {
			running.Go(read)
		} else {
			read() // here, on a stack that has grown for the SDK's calls before
		}
	}
	running.Wait()
	doubtful := false
	for i, r := range readers {
		if errs[i] != nil {
			c := s.circumstances(ctx, a, t.Region, errs[i])
			doubtful = doubtful || c.doubtful()
			cause, message := classify(errs[i], c)
			inv.Fail(awscall.API(errs[i], r.api), cause, message+doubt(t.Region, cause), r.kind)
		}
	}
	s.readReferred(ctx, a, &inv)
	s.nameOrganization(ctx, a, &inv)
	s.readArrivals(ctx, a, &inv) // which asks whether the flow logs are all known
	if t.Assumed && isDisabled(&inv) && !doubtful {
		inv.Absent, inv.Gaps = inventory.Disabled, nil
	}
	inv.Normalize()
	return inv
}

// chosenReaders are the readers of the kinds that were asked for.
func chosenReaders(a *account, scope inventory.Scope, kinds []inventory.Kind) []reader {
	var chosen []reader
	for _, r := range readers {
		if slices.Contains(kinds, r.kind) {
			chosen = append(chosen, r)
		}
	}
	if len(chosen) == len(kinds) {
		return chosen
	}
	for _, r := range a.byName().readers(scope) {
		if slices.Contains(kinds, r.kind) {
			chosen = append(chosen, r)
		}
	}
	return chosen
}

// isDisabled reports whether an assumed Region turned out not to be one of the account's.
func isDisabled(inv *inventory.Inventory) bool {
	return len(inv.Gaps) > 0 && !slices.ContainsFunc(inv.Gaps, func(g inventory.Gap) bool { return g.Cause != inventory.RegionDisabled })
}

func readVPCs(ctx context.Context, client regionReader, inv *inventory.Inventory) error {
	pages := ec2.NewDescribeVpcsPaginator(client, &ec2.DescribeVpcsInput{MaxResults: aws.Int32(pageSize)})
	return eachPage(ctx, pages, func(page *ec2.DescribeVpcsOutput) {
		for _, v := range page.Vpcs {
			inv.VPCs = append(inv.VPCs, vpcOf(v))
		}
	})
}

func readFlowLogs(ctx context.Context, client regionReader, inv *inventory.Inventory) error {
	pages := ec2.NewDescribeFlowLogsPaginator(client, &ec2.DescribeFlowLogsInput{MaxResults: aws.Int32(pageSize)})
	return eachPage(ctx, pages, func(page *ec2.DescribeFlowLogsOutput) {
		for _, l := range page.FlowLogs {
			inv.FlowLogs = append(inv.FlowLogs, FlowLogOf(l))
		}
	})
}

// paginator is one of the SDK's.
type paginator[Page, Option any] interface {
	HasMorePages() bool
	NextPage(context.Context, ...func(*Option)) (Page, error)
}

// eachPage reads a list to its end, each page under the deadline of a call.
func eachPage[Page, Option any](ctx context.Context, pages paginator[Page, Option], add func(Page)) error {
	ctx = awscall.List(ctx)
	for pages.HasMorePages() {
		page, err := along(ctx, func(ctx context.Context) (Page, error) { return pages.NextPage(ctx) })
		if err != nil {
			return err
		}
		add(page)
	}
	return nil
}

func vpcOf(v types.Vpc) inventory.VPC {
	return inventory.VPC{
		ID:        aws.ToString(v.VpcId),
		OwnerID:   aws.ToString(v.OwnerId),
		CIDR:      aws.ToString(v.CidrBlock),
		IsDefault: aws.ToBool(v.IsDefault),
		Tags:      tagsOf(v.Tags),
	}
}

// FlowLogOf is a flow log as DescribeFlowLogs gives it. Whoever looks again before changing
// something has to see what the scan saw.
func FlowLogOf(l types.FlowLog) inventory.FlowLog {
	log := inventory.FlowLog{
		ID:               aws.ToString(l.FlowLogId),
		ResourceID:       aws.ToString(l.ResourceId),
		Status:           aws.ToString(l.FlowLogStatus),
		DeliveryStatus:   aws.ToString(l.DeliverLogsStatus),
		DeliveryError:    aws.ToString(l.DeliverLogsErrorMessage),
		TrafficType:      string(l.TrafficType),
		DestinationType:  string(l.LogDestinationType),
		Destination:      aws.ToString(l.LogDestination),
		LogGroup:         aws.ToString(l.LogGroupName),
		Role:             aws.ToString(l.DeliverLogsPermissionArn),
		CrossAccountRole: aws.ToString(l.DeliverCrossAccountRole),
		Format:           aws.ToString(l.LogFormat),
		Interval:         aws.ToInt32(l.MaxAggregationInterval),
		Created:          aws.ToTime(l.CreationTime).UTC(),
		Tags:             tagsOf(l.Tags),
	}
	for _, f := range l.TagFieldSpecifications {
		log.TagFields = append(log.TagFields, inventory.TagField{Resource: string(f.ResourceType), Keys: f.TagKeys})
	}
	if o := l.DestinationOptions; o != nil {
		log.FileFormat = string(o.FileFormat)
		log.Hive = aws.ToBool(o.HiveCompatiblePartitions)
		log.PerHour = aws.ToBool(o.PerHourPartition)
	}
	return log
}

func tagsOf(tags []types.Tag) map[string]string {
	if len(tags) == 0 {
		return nil
	}
	m := make(map[string]string, len(tags))
	for _, t := range tags {
		m[aws.ToString(t.Key)] = aws.ToString(t.Value)
	}
	return m
}
