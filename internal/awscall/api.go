package awscall

import (
	"errors"

	"github.com/aws/smithy-go"
)

// prefixes are the names that IAM has for services, by the SDK's own (Service authorization reference).
var prefixes = map[string]string{
	"EC2": "ec2", "IAM": "iam", "S3": "s3", "STS": "sts", "CloudWatch Logs": "logs", "CloudWatch": "cloudwatch",
	"Firehose": "firehose", "Organizations": "organizations", "Account": "account",
}

// API names the call that failed, such as ec2:DescribeVpcs; otherwise stands for an error of another kind.
func API(err error, otherwise string) string {
	var failed *smithy.OperationError
	if errors.As(err, &failed) && prefixes[failed.Service()] != "" {
		return prefixes[failed.Service()] + ":" + failed.Operation()
	}
	return otherwise
}
