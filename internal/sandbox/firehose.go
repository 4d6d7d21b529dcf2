package sandbox

import (
	"net/http"
	"regexp"
	"time"
)

// firehoseOperations lists the operations of Amazon Data Firehose.
func firehoseOperations() map[string]handler {
	return map[string]handler{
		"CreateDeliveryStream":   createDeliveryStream,
		"DescribeDeliveryStream": describeDeliveryStream,
		"ListDeliveryStreams":    listDeliveryStreams,
		"DeleteDeliveryStream":   deleteDeliveryStream,
	}
}

// deliveryStream is a Firehose stream. What it does with records is nobody's matter here.
type deliveryStream struct {
	name    string
	kind    string // DirectPut, KinesisStreamAsSource, ...
	status  string
	created time.Time
}

const (
	directPut    = "DirectPut"
	streamActive = "ACTIVE"
)

var streamName = regexp.MustCompile(`^[a-zA-Z0-9_.-]{1,64}$`)

// plantStreams makes the streams that the scenario declares, which exist in every Region.
func (r *region) plantStreams() {
	r.streams = make(map[string]*deliveryStream)
	if r.account.seed == nil {
		return
	}
	for _, name := range r.account.seed.DeliveryStreams {
		r.streams[name] = &deliveryStream{name: name, kind: directPut, status: streamActive, created: epoch}
	}
}

func (r *region) streamARN(name string) string {
	return "arn:" + r.account.partition + ":firehose:" + r.name + ":" + r.account.id + ":deliverystream/" + name
}

// streamInBody reads the name of the stream that a call is about, and finds it.
func (c *call) streamInBody() (*deliveryStream, error) {
	var in struct {
		Name string `json:"DeliveryStreamName"`
	}
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	s := c.region.streams[in.Name]
	if s == nil {
		return nil, badRequest("ResourceNotFoundException", "Firehose "+in.Name+" under account "+c.account.id+" not found.")
	}
	return s, nil
}

func createDeliveryStream(c *call) error {
	var in struct {
		Name string `json:"DeliveryStreamName"`
		Kind string `json:"DeliveryStreamType"`
	}
	if err := c.decode(&in); err != nil {
		return err
	}
	if !streamName.MatchString(in.Name) {
		return badRequest("ValidationException", "1 validation error detected: Value '"+in.Name+
			"' at 'deliveryStreamName' failed to satisfy constraint: Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+")
	}
	if c.region.streams[in.Name] != nil {
		return badRequest("ResourceInUseException", "Firehose "+in.Name+" under accountId "+c.account.id+" already exists")
	}
	if in.Kind == "" {
		in.Kind = directPut
	}
	c.region.streams[in.Name] = &deliveryStream{name: in.Name, kind: in.Kind, status: streamActive, created: c.now}
	c.reply = map[string]string{"DeliveryStreamARN": c.region.streamARN(in.Name)}
	return nil
}

func describeDeliveryStream(c *call) error {
	s, err := c.streamInBody()
	if err != nil {
		return err
	}
	c.reply = map[string]any{"DeliveryStreamDescription": map[string]any{
		"DeliveryStreamName": s.name, "DeliveryStreamARN": c.region.streamARN(s.name),
		"DeliveryStreamStatus": s.status, "DeliveryStreamType": s.kind, "VersionId": "1",
		"CreateTimestamp": float64(s.created.UnixMilli()) / 1000,
		"Destinations":    []any{}, "HasMoreDestinations": false,
	}}
	return nil
}

func listDeliveryStreams(c *call) error {
	names := []string{}
	for _, s := range byName(c.region.streams) {
		names = append(names, s.name)
	}
	c.reply = map[string]any{"DeliveryStreamNames": names, "HasMoreDeliveryStreams": false}
	return nil
}

func deleteDeliveryStream(c *call) error {
	s, err := c.streamInBody()
	if err != nil {
		return err
	}
	delete(c.region.streams, s.name)
	c.reply = map[string]any{}
	return nil
}

// refuseStream answers for a stream that a flow log is to deliver to. Of a stream in another
// account or Region only the ARN is known.
func (c *call) refuseStream(arn string) *apiError {
	name := nameFromARN(arn)
	if arn != c.region.streamARN(name) {
		return nil
	}
	if s := c.region.streams[name]; s == nil || s.kind != directPut {
		return &apiError{http.StatusBadRequest, "400", "LogDestination: " + name + " does not exist"}
	}
	return nil
}
