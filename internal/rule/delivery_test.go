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
		{"throttled", "FAILED", "Rate limited", "Rate limited (CloudWatch Logs is throttling, or the account has reached its number of log groups)"},
		{"unknown", "FAILED", "Unknown error", "Unknown error (an error inside AWS: if it stays, create the flow log anew or ask AWS Support)"},
		{"another year's", "FAILED", "Out of paper", "Out of paper"},
		{"none", "FAILED", "", "FAILED"},
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
		{"the group gone and the role able", group, inventory.Named{Roles: role(trusting, anything)}, "Access error (usually the delivery role"},
		{"a key whose policy nobody reads", group, inventory.Named{LogGroups: []inventory.LogGroup{{Name: "g", KMSKey: "key-1"}}, Roles: role(trusting, anything)},
			"Access error (the log group is encrypted with key-1, whose policy is not read here: it has to let logs.eu-west-1.amazonaws.com use it)"},
		{"nothing that was read", group, inventory.Named{LogGroups: there, Roles: role(trusting, anything)}, "Access error (usually the delivery role"},
		{"throttled, and the role gone", throttled, inventory.Named{}, "Rate limited (CloudWatch Logs is throttling"},
		{"the bucket gone", bucket, inventory.Named{}, "FAILED (the bucket b is gone)"},
		{"the bucket of another account", bucket, buckets(inventory.Bucket{}), "FAILED (the bucket b belongs to another account: only there can its policy be read)"},
		{"the bucket without a policy", bucket, buckets(inventory.Bucket{Owned: true}), "FAILED (the policy of bucket b does not let delivery.logs.amazonaws.com write)"},
		{"the bucket for another account", bucket, buckets(inventory.Bucket{Owned: true, Policy: strings.ReplaceAll(lets, "111122223333", "444455556666")}), "FAILED (the policy of bucket b does not let"},
		{"the bucket letting it, with a key", bucket, buckets(inventory.Bucket{Owned: true, Policy: lets, KMSKey: "key-1"}), "FAILED (the bucket is encrypted with key-1, whose policy is not read here"},
		{"the bucket letting it", bucket, buckets(inventory.Bucket{Owned: true, Policy: lets}), "FAILED"},
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

// TestDeliveryError_needs_the_facts: what planning has read by name is no answer to why.
func TestDeliveryError_needs_the_facts(t *testing.T) {
	t.Parallel()
	l := inventory.FlowLog{ID: "fl-1", DeliveryError: "Access error", DestinationType: inventory.ToCloudWatchLogs, LogGroup: "g", Role: "arn:aws:iam::111122223333:role/r"}
	inv := scope(func(inv *inventory.Inventory) {
		inv.Kinds = slices.Concat(inv.Kinds, inventory.NamedKinds())
		inv.Named.Asked = inventory.Names{Roles: []string{"r"}, LogGroupPrefix: "g"}
	})
	if got := (&rule.Pass{Inventory: inv}).DeliveryError(l); !strings.Contains(got, "usually") {
		t.Errorf("%q", got)
	}
}
