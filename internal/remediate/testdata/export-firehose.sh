#!/usr/bin/env bash
# flowproof plan 0ca1b125 for account 123456789012.
# 3 steps in 2 calls, 3 flow logs among them.
# Wanted: ALL traffic every 600 seconds, to
#   arn:aws:firehose:{region}:{account}:deliverystream/s.
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

# 1: create-flow-log vpc-0c
create_flow_logs aws ec2 create-flow-logs --region eu-west-1 --log-destination arn:aws:firehose:eu-west-1:123456789012:deliverystream/s --log-destination-type kinesis-data-firehose --max-aggregation-interval 600 --resource-ids vpc-0c --resource-type VPC --tag-specifications '[{"ResourceType":"vpc-flow-log","Tags":[{"Key":"flowproof:managed","Value":"true"},{"Key":"flowproof:plan","Value":"0c61b445cbe2ced1"}]}]' --traffic-type ALL --client-token 9c124bfa275e7bde0539d0b2962e8bffc0d19b82583488e15e7734a7063482c0

# 2-3: create-flow-log vpc-0a, vpc-0b
create_flow_logs aws ec2 create-flow-logs --region us-east-1 --log-destination arn:aws:firehose:us-east-1:123456789012:deliverystream/s --log-destination-type kinesis-data-firehose --max-aggregation-interval 600 --resource-ids vpc-0a vpc-0b --resource-type VPC --tag-specifications '[{"ResourceType":"vpc-flow-log","Tags":[{"Key":"flowproof:managed","Value":"true"},{"Key":"flowproof:plan","Value":"0c61b445cbe2ced1"}]}]' --traffic-type ALL --client-token 5ca3253f23870289cd5d70d854fb5162ba11de988cb24583b6ca28d24b3d4334
