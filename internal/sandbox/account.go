package sandbox

import (
	"sync"
	"time"
)

// account is one AWS account: its global state (IAM) and its Regions. Everything in it
// is guarded by mu, which the dispatcher holds while a handler runs.
type account struct {
	server    *Server
	id        string
	partition string
	seed      *AccountSeed // nil for an account that the scenario does not spell out

	mu       sync.RWMutex
	roles    map[string]*role   // by name
	policies map[string]*policy // by ARN
	regions  map[string]*region
	nextDue  time.Time // when delivery next has something to do; zero for never
	// permitted holds what one round of delivery has found roles to be allowed.
	permitted map[permission]bool
	versions  []version // what it was like, for reads that come too early to see a change (a knob)
	ids       idSource
	linked    time.Time // when the service-linked role of VPC Flow Logs was first asked for
}

// region is the state of one account in one Region.
type region struct {
	account *account
	name    string
	status  string // opt-in-not-required, opted-in, not-opted-in, or "" for a Region that does not exist

	vpcs        table[*vpc]
	subnets     table[*subnet]
	interfaces  table[*networkInterface]
	flowLogs    table[*flowLog]
	gateways    table[*transitGateway]
	attachments table[*gatewayAttachment]
	natGateways table[*natGateway]
	watched     map[string][]*networkInterface // interfaces by their own id, subnet and VPC
	logGroups   map[string]*logGroup
	retention   []retentionPolicy // of the account, in the order of their making; replaced when one changes
	streams     map[string]*deliveryStream
	metrics     map[string][]measured // by metric.key
	idempotent  map[string]idempotent // client tokens of CreateFlowLogs
}

// disabled says whether the account has no access to the Region.
func (r *region) disabled() bool {
	return r.status != statusDefault && r.status != statusOptedIn
}

func newAccount(s *Server, id string) *account {
	a := &account{
		server:    s,
		id:        id,
		partition: s.scenario.Partition,
		seed:      s.scenario.account(id),
		roles:     make(map[string]*role),
		policies:  make(map[string]*policy),
		regions:   make(map[string]*region),
		permitted: make(map[permission]bool),
	}
	a.ids = idSource{server: s.scenario.Seed, account: id}
	a.plantIAM()
	return a
}

// region returns the account's state in a Region, built from the scenario when
// first touched. It takes the account's lock.
func (a *account) region(name string) *region {
	a.mu.RLock()
	r := a.regions[name]
	a.mu.RUnlock()
	if r != nil {
		return r
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if r := a.regions[name]; r != nil {
		return r
	}
	r = &region{
		account:    a,
		name:       name,
		status:     a.optInStatus(name),
		watched:    make(map[string][]*networkInterface),
		logGroups:  make(map[string]*logGroup),
		idempotent: make(map[string]idempotent),
	}
	if len(a.regions) < maxRegions {
		a.regions[name] = r
	}
	if r.status != "" {
		r.plant()
	}
	return r
}

// maxRegions bounds what made-up Region names can cost.
const maxRegions = 100

// role finds a role by ARN; another account's or a missing one is not found.
func (a *account) role(arn string) (*role, bool) {
	r, ok := a.roles[nameFromARN(arn)]
	if !ok || r.arn != arn {
		return nil, false
	}
	return r, true
}

// documents gives every identity policy of a role, inline and managed.
func (a *account) documents(r *role) []string {
	var docs []string
	for _, d := range r.inline {
		docs = append(docs, d)
	}
	for _, arn := range r.attached {
		if p, ok := a.policies[arn]; ok {
			docs = append(docs, p.document)
		}
	}
	return docs
}
