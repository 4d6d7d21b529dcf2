package conformance

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"
)

func gatewayFlow() flow {
	gateways := func(in ec2.DescribeTransitGatewaysInput) caller {
		return ec2Call((*ec2.Client).DescribeTransitGateways, in)
	}
	attachments := func(in ec2.DescribeTransitGatewayAttachmentsInput) caller {
		return ec2Call((*ec2.Client).DescribeTransitGatewayAttachments, in)
	}
	gateway := []string{
		"TransitGateways.0.TransitGatewayId", "TransitGateways.0.OwnerId", "TransitGateways.0.State", "TransitGateways.0.Tags", "TransitGateways.1",
	}
	attachment := []string{
		"TransitGatewayAttachments.0.TransitGatewayAttachmentId", "TransitGatewayAttachments.0.TransitGatewayId", "TransitGatewayAttachments.0.ResourceType",
		"TransitGatewayAttachments.0.ResourceId", "TransitGatewayAttachments.0.ResourceOwnerId", "TransitGatewayAttachments.0.State", "TransitGatewayAttachments.1",
	}
	return flow{name: "a transit gateway and a VPC on it", steps: []step{
		{name: "none yet", call: gateways(ec2.DescribeTransitGatewaysInput{})},
		{name: "create", call: ec2Call((*ec2.Client).CreateTransitGateway, ec2.CreateTransitGatewayInput{
			TagSpecifications: tagsOn(types.ResourceTypeTransitGateway, "Name", "core")}),
			keep: map[string]string{"tgw": "TransitGateway.TransitGatewayId"}, only: []string{"TransitGateway.TransitGatewayId", "TransitGateway.OwnerId"}},
		{name: "describe it", call: gateways(ec2.DescribeTransitGatewaysInput{TransitGatewayIds: []string{"{{tgw}}"}}), only: gateway},
		{name: "from another Region", region: "sa-east-1", call: gateways(ec2.DescribeTransitGatewaysInput{})},
		{name: "a VPC", call: newVPC("10.1.0.0/16", ""), keep: map[string]string{"vpc": "Vpc.VpcId"}},
		{name: "a subnet", call: newSubnet("{{vpc}}", "10.1.1.0/24"), keep: map[string]string{"subnet": "Subnet.SubnetId"}},
		{name: "attach", call: ec2Call((*ec2.Client).CreateTransitGatewayVpcAttachment, ec2.CreateTransitGatewayVpcAttachmentInput{
			TransitGatewayId: aws.String("{{tgw}}"), VpcId: aws.String("{{vpc}}"), SubnetIds: []string{"{{subnet}}"}}),
			keep: map[string]string{"attachment": "TransitGatewayVpcAttachment.TransitGatewayAttachmentId"},
			only: []string{"TransitGatewayVpcAttachment.TransitGatewayId", "TransitGatewayVpcAttachment.VpcId"}},
		{name: "describe the attachment", call: attachments(ec2.DescribeTransitGatewayAttachmentsInput{}), only: attachment},
		{name: "describe it by the gateway", call: attachments(ec2.DescribeTransitGatewayAttachmentsInput{
			Filters: filter("transit-gateway-id", "{{tgw}}")}), only: attachment},
		{name: "attach a VPC that there is not", call: ec2Call((*ec2.Client).CreateTransitGatewayVpcAttachment, ec2.CreateTransitGatewayVpcAttachmentInput{
			TransitGatewayId: aws.String("{{tgw}}"), VpcId: aws.String(noVPC), SubnetIds: []string{noSubnet}})},
	}}
}

func natFlow() flow {
	nats := ec2Call((*ec2.Client).DescribeNatGateways, ec2.DescribeNatGatewaysInput{})
	return flow{name: "a NAT gateway", steps: []step{
		{name: "none yet", call: nats},
		{name: "a VPC", call: newVPC("10.1.0.0/16", ""), keep: map[string]string{"vpc": "Vpc.VpcId"}},
		{name: "a subnet", call: newSubnet("{{vpc}}", "10.1.1.0/24"), keep: map[string]string{"subnet": "Subnet.SubnetId"}},
		{name: "create", call: ec2Call((*ec2.Client).CreateNatGateway, ec2.CreateNatGatewayInput{
			SubnetId: aws.String("{{subnet}}"), ConnectivityType: types.ConnectivityTypePrivate}),
			keep: map[string]string{"nat": "NatGateway.NatGatewayId"}, only: []string{"NatGateway.NatGatewayId", "NatGateway.SubnetId", "NatGateway.VpcId"}},
		{name: "describe it", call: nats, only: []string{"NatGateways.0.NatGatewayId", "NatGateways.0.VpcId", "NatGateways.0.SubnetId", "NatGateways.0.State", "NatGateways.1"}},
		{name: "in no subnet", call: ec2Call((*ec2.Client).CreateNatGateway, ec2.CreateNatGatewayInput{
			SubnetId: aws.String(noSubnet), ConnectivityType: types.ConnectivityTypePrivate})},
	}}
}

