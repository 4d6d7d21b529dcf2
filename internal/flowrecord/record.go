package flowrecord

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// ErrMalformed marks a line that is no record of its format.
var ErrMalformed = errors.New("no record of its format")

// Record is one flow log record: values in the order of its format's fields.
type Record struct {
	format Format
	values []string
}

// Parse reads a line. It must have as many values as the format has fields, and version, times, action
// and log-status must have their form: any sentence of fourteen words would be a record else.
func (f Format) Parse(line string) (Record, error) {
	values, fields := strings.Fields(line), f.Fields()
	if len(values) != len(fields) {
		return Record{}, fmt.Errorf("%w: %d values where the format has %d fields", ErrMalformed, len(values), len(fields))
	}
	for i, field := range fields {
		if !hasForm(field, values[i]) {
			return Record{}, fmt.Errorf("%w: %.64q is no %s", ErrMalformed, values[i], field)
		}
	}
	return Record{format: f, values: values}, nil
}

// hasForm reports whether a value can be one of the field (VPC user guide, "Flow log records"). "-" stands
// for what a record does not have; a version it always has. Words of a log-status to come are let pass.
func hasForm(field, value string) bool {
	switch field {
	case Version:
		return consistsOf(value, '0', '9')
	case Start, End:
		return value == "-" || consistsOf(value, '0', '9')
	case Action:
		return value == "-" || value == "ACCEPT" || value == "REJECT"
	case LogStatus:
		return value == "-" || consistsOf(value, 'A', 'Z')
	}
	return true
}

func consistsOf(value string, first, last rune) bool {
	return value != "" && !strings.ContainsFunc(value, func(c rune) bool { return c < first || c > last })
}

// Value is the value of a field; empty where the format lacks it or the record has "-" for it. That of a
// tag arrives percent-encoded (VPC user guide, flow log records) and is given as it was set: hostile text.
func (r Record) Value(field string) string {
	i := slices.Index(r.format.Fields(), field)
	if i < 0 || i >= len(r.values) || r.values[i] == "-" {
		return ""
	}
	if _, _, tag := TagResource(field); tag {
		if plain, err := url.PathUnescape(r.values[i]); err == nil {
			return plain
		}
	}
	return r.values[i]
}

// String is the record as a line: hostile text.
func (r Record) String() string { return strings.Join(r.values, " ") }

// Status is what the record says of its interval.
type Status string

// The statuses that AWS documents. SkipData means that records of the interval were lost: an
// internal limit or error kept them from being captured (VPC user guide, flow log records).
// IncompleteData is of Cloud WAN: a part of the interval was captured.
const (
	OK             Status = "OK"
	NoData         Status = "NODATA"
	SkipData       Status = "SKIPDATA"
	IncompleteData Status = "INCOMPLETEDATA"
)

// Status is empty where the format has no log-status.
func (r Record) Status() Status { return Status(r.Value(LogStatus)) }

// At is when the record's interval ended, or else began: zero where it says neither.
func (r Record) At() time.Time {
	for _, field := range []string{End, Start} {
		seconds, err := strconv.ParseInt(r.Value(field), 10, 64)
		if err == nil && seconds > 0 && seconds < latest {
			return time.Unix(seconds, 0).UTC()
		}
	}
	return time.Time{}
}

// latest keeps times within the years that can be written down: a value beyond is no time.
const latest = 253402300800 // 10000-01-01

// Count is records by their status.
type Count struct {
	OK         int `json:"ok"`
	NoData     int `json:"nodata"`
	SkipData   int `json:"skipdata"`
	Incomplete int `json:"incompletedata"`
	Other      int `json:"other"`     // of no status: the format lacks it, or it is a word of another year
	Malformed  int `json:"malformed"` // lines that are no record of the format
}

// Add counts a record.
func (c *Count) Add(r Record) {
	switch r.Status() {
	case OK:
		c.OK++
	case NoData:
		c.NoData++
	case SkipData:
		c.SkipData++
	case IncompleteData:
		c.Incomplete++
	default:
		c.Other++
	}
}

// Records is how many records were counted.
func (c Count) Records() int { return c.OK + c.NoData + c.SkipData + c.Incomplete + c.Other }
