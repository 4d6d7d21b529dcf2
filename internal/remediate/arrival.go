package remediate

import (
	"context"
	"slices"
	"strings"
	"time"

	"flowproof/internal/flowrecord"
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

	want request // what the step asks for: another's flow log that does it serves as well
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
		for region := range byRegion(arrivals) {
			v.lookAt(ctx, region, arrivals)
		}
		left := end.Sub(v.Clock.Now())
		arrived, open := 0, 0
		for _, a := range arrivals {
			switch {
			case a.State.arrived():
				arrived++
			case a.State == StillWaiting, a.State == NoFlowLog && v.Clock.Now().Sub(begun) < propagationFor:
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
			Detail: "there is no flow log of this plan on it", want: want,
		})
	}
	return arrivals
}

func byRegion(arrivals []Arrival) map[string]bool {
	regions := map[string]bool{}
	for _, a := range arrivals {
		regions[a.Region] = true
	}
	return regions
}

// lookAt brings the rows of a Region up to date.
func (v Verify) lookAt(ctx context.Context, region string, arrivals []Arrival) {
	var open []*Arrival
	var resources, vpcs []string
	for i := range arrivals {
		a := &arrivals[i]
		if a.Region != region || a.State != StillWaiting && a.State != NoFlowLog {
			continue
		}
		open = append(open, a)
		resources = append(resources, a.Resource)
		if strings.HasPrefix(a.Resource, "vpc-") {
			vpcs = append(vpcs, a.Resource)
		}
	}
	logs, err := v.Reader.flowLogs(ctx, region, byResource, resources)
	if err != nil {
		waitOn(open, err)
		return
	}
	interfaces, err := v.Reader.interfacesOf(ctx, region, vpcs)
	if err != nil {
		waitOn(open, err)
		return
	}
	for _, a := range open {
		i := slices.IndexFunc(logs, func(l inventory.FlowLog) bool {
			return l.ResourceID == a.Resource && madeBy(v.Plan.ID, l.Tags)
		})
		if i < 0 {
			i = slices.IndexFunc(logs, func(l inventory.FlowLog) bool { return l.ResourceID == a.Resource && a.want.sameLog(l) })
		}
		if i >= 0 {
			v.judge(ctx, a, logs[i], interfaces[a.Resource])
		}
	}
}

// waitOn notes why rows could not be looked at this time.
func waitOn(open []*Arrival, err error) {
	for _, a := range open {
		a.Detail = "could not be looked at: " + err.Error()
	}
}

// judge says of one flow log how far it is.
func (v Verify) judge(ctx context.Context, a *Arrival, l inventory.FlowLog, interfaces []string) {
	a.FlowLog = l.ID
	switch {
	case l.Delivery() == inventory.DeliveryFailed:
		a.State, a.Detail = DeliveryFailing, "AWS says: "+l.DeliveryError
		return
	case len(interfaces) == 0 && strings.HasPrefix(a.Resource, "vpc-"):
		a.State, a.Detail = NothingToRecord, "the VPC has no network interface: records come with the first one"
		return
	case l.DestinationType == inventory.ToFirehose:
		a.State, a.Detail = CannotBeSeen, "what arrives in a Firehose stream cannot be looked at; its own metrics show it"
		return
	}
	arrived, err := v.hasArrived(ctx, *a, l, interfaces)
	switch {
	case err != nil && unreadableOutcome(err) == Denied:
		a.State, a.Detail = CannotBeSeen, "the destination may not be looked into: "+err.Error()
	case err != nil:
		a.State, a.Detail = StillWaiting, "could not be looked at: "+err.Error()
	case arrived:
		a.State, a.Detail = Arrived, "records are there"
	default:
		a.State, a.Detail = StillWaiting, "no record yet"
	}
}

// interfacesLooked is how many interfaces of a VPC are asked about in one look: one record is proof.
const interfacesLooked = 10

func (v Verify) hasArrived(ctx context.Context, a Arrival, l inventory.FlowLog, interfaces []string) (bool, error) {
	if l.DestinationType == inventory.ToS3 {
		return v.objectArrived(ctx, a, l)
	}
	prefixes := interfaces
	if len(prefixes) == 0 {
		prefixes = []string{"tgw-attach-"} // streams of a transit gateway are named after its attachments
	}
	for _, prefix := range prefixes[:min(len(prefixes), interfacesLooked)] {
		arrived, err := v.Reader.streamSince(ctx, a.Region, groupName(l.LogGroup, l.Destination), prefix, l.Created)
		if arrived || err != nil {
			return arrived, err
		}
	}
	return false, nil
}

// objectArrived looks for an object of the flow log in the folders since it was made.
func (v Verify) objectArrived(ctx context.Context, a Arrival, l inventory.FlowLog) (bool, error) {
	bucket := bucketName(l.Destination)
	region, err := v.Reader.bucketRegion(ctx, a.Region, bucket)
	if err != nil {
		return false, err
	}
	_, place, _ := strings.Cut(l.Destination, ":::")
	_, prefix, _ := strings.Cut(place, "/")
	files := flowrecord.Files{Prefix: prefix, Account: a.Account, Region: a.Region, FlowLog: l.ID, Hive: l.Hive, PerHour: l.PerHour}
	newest, _ := files.Newest(l.Created, v.Clock.Now(), foldersLooked)
	for _, name := range newest {
		if found, err := v.Reader.objectUnder(ctx, region, bucket, name); found || err != nil {
			return found, err
		}
	}
	return false, nil
}

// foldersLooked bounds how many folders are looked into, newest first.
const foldersLooked = 48
