package rule_test

import (
	"slices"
	"strings"
	"testing"

	"flowproof/internal/inventory"
	"flowproof/internal/rule"
)

func TestDeliveryError_where_nothing_else_was_read(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, status, message, want string }{
		{"no access", "FAILED", "Access error", "Access error (usually the delivery role is gone, does not trust vpc-flow-logs.amazonaws.com, or may not write to the log group)"},
		{"throttled", "FAILED", "Rate limited", "Rate limited (throttled by the destination: CloudWatch Logs is throttling, or the account has reached its number of log groups)"},
		{"unknown", "FAILED", "Unknown error", "Unknown error (an error inside AWS: if it stays, create the flow log anew or ask AWS Support; look at the delivery role, its trust and permissions, and the log group g with its key)"},
		{"another year's", "FAILED", "Out of paper", "Out of paper (a message that is not known here; look at the delivery role, its trust and permissions, and the log group g with its key)"},
		{"none", "FAILED", "", "FAILED (AWS gives no reason; look at the delivery role, its trust and permissions, and the log group g with its key)"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			inv := scope(func(*inventory.Inventory) {})
			p := rule.Pass{Inventory: inv}
			l := inventory.FlowLog{DeliveryStatus: tt.status, DeliveryError: tt.message, DestinationType: inventory.ToCloudWatchLogs, LogGroup: "g"}
			if got := p.DeliveryError(l); got != tt.want {
				t.Errorf("%q, want %q", got, tt.want)
			}
		})
	}
}

// What a role may have.
const (
	trusting  = `{"Statement":{"Effect":"Allow","Principal":{"Service":"vpc-flow-logs.amazonaws.com"},"Action":"sts:AssumeRole"}}`
	mistrust  = `{"Statement":{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}}`
	anything  = `{"Statement":{"Effect":"Allow","Action":"logs:*","Resource":"*"}}`
	noSuffix  = `{"Statement":{"Effect":"Allow","Action":"logs:*","Resource":"arn:aws:logs:*:*:log-group:g"}}`
	otherOnes = `{"Statement":{"Effect":"Allow","Action":"logs:*","Resource":"arn:aws:logs:*:*:log-group:h:*"}}`
)

