# flowproof plan 8ca89886 for account 123456789012.
# 6 steps in 5 calls, 2 flow logs among them.
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
  alias               = "us_east_1"
  region              = "us-east-1"
  allowed_account_ids = ["123456789012"]
}

resource "aws_iam_role" "role_flowproof_delivery" {
  provider    = aws.us_east_1
  name        = "flowproof-delivery"
  description = "Lets VPC Flow Logs deliver to CloudWatch Logs"
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid    = "FlowproofDelivery"
      Effect = "Allow"
      Principal = {
        Service = "vpc-flow-logs.amazonaws.com"
      }
      Action = ["sts:AssumeRole"]
      Condition = {
        ArnLike = {
          "aws:SourceArn" = "arn:aws:ec2:*:123456789012:vpc-flow-log/*"
        }
        StringEquals = {
          "aws:SourceAccount" = "123456789012"
        }
      }
    }]
  })
}

resource "aws_iam_role_policy" "role_flowproof_delivery" {
  provider = aws.us_east_1
  name     = "flowproof-delivery-608abcc5"
  role     = aws_iam_role.role_flowproof_delivery.name
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

resource "aws_cloudwatch_log_group" "us_east_1_MyFlowLogs" {
  provider          = aws.us_east_1
  name              = "MyFlowLogs"
  retention_in_days = 365
}

resource "aws_flow_log" "us_east_1_vpc_0a" {
  provider                 = aws.us_east_1
  vpc_id                   = "vpc-0a"
  traffic_type             = "ALL"
  max_aggregation_interval = 600
  log_destination_type     = "cloud-watch-logs"

  log_destination = aws_cloudwatch_log_group.us_east_1_MyFlowLogs.arn
  iam_role_arn    = aws_iam_role.role_flowproof_delivery.arn
  depends_on      = [aws_iam_role_policy.role_flowproof_delivery]
}

resource "aws_flow_log" "us_east_1_vpc_0b" {
  provider                 = aws.us_east_1
  vpc_id                   = "vpc-0b"
  traffic_type             = "ALL"
  max_aggregation_interval = 600
  log_destination_type     = "cloud-watch-logs"

  log_destination = aws_cloudwatch_log_group.us_east_1_MyFlowLogs.arn
  iam_role_arn    = aws_iam_role.role_flowproof_delivery.arn
  depends_on      = [aws_iam_role_policy.role_flowproof_delivery]
}
