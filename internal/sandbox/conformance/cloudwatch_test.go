package conformance

import (
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
)

func streamDimension(stream string) []types.Dimension {
	return []types.Dimension{{Name: aws.String("DeliveryStreamName"), Value: aws.String(stream)}}
}

func getMetric(stream string, from, to time.Time, statistics ...types.Statistic) caller {
	return cloudWatchCall((*cloudwatch.Client).GetMetricStatistics, cloudwatch.GetMetricStatisticsInput{
		Namespace: aws.String("Test/Firehose"), MetricName: aws.String("IncomingRecords"), Dimensions: streamDimension(stream),
		StartTime: aws.Time(from), EndTime: aws.Time(to), Period: aws.Int32(3600), Statistics: statistics,
	})
}

func putMetric(value float64, at time.Time) caller {
	return cloudWatchCall((*cloudwatch.Client).PutMetricData, cloudwatch.PutMetricDataInput{
		Namespace: aws.String("Test/Firehose"), MetricData: []types.MetricDatum{{
			MetricName: aws.String("IncomingRecords"), Dimensions: streamDimension("fire"), Timestamp: aws.Time(at), Value: aws.Float64(value),
		}},
	})
}

func cloudWatchFlows() []flow {
	const sum = types.StatisticSum
	to := time.Now().UTC().Truncate(time.Hour)
	from := to.Add(-time.Hour)
	return []flow{{name: "a metric is counted", steps: []step{
		{name: "nothing yet", call: getMetric("fire", from, to, sum)},
		{name: "three", call: putMetric(3, from)},
		{name: "and four", call: putMetric(4, to.Add(-time.Minute))},
		{name: "and one that is not asked for", call: putMetric(1, to)},
		{name: "their sum", call: getMetric("fire", from, to, sum)},
		{name: "the hour before", call: getMetric("fire", from.Add(-time.Hour), from, sum)},
		{name: "another stream", call: getMetric("other", from, to, sum)},
		{name: "in another Region", region: "eu-west-1", call: getMetric("fire", from, to, sum)},
		{name: "no statistics", call: getMetric("fire", from, to)},
		{name: "from the end to the start", call: getMetric("fire", to, from, sum)},
	}}}
}
