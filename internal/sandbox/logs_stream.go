package sandbox

import (
	"cmp"
	"encoding/base64"
	"encoding/json"
	"slices"
	"sort"
	"strings"
	"time"
)

// Orders of DescribeLogStreams.
const (
	byStreamName = "LogStreamName"
	byLastEvent  = "LastEventTime"
)

// shownStream is a stream as DescribeLogStreams gives it. One without events has no
// times but that of its creation.
type shownStream struct {
	Name          string `json:"logStreamName"`
	CreationTime  int64  `json:"creationTime"`
	FirstEvent    int64  `json:"firstEventTimestamp,omitempty"`
	LastEvent     int64  `json:"lastEventTimestamp,omitempty"`
	LastIngestion int64  `json:"lastIngestionTime,omitempty"`
	UploadToken   string `json:"uploadSequenceToken,omitempty"`
	ARN           string `json:"arn"`
	StoredBytes   int64  `json:"storedBytes"` // 0 for every stream since 2019 (CloudWatch Logs API reference)
}

func (c *call) showStream(g *logGroup, s *logStream) shownStream {
	out := shownStream{
		Name: s.name, CreationTime: millis(s.created),
		ARN: g.arnIn(c.account, c.region.name) + ":log-stream:" + s.name,
	}
	if n := s.count(c.now); n > 0 {
		first, last := s.event(0, c.now), s.event(n-1, c.now)
		out.FirstEvent, out.LastEvent = millis(first.at), millis(last.at)
		out.LastIngestion = millis(last.ingested)
		// The token counts for nothing any more, yet AWS still gives one.
		out.UploadToken = logToken{Stream: s.name, At: n}.encode("")
	}
	return out
}

func describeLogStreams(c *call) error {
	var in struct {
		Group      string  `json:"logGroupName"`
		Identifier string  `json:"logGroupIdentifier"`
		Prefix     *string `json:"logStreamNamePrefix"`
		Order      string  `json:"orderBy"`
		Descending bool    `json:"descending"`
		Token      string  `json:"nextToken"`
		Limit      *int    `json:"limit"`
	}
	if err := c.decode(&in); err != nil {
		return err
	}
	size, err := describeLimit(in.Limit)
	if err != nil {
		return err
	}
	order := cmp.Or(in.Order, byStreamName)
	if order != byStreamName && order != byLastEvent {
		return violation(order, "orderBy", "Member must satisfy enum value set: ["+byStreamName+", "+byLastEvent+"]")
	}
	if order == byLastEvent && in.Prefix != nil {
		return invalidParameter("Cannot order by LastEventTime with a logStreamNamePrefix.")
	}
	g, err := c.identified(in.Group, in.Identifier)
	if err != nil {
		return err
	}
	var shown []shownStream
	for _, s := range byName(g.streams) {
		if in.Prefix == nil || strings.HasPrefix(s.name, *in.Prefix) {
			shown = append(shown, c.showStream(g, s))
		}
	}
	if order == byLastEvent {
		slices.SortStableFunc(shown, func(a, b shownStream) int { return cmp.Compare(a.LastEvent, b.LastEvent) })
	}
	if in.Descending {
		slices.Reverse(shown)
	}
	page, next, ok := offsetPage(c, shown, in.Token, size)
	if !ok {
		return badToken(c)
	}
	c.reply = struct {
		Streams []shownStream `json:"logStreams"`
		Next    string        `json:"nextToken,omitempty"`
	}{append([]shownStream{}, page...), next}
	return nil
}

// logToken is a place in a stream: before the event with the number At. GetLogEvents gives
// two with every answer, and the same one again at the end of the stream (CloudWatch
// Logs API reference, GetLogEvents).
type logToken struct {
	Stream string `json:"s"`
	At     int    `json:"a"`
}

// encode gives the token, with "f/" or "b/" before it for its direction.
func (t logToken) encode(direction string) string {
	b, err := json.Marshal(t)
	if err != nil {
		return direction // a string and a number always encode
	}
	return direction + base64.RawURLEncoding.EncodeToString(b)
}

