package sandbox

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"time"
)

// Writes are the knobs of what changes: how late a change is seen, how much there may be,
// and how EC2 words what it does not do. All are off by default.
type Writes struct {
	// Visible is how long after a change reads still show what was there before it.
	// It is of EC2, IAM and CloudWatch Logs; S3 shows changes at once, as AWS does.
	Visible time.Duration `yaml:"visible"`
	// Assumable is how long a new or changed role cannot be assumed.
	Assumable time.Duration `yaml:"assumable"`
	// LinkedRole is for how long after the first try a flow log whose records show tags is refused, as
	// its service-linked role is not yet available.
	LinkedRole time.Duration `yaml:"linked_role"`
	// OverwriteBucketPolicy makes EC2 put its own policy in the place of a bucket's
	// whenever a flow log to it is created by the bucket's owner.
	OverwriteBucketPolicy bool `yaml:"overwrite_bucket_policy"`
	// AlreadyExists is how EC2 says that there is such a flow log: "item" (the default)
	// under Unsuccessful, or "request" as an error of the whole call, after making the flow
	// logs for the resources before it.
	AlreadyExists string `yaml:"already_exists"`
	// OmitUnsuccessful leaves the element out where it would be empty.
	OmitUnsuccessful bool `yaml:"omit_unsuccessful"`
	// The most of each kind that there may be; AWS's own numbers when 0.
	FlowLogsPerResource int `yaml:"flow_logs_per_resource"`
	LogGroups           int `yaml:"log_groups"` // in a Region
	Roles               int `yaml:"roles"`      // in an account
}

func (k *Writes) validate() error {
	switch {
	case k.Visible < 0, k.Assumable < 0, k.LinkedRole < 0, k.FlowLogsPerResource < 0, k.LogGroups < 0, k.Roles < 0:
		return fmt.Errorf("writes: a number below zero")
	case k.AlreadyExists != "" && k.AlreadyExists != "item" && k.AlreadyExists != "request":
		return fmt.Errorf("writes: already_exists: %q is neither item nor request", k.AlreadyExists)
	}
	return nil
}

// limitOr is a knob's number, or AWS's own.
func limitOr(knob, aws int) int {
	if knob > 0 {
		return knob
	}
	return aws
}

// Numbers of AWS (CloudWatch Logs quotas, IAM quotas).
const (
	maxLogGroups = 1_000_000
	maxRoles     = 1000
)

// version is the state of an account as it was from a time on.
type version struct {
	from  time.Time
	state *account
}

// remember keeps what a Region was like before a change, for reads that come too early to see
// it. The account's lock is held.
func (a *account) remember(r *region, now time.Time) {
	late := a.server.scenario.Writes.Visible
	if late == 0 {
		return
	}
	if len(a.versions) == 0 {
		a.versions = append(a.versions, version{state: a.clone()})
	}
	cut := 0
	for cut+1 < len(a.versions) && !a.versions[cut+1].from.Add(late).After(now) {
		cut++
	}
	a.versions = a.versions[cut:]
	for _, v := range a.versions {
		if v.state.regions[r.name] == nil { // first touched since
			v.state.regions[r.name] = r.clone(v.state)
		}
	}
}

// changed keeps what an account is like after a change. The account's lock is held.
func (a *account) changed(now time.Time) {
	if a.server.scenario.Writes.Visible > 0 {
		a.versions = append(a.versions, version{from: now, state: a.clone()})
	}
}

// seenAt is the account as reads see it at a time. The account's lock is held, shared.
func (a *account) seenAt(now time.Time) *account {
	late := a.server.scenario.Writes.Visible
	seen := a
	for i := len(a.versions) - 1; i >= 0 && late > 0; i-- {
		if !a.versions[i].from.Add(late).After(now) {
			if i < len(a.versions)-1 {
				seen = a.versions[i].state
			}
			break
		}
	}
	return seen
}

// clone copies what calls can change of an account. Streams and their records are shared.
func (a *account) clone() *account {
	out := &account{
		server: a.server, id: a.id, partition: a.partition, seed: a.seed,
		roles: copies(a.roles), policies: maps.Clone(a.policies), regions: make(map[string]*region, len(a.regions)), ids: a.ids, linked: a.linked,
	}
	for _, r := range out.roles {
		r.inline, r.attached = maps.Clone(r.inline), slices.Clone(r.attached)
	}
	for name, r := range a.regions {
		out.regions[name] = r.clone(out)
	}
	return out
}

func (r *region) clone(of *account) *region {
	c := *r
	c.account = of
	c.vpcs, c.subnets, c.interfaces, c.flowLogs = copyTable(r.vpcs), copyTable(r.subnets), copyTable(r.interfaces), copyTable(r.flowLogs)
	c.logGroups = copies(r.logGroups)
	for _, g := range c.logGroups {
		g.streams = maps.Clone(g.streams)
	}
	return &c
}

// copies copies a map and what it points to.
func copies[T any](m map[string]*T) map[string]*T {
	out := make(map[string]*T, len(m))
	for k, v := range m {
		c := *v
		out[k] = &c
	}
	return out
}

func copyTable[T any](t table[*T]) table[*T] {
	out := table[*T]{seq: t.seq, rows: slices.Clone(t.rows), byID: make(map[string]*T, len(t.rows))}
	for i := range out.rows {
		c := *out.rows[i].value
		out.rows[i].value = &c
		out.byID[out.rows[i].id] = &c
	}
	return out
}

// unsuccessfulBy gives the error that a knob wants for one resource of a call; nil for none.
func (c *call) unsuccessfulBy(id string) *apiError {
	for _, f := range c.items {
		if glob(f.Resource, id) {
			return &apiError{http.StatusBadRequest, f.Code, f.Message}
		}
	}
	return nil
}
