package awslive

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"flowproof/internal/flowrecord"
	"flowproof/internal/inventory"
)

// objectReader is what tells of records in S3.
type objectReader interface {
	ListObjectsV2(context.Context, *s3.ListObjectsV2Input, ...func(*s3.Options)) (*s3.ListObjectsV2Output, error)
	GetObject(context.Context, *s3.GetObjectInput, ...func(*s3.Options)) (*s3.GetObjectOutput, error)
}

// searchBuckets looks at the files of each flow log, by its own prefix.
func (k *search) searchBuckets(ctx context.Context) {
	eachAtOnce(ctx, k.logsTo(inventory.ToS3), k.searchBucket)
}

// placed is where a bucket lies.
type placed struct {
	region string
	absent bool
}

func (k *search) searchBucket(ctx context.Context, l inventory.FlowLog) {
	bucket, _ := l.Bucket()
	at, err := k.named.place.to(bucket, func() (placed, error) {
		region, status, err := k.named.locate(ctx, bucket)
		if status == http.StatusNotFound {
			return placed{absent: true}, nil
		}
		return placed{region: region}, err
	})
	switch {
	case err != nil:
		k.fail(inventory.Arriving, l, "s3:HeadBucket", err)
		return
	case at.absent:
		k.add(nil, k.look(l, ""))
		return
	}
	client := k.named.buckets(at.region)
	newest, whole, err := newestFile(ctx, client, k.inv.Scope, l, k.edges)
	if err != nil {
		k.refused(ctx, client, l, err)
		return
	}
	blind := ""
	if !whole {
		blind = fmt.Sprintf("only its newest %d folders in %s were looked into", foldersLists, bucket)
	}
	var arrivals []inventory.Arrival
	if newest.key != "" {
		arrivals = append(arrivals, inventory.Arrival{FlowLog: l.ID, Newest: newest.at, Seen: inventory.SeenAsObject})
		if slices.Contains(k.inv.Kinds, inventory.Records) {
			arrivals = append(arrivals, k.readFile(ctx, client, l, newest)...)
		}
	}
	k.add(arrivals, k.look(l, blind))
}

// refused tells a bucket of the account that may not be listed, which is a gap, from another
// account's: that is nothing that this run should have been able to read.
func (k *search) refused(ctx context.Context, client bucketReader, l inventory.FlowLog, err error) {
	bucket, _ := l.Bucket()
	if httpStatus(err) == http.StatusForbidden {
		if owned, ownErr := k.named.owns(ctx, client, k.inv.Account, bucket); ownErr == nil && !owned {
			k.add(nil, k.look(l, fmt.Sprintf(
				"bucket %s belongs to another account: that account can look, or let this one list the bucket (s3:ListBucket)", bucket)))
			return
		}
	}
	k.fail(inventory.Arriving, l, "s3:ListObjectsV2", err)
}

// file is a file of a flow log.
type file struct {
	key  string
	size int64
	at   time.Time
}

// recently is how far back the first question goes: whoever delivers has delivered since, and the
// answer is short.
const recently = time.Hour

// newestFile finds the newest file of a flow log, folder by folder from now back to the edge of the
// window, a page of each. A page is cut off at a thousand names, oldest first: then there is a
// newer file than the one that is found, and both prove the same. whole is false where a bound left
// folders out.
func newestFile(ctx context.Context, client objectReader, scope inventory.Scope, l inventory.FlowLog, e edges) (newest file, whole bool, err error) {
	bucket, prefix := l.Bucket()
	files := flowrecord.Files{Prefix: prefix, Account: scope.Account, Region: scope.Region, FlowLog: l.ID, Hive: l.Hive, PerHour: l.PerHour}
	folders, whole := files.Newest(e.since, e.now, foldersLists)
	for i, folder := range folders {
		starts := []time.Time{e.since}
		if recent := e.now.Add(-recently); i == 0 && !l.PerHour && recent.After(e.since) {
			starts = []time.Time{recent, e.since}
		}
		for _, start := range starts {
			out, err := limited(ctx, client.ListObjectsV2, &s3.ListObjectsV2Input{
				Bucket: aws.String(bucket), Prefix: aws.String(folder), StartAfter: aws.String(flowrecord.After(folder, start)),
			})
			if err != nil {
				return file{}, false, err
			}
			for _, o := range out.Contents {
				f := file{aws.ToString(o.Key), aws.ToInt64(o.Size), timeOf(o, folder)}
				if at, recent := e.within(f.at); recent && at.After(newest.at) {
					f.at, newest = at, f
				}
			}
			if newest.key != "" {
				return newest, true, nil
			}
		}
	}
	return file{}, whole, nil
}

// timeOf is the time in a file's name, and that of its last change where the name has none or a
// later one: a name is no proof that its time has come.
func timeOf(o types.Object, folder string) time.Time {
	named, changed := flowrecord.TimeOf(aws.ToString(o.Key), folder), aws.ToTime(o.LastModified).UTC()
	if named.IsZero() || !changed.IsZero() && changed.Before(named) {
		return changed
	}
	return named
}
