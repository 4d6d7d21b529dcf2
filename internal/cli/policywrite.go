package cli

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"flowproof/internal/config"
	"flowproof/internal/inventory"
	"flowproof/internal/remediate"
)

func (a *app) policyWriteCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "write [PLAN]",
		Short: "The least IAM policy with which a plan can be applied, verified and rolled back",
		Long: `With a plan: exactly its resources. Without: every plan that these settings can come to by the
default rules, in any account; what other rules read, flowproof policy read says. Both hold the actions that AWS checks without naming them, such as iam:PassRole.`,
		Example: `  flowproof policy write plan.json > apply.json
  flowproof policy write --destination s3 --bucket arn:aws:s3:::flow-logs`,
		RunE: func(cmd *cobra.Command, args []string) error {
			settings, err := a.settings(cmd)
			if err != nil {
				return err
			}
			policy, err := a.writePolicy(settings, args)
			if err != nil {
				return err
			}
			var out bytes.Buffer
			if err := json.Indent(&out, []byte(policy), "", "  "); err != nil {
				return fmt.Errorf("write the policy: %w", err)
			}
			_, err = fmt.Fprintf(a.streams.Stdout, "%s\n", out.Bytes())
			return err
		},
	}
	a.addFlags(cmd, append([]string{"region"}, deliveryFlags...)...)
	return cmd
}

func (a *app) writePolicy(s config.Settings, args []string) (string, error) {
	if len(args) == 1 {
		plan, err := readPlan(args[0])
		if err != nil {
			return "", err
		}
		return plan.WritePolicy()
	}
	policy, err := remediationPolicy(s)
	if err != nil {
		return "", usageError{err}
	}
	partition := "aws"
	if len(s.Region) > 0 {
		partition = inventory.PartitionOf(s.Region[0])
	}
	return policy.WritePolicy(partition)
}

// readPlan reads a plan file. A plan that is refused is a usage error.
func readPlan(path string) (remediate.Plan, error) {
	file, err := os.Open(path) //nolint:gosec // the user names their own file
	if err != nil {
		return remediate.Plan{}, usageError{fmt.Errorf("open the plan: %w", err)}
	}
	defer func() { _ = file.Close() }() // only read from
	plan, err := remediate.Decode(file)
	if err != nil {
		return plan, usageError{fmt.Errorf("%s: %w", path, err)}
	}
	return plan, nil
}
