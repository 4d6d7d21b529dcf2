package flowlogbucketcheck_test

import (
	"strings"
	"testing"

	"flowproof/internal/finding"
	"flowproof/internal/inventory"
	"flowproof/internal/rule"
	flowlogbucketcheck "flowproof/internal/rules/flow-log-bucket-check"
)

const (
	owner = "111122223333"
	tls   = `{"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":["arn:aws:s3:::b","arn:aws:s3:::b/*"],"Condition":{"Bool":{"aws:SecureTransport":"false"}}}`
	logs  = `{"Effect":"Allow","Principal":{"Service":"delivery.logs.amazonaws.com"},"Action":"s3:PutObject","Resource":"arn:aws:s3:::b/*","Condition":{"StringEquals":{"aws:SourceAccount":"111122223333"}}}`
)

func policy(statements ...string) string {
	return `{"Version":"2012-10-17","Statement":[` + strings.Join(statements, ",") + `]}`
}

// puts is a statement that lets a principal write.
func puts(principal, more string) string {
	return `{"Effect":"Allow","Principal":` + principal + `,"Action":["s3:Get*","s3:Put*"],"Resource":"arn:aws:s3:::b/*"` + more + `}`
}

// putsTo is a statement that lets an account write to some objects.
func putsTo(account, objects string) string {
	return `{"Effect":"Allow","Principal":{"AWS":"` + account + `"},"Action":"s3:PutObject","Resource":"arn:aws:s3:::` + objects + `"}`
}

