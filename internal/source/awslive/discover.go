package awslive

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"flowproof/internal/inventory"
)

// ErrNoIdentity means that no credentials could be obtained, or none that AWS accepts: nothing
// at all can be read.
var ErrNoIdentity = errors.New("no AWS identity")

// ErrNoRegion means that no Region of the account is what was asked for.
var ErrNoRegion = errors.New("no such Region")

// caller is whose credentials these are.
type caller struct{ partition, account string }

// Discover finds out whose account this is and which Regions it has, both at once, and gives every
// Region as a target: those that are not enabled too, so that none is passed over in silence.
func (s *Source) Discover(ctx context.Context, found func(inventory.Target) error) error {
	s.byName.forget()
	regions := make(chan listedRegions, 1)
	go func() { regions <- s.listRegions(ctx) }()
	who, err := s.caller(ctx)
	if err != nil {
		return err
	}
	listed := <-regions
	targets := s.named(who)
	switch {
	case listed.err != nil:
		targets = append(targets, s.assumed(ctx, who, listed.err)...)
	default:
		targets = append(targets, s.enabledOrNot(who, listed.regions)...)
	}
	if len(targets) == 0 {
		return fmt.Errorf("%w: no Region of account %s matches %s", ErrNoRegion, who.account, strings.Join(s.allowed.globs, ", "))
	}
	for _, t := range targets {
		if err := found(t); err != nil {
			return err
		}
	}
	return nil
}

// identityAttempts bounds the first call of all: where nothing answers, a person should hear so in
// seconds, and there is nothing yet that a longer wait could save.
const identityAttempts = 6

func (s *Source) caller(ctx context.Context) (caller, error) {
	call, cancel := context.WithTimeout(ctx, callDeadline)
	defer cancel()
	out, err := s.identity.GetCallerIdentity(call, &sts.GetCallerIdentityInput{}, func(o *sts.Options) {
		o.Retryer = retry.AddWithMaxAttempts(o.Retryer, min(o.Retryer.MaxAttempts(), identityAttempts))
	})
	if err != nil {
		if ctx.Err() != nil {
			return caller{}, ctx.Err()
		}
		_, message := classify(err, circumstances{run: ctx})
		return caller{}, fmt.Errorf("%w: sts:GetCallerIdentity in %s: %s", ErrNoIdentity, s.home, message)
	}
	parts := strings.SplitN(aws.ToString(out.Arn), ":", 3)
	if len(parts) < 3 || aws.ToString(out.Account) == "" {
		return caller{}, fmt.Errorf("%w: sts:GetCallerIdentity in %s answered without an account or ARN", ErrNoIdentity, s.home)
	}
	return caller{partition: parts[1], account: aws.ToString(out.Account)}, nil
}

type listedRegions struct {
	regions []types.Region
	err     error
}

// listRegions asks for all Regions, enabled or not, unless only plain names were asked for.
func (s *Source) listRegions(ctx context.Context) listedRegions {
	if !s.allowed.needsList() {
		return listedRegions{}
	}
	call, cancel := context.WithTimeout(ctx, callDeadline)
	defer cancel()
	out, err := s.ec2ForRegion(s.home).DescribeRegions(call, &ec2.DescribeRegionsInput{AllRegions: aws.Bool(true)})
	if err != nil {
		return listedRegions{err: err}
	}
	return listedRegions{regions: out.Regions}
}

// named are the Regions given by plain name.
func (s *Source) named(who caller) []inventory.Target {
	var targets []inventory.Target
	for _, name := range s.allowed.names {
		targets = append(targets, inventory.Target{Scope: who.scope(name)})
	}
	return targets
}

func (s *Source) enabledOrNot(who caller, regions []types.Region) []inventory.Target {
	var targets []inventory.Target
	for _, r := range regions {
		name := aws.ToString(r.RegionName)
		if !s.listed(name) {
			continue
		}
		t := inventory.Target{Scope: who.scope(name)}
		if aws.ToString(r.OptInStatus) == "not-opted-in" {
			t.Absent = inventory.Disabled
		}
		targets = append(targets, t)
	}
	return targets
}

// assumed stands in for the account's own list: the built-in Regions of its partition, and one
// row that says what is missing.
func (s *Source) assumed(ctx context.Context, who caller, err error) []inventory.Target {
	cause, message := classify(err, circumstances{run: ctx, credentials: true, optIn: isOptIn(s.home)})
	whole := inventory.Target{Scope: who.scope(inventory.AnyRegion)}
	whole.Gaps = []inventory.Gap{{
		Kind: inventory.Regions, API: "ec2:DescribeRegions", Cause: cause,
		Message: message + "; the Regions known to this version were read instead, and newer ones are missing",
	}}
	targets := []inventory.Target{whole}
	for _, r := range inventory.KnownRegions(who.partition) {
		if s.listed(r.Name) {
			targets = append(targets, inventory.Target{Scope: who.scope(r.Name), Assumed: true})
		}
	}
	return targets
}

// listed reports whether a Region of a list is wanted from there: a plain name was given
// already.
func (s *Source) listed(name string) bool {
	if len(s.allowed.globs) == 0 {
		return s.allowed.needsList()
	}
	return s.allowed.matchesGlob(name) && !slices.Contains(s.allowed.names, name)
}

func (c caller) scope(region string) inventory.Scope {
	return inventory.Scope{Partition: c.partition, Account: c.account, Region: region}
}
