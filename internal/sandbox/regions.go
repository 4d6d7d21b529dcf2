package sandbox

import (
	"slices"
	"strings"
)

// Opt-in statuses as DescribeRegions gives them.
const (
	statusDefault    = "opt-in-not-required"
	statusOptedIn    = "opted-in"
	statusNotOptedIn = "not-opted-in"
)

// defaultRegions are the Regions of partition aws that every account has (EC2 user
// guide, Regions and Zones), with the letters of their Availability Zones where those
// are not a, b and c.
var defaultRegions = []struct{ name, zones string }{
	{"ap-northeast-1", "acd"}, {"ap-northeast-2", "abcd"}, {"ap-northeast-3", ""}, {"ap-south-1", ""},
	{"ap-southeast-1", ""}, {"ap-southeast-2", ""}, {"ca-central-1", "abd"}, {"eu-central-1", ""},
	{"eu-north-1", ""}, {"eu-west-1", ""}, {"eu-west-2", ""}, {"eu-west-3", ""}, {"sa-east-1", ""},
	{"us-east-1", "abcdef"}, {"us-east-2", ""}, {"us-west-1", "ab"}, {"us-west-2", "abcd"},
}

// optInRegions are the Regions of partition aws that an account has to enable.
var optInRegions = []string{
	"af-south-1", "ap-east-1", "ap-east-2", "ap-south-2", "ap-southeast-3", "ap-southeast-4",
	"ap-southeast-5", "ap-southeast-6", "ap-southeast-7", "ca-west-1", "eu-central-2", "eu-south-1",
	"eu-south-2", "il-central-1", "me-central-1", "me-south-1", "mx-central-1",
}

// regionNames gives all Regions in the order of DescribeRegions' answer here, by name.
func regionNames() []string {
	names := slices.Clone(optInRegions)
	for _, r := range defaultRegions {
		names = append(names, r.name)
	}
	slices.Sort(names)
	return names
}

// optInStatus says how the account stands to a Region, "" when there is no such Region.
func (a *account) optInStatus(name string) string {
	for _, r := range defaultRegions {
		if r.name == name {
			if a.seed != nil && slices.Contains(a.seed.DisabledRegions, name) {
				return statusNotOptedIn
			}
			return statusDefault
		}
	}
	if !slices.Contains(optInRegions, name) {
		return ""
	}
	if a.seed != nil && slices.Contains(a.seed.OptedIn, name) {
		return statusOptedIn
	}
	return statusNotOptedIn
}

// zones gives the names of a Region's Availability Zones.
func zones(region string) []string {
	letters := "abc"
	for _, r := range defaultRegions {
		if r.name == region && r.zones != "" {
			letters = r.zones
		}
	}
	out := make([]string, 0, len(letters))
	for _, l := range letters {
		out = append(out, region+string(l))
	}
	return out
}

// zoneID gives the id of a zone, such as use1-az1 of us-east-1a: the Region's name
// with its direction shortened. AWS maps names to ids anew for every account; here a is 1.
func zoneID(zone string) string {
	region, letter := zone[:len(zone)-1], zone[len(zone)-1]
	short := strings.NewReplacer("north", "n", "south", "s", "east", "e", "west", "w", "central", "c", "-", "").Replace(region)
	return short + "-az" + string(letter-'a'+'1')
}

// regionDisabled is the answer of a Region that the account may not use. EC2 says word
// for word what it says to bad credentials (observed); STS has a code for it.
func regionDisabled(c *call) *apiError {
	switch c.service.name {
	case "ec2":
		return &apiError{401, "AuthFailure", "AWS was not able to validate the provided access credentials"}
	case "sts":
		return &apiError{403, "RegionDisabledException", "STS is not activated in the requested region for account: " +
			c.account.id + ". Your account administrator can activate STS in this region using the IAM Console."}
	default:
		return badRequest("UnrecognizedClientException", "The security token included in the request is invalid.")
	}
}
