package sandbox_test

import (
	"context"
	"fmt"
	"net/url"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/google/go-cmp/cmp"

	"flowproof/internal/sandbox"
)

const (
	anyoneTrusted = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"sts:AssumeRole"}]}`
	allAllowed    = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}`
)

// padded is a valid identity policy whose size, as IAM counts it, is exactly n.
func padded(n int) string {
	const base = `{"Version":"2012-10-17","Id":"","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}`
	return strings.Replace(base, `"Id":""`, `"Id":"`+strings.Repeat("x", n-len(base))+`"`, 1) + strings.Repeat(" \n", 100)
}

func (w *world) createRole(t *testing.T, name, path string) {
	t.Helper()
	_, err := w.iam().CreateRole(context.Background(), &iam.CreateRoleInput{
		RoleName: aws.String(name), Path: aws.String(path), AssumeRolePolicyDocument: aws.String(anyoneTrusted),
	})
	if err != nil {
		t.Fatal(err)
	}
}

func (w *world) createPolicy(t *testing.T, name string) (arn string) {
	t.Helper()
	out, err := w.iam().CreatePolicy(context.Background(), &iam.CreatePolicyInput{PolicyName: aws.String(name), PolicyDocument: aws.String(allAllowed)})
	if err != nil {
		t.Fatal(err)
	}
	return aws.ToString(out.Policy.Arn)
}

func TestRolesAreListedByNameInPages(t *testing.T) {
	t.Parallel()
	w := start(t, sandbox.DefaultScenario())
	for i := range 7 {
		w.createRole(t, fmt.Sprintf("role-%d", (i*3)%7), []string{"/", "/delivery/"}[i%2])
	}
	for _, test := range []struct {
		prefix string
		size   int32
		want   []string
	}{
		{"/", 3, []string{"role-0", "role-1", "role-2", "role-3", "role-4", "role-5", "role-6"}},
		{"/", 7, []string{"role-0", "role-1", "role-2", "role-3", "role-4", "role-5", "role-6"}},
		{"/delivery/", 1, []string{"role-1", "role-2", "role-3"}},
	} {
		pages := iam.NewListRolesPaginator(w.iam(), &iam.ListRolesInput{PathPrefix: aws.String(test.prefix), MaxItems: aws.Int32(test.size)})
		var got []string
		for pages.HasMorePages() {
			page, err := pages.NextPage(context.Background())
			if err != nil {
				t.Fatal(err)
			}
			if len(page.Roles) > int(test.size) {
				t.Errorf("page of %d, asked for %d", len(page.Roles), test.size)
			}
			for _, r := range page.Roles {
				got = append(got, aws.ToString(r.RoleName))
			}
		}
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("prefix %s, pages of %d: %s", test.prefix, test.size, diff)
		}
	}
}

func TestDocumentsComeBackAsTheyWent(t *testing.T) {
	t.Parallel()
	w := start(t, sandbox.DefaultScenario())
	document := strings.Replace(allAllowed, `"Action":"*"`, `"Action": [ "logs:*" ], "Sid":"a+b%20/é"`, 1)
	w.createRole(t, "r", "/")
	put := &iam.PutRolePolicyInput{RoleName: aws.String("r"), PolicyName: aws.String("p"), PolicyDocument: aws.String(document)}
	if _, err := w.iam().PutRolePolicy(context.Background(), put); err != nil {
		t.Fatal(err)
	}
	out, err := w.iam().GetRolePolicy(context.Background(), &iam.GetRolePolicyInput{RoleName: aws.String("r"), PolicyName: aws.String("p")})
	if err != nil {
		t.Fatal(err)
	}
	encoded := aws.ToString(out.PolicyDocument)
	// PathUnescape leaves "+" alone, as the AWS CLI does.
	if got, err := url.PathUnescape(encoded); err != nil || got != document || strings.ContainsAny(encoded, ` "{+`) {
		t.Errorf("%q, error %v", encoded, err)
	}
}

