package awscli

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"flowproof/internal/inventory"
	"flowproof/internal/strictjson"
)

// vpcItem is an item of DescribeVpcs as the CLI prints it.
type vpcItem struct {
	ID      text  `json:"VpcId"`
	Owner   owner `json:"OwnerId"`
	CIDR    text  `json:"CidrBlock"`
	Default flag  `json:"IsDefault"`
	Tags    tags  `json:"Tags"`
}

// addVPC adds one item of DescribeVpcs. Anything but the id may be absent: answers of older
// years, and tools that thin answers out, leave out OwnerId.
func addVPC(inv *inventory.Inventory, item []byte) error {
	var v vpcItem
	if err := decode(item, &v); err != nil {
		return err
	}
	if v.ID == "" {
		return errors.New("it has no VpcId")
	}
	inv.VPCs = append(inv.VPCs, inventory.VPC{
		ID:        string(v.ID),
		OwnerID:   string(v.Owner),
		CIDR:      string(v.CIDR),
		IsDefault: bool(v.Default),
		Tags:      v.Tags,
	})
	return nil
}

// flowLogItem is an item of DescribeFlowLogs as the CLI prints it.
type flowLogItem struct {
	ID               text    `json:"FlowLogId"`
	ResourceID       text    `json:"ResourceId"`
	Status           text    `json:"FlowLogStatus"`
	DeliveryStatus   text    `json:"DeliverLogsStatus"`
	DeliveryError    text    `json:"DeliverLogsErrorMessage"`
	TrafficType      text    `json:"TrafficType"`
	DestinationType  text    `json:"LogDestinationType"`
	Destination      text    `json:"LogDestination"`
	LogGroup         text    `json:"LogGroupName"`
	Role             text    `json:"DeliverLogsPermissionArn"`
	CrossAccountRole text    `json:"DeliverCrossAccountRole"`
	Format           text    `json:"LogFormat"`
	Interval         number  `json:"MaxAggregationInterval"`
	Created          instant `json:"CreationTime"`
	Tags             tags    `json:"Tags"`
	Options          struct {
		FileFormat text `json:"FileFormat"`
		Hive       flag `json:"HiveCompatiblePartitions"`
		PerHour    flag `json:"PerHourPartition"`
	} `json:"DestinationOptions"`
	TagFields []struct {
		Resource text   `json:"ResourceType"`
		Keys     []text `json:"TagKeys"`
	} `json:"TagFieldSpecifications"`
}

// addFlowLog adds one item of DescribeFlowLogs. Every field may be absent: recorded answers lack
// even ResourceId. Normalize knows what absence means.
func addFlowLog(inv *inventory.Inventory, item []byte) error {
	var l flowLogItem
	if err := decode(item, &l); err != nil {
		return err
	}
	log := inventory.FlowLog{
		ID:               string(l.ID),
		ResourceID:       string(l.ResourceID),
		Status:           string(l.Status),
		DeliveryStatus:   string(l.DeliveryStatus),
		DeliveryError:    string(l.DeliveryError),
		TrafficType:      string(l.TrafficType),
		DestinationType:  string(l.DestinationType),
		Destination:      string(l.Destination),
		LogGroup:         string(l.LogGroup),
		Role:             string(l.Role),
		CrossAccountRole: string(l.CrossAccountRole),
		Format:           string(l.Format),
		Interval:         int32(l.Interval),
		FileFormat:       string(l.Options.FileFormat),
		Hive:             bool(l.Options.Hive),
		PerHour:          bool(l.Options.PerHour),
		Created:          time.Time(l.Created),
		Tags:             l.Tags,
	}
	for _, f := range l.TagFields {
		field := inventory.TagField{Resource: string(f.Resource)}
		for _, key := range f.Keys {
			field.Keys = append(field.Keys, string(key))
		}
		log.TagFields = append(log.TagFields, field)
	}
	inv.FlowLogs = append(inv.FlowLogs, log)
	return nil
}

// decode reads one item, which must be an object: a null in the list would be a thing lost.
func decode(item []byte, into any) error {
	if item[0] != '{' {
		return fmt.Errorf("want an object, not %s", clip(item))
	}
	if err := strictjson.CheckFolded(item); err != nil {
		return err
	}
	return json.Unmarshal(item, into)
}

// The types below take what the AWS CLI prints and what files become on their way through
// converters: numbers where there were strings, and the other way round. A null is an
// absent value. Whatever else stands there is an error, since a fact would be lost.

