package remediate

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"flowproof/internal/inventory"
)

const centralARN = "arn:aws:s3:::central"

// addDestinations puts a bucket and a stream into a scope.
func addDestinations(inv *inventory.Inventory) {
	inv.Named.Buckets = []inventory.Bucket{{Name: "central", Region: "us-west-2", Owned: true}}
	inv.Named.Streams = []inventory.Stream{{
		Name: "s", ARN: fmt.Sprintf("arn:aws:firehose:%s:%s:deliverystream/s", inv.Region, ownAccount), Status: "ACTIVE", Source: "DirectPut",
	}}
}

func toCentral() Policy {
	p := DefaultPolicy()
	p.Destination, p.Bucket, p.Prefix = ToS3, centralARN, "flow/logs"
	return p
}

// theirs is a bucket policy that knows nothing of flow logs.
const theirs = `{"Version":"2012-10-17","Id":"keep","Statement":{"Sid":"Theirs","Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"*","Condition":{"Bool":{"aws:SecureTransport":"false"}}}}`

func TestTheBucketPolicyIsMergedBeforeTheFlowLogs(t *testing.T) {
	t.Parallel()
	policy := toCentral()
	policy.ChangeExisting = true
	inv := readScope("eu-west-1", "vpc-a")
	inv.Named.Buckets = []inventory.Bucket{{Name: "central", Region: "us-west-2", Owned: true, Policy: theirs}}
	p := built(t, judged(policy, inv))
	want := []string{"put-bucket-policy central us-west-2", "create-flow-log vpc-a eu-west-1"}
	if diff := cmp.Diff(want, outline(p)); diff != "" {
		t.Fatal(diff)
	}
	put, flowLog := p.Steps[0], p.Steps[1]
	merged := input(t, put)["Policy"].(string)
	var pretty strings.Builder
	pretty.WriteString(indented(t, merged, nil))
	golden(t, "bucket-policy.json", pretty.String())
	if !put.Foreign || put.Inverse == nil || put.Inverse.Action != PutBucketPolicy || !strings.Contains(string(put.Inverse.API.Input), "Theirs") {
		t.Errorf("the step is foreign %v, its inverse %+v", put.Foreign, put.Inverse)
	}
	if diff := cmp.Diff([]string{put.ID}, flowLog.After); diff != "" {
		t.Error(diff)
	}
	wantInput := map[string]any{
		"LogDestinationType": "s3", "LogDestination": "arn:aws:s3:::central/flow/logs",
		"DestinationOptions": map[string]any{"FileFormat": "plain-text", "HiveCompatiblePartitions": false, "PerHourPartition": false},
	}
	got := input(t, flowLog)
	for k, v := range wantInput {
		if diff := cmp.Diff(v, got[k]); diff != "" {
			t.Errorf("%s: %s", k, diff)
		}
	}
	if _, role := got["DeliverLogsPermissionArn"]; role {
		t.Error("a flow log to S3 has a role, which EC2 refuses")
	}

	// The merged policy is enough: planned again with it, nothing is changed.
	inv = readScope("eu-west-1", "vpc-a")
	inv.Named.Buckets = []inventory.Bucket{{Name: "central", Region: "us-west-2", Owned: true, Policy: merged}}
	again := built(t, judged(toCentral(), inv))
	if diff := cmp.Diff(want[1:], outline(again)); diff != "" {
		t.Errorf("with the merged policy: %s", diff)
	}
}

