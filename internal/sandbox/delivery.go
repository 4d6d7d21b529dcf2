package sandbox

import (
	"strings"
	"time"
)

// deliveryService is the principal that a delivery role has to trust (VPC user
// guide, publish flow logs to CloudWatch Logs).
const deliveryService = "vpc-flow-logs.amazonaws.com"

// accessError is how DescribeFlowLogs words a role without permission or trust.
const accessError = "Access error"

// deliver brings the account's flow logs up to the given time: records arrive, log
// groups come with the first of them, and delivery fails where it is not allowed. It
// takes the account's lock, and costs nothing while nothing is due.
func (a *account) deliver(now time.Time) {
	a.mu.RLock()
	due := !a.nextDue.IsZero() && !now.Before(a.nextDue)
	a.mu.RUnlock()
	if !due {
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.nextDue = time.Time{}
	clear(a.permitted)
	for _, r := range a.regions {
		for _, row := range r.flowLogs.rows {
			r.deliverOne(row.value, now)
		}
	}
}

// wake makes deliver run at t at the latest.
func (a *account) wake(t time.Time) {
	if a.nextDue.IsZero() || t.Before(a.nextDue) {
		a.nextDue = t
	}
}

// deliverOne brings one flow log up to date. A log whose delivery has failed
// keeps failing until it is created anew (observed; repairing the role is not always enough).
func (r *region) deliverOne(f *flowLog, now time.Time) {
	if f.destination.kind == destS3 {
		r.deliverToBucket(f, now)
	}
	if f.destination.kind != destLogs || f.delivery == deliveryFailed || f.status != statusActive {
		return
	}
	var due []start
	for _, eni := range r.watched[f.resourceID] {
		if r.feeds(f, eni) {
			continue
		}
		at := r.firstRecord(f, eni)
		if now.Before(at) {
			r.account.wake(at)
			continue
		}
		due = append(due, start{eni, at})
	}
	if f.fed.IsZero() && len(due) == 0 {
		return // no interface, no traffic, no record
	}
	r.account.wake(f.tick(r, now))
	if !f.pinned && !r.mayDeliver(f) {
		f.delivery, f.message = deliveryFailed, accessError
		r.stopFeeds(f, f.fed) // every call delivers first: until then it was allowed
		return
	}
	f.fed = now
	for _, d := range due {
		r.begin(f, d)
	}
}

// start is when the records about one interface begin.
type start struct {
	eni *networkInterface
	at  time.Time
}

// firstRecord is when the first record about an interface arrives, or the next one where
// records were delivered before and the group has been deleted since.
func (r *region) firstRecord(f *flowLog, eni *networkInterface) time.Time {
	from := f.created
	if eni.created.After(from) {
		from = eni.created
	}
	from = from.Add(r.account.server.scenario.RecordDelay)
	if from.Before(f.fed) {
		return f.tick(r, f.fed)
	}
	return from
}

// tick is the first time after now at which an aggregation interval ends.
func (f *flowLog) tick(r *region, now time.Time) time.Time {
	first := f.created.Add(r.account.server.scenario.RecordDelay)
	every := time.Duration(f.interval) * time.Second
	return first.Add((now.Sub(first)/every + 1) * every)
}

// mayDeliver says whether the delivery role lets the flow-log service write to
// the log group, and make it where it is missing.
func (r *region) mayDeliver(f *flowLog) bool {
	role, ok := r.account.role(f.role)
	if !ok || !r.assumable(role, f.id) {
		return false
	}
	k := permission{role: role.arn, region: r.name, group: f.destination.group, missing: r.logGroups[f.destination.group] == nil}
	ok, known := r.account.permitted[k]
	if !known {
		ok = r.permits(role, k)
		r.account.permitted[k] = ok
	}
	return ok
}

// permission is a question that many flow logs put in the same words.
type permission struct {
	role, region, group string
	missing             bool // the group has to be made
}

// permits judges the role's policies. CloudWatch Logs checks against the ARN of a stream,
// so that a policy on the group's ARN without ":*" does not fit (observed).
func (r *region) permits(role *role, k permission) bool {
	a := r.account
	docs := a.documents(role)
	stream := "arn:" + a.partition + ":logs:" + r.name + ":" + a.id + ":log-group:" + k.group + ":log-stream:flow"
	actions := []string{"logs:CreateLogStream", "logs:PutLogEvents"}
	if k.missing {
		actions = append(actions, "logs:CreateLogGroup")
	}
	for _, action := range actions {
		if !allows(docs, action, stream) {
			return false
		}
		if p, bounded := a.policies[role.boundary]; bounded && !allows([]string{p.document}, action, stream) {
			return false
		}
	}
	return true
}

// assumable says whether the flow-log service may assume the role on behalf of a flow log.
func (r *region) assumable(role *role, flowLogID string) bool {
	a := r.account
	if late := a.server.scenario.Writes.Assumable; a.server.clock().Before(role.changed.Add(late)) {
		return false // not known everywhere yet
	}
	return trusts(role.trust, deliveryService, map[string]string{
		"aws:sourceaccount": a.id,
		"aws:sourcearn":     "arn:" + a.partition + ":ec2:" + r.name + ":" + a.id + ":vpc-flow-log/" + flowLogID,
	})
}

// stopFeeds ends what a flow log writes; what it wrote stays.
func (r *region) stopFeeds(f *flowLog, now time.Time) {
	g := r.logGroups[f.destination.group]
	if g == nil {
		return
	}
	for _, s := range g.streams {
		for _, d := range s.feeds {
			if d.log == f && d.until.IsZero() {
				d.until = now
			}
		}
	}
}

// feed is the run of records that one flow log writes about one interface into one
// stream: one record per aggregation interval. The records follow from it.
type feed struct {
	log    *flowLog
	eni    *networkInterface
	region *region
	first  time.Time
	every  time.Duration
	until  time.Time // zero while it runs
}

// streamOf names the stream of an interface after it and the traffic (VPC user guide).
func (f *flowLog) streamOf(eni *networkInterface) string {
	return eni.id + "-" + strings.ToLower(f.traffic)
}

// feeds says whether a flow log already writes about an interface.
func (r *region) feeds(f *flowLog, eni *networkInterface) bool {
	g := r.logGroups[f.destination.group]
	if g == nil || g.streams[f.streamOf(eni)] == nil {
		return false
	}
	for _, d := range g.streams[f.streamOf(eni)].feeds {
		if d.log == f && d.until.IsZero() {
			return true
		}
	}
	return false
}

// begin makes a flow log write about an interface, with the group and the stream if they
// are missing.
func (r *region) begin(f *flowLog, d start) {
	g := r.logGroups[f.destination.group]
	if g == nil {
		g = &logGroup{name: f.destination.group, created: d.at, class: classStandard, byDelivery: true, streams: make(map[string]*logStream)}
		r.logGroups[g.name] = g
	}
	name := f.streamOf(d.eni)
	s := g.streams[name]
	if s == nil {
		s = &logStream{name: name, created: d.at}
		g.streams[name] = s
	}
	s.feeds = append(s.feeds, &feed{log: f, eni: d.eni, region: r, first: d.at, every: time.Duration(f.interval) * time.Second})
}

// count is how many records have arrived by now.
func (d *feed) count(now time.Time) int {
	if !d.until.IsZero() && d.until.Before(now) {
		now = d.until
	}
	if now.Before(d.first) {
		return 0
	}
	return int(now.Sub(d.first)/d.every) + 1
}

// count is how many events the stream holds at a time.
func (s *logStream) count(now time.Time) int {
	n := len(s.events)
	for _, d := range s.feeds {
		n += d.count(now)
	}
	return n
}

// event gives the i-th of count events, in the order in which they came.
func (s *logStream) event(i int, now time.Time) logEvent {
	if i < len(s.events) {
		return s.events[i]
	}
	i -= len(s.events)
	for _, d := range s.feeds {
		n := d.count(now)
		if i < n {
			return d.record(i)
		}
		i -= n
	}
	return logEvent{}
}