func TestDeliveryError_says_what_was_found(t *testing.T) {
	t.Parallel()
	const streamARN = "arn:aws:firehose:eu-west-1:111122223333:deliverystream/s"
	group := inventory.FlowLog{ID: "fl-1", DeliveryError: "Access error", LogGroup: "g", Role: "arn:aws:iam::111122223333:role/r"}
	bucket := inventory.FlowLog{ID: "fl-1", DeliveryStatus: "FAILED", DestinationType: inventory.ToS3, Destination: "arn:aws:s3:::b/p"}
	stream := inventory.FlowLog{ID: "fl-1", DeliveryStatus: "FAILED", DestinationType: inventory.ToFirehose, Destination: streamARN}
	throttled := group
	throttled.DeliveryError = "Rate limited"
	role := func(trust, policy string) []inventory.Role {
		return []inventory.Role{{Name: "r", ARN: group.Role, Trust: trust, Inline: []inventory.RolePolicy{{Name: "p", Document: policy}}}}
	}
	there := []inventory.LogGroup{{Name: "g"}}
	buckets := func(b inventory.Bucket) inventory.Named {
		b.Name = "b"
		return inventory.Named{Buckets: []inventory.Bucket{b}}
	}
	const lets = `{"Statement":{"Effect":"Allow","Principal":{"Service":"delivery.logs.amazonaws.com"},"Action":"s3:PutObject",
		"Resource":"arn:aws:s3:::b/p/AWSLogs/111122223333/*","Condition":{"StringEquals":{"aws:SourceAccount":"111122223333","s3:x-amz-acl":"bucket-owner-full-control"}}}}`
	denies := func(condition string) string {
		return strings.Replace(strings.Replace(lets, `{"Statement":`, `{"Statement":[`, 1), `}}}}`, `}}},{"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"*","Condition":`+condition+`}]}`, 1)
	}
	tests := []struct {
		name  string
		log   inventory.FlowLog
		named inventory.Named
		want  string
	}{
		{"the role gone", group, inventory.Named{LogGroups: there}, "Access error (the role r is gone)"},
		{"the role gone and the group too", group, inventory.Named{}, "Access error (the role r is gone; the log group g is gone, and so is the role r that would make it)"},
		{"the trust wrong", group, inventory.Named{LogGroups: there, Roles: role(mistrust, anything)}, "Access error (the role r does not trust vpc-flow-logs.amazonaws.com)"},
		{"permissions missing", group, inventory.Named{LogGroups: there, Roles: role(trusting, otherOnes)}, "Access error (the role r may not write to the log group g)"},
		{"the suffix missing", group, inventory.Named{LogGroups: there, Roles: role(trusting, noSuffix)}, "Access error (the role r may not write to the log group g, as its policy names the group without :*)"},
		{"trust and permissions", group, inventory.Named{LogGroups: there, Roles: role(mistrust, otherOnes)}, "Access error (the role r does not trust vpc-flow-logs.amazonaws.com; the role r may not write to the log group g)"},
		{"the group gone and the role unable to make it", group, inventory.Named{Roles: role(trusting, otherOnes)}, "Access error (the role r may not write to the log group g; the log group g is gone, and the role r may not make it)"},
		{"the group gone and the role able", group, inventory.Named{Roles: role(trusting, anything)}, "Access error (read and no cause: the role r and its trust, its permissions; left to look at: the log group g is not there: it comes with the first record, as its role may make it; policies of the organisation)"},
		{"a key whose policy nobody reads", group, inventory.Named{LogGroups: []inventory.LogGroup{{Name: "g", KMSKey: "key-1"}}, Roles: role(trusting, anything)},
			"Access error (read and no cause: the role r and its trust, its permissions, the log group g; left to look at: the log group is encrypted with key-1, whose policy is not read here: it has to let logs.eu-west-1.amazonaws.com use it; policies of the organisation)"},
		{"nothing that was read", group, inventory.Named{LogGroups: there, Roles: role(trusting, anything)}, "Access error (read and no cause: the role r and its trust, its permissions, the log group g; left to look at: policies of the organisation)"},
		{"throttled, and the role gone", throttled, inventory.Named{}, "Rate limited (throttled by the destination: "},
		{"the bucket gone", bucket, inventory.Named{}, "FAILED (the bucket b is gone)"},
		{"the bucket of another account", bucket, buckets(inventory.Bucket{}), "FAILED (AWS gives no reason; left to look at: the bucket b belongs to another account: only there can its policy and its key be read; policies of the organisation)"},
		{"the bucket without a policy", bucket, buckets(inventory.Bucket{Owned: true}), "FAILED (the policy of bucket b does not let delivery.logs.amazonaws.com write)"},
		{"the bucket for another account", bucket, buckets(inventory.Bucket{Owned: true, Policy: strings.ReplaceAll(lets, "111122223333", "444455556666")}), "FAILED (the policy of bucket b does not let"},
		{"the bucket letting it, with a key", bucket, buckets(inventory.Bucket{Owned: true, Policy: lets, KMSKey: "key-1"}), "FAILED (AWS gives no reason; read and no cause: the bucket b and its policy; left to look at: the bucket is encrypted with key-1 (given as an id or alias: AWS asks for the ARN of the key), whose policy is not read here: it has to let delivery.logs.amazonaws.com use it; policies of the organisation)"},
		{"the bucket letting it", bucket, buckets(inventory.Bucket{Owned: true, Policy: lets}), "FAILED (AWS gives no reason; read and no cause: the bucket b and its policy, its encryption; left to look at: policies of the organisation)"},
		{"a denial to other organisations", bucket, buckets(inventory.Bucket{Owned: true, Policy: denies(`{"StringNotEquals":{"aws:PrincipalOrgID":"o-1"}}`)}), "FAILED (the policy of bucket b denies delivery: statement 2)"},
		{"a denial but to services", bucket, buckets(inventory.Bucket{Owned: true, Policy: denies(`{"StringNotEquals":{"aws:PrincipalOrgID":"o-1"},"BoolIfExists":{"aws:PrincipalIsAWSService":"false"}}`)}), "FAILED (AWS gives no reason; read and no cause: the bucket b and its policy, its encryption; left"},
		{"a denial on a header", bucket, buckets(inventory.Bucket{Owned: true, Policy: denies(`{"Null":{"s3:x-amz-server-side-encryption":"true"}}`)}), "FAILED (AWS gives no reason; read and no cause: its encryption; left to look at: the policy of bucket b: statement 2 turns on s3:x-amz-server-side-encryption, which only AWS can tell; policies of the organisation)"},
		{"another prefix", bucket, buckets(inventory.Bucket{Owned: true, Policy: strings.Replace(lets, "b/p/", "b/q/", 1)}), "FAILED (the policy of bucket b does not let delivery.logs.amazonaws.com write: statement 1 is about arn:aws:s3:::b/q/AWSLogs/111122223333/*, and not about p/AWSLogs/111122223333/vpcflowlogs/eu-west-1/)"},
		{"another Region", bucket, buckets(inventory.Bucket{Owned: true, Policy: strings.Replace(lets, `"Condition":{`, `"Condition":{"ArnLike":{"aws:SourceArn":"arn:aws:logs:us-east-1:111122223333:*"},`, 1)}), "FAILED (the policy of bucket b does not let delivery.logs.amazonaws.com write: statement 1 does not hold for this account and Region (aws:sourcearn))"},
		{"AWS's own key", bucket, buckets(inventory.Bucket{Owned: true, Policy: lets, Encryption: "aws:kms"}), "FAILED (the bucket is encrypted with AWS's own key aws/s3, whose policy cannot let delivery.logs.amazonaws.com use it: take a key of your own)"},
		{"AWS's own key by its alias", bucket, buckets(inventory.Bucket{Owned: true, Policy: lets, Encryption: "aws:kms", KMSKey: "alias/aws/s3"}), "FAILED (the bucket is encrypted with AWS's own key aws/s3"},
		{"the stream of another source", stream, inventory.Named{Streams: []inventory.Stream{{Name: "s", ARN: streamARN, Status: "ACTIVE", Source: "KinesisStreamAsSource"}}}, "FAILED (the stream s takes records of KinesisStreamAsSource only (DirectPut is needed))"},
		{"the stream as it should be", stream, inventory.Named{Streams: []inventory.Stream{{Name: "s", ARN: streamARN, Status: "ACTIVE", Source: "DirectPut"}}}, "FAILED (AWS gives no reason; read and no cause: the stream s and its source; left to look at: its tag LogDeliveryEnabled=true; policies of the organisation)"},
		{"the stream gone", stream, inventory.Named{}, "FAILED (the stream " + streamARN + " is gone)"},
		{"the stream going", stream, inventory.Named{Streams: []inventory.Stream{{Name: "s", ARN: streamARN, Status: "DELETING"}}}, "FAILED (the stream s is DELETING)"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			inv := scope(func(inv *inventory.Inventory) {
				inv.Kinds = append(inv.Kinds, inventory.Destinations, inventory.DeliveryRoles)
				inv.FlowLogs, inv.Named = []inventory.FlowLog{tt.log}, tt.named
			})
			inv.Named.Asked = inv.ReferredTo()
			got := (&rule.Pass{Inventory: inv}).DeliveryError(inv.FlowLogs[0])
			if exact := strings.HasSuffix(tt.want, ")") || tt.want == "FAILED"; got != tt.want && (exact || !strings.HasPrefix(got, tt.want)) {
				t.Errorf("%q, want %q", got, tt.want)
			}
		})
	}
}

