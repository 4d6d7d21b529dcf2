package rule

import (
	"slices"

	"flowproof/internal/finding"
	"flowproof/internal/inventory"
)

// UnreadAbout is the verdict where something about one thing that a flow log refers to was not
// read. The second result is false where nothing of that is missing; with apis, only what those
// would have said counts.
func (p *Pass) UnreadAbout(resource string, kind inventory.Kind, apis ...string) (Verdict, bool) {
	gaps := slices.DeleteFunc(p.Inventory.GapsAbout(resource, kind), func(g inventory.Gap) bool {
		return g.Resource != "" && len(apis) > 0 && !slices.Contains(apis, g.API)
	})
	if len(gaps) == 0 {
		return Verdict{}, false
	}
	return Verdict{Outcome: finding.Unknown, Message: resource + " could not be read: " + describe(gaps[0]), Gaps: gaps}, true
}

// NotKnown is an unknown without a gap: what AWS does not say, or what only another account can see.
func NotKnown(message string) Verdict { return Verdict{Outcome: finding.Unknown, Message: message} }

// Failed is a fail.
func Failed(message string) Verdict { return Verdict{Outcome: finding.Fail, Message: message} }

// Passed is a pass.
func Passed(message string) Verdict { return Verdict{Outcome: finding.Pass, Message: message} }

// Inapplicable is what a rule says where its question does not arise.
func Inapplicable(message string) Verdict {
	return Verdict{Outcome: finding.NotApplicable, Message: message}
}

// UnknownDestination is the verdict on a flow log to a kind of place that came after this version.
func (p *Pass) UnknownDestination(l inventory.FlowLog) Verdict {
	return NotKnown("destinations of type " + l.DestinationType + " are not known to this version")
}

// EachActiveFlowLog asks judge about every flow log that is switched on; one that is not writes
// nothing, so that the question does not arise.
func (p *Pass) EachActiveFlowLog(judge func(inventory.FlowLog) Verdict) {
	p.EachFlowLog(func(l inventory.FlowLog) Verdict {
		v := Inapplicable("it is not ACTIVE, so that it writes nothing")
		if l.Active() {
			v = judge(l)
		}
		v.FlowLogs = []inventory.FlowLog{l}
		return v
	})
}

// Bucket is the bucket that a flow log delivers to, as far as it can be judged here. The third result
// is true where it can; else the verdict says why not.
func (p *Pass) Bucket(l inventory.FlowLog, apis ...string) (inventory.Bucket, Verdict, bool) {
	name, _ := l.BucketName()
	bucket, exists, known := p.Inventory.Bucket(name)
	unread, gap := p.UnreadAbout(name, inventory.Destinations, append(apis, "s3:HeadBucket")...)
	switch {
	case gap:
		return bucket, unread, false
	case name == "" || !known:
		return bucket, NotKnown("AWS does not state which bucket it delivers to"), false
	case !exists:
		return bucket, NotKnown("the bucket " + name + " is gone: see flow-log-destination-check"), false
	case !bucket.Owned:
		return bucket, NotKnown("the bucket " + name + " belongs to another account: only its owner can say (see --destination-account)"), false
	}
	return bucket, Verdict{}, true
}

// LogGroup is the log group that a flow log delivers to, likewise.
func (p *Pass) LogGroup(l inventory.FlowLog) (inventory.LogGroup, Verdict, bool) {
	name := l.GroupName()
	group, exists, known := p.Inventory.LogGroup(name)
	unread, gap := p.UnreadAbout(name, inventory.Destinations)
	switch {
	case exists:
		return group, Verdict{}, true
	case gap:
		return group, unread, false
	case name == "" || !known:
		return group, NotKnown("AWS does not state which log group it delivers to"), false
	}
	if missing, gone := p.MissingGroup(l); gone && missing.Outcome == finding.Fail {
		return group, NotKnown(missing.Message + ": see flow-log-destination-check"), false
	}
	return group, NotKnown("the log group " + name + " is not there: it comes with the first record"), false
}

// Role is the role that a flow log delivers with, likewise. A role that is known to be gone is a fail.
func (p *Pass) Role(l inventory.FlowLog) (inventory.Role, Verdict, bool) {
	name, account := inventory.RoleName(l.Role)
	if name == "" {
		return inventory.Role{}, NotKnown("AWS does not state which role it delivers with"), false
	}
	if account != p.Inventory.Account {
		return inventory.Role{}, NotKnown("the role " + name + " is in account " + account + ": only there can it be read"), false
	}
	role, exists, known := p.Inventory.Role(name)
	unread, gap := p.UnreadAbout(name, inventory.DeliveryRoles)
	switch {
	case exists:
		return role, Verdict{}, true
	case gap:
		return role, unread, false
	case !known:
		return role, NotKnown("the role " + name + " was not read"), false
	}
	return role, Failed("the role " + name + " is gone: nothing can be delivered"), false
}

// Stream is the stream that a flow log delivers to, likewise.
func (p *Pass) Stream(l inventory.FlowLog) (inventory.Stream, Verdict, bool) {
	stream, exists, known := p.Inventory.Stream(l.Destination)
	unread, gap := p.UnreadAbout(l.Destination, inventory.Destinations)
	switch {
	case exists:
		return stream, Verdict{}, true
	case gap:
		return stream, unread, false
	case !known:
		return stream, NotKnown("the stream " + l.Destination + " is of another account or Region: only from there can it be read"), false
	}
	return stream, NotKnown("the stream " + l.Destination + " is gone: see flow-log-destination-check"), false
}