func TestVerdicts(t *testing.T) {
	t.Parallel()
	good := inventory.Bucket{Name: "b", Owned: true, Owner: owner, Policy: policy(tls, logs)}
	with := func(change func(*inventory.Bucket)) inventory.Bucket {
		b := good
		change(&b)
		return b
	}
	having := func(statements ...string) inventory.Bucket {
		return with(func(b *inventory.Bucket) { b.Policy = policy(append(statements, tls)...) })
	}
	grant := func(grantee, permission string) inventory.Bucket {
		return with(func(b *inventory.Bucket) { b.ACL = []inventory.Grant{{Grantee: grantee, Permission: permission}} })
	}
	denied := func(api string) []inventory.Gap {
		return []inventory.Gap{{Kind: inventory.Destinations, API: api, Cause: inventory.Denied, Message: "no", Resource: "b"}}
	}
	tests := []struct {
		name    string
		bucket  inventory.Bucket
		gaps    []inventory.Gap
		outcome finding.Outcome
		message string
	}{
		{"a safe one", good, nil, finding.Pass, "not public, written by nobody else"},
		{"no policy", with(func(b *inventory.Bucket) { b.Policy = "" }), nil, finding.Fail, "does not require TLS"},
		{"no TLS", with(func(b *inventory.Bucket) { b.Policy = policy(logs) }), nil, finding.Fail, "does not require TLS"},
		{"TLS on a condition that is not read", with(func(b *inventory.Bucket) {
			b.Policy = policy(logs, strings.Replace(tls, `"Bool":{`, `"StringEquals":{"aws:PrincipalOrgID":"o-1"},"Bool":{`, 1))
		}), nil, finding.Unknown, "whether its policy requires TLS turns on conditions"},
		{"public by policy", with(func(b *inventory.Bucket) { b.PublicPolicy = true }), nil, finding.Fail, "its policy makes it public"},
		{"public by policy, and blocked", with(func(b *inventory.Bucket) { b.PublicPolicy, b.PublicBlocked = true, true }), nil, finding.Pass, ""},
		{"public by policy, and whether it is blocked unread", with(func(b *inventory.Bucket) { b.PublicPolicy = true }), denied("s3:GetPublicAccessBlock"), finding.Unknown, "s3:GetPublicAccessBlock denied"},
		{"public by its list, and blocked", with(func(b *inventory.Bucket) {
			b.PublicBlocked, b.ACL = true, []inventory.Grant{{Grantee: "http://acs.amazonaws.com/groups/global/AllUsers", Permission: "READ"}}
		}), nil, finding.Pass, ""},
		{"given to another by its list", grant("abc", "WRITE_ACP"), nil, finding.Fail, "lets others write"},
		{"TLS for writing alone", with(func(b *inventory.Bucket) { b.Policy = policy(logs, strings.Replace(tls, "s3:*", "s3:PutObject", 1)) }), nil, finding.Fail, "does not require TLS"},
		{"public by its list", grant("http://acs.amazonaws.com/groups/global/AllUsers", "READ"), nil, finding.Fail, "access control list makes it public"},
		{"written by another by its list", grant("abc", "WRITE"), nil, finding.Fail, "lets others write"},
		{"read by another by its list", grant("abc", "READ"), nil, finding.Pass, ""},
		{"access logs by its list", grant("http://acs.amazonaws.com/groups/s3/LogDelivery", "WRITE"), nil, finding.Pass, ""},
		{"another account writes", having(puts(`{"AWS":["arn:aws:iam::444455556666:root"]}`, "")), nil, finding.Fail, "lets arn:aws:iam::444455556666:root write"},
		{"another account by its number", having(puts(`{"AWS":"444455556666"}`, "")), nil, finding.Fail, "lets 444455556666 write"},
		{"another account writes to the folder", having(putsTo("444455556666", "b/p/AWSLogs/111122223333/*")), nil, finding.Fail, "lets 444455556666 write"},
		{"another account writes to a part of the folder", having(putsTo("444455556666", "b/p/AWSLogs/111122223333/vpcflowlogs/eu-west-1/2024/*")), nil, finding.Fail, "lets 444455556666 write"},
		{"another account writes elsewhere", having(putsTo("444455556666", "b/other/*")), nil, finding.Pass, ""},
		{"another account writes on a condition", having(puts(`{"AWS":"444455556666"}`, `,"Condition":{"StringEquals":{"s3:x-amz-acl":"bucket-owner-full-control"}}`)), nil, finding.Fail, "lets 444455556666 write"},
		{"somebody by a canonical id", having(puts(`{"CanonicalUser":"79a59d"}`, "")), nil, finding.Unknown, "who 79a59d is"},
		{"a role that was deleted", having(puts(`{"AWS":"AROAEXAMPLEEXAMPLE"}`, "")), nil, finding.Pass, ""},
		{"all but somebody", having(strings.Replace(puts(`{"AWS":"444455556666"}`, ""), "Principal", "NotPrincipal", 1)), nil, finding.Fail, "lets anybody write"},
		{"the owner writes", having(puts(`{"AWS":"arn:aws:iam::111122223333:role/x"}`, "")), nil, finding.Pass, ""},
		{"anybody writes", having(puts(`"*"`, "")), nil, finding.Fail, "lets anybody write"},
		{"anybody on a condition", having(puts(`{"AWS":"*"}`, `,"Condition":{"StringEquals":{"aws:PrincipalOrgID":"o-1"}}`)), nil, finding.Unknown, "turns on conditions"},
		{"another account reads", having(`{"Effect":"Allow","Principal":{"AWS":"444455556666"},"Action":"s3:GetObject","Resource":"arn:aws:s3:::b/*"}`), nil, finding.Pass, ""},
		{"flow logs of any account", having(puts(`{"Service":"delivery.logs.amazonaws.com"}`, "")), nil, finding.Fail, "takes flow logs of any account"},
		{"flow logs of all accounts but one", having(puts(`{"Service":"delivery.logs.amazonaws.com"}`, `,"Condition":{"StringNotEquals":{"aws:SourceAccount":"444455556666"}}`)), nil, finding.Fail, "takes flow logs of any account"},
		{"flow logs on the access control list alone", having(puts(`{"Service":"delivery.logs.amazonaws.com"}`, `,"Condition":{"StringEquals":{"s3:x-amz-acl":"bucket-owner-full-control"}}`)), nil, finding.Fail, "takes flow logs of any account"},
		{"flow logs on something else", having(puts(`{"Service":"delivery.logs.amazonaws.com"}`, `,"Condition":{"StringEquals":{"s3:x-amz-storage-class":"STANDARD"}}`)), nil, finding.Unknown, "takes flow logs of any account turns on conditions"},
		{"flow logs from any ARN", having(puts(`{"Service":"delivery.logs.amazonaws.com"}`, `,"Condition":{"ArnLike":{"aws:SourceArn":"arn:aws:logs:*:*:*"}}`)), nil, finding.Fail, "takes flow logs of any account"},
		{"flow logs of an organisation", having(puts(`{"Service":"delivery.logs.amazonaws.com"}`, `,"Condition":{"StringEquals":{"aws:SourceOrgID":"o-1"}}`)), nil, finding.Pass, ""},
		{"a policy near the limit", with(func(b *inventory.Bucket) { b.Policy = policy(tls, logs) + strings.Repeat(" ", 19000) }), nil, finding.Fail, "of 20480 bytes"},
		{"a policy that cannot be read", with(func(b *inventory.Bucket) { b.Policy = "{" }), nil, finding.Unknown, "its policy cannot be read"},
		{"several faults", with(func(b *inventory.Bucket) { b.Policy, b.PublicPolicy = policy(puts(`"*"`, "")), true }), nil, finding.Fail, "does not require TLS; its policy lets anybody write; its policy makes it public"},
		{"the policy denied", with(func(b *inventory.Bucket) { b.Policy = "" }), denied("s3:GetBucketPolicy"), finding.Unknown, "s3:GetBucketPolicy denied"},
		{"the list denied", good, denied("s3:GetBucketAcl"), finding.Unknown, "s3:GetBucketAcl denied"},
		{"the list denied, and no TLS", with(func(b *inventory.Bucket) { b.Policy = "" }), denied("s3:GetBucketAcl"), finding.Fail, "does not require TLS"},
		{"of another account", with(func(b *inventory.Bucket) { b.Owned, b.Owner, b.Policy = false, "", "" }), nil, finding.Unknown, "only its owner can say"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			l := inventory.FlowLog{ID: "fl-1", ResourceID: "vpc-1", Status: "ACTIVE", DestinationType: inventory.ToS3, Destination: "arn:aws:s3:::b/p"}
			got := judge(l, tt.bucket, tt.gaps)
			if got.Outcome != tt.outcome || !strings.Contains(got.Message, tt.message) {
				t.Errorf("%s: %q; want %s: %q", got.Outcome, got.Message, tt.outcome, tt.message)
			}
		})
	}
	if got := judge(inventory.FlowLog{ID: "fl-1", ResourceID: "vpc-1", Status: "ACTIVE", LogGroup: "g"}, good, nil); got.Outcome != finding.NotApplicable {
		t.Errorf("a flow log to a group: %+v", got)
	}
}

