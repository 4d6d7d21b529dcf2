package awscall

import "reflect"

// form is how an operation answers.
type form int

const (
	unknown    form = iota // not an operation of this program: it is not sent
	xmlForm                // XML with a root element of its own
	jsonForm               // a JSON object
	policyForm             // a bare policy document (S3 API reference, GetBucketPolicy)
	emptyForm              // an empty body or {}
	headForm               // headers alone
	anyForm                // any body, which says nothing, or none with status 204
	streamForm             // any bytes, read by the caller within bounds of its own
)

// answer is what an operation always answers with.
type answer struct {
	form     form
	root     string // of XML
	metadata bool   // ResponseMetadata is all that it holds
	long     bool   // its pages can be very long

	always  []path // members that are always there; a list may be empty
	some    bool   // no one member is always there, and at least one of them is
	filled  path   // a list that is never empty
	account path   // a member that is an account's id
	arn     path   // a member that is an ARN

	token     path // where the list goes on; none where the last token comes again
	truncated path // whether the list goes on, where that is said too
}

// path leads to a member of the SDK's type, by the names of its fields.
type path []string

// answers are those of the operations that this program calls, and that the SDK calls for its
// credentials. Sources: the API reference of each service, and its model in the SDK.
var answers = concat(ec2Answers(), iamAnswers(), s3Answers(), logsAnswers(), otherAnswers(), identityAnswers())

func concat(parts ...map[call]answer) map[call]answer {
	all := map[call]answer{}
	for _, part := range parts {
		for c, a := range part {
			if a.form == xmlForm && a.root == "" {
				a.root = c.operation + "Response"
			}
			all[c] = a
		}
	}
	return all
}

func always(paths ...path) []path { return paths }

func ec2Answers() map[call]answer {
	all := map[call]answer{
		// The list of Regions has no pages, and an account always has some.
		{"EC2", "DescribeRegions"}: {form: xmlForm, always: always(path{"Regions"}), filled: path{"Regions"}},
		// What was made and what was refused: accounting holds them against what was asked for.
		{"EC2", "CreateFlowLogs"}: {form: xmlForm},
		{"EC2", "DeleteFlowLogs"}: {form: xmlForm},
	}
	for operation, list := range map[string]string{
		"DescribeVpcs":                      "Vpcs",
		"DescribeFlowLogs":                  "FlowLogs",
		"DescribeSubnets":                   "Subnets",
		"DescribeNetworkInterfaces":         "NetworkInterfaces",
		"DescribeTransitGateways":           "TransitGateways",
		"DescribeTransitGatewayAttachments": "TransitGatewayAttachments",
		"DescribeNatGateways":               "NatGateways",
	} {
		all[call{"EC2", operation}] = answer{form: xmlForm, long: true, always: always(path{list}), token: path{"NextToken"}}
	}
	return all
}

func iamAnswers() map[call]answer {
	all := map[call]answer{
		{"IAM", "GetRole"}:          {form: xmlForm, always: always(path{"Role"})},
		{"IAM", "CreateRole"}:       {form: xmlForm, always: always(path{"Role"})},
		{"IAM", "GetRolePolicy"}:    {form: xmlForm, always: always(path{"PolicyDocument"})},
		{"IAM", "GetPolicy"}:        {form: xmlForm, always: always(path{"Policy"})},
		{"IAM", "GetPolicyVersion"}: {form: xmlForm, always: always(path{"PolicyVersion"})},
	}
	for operation, list := range map[string]string{"ListRolePolicies": "PolicyNames", "ListAttachedRolePolicies": "AttachedPolicies"} {
		all[call{"IAM", operation}] = answer{form: xmlForm, always: always(path{list}), token: path{"Marker"}, truncated: path{"IsTruncated"}}
	}
	for _, operation := range []string{"PutRolePolicy", "UpdateAssumeRolePolicy", "DeleteRole", "DeleteRolePolicy"} {
		all[call{"IAM", operation}] = answer{form: xmlForm, metadata: true}
	}
	return all
}

func s3Answers() map[call]answer {
	return map[call]answer{
		{"S3", "HeadBucket"}:      {form: headForm},
		{"S3", "GetBucketPolicy"}: {form: policyForm},
		{"S3", "GetObject"}:       {form: streamForm},
		{"S3", "ListBuckets"}:     {form: xmlForm, root: "ListAllMyBucketsResult", always: always(path{"Buckets"}), token: path{"ContinuationToken"}},
		// An empty bucket has no Contents.
		{"S3", "ListObjectsV2"}:                   {form: xmlForm, root: "ListBucketResult", some: true, token: path{"NextContinuationToken"}, truncated: path{"IsTruncated"}},
		{"S3", "GetBucketPolicyStatus"}:           {form: xmlForm, root: "PolicyStatus", always: always(path{"PolicyStatus", "IsPublic"})},
		{"S3", "GetPublicAccessBlock"}:            {form: xmlForm, root: "PublicAccessBlockConfiguration", always: always(path{"PublicAccessBlockConfiguration"})},
		{"S3", "GetBucketEncryption"}:             {form: xmlForm, root: "ServerSideEncryptionConfiguration", always: always(path{"ServerSideEncryptionConfiguration", "Rules"})},
		{"S3", "GetBucketLifecycleConfiguration"}: {form: xmlForm, root: "LifecycleConfiguration", always: always(path{"Rules"})},
		{"S3", "GetBucketAcl"}:                    {form: xmlForm, root: "AccessControlPolicy", always: always(path{"Grants"})},
		{"S3", "PutBucketPolicy"}:                 {form: anyForm},
		{"S3", "DeleteBucketPolicy"}:              {form: anyForm},
	}
}

