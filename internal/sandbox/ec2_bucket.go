package sandbox

import (
	"encoding/json"
	"strings"
)

// bucketService is the principal that delivers flow logs to S3 (VPC user guide, "Amazon S3
// bucket permissions for flow logs").
const bucketService = "delivery.logs.amazonaws.com"

// refuseBucket answers for the bucket of a flow log. Where its policy does not let log delivery
// write, EC2 attaches what is missing if the bucket is the caller's, and refuses otherwise.
func (c *call) refuseBucket(model *flowLog) *apiError {
	defer c.lockBuckets()()
	name, _, _ := bucketFromARN(model.destination.arn)
	b := c.server.buckets.byName[name]
	switch {
	case b == nil:
		return badRequest("400", "LogDestination: "+name+" does not exist")
	case b.refuses, b.owner != c.account.id && !c.bucketPermits(b, model):
		return badRequest("400", "Access Denied for LogDestination: "+name+". Please check LogDestination permission")
	case len(c.attached(b, model)) > maxBucketPolicy:
		return badRequest("LogDestinationPermissionIssue", "The bucket policy of "+name+" would be larger than 20 KB.")
	}
	return nil
}

// deliveryResource is the ARN under which a flow log puts its objects, up to the account.
func (c *call) deliveryResource(model *flowLog) string {
	arn := strings.TrimSuffix(model.destination.arn, "/") + "/AWSLogs/"
	if model.file.hive {
		arn += "aws-account-id="
	}
	return arn + c.account.id
}

// bucketPermits says whether the bucket's policy lets log delivery look and write on behalf
// of this account and Region.
func (c *call) bucketPermits(b *bucket, model *flowLog) bool {
	keys := map[string]string{
		"aws:SourceAccount": c.account.id,
		"aws:SourceArn":     "arn:" + c.account.partition + ":logs:" + c.region.name + ":" + c.account.id + ":delivery",
	}
	bucketARN := "arn:" + c.account.partition + ":s3:::" + b.name
	look := request{action: "s3:GetBucketAcl", resource: bucketARN, service: bucketService, keys: keys}
	put := request{action: "s3:PutObject", resource: c.deliveryResource(model) + "/vpcflowlogs", service: bucketService, keys: map[string]string{
		"s3:x-amz-acl": "bucket-owner-full-control",
	}}
	for k, v := range keys {
		put.keys[k] = v
	}
	return permits([]string{b.policy}, look) && permits([]string{b.policy}, put)
}

// attachBucketPolicy does what EC2 does to the bucket of a new flow log that the caller owns:
// nothing where its policy is enough, else it adds what is missing. The knob makes it put its
// own policy in the place of what is there.
func (c *call) attachBucketPolicy(model *flowLog) {
	if model.destination.kind != destS3 {
		return
	}
	defer c.lockBuckets()()
	name, _, _ := bucketFromARN(model.destination.arn)
	if b := c.server.buckets.byName[name]; b != nil && b.owner == c.account.id {
		b.policy = c.attached(b, model)
	}
}

// attached is the policy of a bucket after EC2 has seen to it.
func (c *call) attached(b *bucket, model *flowLog) string {
	overwrite := c.server.scenario.Writes.OverwriteBucketPolicy && b.owner == c.account.id
	if !overwrite && (c.bucketPermits(b, model) || b.owner != c.account.id) {
		return b.policy
	}
	p := map[string]any{}
	var statements []any
	if !overwrite && b.policy != "" && json.Unmarshal([]byte(b.policy), &p) == nil {
		if list, ok := p["Statement"].([]any); ok {
			statements = list
		} else {
			statements = []any{p["Statement"]}
		}
	}
	if p["Version"] == nil {
		p["Version"] = "2012-10-17"
	}
	if overwrite || p["Id"] == nil {
		p["Id"] = "AWSLogDeliveryWrite20150319"
	}
	p["Statement"] = append(statements, c.deliveryStatements(b, model)...)
	text, err := json.Marshal(p)
	if err != nil {
		return b.policy
	}
	return string(text)
}

func (c *call) deliveryStatements(b *bucket, model *flowLog) []any {
	source := map[string]any{"aws:SourceArn": []string{"arn:" + c.account.partition + ":logs:" + c.region.name + ":" + c.account.id + ":*"}}
	return []any{
		map[string]any{
			"Sid": "AWSLogDeliveryWrite1", "Effect": "Allow", "Principal": map[string]string{"Service": bucketService},
			"Action": "s3:PutObject", "Resource": c.deliveryResource(model) + "/*",
			"Condition": map[string]any{
				"StringEquals": map[string]any{"aws:SourceAccount": []string{c.account.id}, "s3:x-amz-acl": "bucket-owner-full-control"},
				"ArnLike":      source,
			},
		},
		map[string]any{
			"Sid": "AWSLogDeliveryAclCheck1", "Effect": "Allow", "Principal": map[string]string{"Service": bucketService},
			"Action": "s3:GetBucketAcl", "Resource": "arn:" + c.account.partition + ":s3:::" + b.name,
			"Condition": map[string]any{"StringEquals": map[string]any{"aws:SourceAccount": []string{c.account.id}}, "ArnLike": source},
		},
	}
}