// text is a string, or a number by its digits.
type text string

// UnmarshalJSON implements json.Unmarshaler.
func (t *text) UnmarshalJSON(b []byte) error {
	s, err := scalar(b)
	*t = text(s)
	return err
}

// owner is an account id. It gets back the zeros in front that it lost if a tool on the way took it
// for a number. What is no account id is refused: its VPC would pass for a foreign one.
type owner string

// UnmarshalJSON implements json.Unmarshaler.
func (o *owner) UnmarshalJSON(b []byte) error {
	s, err := scalar(b)
	if err != nil || s == "" {
		return err
	}
	if b[0] != '"' && len(s) < 12 {
		s = strings.Repeat("0", 12-len(s)) + s
	}
	if !accountName.MatchString(s) {
		return fmt.Errorf("want an account id, not %s", clip(b))
	}
	*o = owner(s)
	return nil
}

// flag is true or false, also as words.
type flag bool

// UnmarshalJSON implements json.Unmarshaler.
func (f *flag) UnmarshalJSON(b []byte) error {
	switch s := strings.Trim(string(b), `"`); strings.ToLower(s) {
	case "true":
		*f = true
	case "false", "null", "":
		*f = false
	default:
		return fmt.Errorf("want true or false, not %s", clip(b))
	}
	return nil
}

// number is a whole number, also as a string.
type number int32

// UnmarshalJSON implements json.Unmarshaler.
func (n *number) UnmarshalJSON(b []byte) error {
	s, err := scalar(b)
	if err != nil || s == "" {
		return err
	}
	i, err := strconv.ParseInt(s, 10, 32)
	if err != nil {
		return fmt.Errorf("want a whole number, not %s", clip(b))
	}
	*n = number(i)
	return nil
}

// instant is a time in UTC.
type instant time.Time

// timeLayouts are those of version 1 of the CLI, which prints what EC2 sent; of version 2, which
// prints Python's isoformat, with a fraction only where there is one; and of Python programs
// that print a time with str. time.Parse takes a fraction that a layout does not have.
var timeLayouts = []string{time.RFC3339, "2006-01-02T15:04:05", "2006-01-02 15:04:05Z07:00", "2006-01-02 15:04:05"}

// UnmarshalJSON implements json.Unmarshaler. A number is seconds since 1970, as the CLI prints times of
// services that speak JSON.
func (t *instant) UnmarshalJSON(b []byte) error {
	s, err := scalar(b)
	if err != nil || s == "" {
		return err
	}
	for _, layout := range timeLayouts {
		if at, err := time.Parse(layout, s); err == nil {
			*t = instant(at.UTC())
			return nil
		}
	}
	const latest = 253402300799 // the last second of the year 9999
	seconds, err := strconv.ParseFloat(s, 64)
	if err != nil || !(seconds >= 0 && seconds <= latest) {
		return fmt.Errorf("want a time, not %s", clip(b))
	}
	*t = instant(time.UnixMilli(int64(seconds * 1000)).UTC())
	return nil
}

// tags is a list of Key and Value.
type tags map[string]string

// UnmarshalJSON implements json.Unmarshaler. An empty list is no tags at all, so that it compares equal to an
// absent one.
func (t *tags) UnmarshalJSON(b []byte) error {
	var list []struct{ Key, Value text }
	if err := json.Unmarshal(b, &list); err != nil {
		return fmt.Errorf("want a list of tags, not %s", clip(b))
	}
	*t = nil
	for _, tag := range list {
		if *t == nil {
			*t = tags{}
		}
		(*t)[string(tag.Key)] = string(tag.Value)
	}
	return nil
}

// scalar is a string's content, a number's digits, or empty for null.
func scalar(b []byte) (string, error) {
	switch {
	case string(b) == "null":
		return "", nil
	case b[0] == '"':
		var s string
		err := json.Unmarshal(b, &s)
		return s, err
	case b[0] == '-' || b[0] >= '0' && b[0] <= '9':
		return string(b), nil
	}
	return "", fmt.Errorf("want text, not %s", clip(b))
}

// clip quotes the beginning of hostile JSON on one line.
func clip(b []byte) string {
	const most = 40
	if len(b) > most {
		return strconv.Quote(string(b[:most])) + "..."
	}
	return strconv.Quote(string(b))
}
