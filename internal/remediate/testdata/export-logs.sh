#!/usr/bin/env bash
# flowproof plan 44220a5b for account 123456789012.
# 11 steps in 11 calls, 3 flow logs among them.
# Wanted: ALL traffic every 600 seconds, format v5, to the log group
#   /flowproof/{account}/{vpc}, kept for 365 days, by the role
#   flowproof-delivery, encrypted with
#   arn:aws:kms:{region}:123456789012:key/mrk-1.
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
aws iam create-role --region us-east-1 --assume-role-policy-document '{"Statement":[{"Action":["sts:AssumeRole"],"Condition":{"ArnLike":{"aws:SourceArn":"arn:aws:ec2:*:123456789012:vpc-flow-log/*"},"StringEquals":{"aws:SourceAccount":"123456789012"}},"Effect":"Allow","Principal":{"Service":"vpc-flow-logs.amazonaws.com"},"Sid":"FlowproofDelivery"}],"Version":"2012-10-17"}' --description 'Lets VPC Flow Logs deliver to CloudWatch Logs' --role-name flowproof-delivery --tags '[{"Key":"flowproof:managed","Value":"true"},{"Key":"flowproof:plan","Value":"6eb01dc8e69fbd5b"},{"Key":"team","Value":"net"},{"Key":"Ünïcode","Value":"a b"}]'

# 2: put-role-policy flowproof-delivery
aws iam put-role-policy --region us-east-1 --policy-document '{"Statement":[{"Action":["logs:CreateLogGroup","logs:CreateLogStream","logs:DescribeLogStreams","logs:PutLogEvents"],"Effect":"Allow","Resource":["arn:aws:logs:*:123456789012:log-group:/flowproof/123456789012/vpc-*:*"],"Sid":"FlowproofWrite"},{"Action":["logs:DescribeLogGroups"],"Effect":"Allow","Resource":["arn:aws:logs:*:123456789012:log-group:*"],"Sid":"FlowproofList"}],"Version":"2012-10-17"}' --policy-name flowproof-delivery-33a441bf --role-name flowproof-delivery

# 3: create-log-group /flowproof/123456789012/vpc-0c
aws logs create-log-group --region eu-west-1 --kms-key-id arn:aws:kms:eu-west-1:123456789012:key/mrk-1 --log-group-name /flowproof/123456789012/vpc-0c --tags '{"flowproof:managed":"true","flowproof:plan":"6eb01dc8e69fbd5b","team":"net","Ünïcode":"a b"}'

# 4: put-retention-policy /flowproof/123456789012/vpc-0c
aws logs put-retention-policy --region eu-west-1 --log-group-name /flowproof/123456789012/vpc-0c --retention-in-days 365

# 5: create-log-group /flowproof/123456789012/vpc-0a
aws logs create-log-group --region us-east-1 --kms-key-id arn:aws:kms:us-east-1:123456789012:key/mrk-1 --log-group-name /flowproof/123456789012/vpc-0a --tags '{"flowproof:managed":"true","flowproof:plan":"6eb01dc8e69fbd5b","team":"net","Ünïcode":"a b"}'

# 6: put-retention-policy /flowproof/123456789012/vpc-0a
aws logs put-retention-policy --region us-east-1 --log-group-name /flowproof/123456789012/vpc-0a --retention-in-days 365

# 7: create-log-group /flowproof/123456789012/vpc-0b
aws logs create-log-group --region us-east-1 --kms-key-id arn:aws:kms:us-east-1:123456789012:key/mrk-1 --log-group-name /flowproof/123456789012/vpc-0b --tags '{"flowproof:managed":"true","flowproof:plan":"6eb01dc8e69fbd5b","team":"net","Ünïcode":"a b"}'

# 8: put-retention-policy /flowproof/123456789012/vpc-0b
aws logs put-retention-policy --region us-east-1 --log-group-name /flowproof/123456789012/vpc-0b --retention-in-days 365

