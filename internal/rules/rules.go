// Package rules is the list of all rules, in the order of reports, and the sets that users
// choose by name.
package rules

import (
	"fmt"

	"flowproof/internal/rule"
	flowlogarrivalcheck "flowproof/internal/rules/flow-log-arrival-check"
	flowlogbucketcheck "flowproof/internal/rules/flow-log-bucket-check"
	flowlogcoveragecheck "flowproof/internal/rules/flow-log-coverage-check"
	flowlogdeliverycheck "flowproof/internal/rules/flow-log-delivery-check"
	flowlogdestinationcheck "flowproof/internal/rules/flow-log-destination-check"
	flowlogduplicatecheck "flowproof/internal/rules/flow-log-duplicate-check"
	flowlogencryptioncheck "flowproof/internal/rules/flow-log-encryption-check"
	flowlogformatcheck "flowproof/internal/rules/flow-log-format-check"
	flowlogretentioncheck "flowproof/internal/rules/flow-log-retention-check"
	flowlogrolecheck "flowproof/internal/rules/flow-log-role-check"
	flowlogtrafficcheck "flowproof/internal/rules/flow-log-traffic-check"
	transitgatewayflowlogcheck "flowproof/internal/rules/transit-gateway-flow-log-check"
	vpcflowlogcheck "flowproof/internal/rules/vpc-flow-log-check"
)

// All is every rule. A test holds it to the folders beside this file.
func All() []rule.Rule {
	return []rule.Rule{
		vpcflowlogcheck.Rule(),
		flowlogdeliverycheck.Rule(),
		flowlogtrafficcheck.Rule(),
		flowlogcoveragecheck.Rule(),
		flowlogarrivalcheck.Rule(),
		flowlogdestinationcheck.Rule(),
		flowlogretentioncheck.Rule(),
		flowlogencryptioncheck.Rule(),
		flowlogrolecheck.Rule(),
		flowlogbucketcheck.Rule(),
		flowlogformatcheck.Rule(),
		flowlogduplicatecheck.Rule(),
		transitgatewayflowlogcheck.Rule(),
	}
}

// Set is a rule set by name: "page" is the one rule of the knowledge-base page, "default" those
// that two lists a Region decide, "full" all.
func Set(name string) ([]rule.Rule, error) {
	all := All()
	switch name {
	case "page":
		return all[:1], nil
	case "default":
		return all[:3], nil
	case "full":
		return all, nil
	}
	return nil, fmt.Errorf("unknown rule set %q: page, default or full", name)
}
