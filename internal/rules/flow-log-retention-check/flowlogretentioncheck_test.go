package flowlogretentioncheck_test

import (
	"strings"
	"testing"

	"flowproof/internal/finding"
	"flowproof/internal/inventory"
	"flowproof/internal/rule"
	flowlogretentioncheck "flowproof/internal/rules/flow-log-retention-check"
)

func TestVerdicts(t *testing.T) {
	t.Parallel()
	toGroup := inventory.FlowLog{ID: "fl-1", ResourceID: "vpc-1", Status: "ACTIVE", LogGroup: "g"}
	toBucket := inventory.FlowLog{ID: "fl-1", ResourceID: "vpc-1", Status: "ACTIVE", DestinationType: inventory.ToS3, Destination: "arn:aws:s3:::b/flows/"}
	toStream := inventory.FlowLog{ID: "fl-1", ResourceID: "vpc-1", Status: "ACTIVE", DestinationType: inventory.ToFirehose, Destination: "arn:aws:firehose:eu-west-1:1:deliverystream/s"}
	off := toGroup
	off.Status = ""
	group := func(days int32, class string) inventory.Named {
		return inventory.Named{LogGroups: []inventory.LogGroup{{Name: "g", RetentionDays: days, Class: class}}}
	}
	governed := func(days int32) inventory.Named {
		return inventory.Named{LogGroups: []inventory.LogGroup{{Name: "g", RetentionDays: days, RetentionPolicy: "p"}}}
	}
	bucket := func(owned bool, expiry ...inventory.Expiry) inventory.Named {
		return inventory.Named{Buckets: []inventory.Bucket{{Name: "b", Owned: owned, Expiry: expiry}}}
	}
	denied := []inventory.Gap{{Kind: inventory.Destinations, API: "s3:GetBucketLifecycleConfiguration", Cause: inventory.Denied, Message: "no", Resource: "b"}}
	tests := []struct {
		name    string
		log     inventory.FlowLog
		named   inventory.Named
		gaps    []inventory.Gap
		outcome finding.Outcome
		message string
	}{
		{"a group that keeps enough", toGroup, group(365, ""), nil, finding.Pass, "keeps records for 365 days"},
		{"a group that keeps more", toGroup, group(3653, ""), nil, finding.Pass, "keeps records for 3653 days"},
		{"a group that keeps for ever", toGroup, group(0, ""), nil, finding.Pass, "for ever"},
		{"a group that keeps too little", toGroup, group(180, ""), nil, finding.Fail, "the log group g keeps records for 180 days; required are 365"},
		{"a group that the account's policy decides about, for too little", toGroup, governed(90), nil, finding.Fail, "keeps records for 90 days, as the account's retention policy p has it; required are 365"},
		{"a group that the account's policy decides about, for enough", toGroup, governed(400), nil, finding.Pass, "keeps records for 400 days, as the account's retention policy p has it"},
		{"a group that the account's policy keeps for ever", toGroup, governed(0), nil, finding.Pass, "for ever, as the account's retention policy p has it"},
		{"a group of class DELIVERY", toGroup, group(0, "DELIVERY"), nil, finding.Fail, "class DELIVERY"},
		{"a group that is not there", toGroup, inventory.Named{}, nil, finding.Unknown, "comes with the first record"},
		{"a bucket without a lifecycle", toBucket, bucket(true), nil, finding.Pass, "no rule of the lifecycle of bucket b deletes records"},
		{"a bucket that deletes all too soon", toBucket, bucket(true, inventory.Expiry{Days: 30}), nil, finding.Fail, "deletes records after 30 days; required are 365"},
		{"a bucket that deletes late", toBucket, bucket(true, inventory.Expiry{Days: 400}), nil, finding.Pass, "keeps records for 400 days"},
		{"a rule about another prefix", toBucket, bucket(true, inventory.Expiry{Prefix: "other/", Days: 1}), nil, finding.Pass, "no rule"},
		{"a rule about the prefix", toBucket, bucket(true, inventory.Expiry{Prefix: "flows/AWSLogs/", Days: 90}, inventory.Expiry{Days: 400}), nil, finding.Fail, "after 90 days"},
		{"a rule about part of the prefix", toBucket, bucket(true, inventory.Expiry{Prefix: "flows/AWSLogs/111122223333/vpcflowlogs/eu-west-1/2024/", Days: 7}), nil, finding.Fail, "after 7 days"},
		{"a rule about another account's part", toBucket, bucket(true, inventory.Expiry{Prefix: "flows/AWSLogs/444455556666/", Days: 7}), nil, finding.Pass, "no rule"},
		{"a rule about the Hive layout of another log", toBucket, bucket(true, inventory.Expiry{Prefix: "flows/AWSLogs/aws-account-id=111122223333/", Days: 7}), nil, finding.Pass, "no rule"},
		{"a rule about objects of some size", toBucket, bucket(true, inventory.Expiry{Days: 1, Part: true}), nil, finding.Unknown, "by size or at a date"},
		{"a rule with a date", toBucket, bucket(true, inventory.Expiry{}), nil, finding.Unknown, "by size or at a date"},
		{"a bucket of another account", toBucket, bucket(false), nil, finding.Unknown, "only its owner can say"},
		{"a lifecycle unread", toBucket, bucket(true), denied, finding.Unknown, "s3:GetBucketLifecycleConfiguration denied"},
		{"a place that came later", inventory.FlowLog{ID: "fl-1", ResourceID: "vpc-1", Status: "ACTIVE", DestinationType: "tape"}, inventory.Named{}, nil, finding.Unknown, "type tape"},
		{"a stream", toStream, inventory.Named{}, nil, finding.Unknown, "behind a stream"},
		{"not active", off, group(1, ""), nil, finding.NotApplicable, "not ACTIVE"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got := judge(tt.log, tt.named, tt.gaps, rule.DefaultPolicy())
			if got.Outcome != tt.outcome || !strings.Contains(got.Message, tt.message) {
				t.Errorf("%s: %q; want %s: %q", got.Outcome, got.Message, tt.outcome, tt.message)
			}
			if len(got.Gaps) != len(tt.gaps) {
				t.Errorf("gaps %v", got.Gaps)
			}
		})
	}
	if got := judge(toGroup, group(1, ""), nil, rule.Policy{}); got.Outcome != finding.NotApplicable {
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
	return rule.Judge([]rule.Rule{flowlogretentioncheck.Rule()}, &inv, policy)[0]
}
