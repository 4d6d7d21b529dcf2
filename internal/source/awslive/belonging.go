package awslive

import (
	"context"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/organizations"

	"flowproof/internal/inventory"
)

// nameOrganization says which organisation the account is in, where a policy that was read turns on it. It
// is asked once an account. Whoever may not ask knows less of that policy and lacks nothing that was
// asked for, so a refusal is no gap.
func (s *Source) nameOrganization(ctx context.Context, a *account, inv *inventory.Inventory) {
	inv.Organization = s.options.Organization
	if inv.Organization != "" || !turnsOnOrganization(inv.Named) {
		return
	}
	n := a.byName()
	id, err := n.organization.of(ctx, inv.Account, func() (string, error) {
		out, err := limited(withRoute(ctx, a.route(nil)), n.directory.DescribeOrganization, &organizations.DescribeOrganizationInput{})
		if err != nil || out.Organization == nil {
			return "", err
		}
		return aws.ToString(out.Organization.Id), nil
	})
	if err == nil {
		inv.Organization = id
	}
}

// turnsOnOrganization reports whether a policy that was read has a condition on the organisation that a
// service acts for.
func turnsOnOrganization(n inventory.Named) bool {
	says := func(policy string) bool { return strings.Contains(strings.ToLower(policy), "aws:sourceorgid") }
	for _, b := range n.Buckets {
		if says(b.Policy) {
			return true
		}
	}
	for _, r := range n.Roles {
		if says(r.Trust) {
			return true
		}
	}
	return false
}
