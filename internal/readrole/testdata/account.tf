# The role that flowproof assumes to read an account. Apply it in every account, the management
# account too unless flowproof runs with credentials of it; then try the way in: flowproof accounts

terraform {
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.0"
    }
  }
}

resource "aws_iam_role" "flowproof_read" {
  name                 = "flowproof-read"
  path                 = "/"
  description          = "Lets flowproof read the VPCs and flow logs of this account. It changes nothing."
  max_session_duration = 3600
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid    = "FlowproofCaller"
      Effect = "Allow"
      Principal = {
        AWS = ["arn:aws:iam::111111111111:root", "arn:aws:iam::222222222222:root", "arn:aws:iam::333333333333:root"]
      }
      Action = "sts:AssumeRole"
      Condition = {
        StringEquals = {
          "aws:PrincipalOrgID" = "o-a1b2c3d4e5"
        }
        ArnLike = {
          "aws:PrincipalArn" = ["arn:aws:iam::111111111111:*", "arn:aws:iam::222222222222:*", "arn:aws:iam::333333333333:role/path/scanner"]
        }
      }
    }]
  })
}

resource "aws_iam_role_policy" "flowproof_read" {
  name = "flowproof-read"
  role = aws_iam_role.flowproof_read.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid      = "FlowproofRead"
      Effect   = "Allow"
      Action   = ["ec2:DescribeFlowLogs", "ec2:DescribeVpcs"]
      Resource = "*"
    }]
  })
}
