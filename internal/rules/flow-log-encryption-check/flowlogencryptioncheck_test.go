package flowlogencryptioncheck_test

import (
	"strings"
	"testing"

	"flowproof/internal/finding"
	"flowproof/internal/inventory"
	"flowproof/internal/rule"
	flowlogencryptioncheck "flowproof/internal/rules/flow-log-encryption-check"
)

func TestVerdicts(t *testing.T) {
	t.Parallel()
	const key, stream = "arn:aws:kms:eu-west-1:111122223333:key/k", "arn:aws:firehose:eu-west-1:111122223333:deliverystream/s"
	toGroup := inventory.FlowLog{ID: "fl-1", ResourceID: "vpc-1", Status: "ACTIVE", LogGroup: "g"}
	toBucket := inventory.FlowLog{ID: "fl-1", ResourceID: "vpc-1", Status: "ACTIVE", DestinationType: inventory.ToS3, Destination: "arn:aws:s3:::b"}
	toStream := inventory.FlowLog{ID: "fl-1", ResourceID: "vpc-1", Status: "ACTIVE", DestinationType: inventory.ToFirehose, Destination: stream}
	bucket := func(encryption, key string) inventory.Named {
		return inventory.Named{Buckets: []inventory.Bucket{{Name: "b", Owned: true, Encryption: encryption, KMSKey: key}}}
	}
	tests := []struct {
		name    string
		log     inventory.FlowLog
		named   inventory.Named
		gaps    []inventory.Gap
		outcome finding.Outcome
		message string
	}{
		{"a group with a key", toGroup, inventory.Named{LogGroups: []inventory.LogGroup{{Name: "g", KMSKey: key}}}, nil, finding.Pass, "the log group g is encrypted with " + key},
		{"a group without", toGroup, inventory.Named{LogGroups: []inventory.LogGroup{{Name: "g"}}}, nil, finding.Fail, "the log group g is not encrypted with a customer-managed key"},
		{"a group that is not there", toGroup, inventory.Named{}, nil, finding.Unknown, "comes with the first record"},
		{"a bucket with a key", toBucket, bucket("aws:kms", key), nil, finding.Pass, "the bucket b is encrypted"},
		{"a bucket with a key, twice", toBucket, bucket("aws:kms:dsse", key), nil, finding.Pass, "the bucket b is encrypted"},
		{"a bucket with S3's own keys", toBucket, bucket("AES256", ""), nil, finding.Fail, "the bucket b is not"},
		{"a bucket with the key that AWS manages", toBucket, bucket("aws:kms", ""), nil, finding.Fail, "the bucket b is not"},
		{"the same by its alias", toBucket, bucket("aws:kms", "arn:aws:kms:eu-west-1:111122223333:alias/aws/s3"), nil, finding.Fail, "the bucket b is not"},
		{"a bucket of another account", toBucket, inventory.Named{Buckets: []inventory.Bucket{{Name: "b"}}}, nil, finding.Unknown, "only its owner can say"},
		{"encryption unread", toBucket, bucket("", ""), []inventory.Gap{{Kind: inventory.Destinations, API: "s3:GetBucketEncryption", Cause: inventory.Denied, Message: "no", Resource: "b"}}, finding.Unknown, "s3:GetBucketEncryption denied"},
		{"a stream with a key", toStream, inventory.Named{Streams: []inventory.Stream{{Name: "s", ARN: stream, KMSKey: key}}}, nil, finding.Pass, "the stream s is encrypted"},
		{"a place that came later", inventory.FlowLog{ID: "fl-1", ResourceID: "vpc-1", Status: "ACTIVE", DestinationType: "tape"}, inventory.Named{}, nil, finding.Unknown, "type tape"},
		{"not active", inventory.FlowLog{ID: "fl-1", ResourceID: "vpc-1", LogGroup: "g"}, inventory.Named{}, nil, finding.NotApplicable, "not ACTIVE"},
		{"a stream without", toStream, inventory.Named{Streams: []inventory.Stream{{Name: "s", ARN: stream}}}, nil, finding.Fail, "the stream s is not"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got := judge(tt.log, tt.named, tt.gaps, rule.Policy{Encryption: true})
			if got.Outcome != tt.outcome || !strings.Contains(got.Message, tt.message) {
				t.Errorf("%s: %q; want %s: %q", got.Outcome, got.Message, tt.outcome, tt.message)
			}
		})
	}
	if got := judge(toGroup, inventory.Named{}, nil, rule.DefaultPolicy()); got.Outcome != finding.NotApplicable {
		t.Errorf("with the policy off: %+v", got)
	}
}

func judge(l inventory.FlowLog, named inventory.Named, gaps []inventory.Gap, policy rule.Policy) finding.Finding {
	inv := inventory.Inventory{
		Target: inventory.Target{Scope: inventory.Scope{Partition: "aws", Account: "111122223333", Region: "eu-west-1"}, Gaps: gaps},
		Kinds:  []inventory.Kind{inventory.FlowLogs, inventory.Destinations}, FlowLogs: []inventory.FlowLog{l}, Named: named,
	}
	inv.Normalize()
	inv.Named.Asked = inv.ReferredTo()
	return rule.Judge([]rule.Rule{flowlogencryptioncheck.Rule()}, &inv, policy)[0]
}
