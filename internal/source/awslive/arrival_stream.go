package awslive

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/schemas"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/aws/smithy-go/transport/http/protocol/awsjson"

	"flowproof/internal/inventory"
)

// metricReader is what CloudWatch counts of a Firehose stream.
type metricReader interface {
	GetMetricStatistics(context.Context, *cloudwatch.GetMetricStatisticsInput, ...func(*cloudwatch.Options)) (*cloudwatch.GetMetricStatisticsOutput, error)
}

// speakJSON has the client speak JSON, as the AWS CLI does: of the three protocols of CloudWatch the
// SDK's own choice, CBOR, is the one that emulators do not know.
func speakJSON(o *cloudwatch.Options) {
	o.Protocol = awsjson.New10(schemas.GraniteServiceVersion20100801)
}

// searchStreams asks of each Firehose stream to which one known flow log delivers whether it took
// records. What lies in a stream nobody can look at, and its metric counts all who write to it.
func (k *search) searchStreams(ctx context.Context) {
	writers := map[string]int{}
	for _, l := range k.inv.FlowLogs {
		writers[l.Destination]++ // one that is not ACTIVE may have been within the window
	}
	var alone []inventory.FlowLog
	for _, l := range k.logsTo(inventory.ToFirehose) {
		switch _, own := k.inv.OwnStream(l.Destination); {
		case !k.looksAt(l):
		case !own:
			k.add(nil, k.look(l, "the metric of a Firehose stream in another account or Region cannot be looked at from here"))
		case writers[l.Destination] > 1:
			k.add(nil, k.look(l, "more than one flow log delivers to that Firehose stream, and its metric does not tell them apart"))
		case !k.inv.Whole(inventory.FlowLogs):
			k.add(nil, k.look(l, "the flow logs could not all be read, and the metric of a Firehose stream does not tell them apart"))
		default:
			alone = append(alone, l)
		}
	}
	eachAtOnce(ctx, alone, k.searchStream)
}

// searchStream looks at the stream of one flow log, from the window's edge or the flow log's creation
// on: what came earlier is another's.
func (k *search) searchStream(ctx context.Context, l inventory.FlowLog) {
	name, _ := k.inv.OwnStream(l.Destination)
	from := k.edges.since
	if l.Created.After(from) {
		from = l.Created
	}
	newest, err := newestIncoming(ctx, k.named.metrics(k.inv.Region), name, from, k.edges.now)
	if err != nil {
		k.fail(l, "cloudwatch:GetMetricStatistics", err)
		return
	}
	look := k.look(l, "the metric of its Firehose stream counts no record, and a metric cannot show that none came")
	if newest.IsZero() {
		k.add(nil, look)
		return
	}
	k.add([]inventory.Arrival{{FlowLog: l.ID, Newest: newest, Seen: inventory.SeenInMetric}}, look)
}

// mostPoints is what one GetMetricStatistics may ask for (API reference).
const mostPoints = 1440

// metricPeriod is how finely a span is counted: five minutes, or as many hours as keep the points
// within bounds. CloudWatch keeps five minutes apart for 63 days, and hours for 15 months.
func metricPeriod(span time.Duration) time.Duration {
	const fine = 5 * time.Minute
	if span <= mostPoints*fine {
		return fine
	}
	return (span / mostPoints).Truncate(time.Hour) + time.Hour
}

// newestIncoming is the end of the newest period in which a stream took records, and now where that
// lies ahead; zero where none from that time on did. Only whole periods count.
func newestIncoming(ctx context.Context, client metricReader, stream string, from, now time.Time) (time.Time, error) {
	period := metricPeriod(now.Sub(from))
	start := from.Add(period - time.Nanosecond).Truncate(period)
	if !start.Before(now) {
		return time.Time{}, nil
	}
	out, err := limited(ctx, client.GetMetricStatistics, &cloudwatch.GetMetricStatisticsInput{
		Namespace: aws.String("AWS/Firehose"), MetricName: aws.String("IncomingRecords"),
		Dimensions: []types.Dimension{{Name: aws.String("DeliveryStreamName"), Value: aws.String(stream)}},
		StartTime:  aws.Time(start), EndTime: aws.Time(now), Period: aws.Int32(int32(period / time.Second)),
		Statistics: []types.Statistic{types.StatisticSum},
	})
	if err != nil {
		return time.Time{}, err
	}
	var newest time.Time
	for _, d := range out.Datapoints {
		if begun := aws.ToTime(d.Timestamp); aws.ToFloat64(d.Sum) > 0 && !begun.Before(start) && begun.Add(period).After(newest) {
			newest = begun.Add(period)
		}
	}
	if newest.After(now) {
		newest = now
	}
	return newest.UTC(), nil
}
