package awscli

import (
	"regexp"
	"strings"
)

var (
	accountName = regexp.MustCompile(`^[0-9]{12}$`)
	// regionName is the form that all Region names have had so far: two to four letters, at
	// most one word for the partition or country, a direction, a number. An Availability Zone
	// (us-east-1a) is not one.
	regionName = regexp.MustCompile(`^[a-z]{2,4}(-[a-z]{2,5})?-[a-z]{4,9}-[0-9]{1,2}$`)
)

// partition is that of a Region, by the prefix of its name (partitions.json of the AWS SDKs).
// Saved answers name the partition nowhere else that could be relied on.
func partition(region string) string {
	for _, p := range [][2]string{
		{"cn-", "aws-cn"},
		{"us-gov-", "aws-us-gov"},
		{"us-iso-", "aws-iso"},
		{"us-isob-", "aws-iso-b"},
		{"eu-isoe-", "aws-iso-e"},
		{"us-isof-", "aws-iso-f"},
		{"eusc-", "aws-eusc"},
	} {
		if strings.HasPrefix(region, p[0]) {
			return p[1]
		}
	}
	return "aws"
}
