package awslive

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"flowproof/internal/flowrecord"
	"flowproof/internal/inventory"
)

// Bounds on reading a file. AWS writes files of up to 75 MB (VPC user guide); of text the beginning
// does, of Parquet it takes the whole.
const (
	textRead    = 1 << 20  // as it lies in the bucket
	textUnzip   = 16 << 20 // of what that unpacks to
	parquetRead = 16 << 20
)

// readStreams reads the newest records of a flow log itself, in the streams in which records were
// seen lately, or else in those that interfaces in use would have: what CloudWatch Logs tells of a
// stream comes late, what is in it does not. It gives what was seen, less the streams that turned out
// to hold something else than records. blind says why there could be a record unseen.
func (k *search) readStreams(ctx context.Context, client logStreamReader, l inventory.FlowLog, seen []inventory.Arrival) (arrivals []inventory.Arrival, blind string) {
	tally := newTally(l, k.edges, k.named.sample)
	defer func() { k.keep(tally) }()
	ids := interfacesToRead(k.inv, l, seen)
	if read := ids[:min(len(ids), streamsRead)]; len(read) < len(ids) {
		tally.cut("%d of %d log streams", len(read), len(ids))
		ids = read
	}
	for _, id := range ids {
		name := streamName(l, id)
		out, err := limited(ctx, client.GetLogEvents, &cloudwatchlogs.GetLogEventsInput{
			LogGroupName: aws.String(l.GroupName()), LogStreamName: aws.String(name),
			Limit: aws.Int32(eventsRead), StartFromHead: aws.Bool(false), StartTime: aws.Int64(tally.edges.since.UnixMilli()),
		})
		if _, absent := errors.AsType[*types.ResourceNotFoundException](err); absent {
			continue
		}
		if err != nil {
			k.failRecords(l, "logs:GetLogEvents", "log stream "+name, err)
			break
		}
		before := tally.count.Records()
		for _, event := range out.Events {
			tally.add(tally.format.Parse(aws.ToString(event.Message)))
		}
		if len(out.Events) == eventsRead {
			tally.cut("the newest %d events of a log stream", eventsRead)
		}
		if len(out.Events) > 0 && tally.count.Records() == before {
			seen = slices.DeleteFunc(seen, func(a inventory.Arrival) bool { return a.Interface == id })
		}
	}
	if tally.partial && tally.count.Records() == 0 {
		blind = "what was read holds no record: " + tally.extent
	}
	return append(seen, tally.arrivals...), blind
}

func streamName(l inventory.FlowLog, id string) string {
	if l.OnGateway() {
		return id
	}
	return flowrecord.StreamOf(id, l.TrafficType)
}

// interfacesToRead are those of the newest arrivals, or some that are in use.
func interfacesToRead(inv *inventory.Inventory, l inventory.FlowLog, seen []inventory.Arrival) []string {
	seen = slices.Clone(seen)
	newestFirst(seen)
	var ids []string
	for _, a := range seen {
		ids = append(ids, a.Interface)
	}
	for _, i := range inv.InterfacesOf(l) {
		if len(seen) == 0 && i.InUse() {
			ids = append(ids, i.ID)
		}
	}
	return ids
}

// readFile counts the records of a file.
func (k *search) readFile(ctx context.Context, client objectReader, t *tally, f file) error {
	in := &s3.GetObjectInput{Bucket: aws.String(bucketOf(t.log)), Key: aws.String(f.key)}
	if flowrecord.IsParquet(f.key) {
		if f.size > parquetRead {
			return unread("it has %d MiB: Parquet files of more than %d MiB are not read", f.size>>20, parquetRead>>20)
		}
		return readObject(ctx, client, in, t.readParquet)
	}
	if f.size > textRead {
		in.Range = aws.String(fmt.Sprintf("bytes=0-%d", textRead-1))
	}
	return readObject(ctx, client, in, func(body io.Reader) error { return t.readText(body, f) })
}

func bucketOf(l inventory.FlowLog) string {
	bucket, _ := l.Bucket()
	return bucket
}

// readObject hands the body of an object over, under the deadline of a call.
func readObject(ctx context.Context, client objectReader, in *s3.GetObjectInput, take func(io.Reader) error) error {
	_, err := along(ctx, func(ctx context.Context) (struct{}, error) {
		out, err := client.GetObject(ctx, in)
		if err != nil {
			return struct{}{}, err
		}
		defer out.Body.Close()
		return struct{}{}, take(io.LimitReader(out.Body, parquetRead))
	})
	return err
}

