// Package flowlogformatcheck asks of each flow log whether its records have the fields that the
// policy requires.
package flowlogformatcheck

import (
	_ "embed"
	"slices"
	"strings"

	"flowproof/internal/finding"
	"flowproof/internal/inventory"
	"flowproof/internal/rule"
)

//go:embed page.md
var page string

// Rule is flow-log-format-check.
func Rule() rule.Rule {
	return rule.Rule{
		ID:       "flow-log-format-check",
		Title:    "Flow Log Records Have Required Fields",
		Severity: finding.Low,
		Resource: finding.FlowLogType,
		Needs:    []inventory.Kind{inventory.FlowLogs},
		Page:     page,
		Judge:    judge,
	}
}

func judge(p *rule.Pass) {
	p.EachFlowLog(func(l inventory.FlowLog) rule.Verdict {
		v := verdictOn(l, p.Policy.Format)
		v.FlowLogs = []inventory.FlowLog{l}
		return v
	})
}

func verdictOn(l inventory.FlowLog, required []string) rule.Verdict {
	lacks := slices.DeleteFunc(slices.Clone(required), l.HasField)
	switch {
	case len(required) == 0:
		return rule.Inapplicable("no field is required: see policy.format")
	case !l.Works():
		return rule.Inapplicable("it does not work, so that it writes no records")
	case l.OnGateway():
		return rule.Inapplicable("records of transit gateways have fields of their own")
	case l.OnCloudWAN():
		return rule.Inapplicable("records of Cloud WAN have fields of their own")
	case l.ResourceID != "" && l.On() == "":
		return rule.NotKnown("it is on " + l.ResourceID + ", of a kind whose fields are not known here")
	case l.Format == "":
		return rule.NotKnown("AWS does not state which fields its records have")
	case len(lacks) > 0:
		return rule.Failed("its records lack " + strings.Join(lacks, ", "))
	}
	return rule.Passed("its records have " + strings.Join(required, ", "))
}
