package awslive

//go:generate go test -run TestPermissionsAreDocumented . -update

import (
	"slices"

	"flowproof/internal/inventory"
)

// Permission says what one SDK call of this package needs of IAM.
type Permission struct {
	Call    string           // SERVICE:Operation, as the SDK names it
	Actions []string         // IAM actions; none where AWS asks for none
	Kinds   []inventory.Kind // read by it; empty for calls that every run makes
	Many    bool             // made in a run over many accounts only, with the caller's own credentials
	Source  string           // where AWS says so
}

// Permissions has a row for each call of the read interfaces, in order; a test holds the two
// together. IAM actions are not always named like their call.
func Permissions() []Permission {
	return slices.Concat(
		callerPermissions(),
		networkPermissions(),
		logsPermissions(),
		rolePermissions(),
		bucketPermissions(),
		streamPermissions(),
		organizationPermissions(),
	)
}

// callerPermissions are those of finding out whose account it is, and of the two lists.
func callerPermissions() []Permission {
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

// networkPermissions are those of the other lists of EC2.
func networkPermissions() []Permission {
	return []Permission{
		{
			Call: "ec2:DescribeSubnets", Actions: []string{"ec2:DescribeSubnets"}, Kinds: []inventory.Kind{inventory.Subnets},
			Source: "Service authorization reference, Amazon EC2 actions: list action, no resource-level permissions",
		},
		{
			Call: "ec2:DescribeNetworkInterfaces", Actions: []string{"ec2:DescribeNetworkInterfaces"}, Kinds: []inventory.Kind{inventory.Interfaces},
			Source: "Service authorization reference, Amazon EC2 actions: list action, no resource-level permissions",
		},
		{
			Call: "ec2:DescribeTransitGateways", Actions: []string{"ec2:DescribeTransitGateways"}, Kinds: []inventory.Kind{inventory.TransitGateways},
			Source: "Service authorization reference, Amazon EC2 actions: list action, no resource-level permissions",
		},
		{
			Call: "ec2:DescribeTransitGatewayAttachments", Actions: []string{"ec2:DescribeTransitGatewayAttachments"}, Kinds: []inventory.Kind{inventory.GatewayAttachments},
			Source: "Service authorization reference, Amazon EC2 actions: list action, no resource-level permissions",
		},
		{
			Call: "ec2:DescribeNatGateways", Actions: []string{"ec2:DescribeNatGateways"}, Kinds: []inventory.Kind{inventory.NATGateways},
			Source: "Service authorization reference, Amazon EC2 actions: list action, no resource-level permissions",
		},
	}
}

// logsPermissions are those of CloudWatch Logs.
func logsPermissions() []Permission {
	return []Permission{
		{
			Call: "logs:DescribeLogGroups", Actions: []string{"logs:DescribeLogGroups"}, Kinds: []inventory.Kind{inventory.LogGroups, inventory.Destinations},
			Source: "Service authorization reference, Amazon CloudWatch Logs actions: list action",
		},
		{
			Call: "logs:ListTagsForResource", Actions: []string{"logs:ListTagsForResource"}, Kinds: []inventory.Kind{inventory.LogGroups},
			Source: "CloudWatch Logs API reference, ListTagsForResource",
		},
		{
			Call: "logs:DescribeLogStreams", Actions: []string{"logs:DescribeLogStreams"}, Kinds: []inventory.Kind{inventory.Arriving},
			Source: "Service authorization reference, Amazon CloudWatch Logs actions: list action",
		},
		{
			Call: "logs:GetLogEvents", Actions: []string{"logs:GetLogEvents"}, Kinds: []inventory.Kind{inventory.Records},
			Source: "Service authorization reference, Amazon CloudWatch Logs actions: read action",
		},
	}
}

// rolePermissions are those of IAM.
func rolePermissions() []Permission {
	return []Permission{
		{
			Call: "iam:GetRole", Actions: []string{"iam:GetRole"}, Kinds: []inventory.Kind{inventory.Roles, inventory.DeliveryRoles},
			Source: "IAM API reference, GetRole",
		},
		{
			Call: "iam:ListRolePolicies", Actions: []string{"iam:ListRolePolicies"}, Kinds: []inventory.Kind{inventory.Roles, inventory.DeliveryRoles},
			Source: "IAM API reference, ListRolePolicies",
		},
		{
			Call: "iam:GetRolePolicy", Actions: []string{"iam:GetRolePolicy"}, Kinds: []inventory.Kind{inventory.Roles, inventory.DeliveryRoles},
			Source: "IAM API reference, GetRolePolicy",
		},
		{
			Call: "iam:ListAttachedRolePolicies", Actions: []string{"iam:ListAttachedRolePolicies"}, Kinds: []inventory.Kind{inventory.Roles, inventory.DeliveryRoles},
			Source: "IAM API reference, ListAttachedRolePolicies",
		},
		{
			Call: "iam:GetPolicy", Actions: []string{"iam:GetPolicy"}, Kinds: []inventory.Kind{inventory.Roles, inventory.DeliveryRoles},
			Source: "IAM API reference, GetPolicy",
		},
		{
			Call: "iam:GetPolicyVersion", Actions: []string{"iam:GetPolicyVersion"}, Kinds: []inventory.Kind{inventory.Roles, inventory.DeliveryRoles},
			Source: "IAM API reference, GetPolicyVersion",
		},
	}
}

// bucketPermissions are those of S3.
func bucketPermissions() []Permission {
	return []Permission{
		{
			Call: "s3:HeadBucket", Actions: []string{"s3:ListBucket"}, Kinds: []inventory.Kind{inventory.Buckets, inventory.Destinations, inventory.Arriving},
			Source: "S3 API reference, HeadBucket: needs s3:ListBucket",
		},
		{
			Call: "s3:GetBucketPolicy", Actions: []string{"s3:GetBucketPolicy"}, Kinds: []inventory.Kind{inventory.Buckets, inventory.Destinations},
			Source: "S3 API reference, GetBucketPolicy",
		},
		{
			Call: "s3:ListBuckets", Actions: []string{"s3:ListAllMyBuckets"}, Kinds: []inventory.Kind{inventory.Destinations, inventory.Arriving},
			Source: "S3 API reference, ListBuckets: needs s3:ListAllMyBuckets",
		},
		{
			Call: "s3:GetBucketPolicyStatus", Actions: []string{"s3:GetBucketPolicyStatus"}, Kinds: []inventory.Kind{inventory.Destinations},
			Source: "S3 API reference, GetBucketPolicyStatus",
		},
		{
			Call: "s3:GetPublicAccessBlock", Actions: []string{"s3:GetBucketPublicAccessBlock"}, Kinds: []inventory.Kind{inventory.Destinations},
			Source: "S3 API reference, GetPublicAccessBlock: needs s3:GetBucketPublicAccessBlock",
		},
		{
			Call: "s3:GetBucketEncryption", Actions: []string{"s3:GetEncryptionConfiguration"}, Kinds: []inventory.Kind{inventory.Destinations},
			Source: "S3 API reference, GetBucketEncryption: needs s3:GetEncryptionConfiguration",
		},
		{
			Call: "s3:GetBucketLifecycleConfiguration", Actions: []string{"s3:GetLifecycleConfiguration"}, Kinds: []inventory.Kind{inventory.Destinations},
			Source: "S3 API reference, GetBucketLifecycleConfiguration: needs s3:GetLifecycleConfiguration",
		},
		{
			Call: "s3:GetBucketAcl", Actions: []string{"s3:GetBucketAcl"}, Kinds: []inventory.Kind{inventory.Destinations},
			Source: "S3 API reference, GetBucketAcl",
		},
		{
			Call: "s3:ListObjectsV2", Actions: []string{"s3:ListBucket"}, Kinds: []inventory.Kind{inventory.Arriving},
			Source: "S3 API reference, ListObjectsV2: needs s3:ListBucket",
		},
		{
			Call: "s3:GetObject", Actions: []string{"s3:GetObject"}, Kinds: []inventory.Kind{inventory.Records},
			Source: "S3 API reference, GetObject",
		},
	}
}

// streamPermissions are those of Firehose and of its metrics.
func streamPermissions() []Permission {
	return []Permission{
		{
			Call: "firehose:DescribeDeliveryStream", Actions: []string{"firehose:DescribeDeliveryStream"}, Kinds: []inventory.Kind{inventory.Streams, inventory.Destinations},
			Source: "Service authorization reference, Amazon Data Firehose actions",
		},
		{
			Call: "cloudwatch:GetMetricStatistics", Actions: []string{"cloudwatch:GetMetricStatistics"}, Kinds: []inventory.Kind{inventory.Arriving},
			Source: "Service authorization reference, Amazon CloudWatch actions: read action, no resource-level permissions",
		},
	}
}

// organizationPermissions are those of finding the accounts of an organisation, and the way into them.
func organizationPermissions() []Permission {
	return []Permission{
		{
			Call: "sts:AssumeRole", Actions: []string{"sts:AssumeRole"}, Many: true,
			Source: "STS API reference, AssumeRole",
		},
		{
			Call: "organizations:ListAccounts", Actions: []string{"organizations:ListAccounts"}, Many: true,
			Source: "Organizations API reference, ListAccounts: from the management account or a delegated administrator",
		},
		{
			Call: "organizations:ListAccountsForParent", Actions: []string{"organizations:ListAccountsForParent"}, Many: true,
			Source: "Organizations API reference, ListAccountsForParent: as ListAccounts",
		},
		{
			Call: "organizations:ListOrganizationalUnitsForParent", Actions: []string{"organizations:ListOrganizationalUnitsForParent"}, Many: true,
			Source: "Organizations API reference, ListOrganizationalUnitsForParent: as ListAccounts",
		},
		{
			Call: "organizations:DescribeOrganization", Actions: []string{"organizations:DescribeOrganization"},
			Kinds:  []inventory.Kind{inventory.Destinations, inventory.DeliveryRoles, inventory.Buckets, inventory.Roles},
			Source: "Organizations API reference, DescribeOrganization: from any account of the organisation. Asked where a policy turns on aws:SourceOrgID",
		},
		{
			Call: "account:ListRegions", Actions: []string{"account:ListRegions"}, Many: true,
			Source: "Account Management reference, ListRegions: of other accounts from the management account or a delegated administrator",
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

// Actions are those of all statements, in order.
func (p Policy) Actions() []string {
	var actions []string
	for _, s := range p.Statement {
		actions = append(actions, s.Action...)
	}
	return actions
}

// ReadPolicy is the least that reading kinds of one account needs. Describe calls of EC2 know no
// resource-level permissions, hence Resource "*".
func ReadPolicy(kinds []inventory.Kind) Policy {
	return Policy{Version: policyVersion, Statement: []Statement{readStatement(kinds)}}
}

const policyVersion = "2012-10-17"

func readStatement(kinds []inventory.Kind) Statement {
	return allow("FlowproofRead", "*", func(p Permission) bool {
		return !p.Many && (len(p.Kinds) == 0 || slices.ContainsFunc(p.Kinds, func(k inventory.Kind) bool { return slices.Contains(kinds, k) }))
	})
}

// CallerPolicy is the least that whoever reads many accounts needs: to read their own account, to
// list the others unless a file lists them, and to assume the role in each.
func CallerPolicy(kinds []inventory.Kind, m Membership, partition string, fromFile bool) Policy {
	lists := []string{"organizations:ListAccounts", "organizations:DescribeOrganization", "account:ListRegions"}
	switch {
	case fromFile:
		lists = []string{"account:ListRegions"}
	case len(m.Units) > 0:
		lists = append(lists[1:], "organizations:ListAccountsForParent", "organizations:ListOrganizationalUnitsForParent")
	}
	return Policy{Version: policyVersion, Statement: []Statement{
		readStatement(kinds),
		allow("FlowproofList", "*", func(p Permission) bool { return slices.Contains(lists, p.Call) }),
		allow("FlowproofEnter", m.Role.arn(partition, "*"), func(p Permission) bool { return p.Call == "sts:AssumeRole" }),
	}}
}

// allow is a statement that allows the actions of some calls.
func allow(sid, resource string, wanted func(Permission) bool) Statement {
	var actions []string
	for _, p := range Permissions() {
		if wanted(p) {
			actions = append(actions, p.Actions...)
		}
	}
	slices.Sort(actions)
	return Statement{Sid: sid, Effect: "Allow", Action: slices.Compact(actions), Resource: resource}
}