func TestWhatTheBucketAllowsDecides(t *testing.T) {
	t.Parallel()
	grant := func(resource, condition string) string {
		return `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"delivery.logs.amazonaws.com"},"Action":["s3:PutObject","s3:GetBucketAcl"],"Resource":` + resource + condition + `}]}`
	}
	both := `["arn:aws:s3:::central","arn:aws:s3:::central/flow/logs/AWSLogs/*"]`
	denying := func(policy, condition string) string {
		deny := `,{"Sid":"Guard","Effect":"Deny","Principal":"*","Action":"s3:*","Resource":["arn:aws:s3:::central","arn:aws:s3:::central/*"],"Condition":` + condition + `}]}`
		return strings.TrimSuffix(policy, "]}") + deny
	}
	huge := `{"Version":"2012-10-17","Statement":[{"Sid":"` + strings.Repeat("x", 20000) + `","Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"*"}]}`
	for name, test := range map[string]struct {
		bucket    *inventory.Bucket
		policy    func(*Policy)
		unread    bool
		planned   bool
		unplanned string
		note      string
	}{
		"no bucket":            {unplanned: "there is no bucket central"},
		"not read":             {unread: true, unplanned: "was not read"},
		"no policy":            {bucket: &inventory.Bucket{Owned: true}, unplanned: "--change-existing adds"},
		"a policy that does":   {bucket: &inventory.Bucket{Owned: true, Policy: grant(both, "")}, planned: true},
		"of every account":     {bucket: &inventory.Bucket{Owned: true, Policy: grant(`"*"`, "")}, planned: true},
		"of this account":      {bucket: &inventory.Bucket{Owned: true, Policy: grant(`"*"`, `,"Condition":{"StringEquals":{"aws:SourceAccount":["1","123456789012"],"s3:x-amz-acl":"bucket-owner-full-control"}}`)}, unplanned: "--change-existing adds"},
		"of another account":   {bucket: &inventory.Bucket{Owned: true, Policy: grant(`"*"`, `,"Condition":{"StringEquals":{"aws:SourceAccount":"1"}}`)}, unplanned: "--change-existing adds"},
		"under another prefix": {bucket: &inventory.Bucket{Owned: true, Policy: grant(`["arn:aws:s3:::central","arn:aws:s3:::central/other/*"]`, "")}, unplanned: "--change-existing adds"},
		"hive partitions": {
			bucket: &inventory.Bucket{Owned: true, Policy: grant(`["arn:aws:s3:::central","arn:aws:s3:::central/flow/logs/AWSLogs/aws-account-id=123456789012/*"]`, "")},
			policy: func(p *Policy) { p.Hive = true }, planned: true,
		},
		"on an organisation that is not known": {
			bucket:  &inventory.Bucket{Owned: true, Policy: grant(both, `,"Condition":{"StringEquals":{"aws:SourceOrgID":"o-1"}}`)},
			planned: true, note: "statement 1 of its policy lets delivery.logs.amazonaws.com write if aws:sourceorgid fits, which is not known here: --org-id says",
		},
		"its own organisation": {
			bucket: &inventory.Bucket{Owned: true, Policy: grant(both, `,"Condition":{"StringEquals":{"aws:SourceOrgID":"o-mine"}}`)}, planned: true, note: "[]",
		},
		"another organisation": {
			bucket: &inventory.Bucket{Owned: true, Policy: grant(both, `,"Condition":{"StringEquals":{"aws:SourceOrgID":"o-theirs"}}`)}, unplanned: "--change-existing adds",
		},
		"everything denied": {bucket: &inventory.Bucket{Owned: true, Policy: strings.Replace(grant(both, ""), "Allow", "Deny", 1)}, policy: changeExisting, unplanned: "is denied by statement 1"},
		"all but an organisation denied, and services are in none": {
			bucket: &inventory.Bucket{Owned: true, Policy: denying(grant(both, ""), `{"StringNotEquals":{"aws:PrincipalOrgID":"o-1"}}`)}, policy: changeExisting, unplanned: "is denied by Guard of its policy",
		},
		"all but an organisation and services denied": {
			bucket:  &inventory.Bucket{Owned: true, Policy: denying(grant(both, ""), `{"StringNotEquals":{"aws:PrincipalOrgID":"o-1"},"BoolIfExists":{"aws:PrincipalIsAWSService":"false"}}`)},
			planned: true, note: "[]",
		},
		"what is not encrypted denied": {
			bucket:  &inventory.Bucket{Owned: true, Policy: denying(grant(both, ""), `{"Null":{"s3:x-amz-server-side-encryption":"true"}}`)},
			planned: true, note: "Guard of its policy turns on s3:x-amz-server-side-encryption, which only AWS can tell",
		},
		"all but a network denied": {
			bucket: &inventory.Bucket{Owned: true, Policy: denying(grant(both, ""), `{"StringNotEquals":{"aws:SourceVpce":"vpce-1"}}`)}, unplanned: "is denied by Guard",
		},
		"http denied": {
			bucket: &inventory.Bucket{Owned: true, Policy: denying(grant(both, ""), `{"Bool":{"aws:SecureTransport":"false"}}`)}, planned: true, note: "[]",
		},
		"too long with more":          {bucket: &inventory.Bucket{Owned: true, Policy: huge}, policy: changeExisting, unplanned: "S3 takes 20480"},
		"of another account's bucket": {bucket: &inventory.Bucket{}, planned: true, note: "not this account's"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			policy, inv := toCentral(), readScope("eu-west-1", "vpc-a")
			if strings.HasSuffix(name, " organisation") {
				inv.Organization = "o-mine"
			}
			if test.policy != nil {
				test.policy(&policy)
			}
			if test.bucket != nil {
				test.bucket.Name, test.bucket.Region = "central", "us-west-2"
				inv.Named.Buckets = []inventory.Bucket{*test.bucket}
			}
			in := judged(policy, inv)
			if test.unread {
				in.Inventories[0].Named = inventory.Named{}
			}
			p := built(t, in)
			if planned := len(p.Steps) == 1 && p.Steps[0].Action == CreateFlowLog; planned != test.planned {
				t.Errorf("planned %v, want %v: %v", planned, test.planned, outline(p))
			}
			checkReason(t, p, test.unplanned)
			if notes := fmt.Sprint(p.Notes); !strings.Contains(notes, test.note) {
				t.Errorf("notes %s, want %q", notes, test.note)
			}
		})
	}
}