// readLogToken decodes a token of GetLogEvents.
func readLogToken(token, stream string) (at int, forward, ok bool) {
	direction, text, found := strings.Cut(token, "/")
	b, err := base64.RawURLEncoding.DecodeString(text)
	var t logToken
	if !found || err != nil || json.Unmarshal(b, &t) != nil || t.Stream != stream || t.At < 0 {
		return 0, false, false
	}
	return t.At, direction == "f", direction == "f" || direction == "b"
}

// shownEvent is an event as GetLogEvents gives it.
type shownEvent struct {
	Timestamp     int64  `json:"timestamp"`
	Message       string `json:"message"`
	IngestionTime int64  `json:"ingestionTime"`
}

// eventQuery is the document of GetLogEvents.
type eventQuery struct {
	Group      string `json:"logGroupName"`
	Identifier string `json:"logGroupIdentifier"`
	Stream     string `json:"logStreamName"`
	Start      *int64 `json:"startTime"`
	End        *int64 `json:"endTime"`
	Token      string `json:"nextToken"`
	Limit      *int   `json:"limit"`
	FromHead   bool   `json:"startFromHead"`
}

// maxEventBytes bounds one answer of GetLogEvents; an event counts as its message and 26
// bytes (CloudWatch Logs API reference).
const maxEventBytes = 1 << 20

func (q *eventQuery) size() (int, error) {
	switch {
	case q.Limit == nil:
		return 10_000, nil
	case *q.Limit < 1:
		return 0, violation(*q.Limit, "limit", "Member must have value greater than or equal to 1")
	case *q.Limit > 10_000:
		return 0, violation(*q.Limit, "limit", "Member must have value less than or equal to 10000")
	}
	return *q.Limit, nil
}

func getLogEvents(c *call) error {
	var in eventQuery
	if err := c.decode(&in); err != nil {
		return err
	}
	size, err := in.size()
	if err != nil {
		return err
	}
	g, err := c.identified(in.Group, in.Identifier)
	if err != nil {
		return err
	}
	s := g.streams[in.Stream]
	if s == nil {
		return badRequest("ResourceNotFoundException", "The specified log stream does not exist.")
	}
	from, to := in.window(s, c.now)
	at, forward := to, false
	if in.FromHead {
		at, forward = from, true
	}
	if in.Token != "" {
		var ok bool
		if at, forward, ok = readLogToken(in.Token, s.name); !ok {
			return badToken(c)
		}
		at = min(max(at, from), to)
	}
	events, first := s.read(at, from, to, c.limit(size), forward, c.now)
	c.reply = struct {
		Events   []shownEvent `json:"events"`
		Forward  string       `json:"nextForwardToken"`
		Backward string       `json:"nextBackwardToken"`
	}{
		events,
		logToken{Stream: s.name, At: first + len(events)}.encode("f/"),
		logToken{Stream: s.name, At: first}.encode("b/"),
	}
	return nil
}

// window gives the events of a stream between the times asked for, the start included
// and the end not, as the numbers of the first and of the one behind the last.
func (q *eventQuery) window(s *logStream, now time.Time) (from, to int) {
	n := s.count(now)
	at := func(i int) int64 { return millis(s.event(i, now).at) }
	to = n
	if q.Start != nil {
		from = sort.Search(n, func(i int) bool { return at(i) >= *q.Start })
	}
	if q.End != nil {
		to = max(from, sort.Search(n, func(i int) bool { return at(i) >= *q.End }))
	}
	return from, to
}

// read takes up to size events behind a place, or before it, in the order of time, and
// gives the number of the first.
func (s *logStream) read(at, from, to, size int, forward bool, now time.Time) (events []shownEvent, first int) {
	events, bytes := []shownEvent{}, 0
	add := func(i int) bool {
		e := s.event(i, now)
		bytes += len(e.message) + 26
		if len(events) > 0 && bytes > maxEventBytes {
			return false
		}
		events = append(events, shownEvent{Timestamp: millis(e.at), Message: e.message, IngestionTime: millis(e.ingested)})
		return true
	}
	if forward {
		for i := at; i < min(to, at+size) && add(i); i++ {
		}
		return events, at
	}
	for i := at - 1; i >= max(from, at-size) && add(i); i-- {
	}
	slices.Reverse(events)
	return events, at - len(events)
}
