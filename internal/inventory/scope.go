// Package inventory holds what exists: the facts read from one account in one
// Region, and the gaps where something could not be read. It has no opinion, no
// client, no clock, and imports nothing else of this module.
package inventory

import (
	"cmp"
	"fmt"
	"strings"
)

// AnyRegion stands in [Scope.Region] for an account as a whole: a row of the
// ledger about a closed account, or about a list of Regions that could not be read.
const AnyRegion = "*"

// Scope is one account in one Region: the unit of reading.
type Scope struct {
	Partition string `json:"partition"` // "aws", "aws-cn", "aws-us-gov", ...
	Account   string `json:"account"`   // twelve digits
	Region    string `json:"region"`    // "eu-west-1", or AnyRegion
}

// String is the scope as people write it: ACCOUNT/REGION.
func (s Scope) String() string { return s.Account + "/" + s.Region }

// Compare orders scopes by partition, account and Region: the order of every report.
func (s Scope) Compare(o Scope) int {
	return cmp.Or(
		strings.Compare(s.Partition, o.Partition),
		strings.Compare(s.Account, o.Account),
		strings.Compare(s.Region, o.Region))
}

// ARN names an EC2 resource of the scope, such as ARN("vpc", "vpc-1"). EC2 answers
// hold no ARNs; the form is that of the service authorization reference.
func (s Scope) ARN(kind, id string) string {
	return fmt.Sprintf("arn:%s:ec2:%s:%s:%s/%s", s.Partition, s.Region, s.Account, kind, id)
}

// Absence says why a scope of the ledger is not expected to be read.
type Absence string

// The reasons for which a scope is listed but not read.
const (
	Present  Absence = ""         // expected to be read
	Disabled Absence = "disabled" // the account has not enabled the Region
	Closed   Absence = "closed"   // the account is suspended or closed
	Excluded Absence = "excluded" // whoever runs it left the Region out
)

// Known reports whether it is one of the reasons above.
func (a Absence) Known() bool { return a == Present || a == Disabled || a == Closed || a == Excluded }

// Target is a scope that a run accounts for, as discovery found it, before it is read.
type Target struct {
	Scope
	Absent  Absence `json:"absent,omitempty"`
	Assumed bool    `json:"assumed,omitempty"` // taken from a list that is not the account's own
	Gaps    []Gap   `json:"gaps,omitempty"`    // why nothing of it can be read, or what discovery missed
}
