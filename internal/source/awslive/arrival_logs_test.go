package awslive

import (
	"context"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"

	"flowproof/internal/inventory"
)

var noon = time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)

func day() edges {
	return edges{since: noon.Add(-24 * time.Hour), until: noon.Add(-lateness), now: noon}
}

func streamAt(name string, ago time.Duration) types.LogStream {
	return types.LogStream{LogStreamName: aws.String(name), LastEventTimestamp: aws.Int64(noon.Add(-ago).UnixMilli())}
}

// TestAttribute: a stream counts for a flow log where it is sound, and nowhere else.
func TestAttribute(t *testing.T) {
	t.Parallel()
	onVPC := func(id, vpc, traffic string) inventory.FlowLog {
		return inventory.FlowLog{ID: id, ResourceID: vpc, TrafficType: traffic, Status: "ACTIVE", Created: noon.Add(-1000 * time.Hour)}
	}
	log := onVPC("fl-1", "vpc-1", "ALL")
	young := log
	young.Created = noon.Add(-time.Hour)
	interfaces := map[string]inventory.Interface{
		"eni-1": {ID: "eni-1", VPCID: "vpc-1", SubnetID: "subnet-1"},
		"eni-2": {ID: "eni-2", VPCID: "vpc-2", SubnetID: "subnet-2"},
	}
	tests := []struct {
		name     string
		log      inventory.FlowLog
		others   []inventory.FlowLog
		stream   types.LogStream
		arrived  bool
		doubtful bool
	}{
		{"its interface and its traffic", log, nil, streamAt("eni-1-all", time.Minute), true, false},
		{"on the subnet", onVPC("fl-1", "subnet-1", "ALL"), nil, streamAt("eni-1-all", time.Minute), true, false},
		{"on the interface, which was not read", onVPC("fl-1", "eni-9", "REJECT"), []inventory.FlowLog{onVPC("fl-2", "vpc-2", "REJECT")}, streamAt("eni-9-reject", time.Minute), true, false},
		{"two logs of the same traffic share the stream", log, []inventory.FlowLog{onVPC("fl-2", "subnet-1", "ALL")}, streamAt("eni-1-all", time.Minute), true, false},
		{"another VPC's interface", log, nil, streamAt("eni-2-all", time.Minute), false, false},
		{"other traffic", log, nil, streamAt("eni-1-reject", time.Minute), false, false},
		{"at the edge of the window", log, nil, streamAt("eni-1-all", 24*time.Hour), true, false},
		{"before the window", log, nil, streamAt("eni-1-all", 24*time.Hour+time.Second), false, false},
		{"without an event", log, nil, types.LogStream{LogStreamName: aws.String("eni-1-all"), CreationTime: aws.Int64(noon.UnixMilli())}, false, false},
		{"not named as flow logs do", log, nil, streamAt("ecs/eni-1-all", time.Minute), false, false},
		{"an interface that is gone, of the only log", log, []inventory.FlowLog{onVPC("fl-2", "vpc-2", "REJECT")}, streamAt("eni-7-all", time.Minute), true, false},
		{"an interface that is gone, of either log", log, []inventory.FlowLog{onVPC("fl-2", "vpc-2", "ALL")}, streamAt("eni-7-all", time.Minute), false, true},
		{"from before the flow log was made", young, nil, streamAt("eni-1-all", 2*time.Hour), false, false},
		{"of the interval in which it was made", young, nil, streamAt("eni-1-all", time.Hour+5*time.Minute), true, false},
		{"a transit gateway's attachment", onVPC("fl-1", "tgw-1", ""), nil, streamAt("tgw-attach-1-all", time.Minute), true, false},
		{"a VPC is no transit gateway", log, nil, streamAt("tgw-attach-1-all", time.Minute), false, false},
		{"a transit gateway is no VPC", onVPC("fl-1", "tgw-1", ""), nil, streamAt("eni-1-all", time.Minute), false, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			g := group{name: "flows", logs: append(tt.others, tt.log)}
			arrivals, doubtful := g.attribute(tt.log, day().streams([]types.LogStream{tt.stream}), interfaces)
			if (len(arrivals) == 1) != tt.arrived || (doubtful != "") != tt.doubtful {
				t.Errorf("arrivals %v, doubtful %q", arrivals, doubtful)
			}
		})
	}
}