// TestDeliveryError_with_what_planning_read: what was read by name counts, whoever asked for it.
func TestDeliveryError_with_what_planning_read(t *testing.T) {
	t.Parallel()
	l := inventory.FlowLog{ID: "fl-1", DeliveryError: "Access error", DestinationType: inventory.ToCloudWatchLogs, LogGroup: "g", Role: "arn:aws:iam::111122223333:role/r"}
	inv := scope(func(inv *inventory.Inventory) {
		inv.Kinds = slices.Concat(inv.Kinds, inventory.NamedKinds())
		inv.Named.Asked = inventory.Names{Roles: []string{"r"}, LogGroupPrefix: "g"}
	})
	if got := (&rule.Pass{Inventory: inv}).DeliveryError(l); !strings.Contains(got, "the role r is gone") {
		t.Errorf("%q", got)
	}
}

// TestDeliveryError_blames_nothing_that_is_not_there: a bucket and a stream have no delivery role and no log
// group, whatever was or was not read.
func TestDeliveryError_blames_nothing_that_is_not_there(t *testing.T) {
	t.Parallel()
	for _, to := range []string{inventory.ToS3, inventory.ToFirehose} {
		for _, message := range []string{"Access error", "Rate limited", "Unknown error", "Out of paper", ""} {
			for _, kinds := range [][]inventory.Kind{nil, {inventory.Destinations}, {inventory.Destinations, inventory.DeliveryRoles}} {
				inv := scope(func(inv *inventory.Inventory) { inv.Kinds = append(inv.Kinds, kinds...) })
				l := inventory.FlowLog{DeliveryStatus: "FAILED", DeliveryError: message, DestinationType: to, Destination: "arn:aws:s3:::central"}
				got := (&rule.Pass{Inventory: inv}).DeliveryError(l)
				for _, not := range []string{"delivery role", "log group", "vpc-flow-logs.amazonaws.com", "CloudWatch"} {
					if strings.Contains(got, not) {
						t.Errorf("%s, %v: %q speaks of a %s", to, kinds, got, not)
					}
				}
				if message != "" && !strings.HasPrefix(got, message+" (") {
					t.Errorf("%q does not give AWS's words", got)
				}
			}
		}
	}
}

// TestLogGroup_that_is_gone_for_good: no rule says that a group comes with the first record while another
// says that nothing can make it.
func TestLogGroup_that_is_gone_for_good(t *testing.T) {
	t.Parallel()
	l := inventory.FlowLog{ID: "fl-1", DestinationType: inventory.ToCloudWatchLogs, LogGroup: "g", Role: "arn:aws:iam::111122223333:role/r"}
	inv := scope(func(inv *inventory.Inventory) {
		inv.Kinds = append(inv.Kinds, inventory.Destinations, inventory.DeliveryRoles)
		inv.FlowLogs = []inventory.FlowLog{l}
	})
	inv.Named.Asked = inv.ReferredTo()
	const want = "the log group g is gone, and so is the role r that would make it: see flow-log-destination-check"
	if _, v, readable := (&rule.Pass{Inventory: inv}).LogGroup(l); readable || v.Message != want {
		t.Errorf("%v %q", readable, v.Message)
	}
}
