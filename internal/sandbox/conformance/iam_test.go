package conformance

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"
)

const (
	trustPolicy = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"vpc-flow-logs.amazonaws.com"},` +
		`"Action":"sts:AssumeRole","Condition":{"StringEquals":{"aws:SourceAccount":"{{account}}"}}}]}`
	writePolicy = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["logs:CreateLogGroup","logs:CreateLogStream",` +
		`"logs:PutLogEvents","logs:DescribeLogStreams"],"Resource":"*"}]}`
)

func iamFlows() []flow {
	return []flow{roleFlow(), managedPolicyFlow(), policyInUseFlow(), inlinePolicyFlow(), iamPagesFlow(), badPolicyFlow(), iamRefusalFlow(), iamCLIFlow()}
}

func newRole(name string) caller {
	return iamCall((*iam.Client).CreateRole, iam.CreateRoleInput{
		RoleName: aws.String(name), AssumeRolePolicyDocument: aws.String(trustPolicy),
	})
}

func newPolicy(name string) caller {
	return iamCall((*iam.Client).CreatePolicy, iam.CreatePolicyInput{
		PolicyName: aws.String(name), PolicyDocument: aws.String(writePolicy),
	})
}

func attach(role, policy string) caller {
	return iamCall((*iam.Client).AttachRolePolicy, iam.AttachRolePolicyInput{RoleName: aws.String(role), PolicyArn: aws.String(policy)})
}

func detach(role, policy string) caller {
	return iamCall((*iam.Client).DetachRolePolicy, iam.DetachRolePolicyInput{RoleName: aws.String(role), PolicyArn: aws.String(policy)})
}

func deleteRole(name string) caller {
	return iamCall((*iam.Client).DeleteRole, iam.DeleteRoleInput{RoleName: aws.String(name)})
}

func getRole(name string) caller {
	return iamCall((*iam.Client).GetRole, iam.GetRoleInput{RoleName: aws.String(name)})
}

func roleFlow() flow {
	return flow{name: "a role comes and goes", steps: []step{
		{name: "no role yet", call: iamCall((*iam.Client).ListRoles, iam.ListRolesInput{})},
		{name: "create it with all that a role can have", call: iamCall((*iam.Client).CreateRole, iam.CreateRoleInput{
			RoleName: aws.String("VPC-Flow-Logs-Role"), Path: aws.String("/delivery/"), AssumeRolePolicyDocument: aws.String(trustPolicy),
			Description: aws.String("writes flow logs & more"), MaxSessionDuration: aws.Int32(7200),
			Tags: []iamtypes.Tag{{Key: aws.String("team"), Value: aws.String("net <sec>")}},
		}), keep: map[string]string{"role": "Role.Arn"}},
		{name: "read it", call: getRole("VPC-Flow-Logs-Role")},
		{name: "list it, without its tags", call: iamCall((*iam.Client).ListRoles, iam.ListRolesInput{})},
		{name: "list it from another Region, since IAM is global", region: "eu-west-1", call: iamCall((*iam.Client).ListRoles, iam.ListRolesInput{})},
		{name: "list by its path", call: iamCall((*iam.Client).ListRoles, iam.ListRolesInput{PathPrefix: aws.String("/delivery/")})},
		{name: "list by another path", call: iamCall((*iam.Client).ListRoles, iam.ListRolesInput{PathPrefix: aws.String("/other/")})},
		{name: "create it again", call: newRole("VPC-Flow-Logs-Role")},
		{name: "delete it", call: deleteRole("VPC-Flow-Logs-Role")},
		{name: "read it when it is gone", call: getRole("VPC-Flow-Logs-Role")},
		{name: "delete it again", call: deleteRole("VPC-Flow-Logs-Role")},
	}}
}

