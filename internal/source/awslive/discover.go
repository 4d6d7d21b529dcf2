package awslive

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"flowproof/internal/inventory"
)

// ErrNoIdentity means that no credentials could be obtained, or none that AWS accepts: nothing
// at all can be read.
var ErrNoIdentity = errors.New("no AWS identity")

// IdentityError is ErrNoIdentity where AWS was asked in vain.
type IdentityError struct {
	Region  string // that STS was asked in
	Cause   inventory.Cause
	Message string // hostile
	Advice  string // what to do; empty where nothing is better than the usual
	err     error
}

func (e *IdentityError) Error() string {
	return fmt.Sprintf("%v: sts:GetCallerIdentity in %s: %s", ErrNoIdentity, e.Region, e.Message)
}

// Is makes every IdentityError an ErrNoIdentity.
func (e *IdentityError) Is(target error) bool { return target == ErrNoIdentity }

// ErrNoRegion means that no Region of the account is what was asked for.
var ErrNoRegion = errors.New("no such Region")

// caller is whose credentials these are.
type caller struct{ partition, account, arn string }

// lent reports whether the credentials are a role's session, which limits the sessions that it
// can start (IAM user guide, "Role chaining").
func (c caller) lent() bool { return strings.Contains(c.arn, ":assumed-role/") }

