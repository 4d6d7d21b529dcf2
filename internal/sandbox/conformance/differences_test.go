package conformance

import "slices"

// differences are all fields in which the sandbox and moto 5.2.5 answer the flows
// differently. The sandbox follows the source.
var differences = slices.Concat(regionDifferences, vpcDifferences, flowLogDifferences, iamDifferences, logsDifferences, wordings)

const (
	ec2API    = "EC2 API reference, "
	ec2Errors = "EC2 API reference, Error codes: "
	iamAPI    = "IAM API reference, "
	logsAPI   = "CloudWatch Logs API reference, "
	observed  = "observed in recordings of real accounts: "
)

var regionDifferences = []difference{
	{operation: "DescribeRegions", path: "Regions.cn-*.*", sandbox: "", moto: "*", source: "EC2 user guide, Regions and Zones: China is a partition of its own"},
	{operation: "DescribeRegions", path: "Regions.us-gov-*.*", sandbox: "", moto: "*", source: "EC2 user guide, Regions and Zones: GovCloud is a partition of its own"},
	{operation: "DescribeRegions", in: "enabled ones", path: "Regions.*.*", sandbox: "", moto: "*", source: ec2API + "DescribeRegions: Regions that are not enabled only with AllRegions"},
	{operation: "DescribeRegions", in: "all", path: "Regions.*.OptInStatus", sandbox: "not-opted-in", moto: "opt-in-not-required",
		source: "EC2 user guide, Regions and Zones: Regions introduced after March 2019 have to be enabled"},
	{operation: "DescribeRegions", in: "by a filter", path: "Regions.*.*", sandbox: "", moto: "*", source: ec2API + "DescribeRegions, Filter.N"},
	{operation: "DescribeRegions", in: "one that there is not", path: "Outcome", sandbox: "400 InvalidParameterValue", moto: "success", source: observed + "Invalid region"},
}

var vpcDifferences = []difference{
	{operation: "CreateVpc", path: "Vpc.DhcpOptionsId", sandbox: "dopt-*", moto: "default", source: ec2API + "Vpc: the id of the options, which is a dopt- in a default setup"},
	{operation: "DescribeVpcs", path: "Vpcs.*.DhcpOptionsId", sandbox: "dopt-*", moto: "default", source: ec2API + "Vpc: the id of the options, which is a dopt- in a default setup"},
	{operation: "CreateVpc", in: "create a VPC", path: "Outcome", sandbox: "412 DryRunOperation", moto: "success", source: ec2API + "CreateVpc, DryRun"},
	{operation: "DescribeVpcs", in: "nothing was created", path: "Vpcs.**", sandbox: "**", moto: "**", source: ec2API + "CreateVpc, DryRun"},
	{operation: "DescribeVpcs", in: "a token that nobody gave", path: "Outcome", sandbox: "400 InvalidNextToken", moto: "success", source: ec2Errors + "InvalidNextToken"},
	{operation: "DescribeVpcs", in: "too small a page", path: "Outcome", sandbox: "400 InvalidParameterValue", moto: "success", source: ec2API + "DescribeVpcs: MaxResults 5 to 1000"},
	{operation: "DescribeVpcs", in: "too large a page", path: "Outcome", sandbox: "400 InvalidParameterValue", moto: "success", source: ec2API + "DescribeVpcs: MaxResults 5 to 1000"},
	{operation: "DescribeVpcs", in: "a VPC id that is none", path: "Outcome", sandbox: "400 InvalidVpcID.Malformed", moto: "400 InvalidVpcID.NotFound", source: ec2Errors + "InvalidVpcID.Malformed"},
	{operation: "DescribeVpcs", in: "by no-such-filter", path: "Outcome", sandbox: "400 InvalidParameterValue", moto: "500 " + noCode, source: observed + "The filter 'x' is invalid"},
	{operation: "CreateTransitGatewayVpcAttachment", in: "attach a VPC that there is not", path: "Outcome", sandbox: "400 InvalidVpcID.NotFound", moto: "success", source: ec2Errors + "InvalidVpcID.NotFound"},
	{operation: "DeleteVpc", in: "no VPC to delete", path: "Outcome", sandbox: "400 MissingParameter", moto: "400 InvalidVpcID.NotFound", source: ec2Errors + "MissingParameter"},
	{operation: "DeleteSubnet", in: "delete the subnet while the interface is in it", path: "Outcome", sandbox: "400 DependencyViolation", moto: "success", source: ec2Errors + "DependencyViolation"},
	{operation: "CreateTags", in: "on what there is not", path: "Outcome", sandbox: "400 InvalidID", moto: "400 InvalidVpcID.NotFound", source: ec2Errors + "InvalidID, of a resource to tag"},
	{operation: "CreateTags", in: "in the name of AWS", path: "Outcome", sandbox: "400 InvalidParameterValue", moto: "success", source: ec2API + "CreateTags: keys may not begin with aws:"},
	{operation: "DescribeUnicorns", in: "an operation that EC2 has not", path: "Outcome", sandbox: "400 InvalidAction", moto: "500 " + noCode, source: ec2Errors + "InvalidAction"},
	{operation: "GetUnicorn", path: "Outcome", sandbox: "400 InvalidAction", moto: "500 " + noCode, source: "STS API reference, Common errors: InvalidAction"},
	{operation: "GetCallerIdentity", path: "UserId", sandbox: "(id)", moto: "*", source: "IAM user guide, IAM identifiers: AIDA and capital letters and digits"},
}

