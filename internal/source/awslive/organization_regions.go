package awslive

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	accountapi "github.com/aws/aws-sdk-go-v2/service/account"
	"github.com/aws/aws-sdk-go-v2/service/account/types"

	"flowproof/internal/inventory"
)

// accountReader is what is read of the Account Management API.
type accountReader interface {
	ListRegions(context.Context, *accountapi.ListRegionsInput, ...func(*accountapi.Options)) (*accountapi.ListRegionsOutput, error)
}

// atPartitionEndpoint chooses the one endpoint that a partition has for it (Account Management
// endpoints and quotas).
func atPartitionEndpoint(o *accountapi.Options) {
	switch inventory.PartitionOf(o.Region) {
	case "aws":
		o.Region = "us-east-1"
	case "aws-cn":
		o.Region = "cn-northwest-1"
	}
}

// regionsFromOutside are the Regions of an account that does not give them itself: those that the
// organisation knows of it, else (assumed) those of the caller's own account, else those known to
// this version.
func (o *Organization) regionsFromOutside(ctx context.Context, a *account) (regions []listedRegion, assumed bool) {
	if regions, err := o.listRegions(ctx, a.id); err == nil {
		a.regions.remember(regions)
		return regions, false
	}
	own, err := o.regions.of(ctx, "own", func() (listedRegions, error) {
		list := o.source.listRegions(ctx, o.source.regions.in)
		return list, list.err
	})
	for _, r := range own.regions {
		if !r.disabled {
			regions = append(regions, r)
		}
	}
	if err != nil {
		for _, r := range inventory.KnownRegions(a.partition) {
			if !r.OptIn {
				regions = append(regions, listedRegion{name: r.Name})
			}
		}
	}
	return regions, true
}

// listRegions asks the organisation for a member's Regions.
func (o *Organization) listRegions(ctx context.Context, id string) ([]listedRegion, error) {
	ctx = withRoute(ctx, &route{endpoint: o.source.doubts.about("account", o.source.home)})
	var regions []listedRegion
	pages := accountapi.NewListRegionsPaginator(o.accounts, &accountapi.ListRegionsInput{AccountId: aws.String(id)})
	err := eachPage(ctx, pages, func(page *accountapi.ListRegionsOutput) {
		for _, r := range page.Regions {
			off := r.RegionOptStatus == types.RegionOptStatusDisabled || r.RegionOptStatus == types.RegionOptStatusDisabling
			regions = append(regions, listedRegion{aws.ToString(r.RegionName), off})
		}
	})
	if err == nil && len(regions) == 0 {
		err = unread("account:ListRegions of %s gave no Region, and every account has some", id)
	}
	return regions, err
}
