package awslive

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/aws/aws-sdk-go-v2/aws"
	accountapi "github.com/aws/aws-sdk-go-v2/service/account"
	"github.com/aws/aws-sdk-go-v2/service/organizations"

	"flowproof/internal/inventory"
)

// Membership says which accounts of an organisation to read, and how to get into them.
type Membership struct {
	Units   []string // ids of organisational units or of the root; empty for the whole organisation
	Only    []string // account ids; empty for all
	Exclude []string // globs of account ids or names
	File    []Member // in place of asking Organizations, when it is not nil

	Destinations []string // ids of accounts that buckets of the others' flow logs belong to

	Role Role
}

// Organization reads many accounts: each through a role that the caller assumes in it, the
// caller's own with the caller's credentials. NewOrganization has not contacted AWS yet.
type Organization struct {
	listed     atomic.Int64 // accounts
	source     *Source
	config     aws.Config
	membership Membership
	listedAs   map[string]Member // what a file of accounts says, by id

	directory organizationReader
	accounts  accountReader

	who     caller
	book    book
	regions memo[listedRegions] // the caller's own
	central central
}

// accountsAtOnce is how many accounts are entered at the same time. Each costs two calls one after
// the other, so it has to be large; together with the calls of hanging accounts that are being
// read it stays below callsInFlightMany.
const accountsAtOnce = 64

// ErrSession means that the role cannot be assumed as asked for, in any account.
var ErrSession = errors.New("session cannot be had")

// ErrNoAccount means that no account is what was asked for.
var ErrNoAccount = errors.New("no such account")

// ErrNoUnit means that an organisational unit that was asked for is not there.
var ErrNoUnit = errors.New("no organisational unit")

// ErrNoOrganization means that the caller's account is in no organisation.
var ErrNoOrganization = errors.New("no organisation")

// NewOrganization is New for many accounts.
func NewOrganization(ctx context.Context, o Options, m Membership) (*Organization, error) {
	filter, err := parseRegions(o.Regions)
	if err != nil {
		return nil, err
	}
	cfg, err := LoadConfig(ctx, o)
	if err != nil {
		return nil, err
	}
	return newOrganization(o, m, filter, cfg)
}

// OrganizationAt is At for many accounts.
func OrganizationAt(endpointURL string, o Options, m Membership) (*Organization, error) {
	filter, err := parseRegions(o.Regions)
	if err != nil {
		return nil, err
	}
	cfg, err := ConfigAt(endpointURL)
	if err != nil {
		return nil, err
	}
	return newOrganization(o, m, filter, cfg)
}

func newOrganization(o Options, m Membership, filter regionFilter, cfg aws.Config) (*Organization, error) {
	if err := m.check(); err != nil {
		return nil, err
	}
	cfg, counter, err := throughOneDoor(cfg, filter, callsInFlightMany)
	if err != nil {
		return nil, err
	}
	org := &Organization{source: sourceOf(o, filter, cfg, counter), config: cfg, membership: m, listedAs: map[string]Member{}}
	for _, member := range m.File {
		org.listedAs[member.ID] = member
	}
	org.source.byName.central = &org.central
	org.directory = organizations.NewFromConfig(cfg)
	org.accounts = accountapi.NewFromConfig(cfg, atPartitionEndpoint)
	return org, nil
}

// Calls implements scan.Source.
func (o *Organization) Calls() int64 { return o.source.Calls() }

// Throttles implements scan.Source.
func (o *Organization) Throttles() int64 { return o.source.Throttles() }

// Accounts implements scan.Source: those listed so far.
func (o *Organization) Accounts() int { return int(o.listed.Load()) }

// Discover implements scan.Source. Accounts are listed, entered and handed on all at once: a scope
// is being read while later accounts are still unknown.
func (o *Organization) Discover(ctx context.Context, found func(inventory.Target) error) error {
	if err := o.begin(ctx); err != nil && ctx.Err() != nil {
		return found(o.source.interruptedFirst())
	} else if err != nil {
		return err
	}
	if err := o.source.askForNames(ctx); err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	listed := make(chan Member)
	members := ahead(listed)
	targets := make(chan []inventory.Target)
	var gaps []inventory.Gap
	var mistake error
	go func() {
		defer close(listed)
		gaps, mistake = o.list(ctx, func(m Member) {
			o.listed.Add(1)
			listed <- m
		})
	}()
	var entering sync.WaitGroup
	var open atomic.Int64
	for range accountsAtOnce {
		entering.Go(func() {
			for m := range members {
				if !m.Closed() {
					open.Add(1)
				}
				targets <- o.targets(ctx, m)
			}
		})
	}
	go func() {
		entering.Wait() // after which members was closed, and gaps are there
		close(targets)
	}()
	n, err := handOn(targets, found, cancel)
	if err == nil && mistake != nil {
		err = mistake
	} else if err == nil && len(gaps) > 0 {
		err = found(inventory.Target{Scope: o.source.self.scope(inventory.AnyRegion), Gaps: gaps})
	} else if err == nil && n == 0 {
		err = o.nothing(open.Load() > 0)
	}
	return err
}

