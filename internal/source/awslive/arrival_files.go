package awslive

import (
	"cmp"
	"context"
	"fmt"
	"iter"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"flowproof/internal/flowrecord"
	"flowproof/internal/inventory"
)

// file is a file of a flow log.
type file struct {
	key  string
	size int64 // in bytes; -1 where the list does not say
	at   time.Time
}

// recently is how far back the first question goes: whoever delivers has delivered since, and the
// answer is short.
const recently = time.Hour

// filePages bounds the list of one folder, a thousand names a page.
const filePages = 10

// fileWalk goes through the files of a flow log, folder by folder from now back to the edge of the
// window. It lists no more than is asked for.
type fileWalk struct {
	client  objectReader
	bucket  string
	files   flowrecord.Files
	edges   edges
	perHour bool

	unlisted string // what a bound left out; empty where nothing
}

func newFileWalk(client objectReader, scope inventory.Scope, l inventory.FlowLog, e edges) *fileWalk {
	bucket, prefix := l.Bucket()
	return &fileWalk{
		client: client, bucket: bucket, edges: e, perHour: l.PerHour,
		files: flowrecord.Files{Prefix: prefix, Account: scope.Account, Region: scope.Region, FlowLog: l.ID, Hive: l.Hive, PerHour: l.PerHour},
	}
}

// newestFirst gives the files of the window, the newest first. An error ends it.
func (w *fileWalk) newestFirst(ctx context.Context) iter.Seq2[file, error] {
	return func(yield func(file, error) bool) {
		folders, whole := w.files.Newest(w.edges.since, w.edges.now, foldersLists)
		for i, folder := range folders {
			for _, s := range w.spans(folder, i == 0) {
				files, err := w.list(ctx, folder, s)
				if err != nil {
					yield(file{}, err)
					return
				}
				for _, f := range files {
					if !yield(f, nil) {
						return
					}
				}
			}
		}
		if !whole {
			w.unlisted = fmt.Sprintf("only its newest %d folders in %s were looked into", foldersLists, w.bucket)
		}
	}
}

// span is the names of a folder behind one and, unless that is empty, up to another.
type span struct{ after, upTo string }

// spans takes the folder of today apart: what is recent first, and the rest if that is asked for.
func (w *fileWalk) spans(folder string, newest bool) []span {
	all := span{after: flowrecord.After(folder, w.edges.since)}
	recent := w.edges.now.Add(-recently)
	if !newest || w.perHour || !recent.After(w.edges.since) {
		return []span{all}
	}
	edge := flowrecord.After(folder, recent)
	return []span{{after: edge}, {after: all.after, upTo: edge}}
}

// list gives the files of a span, the newest first. Names come in their order, so the bound cuts off
// the newest; those that were listed are as good a proof.
func (w *fileWalk) list(ctx context.Context, folder string, s span) ([]file, error) {
	var files []file
	for range filePages {
		out, err := limited(ctx, w.client.ListObjectsV2, &s3.ListObjectsV2Input{
			Bucket: aws.String(w.bucket), Prefix: aws.String(folder), StartAfter: aws.String(s.after),
		})
		if err != nil {
			return nil, err
		}
		more := aws.ToBool(out.IsTruncated)
		for _, o := range out.Contents {
			key := aws.ToString(o.Key)
			if key <= s.after && more {
				return nil, unread("the list of %s in %s does not go on", folder, w.bucket)
			}
			if s.upTo != "" && key > s.upTo {
				more = false
				break
			}
			if f, ok := w.fileOf(o, folder); ok {
				files = append(files, f)
			}
		}
		if n := len(out.Contents); more && n > 0 {
			s.after = aws.ToString(out.Contents[n-1].Key)
		} else if more {
			return nil, unread("the list of %s in %s does not go on", folder, w.bucket)
		} else {
			return newestFilesFirst(files), nil
		}
	}
	w.unlisted = fmt.Sprintf("more than %d of its files begin with %s in %s: the newest were not listed", filePages*1000, folder, w.bucket)
	return newestFilesFirst(files), nil
}

func newestFilesFirst(files []file) []file {
	slices.SortFunc(files, func(a, b file) int { return cmp.Or(b.at.Compare(a.at), strings.Compare(b.key, a.key)) })
	return files
}

// fileOf is an object as a file of the flow log, if it is one of the window. Others lie beside them:
// files that a copying tool has not finished, above all.
func (w *fileWalk) fileOf(o types.Object, folder string) (file, bool) {
	f := file{key: aws.ToString(o.Key), size: -1}
	if o.Size != nil {
		f.size = *o.Size
	}
	at, recent := w.edges.within(timeOf(o, folder))
	f.at = at
	return f, recent && flowrecord.IsFile(f.key)
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
