package awslive

import (
	"context"
	"errors"
	"slices"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/smithy-go"

	"flowproof/internal/inventory"
)

// optIn is what is known of an account's use of a Region. Services answer word for word alike where the
// account has not enabled the Region, and where the session token is one of the global endpoint of STS,
// which is good in the Regions alone that every account has (IAM User Guide, "Manage AWS STS in an AWS
// Region", "Regions and endpoints").
type optIn int

const (
	forAll     optIn = iota // no account has to enable it
	untold                  // nobody says whether the account has
	enabled                 // the account has
	notEnabled              // the account has not
)

// circumstances of a call of an account in a Region, once it has failed with err.
func (s *Source) circumstances(ctx context.Context, a *account, region string, err error) circumstances {
	c := circumstances{run: ctx, credentials: true}
	if isOptIn(region) && looksForeign(err) {
		c.optIn = s.optInOf(ctx, a, region)
		c.token = a.credentials == nil && s.ownToken(ctx)
	}
	return c
}

// looksForeign reports whether a service does not know the credentials, as it would say in a Region
// where they are no good. What was said to whoever fetched them is another matter.
func looksForeign(err error) bool {
	if _, none := errors.AsType[*CredentialsError](err); none || renewal(err) != "" {
		return false
	}
	api, ok := errors.AsType[smithy.APIError](err)
	return ok && slices.Contains([]string{"AuthFailure", "InvalidClientTokenId", "UnrecognizedClientException"}, api.ErrorCode())
}

// ownToken reports whether the caller's credentials are a session's. Those of the roles that are assumed
// here come from regional endpoints, whose tokens are good everywhere.
func (s *Source) ownToken(ctx context.Context) bool {
	if s.credentials == nil {
		return false
	}
	given, err := s.credentials.Retrieve(ctx)
	return err == nil && given.SessionToken != ""
}

// optInOf is whether the account has enabled a Region: from the list that discovery read, else from one
// that is asked for now, once, in a Region where the credentials do work.
func (s *Source) optInOf(ctx context.Context, a *account, region string) optIn {
	a.regions.mu.Lock()
	defer a.regions.mu.Unlock()
	if a.regions.status == nil && !a.regions.asked {
		a.regions.asked = true
		where := s.home
		if isOptIn(where) {
			where = alwaysOn(where)
		}
		way := withRoute(ctx, a.route(s.doubts.about("ec2", where)))
		if listed := regionsIn(way, a.client(s.regions, where)); listed.err == nil {
			a.regions.keep(listed.regions)
		}
	}
	return a.regions.of(region)
}

// alwaysOn is a Region of the same partition that every account has.
func alwaysOn(region string) string {
	known := inventory.KnownRegions(inventory.PartitionOf(region))
	isOn := func(r inventory.Region) bool { return !r.OptIn && r.Name == fallbackRegion }
	if !slices.ContainsFunc(known, isOn) {
		isOn = func(r inventory.Region) bool { return !r.OptIn }
	}
	if i := slices.IndexFunc(known, isOn); i >= 0 {
		return known[i].Name
	}
	return region
}

// regionBook is what an account's own list of Regions says.
type regionBook struct {
	mu     sync.Mutex
	asked  bool
	status map[string]optIn // nil where there is no list
}

// remember keeps a list of the account's own Regions.
func (b *regionBook) remember(regions []listedRegion) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.keep(regions)
}

func (b *regionBook) keep(regions []listedRegion) {
	b.status = make(map[string]optIn, len(regions))
	for _, r := range regions {
		b.status[r.name] = enabled
		if r.disabled {
			b.status[r.name] = notEnabled
		}
	}
}

func (b *regionBook) of(region string) optIn {
	if status, ok := b.status[region]; ok {
		return status
	}
	return untold
}

// regionsIn asks one Region for all Regions, enabled or not.
func regionsIn(ctx context.Context, client regionReader) listedRegions {
	out, err := along(ctx, func(ctx context.Context) (*ec2.DescribeRegionsOutput, error) {
		return client.DescribeRegions(ctx, &ec2.DescribeRegionsInput{AllRegions: aws.Bool(true)})
	})
	if err != nil {
		return listedRegions{err: err}
	}
	var regions []listedRegion
	for _, r := range out.Regions {
		regions = append(regions, listedRegion{aws.ToString(r.RegionName), aws.ToString(r.OptInStatus) == "not-opted-in"})
	}
	return listedRegions{regions: regions}
}

// allRegions asks for all Regions where the run is at home, else where every account is.
func (s *Source) allRegions(ctx context.Context, in func(region string) regionReader) listedRegions {
	listed := regionsIn(ctx, in(s.home))
	if other := alwaysOn(s.home); isOptIn(s.home) && looksForeign(listed.err) && other != s.home {
		if again := regionsIn(ctx, in(other)); again.err == nil {
			return again
		}
	}
	return listed
}

// foreign says why a service does not know credentials that are good elsewhere.
func (c circumstances) foreign(api smithy.APIError) (inventory.Cause, string) {
	said := describeAPI(api)
	either := "the account has not enabled the Region, or " + inventory.GlobalToken + ": " + inventory.RegionalToken + "; ec2:DescribeRegions would tell (" + said + ")"
	switch {
	case c.optIn == enabled:
		return inventory.Credentials, inventory.GlobalToken + ": " + inventory.RegionalToken + " (the account has enabled the Region, and the credentials are good elsewhere: " + said + ")"
	case c.optIn == untold && api.ErrorCode() == "InvalidClientTokenId": // which EC2 does not say of a Region that is not enabled
		return inventory.Credentials, either
	case c.doubtful():
		return inventory.RegionDisabled, either
	}
	return inventory.RegionDisabled, said
}

// doubtful reports whether nobody can tell a Region that is not enabled from a token that is not good there.
func (c circumstances) doubtful() bool { return c.optIn == untold && c.token }