func managedPolicyFlow() flow {
	get := iamCall((*iam.Client).GetPolicy, iam.GetPolicyInput{PolicyArn: aws.String("{{policy}}")})
	remove := iamCall((*iam.Client).DeletePolicy, iam.DeletePolicyInput{PolicyArn: aws.String("{{policy}}")})
	attached := iamCall((*iam.Client).ListAttachedRolePolicies, iam.ListAttachedRolePoliciesInput{RoleName: aws.String("r")})
	version := func(v string) caller {
		return iamCall((*iam.Client).GetPolicyVersion, iam.GetPolicyVersionInput{PolicyArn: aws.String("{{policy}}"), VersionId: aws.String(v)})
	}
	return flow{name: "a managed policy is attached and detached", steps: []step{
		{name: "create a role", call: newRole("r")},
		{name: "create the policy", call: iamCall((*iam.Client).CreatePolicy, iam.CreatePolicyInput{
			PolicyName: aws.String("flow-logs"), Path: aws.String("/delivery/"), PolicyDocument: aws.String(writePolicy),
			Description: aws.String("for delivery"), Tags: []iamtypes.Tag{{Key: aws.String("k"), Value: aws.String("v")}},
		}), keep: map[string]string{"policy": "Policy.Arn"}},
		{name: "read it", call: get},
		{name: "read its document", call: version("v1")},
		{name: "read a version that it has not", call: version("v2")},
		{name: "create it again", call: iamCall((*iam.Client).CreatePolicy, iam.CreatePolicyInput{
			PolicyName: aws.String("flow-logs"), Path: aws.String("/delivery/"), PolicyDocument: aws.String(writePolicy)})},
		{name: "nothing attached yet", call: attached},
		{name: "attach", call: attach("r", "{{policy}}")},
		{name: "attach again, which changes nothing", call: attach("r", "{{policy}}")},
		{name: "see it attached", call: attached},
		{name: "see it counted", call: get},
		{name: "delete the role while attached", call: deleteRole("r")},
		{name: "detach", call: detach("r", "{{policy}}")},
		{name: "detach again", call: detach("r", "{{policy}}")},
		{name: "delete the policy", call: remove},
		{name: "read it when it is gone", call: get},
		{name: "read its version when it is gone", call: version("v1")},
		{name: "attach it when it is gone", call: attach("r", "{{policy}}")},
		{name: "delete the role", call: deleteRole("r")},
	}}
}

func policyInUseFlow() flow {
	return flow{name: "a managed policy in use stays", steps: []step{
		{name: "create a role", call: newRole("r")},
		{name: "create a policy", call: newPolicy("p"), keep: map[string]string{"policy": "Policy.Arn"}},
		{name: "attach it", call: attach("r", "{{policy}}")},
		{name: "delete the policy while attached", call: iamCall((*iam.Client).DeletePolicy, iam.DeletePolicyInput{PolicyArn: aws.String("{{policy}}")})},
	}}
}

func inlinePolicyFlow() flow {
	put := func(name string) caller {
		return iamCall((*iam.Client).PutRolePolicy, iam.PutRolePolicyInput{
			RoleName: aws.String("r"), PolicyName: aws.String(name), PolicyDocument: aws.String(writePolicy),
		})
	}
	get := iamCall((*iam.Client).GetRolePolicy, iam.GetRolePolicyInput{RoleName: aws.String("r"), PolicyName: aws.String("write")})
	list := iamCall((*iam.Client).ListRolePolicies, iam.ListRolePoliciesInput{RoleName: aws.String("r")})
	remove := iamCall((*iam.Client).DeleteRolePolicy, iam.DeleteRolePolicyInput{RoleName: aws.String("r"), PolicyName: aws.String("write")})
	return flow{name: "an inline policy is written and deleted", steps: []step{
		{name: "write to no role", call: put("write")},
		{name: "list of no role", call: list},
		{name: "create the role", call: newRole("r")},
		{name: "none yet", call: list},
		{name: "read what is not there", call: get},
		{name: "write", call: put("write")},
		{name: "write again, which replaces it", call: put("write")},
		{name: "read", call: get},
		{name: "list", call: list},
		{name: "delete the role while it has a policy", call: deleteRole("r")},
		{name: "delete", call: remove},
		{name: "delete again", call: remove},
		{name: "delete the role", call: deleteRole("r")},
	}}
}