// TestTimesAheadCountAsNow: whoever writes an event chooses its time.
func TestTimesAheadCountAsNow(t *testing.T) {
	t.Parallel()
	log := inventory.FlowLog{ID: "fl-1", ResourceID: "eni-1", TrafficType: "ALL"}
	arrivals, _ := group{logs: []inventory.FlowLog{log}}.attribute(log, day().streams([]types.LogStream{streamAt("eni-1-all", -48*time.Hour)}), nil)
	if len(arrivals) != 1 || !arrivals[0].Newest.Equal(noon) {
		t.Errorf("arrivals %v, want one of now", arrivals)
	}
}

// endless is a log group with a stream a minute, the newest first, for ever.
type endless struct{ pages int }

func (e *endless) DescribeLogStreams(_ context.Context, in *cloudwatchlogs.DescribeLogStreamsInput, _ ...func(*cloudwatchlogs.Options)) (*cloudwatchlogs.DescribeLogStreamsOutput, error) {
	page, _ := strconv.Atoi(aws.ToString(in.NextToken))
	e.pages++
	out := &cloudwatchlogs.DescribeLogStreamsOutput{NextToken: aws.String(strconv.Itoa(page + 1))}
	for i := range streamsPerPage {
		out.LogStreams = append(out.LogStreams, streamAt("eni-1-all", time.Duration(page*streamsPerPage+i)*time.Minute))
	}
	return out, nil
}

func (e *endless) GetLogEvents(context.Context, *cloudwatchlogs.GetLogEventsInput, ...func(*cloudwatchlogs.Options)) (*cloudwatchlogs.GetLogEventsOutput, error) {
	panic("nobody asked for records")
}

func TestStreamsAreReadToTheEdgeOrToABound(t *testing.T) {
	t.Parallel()
	for window, want := range map[time.Duration]struct {
		pages, streams int
		whole          bool
	}{
		30 * time.Minute: {1, 31, true},
		99 * time.Minute: {3, 100, true},
		48 * time.Hour:   {streamPages, streamPages * streamsPerPage, false},
	} {
		group := &endless{}
		streams, whole, err := streamsSince(t.Context(), group, "flows", noon.Add(-window))
		if err != nil || group.pages != want.pages || len(streams) != want.streams || whole != want.whole {
			t.Errorf("%s: %d pages, %d streams, whole %v, %v; want %+v", window, group.pages, len(streams), whole, err, want)
		}
	}
}

func TestTallyKeepsTheNewestRecords(t *testing.T) {
	t.Parallel()
	line := func(eni string, ago time.Duration, status string) string {
		at := strconv.FormatInt(noon.Add(-ago).Unix(), 10)
		return "2 123456789012 " + eni + " 10.0.0.5 10.0.1.7 443 49152 6 10 840 " + at + " " + at + " ACCEPT " + status
	}
	k := newTally(inventory.FlowLog{ID: "fl-1"}, day(), 2)
	for i := range 50 {
		k.add(k.format.Parse(line("eni-"+strconv.Itoa(i%2), time.Duration(i)*time.Hour, "OK")))
	}
	k.add(k.format.Parse(line("eni-1", 30*time.Minute, "SKIPDATA")))
	k.add(k.format.Parse("hello"))
	if k.count.OK != 50 || k.count.SkipData != 1 || k.count.Malformed != 1 {
		t.Errorf("count %+v", k.count)
	}
	newest := k.newest()
	if len(newest) != 2 || newest[0] != line("eni-0", 0, "OK") || !strings.HasSuffix(newest[1], "SKIPDATA") {
		t.Errorf("newest %q", newest)
	}
	if len(k.arrivals) != 2 || !k.arrivals[0].Newest.Equal(noon) || !k.arrivals[1].Newest.Equal(noon.Add(-30*time.Minute)) {
		t.Errorf("arrivals %v", k.arrivals)
	}
}