func TestAStreamMustBeReadyAndNear(t *testing.T) {
	t.Parallel()
	const here = "arn:aws:firehose:eu-west-1:123456789012:deliverystream/s"
	for name, test := range map[string]struct {
		stream    string
		there     *inventory.Stream
		policy    func(*Policy)
		planned   bool
		unplanned string
		input     map[string]any
	}{
		"ready":        {stream: here, there: &inventory.Stream{Status: "ACTIVE", Source: "DirectPut"}, planned: true, input: map[string]any{"LogDestination": here, "LogDestinationType": "kinesis-data-firehose"}},
		"by pattern":   {stream: "arn:aws:firehose:{region}:{account}:deliverystream/s", there: &inventory.Stream{Status: "ACTIVE", Source: "DirectPut"}, planned: true},
		"none":         {stream: here, unplanned: "there is no stream"},
		"being made":   {stream: here, there: &inventory.Stream{Status: "CREATING", Source: "DirectPut"}, unplanned: "is CREATING"},
		"from Kinesis": {stream: here, there: &inventory.Stream{Status: "ACTIVE", Source: "KinesisStreamAsSource"}, unplanned: "Direct PUT"},
		"far away":     {stream: strings.Replace(here, "eu-west-1", "us-east-1", 1), unplanned: "{region}"},
		"another's":    {stream: strings.Replace(here, ownAccount, "999999999999", 1), unplanned: "--source-role"},
		"with two roles": {
			stream: strings.Replace(here, ownAccount, "999999999999", 1), planned: true,
			policy: func(p *Policy) {
				p.SourceRole, p.CrossAccountRole = "arn:aws:iam::{account}:role/source", "arn:aws:iam::999999999999:role/AWSLogDeliveryFirehoseCrossAccountRole"
			},
			input: map[string]any{
				"DeliverLogsPermissionArn": "arn:aws:iam::123456789012:role/source",
				"DeliverCrossAccountRole":  "arn:aws:iam::999999999999:role/AWSLogDeliveryFirehoseCrossAccountRole",
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			policy, inv := DefaultPolicy(), readScope("eu-west-1", "vpc-a")
			policy.Destination, policy.Stream = ToFirehose, test.stream
			if test.policy != nil {
				test.policy(&policy)
			}
			if test.there != nil {
				test.there.Name, test.there.ARN = "s", here
				inv.Named.Streams = []inventory.Stream{*test.there}
			}
			p := built(t, judged(policy, inv))
			checkReason(t, p, test.unplanned)
			if planned := len(p.Steps) == 1; planned != test.planned {
				t.Fatalf("planned %v, want %v: %v", planned, test.planned, outline(p))
			}
			for k, v := range test.input {
				if got := input(t, p.Steps[0])[k]; got != v {
					t.Errorf("%s is %v, want %v", k, got, v)
				}
			}
		})
	}
}
