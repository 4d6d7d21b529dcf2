package awslive

import (
	"context"
	"errors"
	"net/url"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"flowproof/internal/awscall"
	"flowproof/internal/inventory"
)

// rolePolicies bounds how many policies of a role are read. IAM attaches up to 20 to a role, and
// inline ones share 10,240 characters (IAM quotas).
const rolePolicies = 64

// roleReader is what is read of IAM.
type roleReader interface {
	GetRole(context.Context, *iam.GetRoleInput, ...func(*iam.Options)) (*iam.GetRoleOutput, error)
	ListRolePolicies(context.Context, *iam.ListRolePoliciesInput, ...func(*iam.Options)) (*iam.ListRolePoliciesOutput, error)
	GetRolePolicy(context.Context, *iam.GetRolePolicyInput, ...func(*iam.Options)) (*iam.GetRolePolicyOutput, error)
	ListAttachedRolePolicies(context.Context, *iam.ListAttachedRolePoliciesInput, ...func(*iam.Options)) (*iam.ListAttachedRolePoliciesOutput, error)
	GetPolicy(context.Context, *iam.GetPolicyInput, ...func(*iam.Options)) (*iam.GetPolicyOutput, error)
	GetPolicyVersion(context.Context, *iam.GetPolicyVersionInput, ...func(*iam.Options)) (*iam.GetPolicyVersionOutput, error)
}

// readRole reads a role and its policies; none where there is no such role.
func readRole(ctx context.Context, client roleReader, name string) ([]inventory.Role, error) {
	if name == "" {
		return nil, nil
	}
	out, err := limited(ctx, client.GetRole, &iam.GetRoleInput{RoleName: aws.String(name)})
	if _, absent := errors.AsType[*types.NoSuchEntityException](err); absent {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if out.Role == nil {
		return nil, unread("iam:GetRole of %s answered without a role", name)
	}
	role := inventory.Role{Name: aws.ToString(out.Role.RoleName), ARN: aws.ToString(out.Role.Arn)}
	if b := out.Role.PermissionsBoundary; b != nil {
		role.Boundary = aws.ToString(b.PermissionsBoundaryArn)
	}
	if len(out.Role.Tags) > 0 {
		role.Tags = map[string]string{}
	}
	for _, t := range out.Role.Tags {
		role.Tags[aws.ToString(t.Key)] = aws.ToString(t.Value)
	}
	if role.Trust, err = PolicyDocument(out.Role.AssumeRolePolicyDocument); err != nil {
		return nil, err
	}
	if role.Inline, err = readInline(ctx, client, name); err != nil {
		return nil, err
	}
	role.Attached, err = readAttached(ctx, client, name)
	return []inventory.Role{role}, err
}

func readInline(ctx context.Context, client roleReader, role string) ([]inventory.RolePolicy, error) {
	var policies []inventory.RolePolicy
	in := &iam.ListRolePoliciesInput{RoleName: aws.String(role)}
	list := awscall.List(ctx)
	for {
		page, err := limited(list, client.ListRolePolicies, in)
		if err != nil {
			return nil, err
		}
		for _, name := range page.PolicyNames {
			out, err := limited(ctx, client.GetRolePolicy, &iam.GetRolePolicyInput{RoleName: aws.String(role), PolicyName: aws.String(name)})
			if err != nil {
				return nil, err
			}
			document, err := PolicyDocument(out.PolicyDocument)
			if err != nil {
				return nil, err
			}
			policies = append(policies, inventory.RolePolicy{Name: name, Document: document})
		}
		if !page.IsTruncated || aws.ToString(page.Marker) == "" {
			return policies, nil
		}
		if len(policies) > rolePolicies {
			return nil, tooManyPolicies(role)
		}
		in.Marker = page.Marker
	}
}

func readAttached(ctx context.Context, client roleReader, role string) ([]inventory.RolePolicy, error) {
	var policies []inventory.RolePolicy
	in := &iam.ListAttachedRolePoliciesInput{RoleName: aws.String(role)}
	list := awscall.List(ctx)
	for {
		page, err := limited(list, client.ListAttachedRolePolicies, in)
		if err != nil {
			return nil, err
		}
		for _, p := range page.AttachedPolicies {
			document, err := readManaged(ctx, client, aws.ToString(p.PolicyArn))
			if err != nil {
				return nil, err
			}
			policies = append(policies, inventory.RolePolicy{Name: aws.ToString(p.PolicyArn), Document: document})
		}
		if !page.IsTruncated || aws.ToString(page.Marker) == "" {
			return policies, nil
		}
		if len(policies) > rolePolicies {
			return nil, tooManyPolicies(role)
		}
		in.Marker = page.Marker
	}
}

// readManaged reads the version of a managed policy that is in force.
func readManaged(ctx context.Context, client roleReader, arn string) (string, error) {
	policy, err := limited(ctx, client.GetPolicy, &iam.GetPolicyInput{PolicyArn: aws.String(arn)})
	if err != nil {
		return "", err
	}
	if policy.Policy == nil {
		return "", unread("iam:GetPolicy of %s answered without a policy", arn)
	}
	version, err := limited(ctx, client.GetPolicyVersion, &iam.GetPolicyVersionInput{
		PolicyArn: aws.String(arn), VersionId: policy.Policy.DefaultVersionId,
	})
	if err != nil {
		return "", err
	}
	if version.PolicyVersion == nil {
		return "", unread("iam:GetPolicyVersion of %s answered without a version", arn)
	}
	return PolicyDocument(version.PolicyVersion.Document)
}

// PolicyDocument undoes the URL encoding of documents in IAM's answers, which is that of RFC 3986 (IAM
// API reference, GetRolePolicy): a plus sign stands for itself.
func PolicyDocument(encoded *string) (string, error) {
	document, err := url.PathUnescape(aws.ToString(encoded))
	if err != nil {
		return "", unread("decode a policy document: %w", err)
	}
	return document, nil
}

func tooManyPolicies(role string) error {
	return unread("role %s has more than %d policies: not all were read", role, rolePolicies)
}
