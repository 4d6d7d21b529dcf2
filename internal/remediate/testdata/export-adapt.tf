# flowproof plan a146b345 for account 123456789012.
# 7 steps in 6 calls, 3 flow logs among them; 4 changes to what flowproof
#   did not make.
# Wanted: ALL traffic every 600 seconds, to the log group MyFlowLogs, kept
#   for 365 days, by the role flowproof-delivery.

terraform {
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.0"
    }
  }
}

provider "aws" {
  alias               = "eu_west_1"
  region              = "eu-west-1"
  allowed_account_ids = ["123456789012"]
}

provider "aws" {
  alias               = "us_east_1"
  region              = "us-east-1"
  allowed_account_ids = ["123456789012"]
}

# Not in this configuration, as it changes part of what is there already: update-assume-role-policy flowproof-delivery. By hand:
# aws iam update-assume-role-policy --region us-east-1 --policy-document '{"Statement":[{"Action":"sts:AssumeRole","Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"}},{"Action":["sts:AssumeRole"],"Condition":{"ArnLike":{"aws:SourceArn":"arn:aws:ec2:*:123456789012:vpc-flow-log/*"},"StringEquals":{"aws:SourceAccount":"123456789012"}},"Effect":"Allow","Principal":{"Service":"vpc-flow-logs.amazonaws.com"},"Sid":"FlowproofDelivery"}],"Version":"2012-10-17"}' --role-name flowproof-delivery

resource "aws_iam_role_policy" "role_flowproof_delivery" {
  provider = aws.eu_west_1
  name     = "flowproof-delivery-608abcc5"
  role     = "flowproof-delivery"
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid    = "FlowproofWrite"
        Effect = "Allow"
        Action = [
          "logs:CreateLogGroup",
          "logs:CreateLogStream",
          "logs:DescribeLogStreams",
          "logs:PutLogEvents",
        ]
        Resource = ["arn:aws:logs:*:123456789012:log-group:MyFlowLogs:*"]
      },
      {
        Sid      = "FlowproofList"
        Effect   = "Allow"
        Action   = ["logs:DescribeLogGroups"]
        Resource = ["arn:aws:logs:*:123456789012:log-group:*"]
      },
    ]
  })
}

# Not in this configuration, as it changes part of what is there already: put-retention-policy MyFlowLogs. By hand:
# aws logs put-retention-policy --region eu-west-1 --log-group-name MyFlowLogs --retention-in-days 365

# Not in this configuration, as it changes part of what is there already: put-retention-policy MyFlowLogs. By hand:
# aws logs put-retention-policy --region us-east-1 --log-group-name MyFlowLogs --retention-in-days 365

resource "aws_flow_log" "eu_west_1_vpc_0c" {
  provider                 = aws.eu_west_1
  vpc_id                   = "vpc-0c"
  traffic_type             = "ALL"
  max_aggregation_interval = 600
  log_destination_type     = "cloud-watch-logs"

  log_destination = "arn:aws:logs:eu-west-1:123456789012:log-group:MyFlowLogs"
  iam_role_arn    = "arn:aws:iam::123456789012:role/flowproof-delivery"
  depends_on      = [aws_iam_role_policy.role_flowproof_delivery]
}

resource "aws_flow_log" "us_east_1_vpc_0a" {
  provider                 = aws.us_east_1
  vpc_id                   = "vpc-0a"
  traffic_type             = "ALL"
  max_aggregation_interval = 600
  log_destination_type     = "cloud-watch-logs"

  log_destination = "arn:aws:logs:us-east-1:123456789012:log-group:MyFlowLogs"
  iam_role_arn    = "arn:aws:iam::123456789012:role/flowproof-delivery"
  depends_on      = [aws_iam_role_policy.role_flowproof_delivery]
}

resource "aws_flow_log" "us_east_1_vpc_0b" {
  provider                 = aws.us_east_1
  vpc_id                   = "vpc-0b"
  traffic_type             = "ALL"
  max_aggregation_interval = 600
  log_destination_type     = "cloud-watch-logs"

  log_destination = "arn:aws:logs:us-east-1:123456789012:log-group:MyFlowLogs"
  iam_role_arn    = "arn:aws:iam::123456789012:role/flowproof-delivery"
  depends_on      = [aws_iam_role_policy.role_flowproof_delivery]
}
