package awscli_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"flowproof/internal/inventory"
)

const (
	groups   = "describe-log-groups.json"
	flowsTo  = `{"FlowLogs": [{"FlowLogId": "fl-1", "ResourceId": "vpc-1", "FlowLogStatus": "ACTIVE", "LogGroupName": "g", "DeliverLogsPermissionArn": "arn:aws:iam::111122223333:role/r"}, {"FlowLogId": "fl-2", "ResourceId": "vpc-1", "LogDestinationType": "s3", "LogDestination": "arn:aws:s3:::b/p"}]}`
	nowhere  = `{"FlowLogs": []}`
	oneGroup = `{"logGroups": [
		{"logGroupName": "g", "creationTime": 1700000000123, "retentionInDays": 30, "storedBytes": 5000000000, "kmsKeyId": "k", "logGroupClass": "STANDARD", "arn": "a", "retentionPolicyName": "base", "deletionProtectionEnabled": true},
		{"logGroupName": "g2", "creationTime": 1700000000123}]}`
)

func TestRead_log_groups_that_flow_logs_deliver_to(t *testing.T) {
	t.Parallel()
	referred := []inventory.Kind{inventory.Destinations, inventory.DeliveryRoles, inventory.FlowLogs}
	inv := read(t, map[string]string{"describe-flow-logs.json": flowsTo, groups: oneGroup}, referred...)
	want := inventory.Named{
		Asked: inventory.Names{LogGroups: []string{"g"}, Roles: []string{"r"}, Buckets: []string{"b"}},
		LogGroups: []inventory.LogGroup{{
			Name: "g", RetentionDays: 30, KMSKey: "k", Class: "STANDARD", StoredBytes: 5_000_000_000, RetentionPolicy: "base", Protected: true,
			Created: time.Date(2023, 11, 14, 22, 13, 20, 123_000_000, time.UTC),
		}},
	}
	if diff := cmp.Diff(want, inv.Named); diff != "" {
		t.Errorf("named (-want +got):\n%s", diff)
	}
	var about []string
	for _, g := range inv.Gaps {
		if g.Cause != inventory.Incomplete || !strings.Contains(g.Message, "do not hold the") {
			t.Errorf("gap %+v", g)
		}
		about = append(about, string(g.Kind)+" "+g.Resource)
	}
	if diff := cmp.Diff([]string{"delivery-roles r", "destinations b"}, about); diff != "" {
		t.Errorf("gaps about (-want +got):\n%s", diff)
	}
	if _, exists, known := inv.LogGroup("g"); !exists || !known {
		t.Error("the group is not known")
	}
	if _, _, known := inv.Bucket("b"); known {
		t.Error("nobody knows whether the bucket is there")
	}
}

func TestRead_gaps_in_log_groups(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, flowLogs, groups string // no file where groups is empty
		gap                    string
		known                  bool
	}{
		{"whole, and the group is not there", flowsTo, `{"logGroups": []}`, "", true},
		{"missing", flowsTo, "", "the file is missing; save it with: aws logs describe-log-groups --region eu-west-1 --output json > describe-log-groups.json", false},
		{"another page", flowsTo, `{"logGroups": [], "nextToken": "t"}`, "the list goes on", false},
		{"cut off", flowsTo, `{"logGroups": [{"logGroupName": "g2"}`, "the file is cut off", false},
		{"an item without a name", flowsTo, `{"logGroups": [{}]}`, "it has no logGroupName", false},
		{"a retention that is none", flowsTo, `{"logGroups": [{"logGroupName": "g", "retentionInDays": "x"}]}`, "want a whole number", false},
		{"not needed", nowhere, "", "", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			files := map[string]string{"describe-flow-logs.json": strings.Replace(tt.flowLogs, `"s3"`, `"other"`, 1)}
			if tt.groups != "" {
				files[groups] = tt.groups
			}
			inv := read(t, files, inventory.FlowLogs, inventory.Destinations)
			message := ""
			for _, g := range inv.Gaps {
				message += g.Message
			}
			if (tt.gap == "") != (message == "") || !strings.Contains(message, tt.gap) {
				t.Errorf("gaps %q, want %q", message, tt.gap)
			}
			if _, exists, known := inv.LogGroup("g"); exists || known != tt.known {
				t.Errorf("exists %v, known %v", exists, known)
			}
		})
	}
}
