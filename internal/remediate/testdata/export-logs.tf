# flowproof plan 44220a5b for account 123456789012.
# 11 steps in 11 calls, 3 flow logs among them.
# Wanted: ALL traffic every 600 seconds, format v5, to the log group
#   /flowproof/{account}/{vpc}, kept for 365 days, by the role
#   flowproof-delivery, encrypted with
#   arn:aws:kms:{region}:123456789012:key/mrk-1.

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

resource "aws_iam_role" "role_flowproof_delivery" {
  provider    = aws.eu_west_1
  name        = "flowproof-delivery"
  description = "Lets VPC Flow Logs deliver to CloudWatch Logs"
  tags = {
    team    = "net"
    Ünïcode = "a b"
  }
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
  provider = aws.eu_west_1
  name     = "flowproof-delivery-33a441bf"
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
        Resource = ["arn:aws:logs:*:123456789012:log-group:/flowproof/123456789012/vpc-*:*"]
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

resource "aws_cloudwatch_log_group" "eu_west_1__flowproof_123456789012_vpc_0c" {
  provider          = aws.eu_west_1
  name              = "/flowproof/123456789012/vpc-0c"
  retention_in_days = 365
  kms_key_id        = "arn:aws:kms:eu-west-1:123456789012:key/mrk-1"
  tags = {
    team    = "net"
    Ünïcode = "a b"
  }
}

resource "aws_cloudwatch_log_group" "us_east_1__flowproof_123456789012_vpc_0a" {
  provider          = aws.us_east_1
  name              = "/flowproof/123456789012/vpc-0a"
  retention_in_days = 365
  kms_key_id        = "arn:aws:kms:us-east-1:123456789012:key/mrk-1"
  tags = {
    team    = "net"
    Ünïcode = "a b"
  }
}

resource "aws_cloudwatch_log_group" "us_east_1__flowproof_123456789012_vpc_0b" {
  provider          = aws.us_east_1
  name              = "/flowproof/123456789012/vpc-0b"
  retention_in_days = 365
  kms_key_id        = "arn:aws:kms:us-east-1:123456789012:key/mrk-1"
  tags = {
    team    = "net"
    Ünïcode = "a b"
  }
}

resource "aws_flow_log" "eu_west_1_vpc_0c" {
  provider                 = aws.eu_west_1
  vpc_id                   = "vpc-0c"
  traffic_type             = "ALL"
  max_aggregation_interval = 600
  log_format               = "$${version} $${account-id} $${interface-id} $${srcaddr} $${dstaddr} $${srcport} $${dstport} $${protocol} $${packets} $${bytes} $${start} $${end} $${action} $${log-status} $${vpc-id} $${subnet-id} $${instance-id} $${tcp-flags} $${type} $${pkt-srcaddr} $${pkt-dstaddr} $${region} $${az-id} $${sublocation-type} $${sublocation-id} $${pkt-src-aws-service} $${pkt-dst-aws-service} $${flow-direction} $${traffic-path}"
  log_destination_type     = "cloud-watch-logs"

  log_destination = aws_cloudwatch_log_group.eu_west_1__flowproof_123456789012_vpc_0c.arn
  iam_role_arn    = aws_iam_role.role_flowproof_delivery.arn
  tags = {
    team    = "net"
    Ünïcode = "a b"
  }
  depends_on = [aws_iam_role_policy.role_flowproof_delivery]
}

resource "aws_flow_log" "us_east_1_vpc_0a" {
  provider                 = aws.us_east_1
  vpc_id                   = "vpc-0a"
  traffic_type             = "ALL"
  max_aggregation_interval = 600
  log_format               = "$${version} $${account-id} $${interface-id} $${srcaddr} $${dstaddr} $${srcport} $${dstport} $${protocol} $${packets} $${bytes} $${start} $${end} $${action} $${log-status} $${vpc-id} $${subnet-id} $${instance-id} $${tcp-flags} $${type} $${pkt-srcaddr} $${pkt-dstaddr} $${region} $${az-id} $${sublocation-type} $${sublocation-id} $${pkt-src-aws-service} $${pkt-dst-aws-service} $${flow-direction} $${traffic-path}"
  log_destination_type     = "cloud-watch-logs"

  log_destination = aws_cloudwatch_log_group.us_east_1__flowproof_123456789012_vpc_0a.arn
  iam_role_arn    = aws_iam_role.role_flowproof_delivery.arn
  tags = {
    team    = "net"
    Ünïcode = "a b"
  }
  depends_on = [aws_iam_role_policy.role_flowproof_delivery]
}

resource "aws_flow_log" "us_east_1_vpc_0b" {
  provider                 = aws.us_east_1
  vpc_id                   = "vpc-0b"
  traffic_type             = "ALL"
  max_aggregation_interval = 600
  log_format               = "$${version} $${account-id} $${interface-id} $${srcaddr} $${dstaddr} $${srcport} $${dstport} $${protocol} $${packets} $${bytes} $${start} $${end} $${action} $${log-status} $${vpc-id} $${subnet-id} $${instance-id} $${tcp-flags} $${type} $${pkt-srcaddr} $${pkt-dstaddr} $${region} $${az-id} $${sublocation-type} $${sublocation-id} $${pkt-src-aws-service} $${pkt-dst-aws-service} $${flow-direction} $${traffic-path}"
  log_destination_type     = "cloud-watch-logs"

  log_destination = aws_cloudwatch_log_group.us_east_1__flowproof_123456789012_vpc_0b.arn
  iam_role_arn    = aws_iam_role.role_flowproof_delivery.arn
  tags = {
    team    = "net"
    Ünïcode = "a b"
  }
  depends_on = [aws_iam_role_policy.role_flowproof_delivery]
}
