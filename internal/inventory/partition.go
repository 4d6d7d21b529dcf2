package inventory

import (
	"slices"
	"strings"
)

// Region is a Region that AWS has published.
type Region struct {
	Name  string
	OptIn bool // an account has to enable it before it can be used
}

// partitions lists the Regions of each partition (partitions.json of botocore 1.44.8) and, in the
// first one, those that every account has without enabling them (account management guide).
var partitions = []struct {
	name    string
	prefix  []string // of Region names; the longest match wins
	regions string
	optIn   string
}{
	{
		name: "aws",
		regions: "ap-northeast-1 ap-northeast-2 ap-northeast-3 ap-south-1 ap-southeast-1 ap-southeast-2 ca-central-1 " +
			"eu-central-1 eu-north-1 eu-west-1 eu-west-2 eu-west-3 sa-east-1 us-east-1 us-east-2 us-west-1 us-west-2",
		optIn: "af-south-1 ap-east-1 ap-east-2 ap-south-2 ap-southeast-3 ap-southeast-4 ap-southeast-5 ap-southeast-6 ap-southeast-7 " +
			"ca-west-1 eu-central-2 eu-south-1 eu-south-2 il-central-1 me-central-1 me-south-1 me-west-1 mx-central-1 " +
			"sa-west-1",
	},
	{name: "aws-cn", prefix: []string{"cn-"}, regions: "cn-north-1 cn-northwest-1"},
	{name: "aws-us-gov", prefix: []string{"us-gov-"}, regions: "us-gov-east-1 us-gov-west-1"},
	{name: "aws-iso", prefix: []string{"us-iso-"}, regions: "us-iso-east-1 us-iso-west-1"},
	{name: "aws-iso-b", prefix: []string{"us-isob-"}, regions: "us-isob-east-1 us-isob-west-1"},
	{name: "aws-iso-e", prefix: []string{"eu-isoe-"}, regions: "eu-isoe-west-1"},
	{name: "aws-iso-f", prefix: []string{"us-isof-"}, regions: "us-isof-east-1 us-isof-south-1"},
	{name: "aws-eusc", prefix: []string{"eusc-"}, regions: "eusc-de-east-1"},
}

// PartitionOf is the partition that a Region's name belongs to: "aws" unless its prefix says
// otherwise.
func PartitionOf(region string) string {
	for _, p := range partitions {
		if slices.ContainsFunc(p.prefix, func(prefix string) bool { return strings.HasPrefix(region, prefix) }) {
			return p.name
		}
	}
	return "aws"
}

// KnownRegions is the built-in list of a partition's Regions, for when the account's own list
// cannot be read. It ages: AWS adds a few a year.
func KnownRegions(partition string) []Region {
	var regions []Region
	for _, p := range partitions {
		if p.name != partition {
			continue
		}
		for _, name := range strings.Fields(p.regions) {
			regions = append(regions, Region{Name: name})
		}
		for _, name := range strings.Fields(p.optIn) {
			regions = append(regions, Region{Name: name, OptIn: true})
		}
	}
	slices.SortFunc(regions, func(a, b Region) int { return strings.Compare(a.Name, b.Name) })
	return regions
}

// Partitions names every partition.
func Partitions() []string {
	var names []string
	for _, p := range partitions {
		names = append(names, p.name)
	}
	return names
}
