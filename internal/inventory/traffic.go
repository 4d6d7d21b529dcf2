package inventory

import (
	"math/bits"
	"strings"
)

// Traffic is a set of what a flow log records: accepted traffic, rejected traffic, or both.
type Traffic uint8

// The traffic that a flow log can record. ACCEPT and REJECT together are ALL.
const (
	Accept     Traffic = 1 << iota
	Reject             //
	AllTraffic = Accept | Reject
)

// Traffic reads a log's traffic type; an unknown word records nothing. Logs of transit gateways and of
// Cloud WAN have none: they record all that passes (EC2 API reference, CreateFlowLogs).
func (l FlowLog) Traffic() Traffic {
	if l.TrafficType == "" && (l.OnGateway() || l.OnCloudWAN()) {
		return AllTraffic
	}
	switch l.TrafficType {
	case "ACCEPT":
		return Accept
	case "REJECT":
		return Reject
	case "ALL":
		return AllTraffic
	}
	return 0
}

// Has reports whether t includes all of o.
func (t Traffic) Has(o Traffic) bool { return t&o == o }

// count is the number of kinds of traffic in t.
func (t Traffic) count() int { return bits.OnesCount8(uint8(t)) }

// String is the set in AWS's words, "ACCEPT and REJECT" for both.
func (t Traffic) String() string {
	var words []string
	if t.Has(Accept) {
		words = append(words, "ACCEPT")
	}
	if t.Has(Reject) {
		words = append(words, "REJECT")
	}
	if len(words) == 0 {
		return "nothing"
	}
	return strings.Join(words, " and ")
}

// Recorded is the union of what the working logs among logs record.
func Recorded(logs []FlowLog) Traffic {
	var t Traffic
	for _, l := range logs {
		if l.Works() {
			t |= l.Traffic()
		}
	}
	return t
}
