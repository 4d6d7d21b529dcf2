package awslive_test

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/schemas"
	metrics "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/smithy-go/transport/http/protocol/awsjson"

	"flowproof/internal/sandbox/mototest"
	"flowproof/internal/source/awslive"
)

// streamsOnMoto is an account of moto in one Region.
type streamsOnMoto struct {
	t   *testing.T
	cfg aws.Config
}

// flowLog makes a VPC whose flow log delivers to a stream, and gives the flow log's id.
func (m streamsOnMoto) flowLog(stream string) string {
	m.t.Helper()
	client := ec2.NewFromConfig(m.cfg)
	vpc, err := client.CreateVpc(m.t.Context(), &ec2.CreateVpcInput{CidrBlock: aws.String("10.0.0.0/16")})
	if err != nil {
		m.t.Fatal(err)
	}
	out, err := client.CreateFlowLogs(m.t.Context(), &ec2.CreateFlowLogsInput{
		ResourceIds: []string{*vpc.Vpc.VpcId}, ResourceType: types.FlowLogsResourceTypeVpc, TrafficType: types.TrafficTypeAll,
		LogDestinationType: types.LogDestinationTypeKinesisDataFirehose,
		LogDestination:     aws.String("arn:aws:firehose:" + m.cfg.Region + ":123456789012:deliverystream/" + stream),
	})
	if err != nil || len(out.FlowLogIds) != 1 {
		m.t.Fatalf("flow log to %s: %v", stream, err)
	}
	return out.FlowLogIds[0]
}

// incoming counts records in the metric of a stream. Moto does not know the SDK's own protocol.
func (m streamsOnMoto) incoming(stream string, at time.Time) {
	m.t.Helper()
	client := cloudwatch.NewFromConfig(m.cfg, func(o *cloudwatch.Options) {
		o.Protocol = awsjson.New10(schemas.GraniteServiceVersion20100801)
	})
	if _, err := client.PutMetricData(m.t.Context(), &cloudwatch.PutMetricDataInput{
		Namespace: aws.String("AWS/Firehose"),
		MetricData: []metrics.MetricDatum{{
			MetricName: aws.String("IncomingRecords"), Timestamp: &at, Value: aws.Float64(12),
			Dimensions: []metrics.Dimension{{Name: aws.String("DeliveryStreamName"), Value: &stream}},
		}},
	}); err != nil {
		m.t.Fatal(err)
	}
}

// TestAMetricOnMotoProvesArrival: the metric of an AWS that we did not write is read as ours is. What
// was counted before the flow log was made is another's. Moto makes flow logs now, so what comes
// after lies ahead, and is read an hour later.
func TestAMetricOnMotoProvesArrival(t *testing.T) {
	t.Parallel()
	endpoint := mototest.Start(t)
	cfg, err := awslive.ConfigAt(endpoint)
	if err != nil {
		t.Fatal(err)
	}
	cfg.APIOptions = nil     // the test makes what the program only reads
	cfg.Region = "sa-east-1" // no other test is there
	m, now := streamsOnMoto{t, cfg}, time.Now()
	want := map[string]bool{
		m.flowLog("lately"): true, m.flowLog("before"): false, m.flowLog("never"): false,
		m.flowLog("shared"): false, m.flowLog("shared"): false,
	}
	m.incoming("lately", now.Add(30*time.Minute))
	m.incoming("shared", now.Add(30*time.Minute))
	m.incoming("before", now.Add(-10*time.Minute))

	inv := arrivalsAt(t, endpoint, cfg.Region, time.Hour, awslive.Options{})
	if len(inv.FlowLogs) != len(want) || len(inv.Gaps) > 0 {
		t.Fatalf("%d flow logs, gaps %v", len(inv.FlowLogs), inv.Gaps)
	}
	for _, l := range inv.FlowLogs {
		arrivals := inv.ArrivalsOf(l)
		if got := len(arrivals) == 1; got != want[l.ID] {
			t.Errorf("%s: arrivals %v, want any: %v", l.Destination, arrivals, want[l.ID])
		}
		for _, a := range arrivals {
			if late := a.Newest.Sub(now.Add(30 * time.Minute)); late < 0 || late > 5*time.Minute+time.Second {
				t.Errorf("%s: the newest is of %s, %s after the count", l.Destination, a.Newest, late)
			}
		}
	}
}
