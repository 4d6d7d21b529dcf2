package awslive

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/google/go-cmp/cmp"

	"flowproof/internal/inventory"
)

// shelf is a bucket: keys in order, a page of at most a few.
type shelf struct {
	keys  []string
	at    time.Time // last change of each; the zero time says nothing
	page  int
	stuck bool // every page is the first
	lists int
}

func (b *shelf) ListObjectsV2(_ context.Context, in *s3.ListObjectsV2Input, _ ...func(*s3.Options)) (*s3.ListObjectsV2Output, error) {
	b.lists++
	out := &s3.ListObjectsV2Output{}
	slices.Sort(b.keys)
	for _, key := range b.keys {
		if strings.HasPrefix(key, aws.ToString(in.Prefix)) && (b.stuck || key > aws.ToString(in.StartAfter)) {
			if len(out.Contents) == b.page {
				out.IsTruncated = aws.Bool(true)
				break
			}
			o := types.Object{Key: aws.String(key), Size: aws.Int64(1)}
			if strings.HasSuffix(key, "_empty.log.gz") {
				o.Size = aws.Int64(0)
			}
			if !b.at.IsZero() {
				o.LastModified = aws.Time(b.at)
			}
			out.Contents = append(out.Contents, o)
		}
	}
	return out, nil
}

func (b *shelf) GetObject(context.Context, *s3.GetObjectInput, ...func(*s3.Options)) (*s3.GetObjectOutput, error) {
	panic("nobody asked for records")
}

func TestFileWalk_begins_with_the_newest_file(t *testing.T) {
	t.Parallel()
	const root = "net/AWSLogs/123456789012/vpcflowlogs/eu-west-1/"
	const name = "123456789012_vpcflowlogs_eu-west-1_fl-1_"
	hive := "net/AWSLogs/aws-account-id=123456789012/aws-service=vpcflowlogs/aws-region=eu-west-1/year=2026/month=11/"
	scope := inventory.Scope{Partition: "aws", Account: "123456789012", Region: "eu-west-1"}
	tests := []struct {
		name    string
		log     inventory.FlowLog
		window  time.Duration
		keys    []string
		changed time.Time
		want    string // minute; empty for none
		lists   int
		whole   bool
	}{
		{"minutes ago", inventory.FlowLog{}, 24 * time.Hour, []string{root + "2026/11/25/" + name + "20261125T1154Z_a.log.gz", root + "2026/11/25/" + name + "20261125T0100Z_a.log.gz"}, time.Time{}, "11:54", 1, true},
		{"this morning", inventory.FlowLog{}, 24 * time.Hour, []string{root + "2026/11/25/" + name + "20261125T0100Z_a.log.gz"}, time.Time{}, "01:00", 2, true},
		{"last evening", inventory.FlowLog{}, 24 * time.Hour, []string{root + "2026/11/24/" + name + "20261124T2000Z_a.log.gz"}, time.Time{}, "20:00", 3, true},
		{"before the window, on its first day", inventory.FlowLog{}, 24 * time.Hour, []string{root + "2026/11/24/" + name + "20261124T1130Z_a.log.gz"}, time.Time{}, "", 3, true},
		{"four days ago", inventory.FlowLog{}, 24 * time.Hour, []string{root + "2026/11/21/" + name + "20261121T1154Z_a.log.gz"}, time.Time{}, "", 3, true},
		{"nothing", inventory.FlowLog{}, 24 * time.Hour, nil, time.Time{}, "", 3, true},
		{"another's", inventory.FlowLog{}, 24 * time.Hour, []string{root + "2026/11/25/" + strings.Replace(name, "fl-1", "fl-2", 1) + "20261125T1154Z_a.log.gz"}, time.Time{}, "", 3, true},
		{"more than a page, the oldest first", inventory.FlowLog{}, 24 * time.Hour, []string{
			root + "2026/11/25/" + name + "20261125T1110Z_a.gz", root + "2026/11/25/" + name + "20261125T1120Z_a.gz", root + "2026/11/25/" + name + "20261125T1130Z_a.gz",
		}, time.Time{}, "11:30", 2, true},
		{"one that is still being copied, beside", inventory.FlowLog{}, 24 * time.Hour, []string{
			root + "2026/11/25/" + name + "20261125T1154Z_a.log.gz.tmp", root + "2026/11/25/" + name + "20261125T1130Z_a.log.gz",
		}, time.Time{}, "11:30", 1, true},
		{"as Hive has it", inventory.FlowLog{Hive: true}, 24 * time.Hour, []string{hive + "day=25/" + name + "20261125T1154Z_a.log.parquet"}, time.Time{}, "11:54", 1, true},
		{"a folder for each hour", inventory.FlowLog{PerHour: true}, 24 * time.Hour, []string{root + "2026/11/25/09/" + name + "20261125T0955Z_a.log.gz"}, time.Time{}, "09:55", 4, true},
		{"a folder for each hour, and nothing", inventory.FlowLog{PerHour: true}, 24 * time.Hour, nil, time.Time{}, "", 25, true},
		{"both", inventory.FlowLog{PerHour: true, Hive: true}, 24 * time.Hour, []string{hive + "day=25/hour=12/" + name + "20261125T1200Z_a.log.parquet"}, time.Time{}, "12:00", 1, true},
		{"more folders than the bound", inventory.FlowLog{PerHour: true}, 100 * time.Hour, nil, time.Time{}, "", foldersLists, false},
		{"a name that lies ahead, changed an hour ago", inventory.FlowLog{}, 24 * time.Hour, []string{root + "2026/11/25/" + name + "20261125T2300Z_a.log.gz"}, noon.Add(-time.Hour), "11:00", 1, true},
		{"a name without a time", inventory.FlowLog{}, 24 * time.Hour, []string{root + "2026/11/25/" + name + "x.log.gz"}, noon.Add(-2 * time.Hour), "10:00", 1, true},
		{"a short window", inventory.FlowLog{}, 30 * time.Minute, []string{root + "2026/11/25/" + name + "20261125T1154Z_a.log.gz"}, time.Time{}, "11:54", 1, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			tt.log.ID, tt.log.DestinationType, tt.log.Destination = "fl-1", inventory.ToS3, "arn:aws:s3:::flows/net"
			bucket := &shelf{keys: tt.keys, at: tt.changed, page: 2}
			walk := newFileWalk(bucket, scope, tt.log, edges{since: noon.Add(-tt.window), now: noon})
			got := ""
			for f, err := range walk.newestFirst(t.Context()) {
				if err != nil {
					t.Fatal(err)
				}
				got = f.at.Format("15:04")
				break
			}
			whole := walk.unlisted == ""
			if got != tt.want || bucket.lists != tt.lists || whole != tt.whole {
				t.Errorf("%q after %d lists, whole %v; want %q, %d, %v", got, bucket.lists, whole, tt.want, tt.lists, tt.whole)
			}
		})
	}
}

