package awslive

import (
	"slices"

	"flowproof/internal/inventory"
)

// Permission says what one SDK call of this package needs of IAM.
type Permission struct {
	Call    string           // SERVICE:Operation, as the SDK names it
	Actions []string         // IAM actions; none where AWS asks for none
	Kinds   []inventory.Kind // read by it; empty for calls that every run makes
	Source  string           // where AWS says so
}

// Permissions has a row for each call of the read interfaces, in order; a test holds the two
// together. IAM actions are not always named like their call.
func Permissions() []Permission {
	return []Permission{
		{
			Call:   "sts:GetCallerIdentity",
			Source: "STS API reference, GetCallerIdentity: no permissions are required, and an explicit deny has no effect",
		},
		{
			Call: "ec2:DescribeRegions", Actions: []string{"ec2:DescribeRegions"},
			Source: "Service authorization reference, Amazon EC2 actions: list action, no resource-level permissions",
		},
		{
			Call: "ec2:DescribeVpcs", Actions: []string{"ec2:DescribeVpcs"}, Kinds: []inventory.Kind{inventory.VPCs},
			Source: "Service authorization reference, Amazon EC2 actions: list action, no resource-level permissions",
		},
		{
			Call: "ec2:DescribeFlowLogs", Actions: []string{"ec2:DescribeFlowLogs"}, Kinds: []inventory.Kind{inventory.FlowLogs},
			Source: "Service authorization reference, Amazon EC2 actions: list action, no resource-level permissions",
		},
	}
}

// Policy is an IAM policy document.
type Policy struct {
	Version   string
	Statement []Statement
}

// Statement is one statement of a Policy.
type Statement struct {
	Sid      string
	Effect   string
	Action   []string
	Resource string
}

// ReadPolicy is the least that reading kinds needs. Describe calls of EC2 know no resource-level
// permissions, hence Resource "*".
func ReadPolicy(kinds []inventory.Kind) Policy {
	var actions []string
	for _, p := range Permissions() {
		if len(p.Kinds) == 0 || slices.ContainsFunc(p.Kinds, func(k inventory.Kind) bool { return slices.Contains(kinds, k) }) {
			actions = append(actions, p.Actions...)
		}
	}
	slices.Sort(actions)
	return Policy{
		Version: "2012-10-17",
		Statement: []Statement{{
			Sid: "FlowproofRead", Effect: "Allow", Action: slices.Compact(actions), Resource: "*",
		}},
	}
}
