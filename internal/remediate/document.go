package remediate

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"flowproof/internal/inventory"
)

// The services that deliver flow logs. Both principals are the same in every partition (VPC user
// guide of the commercial and the China Regions).
const (
	flowLogService  = "vpc-flow-logs.amazonaws.com" // to CloudWatch Logs, by assuming a role
	deliveryService = deliveryPrincipal             // to S3 and Firehose
)

const policyVersion = "2012-10-17"

// statement is one that flowproof writes into a policy document.
type statement struct {
	Sid       string                    `json:"Sid"`
	Effect    string                    `json:"Effect"`
	Principal map[string]string         `json:"Principal,omitempty"`
	Action    []string                  `json:"Action"`
	Resource  []string                  `json:"Resource,omitempty"`
	Condition map[string]map[string]any `json:"Condition,omitempty"`
}

// document is the one form of a policy of these statements.
func document(statements ...statement) (string, error) {
	raw, err := json.Marshal(map[string]any{"Version": policyVersion, "Statement": statements})
	if err != nil {
		return "", fmt.Errorf("encode a policy: %w", err)
	}
	canonical, err := canonicalJSON(raw)
	return string(canonical), err
}

// fromAccount keeps a service from being talked into acting for somebody else's account: the
// confused deputy (IAM user guide).
func fromAccount(account, source string) map[string]map[string]any {
	return map[string]map[string]any{
		"StringEquals": {"aws:SourceAccount": account},
		"ArnLike":      {"aws:SourceArn": source},
	}
}

// trustStatement lets the flow log service, for flow logs of this account alone, assume a role.
func trustStatement(s inventory.Scope) statement {
	return statement{
		Sid: "FlowproofDelivery", Effect: "Allow", Principal: map[string]string{"Service": flowLogService},
		Action:    []string{"sts:AssumeRole"},
		Condition: fromAccount(s.Account, fmt.Sprintf("arn:%s:ec2:*:%s:vpc-flow-log/*", s.Partition, s.Account)),
	}
}

// deliveryStatements are the least that a delivery role needs for these groups. CloudWatch Logs
// checks its calls against the ARN of a group with ":*" at its end (service authorization
// reference); without it nothing is allowed and the flow log fails with "Access error".
func deliveryStatements(s inventory.Scope, groups []string) []statement {
	base := fmt.Sprintf("arn:%s:logs:*:%s:log-group:", s.Partition, s.Account)
	var arns []string
	for _, g := range groups {
		arns = append(arns, base+g+":*")
	}
	return []statement{
		{
			Sid: "FlowproofWrite", Effect: "Allow", Resource: arns,
			Action: []string{"logs:CreateLogGroup", "logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"},
		},
		{Sid: "FlowproofList", Effect: "Allow", Resource: []string{base + "*"}, Action: []string{"logs:DescribeLogGroups"}},
	}
}

// bucketStatements let the delivery service write this account's flow logs, from every Region,
// below one prefix of a bucket (VPC user guide, publish flow logs to Amazon S3).
func bucketStatements(s inventory.Scope, bucketARN, objects string) []statement {
	tag := shortDigest(objects)
	source := fmt.Sprintf("arn:%s:logs:*:%s:*", s.Partition, s.Account)
	write := fromAccount(s.Account, source)
	write["StringEquals"] = map[string]any{"aws:SourceAccount": s.Account, "s3:x-amz-acl": "bucket-owner-full-control"}
	service := map[string]string{"Service": deliveryService}
	return []statement{
		{
			Sid: "FlowproofWrite" + tag, Effect: "Allow", Principal: service, Action: []string{"s3:PutObject"},
			Resource: []string{objects + "*"}, Condition: write,
		},
		{
			Sid: "FlowproofCheck" + tag, Effect: "Allow", Principal: service, Action: []string{"s3:GetBucketAcl", "s3:ListBucket"},
			Resource: []string{bucketARN}, Condition: fromAccount(s.Account, source),
		},
	}
}

// addStatements puts statements at the end of a policy, and changes nothing of what it says. An
// empty policy becomes one of these statements alone.
func addStatements(policy string, add []statement) (string, error) {
	if policy == "" {
		return document(add...)
	}
	value, err := generic([]byte(policy))
	if err != nil {
		return "", fmt.Errorf("read the policy: %w", err)
	}
	object, ok := value.(map[string]any)
	if !ok {
		return "", fmt.Errorf("read the policy: it is no JSON object")
	}
	statements := listOf(object["Statement"])
	for _, s := range add {
		s.Sid = freeSid(s.Sid, statements)
		raw, err := json.Marshal(s)
		if err != nil {
			return "", fmt.Errorf("encode a policy: %w", err)
		}
		extra, err := generic(raw)
		if err != nil {
			return "", err
		}
		statements = append(statements, extra)
	}
	object["Statement"] = statements
	out, err := encodeGeneric(object)
	return strings.TrimSuffix(string(out), "\n"), err
}

// freeSid numbers a statement's name where the policy has it already: a name stands once.
func freeSid(sid string, statements []any) string {
	taken := func(sid string) bool {
		return slices.ContainsFunc(statements, func(s any) bool {
			object, ok := s.(map[string]any)
			return ok && object["Sid"] == sid
		})
	}
	free := sid
	for n := 2; taken(free); n++ {
		free = sid + strconv.Itoa(n)
	}
	return free
}

// listOf reads what a policy may write as one value or as a list of them.
func listOf(value any) []any {
	switch v := value.(type) {
	case nil:
		return nil
	case []any:
		return slices.Clone(v)
	}
	return []any{value}
}
