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
		a.policyReadCommand(), a.policyWriteCommand())
}

func (a *app) policyReadCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "read",
		Short: "The least IAM policy with which the chosen rules can be scanned",
		Example: `  flowproof policy read > flowproof-read.json
  aws iam create-policy --policy-name flowproof-read --policy-document file://flowproof-read.json`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			settings, err := a.settings(cmd)
			if err != nil {
				return err
			}
			chosen, err := chooseRules(settings)
			if err != nil {
				return err
			}
			out, err := json.MarshalIndent(awslive.ReadPolicy(rule.Needs(chosen, policyOf(settings))), "", "  ")
			if err != nil {
				return fmt.Errorf("write the policy: %w", err)
			}
			_, err = fmt.Fprintf(a.streams.Stdout, "%s\n", out)
			return err
		},
	}
	a.addFlags(cmd, "rule", "framework", "skip-rule", "ruleset")
	return cmd
}
