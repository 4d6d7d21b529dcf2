package flowlogrolecheck_test

import (
	"fmt"
	"strings"
	"testing"

	"flowproof/internal/finding"
	"flowproof/internal/inventory"
	"flowproof/internal/rule"
	flowlogrolecheck "flowproof/internal/rules/flow-log-role-check"
)

const account = "111122223333"

func trust(service, condition string) string {
	return fmt.Sprintf(`{"Statement":[{"Effect":"Allow","Principal":{"Service":%q},"Action":"sts:AssumeRole"%s}]}`, service, condition)
}

const (
	held  = `,"Condition":{"StringEquals":{"aws:SourceAccount":"111122223333"},"ArnLike":{"aws:SourceArn":"arn:aws:ec2:*:111122223333:vpc-flow-log/*"}}`
	write = `{"Statement":[{"Effect":"Allow","Action":["logs:CreateLogStream","logs:PutLogEvents","logs:DescribeLogGroups","logs:DescribeLogStreams","logs:CreateLogGroup"],"Resource":"arn:aws:logs:*:111122223333:log-group:g:*"}]}`
)

func TestVerdicts(t *testing.T) {
	t.Parallel()
	toGroup := inventory.FlowLog{ID: "fl-1", ResourceID: "vpc-1", Status: "ACTIVE", LogGroup: "g", Role: "arn:aws:iam::111122223333:role/r"}
	with := func(change func(*inventory.FlowLog)) inventory.FlowLog {
		l := toGroup
		change(&l)
		return l
	}
	role := func(trust, policy string) *inventory.Role {
		return &inventory.Role{Name: "r", ARN: toGroup.Role, Trust: trust, Inline: []inventory.RolePolicy{{Name: "p", Document: policy}}}
	}
	const flowLogs = "vpc-flow-logs.amazonaws.com"
	good := trust(flowLogs, held)
	bounded := role(good, write)
	bounded.Boundary = "arn:aws:iam::111122223333:policy/b"
	denied := []inventory.Gap{{Kind: inventory.DeliveryRoles, API: "iam:GetRole", Cause: inventory.Denied, Message: "no", Resource: "r"}}
	tests := []struct {
		name    string
		log     inventory.FlowLog
		role    *inventory.Role
		gaps    []inventory.Gap
		outcome finding.Outcome
		message string
	}{
		{"right and narrow", toGroup, role(good, write), nil, finding.Pass, "trusts vpc-flow-logs.amazonaws.com for this account alone"},
		{"gone", toGroup, nil, nil, finding.Fail, "the role r is gone"},
		{"unread", toGroup, nil, denied, finding.Unknown, "iam:GetRole denied"},
		{"of another account, and one of that name unread", with(func(l *inventory.FlowLog) { l.Role = "arn:aws:iam::444455556666:role/r" }), nil, denied, finding.Unknown, "is in account 444455556666"},
		{"of another account", with(func(l *inventory.FlowLog) { l.Role = "arn:aws:iam::444455556666:role/r" }), nil, nil, finding.Unknown, "is in account 444455556666"},
		{"not stated", with(func(l *inventory.FlowLog) { l.Role = "" }), nil, nil, finding.Unknown, "does not state which role"},
		{"the wrong service", toGroup, role(trust("ec2.amazonaws.com", ""), write), nil, finding.Fail, "does not trust vpc-flow-logs.amazonaws.com"},
		{"every account", toGroup, role(trust(flowLogs, ""), write), nil, finding.Fail, "for every account: aws:SourceAccount and aws:SourceArn are missing"},
		{"one of the two conditions", toGroup, role(trust(flowLogs, `,"Condition":{"StringEquals":{"aws:SourceAccount":"111122223333"}}`), write), nil, finding.Pass, "alone"},
		{"another account alone", toGroup, role(trust(flowLogs, strings.ReplaceAll(held, account, "444455556666")), write), nil, finding.Fail, "does not trust"},
		{"an organisation that is not known", toGroup, role(trust(flowLogs, `,"Condition":{"StringEquals":{"aws:SourceOrgID":"o-1"}}`), write), nil, finding.Unknown, "perhaps does not trust"},
		{"the organisation of a principal, which services have none of", toGroup, role(trust(flowLogs, `,"Condition":{"StringEquals":{"aws:PrincipalOrgID":"o-1"}}`), write), nil, finding.Fail, "does not trust"},
		{"without the suffix", toGroup, role(good, strings.Replace(write, "g:*", "g", 1)), nil, finding.Fail, "may not write to the log group g, as its policy names the group without :*"},
		{"a policy that cannot be read", toGroup, role(good, "{"), nil, finding.Unknown, "perhaps may not write"},
		{"a permissions boundary", toGroup, bounded, nil, finding.Unknown, "perhaps may not write"},
		{"every group", toGroup, role(good, strings.Replace(write, "arn:aws:logs:*:111122223333:log-group:g:*", "*", 1)), nil, finding.Fail, "may write to every log group"},
		{"more than delivery", toGroup, role(good, strings.Replace(write, `"logs:CreateLogGroup"`, `"logs:*","s3:GetObject"`, 1)), nil, finding.Fail, "may do more than deliver: logs:*, s3:GetObject"},
		{"all but something", toGroup, role(good, `{"Statement":{"Effect":"Allow","NotAction":"iam:*","Resource":"arn:aws:logs:*:111122223333:log-group:g:*"}}`), nil, finding.Fail, "all but iam:*"},
		{"to a bucket", with(func(l *inventory.FlowLog) { l.DestinationType, l.Role = inventory.ToS3, "" }), nil, nil, finding.NotApplicable, "delivers without a role"},
		{"to a bucket, with a role of years ago", with(func(l *inventory.FlowLog) { l.DestinationType = inventory.ToS3 }), role(good, write), nil, finding.NotApplicable, "delivers without a role"},
		{"to a stream, with a role that trusts flow logs", with(func(l *inventory.FlowLog) { l.DestinationType = inventory.ToFirehose }), role(good, `{"Statement":[]}`), nil, finding.Fail, "does not trust delivery.logs.amazonaws.com"},
		{"to a stream", with(func(l *inventory.FlowLog) { l.DestinationType = inventory.ToFirehose }),
			role(trust("delivery.logs.amazonaws.com", `,"Condition":{"StringEquals":{"aws:SourceAccount":"111122223333"}}`), `{"Statement":[{"Effect":"Allow","Action":"iam:PassRole","Resource":"*"}]}`), nil, finding.Pass, "alone"},
		{"not active", with(func(l *inventory.FlowLog) { l.Status = "" }), nil, nil, finding.NotApplicable, "not ACTIVE"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			inv := inventory.Inventory{
				Target: inventory.Target{Scope: inventory.Scope{Partition: "aws", Account: account, Region: "eu-west-1"}, Gaps: tt.gaps},
				Kinds:  []inventory.Kind{inventory.FlowLogs, inventory.DeliveryRoles}, FlowLogs: []inventory.FlowLog{tt.log},
			}
			if tt.role != nil {
				inv.Named.Roles = []inventory.Role{*tt.role}
			}
			inv.Normalize()
			inv.Named.Asked = inv.ReferredTo()
			got := rule.Judge([]rule.Rule{flowlogrolecheck.Rule()}, &inv, rule.DefaultPolicy())[0]
			if got.Outcome != tt.outcome || !strings.Contains(got.Message, tt.message) {
				t.Errorf("%s: %q; want %s: %q", got.Outcome, got.Message, tt.outcome, tt.message)
			}
		})
	}
}
