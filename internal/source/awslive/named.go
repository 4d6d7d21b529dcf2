package awslive

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/firehose"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/organizations"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go"

	"flowproof/internal/inventory"
)

// named reads what is asked for by name. What is global, a role and a bucket, is read once in a
// run and told in every scope; the next Discover forgets it.
type named struct {
	names  inventory.Names
	home   string
	window time.Duration // that arrivals are looked for in
	sample int           // newest records that are kept of a flow log, when records are read

	roles     roleReader
	logs      func(region string) logGroupReader
	buckets   func(region string) bucketReader
	streams   func(region string) streamReader
	metrics   func(region string) metricReader
	directory organizationReader

	organization memo[string] // the id of the account's own

	role     memo[[]inventory.Role]
	bucket   memo[[]inventory.Bucket]
	settings memo[settings]        // of buckets that flow logs deliver to
	own      memo[map[string]bool] // the names of the account's buckets
	place    memo[placed]          // of buckets that arrivals are looked for in
	central  *central              // nil where the account has to know of its buckets itself
}

func newNamed(cfg aws.Config, o Options) *named {
	n := &named{names: o.Named, home: cfg.Region, window: cmp.Or(o.Window, defaultWindow), sample: o.Sample}
	n.roles = iam.NewFromConfig(cfg)
	n.directory = organizations.NewFromConfig(cfg)
	n.logs = func(region string) logGroupReader {
		return cloudwatchlogs.NewFromConfig(cfg, func(o *cloudwatchlogs.Options) { o.Region = region })
	}
	n.buckets = func(region string) bucketReader {
		return s3.NewFromConfig(cfg, func(o *s3.Options) {
			o.Region = region
			o.UsePathStyle = o.BaseEndpoint != nil // an emulator has no host name for each bucket
		})
	}
	n.streams = func(region string) streamReader {
		return firehose.NewFromConfig(cfg, func(o *firehose.Options) { o.Region = region })
	}
	n.metrics = func(region string) metricReader {
		return cloudwatch.NewFromConfig(cfg, func(o *cloudwatch.Options) { o.Region = region }, speakJSON)
	}
	return n
}

// forget makes the next read ask AWS again.
func (n *named) forget() {
	n.role.forget()
	n.organization.forget()
	n.bucket.forget()
	n.settings.forget()
	n.own.forget()
	n.place.forget()
}

// readers are those of one scope: each fills a part of its own.
func (n *named) readers(s inventory.Scope) []reader {
	names := n.names.For(s)
	return []reader{
		{inventory.LogGroups, "logs:DescribeLogGroups", func(ctx context.Context, _ regionReader, inv *inventory.Inventory) error {
			inv.Named.Asked.LogGroupPrefix = names.LogGroupPrefix
			return readLogGroups(ctx, n.logs(s.Region), inv)
		}},
		{inventory.Roles, "iam:GetRole", func(ctx context.Context, _ regionReader, inv *inventory.Inventory) error {
			inv.Named.Asked.Roles = names.Roles
			for _, name := range names.Roles {
				roles, err := n.role.of(ctx, name, func() ([]inventory.Role, error) { return readRole(ctx, n.roles, name) })
				if err != nil {
					return err
				}
				inv.Named.Roles = append(inv.Named.Roles, cloneRoles(roles)...)
			}
			return nil
		}},
		{inventory.Buckets, "s3:GetBucketPolicy", func(ctx context.Context, _ regionReader, inv *inventory.Inventory) error {
			inv.Named.Asked.Buckets = names.Buckets
			for _, name := range names.Buckets {
				buckets, err := n.bucket.of(ctx, name, func() ([]inventory.Bucket, error) { return n.readBucket(ctx, name, s.Account) })
				if err != nil {
					return err
				}
				inv.Named.Buckets = append(inv.Named.Buckets, buckets...)
			}
			return nil
		}},
		{inventory.Streams, "firehose:DescribeDeliveryStream", func(ctx context.Context, _ regionReader, inv *inventory.Inventory) error {
			for _, arn := range names.Streams {
				if err := readStream(ctx, n.streams(s.Region), arn, inv); err != nil {
					return err
				}
			}
			return nil
		}},
	}
}

// limited calls AWS under the deadline of a call.
func limited[In, Out, Opt any](ctx context.Context, call func(context.Context, In, ...func(*Opt)) (Out, error), in In) (Out, error) {
	return along(ctx, func(ctx context.Context) (Out, error) { return call(ctx, in) })
}

// cloneRoles gives each scope lists of its own to sort.
func cloneRoles(roles []inventory.Role) []inventory.Role {
	roles = slices.Clone(roles)
	for i := range roles {
		roles[i].Inline, roles[i].Attached = slices.Clone(roles[i].Inline), slices.Clone(roles[i].Attached)
	}
	return roles
}

// unread is the error for what AWS would have given and was not asked for: it makes the list incomplete.
func unread(format string, args ...any) error {
	return &smithy.DeserializationError{Err: fmt.Errorf(format, args...)}
}
