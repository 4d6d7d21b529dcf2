#!/usr/bin/env bash
# flowproof plan 8ca89886 for account 123456789012.
# 6 steps in 5 calls, 2 flow logs among them.
# Wanted: ALL traffic every 600 seconds, to the log group MyFlowLogs, kept
#   for 365 days, by the role flowproof-delivery.
# It stops at the first error. What it made carries flowproof's tags.
set -euo pipefail
export AWS_PAGER=

errors=$(mktemp)
trap 'rm -f "$errors"' EXIT

# create_flow_logs runs a command, waits for a fresh role, and reads what was not successful.
create_flow_logs() {
  local refused give_up=$((SECONDS + 120))
  until refused=$("$@" --query '(Unsuccessful || `[]`)[].[ResourceId, Error.Message]' --output text 2>"$errors"); do
    if ! grep -q 'Unable to assume given IAM role' "$errors" || [ "$SECONDS" -ge "$give_up" ]; then
      cat "$errors" >&2
      return 1
    fi
    sleep 5
  done
  if [ -n "$refused" ]; then
    printf 'not created:\n%s\n' "$refused" >&2
    return 1
  fi
}

account=$(aws sts get-caller-identity --query Account --output text)
planned=123456789012
if [ "$account" != "$planned" ]; then
  printf 'this is account %q, and the plan is for %q: nothing was done\n' "$account" "$planned" >&2
  exit 2
fi

# 1: create-role flowproof-delivery
aws iam create-role --region us-east-1 --assume-role-policy-document '{"Statement":[{"Action":["sts:AssumeRole"],"Condition":{"ArnLike":{"aws:SourceArn":"arn:aws:ec2:*:123456789012:vpc-flow-log/*"},"StringEquals":{"aws:SourceAccount":"123456789012"}},"Effect":"Allow","Principal":{"Service":"vpc-flow-logs.amazonaws.com"},"Sid":"FlowproofDelivery"}],"Version":"2012-10-17"}' --description 'Lets VPC Flow Logs deliver to CloudWatch Logs' --role-name flowproof-delivery --tags '[{"Key":"flowproof:managed","Value":"true"},{"Key":"flowproof:plan","Value":"f368c4e7a10eda2a"}]'

# 2: put-role-policy flowproof-delivery
aws iam put-role-policy --region us-east-1 --policy-document '{"Statement":[{"Action":["logs:CreateLogGroup","logs:CreateLogStream","logs:DescribeLogStreams","logs:PutLogEvents"],"Effect":"Allow","Resource":["arn:aws:logs:*:123456789012:log-group:MyFlowLogs:*"],"Sid":"FlowproofWrite"},{"Action":["logs:DescribeLogGroups"],"Effect":"Allow","Resource":["arn:aws:logs:*:123456789012:log-group:*"],"Sid":"FlowproofList"}],"Version":"2012-10-17"}' --policy-name flowproof-delivery-608abcc5 --role-name flowproof-delivery

# 3: create-log-group MyFlowLogs
aws logs create-log-group --region us-east-1 --log-group-name MyFlowLogs --tags '{"flowproof:managed":"true","flowproof:plan":"f368c4e7a10eda2a"}'

# 4: put-retention-policy MyFlowLogs
aws logs put-retention-policy --region us-east-1 --log-group-name MyFlowLogs --retention-in-days 365

# 5-6: create-flow-log vpc-0a, vpc-0b
create_flow_logs aws ec2 create-flow-logs --region us-east-1 --deliver-logs-permission-arn arn:aws:iam::123456789012:role/flowproof-delivery --log-destination-type cloud-watch-logs --log-group-name MyFlowLogs --max-aggregation-interval 600 --resource-ids vpc-0a vpc-0b --resource-type VPC --tag-specifications '[{"ResourceType":"vpc-flow-log","Tags":[{"Key":"flowproof:managed","Value":"true"},{"Key":"flowproof:plan","Value":"f368c4e7a10eda2a"}]}]' --traffic-type ALL --client-token b83516cc7b27771bd9413ec7826947281ab4791a2cdddc3d9769424817065797
