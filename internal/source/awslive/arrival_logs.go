package awslive

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"

	"flowproof/internal/awscall"
	"flowproof/internal/flowrecord"
	"flowproof/internal/inventory"
)

// logStreamReader is what tells of records in CloudWatch Logs.
type logStreamReader interface {
	DescribeLogStreams(context.Context, *cloudwatchlogs.DescribeLogStreamsInput, ...func(*cloudwatchlogs.Options)) (*cloudwatchlogs.DescribeLogStreamsOutput, error)
	GetLogEvents(context.Context, *cloudwatchlogs.GetLogEventsInput, ...func(*cloudwatchlogs.Options)) (*cloudwatchlogs.GetLogEventsOutput, error)
}

// group is a log group and the flow logs that deliver to it.
type group struct {
	name string
	logs []inventory.FlowLog
}

// searchGroups looks at each log group once, for all flow logs that deliver to it.
func (k *search) searchGroups(ctx context.Context) {
	var groups []group
	for _, l := range k.logsTo(inventory.ToCloudWatchLogs) {
		i := slices.IndexFunc(groups, func(g group) bool { return g.name == l.GroupName() })
		if i < 0 {
			i, groups = len(groups), append(groups, group{name: l.GroupName()})
		}
		groups[i].logs = append(groups[i].logs, l)
	}
	groups = slices.DeleteFunc(groups, func(g group) bool { return !k.looksAt(g.logs...) })
	interfaces := interfacesByID(k.inv)
	eachAtOnce(ctx, groups, func(ctx context.Context, g group) { k.searchGroup(ctx, g, interfaces) })
}

func interfacesByID(inv *inventory.Inventory) map[string]inventory.Interface {
	byID := make(map[string]inventory.Interface, len(inv.Interfaces))
	for _, i := range inv.Interfaces {
		byID[i.ID] = i
	}
	return byID
}

func (k *search) searchGroup(ctx context.Context, g group, interfaces map[string]inventory.Interface) {
	client := k.named.logs(k.inv.Region)
	found, whole, err := streamsSince(ctx, client, g.name, k.edges.since)
	if err != nil {
		k.fail(g.logs[0], "logs:DescribeLogStreams", err)
		return
	}
	streams := k.edges.streams(found)
	for _, l := range g.logs {
		arrivals, doubtful := g.attribute(l, streams, interfaces)
		blind := ""
		switch {
		case !whole:
			blind = fmt.Sprintf("log group %s has more than %d streams with records of that time: the rest was not looked at", g.name, streamPages*streamsPerPage)
		case len(arrivals) == 0 && doubtful != "":
			blind = fmt.Sprintf("log stream %s is of an interface that is gone, and more than one flow log delivers to %s", doubtful, g.name)
		}
		if slices.Contains(k.inv.Kinds, inventory.Records) {
			var unread string
			arrivals, unread = k.readStreams(ctx, client, l, arrivals)
			blind = cmp.Or(blind, unread)
		}
		k.add(arrivals, k.look(l, blind))
	}
}

// streamsPerPage is the most that DescribeLogStreams gives at once (API reference).
const streamsPerPage = 50

// streamsSince lists the streams of a group whose newest event is not older than since, the newest
// first. whole is false where a bound cut the list short. A group that does not exist has none:
// delivery makes it with the first record.
func streamsSince(ctx context.Context, client logStreamReader, group string, since time.Time) (streams []types.LogStream, whole bool, err error) {
	in := &cloudwatchlogs.DescribeLogStreamsInput{
		LogGroupName: aws.String(group), OrderBy: types.OrderByLastEventTime, Descending: aws.Bool(true), Limit: aws.Int32(streamsPerPage),
	}
	ctx = awscall.List(ctx)
	for range streamPages {
		out, err := limited(ctx, client.DescribeLogStreams, in)
		if _, absent := errors.AsType[*types.ResourceNotFoundException](err); absent {
			return nil, true, nil
		}
		if err != nil {
			return nil, false, err
		}
		for _, s := range out.LogStreams {
			if newestEvent(s).Before(since) {
				return streams, true, nil
			}
			streams = append(streams, s)
		}
		if aws.ToString(out.NextToken) == "" {
			return streams, true, nil
		}
		in.NextToken = out.NextToken
	}
	return streams, false, nil
}

// newestEvent is when the newest event of a stream was; the zero time where CloudWatch Logs does
// not tell. That a stream was made, or something put into it, is no sign of a new record.
func newestEvent(s types.LogStream) time.Time {
	if s.LastEventTimestamp == nil {
		return time.Time{}
	}
	return time.UnixMilli(*s.LastEventTimestamp)
}

// longestInterval is the most that one record covers. An event bears the time at which its interval
// began, so that the first of a flow log can be older than it; an earlier one is of a flow log before.
const longestInterval = 10 * time.Minute

// stream is a log stream with records of the window, as its name tells whose.
type stream struct {
	name, eni, traffic string
	newest             time.Time
}

// streams takes the names of log streams apart, and leaves out those that no flow log has written, or
// not within the window.
func (e edges) streams(found []types.LogStream) []stream {
	var streams []stream
	for _, s := range found {
		name := aws.ToString(s.LogStreamName)
		eni, traffic, ok := flowrecord.ParseStream(name)
		if newest, recent := e.within(newestEvent(s)); ok && recent {
			streams = append(streams, stream{name, eni, traffic, newest})
		}
	}
	return streams
}

// attribute finds the streams of a group that hold records of one flow log: by the traffic in the
// name, and by the interface, which the log must be on. Where two logs record the same traffic of an
// interface into one group, both write to the same stream, and its events count for both. The
// interface of a stream may be gone by now; then the stream counts if no other log of the account
// delivers such records there, and else it is doubtful.
func (g group) attribute(l inventory.FlowLog, streams []stream, interfaces map[string]inventory.Interface) (arrivals []inventory.Arrival, doubtful string) {
	for _, s := range streams {
		if s.newest.Before(l.Created.Add(-longestInterval)) || !writes(l, s) {
			continue
		}
		known, present := interfaces[s.eni]
		switch {
		case l.ResourceID == s.eni, present && l.Covers(known), !present && g.onlyWriter(l, s):
			arrivals = append(arrivals, inventory.Arrival{FlowLog: l.ID, Interface: s.eni, Newest: s.newest, Seen: inventory.SeenInStream})
		case !present:
			doubtful = s.name
		}
	}
	return arrivals, doubtful
}

// writes reports whether a log may write to a stream: those of transit gateways are named after
// attachments, and have no traffic.
func writes(l inventory.FlowLog, s stream) bool {
	if l.OnGateway() || strings.HasPrefix(s.eni, "tgw-") {
		return l.OnGateway() && strings.HasPrefix(s.eni, "tgw-")
	}
	return s.traffic == l.TrafficType
}

func (g group) onlyWriter(l inventory.FlowLog, s stream) bool {
	return !slices.ContainsFunc(g.logs, func(o inventory.FlowLog) bool { return o.ID != l.ID && writes(o, s) })
}
