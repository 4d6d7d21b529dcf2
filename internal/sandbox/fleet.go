package sandbox

import (
	"net/http"
	"strings"
	"time"

	"flowproof/internal/sandbox/fleet"
)

// population is a fleet and what serving one takes.
type population struct {
	fleet   *fleet.Fleet
	buckets *tokenBuckets
}

// Organisation makes the fleet that a specification describes, in the Regions that the
// sandbox knows.
func Organisation(spec fleet.Spec) *fleet.Fleet {
	byDefault := []string{home}
	for _, r := range defaultRegions {
		if r.name != home {
			byDefault = append(byDefault, r.name)
		}
	}
	return fleet.New(spec, byDefault, optInRegions)
}

const home = "us-east-1"

// NewFleet serves an organisation that is computed anew for each call. It can only be read, and
// records no calls: nothing that it holds grows with the number of accounts.
func NewFleet(f *fleet.Fleet, options ...Option) *Server {
	services := fleetServices()
	s := newServer(DefaultScenario(), services, options)
	s.recorder.off = true
	s.population = &population{fleet: f, buckets: newTokenBuckets(s.clock, services)}
	return s
}

// fleetServices lists what a fleet answers.
func fleetServices() []*service {
	return []*service{
		{name: "ec2", protocol: ec2Query{}, operations: fleetEC2Operations()},
		{name: "sts", protocol: awsQuery{namespace: "https://sts.amazonaws.com/doc/2011-06-15/"}, operations: map[string]handler{
			"GetCallerIdentity": fleetCallerIdentity,
			"AssumeRole":        fleetAssumeRole,
		}},
		{name: "organizations", protocol: json11{}, global: true, operations: organizationsOperations()},
		{name: "account", protocol: restJSON{}, global: true, operations: accountOperations()},
	}
}

// member is the account of a fleet that a call is about, by number.
type member struct {
	number, region int // the Region is -1 where there is no such one
	session        session
}

// identify finds the account behind the credentials of a call: that of the session that an
// access key of AssumeRole encodes, the one whose id the key is, or else the management account.
func (p *population) identify(c *call, r *http.Request, cred credential) {
	n, known := p.fleet.Number(cred.accessKey)
	if strings.HasPrefix(cred.accessKey, sessionPrefix) {
		var err *apiError
		if c.member.session, err = p.readSession(c, r, cred.accessKey); err != nil {
			c.problem = err
		}
		n, known = p.fleet.Number(c.member.session.account)
	}
	if !known {
		n = 0
	}
	id := p.fleet.AccountID(n)
	c.member.number, c.member.region = n, p.fleet.Region(cred.region)
	c.account = &account{server: c.server, id: id, partition: "aws", seed: p.regionsOf(n), ids: idSource{account: id}}
	c.region = &region{account: c.account, name: cred.region, status: c.account.optInStatus(cred.region)}
	c.principal = "arn:aws:iam::" + id + ":user/sandbox"
	if c.member.session.account != "" {
		c.principal = "arn:aws:sts::" + id + ":assumed-role/" + p.fleet.Spec().Role + "/" + c.member.session.name
	}
}

// regionsOf says which Regions an account has enabled, in the words of a scenario.
func (p *population) regionsOf(account int) *AccountSeed {
	seed := &AccountSeed{}
	for _, r := range defaultRegions {
		if !p.fleet.Enabled(account, p.fleet.Region(r.name)) {
			seed.DisabledRegions = append(seed.DisabledRegions, r.name)
		}
	}
	for _, name := range optInRegions {
		if p.fleet.Enabled(account, p.fleet.Region(name)) {
			seed.OptedIn = append(seed.OptedIn, name)
		}
	}
	return seed
}

// hang is a delay that no client waits out.
const hang = 1000 * time.Hour

// disturb decides what happens to a call before it is run.
func (p *population) disturb(c *call) effect {
	spec := p.fleet.Spec()
	e := effect{delay: spec.Latency, pageSize: spec.PageSize}
	if spec.Jitter > 0 {
		e.delay += time.Duration(number(uint64(spec.Jitter), "jitter", c.requestID))
	}
	if c.problem != nil || c.handler == nil {
		return e
	}
	switch p.fate(c) {
	case fleet.Hanging:
		e.delay = hang
	case fleet.Denied:
		e.err = denied(c, "implicit")
	case fleet.DeniedBySCP:
		e.err = denied(c, "scp")
	case fleet.Throttled:
		e.err = throttled(c)
	case fleet.ServerError:
		e.err = &apiError{http.StatusInternalServerError, "InternalError", "An internal error has occurred"}
	default:
		if spec.Throttle && !p.buckets.take(c) {
			e.err = throttled(c)
		}
	}
	return e
}

// fate says what becomes of a call. Calls to the organisation itself always get through, as do
// those of the account that stands at its head.
func (p *population) fate(c *call) fleet.Fate {
	m := c.member
	switch {
	case c.service.global:
		return fleet.Answered
	case p.fleet.Hangs(m.number):
		return fleet.Hanging
	case c.service.name != "ec2", c.region.disabled():
		return fleet.Answered
	case c.operation == "DescribeRegions" && p.fleet.HidesRegions(m.number):
		return fleet.Denied
	case c.operation == "DescribeRegions":
		return fleet.Answered
	}
	list := listOf(c.operation)
	fate := p.fleet.ListFate(m.number, m.region, list)
	if fate == fleet.Answered && c.page > 1 && p.fleet.PageLost(m.number, m.region, list) {
		return fleet.ServerError
	}
	return fate
}

func listOf(operation string) fleet.List {
	switch operation {
	case "DescribeVpcs":
		return fleet.VPCs
	case "DescribeFlowLogs":
		return fleet.FlowLogs
	}
	return fleet.OtherList
}
