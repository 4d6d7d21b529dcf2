#!/usr/bin/env bash
# flowproof plan 2f2b5cc9 for account 123456789012.
# 4 steps in 3 calls, 3 flow logs among them; 1 change to what flowproof did
#   not make.
# Wanted: ALL traffic every 600 seconds, to arn:aws:s3:::central/flow/logs
#   as parquet, Hive partitions.
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

bucket_policy() { aws s3api get-bucket-policy --region "$1" --bucket "$2" --query Policy --output text 2>/dev/null || true; }

# keep_bucket_policy puts back what EC2 replaced.
keep_bucket_policy() {
  if [ -n "$3" ] && [ "$(bucket_policy "$1" "$2")" != "$3" ]; then
    aws s3api put-bucket-policy --region "$1" --bucket "$2" --policy "$3"
  fi
}

account=$(aws sts get-caller-identity --query Account --output text)
planned=123456789012
if [ "$account" != "$planned" ]; then
  printf 'this is account %q, and the plan is for %q: nothing was done\n' "$account" "$planned" >&2
  exit 2
fi

# 1: put-bucket-policy central
aws s3api put-bucket-policy --region us-west-2 --bucket central --policy '{"Statement":[{"Action":["s3:PutObject"],"Condition":{"ArnLike":{"aws:SourceArn":"arn:aws:logs:*:123456789012:*"},"StringEquals":{"aws:SourceAccount":"123456789012","s3:x-amz-acl":"bucket-owner-full-control"}},"Effect":"Allow","Principal":{"Service":"delivery.logs.amazonaws.com"},"Resource":["arn:aws:s3:::central/flow/logs/AWSLogs/aws-account-id=123456789012/*"],"Sid":"FlowproofWritec5b4bf3a"},{"Action":["s3:GetBucketAcl","s3:ListBucket"],"Condition":{"ArnLike":{"aws:SourceArn":"arn:aws:logs:*:123456789012:*"},"StringEquals":{"aws:SourceAccount":"123456789012"}},"Effect":"Allow","Principal":{"Service":"delivery.logs.amazonaws.com"},"Resource":["arn:aws:s3:::central"],"Sid":"FlowproofCheckc5b4bf3a"}],"Version":"2012-10-17"}'

region=us-west-2
bucket=central
policy=$(bucket_policy "$region" "$bucket")
trap 'rm -f "$errors"; keep_bucket_policy "$region" "$bucket" "$policy"' EXIT

# 2: create-flow-log vpc-0c
create_flow_logs aws ec2 create-flow-logs --region eu-west-1 --destination-options '{"FileFormat":"parquet","HiveCompatiblePartitions":true,"PerHourPartition":false}' --log-destination arn:aws:s3:::central/flow/logs --log-destination-type s3 --max-aggregation-interval 600 --resource-ids vpc-0c --resource-type VPC --tag-specifications '[{"ResourceType":"vpc-flow-log","Tags":[{"Key":"flowproof:managed","Value":"true"},{"Key":"flowproof:plan","Value":"055140d4d350bea8"}]}]' --traffic-type ALL --client-token 9636ff5bc7ef24612a7dc160aa5b4f55fe86b91ec85fe0651b8e1a19ed7a93c7

# 3-4: create-flow-log vpc-0a, vpc-0b
create_flow_logs aws ec2 create-flow-logs --region us-east-1 --destination-options '{"FileFormat":"parquet","HiveCompatiblePartitions":true,"PerHourPartition":false}' --log-destination arn:aws:s3:::central/flow/logs --log-destination-type s3 --max-aggregation-interval 600 --resource-ids vpc-0a vpc-0b --resource-type VPC --tag-specifications '[{"ResourceType":"vpc-flow-log","Tags":[{"Key":"flowproof:managed","Value":"true"},{"Key":"flowproof:plan","Value":"055140d4d350bea8"}]}]' --traffic-type ALL --client-token e9391eecc1133ef3af0f86f6c79ebadda4680b10af5b60c326fe1ce16ffecb54