func TestIAMQuotas(t *testing.T) {
	t.Parallel()
	w := start(t, sandbox.DefaultScenario())
	ctx := context.Background()
	w.createRole(t, "r", "/")
	put := func(name string, size int) error {
		_, err := w.iam().PutRolePolicy(ctx, &iam.PutRolePolicyInput{RoleName: aws.String("r"), PolicyName: aws.String(name), PolicyDocument: aws.String(padded(size))})
		return err
	}
	managed := func(name string, size int) error {
		_, err := w.iam().CreatePolicy(ctx, &iam.CreatePolicyInput{PolicyName: aws.String(name), PolicyDocument: aws.String(padded(size))})
		return err
	}
	for name, err := range map[string]error{
		"a managed policy of the full size": managed("full", 6144),
		"an inline policy":                  put("a", 6000),
		"another that fills up the role":    put("b", 4240),
		"one in the place of an inline one": put("b", 4240),
	} {
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	wantError(t, managed("over", 6145), "LimitExceeded", 409, "PolicySize: 6144")
	wantError(t, put("c", 1000), "LimitExceeded", 409, "10240 bytes exceeded for role r")
	_, err := w.iam().CreateRole(ctx, &iam.CreateRoleInput{
		RoleName: aws.String("long"), AssumeRolePolicyDocument: aws.String(strings.Replace(anyoneTrusted, "2012-10-17\"", "2012-10-17\",\"Id\":\""+strings.Repeat("x", 2048)+"\"", 1)),
	})
	wantError(t, err, "LimitExceeded", 409, "ACLSizePerRole: 2048")
}

func TestIAMNames(t *testing.T) {
	t.Parallel()
	w := start(t, sandbox.DefaultScenario())
	ctx := context.Background()
	w.createRole(t, "Delivery", "/")
	w.createPolicy(t, "Delivery")
	_, err := w.iam().CreateRole(ctx, &iam.CreateRoleInput{RoleName: aws.String("DELIVERY"), AssumeRolePolicyDocument: aws.String(anyoneTrusted)})
	wantError(t, err, "EntityAlreadyExists", 409, "DELIVERY")
	_, err = w.iam().CreatePolicy(ctx, &iam.CreatePolicyInput{PolicyName: aws.String("delivery"), PolicyDocument: aws.String(allAllowed)})
	wantError(t, err, "EntityAlreadyExists", 409, "delivery")
	_, err = w.iam().GetPolicy(ctx, &iam.GetPolicyInput{PolicyArn: aws.String("short")})
	wantError(t, err, "ValidationError", 400, "20")
}

func TestPolicyThatBoundsARoleStays(t *testing.T) {
	t.Parallel()
	w := start(t, sandbox.DefaultScenario())
	ctx := context.Background()
	arn := w.createPolicy(t, "bound")
	_, err := w.iam().CreateRole(ctx, &iam.CreateRoleInput{
		RoleName: aws.String("r"), AssumeRolePolicyDocument: aws.String(anyoneTrusted), PermissionsBoundary: aws.String(arn),
	})
	if err != nil {
		t.Fatal(err)
	}
	out, err := w.iam().GetPolicy(ctx, &iam.GetPolicyInput{PolicyArn: aws.String(arn)})
	if err != nil || aws.ToInt32(out.Policy.PermissionsBoundaryUsageCount) != 1 || aws.ToInt32(out.Policy.AttachmentCount) != 0 {
		t.Errorf("%+v, error %v", out, err)
	}
	_, err = w.iam().DeletePolicy(ctx, &iam.DeletePolicyInput{PolicyArn: aws.String(arn)})
	wantError(t, err, "DeleteConflict", 409, "attached")
}

func TestTooManyTags(t *testing.T) {
	t.Parallel()
	w := start(t, sandbox.DefaultScenario())
	create := func(tags []types.Tag) error {
		_, err := w.iam().CreateRole(context.Background(), &iam.CreateRoleInput{
			RoleName: aws.String("r"), AssumeRolePolicyDocument: aws.String(anyoneTrusted), Tags: tags})
		return err
	}
	var many []types.Tag
	for i := range 51 {
		many = append(many, types.Tag{Key: aws.String(fmt.Sprint(i)), Value: aws.String("")})
	}
	long := strings.Repeat("ß", 257)
	wantError(t, create(many), "ValidationError", 400, "50")
	wantError(t, create([]types.Tag{{Key: aws.String(long), Value: aws.String("")}}), "ValidationError", 400, "128")
	wantError(t, create([]types.Tag{{Key: aws.String("k"), Value: aws.String(long)}}), "ValidationError", 400, "256")
	if err := create(many[:50]); err != nil {
		t.Error(err)
	}
}

func TestAttachedPoliciesByPath(t *testing.T) {
	t.Parallel()
	w := start(t, sandbox.DefaultScenario())
	ctx := context.Background()
	w.createRole(t, "r", "/")
	for _, name := range []string{"one", "two"} {
		arn := w.createPolicy(t, name)
		if _, err := w.iam().AttachRolePolicy(ctx, &iam.AttachRolePolicyInput{RoleName: aws.String("r"), PolicyArn: aws.String(arn)}); err != nil {
			t.Fatal(err)
		}
	}
	for prefix, want := range map[string]int{"/": 2, "/delivery/": 0} {
		out, err := w.iam().ListAttachedRolePolicies(ctx, &iam.ListAttachedRolePoliciesInput{RoleName: aws.String("r"), PathPrefix: aws.String(prefix)})
		if err != nil || len(out.AttachedPolicies) != want {
			t.Errorf("prefix %s: %+v, error %v", prefix, out, err)
		}
	}
}
