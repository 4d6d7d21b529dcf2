package flowlogdestinationcheck_test

import (
	"strings"
	"testing"

	"flowproof/internal/finding"
	"flowproof/internal/inventory"
	"flowproof/internal/rule"
	flowlogdestinationcheck "flowproof/internal/rules/flow-log-destination-check"
)

const (
	account = "111122223333"
	stream  = "arn:aws:firehose:eu-west-1:111122223333:deliverystream/s"
	roleARN = "arn:aws:iam::111122223333:role/path/r"
)

func role(policy string) inventory.Role {
	return inventory.Role{Name: "r", ARN: roleARN, Inline: []inventory.RolePolicy{{Name: "p", Document: policy}}}
}

func allowing(action, resource string) string {
	return `{"Statement":{"Effect":"Allow","Action":"` + action + `","Resource":"` + resource + `"}}`
}

func TestVerdicts(t *testing.T) {
	t.Parallel()
	toGroup := inventory.FlowLog{ID: "fl-1", ResourceID: "vpc-1", Status: "ACTIVE", LogGroup: "g", Role: roleARN}
	toBucket := inventory.FlowLog{ID: "fl-1", ResourceID: "vpc-1", Status: "ACTIVE", DestinationType: inventory.ToS3, Destination: "arn:aws:s3:::b/p"}
	toStream := inventory.FlowLog{ID: "fl-1", ResourceID: "vpc-1", Status: "ACTIVE", DestinationType: inventory.ToFirehose, Destination: stream}
	with := func(l inventory.FlowLog, change func(*inventory.FlowLog)) inventory.FlowLog {
		change(&l)
		return l
	}
	group := func(class string) inventory.Named {
		return inventory.Named{LogGroups: []inventory.LogGroup{{Name: "g", Class: class}}}
	}
	roles := func(list ...inventory.Role) inventory.Named { return inventory.Named{Roles: list} }
	deny := func(kind inventory.Kind, resource, api string) inventory.Gap {
		return inventory.Gap{Kind: kind, API: api, Cause: inventory.Denied, Message: "no", Resource: resource}
	}
	tests := []struct {
		name    string
		log     inventory.FlowLog
		named   inventory.Named
		gaps    []inventory.Gap
		types   []string
		outcome finding.Outcome
		message string
	}{
		{"a group that is there", toGroup, group("STANDARD"), nil, nil, finding.Pass, "its log group g is there"},
		{"a group that is there, the role unread", toGroup, group(""), []inventory.Gap{deny(inventory.DeliveryRoles, "r", "iam:GetRole")}, nil, finding.Pass, "is there"},
		{"a group of class ESSENTIALS", toGroup, group("ESSENTIALS"), nil, nil, finding.Unknown, "of class ESSENTIALS: whether flow logs are delivered there is not known"},
		{"a group of a class of another year", toGroup, group("GLACIAL"), nil, nil, finding.Unknown, "of class GLACIAL"},
		{"a group of class INFREQUENT_ACCESS", toGroup, group("INFREQUENT_ACCESS"), nil, nil, finding.Pass, "is there"},
		{"a group of class DELIVERY", toGroup, group("DELIVERY"), nil, nil, finding.Fail, "class DELIVERY"},
		{"a group gone, and the role may make it", toGroup, roles(role(allowing("logs:*", "*"))), nil, nil, finding.Unknown, "comes with the first record, as its role may make it"},
		{"a group gone, and the role may make another", toGroup, roles(role(allowing("logs:CreateLogGroup", "arn:aws:logs:*:*:log-group:other:*"))), nil, nil, finding.Fail, "the log group g is gone, and the role r may not make it"},
		{"a group gone, and the role may on a condition", toGroup, roles(role(`{"Statement":{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"StringEquals":{"aws:PrincipalOrgID":"o-1"}}}}`)), nil, nil, finding.Unknown, "comes with the first record"},
		{"a group gone, and the role too", toGroup, inventory.Named{}, nil, nil, finding.Fail, "gone, and so is the role r"},
		{"a group gone, and the role unread", toGroup, inventory.Named{}, []inventory.Gap{deny(inventory.DeliveryRoles, "r", "iam:GetRole")}, nil, finding.Unknown, "r could not be read: iam:GetRole denied"},
		{"a group gone, and the role elsewhere", with(toGroup, func(l *inventory.FlowLog) { l.Role = "arn:aws:iam::444455556666:role/r" }), inventory.Named{}, nil, nil, finding.Unknown, "cannot be seen from here"},
		{"a group unread", toGroup, inventory.Named{}, []inventory.Gap{deny(inventory.Destinations, "g", "logs:DescribeLogGroups")}, nil, finding.Unknown, "g could not be read"},
		{"another group unread", toGroup, group(""), []inventory.Gap{deny(inventory.Destinations, "h", "logs:DescribeLogGroups")}, nil, finding.Pass, "is there"},
		{"no group named", with(toGroup, func(l *inventory.FlowLog) { l.LogGroup = "" }), inventory.Named{}, nil, nil, finding.Unknown, "does not state which log group"},
		{"a bucket that is there", toBucket, inventory.Named{Buckets: []inventory.Bucket{{Name: "b", Owned: true}}}, nil, nil, finding.Pass, "its bucket b is there"},
		{"a bucket of another account", toBucket, inventory.Named{Buckets: []inventory.Bucket{{Name: "b"}}}, nil, nil, finding.Pass, "belongs to another account"},
		{"a bucket gone", toBucket, inventory.Named{}, nil, nil, finding.Fail, "the bucket b is gone"},
		{"a bucket gone, and its log failing", with(toBucket, func(l *inventory.FlowLog) { l.DeliveryStatus = "FAILED" }), inventory.Named{}, nil, nil, finding.Fail, "the bucket b is gone"},
		{"a bucket unread", toBucket, inventory.Named{}, []inventory.Gap{deny(inventory.Destinations, "b", "s3:HeadBucket")}, nil, finding.Unknown, "b could not be read"},
		{"a bucket there, its policy unread", toBucket, inventory.Named{Buckets: []inventory.Bucket{{Name: "b", Owned: true}}}, []inventory.Gap{deny(inventory.Destinations, "b", "s3:GetBucketPolicy")}, nil, finding.Pass, "is there"},
		{"a stream that is there", toStream, inventory.Named{Streams: []inventory.Stream{{Name: "s", ARN: stream, Status: "ACTIVE", Source: "DirectPut"}}}, nil, nil, finding.Pass, "its stream s is there"},
		{"a stream of another source", toStream, inventory.Named{Streams: []inventory.Stream{{Name: "s", ARN: stream, Status: "ACTIVE", Source: "KinesisStreamAsSource"}}}, nil, nil, finding.Fail, "takes records of KinesisStreamAsSource only"},
		{"a stream being deleted", toStream, inventory.Named{Streams: []inventory.Stream{{Name: "s", ARN: stream, Status: "DELETING", Source: "DirectPut"}}}, nil, nil, finding.Fail, "is DELETING"},
		{"a stream gone", toStream, inventory.Named{}, nil, nil, finding.Fail, "is gone"},
		{"a stream elsewhere", with(toStream, func(l *inventory.FlowLog) { l.Destination = strings.Replace(stream, account, "444455556666", 1) }), inventory.Named{}, nil, nil, finding.Unknown, "of another account or Region"},
		{"not active", with(toBucket, func(l *inventory.FlowLog) { l.Status = "" }), inventory.Named{}, nil, nil, finding.NotApplicable, "not ACTIVE"},
		{"a type that is not allowed", toGroup, group(""), nil, []string{inventory.ToS3}, finding.Fail, "delivers to cloud-watch-logs, which the policy does not allow"},
		{"a type that is allowed", toGroup, group(""), nil, []string{inventory.ToCloudWatchLogs}, finding.Pass, "is there"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			inv := inventory.Inventory{
				Target: inventory.Target{Scope: inventory.Scope{Partition: "aws", Account: account, Region: "eu-west-1"}, Gaps: tt.gaps},
				Kinds:  []inventory.Kind{inventory.FlowLogs, inventory.Destinations, inventory.DeliveryRoles}, FlowLogs: []inventory.FlowLog{tt.log}, Named: tt.named,
			}
			inv.Normalize()
			inv.Named.Asked = inv.ReferredTo()
			got := rule.Judge([]rule.Rule{flowlogdestinationcheck.Rule()}, &inv, rule.Policy{DestinationTypes: tt.types})
			if len(got) != 1 || got[0].Outcome != tt.outcome || !strings.Contains(got[0].Message, tt.message) {
				t.Fatalf("%+v; want one that is %s: %q", got, tt.outcome, tt.message)
			}
			if hasGap := strings.Contains(tt.message, "could not be read"); hasGap != (len(got[0].Gaps) > 0) {
				t.Errorf("gaps %v of %q", got[0].Gaps, got[0].Message)
			}
		})
	}
}
