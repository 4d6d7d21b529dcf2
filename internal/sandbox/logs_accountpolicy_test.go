package sandbox_test

import (
	"context"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"

	"flowproof/internal/sandbox"
)

// kept is what DescribeLogGroups says of how long a group keeps events, and by whose word.
func (w *world) kept(t *testing.T, group string) (int32, string) {
	t.Helper()
	out, err := w.logs("eu-west-1").DescribeLogGroups(context.Background(), &cloudwatchlogs.DescribeLogGroupsInput{LogGroupNamePrefix: aws.String(group)})
	if err != nil || len(out.LogGroups) != 1 {
		t.Fatalf("%v, %v", out, err)
	}
	return aws.ToInt32(out.LogGroups[0].RetentionInDays), aws.ToString(out.LogGroups[0].RetentionPolicyName)
}

func TestAccountPolicyOverridesTheRetentionOfAGroup(t *testing.T) {
	t.Parallel()
	c := newClock()
	w := start(t, scenario(t, `
accounts:
  - id: "123456789012"
    regions:
      eu-west-1:
        log_groups: [{name: old, retention_days: 3653}, {name: other, retention_days: 7}]
`), sandbox.WithClock(c.time))
	ctx, client := context.Background(), w.logs("eu-west-1")
	want := func(when, group string, days int32, policy string) {
		t.Helper()
		if d, p := w.kept(t, group); d != days || p != policy {
			t.Errorf("%s, %s keeps %d days by %q, want %d by %q", when, group, d, p, days, policy)
		}
	}
	put := func(name, document, criteria string) {
		t.Helper()
		in := &cloudwatchlogs.PutAccountPolicyInput{PolicyName: &name, PolicyType: types.PolicyTypeRetentionPolicy, PolicyDocument: &document}
		if criteria != "" {
			in.SelectionCriteria = &criteria
		}
		if _, err := client.PutAccountPolicy(ctx, in); err != nil {
			t.Fatal(err)
		}
	}
	put("base", `{"retentionInDays": 90, "enforcementMode": "RETROACTIVE"}`, "")
	want("at once", "old", 3653, "")
	c.pass(24 * time.Hour)
	want("a day later", "old", 90, "base")
	want("a day later", "other", 90, "base")

	if _, err := client.PutRetentionPolicy(ctx, &cloudwatchlogs.PutRetentionPolicyInput{LogGroupName: aws.String("old"), RetentionInDays: aws.Int32(365)}); err != nil {
		t.Fatal(err)
	}
	want("after PutRetentionPolicy", "old", 90, "base")

	put("longer", `{"retentionInDays": 400, "enforcementMode": "RETROACTIVE"}`, `LogGroupNamePrefix IN ["old"]`)
	put("base", `{"retentionInDays": 30, "enforcementMode": "RETROACTIVE"}`, "")
	put("new ones", `{"retentionInDays": "NEVER_EXPIRE", "enforcementMode": "NEW_ONLY"}`, "")
	want("before a change has an effect", "other", 90, "base")
	c.pass(24 * time.Hour)
	want("the longest", "old", 400, "longer")
	want("after a change", "other", 30, "base")
	if _, err := client.CreateLogGroup(ctx, &cloudwatchlogs.CreateLogGroupInput{LogGroupName: aws.String("new")}); err != nil {
		t.Fatal(err)
	}
	want("made since", "new", 0, "new ones")

	for _, name := range []string{"longer", "base"} {
		if _, err := client.DeleteAccountPolicy(ctx, &cloudwatchlogs.DeleteAccountPolicyInput{PolicyName: &name, PolicyType: types.PolicyTypeRetentionPolicy}); err != nil {
			t.Fatal(err)
		}
	}
	want("once the policies are gone, what was put", "old", 365, "")
	out, err := client.DescribeAccountPolicies(ctx, &cloudwatchlogs.DescribeAccountPoliciesInput{PolicyType: types.PolicyTypeRetentionPolicy})
	if err != nil || len(out.AccountPolicies) != 1 || aws.ToString(out.AccountPolicies[0].PolicyName) != "new ones" {
		t.Errorf("%+v, %v", out, err)
	}
}

func TestAccountPolicyThatCannotBe(t *testing.T) {
	t.Parallel()
	w := start(t, scenario(t, ""))
	for name, in := range map[string]cloudwatchlogs.PutAccountPolicyInput{
		"too short":               {PolicyDocument: aws.String(`{"retentionInDays": 7, "enforcementMode": "RETROACTIVE"}`)},
		"a length that is none":   {PolicyDocument: aws.String(`{"retentionInDays": 31, "enforcementMode": "RETROACTIVE"}`)},
		"no mode":                 {PolicyDocument: aws.String(`{"retentionInDays": 30}`)},
		"no JSON":                 {PolicyDocument: aws.String(`{`)},
		"a name of AWS":           {PolicyName: aws.String("aws/x")},
		"another type":            {PolicyType: types.PolicyTypeDataProtectionPolicy},
		"criteria of other types": {SelectionCriteria: aws.String(`LogGroupName NOT IN ["a"]`)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if in.PolicyName == nil {
				in.PolicyName = aws.String("p")
			}
			if in.PolicyDocument == nil {
				in.PolicyDocument = aws.String(`{"retentionInDays": 30, "enforcementMode": "RETROACTIVE"}`)
			}
			if in.PolicyType == "" {
				in.PolicyType = types.PolicyTypeRetentionPolicy
			}
			_, err := w.logs("eu-west-1").PutAccountPolicy(context.Background(), &in)
			wantError(t, err, "InvalidParameterException", 400, "")
		})
	}
}

func TestProtectedGroupIsNotDeleted(t *testing.T) {
	t.Parallel()
	w := start(t, scenario(t, ""))
	ctx, client, name := context.Background(), w.logs("eu-west-1"), aws.String("evidence")
	if _, err := client.CreateLogGroup(ctx, &cloudwatchlogs.CreateLogGroupInput{LogGroupName: name, DeletionProtectionEnabled: aws.Bool(true)}); err != nil {
		t.Fatal(err)
	}
	_, err := client.DeleteLogGroup(ctx, &cloudwatchlogs.DeleteLogGroupInput{LogGroupName: name})
	wantError(t, err, "ValidationException", 400, "deletion protection")
	if _, err := client.PutLogGroupDeletionProtection(ctx, &cloudwatchlogs.PutLogGroupDeletionProtectionInput{LogGroupIdentifier: name, DeletionProtectionEnabled: aws.Bool(false)}); err != nil {
		t.Fatal(err)
	}
	if _, err := client.DeleteLogGroup(ctx, &cloudwatchlogs.DeleteLogGroupInput{LogGroupName: name}); err != nil {
		t.Error(err)
	}
}