// FuzzPolicies holds that no policy makes the rule fail to answer, and that none that cannot be read
// passes.
func FuzzPolicies(f *testing.F) {
	f.Add(policy(tls, logs))
	f.Add(`{"Statement":{"Effect":"Allow","NotPrincipal":{"AWS":"1"},"NotAction":"s3:Get*","NotResource":"x"}}`)
	f.Add(`{`)
	f.Fuzz(func(t *testing.T, document string) {
		l := inventory.FlowLog{ID: "fl-1", ResourceID: "vpc-1", Status: "ACTIVE", DestinationType: inventory.ToS3, Destination: "arn:aws:s3:::b"}
		got := judge(l, inventory.Bucket{Name: "b", Owned: true, Owner: owner, Policy: document}, nil)
		if got.Outcome == finding.Pass && !strings.Contains(document, "Deny") {
			t.Errorf("%q passes without denying anything", document)
		}
	})
}

func judge(l inventory.FlowLog, b inventory.Bucket, gaps []inventory.Gap) finding.Finding {
	inv := inventory.Inventory{
		Target: inventory.Target{Scope: inventory.Scope{Partition: "aws", Account: owner, Region: "eu-west-1"}, Gaps: gaps},
		Kinds:  []inventory.Kind{inventory.FlowLogs, inventory.Destinations}, FlowLogs: []inventory.FlowLog{l}, Named: inventory.Named{Buckets: []inventory.Bucket{b}},
	}
	inv.Normalize()
	inv.Named.Asked = inv.ReferredTo()
	return rule.Judge([]rule.Rule{flowlogbucketcheck.Rule()}, &inv, rule.DefaultPolicy())[0]
}