var flowLogDifferences = []difference{
	{operation: "CreateFlowLogs", path: "ClientToken", sandbox: "(token)", moto: "", source: ec2API + "CreateFlowLogs, clientToken"},
	{operation: "CreateFlowLogs", in: "create the same again", path: "Outcome", sandbox: "success", moto: "400 FlowLogAlreadyExists",
		source: ec2API + "CreateFlowLogs: unsuccessful lists the flow logs that could not be created"},
	{operation: "CreateFlowLogs", in: "on a VPC that there is not", path: "Outcome", sandbox: "success", moto: "400 InvalidVpcID.NotFound",
		source: ec2API + "CreateFlowLogs: unsuccessful lists the flow logs that could not be created"},
	{operation: "CreateFlowLogs", in: "on a subnet that there is not", path: "Outcome", sandbox: "success", moto: "400 InvalidSubnetID.NotFound",
		source: ec2API + "CreateFlowLogs: unsuccessful lists the flow logs that could not be created"},
	{operation: "CreateFlowLogs", in: "on an interface that there is not", path: "Outcome", sandbox: "success", moto: "400 InvalidNetworkInterfaceID.NotFound",
		source: ec2API + "CreateFlowLogs: unsuccessful lists the flow logs that could not be created"},
	{operation: "CreateFlowLogs", in: "on a core network that there is not", path: "Outcome", sandbox: "success", moto: "400 InvalidID",
		source: ec2API + "CreateFlowLogs: unsuccessful lists the flow logs that could not be created"},
	{operation: "DescribeFlowLogs", in: "describe what shows a tag", path: "FlowLogs.0.TagFieldSpecifications.**", sandbox: "*", moto: "", source: ec2API + "FlowLog, tagFieldSpecificationSet"},
	{operation: "CreateFlowLogs", in: "on more than a call takes", path: "Outcome", sandbox: "400 InvalidParameterValue", moto: "400 InvalidVpcID.NotFound",
		source: ec2API + "CreateFlowLogs, ResourceId.N: at most 300"},
	{operation: "CreateFlowLogs", in: "on a VPC that is named as a subnet", path: "Outcome", sandbox: "400 InvalidParameter", moto: "400 InvalidSubnetID.NotFound",
		source: observed + "Invalid Resource id for resource-type"},
	{operation: "CreateFlowLogs", in: "under another prefix", path: "FlowLogIds.0", sandbox: "fl-*", moto: "", source: observed + "a second log of one VPC to the same bucket under another prefix"},
	{operation: "CreateFlowLogs", in: "under another prefix", path: "Unsuccessful.**", sandbox: "", moto: "*", source: observed + "a second log of one VPC to the same bucket under another prefix"},
	{operation: "DescribeFlowLogs", in: "describe it by format", path: "FlowLogs.0.**", sandbox: "*", moto: "", source: observed + "a second log of one VPC to the same bucket under another prefix"},
	{operation: "DescribeFlowLogs", path: "FlowLogs.*.DestinationOptions.*", sandbox: "*", moto: "", source: ec2API + "FlowLog, destinationOptions"},
	{operation: "CreateFlowLogs", in: "to a folder that AWS keeps for itself", path: "Outcome", sandbox: "400 InvalidParameter", moto: "success", source: ec2API + "CreateFlowLogs, LogDestination: AWSLogs is reserved"},
	{operation: "CreateFlowLogs", in: "with a role that there is not", path: "Outcome", sandbox: "400 InvalidParameter", moto: "success", source: observed + "Unable to assume given IAM role"},
	{operation: "CreateFlowLogs", in: "with two destinations", path: "Outcome", sandbox: "400 InvalidParameter", moto: "success", source: observed + "Please only provide LogGroupName or only provide LogDestination."},
	{operation: "CreateFlowLogs", in: "to a bucket, with a role", path: "Outcome", sandbox: "400 InvalidParameter", moto: "success", source: observed + "DeliverLogsPermissionArn is not applicable for s3 delivery"},
	{operation: "CreateFlowLogs", in: "of traffic that there is not", path: "Outcome", sandbox: "400 InvalidParameterValue", moto: "success", source: ec2API + "CreateFlowLogs, TrafficType"},
	{operation: "CreateFlowLogs", in: "of no traffic", path: "Outcome", sandbox: "400 MissingParameter", moto: "success", source: ec2API + "CreateFlowLogs: TrafficType is required but for transit gateways"},
	{operation: "CreateFlowLogs", in: "of a kind that there is not", path: "Outcome", sandbox: "400 InvalidParameterValue", moto: "success", source: ec2API + "CreateFlowLogs, ResourceType"},
	{operation: "CreateFlowLogs", in: "with tags of something else", path: "Outcome", sandbox: "400 InvalidParameterValue", moto: "success", source: ec2API + "CreateFlowLogs, TagSpecification.N: vpc-flow-log"},
	{operation: "DescribeFlowLogs", in: "none was created", path: "FlowLogs.**", sandbox: "", moto: "*", source: "follows from what was refused before"},
	{operation: "DescribeFlowLogs", in: "describe one that there is not", path: "Outcome", sandbox: "400 InvalidFlowLogId.NotFound", moto: "success", source: ec2Errors + "InvalidFlowLogId.NotFound"},
	{operation: "DescribeFlowLogs", in: "by no-such-filter", path: "Outcome", sandbox: "400 InvalidParameterValue", moto: "500 " + noCode, source: observed + "The filter 'x' is invalid"},
	{operation: "DeleteFlowLogs", path: "Outcome", sandbox: "success", moto: "*InvalidFlowLogId.NotFound", source: observed + "HTTP 200 with the item under Unsuccessful"},
	{operation: "DeleteFlowLogs", in: "delete none", path: "Outcome", sandbox: "400 MissingParameter", moto: "success", source: ec2API + "DeleteFlowLogs: FlowLogId.N is required"},
}