# 9: create-flow-log vpc-0c
create_flow_logs aws ec2 create-flow-logs --region eu-west-1 --deliver-logs-permission-arn arn:aws:iam::123456789012:role/flowproof-delivery --log-destination-type cloud-watch-logs --log-format '${version} ${account-id} ${interface-id} ${srcaddr} ${dstaddr} ${srcport} ${dstport} ${protocol} ${packets} ${bytes} ${start} ${end} ${action} ${log-status} ${vpc-id} ${subnet-id} ${instance-id} ${tcp-flags} ${type} ${pkt-srcaddr} ${pkt-dstaddr} ${region} ${az-id} ${sublocation-type} ${sublocation-id} ${pkt-src-aws-service} ${pkt-dst-aws-service} ${flow-direction} ${traffic-path}' --log-group-name /flowproof/123456789012/vpc-0c --max-aggregation-interval 600 --resource-ids vpc-0c --resource-type VPC --tag-specifications '[{"ResourceType":"vpc-flow-log","Tags":[{"Key":"flowproof:managed","Value":"true"},{"Key":"flowproof:plan","Value":"6eb01dc8e69fbd5b"},{"Key":"team","Value":"net"},{"Key":"Ünïcode","Value":"a b"}]}]' --traffic-type ALL --client-token 2e6e301f920ce04a0c889cab3b94697814020e8e954550a48cdddcd81ae11d64

# 10: create-flow-log vpc-0a
create_flow_logs aws ec2 create-flow-logs --region us-east-1 --deliver-logs-permission-arn arn:aws:iam::123456789012:role/flowproof-delivery --log-destination-type cloud-watch-logs --log-format '${version} ${account-id} ${interface-id} ${srcaddr} ${dstaddr} ${srcport} ${dstport} ${protocol} ${packets} ${bytes} ${start} ${end} ${action} ${log-status} ${vpc-id} ${subnet-id} ${instance-id} ${tcp-flags} ${type} ${pkt-srcaddr} ${pkt-dstaddr} ${region} ${az-id} ${sublocation-type} ${sublocation-id} ${pkt-src-aws-service} ${pkt-dst-aws-service} ${flow-direction} ${traffic-path}' --log-group-name /flowproof/123456789012/vpc-0a --max-aggregation-interval 600 --resource-ids vpc-0a --resource-type VPC --tag-specifications '[{"ResourceType":"vpc-flow-log","Tags":[{"Key":"flowproof:managed","Value":"true"},{"Key":"flowproof:plan","Value":"6eb01dc8e69fbd5b"},{"Key":"team","Value":"net"},{"Key":"Ünïcode","Value":"a b"}]}]' --traffic-type ALL --client-token 5474a1f432293126eb4126e87c267d3bb28513c0e36160b8b64aeb65379bcf43

# 11: create-flow-log vpc-0b
create_flow_logs aws ec2 create-flow-logs --region us-east-1 --deliver-logs-permission-arn arn:aws:iam::123456789012:role/flowproof-delivery --log-destination-type cloud-watch-logs --log-format '${version} ${account-id} ${interface-id} ${srcaddr} ${dstaddr} ${srcport} ${dstport} ${protocol} ${packets} ${bytes} ${start} ${end} ${action} ${log-status} ${vpc-id} ${subnet-id} ${instance-id} ${tcp-flags} ${type} ${pkt-srcaddr} ${pkt-dstaddr} ${region} ${az-id} ${sublocation-type} ${sublocation-id} ${pkt-src-aws-service} ${pkt-dst-aws-service} ${flow-direction} ${traffic-path}' --log-group-name /flowproof/123456789012/vpc-0b --max-aggregation-interval 600 --resource-ids vpc-0b --resource-type VPC --tag-specifications '[{"ResourceType":"vpc-flow-log","Tags":[{"Key":"flowproof:managed","Value":"true"},{"Key":"flowproof:plan","Value":"6eb01dc8e69fbd5b"},{"Key":"team","Value":"net"},{"Key":"Ünïcode","Value":"a b"}]}]' --traffic-type ALL --client-token baf2c23d01817bc0c7e0b97bd5c74f64de555132c5447ea258c545f88698c8f1
