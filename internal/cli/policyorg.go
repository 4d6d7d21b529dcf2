package cli

import (
	"cmp"
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"flowproof/internal/config"
	"flowproof/internal/inventory"
	"flowproof/internal/readrole"
	"flowproof/internal/rule"
	"flowproof/internal/source/awslive"
)

func (a *app) policyOrgCommand() *cobra.Command {
	format := ""
	cmd := &cobra.Command{
		Use:   "org",
		Short: "The role that is assumed in each account of an organisation, as code",
		Long: `Writes the role as a CloudFormation template, for a service-managed StackSet and, in the
management account, which such a StackSet leaves out, as a stack of its own; or with --format
terraform as Terraform. The role allows what reading for the chosen rules needs and no more. Only
whoever --trust names may assume it, from the organisation that --org-id names; what is not given is
asked of AWS: the current identity, and its organisation.`,
		Example: `  flowproof policy org > flowproof-role.yaml
  flowproof policy org --trust arn:aws:iam::111111111111:role/security-audit \
    --org-id o-a1b2c3d4e5 --external-id 7f3a
  flowproof policy org --format terraform > flowproof-role.tf`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			settings, err := a.settings(cmd)
			if err != nil {
				return err
			}
			return a.policyOrg(cmd.Context(), settings, format)
		},
	}
	a.addFlags(cmd, "trust", "org-id", "role-name", "external-id", "session-duration", "rule", "framework", "skip-rule", "ruleset", "read-records", "profile", "endpoint-url", "region")
	cmd.Flags().StringVar(&format, "format", "cloudformation", "how to write it: `cloudformation|terraform`")
	return cmd
}

// policyOrg is the whole of the policy org command.
func (a *app) policyOrg(ctx context.Context, s config.Settings, format string) error {
	chosen, err := chooseRules(s)
	if err != nil {
		return err
	}
	name, err := awslive.RoleName(s.RoleName)
	if err != nil {
		return usageError{err}
	}
	role := readrole.Role{
		Name: name, Trusted: s.Trust, OrgID: s.OrgID, ExternalID: s.ExternalID, Session: s.SessionDuration, Partition: partitionAsked(s),
		Actions: awslive.ReadPolicy(append(rule.Needs(chosen, policyOf(s)), kindsToRead(s)...)).Actions(),
	}
	if len(role.Trusted) == 0 || role.OrgID == "" {
		if err := a.askWhoScans(ctx, s, &role); err != nil {
			return err
		}
	}
	if err := role.Check(); err != nil {
		return usageError{err}
	}
	write := role.CloudFormation
	switch format {
	case "cloudformation":
	case "terraform":
		write = role.Terraform
	default:
		return usageError{fmt.Errorf("--format %s: the role is written as cloudformation or terraform", format)}
	}
	text, err := write()
	if err != nil {
		return err
	}
	_, err = a.streams.Stdout.Write(text)
	return err
}

// askWhoScans fills in what was not given from the current identity and its organisation.
func (a *app) askWhoScans(ctx context.Context, s config.Settings, role *readrole.Role) error {
	org, err := a.openOrganization(ctx, s)
	if err != nil {
		return err
	}
	caller, err := org.Identify(ctx)
	if err != nil {
		return err
	}
	if len(role.Trusted) == 0 {
		role.Trusted = []string{caller}
	}
	if parts := strings.SplitN(caller, ":", 3); role.Partition == "" && len(parts) > 1 {
		role.Partition = parts[1]
	}
	if role.OrgID == "" {
		belonging, err := org.Belonging(ctx)
		if err != nil {
			return usageError{fmt.Errorf("%w; say which organisation with --org-id", err)}
		}
		role.OrgID = belonging.ID
	}
	return nil
}

// callerPolicy is what whoever scans many accounts needs.
func callerPolicy(s config.Settings, kinds []inventory.Kind) awslive.Policy {
	partition := cmp.Or(partitionAsked(s), "aws")
	role := cmp.Or(s.RoleName, "flowproof-read")
	return awslive.CallerPolicy(kinds, awslive.Membership{Units: s.OU, Role: awslive.Role{Name: role}}, partition, s.AccountsFile != "")
}

// partitionAsked is the partition that --region speaks of; empty where nobody gives one.
func partitionAsked(s config.Settings) string {
	if len(s.Region) == 0 {
		return ""
	}
	return inventory.PartitionOf(s.Region[0])
}