var iamDifferences = []difference{
	{operation: "CreateRole", path: "Role.MaxSessionDuration", sandbox: "", moto: "*", source: "AWS CLI reference, create-role: not in the answers shown"},
	{operation: "CreateRole", path: "Role.Description", sandbox: "", moto: "*", source: "AWS CLI reference, create-role: not in the answers shown"},
	{operation: "CreateRole", in: "documents that are no policies", path: "Outcome", sandbox: "400 MalformedPolicyDocument", moto: "success", source: iamAPI + "CreateRole, Errors"},
	{operation: "CreateRole", in: "what IAM refuses", path: "Outcome", sandbox: "400 ValidationError", moto: "success", source: iamAPI + "CreateRole, Request parameters: patterns and lengths"},
	{operation: "CreateRole", in: "a boundary that does not exist", path: "Outcome", sandbox: "404 NoSuchEntity", moto: "success", source: observed + "Scope ARN does not exist or is not attachable"},
	{operation: "ListRoles", path: "Roles.*.AssumeRolePolicyDocument", sandbox: "(encoded) {*", moto: "{*", source: iamAPI + "ListRoles: policies are URL-encoded (RFC 3986)"},
	{operation: "ListRoles", in: "what IAM refuses", path: "Outcome", sandbox: "400 ValidationError", moto: "success", source: iamAPI + "ListRoles: MaxItems 1 to 1000"},
	{operation: "ListRoles", in: "what IAM refuses", path: "Outcome", sandbox: "400 ValidationError", moto: "500 " + noCode, source: iamAPI + "ListRoles, Marker: from the answer before"},
	{operation: "CreatePolicy", path: "Policy.PermissionsBoundaryUsageCount", sandbox: "0", moto: "", source: iamAPI + "Policy, PermissionsBoundaryUsageCount"},
	{operation: "GetPolicy", path: "Policy.PermissionsBoundaryUsageCount", sandbox: "0", moto: "", source: iamAPI + "Policy, PermissionsBoundaryUsageCount"},
	{operation: "GetPolicy", in: "see it counted", path: "Policy.AttachmentCount", sandbox: "1", moto: "2", source: iamAPI + "Policy, AttachmentCount: how many entities it is attached to"},
	{operation: "GetPolicy", in: "an ARN that is none", path: "Outcome", sandbox: "400 InvalidInput", moto: "404 NoSuchEntity", source: iamAPI + "GetPolicy, Errors: InvalidInput"},
	{operation: "GetPolicyVersion", path: "PolicyVersion.Document", sandbox: "(encoded) {*", moto: "{*", source: iamAPI + "GetPolicyVersion: the document is URL-encoded (RFC 3986)"},
	{operation: "CreatePolicy", in: "a principal in an identity policy", path: "Outcome", sandbox: "400 MalformedPolicyDocument", moto: "success", source: "IAM user guide, Principal: not in an identity-based policy"},
	{operation: "DeletePolicy", in: "delete the policy while attached", path: "Outcome", sandbox: "409 DeleteConflict", moto: "success", source: iamAPI + "DeletePolicy, Errors: DeleteConflict"},
}