func iamPagesFlow() flow {
	return flow{name: "lists of IAM come in pages", steps: []step{
		{name: "role a", call: newRole("a")},
		{name: "role b", call: newRole("b")},
		{name: "role c", call: newRole("c")},
		{name: "all pages of roles", keyed: map[string]string{"Roles": "RoleName"},
			call: allPages("ListRoles", func(w *world) pager[iam.ListRolesOutput, iam.Options] {
				return iam.NewListRolesPaginator(iam.NewFromConfig(w.config), &iam.ListRolesInput{MaxItems: aws.Int32(2)})
			})},
		{name: "first page of roles", only: []string{"IsTruncated", "Marker"},
			call: iamCall((*iam.Client).ListRoles, iam.ListRolesInput{MaxItems: aws.Int32(2)})},
		{name: "policy p", call: newPolicy("p"), keep: map[string]string{"p": "Policy.Arn"}},
		{name: "policy q", call: newPolicy("q"), keep: map[string]string{"q": "Policy.Arn"}},
		{name: "attach p", call: attach("a", "{{p}}")},
		{name: "attach q", call: attach("a", "{{q}}")},
		{name: "all pages of attached policies", keyed: map[string]string{"AttachedPolicies": "PolicyName"},
			call: allPages("ListAttachedRolePolicies", func(w *world) pager[iam.ListAttachedRolePoliciesOutput, iam.Options] {
				return iam.NewListAttachedRolePoliciesPaginator(iam.NewFromConfig(w.config),
					&iam.ListAttachedRolePoliciesInput{RoleName: aws.String("a"), MaxItems: aws.Int32(1)})
			})},
	}}
}

func badPolicyFlow() flow {
	policy := func(document string) caller {
		return iamCall((*iam.Client).CreatePolicy, iam.CreatePolicyInput{PolicyName: aws.String("p"), PolicyDocument: aws.String(document)})
	}
	trust := func(name, document string) caller {
		return iamCall((*iam.Client).CreateRole, iam.CreateRoleInput{RoleName: aws.String(name), AssumeRolePolicyDocument: aws.String(document)})
	}
	statement := func(s string) string { return `{"Version":"2012-10-17","Statement":[` + s + `]}` }
	return flow{name: "documents that are no policies", steps: []step{
		{name: "no JSON", call: policy("allow all")},
		{name: "JSON of another kind", call: policy(`[]`)},
		{name: "no statement", call: policy(`{"Version":"2012-10-17"}`)},
		{name: "an element that there is not", call: policy(statement(`{"Effect":"Allow","Action":"ec2:*","Resource":"*","Who":"me"}`))},
		{name: "an effect that there is not", call: policy(statement(`{"Effect":"Maybe","Action":"ec2:*","Resource":"*"}`))},
		{name: "a version that there is not", call: policy(`{"Version":"2020-01-01","Statement":[{"Effect":"Allow","Action":"ec2:*","Resource":"*"}]}`)},
		{name: "no resource", call: policy(statement(`{"Effect":"Allow","Action":"ec2:*"}`))},
		{name: "no action", call: policy(statement(`{"Effect":"Allow","Resource":"*"}`))},
		{name: "an action without a service", call: policy(statement(`{"Effect":"Allow","Action":"CreateLogGroup","Resource":"*"}`))},
		{name: "an action with two colons", call: policy(statement(`{"Effect":"Allow","Action":"logs:a:b","Resource":"*"}`))},
		{name: "a resource that is no ARN", call: policy(statement(`{"Effect":"Allow","Action":"logs:*","Resource":"my-group"}`))},
		{name: "the same Sid twice", call: policy(statement(`{"Sid":"a","Effect":"Allow","Action":"ec2:*","Resource":"*"},{"Sid":"a","Effect":"Allow","Action":"s3:*","Resource":"*"}`))},
		{name: "a principal in an identity policy", call: policy(statement(`{"Effect":"Allow","Principal":"*","Action":"ec2:*","Resource":"*"}`))},
		{name: "a trust policy that is no JSON", call: trust("r0", "trust me")},
		{name: "a trust policy with a resource", call: trust("r1", statement(`{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole","Resource":"*"}`))},
		{name: "a trust policy without a principal", call: trust("r2", statement(`{"Effect":"Allow","Action":"sts:AssumeRole"}`))},
		{name: "a trust policy about other actions", call: trust("r3", statement(`{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"ec2:*"}`))},
		{name: "statements that stand alone and lists of one", call: policy(`{"Statement":{"Sid":"One","Effect":"Deny","NotAction":["logs:*"],"NotResource":["arn:aws:logs:*:*:log-group:x:*"],` +
			`"Condition":{"Bool":{"aws:SecureTransport":false}}}}`)},
	}}
}

