package remediate

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"flowproof/internal/inventory"
)

// Arrival is how far a flow log of the plan has come in delivering.
type Arrival struct {
	FlowLog  string       `json:"flow_log"` // empty while there is none
	Resource string       `json:"resource"`
	Account  string       `json:"account"`
	Region   string       `json:"region"`
	State    ArrivalState `json:"state"`
	Detail   string       `json:"detail"`

	want  request // what the step asks for: another's flow log that does it serves as well
	waits bool    // another look may see more
}

// ArrivalState says how far.
type ArrivalState string

// The states.
const (
	Arrived         ArrivalState = "arrived"           // a log stream or an object of it is there
	NothingToRecord ArrivalState = "nothing-to-record" // no network interface: no traffic, no records
	StillWaiting    ArrivalState = "waiting"
	DeliveryFailing ArrivalState = "failing"     // AWS says that delivery fails
	CannotBeSeen    ArrivalState = "not-seen"    // the destination does not show what arrives, or may not be looked into
	NoFlowLog       ArrivalState = "no-flow-log" // the plan's flow log is not there
)

// arrived reports whether there is nothing left to wait for, and nothing wrong.
func (s ArrivalState) arrived() bool { return s == Arrived || s == NothingToRecord }

// Waiting says how far waiting has come.
type Waiting struct {
	Arrived, Total int
	Left           time.Duration // until the wait is over
}

// betweenLooks is how long to wait before looking again. Records come every minute or ten.
const betweenLooks = 30 * time.Second

// await looks at the plan's flow logs again and again, until records of all have arrived, none can
// arrive any more, or the time is over.
func (v Verify) await(ctx context.Context) []Arrival {
	begun := v.Clock.Now()
	end := begun.Add(v.Wait)
	every := v.Every
	if every <= 0 {
		every = betweenLooks
	}
	arrivals := v.expected()
	for {
		for scope, open := range v.open(arrivals) {
			v.lookAt(ctx, scope, open)
		}
		left := end.Sub(v.Clock.Now())
		arrived, open := 0, 0
		for _, a := range arrivals {
			switch {
			case a.State.arrived():
				arrived++
			case a.waits && (a.State != NoFlowLog || v.Clock.Now().Sub(begun) < propagationFor):
				open++
			}
		}
		if v.Tell != nil {
			v.Tell(Waiting{Arrived: arrived, Total: len(arrivals), Left: max(left, 0)})
		}
		if open == 0 || left <= 0 || v.Clock.Sleep(ctx, min(every, left)) != nil {
			return arrivals
		}
	}
}

// expected is a row for each flow log that the plan wants.
func (v Verify) expected() []Arrival {
	var arrivals []Arrival
	for _, s := range v.Plan.Steps {
		if s.Action != CreateFlowLog {
			continue
		}
		want, err := requestOf(s.API)
		if err != nil {
			continue // Decode has refused inputs that are no objects
		}
		arrivals = append(arrivals, Arrival{
			Resource: s.Resource, Account: s.Account, Region: s.Region, State: NoFlowLog,
			Detail: "there is no flow log of this plan on it", want: want, waits: true,
		})
	}
	return arrivals
}

// open gives the rows that are worth another look, by scope.
func (v Verify) open(arrivals []Arrival) map[inventory.Scope][]*Arrival {
	open := map[inventory.Scope][]*Arrival{}
	for i := range arrivals {
		if a := &arrivals[i]; a.waits {
			at := inventory.Scope{Partition: v.Plan.Partition, Account: a.Account, Region: a.Region}
			open[at] = append(open[at], a)
		}
	}
	return open
}

// lookAt brings rows of a scope up to date, by the signs of arrival that a run of prove goes by.
func (v Verify) lookAt(ctx context.Context, scope inventory.Scope, open []*Arrival) {
	inv, err := v.Reader.arrivals(ctx, scope, v.Clock, func(l inventory.FlowLog) bool {
		return slices.ContainsFunc(open, func(a *Arrival) bool { return v.serves(*a, l) })
	})
	if err != nil {
		for _, a := range open {
			a.Detail = "could not be looked at: " + err.Error()
		}
		return
	}
	for _, a := range open {
		if l, found := v.logFor(*a, inv.FlowLogs); found {
			a.judge(&inv, l)
		} else if gaps := inv.GapsIn(inventory.FlowLogs); len(gaps) > 0 {
			a.Detail = unlooked(gaps[0])
		}
	}
}

// logFor is the flow log that a row is about: the plan's own before another that serves as well.
func (v Verify) logFor(a Arrival, logs []inventory.FlowLog) (found inventory.FlowLog, ok bool) {
	for _, l := range logs {
		if v.serves(a, l) && (!ok || madeBy(v.Plan.ID, l.Tags)) {
			found, ok = l, true
		}
	}
	return found, ok
}

// serves reports whether a flow log is the plan's own, or does what the plan asks for.
func (v Verify) serves(a Arrival, l inventory.FlowLog) bool {
	return l.ResourceID == a.Resource && (madeBy(v.Plan.ID, l.Tags) || a.want.sameLog(l))
}

// judge says how far one flow log is.
func (a *Arrival) judge(inv *inventory.Inventory, l inventory.FlowLog) {
	a.FlowLog, a.waits = l.ID, false
	look, gaps := inv.LookAt(l), append(inv.GapsAbout(l.DestinationName(), inventory.Arriving), inv.GapsIn(inventory.Interfaces)...)
	switch {
	case l.Delivery() == inventory.DeliveryFailed:
		a.State, a.Detail = DeliveryFailing, "AWS says: "+l.DeliveryError
	case len(inv.ArrivalsOf(l)) > 0:
		a.State, a.Detail = Arrived, "records are there"
	case strings.HasPrefix(a.Resource, "vpc-") && len(inv.InterfacesOf(l)) == 0 && inv.Whole(inventory.Interfaces):
		a.State, a.Detail = NothingToRecord, "the VPC has no network interface: records come with the first one"
	case len(gaps) > 0:
		a.State, a.Detail, a.waits = StillWaiting, unlooked(gaps[0]), true
		if cause := gaps[0].Cause; cause == inventory.Denied || cause == inventory.DeniedBySCP {
			a.State, a.waits = CannotBeSeen, false
		}
	case look != nil && look.Blind != "":
		a.State, a.Detail, a.waits = CannotBeSeen, look.Blind, mayShow(inv, l)
	default:
		a.State, a.Detail, a.waits = StillWaiting, "no record yet", true
	}
}

// mayShow reports whether a look that was blind may see something later: not into another account's
// bucket, nor in a Firehose stream that others write to.
func mayShow(inv *inventory.Inventory, l inventory.FlowLog) bool {
	switch l.DestinationType {
	case inventory.ToS3:
		return false
	case inventory.ToFirehose:
		_, own := inv.OwnStream(l.Destination)
		return own && !slices.ContainsFunc(inv.FlowLogs, func(o inventory.FlowLog) bool {
			return o.ID != l.ID && o.Destination == l.Destination
		})
	}
	return true
}

// unlooked says what could not be read.
func unlooked(g inventory.Gap) string {
	return fmt.Sprintf("could not be looked at: %s %s: %s", g.API, g.Cause, g.Message)
}
