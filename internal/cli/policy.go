package cli

import (
	"encoding/json"
	"fmt"

	"github.com/spf13/cobra"

	"flowproof/internal/rule"
	"flowproof/internal/source/awslive"
)

func (a *app) policyCommand() *cobra.Command {
	return holder("policy", "The IAM permissions that flowproof needs, and no more", groupKnow,
		a.policyReadCommand(), a.policyOrgCommand(), a.policyWriteCommand())
}

func (a *app) policyReadCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "read",
		Short: "The least IAM policy with which the chosen rules can be scanned",
		Long: `What reading one account needs. With --org, --ou or --accounts-file: what whoever reads many needs,
beside the role in each of them, which policy org writes.`,
		Example: `  flowproof policy read > flowproof-read.json
  flowproof policy read --org --role-name flowproof-read > flowproof-caller.json
  aws iam create-policy --policy-name flowproof-read \
    --policy-document file://flowproof-read.json`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			settings, err := a.settings(cmd)
			if err != nil {
				return err
			}
			chosen, err := chooseRules(settings)
			if err != nil {
				return err
			}
			kinds := append(rule.Needs(chosen, policyOf(settings)), kindsToRead(settings)...)
			policy := awslive.ReadPolicy(kinds)
			if manyAccounts(settings) {
				policy = callerPolicy(settings, kinds)
			}
			out, err := json.MarshalIndent(policy, "", "  ")
			if err != nil {
				return fmt.Errorf("write the policy: %w", err)
			}
			_, err = fmt.Fprintf(a.streams.Stdout, "%s\n", out)
			return err
		},
	}
	a.addFlags(cmd, "rule", "framework", "skip-rule", "ruleset", "read-records", "org", "ou", "accounts-file", "role-name", "region")
	return cmd
}