func iamRefusalFlow() flow {
	role := func(in iam.CreateRoleInput) caller {
		in.AssumeRolePolicyDocument = aws.String(trustPolicy)
		return iamCall((*iam.Client).CreateRole, in)
	}
	return flow{name: "what IAM refuses", steps: []step{
		{name: "a name with a character that names have not", call: role(iam.CreateRoleInput{RoleName: aws.String("a b")})},
		{name: "a name that is too long", call: newRole("x23456789012345678901234567890123456789012345678901234567890123456789")},
		{name: "a path that does not end in a slash", call: role(iam.CreateRoleInput{RoleName: aws.String("r1"), Path: aws.String("/x")})},
		{name: "a session that is too short", call: role(iam.CreateRoleInput{RoleName: aws.String("r2"), MaxSessionDuration: aws.Int32(60)})},
		{name: "a session that is too long", call: role(iam.CreateRoleInput{RoleName: aws.String("r3"), MaxSessionDuration: aws.Int32(43201)})},
		{name: "one tag key twice", call: role(iam.CreateRoleInput{RoleName: aws.String("r4"), Tags: []iamtypes.Tag{
			{Key: aws.String("Team"), Value: aws.String("a")}, {Key: aws.String("team"), Value: aws.String("b")}}})},
		{name: "a boundary that does not exist", call: role(iam.CreateRoleInput{
			RoleName: aws.String("r5"), PermissionsBoundary: aws.String("arn:aws:iam::{{account}}:policy/none")})},
		{name: "a page of no roles", call: iamCall((*iam.Client).ListRoles, iam.ListRolesInput{MaxItems: aws.Int32(0)})},
		{name: "a page of too many", call: iamCall((*iam.Client).ListRoles, iam.ListRolesInput{MaxItems: aws.Int32(1001)})},
		{name: "a marker that nobody gave", call: iamCall((*iam.Client).ListRoles, iam.ListRolesInput{Marker: aws.String("never-given")})},
		{name: "attach to no role", call: attach("none", "arn:aws:iam::{{account}}:policy/none")},
		{name: "detach from no role", call: detach("none", "arn:aws:iam::{{account}}:policy/none")},
		{name: "attached policies of no role", call: iamCall((*iam.Client).ListAttachedRolePolicies, iam.ListAttachedRolePoliciesInput{RoleName: aws.String("none")})},
		{name: "delete no policy", call: iamCall((*iam.Client).DeletePolicy, iam.DeletePolicyInput{PolicyArn: aws.String("arn:aws:iam::{{account}}:policy/none")})},
		{name: "an ARN that is none", call: iamCall((*iam.Client).GetPolicy, iam.GetPolicyInput{PolicyArn: aws.String("no-arn-at-all-but-long-enough")})},
	}}
}

func iamCLIFlow() flow {
	return flow{name: "the AWS CLI makes a role", steps: []step{
		{name: "create a role", call: cliCall("iam", "create-role", "--role-name", "VPC-Flow-Logs-Role", "--assume-role-policy-document", trustPolicy)},
		{name: "create a policy", call: cliCall("iam", "create-policy", "--policy-name", "flow-logs", "--policy-document", writePolicy),
			keep: map[string]string{"policy": "Policy.Arn"}},
		{name: "attach it", call: attach("VPC-Flow-Logs-Role", "{{policy}}")},
		{name: "see it attached", call: cliCall("iam", "list-attached-role-policies", "--role-name", "VPC-Flow-Logs-Role")},
	}}
}