// begin finds out whose credentials these are, and whether they can assume roles as asked for.
func (o *Organization) begin(ctx context.Context) error {
	who, err := o.source.caller(ctx)
	if err != nil {
		return err
	}
	o.who, o.source.self = who, o.source.own(who)
	o.source.byName.forget()
	o.regions.forget()
	o.central.read.forget()
	o.central.accounts = nil
	for _, id := range o.membership.Destinations {
		o.central.accounts = append(o.central.accounts, o.account(who.partition, id))
	}
	return o.membership.Role.checkCaller(who)
}

// handOn gives every target to found, in one goroutine, and counts them. When found fails it
// cancels the rest and drains it.
func handOn(targets <-chan []inventory.Target, found func(inventory.Target) error, cancel func()) (int, error) {
	n := 0
	var failed error
	for list := range targets {
		for _, t := range list {
			if failed == nil {
				n++
				if failed = found(t); failed != nil {
					cancel()
				}
			}
		}
	}
	return n, failed
}

// nothing is why no scope at all was found.
func (o *Organization) nothing(accounts bool) error {
	if accounts {
		return fmt.Errorf("%w: no Region of any account matches %s", ErrNoRegion, strings.Join(o.source.allowed.globs, ", "))
	}
	return fmt.Errorf("%w: the list of accounts holds none that --account and --exclude-account leave", ErrNoAccount)
}

// Read implements scan.Source.
func (o *Organization) Read(ctx context.Context, t inventory.Target, kinds []inventory.Kind) inventory.Inventory {
	return o.source.read(ctx, o.account(t.Partition, t.Account), t, kinds)
}

// account is the way into an account, the same one for all its scopes.
func (o *Organization) account(partition, id string) *account {
	if self := o.source.self; self != nil && self.id == id {
		return self
	}
	return o.book.get(id, func() *account {
		a := &account{
			partition: partition, id: id, gate: newGate(), credentials: o.assume(partition, id),
			patience: &patience{who: "account " + id, limit: accountPatience, throttledIsOut: true},
		}
		a.byName = sync.OnceValue(func() *named {
			cfg := o.config.Copy()
			cfg.Credentials = a.credentials
			n := newNamed(cfg, o.source.options)
			n.central = &o.central
			return n
		})
		return a
	})
}

// targets are the scopes of a member.
func (o *Organization) targets(ctx context.Context, m Member) []inventory.Target {
	scope := inventory.Scope{Partition: o.who.partition, Account: m.ID, Region: inventory.AnyRegion}
	if m.Closed() {
		return []inventory.Target{{Scope: scope, Absent: inventory.Closed}}
	}
	a := o.account(scope.Partition, m.ID)
	if gap := o.enter(ctx, a); gap != nil {
		return o.unreadable(ctx, a, *gap)
	}
	listed := o.source.listRegions(withRoute(ctx, a.route(o.source.doubts.about("ec2", o.source.home))), func(region string) regionReader { return a.client(o.source.regions, region) })
	if listed.err == nil {
		if len(listed.regions) > 0 {
			a.regions.remember(listed.regions)
		}
		return append(o.source.named(a), o.source.listed(a, listed.regions)...)
	}
	cause, message := classify(listed.err, o.source.circumstances(ctx, a, o.source.home, listed.err))
	if cause != inventory.Denied && cause != inventory.DeniedBySCP {
		return o.unreadable(ctx, a, inventory.Gap{Kind: inventory.Regions, API: "ec2:DescribeRegions", Cause: cause, Message: message})
	}
	regions, assumed := o.regionsFromOutside(ctx, a)
	targets := slices.Concat(o.source.named(a), marked(o.source.listed(a, regions), assumed))
	if assumed {
		targets = append(targets, o.source.noList(ctx, a, listed.err, "the Regions of the caller's account"))
	}
	return targets
}

// unreadable are the scopes of an account that nothing can be read of: each says why.
func (o *Organization) unreadable(ctx context.Context, a *account, why inventory.Gap) []inventory.Target {
	targets := o.source.named(a)
	if o.source.allowed.needsList() {
		regions, assumed := o.regionsFromOutside(ctx, a)
		targets = append(targets, marked(o.source.listed(a, regions), assumed)...)
	}
	for i := range targets {
		if targets[i].Absent == inventory.Present {
			targets[i].Gaps = []inventory.Gap{why}
		}
	}
	return targets
}

func marked(targets []inventory.Target, assumed bool) []inventory.Target {
	for i := range targets {
		targets[i].Assumed = assumed
	}
	return targets
}
