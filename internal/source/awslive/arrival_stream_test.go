package awslive

import (
	"context"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
)

// counted is a metric that answers whatever it is asked with the same points.
type counted struct {
	points []types.Datapoint
	asked  []*cloudwatch.GetMetricStatisticsInput
}

func (c *counted) GetMetricStatistics(_ context.Context, in *cloudwatch.GetMetricStatisticsInput, _ ...func(*cloudwatch.Options)) (*cloudwatch.GetMetricStatisticsOutput, error) {
	c.asked = append(c.asked, in)
	return &cloudwatch.GetMetricStatisticsOutput{Datapoints: c.points}, nil
}

func points(sum float64, ago ...time.Duration) []types.Datapoint {
	var all []types.Datapoint
	for _, d := range ago {
		all = append(all, types.Datapoint{Timestamp: aws.Time(noon.Add(-d)), Sum: aws.Float64(sum)})
	}
	return all
}

func TestNewestIncoming(t *testing.T) {
	t.Parallel()
	const minute = time.Minute
	tests := []struct {
		name   string
		window time.Duration
		points []types.Datapoint
		want   string // minute of the day; empty for none
		period time.Duration
		calls  int
	}{
		{"the end of the newest period, in whatever order", 24 * time.Hour, points(3, 20*minute, 10*minute, 30*minute), "11:55", 5 * minute, 1},
		{"a period that is not over ends now", 24 * time.Hour, points(1, 2*minute), "12:00", 5 * minute, 1},
		{"none", 24 * time.Hour, nil, "", 5 * minute, 1},
		{"periods in which nothing came", 24 * time.Hour, points(0, 10*minute), "", 5 * minute, 1},
		{"a point from before what was asked for", time.Hour, points(1, 61*minute), "", 5 * minute, 1},
		{"a window of a quarter", 90 * 24 * time.Hour, points(1, 3*time.Hour), "11:00", 2 * time.Hour, 1},
		{"a window in which no whole period begins", 0, points(1, minute), "", 0, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			metric := &counted{points: tt.points}
			newest, err := newestIncoming(t.Context(), metric, "fire", noon.Add(-tt.window), noon)
			if err != nil {
				t.Fatal(err)
			}
			got := ""
			if !newest.IsZero() {
				got = newest.Format("15:04")
			}
			if got != tt.want || len(metric.asked) != tt.calls {
				t.Fatalf("%q after %d calls, want %q after %d", got, len(metric.asked), tt.want, tt.calls)
			}
			if tt.calls == 0 {
				return
			}
			in := metric.asked[0]
			period := time.Duration(aws.ToInt32(in.Period)) * time.Second
			if period != tt.period || in.StartTime.Before(noon.Add(-tt.window)) || in.EndTime.Sub(*in.StartTime) > mostPoints*period {
				t.Errorf("asked from %s to %s by %s, want a period of %s within the window and CloudWatch's bound", in.StartTime, in.EndTime, period, tt.period)
			}
		})
	}
}