// keep puts what was counted into the inventory.
func (k *search) keep(t *tally) {
	if t.count == (flowrecord.Count{}) && t.files+t.empty == 0 {
		return
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	c := t.count
	k.inv.Samples = append(k.inv.Samples, inventory.Sample{
		FlowLog: t.log.ID, OK: c.OK, NoData: c.NoData, SkipData: c.SkipData, Incomplete: c.Incomplete, Other: c.Other, Malformed: c.Malformed,
		Files: t.files, Empty: t.empty, Partial: t.partial, Extent: t.extent, Lines: t.newest(),
	})
}

// failRecords notes that one place of a flow log's records, a file or a stream, could not be read.
func (k *search) failRecords(l inventory.FlowLog, api, place string, err error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.failed = append(k.failed, missed{inventory.Records, l.ID, l.ID + ", " + place + ": ", failure{api, err}})
}

// tally counts the records of a flow log and keeps the last of them.
type tally struct {
	log      inventory.FlowLog
	format   flowrecord.Format
	edges    edges
	wanted   int
	count    flowrecord.Count
	files    int    // that were read
	empty    int    // without a record, read or of no size
	partial  bool   // something was not read to its end
	extent   string // how far it was read; hostile where it names a file
	lines    []flowrecord.Record
	arrivals []inventory.Arrival
}

// newTally reads lines by the log's own format. One that cannot be read makes every record malformed.
func newTally(l inventory.FlowLog, e edges, wanted int) *tally {
	format, err := flowrecord.ParseFormat(l.Format)
	if err != nil {
		format = flowrecord.DefaultFormat()
	}
	return &tally{log: l, format: format, edges: e, wanted: wanted}
}

// cut notes how far something was read that goes on.
func (t *tally) cut(extent string, args ...any) {
	said := fmt.Sprintf(extent, args...)
	switch {
	case !t.partial:
		t.partial, t.extent = true, said
	case !strings.Contains(t.extent, said): // of several streams the same
		t.extent += ", " + said
	}
}

// readText counts the records of a text file, as far as it is read.
func (t *tally) readText(body io.Reader, f file) error {
	if f.size > textRead {
		body = flowrecord.Beginning(io.LimitReader(body, textRead)) // not every emulator knows ranges
	}
	err := t.read(flowrecord.Lines(body, t.format, textUnzip))
	if !errors.Is(err, flowrecord.ErrCut) {
		return unreadable(err)
	}
	if f.size > textRead {
		t.cut("the first %d KiB of the %d of %s", textRead>>10, f.size>>10, f.key)
	} else {
		t.cut("the first %d KiB that %s unpacks to", textUnzip>>10, f.key)
	}
	return nil
}

// readParquet counts the records of a Parquet file.
func (t *tally) readParquet(body io.Reader) error {
	data, err := io.ReadAll(body)
	if err != nil {
		return err
	}
	return unreadable(t.read(flowrecord.Parquet(bytes.NewReader(data), int64(len(data)))))
}

// unreadable makes of what is wrong with a file the error of a broken answer, with all of its text.
func unreadable(err error) error {
	if err == nil {
		return nil
	}
	return unread("%s", err)
}

// read counts records until there are no more.
func (t *tally) read(records iter.Seq2[flowrecord.Record, error]) error {
	for r, err := range records {
		if err != nil && !errors.Is(err, flowrecord.ErrMalformed) {
			return err
		}
		t.add(r, err)
	}
	return nil
}

func (t *tally) add(r flowrecord.Record, err error) {
	if err != nil {
		t.count.Malformed++
		return
	}
	t.count.Add(r)
	if t.wanted > 0 {
		t.show(r)
	}
	at, recent := t.edges.within(r.At())
	if !recent {
		return
	}
	id := r.Value(flowrecord.InterfaceID)
	i := slices.IndexFunc(t.arrivals, func(a inventory.Arrival) bool { return a.Interface == id })
	switch {
	case i < 0:
		t.arrivals = append(t.arrivals, inventory.Arrival{FlowLog: t.log.ID, Interface: id, Newest: at, Seen: inventory.SeenRecord})
	case at.After(t.arrivals[i].Newest):
		t.arrivals[i].Newest = at
	}
}

// show holds no more records than are wanted, the newest.
func (t *tally) show(r flowrecord.Record) {
	t.lines = append(t.lines, r)
	if len(t.lines) < 2*t.wanted {
		return
	}
	t.trim()
}

func (t *tally) trim() {
	slices.SortStableFunc(t.lines, func(a, b flowrecord.Record) int { return b.At().Compare(a.At()) })
	t.lines = t.lines[:min(len(t.lines), t.wanted)]
}

// newest are the lines that are wanted, the newest first.
func (t *tally) newest() []string {
	t.trim()
	var lines []string
	for _, r := range t.lines {
		lines = append(lines, r.String())
	}
	return lines
}
