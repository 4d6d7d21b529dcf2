// Package suppression applies to a run's findings what people accepted: which findings an entry
// of the settings fits, whether the entry still holds, and which entries do nothing. It reads no
// settings and has no clock: entries and the day are handed to it. A gap is never suppressed.
package suppression

import (
	"strings"
	"time"

	"flowproof/internal/event"
	"flowproof/internal/finding"
	"flowproof/internal/inventory"
)

// List is the suppressions of a run, and what came of them so far. It is used from one goroutine.
type List struct {
	entries []entry
	tagged  bool // some entry asks for tags
}

// entry is a suppression at work.
type entry struct {
	event.Suppression
	expired bool
	ran     bool // a rule that it is about is in the run
	fits    bool // some finding
	whole   bool // a scope that it is about was read whole
	cut     bool // one was not
}

// New prepares entries for a run of rules, by their ids, on a day. An entry holds to the end of the
// day that it names, in UTC. Its Status and Findings are set by the run.
func New(entries []event.Suppression, rules []string, today time.Time) *List {
	l := &List{}
	day := today.UTC().Format(time.DateOnly)
	for _, e := range entries {
		e.Status, e.Findings = event.SuppressionUnjudged, 0
		n := entry{Suppression: e, expired: e.Expires < day}
		for _, r := range rules {
			n.ran = n.ran || anyFits(e.Rules, r)
		}
		l.entries = append(l.entries, n)
		l.tagged = l.tagged || len(e.Tags) > 0
	}
	return l
}

// Findings suppresses those of one scope that an entry fits: the first one that has not expired
// says who accepted it.
func (l *List) Findings(inv *inventory.Inventory, found []finding.Finding) {
	for i := range l.entries {
		l.entries[i].see(inv)
	}
	tags := l.tags(inv)
	for i := range found {
		if found[i].Suppressible() {
			l.judge(&found[i], tags)
		}
	}
}

// judge lets every entry see the finding, so that one behind another is not taken for unused.
func (l *List) judge(f *finding.Finding, tags map[string]map[string]string) {
	var holds, expired *entry
	for i := range l.entries {
		e := &l.entries[i]
		if !e.matches(f, tags[f.Resource.ARN]) {
			continue
		}
		e.fits = true
		if e.expired && expired == nil {
			expired = e
		}
		if !e.expired && holds == nil {
			holds = e
		}
	}
	switch {
	case holds != nil:
		holds.Findings++
		f.Suppress(holds.Suppression.Suppression)
	case expired != nil:
		expired.Findings++
	}
}

// Summary says in the summary what came of each entry.
func (l *List) Summary(s *event.Summary) {
	for i := range l.entries {
		e := l.entries[i]
		e.Status = e.status()
		s.Suppressions = append(s.Suppressions, e.Suppression)
	}
}

func (e *entry) status() event.SuppressionStatus {
	switch {
	case e.expired:
		return event.SuppressionExpired
	case e.fits:
		return event.SuppressionUsed
	case e.ran && e.whole && !e.cut:
		return event.SuppressionUnused
	}
	return event.SuppressionUnjudged
}

// see notes whether a scope that the entry is about was read whole: only then is it known that
// nothing there fits.
func (e *entry) see(inv *inventory.Inventory) {
	region := inv.Region == inventory.AnyRegion || fitsIfAny(e.Regions, inv.Region)
	if inv.Absent != inventory.Present || !region || !fitsIfAny(e.Accounts, inv.Account) {
		return
	}
	if inv.Status() == inventory.StatusRead {
		e.whole = true
	} else {
		e.cut = true
	}
}

func (e *entry) matches(f *finding.Finding, tags map[string]string) bool {
	r := f.Resource
	return anyFits(e.Rules, f.Rule) &&
		(len(e.Resources) == 0 || anyFits(e.Resources, r.ID) || anyFits(e.Resources, r.ARN)) &&
		fitsIfAny(e.Accounts, r.Account) && fitsIfAny(e.Regions, r.Region) && allTagsFit(e.Tags, tags)
}

// allTagsFit reports whether every KEY=VALUE fits some tag. A key fits as a whole, so that a value
// is never compared with a part of another tag's key.
func allTagsFit(wanted []string, tags map[string]string) bool {
	for _, w := range wanted {
		key, value, _ := strings.Cut(w, "=")
		fits := false
		for k, v := range tags {
			fits = fits || matches(key, k) && matches(value, v)
		}
		if !fits {
			return false
		}
	}
	return true
}

// tags is the tags of what a scope holds, by ARN. A flow log whose id stands for several different
// ones has none: they cannot be told apart.
func (l *List) tags(inv *inventory.Inventory) map[string]map[string]string {
	if !l.tagged {
		return nil
	}
	tags := map[string]map[string]string{}
	for _, v := range inv.VPCs {
		tags[v.ARN(inv.Scope)] = v.Tags
	}
	for _, g := range inv.TransitGateways {
		tags[g.ARN(inv.Scope)] = g.Tags
	}
	for _, log := range inv.FlowLogs {
		arn := inv.ARN("vpc-flow-log", log.ID)
		if _, twice := tags[arn]; twice {
			tags[arn] = nil
			continue
		}
		tags[arn] = log.Tags
	}
	return tags
}

func fitsIfAny(globs []string, text string) bool { return len(globs) == 0 || anyFits(globs, text) }

func anyFits(globs []string, text string) bool {
	for _, g := range globs {
		if matches(g, text) {
			return true
		}
	}
	return false
}