func logsAnswers() map[call]answer {
	all := map[call]answer{
		{"CloudWatch Logs", "DescribeLogGroups"}:   {form: jsonForm, always: always(path{"LogGroups"}), token: path{"NextToken"}},
		{"CloudWatch Logs", "DescribeLogStreams"}:  {form: jsonForm, always: always(path{"LogStreams"}), token: path{"NextToken"}},
		{"CloudWatch Logs", "ListTagsForResource"}: {form: jsonForm, always: always(path{"Tags"})},
		// Its last token comes again: that is how the end is told.
		{"CloudWatch Logs", "GetLogEvents"}: {form: jsonForm, always: always(path{"Events"})},
	}
	for _, operation := range []string{
		"CreateLogGroup", "DeleteLogGroup", "PutRetentionPolicy", "DeleteRetentionPolicy", "AssociateKmsKey", "DisassociateKmsKey",
	} {
		all[call{"CloudWatch Logs", operation}] = answer{form: emptyForm}
	}
	return all
}

func otherAnswers() map[call]answer {
	return map[call]answer{
		{"Firehose", "DescribeDeliveryStream"}:                {form: jsonForm, always: always(path{"DeliveryStreamDescription"})},
		{"CloudWatch", "GetMetricStatistics"}:                 {form: jsonForm, always: always(path{"Datapoints"})},
		{"Organizations", "DescribeOrganization"}:             {form: jsonForm, always: always(path{"Organization"})},
		{"Organizations", "ListAccounts"}:                     {form: jsonForm, always: always(path{"Accounts"}), token: path{"NextToken"}},
		{"Organizations", "ListAccountsForParent"}:            {form: jsonForm, always: always(path{"Accounts"}), token: path{"NextToken"}},
		{"Organizations", "ListOrganizationalUnitsForParent"}: {form: jsonForm, always: always(path{"OrganizationalUnits"}), token: path{"NextToken"}},
		{"Account", "ListRegions"}:                            {form: jsonForm, always: always(path{"Regions"}), token: path{"NextToken"}},
	}
}

// identityAnswers are those of calls that give credentials or say whose they are: one that lacks a
// part would go on as nobody.
func identityAnswers() map[call]answer {
	session := always(path{"Credentials", "AccessKeyId"}, path{"Credentials", "SecretAccessKey"}, path{"Credentials", "SessionToken"}, path{"Credentials", "Expiration"})
	return map[call]answer{
		{"STS", "GetCallerIdentity"}:         {form: xmlForm, account: path{"Account"}, arn: path{"Arn"}},
		{"STS", "AssumeRole"}:                {form: xmlForm, always: session},
		{"STS", "AssumeRoleWithWebIdentity"}: {form: xmlForm, always: session},
		{"SSO", "GetRoleCredentials"}: {form: jsonForm, always: always(
			path{"RoleCredentials", "AccessKeyId"}, path{"RoleCredentials", "SecretAccessKey"}, path{"RoleCredentials", "SessionToken"})},
		{"SSO OIDC", "CreateToken"}: {form: jsonForm, always: always(path{"AccessToken"})},
		{"Signin", "CreateOAuth2Token"}: {form: jsonForm, always: always(
			path{"TokenOutput", "AccessToken", "AccessKeyId"}, path{"TokenOutput", "AccessToken", "SecretAccessKey"})},
	}
}

// in gives the member that the path leads to; not valid where a part of the way is missing.
func (p path) in(result any) reflect.Value {
	v := reflect.ValueOf(result)
	for _, name := range p {
		for v.Kind() == reflect.Pointer {
			v = v.Elem()
		}
		if v.Kind() != reflect.Struct {
			return reflect.Value{}
		}
		v = v.FieldByName(name)
	}
	return v
}

// of is the text that the path leads to; empty where there is none.
func (p path) of(result any) string {
	if len(p) == 0 {
		return ""
	}
	v := p.in(result)
	for v.Kind() == reflect.Pointer {
		v = v.Elem()
	}
	if v.Kind() != reflect.String {
		return ""
	}
	return v.String()
}
