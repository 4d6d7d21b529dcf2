package awslive

import (
	"context"
	"fmt"
	"net/http"
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/s3"

	"flowproof/internal/inventory"
)

// objectReader is what tells of records in S3.
type objectReader interface {
	ListObjectsV2(context.Context, *s3.ListObjectsV2Input, ...func(*s3.Options)) (*s3.ListObjectsV2Output, error)
	GetObject(context.Context, *s3.GetObjectInput, ...func(*s3.Options)) (*s3.GetObjectOutput, error)
}

// searchBuckets looks at the files of each flow log, by its own prefix.
func (k *search) searchBuckets(ctx context.Context) {
	logs := slices.DeleteFunc(k.logsTo(inventory.ToS3), func(l inventory.FlowLog) bool { return !k.looksAt(l) })
	eachAtOnce(ctx, logs, k.searchBucket)
}

// placed is where a bucket lies.
type placed struct {
	region string
	absent bool
}

func (k *search) searchBucket(ctx context.Context, l inventory.FlowLog) {
	bucket, _ := l.Bucket()
	at, err := k.named.place.of(ctx, bucket, func() (placed, error) {
		region, status, err := k.named.locate(ctx, bucket)
		if status == http.StatusNotFound {
			return placed{absent: true}, nil
		}
		return placed{region: region}, err
	})
	switch {
	case err != nil:
		k.fail(l, "s3:HeadBucket", err)
		return
	case at.absent:
		k.add(nil, k.look(l, ""))
		return
	}
	client := k.named.buckets(at.region)
	arrivals, blind, err := k.newestOf(ctx, client, l)
	if err != nil {
		k.refused(ctx, client, l, err)
		return
	}
	k.add(arrivals, k.look(l, blind))
}

// filesRead bounds how many files of one flow log are read until one holds a record.
const filesRead = 5

// newestOf finds the newest file of a flow log that proves arrival: by its name alone, or where
// records are asked for by a record in it. blind says why there could be one unseen.
func (k *search) newestOf(ctx context.Context, client objectReader, l inventory.FlowLog) (arrivals []inventory.Arrival, blind string, err error) {
	walk := newFileWalk(client, k.inv.Scope, l, k.edges)
	reading := slices.Contains(k.inv.Kinds, inventory.Records)
	tally := newTally(l, k.edges, k.named.sample)
	defer func() { k.keep(tally) }()
	for f, err := range walk.newestFirst(ctx) {
		switch {
		case err != nil:
			return nil, "", err
		case f.size == 0:
			tally.empty++
			continue
		case tally.files == filesRead:
			return nil, fmt.Sprintf("its newest %d files in %s were read and hold no record; older ones were not read", filesRead, walk.bucket), nil
		}
		arrived := []inventory.Arrival{{FlowLog: l.ID, Newest: f.at, Seen: inventory.SeenAsObject}}
		if !reading {
			return arrived, "", nil
		}
		if err := k.readFile(ctx, client, tally, f); err != nil {
			k.failRecords(l, "s3:GetObject", f.key, err)
			return arrived, "", nil // as if nobody had asked for its records
		}
		tally.files++
		if tally.count.Records() > 0 {
			return append(arrived, tally.arrivals...), "", nil
		}
		if tally.partial {
			return nil, fmt.Sprintf("what was read of its newest file holds no record: %s", tally.extent), nil
		}
		tally.empty++
	}
	return nil, walk.unlisted, nil
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
	k.fail(l, "s3:ListObjectsV2", err)
}