var logsDifferences = []difference{
	{operation: "DescribeLogGroups", in: "describe the protected one", path: "LogGroups.0.DeletionProtectionEnabled", sandbox: "true", moto: "", source: logsAPI + "LogGroup, deletionProtectionEnabled"},
	{operation: "DeleteLogGroup", in: "delete what is protected", path: "Outcome", sandbox: "400 ValidationException", moto: "success",
		source: logsAPI + "DeleteLogGroup, errors; PutLogGroupDeletionProtection: it blocks all deletion operations"},
	{operation: "CreateLogGroup", in: "what CloudWatch Logs refuses", path: "Outcome", sandbox: "400 InvalidParameterException", moto: "success", source: logsAPI + "CreateLogGroup: pattern of the name, aws/ is reserved, values of logGroupClass"},
	{operation: "DescribeLogGroups", path: "LogGroups.*.LogGroupClass", sandbox: "*", moto: "", source: logsAPI + "LogGroup, logGroupClass"},
	{operation: "DescribeLogGroups", in: "see ten years", path: "LogGroups.0.RetentionInDays", sandbox: "3653", moto: "42", source: logsAPI + "PutRetentionPolicy: the possible values"},
	{operation: "DescribeLogGroups", in: "too small a page", path: "Outcome", sandbox: "400 InvalidParameterException", moto: "success", source: logsAPI + "DescribeLogGroups: limit 1 to 50"},
	{operation: "DescribeLogGroups", in: "a token that nobody gave", path: "Outcome", sandbox: "400 InvalidParameterException", moto: "success", source: observed + "The specified nextToken is invalid."},
	{operation: "DescribeLogGroups", in: "a document that is none", path: "Outcome", sandbox: "400 SerializationException", moto: "success", source: "AWS JSON 1.1 protocol, errors of serialization"},
	{operation: "PutRetentionPolicy", in: "a number of days that AWS does not take", path: "Outcome", sandbox: "400 InvalidParameterException", moto: "success", source: logsAPI + "PutRetentionPolicy: the possible values"},
	{operation: "ListTagsForResource", in: "the tags of no group", path: "Outcome", sandbox: "400 ResourceNotFoundException", moto: "success", source: logsAPI + "ListTagsForResource, Errors"},
	{operation: "DescribeUnicorns", in: "an operation that it has not", path: "Outcome", sandbox: "400 UnknownOperationException", moto: "500 " + noCode, source: "AWS JSON 1.1 protocol, unknown operation"},
}

// wordings are error messages of the same code that moto words in its own way. People read
// them, and pages of documentation quote them.
var wordings = []difference{
	{operation: "*", path: "Error.Message", sandbox: "The vpc ID '*' does not exist", moto: "VpcID *does not exist.", source: observed + "InvalidVpcID.NotFound"},
	{operation: "*", path: "Error.Message", sandbox: "The role with name * cannot be found.", moto: "Role * not found", source: observed + "NoSuchEntity"},
	{operation: "*", path: "Error.Message", sandbox: "Policy * was not found.", moto: "Policy * not found", source: observed + "NoSuchEntity"},
	{operation: "GetPolicyVersion", path: "Error.Message", sandbox: "Policy * version v2 does not exist or is not attachable.", moto: "Policy version not found", source: observed + "NoSuchEntity"},
	{operation: "GetRolePolicy", path: "Error.Message", sandbox: "The role policy with name write cannot be found.", moto: "Policy Document write not attached to role r", source: observed + "NoSuchEntity"},
	{operation: "GetLogEvents", path: "Error.Message", sandbox: "The specified log stream does not exist.", moto: "The specified log group does not exist.", source: observed + "ResourceNotFoundException"},
	{operation: "DescribeLogStreams", path: "Error.Message", sandbox: "Exactly one of logGroupName and logGroupIdentifier has to be given.", moto: "Should provider *", source: logsAPI + "DescribeLogStreams: exactly one of the two; the wording is not documented"},
	{operation: "CreateSubnet", in: "one in no zone", path: "Error.Message", sandbox: "Value (us-east-1z)*: us-east-1a, *", moto: "Value (us-east-1z)*: ap-south-1a, *", source: observed + "the zones of the Region are listed, not all there are"},
	{operation: "CreateFlowLogs", path: "Error.Message", sandbox: "The request must contain the parameter ResourceId", moto: "The request must contain the parameter resourceIdSet", source: ec2API + "CreateFlowLogs: the parameter is ResourceId.N"},
	{operation: "CreateFlowLogs", path: "Unsuccessful.0.Error.Message", sandbox: "LogDestination: * does not exist", moto: "LogDestination: * does not exist.", source: observed + "no full stop"},
}