// Discover finds out whose account this is and which Regions it has, both at once, and gives every
// Region as a target: those that are not enabled too, so that none is passed over in silence.
func (s *Source) Discover(ctx context.Context, found func(inventory.Target) error) error {
	s.byName.forget()
	regions := make(chan listedRegions, 1)
	list := s.listRegions
	if len(s.allowed.unknownNames()) > 0 {
		list = s.allRegions
	}
	go func() { regions <- list(ctx, s.regions.in) }()
	who, err := s.caller(ctx)
	if err != nil && ctx.Err() != nil {
		return found(s.interruptedFirst())
	}
	if err != nil {
		return err
	}
	s.self = s.own(who)
	s.accounts.Store(1)
	listed := <-regions
	if len(listed.regions) > 0 {
		s.self.regions.remember(listed.regions)
	}
	if err := s.checkNames(listed); err != nil {
		return err
	}
	targets := s.named(s.self)
	switch {
	case listed.err != nil && s.allowed.needsList():
		targets = append(targets, s.assumed(ctx, s.self, listed.err)...)
	default:
		targets = append(targets, s.listed(s.self, listed.regions)...)
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

// interruptedFirst is what is left to account for where the run was interrupted before AWS had said whose
// account it is: nothing was read, of an account without a name.
func (s *Source) interruptedFirst() inventory.Target {
	return inventory.Target{
		Scope: inventory.Scope{Partition: inventory.PartitionOf(s.home), Region: inventory.AnyRegion},
		Gaps: []inventory.Gap{{
			Kind: inventory.Regions, API: "sts:GetCallerIdentity", Cause: inventory.Interrupted,
			Message: "the run was interrupted before AWS had said whose account this is",
		}},
	}
}

// own is the caller's own account.
func (s *Source) own(who caller) *account {
	return &account{partition: who.partition, id: who.account, byName: func() *named { return s.byName }}
}

// identityAttempts bounds the first call of all: where nothing answers, a person should hear so in
// seconds, and there is nothing yet that a longer wait could save.
const identityAttempts = 6

func (s *Source) caller(ctx context.Context) (caller, error) {
	who, err := s.callerIn(ctx, s.home)
	var asked *IdentityError
	switch {
	case err == nil:
		return who, nil
	case ctx.Err() != nil:
		return caller{}, ctx.Err()
	case errors.As(err, &asked) && looksForeign(asked.err) && isOptIn(s.home):
		return caller{}, s.strangerAtHome(ctx, asked)
	}
	return caller{}, err
}

// callerIn asks STS of a Region whose credentials these are.
func (s *Source) callerIn(ctx context.Context, region string) (caller, error) {
	if err := signIn(ctx, s.credentials); err != nil {
		return caller{}, err
	}
	call, cancel := context.WithTimeout(ctx, callDeadline)
	defer cancel()
	out, err := s.identity.GetCallerIdentity(call, &sts.GetCallerIdentityInput{}, func(o *sts.Options) {
		o.Region = region
		o.Retryer = retry.AddWithMaxAttempts(o.Retryer, min(o.Retryer.MaxAttempts(), identityAttempts))
	})
	if none, ok := errors.AsType[*CredentialsError](err); ok { // AWS was not asked
		return caller{}, none
	}
	if err != nil {
		cause, message := classify(err, circumstances{run: ctx})
		todo := wayOut(err)
		return caller{}, &IdentityError{Region: region, Cause: cause, Message: strings.TrimSuffix(message, "; "+todo), Advice: todo, err: err}
	}
	parts := strings.SplitN(aws.ToString(out.Arn), ":", 3)
	if len(parts) < 3 || aws.ToString(out.Account) == "" {
		return caller{}, fmt.Errorf("%w: sts:GetCallerIdentity in %s answered without an account or ARN", ErrNoIdentity, region)
	}
	if !inventory.IsPartition(parts[1]) {
		return caller{}, fmt.Errorf("%w: sts:GetCallerIdentity in %s answered with the partition %q, and this version of flowproof knows %s",
			ErrNoIdentity, region, parts[1], strings.Join(inventory.Partitions(), ", "))
	}
	return caller{partition: parts[1], account: aws.ToString(out.Account), arn: aws.ToString(out.Arn)}, nil
}

// strangerAtHome looks whether credentials that the home Region does not know are good elsewhere, and
// says why they are not there.
func (s *Source) strangerAtHome(ctx context.Context, asked *IdentityError) error {
	elsewhere := alwaysOn(s.home)
	who, err := s.callerIn(ctx, elsewhere)
	if err != nil || elsewhere == s.home {
		return asked
	}
	c := circumstances{run: ctx, credentials: true, optIn: s.optInOf(ctx, s.own(who), s.home), token: true}
	cause, message := classify(asked.err, c)
	return &IdentityError{
		Region: s.home, Cause: cause, Message: message, err: asked.err,
		Advice: fmt.Sprintf("set AWS_REGION, or the region of the profile, to %s, where the credentials are good; for %s get a session from a regional endpoint of STS", elsewhere, s.home),
	}
}

// listedRegion is a Region that an account can have.
type listedRegion struct {
	name     string
	disabled bool
}

type listedRegions struct {
	regions []listedRegion
	err     error
}

// listRegions asks for all Regions, enabled or not, unless only plain names were asked for.
func (s *Source) listRegions(ctx context.Context, in func(region string) regionReader) listedRegions {
	if !s.allowed.needsList() {
		return listedRegions{}
	}
	return s.allRegions(ctx, in)
}

// named are the Regions given by plain name.
func (s *Source) named(a *account) []inventory.Target {
	var targets []inventory.Target
	for _, name := range s.allowed.names {
		targets = append(targets, inventory.Target{Scope: a.scope(name)})
	}
	return targets
}

// listed are the Regions of a list that are wanted from there.
func (s *Source) listed(a *account, regions []listedRegion) []inventory.Target {
	var targets []inventory.Target
	for _, r := range regions {
		if !s.wanted(r.name) {
			continue
		}
		t := inventory.Target{Scope: a.scope(r.name)}
		if r.disabled {
			t.Absent = inventory.Disabled
		}
		targets = append(targets, t)
	}
	return targets
}

// assumed stands in for the account's own list: the built-in Regions of its partition, and one
// row that says what is missing.
func (s *Source) assumed(ctx context.Context, a *account, err error) []inventory.Target {
	targets := []inventory.Target{s.noList(ctx, a, err, "the Regions known to this version")}
	for _, r := range inventory.KnownRegions(a.partition) {
		if s.wanted(r.Name) {
			targets = append(targets, inventory.Target{Scope: a.scope(r.Name), Assumed: true})
		}
	}
	return targets
}

// noList is the row of an account whose list of Regions could not be read.
func (s *Source) noList(ctx context.Context, a *account, err error, instead string) inventory.Target {
	cause, message := classify(err, s.circumstances(ctx, a, s.home, err))
	whole := inventory.Target{Scope: a.scope(inventory.AnyRegion)}
	whole.Gaps = []inventory.Gap{{
		Kind: inventory.Regions, API: "ec2:DescribeRegions", Cause: cause,
		Message: message + "; " + instead + " were read instead, and newer ones are missing",
	}}
	return whole
}

// wanted reports whether a Region of a list is wanted from there: a plain name was given
// already.
func (s *Source) wanted(name string) bool {
	if len(s.allowed.globs) == 0 {
		return s.allowed.needsList()
	}
	return s.allowed.matchesGlob(name) && !slices.Contains(s.allowed.names, name)
}