func bucketSettingsFlow() flow {
	bucket := aws.String("evidence-settings")
	encryption := s3Call((*s3.Client).GetBucketEncryption, s3.GetBucketEncryptionInput{Bucket: bucket})
	lifecycle := s3Call((*s3.Client).GetBucketLifecycleConfiguration, s3.GetBucketLifecycleConfigurationInput{Bucket: bucket})
	block := s3Call((*s3.Client).GetPublicAccessBlock, s3.GetPublicAccessBlockInput{Bucket: bucket})
	status := s3Call((*s3.Client).GetBucketPolicyStatus, s3.GetBucketPolicyStatusInput{Bucket: bucket})
	policy := func(principal string) caller {
		return s3Call((*s3.Client).PutBucketPolicy, s3.PutBucketPolicyInput{Bucket: bucket, Policy: aws.String(
			`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":` + principal + `,"Action":"s3:GetObject","Resource":"arn:aws:s3:::evidence-settings/*"}]}`)})
	}
	return flow{name: "the settings of a bucket", buckets: []string{*bucket}, steps: []step{
		{name: "its list", call: s3Call((*s3.Client).GetBucketAcl, s3.GetBucketAclInput{Bucket: bucket}), only: []string{"Grants.0.Permission", "Grants.1"}},
		{name: "no lifecycle", call: lifecycle},
		{name: "put a lifecycle", call: s3Call((*s3.Client).PutBucketLifecycleConfiguration, s3.PutBucketLifecycleConfigurationInput{Bucket: bucket,
			LifecycleConfiguration: &s3types.BucketLifecycleConfiguration{Rules: []s3types.LifecycleRule{{
				ID: aws.String("a"), Status: s3types.ExpirationStatusEnabled, Filter: &s3types.LifecycleRuleFilter{Prefix: aws.String("AWSLogs/")},
				Expiration: &s3types.LifecycleExpiration{Days: aws.Int32(400)}}}}})},
		{name: "get it", call: lifecycle},
		{name: "encrypt with a key", call: s3Call((*s3.Client).PutBucketEncryption, s3.PutBucketEncryptionInput{Bucket: bucket,
			ServerSideEncryptionConfiguration: &s3types.ServerSideEncryptionConfiguration{Rules: []s3types.ServerSideEncryptionRule{{
				ApplyServerSideEncryptionByDefault: &s3types.ServerSideEncryptionByDefault{
					SSEAlgorithm: s3types.ServerSideEncryptionAwsKms, KMSMasterKeyID: aws.String("arn:aws:kms:us-east-1:123456789012:key/k")}}}}})},
		{name: "get the key", call: encryption, only: []string{
			"ServerSideEncryptionConfiguration.Rules.0.ApplyServerSideEncryptionByDefault", "ServerSideEncryptionConfiguration.Rules.1"}},
		{name: "unblock public access", call: s3Call((*s3.Client).DeletePublicAccessBlock, s3.DeletePublicAccessBlockInput{Bucket: bucket})},
		{name: "no block", call: block},
		{name: "block it", call: s3Call((*s3.Client).PutPublicAccessBlock, s3.PutPublicAccessBlockInput{Bucket: bucket,
			PublicAccessBlockConfiguration: &s3types.PublicAccessBlockConfiguration{
				BlockPublicAcls: aws.Bool(true), IgnorePublicAcls: aws.Bool(true), BlockPublicPolicy: aws.Bool(false), RestrictPublicBuckets: aws.Bool(true)}})},
		{name: "get the block", call: block},
		{name: "no policy, no status", call: status},
		{name: "let everybody read", call: policy(`"*"`)},
		{name: "public", call: status},
		{name: "let a service read", call: policy(`{"Service":"delivery.logs.amazonaws.com"}`)},
		{name: "not public", call: status},
	}}
}