// TestFileWalk gives every file of the window once, the newest first, whatever the size of a page.
func TestFileWalk(t *testing.T) {
	t.Parallel()
	const name = "AWSLogs/123456789012/vpcflowlogs/eu-west-1/2026/11/%02d/123456789012_vpcflowlogs_eu-west-1_fl-1_202611%02dT%02d%02dZ_a.log.gz"
	scope := inventory.Scope{Partition: "aws", Account: "123456789012", Region: "eu-west-1"}
	log := inventory.FlowLog{ID: "fl-1", DestinationType: inventory.ToS3, Destination: "arn:aws:s3:::flows"}
	var keys []string
	for at := noon.Add(-5 * time.Minute); at.After(noon.Add(-30 * time.Hour)); at = at.Add(-7 * time.Minute) {
		keys = append(keys, fmt.Sprintf(name, at.Day(), at.Day(), at.Hour(), at.Minute()))
	}
	for _, window := range []time.Duration{time.Hour, 5 * time.Hour, 24 * time.Hour} {
		want := keys[:(window-5*time.Minute)/(7*time.Minute)+1]
		for _, page := range []int{1, 7, 1000} {
			bucket := &shelf{keys: slices.Clone(keys), page: page}
			walk := newFileWalk(bucket, scope, log, edges{since: noon.Add(-window), now: noon})
			var got []string
			for f, err := range walk.newestFirst(t.Context()) {
				if err != nil {
					t.Fatal(err)
				}
				got = append(got, f.key)
			}
			if walk.unlisted != "" { // the bound: some of the files, in their order, and a word about the rest
				if page*filePages >= len(want) || len(got) == 0 || !slices.IsSortedFunc(got, func(a, b string) int { return strings.Compare(b, a) }) {
					t.Errorf("%v, %d names a page: %d of %d files, unlisted %q", window, page, len(got), len(want), walk.unlisted)
				}
				continue
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%v, %d names a page (-want +got):\n%s", window, page, diff)
			}
		}
	}
	stuck := newFileWalk(&shelf{keys: keys, page: 3, stuck: true}, scope, log, edges{since: noon.Add(-24 * time.Hour), now: noon})
	for _, err := range stuck.newestFirst(t.Context()) {
		if err == nil {
			t.Error("a list that does not go on gave a file")
		}
	}
}
