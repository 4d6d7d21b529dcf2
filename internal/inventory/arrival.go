package inventory

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

// Kinds about what arrived. A run that asks for one of them reads the flow logs and the network
// interfaces too.
const (
	// Arriving is what is known of records that arrived: the newest of each flow log and interface,
	// and how far they were looked for.
	Arriving Kind = "arrivals"
	// Records are the newest records themselves. They say who talked to whom, so nothing needs them:
	// they are read when a person asks for it.
	Records Kind = "records"
)

// Arrival is the newest record known to have arrived from a flow log, for one interface or
// (when Interface is empty) from any.
type Arrival struct {
	FlowLog   string    `json:"flow_log"`
	Interface string    `json:"interface,omitempty"`
	Newest    time.Time `json:"newest"`
	Seen      Sign      `json:"seen,omitempty"`
}

// Sign is what a record was known by.
type Sign string

// The signs.
const (
	SeenInStream Sign = "log-stream" // CloudWatch Logs tells the newest event of a stream
	SeenAsObject Sign = "object"     // a file of the flow log lies in the bucket
	SeenRecord   Sign = "record"     // it was read
	SeenInMetric Sign = "metric"     // CloudWatch counts records of the stream, and no other flow log is known to write to it
)

// Known reports whether it is one of the signs above, or none.
func (s Sign) Known() bool {
	switch s {
	case "", SeenInStream, SeenAsObject, SeenRecord, SeenInMetric:
		return true
	}
	return false
}

// Look is how far a flow log's records were looked for. Unless it was blind, a record of any time
// from Since to Until would have been seen. Of later ones nothing can be said: what tells of
// arrivals may itself be late.
type Look struct {
	FlowLog string    `json:"flow_log"`
	Since   time.Time `json:"since"`
	Until   time.Time `json:"until"`
	Blind   string    `json:"blind,omitempty"` // why records could be there unseen; hostile where it quotes a name
}

// Sample is what the newest records of a flow log say, as far as they were read.
type Sample struct {
	FlowLog    string   `json:"flow_log"`
	OK         int      `json:"ok"`
	NoData     int      `json:"nodata"`
	SkipData   int      `json:"skipdata"`                 // records were lost: AWS could not capture them
	Incomplete int      `json:"incompletedata,omitempty"` // of Cloud WAN: AWS captured a part
	Other      int      `json:"other"`                    // the format has no status, or it is a word of another year
	Malformed  int      `json:"malformed"`                // no records of the flow log's format
	Files      int      `json:"files,omitempty"`          // of a bucket that were read, the newest first, until one held a record
	Empty      int      `json:"empty,omitempty"`          // files without a record, read or of no size
	Partial    bool     `json:"partial,omitempty"`        // something was not read to its end
	Extent     string   `json:"extent,omitempty"`         // how far it was read; hostile where it names a file
	Lines      []string `json:"lines,omitempty"`
}

// Records is how many records were read.
func (s Sample) Records() int { return s.OK + s.NoData + s.SkipData + s.Incomplete + s.Other }

// ArrivedSince reports whether the inventory holds a record of the flow log from t or later.
func (inv *Inventory) ArrivedSince(l FlowLog, t time.Time) bool {
	return slices.ContainsFunc(inv.Arrivals, func(a Arrival) bool {
		return a.FlowLog == l.ID && l.ID != "" && !a.Newest.Before(t)
	})
}

// ArrivalsOf are the arrivals of a flow log, in the inventory's order.
func (inv *Inventory) ArrivalsOf(l FlowLog) []Arrival {
	var of []Arrival
	for _, a := range inv.Arrivals {
		if a.FlowLog == l.ID && l.ID != "" {
			of = append(of, a)
		}
	}
	return of
}

// LookAt is how far the records of a flow log were looked for; nil where nobody looked.
func (inv *Inventory) LookAt(l FlowLog) *Look {
	return about(inv.Looks, l, func(k Look) string { return k.FlowLog })
}

// SampleOf is what was read of a flow log's newest records; nil where none were.
func (inv *Inventory) SampleOf(l FlowLog) *Sample {
	return about(inv.Samples, l, func(s Sample) string { return s.FlowLog })
}

func about[T any](facts []T, l FlowLog, log func(T) string) *T {
	i := slices.IndexFunc(facts, func(f T) bool { return log(f) == l.ID && l.ID != "" })
	if i < 0 {
		return nil
	}
	return &facts[i]
}

// InterfacesOf are the network interfaces that a flow log is on: its resource, or those in it. None
// for a log that is on no interfaces that the account sees.
func (inv *Inventory) InterfacesOf(l FlowLog) []Interface {
	var on []Interface
	for _, i := range inv.Interfaces {
		if l.Covers(i) {
			on = append(on, i)
		}
	}
	return on
}

// Covers reports whether the log is on an interface, or on its subnet or VPC.
func (l FlowLog) Covers(i Interface) bool {
	return l.ResourceID != "" && (l.ResourceID == i.VPCID || l.ResourceID == i.SubnetID || l.ResourceID == i.ID)
}

// normalizeArrivals keeps the newest arrival of each flow log and interface, and one look and one
// sample of each flow log.
func (inv *Inventory) normalizeArrivals() {
	inv.Arrivals = onceEach(inv.Arrivals, compareArrivals, func(a Arrival) [2]string { return [2]string{a.FlowLog, a.Interface} })
	inv.Looks = onceEach(inv.Looks, compareLooks, func(k Look) string { return k.FlowLog })
	inv.Samples = onceEach(inv.Samples, compareSamples, func(s Sample) string { return s.FlowLog })
}

// compareArrivals is a total order; of one flow log and interface the newest comes first.
func compareArrivals(a, b Arrival) int {
	return cmp.Or(
		strings.Compare(a.FlowLog, b.FlowLog),
		strings.Compare(a.Interface, b.Interface),
		b.Newest.Compare(a.Newest),
		strings.Compare(string(b.Seen), string(a.Seen)))
}

// compareLooks puts that first of which the least can be said.
func compareLooks(a, b Look) int {
	return cmp.Or(
		strings.Compare(a.FlowLog, b.FlowLog),
		strings.Compare(b.Blind, a.Blind),
		b.Since.Compare(a.Since),
		a.Until.Compare(b.Until))
}

func compareSamples(a, b Sample) int {
	return cmp.Or(
		strings.Compare(a.FlowLog, b.FlowLog),
		cmp.Compare(b.Records(), a.Records()),
		cmp.Compare(b.SkipData, a.SkipData),
		cmp.Compare(b.Incomplete, a.Incomplete),
		cmp.Compare(b.NoData, a.NoData),
		cmp.Compare(b.Other, a.Other),
		cmp.Compare(b.Malformed, a.Malformed),
		cmp.Compare(b.Files, a.Files),
		cmp.Compare(b.Empty, a.Empty),
		strings.Compare(a.Extent, b.Extent),
		slices.Compare(a.Lines, b.Lines))
}
