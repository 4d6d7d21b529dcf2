# flowproof plan d52a3f34 for account 123456789012.
# 4 steps in 3 calls, 3 flow logs among them; 1 change to what flowproof did
#   not make.
# Wanted: ALL traffic every 600 seconds, to arn:aws:s3:::central/flow/logs
#   as parquet, Hive partitions.

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

provider "aws" {
  alias               = "us_west_2"
  region              = "us-west-2"
  allowed_account_ids = ["123456789012"]
}

# This takes over the whole policy of the bucket: what it says now, and what delivery needs.

resource "aws_s3_bucket_policy" "bucket_central" {
  provider = aws.us_west_2
  bucket   = "central"
  policy = jsonencode({
    Version = "2012-10-17"
    Id      = "keep"
    Statement = [
      {
        Sid       = "Theirs"
        Effect    = "Deny"
        Principal = "*"
        Action    = "s3:*"
        Resource  = "*"
        Condition = {
          Bool = {
            "aws:SecureTransport" = "false"
          }
        }
      },
      {
        Sid    = "FlowproofWritec5b4bf3a"
        Effect = "Allow"
        Principal = {
          Service = "delivery.logs.amazonaws.com"
        }
        Action   = ["s3:PutObject"]
        Resource = ["arn:aws:s3:::central/flow/logs/AWSLogs/aws-account-id=123456789012/*"]
        Condition = {
          ArnLike = {
            "aws:SourceArn" = "arn:aws:logs:*:123456789012:*"
          }
          StringEquals = {
            "aws:SourceAccount" = "123456789012"
            "s3:x-amz-acl"      = "bucket-owner-full-control"
          }
        }
      },
      {
        Sid    = "FlowproofCheckc5b4bf3a"
        Effect = "Allow"
        Principal = {
          Service = "delivery.logs.amazonaws.com"
        }
        Action = [
          "s3:GetBucketAcl",
          "s3:ListBucket",
        ]
        Resource = ["arn:aws:s3:::central"]
        Condition = {
          ArnLike = {
            "aws:SourceArn" = "arn:aws:logs:*:123456789012:*"
          }
          StringEquals = {
            "aws:SourceAccount" = "123456789012"
          }
        }
      },
    ]
  })
}

resource "aws_flow_log" "eu_west_1_vpc_0c" {
  provider                 = aws.eu_west_1
  vpc_id                   = "vpc-0c"
  traffic_type             = "ALL"
  max_aggregation_interval = 600
  log_destination_type     = "s3"

  log_destination = "arn:aws:s3:::central/flow/logs"
  destination_options {
    file_format                = "parquet"
    hive_compatible_partitions = true
    per_hour_partition         = false
  }
  depends_on = [aws_s3_bucket_policy.bucket_central]
}

resource "aws_flow_log" "us_east_1_vpc_0a" {
  provider                 = aws.us_east_1
  vpc_id                   = "vpc-0a"
  traffic_type             = "ALL"
  max_aggregation_interval = 600
  log_destination_type     = "s3"

  log_destination = "arn:aws:s3:::central/flow/logs"
  destination_options {
    file_format                = "parquet"
    hive_compatible_partitions = true
    per_hour_partition         = false
  }
  depends_on = [aws_s3_bucket_policy.bucket_central]
}

resource "aws_flow_log" "us_east_1_vpc_0b" {
  provider                 = aws.us_east_1
  vpc_id                   = "vpc-0b"
  traffic_type             = "ALL"
  max_aggregation_interval = 600
  log_destination_type     = "s3"

  log_destination = "arn:aws:s3:::central/flow/logs"
  destination_options {
    file_format                = "parquet"
    hive_compatible_partitions = true
    per_hour_partition         = false
  }
  depends_on = [aws_s3_bucket_policy.bucket_central]
}
