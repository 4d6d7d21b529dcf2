# flowproof plan 0ca1b125 for account 123456789012.
# 3 steps in 2 calls, 3 flow logs among them.
# Wanted: ALL traffic every 600 seconds, to
#   arn:aws:firehose:{region}:{account}:deliverystream/s.

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

resource "aws_flow_log" "eu_west_1_vpc_0c" {
  provider                 = aws.eu_west_1
  vpc_id                   = "vpc-0c"
  traffic_type             = "ALL"
  max_aggregation_interval = 600
  log_destination_type     = "kinesis-data-firehose"

  log_destination = "arn:aws:firehose:eu-west-1:123456789012:deliverystream/s"
}

resource "aws_flow_log" "us_east_1_vpc_0a" {
  provider                 = aws.us_east_1
  vpc_id                   = "vpc-0a"
  traffic_type             = "ALL"
  max_aggregation_interval = 600
  log_destination_type     = "kinesis-data-firehose"

  log_destination = "arn:aws:firehose:us-east-1:123456789012:deliverystream/s"
}

resource "aws_flow_log" "us_east_1_vpc_0b" {
  provider                 = aws.us_east_1
  vpc_id                   = "vpc-0b"
  traffic_type             = "ALL"
  max_aggregation_interval = 600
  log_destination_type     = "kinesis-data-firehose"

  log_destination = "arn:aws:firehose:us-east-1:123456789012:deliverystream/s"
}
