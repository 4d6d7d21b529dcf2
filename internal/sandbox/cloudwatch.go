package sandbox

import (
	"fmt"
	"slices"
	"time"
)

// cloudWatchOperations lists the operations of Amazon CloudWatch.
func cloudWatchOperations() map[string]handler {
	return map[string]handler{
		"GetMetricStatistics": getMetricStatistics,
		"PutMetricData":       putMetricData,
	}
}

// json10 is the JSON 1.0 protocol, which differs from 1.1 in its name.
type json10 struct{ json11 }

func (json10) contentType() string { return "application/x-amz-json-1.0" }

// dimension tells metrics of the same name apart.
type dimension struct{ Name, Value string }

// metric names one: two with other dimensions are two.
type metric struct {
	Namespace  string
	MetricName string
	Dimensions []dimension
}

func (m metric) key() string { return fmt.Sprintf("%q", m) }

// measured is a value that somebody put into a metric.
type measured struct {
	at    time.Time
	value float64
}

// seconds is a time as the JSON protocols write it.
type seconds float64

func (s seconds) time() time.Time { return time.UnixMilli(int64(s * 1000)).UTC() }

func secondsOf(t time.Time) seconds { return seconds(float64(t.UnixMilli()) / 1000) }

// metricQuery is the document of GetMetricStatistics.
type metricQuery struct {
	metric
	StartTime, EndTime seconds
	Period             int
	Statistics         []string
}

// mostDatapoints is how many one answer may hold (CloudWatch API reference, GetMetricStatistics).
const mostDatapoints = 1440

func (q metricQuery) refusal() *apiError {
	if len(q.Statistics) == 0 {
		return badRequest("InvalidParameterCombination", "Must specify either Statistics or ExtendedStatistics")
	}
	if q.StartTime >= q.EndTime {
		return badRequest("InvalidParameterValue", "The parameter StartTime must be less than the parameter EndTime.")
	}
	if q.Period <= 0 || q.Period%60 != 0 {
		return badRequest("InvalidParameterValue", "The parameter Period must be a multiple of 60.")
	}
	if n := int(float64(q.EndTime-q.StartTime) / float64(q.Period)); n > mostDatapoints {
		return badRequest("InvalidParameterCombination", fmt.Sprintf("You have requested up to %d datapoints, which exceeds the limit of %d. "+
			"You may reduce the datapoints requested by increasing Period, or decreasing the time range.", n, mostDatapoints))
	}
	return nil
}

// datapoint is one period in which something was measured.
type datapoint struct {
	Timestamp seconds
	Sum       float64
}

// getMetricStatistics gives the sums of each period, and no other statistic.
func getMetricStatistics(c *call) error {
	var in metricQuery
	if err := c.decode(&in); err != nil {
		return err
	}
	if e := in.refusal(); e != nil {
		return e
	}
	points := []datapoint{}
	every, end := time.Duration(in.Period)*time.Second, in.EndTime.time()
	for at := in.StartTime.time().Truncate(time.Minute); at.Before(end); at = at.Add(every) {
		if n := c.sum(in.metric, at, at.Add(every)); n > 0 {
			points = append(points, datapoint{secondsOf(at), n})
		}
	}
	c.reply = map[string]any{"Label": in.MetricName, "Datapoints": points}
	return nil
}

// sum is that of a metric from a time until before another.
func (c *call) sum(m metric, from, to time.Time) float64 {
	total := 0.0
	for _, v := range c.region.metrics[m.key()] {
		if !v.at.Before(from) && v.at.Before(to) {
			total += v.value
		}
	}
	if m.Namespace == "AWS/Firehose" && m.MetricName == "IncomingRecords" && len(m.Dimensions) == 1 && m.Dimensions[0].Name == "DeliveryStreamName" {
		total += float64(c.region.incoming(c.region.streamARN(m.Dimensions[0].Value), from, to, c.now))
	}
	return total
}

// incoming is how many records flow logs have put into a stream, from a time until before another.
// Like those in a log group they follow from the flow logs.
func (r *region) incoming(stream string, from, to, now time.Time) int {
	if to.After(now) {
		to = now.Add(time.Nanosecond)
	}
	n := 0
	for _, row := range r.flowLogs.rows {
		f := row.value
		if f.destination.arn != stream || f.status != statusActive {
			continue
		}
		for _, eni := range r.watched[f.resourceID] {
			d := feed{log: f, eni: eni, region: r, first: r.firstRecord(f, eni), every: time.Duration(f.interval) * time.Second}
			n += max(0, d.count(to.Add(-time.Nanosecond))-d.count(from.Add(-time.Nanosecond)))
		}
	}
	return n
}

// putMetricData takes values one by one; sets of statistics it does not know.
func putMetricData(c *call) error {
	var in struct {
		Namespace  string
		MetricData []struct {
			MetricName string
			Dimensions []dimension
			Timestamp  seconds
			Value      float64
		}
	}
	if err := c.decode(&in); err != nil {
		return err
	}
	if c.region.metrics == nil {
		c.region.metrics = map[string][]measured{}
	}
	for _, d := range in.MetricData {
		at := d.Timestamp.time()
		if d.Timestamp == 0 {
			at = c.now
		}
		key := metric{in.Namespace, d.MetricName, slices.Clone(d.Dimensions)}.key()
		c.region.metrics[key] = append(c.region.metrics[key], measured{at, d.Value})
	}
	c.reply = map[string]any{}
	return nil
}
