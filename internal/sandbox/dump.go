package sandbox

import (
	"encoding/json"
	"maps"
	"slices"
)

// Dump is everything that calls can change, less times, the ids of roles and the records in log
// streams: two dumps are the same exactly when a person would call the states the same.
type Dump struct {
	Roles     map[string]RoleDump     // by ACCOUNT/NAME
	Policies  map[string]string       // managed ones, by ARN: the document
	LogGroups map[string]LogGroupDump // by ACCOUNT/REGION/NAME
	FlowLogs  map[string]FlowLogDump  // by ACCOUNT/REGION/ID
	VPCs      map[string]map[string]string
	Buckets   map[string]string // by name: the policy, in one form
	Streams   []string          // Firehose streams, as ACCOUNT/REGION/NAME
}

// RoleDump is a role in a Dump.
type RoleDump struct {
	Trust    string
	Inline   map[string]string
	Attached []string
	Tags     map[string]string
}

// LogGroupDump is a log group in a Dump.
type LogGroupDump struct {
	Retention   int
	Key, Class  string
	Streams     []string
	Tags        map[string]string
	MadeByFlows bool // it came with the first record
	Protected   bool // from deletion
}

// FlowLogDump is a flow log in a Dump.
type FlowLogDump struct {
	Resource, Traffic, Destination, Role, CrossRole, Format string
	TagFields                                               map[string][]string
	Interval                                                int
	Tags                                                    map[string]string
}

// Dump gives the state of all accounts that were touched, for tests that compare it before and
// after.
func (s *Server) Dump() Dump {
	d := Dump{
		Roles: map[string]RoleDump{}, Policies: map[string]string{}, LogGroups: map[string]LogGroupDump{},
		FlowLogs: map[string]FlowLogDump{}, VPCs: map[string]map[string]string{}, Buckets: map[string]string{},
	}
	s.mu.Lock()
	accounts := slices.Collect(maps.Values(s.accounts))
	s.mu.Unlock()
	for _, a := range accounts {
		a.mu.RLock()
		a.dump(&d)
		a.mu.RUnlock()
	}
	s.buckets.mu.Lock()
	defer s.buckets.mu.Unlock()
	for name, b := range s.buckets.byName {
		d.Buckets[name] = oneForm(b.policy)
	}
	slices.Sort(d.Streams)
	return d
}

func (a *account) dump(d *Dump) {
	for name, r := range a.roles {
		out := RoleDump{Trust: oneForm(r.trust), Inline: map[string]string{}, Attached: slices.Clone(r.attached), Tags: tagMap(r.tags)}
		for policy, document := range r.inline {
			out.Inline[policy] = oneForm(document)
		}
		d.Roles[a.id+"/"+name] = out
	}
	for arn, p := range a.policies {
		d.Policies[arn] = oneForm(p.document)
	}
	for _, r := range a.regions {
		at := a.id + "/" + r.name + "/"
		for name, g := range r.logGroups {
			streams := slices.Sorted(maps.Keys(g.streams))
			d.LogGroups[at+name] = LogGroupDump{g.retention, g.kmsKey, g.class, streams, tagMap(g.tags), g.byDelivery, g.protected}
		}
		for _, row := range r.flowLogs.rows {
			f := row.value
			to := f.destination.kind + " " + f.destination.group + f.destination.arn
			d.FlowLogs[at+f.id] = FlowLogDump{f.resourceID, f.traffic, to, f.role, f.crossRole, f.format, tagFieldMap(f.tagFields), f.interval, tagMap(f.tags)}
		}
		for _, row := range r.vpcs.rows {
			d.VPCs[at+row.id] = tagMap(row.value.tags)
		}
		for name := range r.streams {
			d.Streams = append(d.Streams, at+name)
		}
	}
}

func tagFieldMap(specs []tagFieldSpec) map[string][]string {
	m := make(map[string][]string, len(specs))
	for _, s := range specs {
		m[s.resource] = s.keys
	}
	return m
}

func tagMap(tags []tag) map[string]string {
	m := make(map[string]string, len(tags))
	for _, t := range tags {
		m[t.Key] = t.Value
	}
	return m
}

// oneForm writes a JSON text without spaces and with its keys in order.
func oneForm(text string) string {
	var v any
	if json.Unmarshal([]byte(text), &v) != nil {
		return text
	}
	b, err := json.Marshal(v)
	if err != nil {
		return text
	}
	return string(b)
}
