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
	textUnzip   = 16 << 20 // of what that becomes
	parquetRead = 16 << 20
)

// readStreams reads the newest records of a flow log itself, in the streams in which records were
// seen lately, or else in those that interfaces in use would have: what CloudWatch Logs tells of a
// stream comes late, what is in it does not.
func (k *search) readStreams(ctx context.Context, client logStreamReader, l inventory.FlowLog, seen []inventory.Arrival) []inventory.Arrival {
	tally := newTally(l, k.edges, k.named.sample)
	for _, id := range interfacesToRead(k.inv, l, seen) {
		out, err := limited(ctx, client.GetLogEvents, &cloudwatchlogs.GetLogEventsInput{
			LogGroupName: aws.String(l.GroupName()), LogStreamName: aws.String(streamName(l, id)),
			Limit: aws.Int32(eventsRead), StartFromHead: aws.Bool(false), StartTime: aws.Int64(tally.edges.since.UnixMilli()),
		})
		if _, absent := errors.AsType[*types.ResourceNotFoundException](err); absent {
			continue
		}
		if err != nil {
			k.fail(inventory.Records, l, "logs:GetLogEvents", err)
			break
		}
		for _, event := range out.Events {
			tally.add(tally.format.Parse(aws.ToString(event.Message)))
		}
	}
	return k.tallied(tally)
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
	return ids[:min(len(ids), streamsRead)]
}

// readFile reads the records of a file.
func (k *search) readFile(ctx context.Context, client objectReader, l inventory.FlowLog, f file) []inventory.Arrival {
	bucket, _ := l.Bucket()
	tally := newTally(l, k.edges, k.named.sample)
	columns := strings.HasSuffix(f.key, ".parquet")
	in := &s3.GetObjectInput{Bucket: aws.String(bucket), Key: aws.String(f.key)}
	if !columns && f.size > textRead {
		in.Range = aws.String(fmt.Sprintf("bytes=0-%d", textRead-1))
	}
	var err error
	if columns && f.size > parquetRead {
		err = unread("%s has %d MiB: Parquet files of more than %d MiB are not read", f.key, f.size>>20, parquetRead>>20)
	} else {
		err = readObject(ctx, client, in, func(body io.Reader) error { return tally.read(body, columns, f.size > textRead) })
	}
	if err != nil {
		k.fail(inventory.Records, l, "s3:GetObject", err)
	}
	return k.tallied(tally)
}

// readObject hands the body of an object over, under the deadline of a call.
func readObject(ctx context.Context, client objectReader, in *s3.GetObjectInput, take func(io.Reader) error) error {
	_, err := along(ctx, func(ctx context.Context) (struct{}, error) {
		out, err := client.GetObject(ctx, in)
		if err != nil {
			return struct{}{}, err
		}
		err = take(io.LimitReader(out.Body, parquetRead))
		return struct{}{}, errors.Join(err, out.Body.Close())
	})
	return err
}

// tallied keeps what was counted, and gives what it proves.
func (k *search) tallied(t *tally) []inventory.Arrival {
	if t.count == (flowrecord.Count{}) {
		return nil
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	c := t.count
	k.inv.Samples = append(k.inv.Samples, inventory.Sample{
		FlowLog: t.log.ID, OK: c.OK, NoData: c.NoData, SkipData: c.SkipData, Other: c.Other, Malformed: c.Malformed, Lines: t.newest(),
	})
	return t.arrivals
}

// tally counts the records of a flow log and keeps the last of them.
type tally struct {
	log      inventory.FlowLog
	format   flowrecord.Format
	edges    edges
	wanted   int
	count    flowrecord.Count
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

// read counts the records of a file. Of a file that was not read whole the end may be missing.
func (t *tally) read(body io.Reader, columns, part bool) error {
	var records iter.Seq2[flowrecord.Record, error]
	if columns {
		data, err := io.ReadAll(body)
		if err != nil {
			return err
		}
		records = flowrecord.Parquet(bytes.NewReader(data), int64(len(data)))
	} else {
		records = flowrecord.Lines(body, t.format, textUnzip)
	}
	for r, err := range records {
		switch {
		case err == nil, errors.Is(err, flowrecord.ErrMalformed):
			t.add(r, err)
		case part && errors.Is(err, io.ErrUnexpectedEOF):
		default:
			return unread("%w", err)
		}
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
		t.keep(r)
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

// keep holds no more records than are wanted, the newest.
func (t *tally) keep(r flowrecord.Record) {
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
