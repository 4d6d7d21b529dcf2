package awscall

import (
	"reflect"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/account"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/firehose"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/organizations"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/signin"
	"github.com/aws/aws-sdk-go-v2/service/sso"
	"github.com/aws/aws-sdk-go-v2/service/ssooidc"
	"github.com/aws/aws-sdk-go-v2/service/sts"
)

// outputOf is the type of what an operation gives.
func outputOf(t *testing.T, c call) reflect.Type {
	t.Helper()
	client, known := map[string]reflect.Type{
		ec2.ServiceID: reflect.TypeFor[*ec2.Client](), iam.ServiceID: reflect.TypeFor[*iam.Client](), s3.ServiceID: reflect.TypeFor[*s3.Client](),
		sts.ServiceID: reflect.TypeFor[*sts.Client](), cloudwatchlogs.ServiceID: reflect.TypeFor[*cloudwatchlogs.Client](),
		cloudwatch.ServiceID: reflect.TypeFor[*cloudwatch.Client](), firehose.ServiceID: reflect.TypeFor[*firehose.Client](),
		organizations.ServiceID: reflect.TypeFor[*organizations.Client](), account.ServiceID: reflect.TypeFor[*account.Client](),
		sso.ServiceID: reflect.TypeFor[*sso.Client](), ssooidc.ServiceID: reflect.TypeFor[*ssooidc.Client](), signin.ServiceID: reflect.TypeFor[*signin.Client](),
	}[c.service]
	if !known {
		t.Fatalf("no service of the SDK is called %q", c.service)
	}
	method, found := client.MethodByName(c.operation)
	if !found {
		t.Fatalf("%s has no %s", c.service, c.operation)
	}
	return method.Type.Out(0).Elem()
}

// memberOf is the type of what a path leads to; nil where it leads nowhere.
func memberOf(output reflect.Type, p path) reflect.Type {
	for _, name := range p {
		for output.Kind() == reflect.Pointer {
			output = output.Elem()
		}
		if output.Kind() != reflect.Struct {
			return nil
		}
		field, found := output.FieldByName(name)
		if !found {
			return nil
		}
		output = field.Type
	}
	return output
}

// TestMembersAreThoseOfTheSDK holds the table to the SDK's types: each member is there, and can be
// seen to be absent; each token of a list is in the table.
func TestMembersAreThoseOfTheSDK(t *testing.T) {
	t.Parallel()
	for c, a := range answers {
		output := outputOf(t, c)
		for _, p := range append(a.always, a.filled, a.account, a.arn, a.token, a.truncated) {
			switch member := memberOf(output, p); {
			case len(p) == 0:
			case member == nil:
				t.Errorf("%v has no %v", c, p)
			case member.Kind() == reflect.Struct, member.Kind() == reflect.String:
				t.Errorf("%v: nobody can see whether %v came", c, p)
			}
		}
		for i := range output.NumField() {
			name := output.Field(i).Name
			isToken := name == "NextToken" || name == "Marker" || strings.HasSuffix(name, "ContinuationToken")
			if isToken && len(a.token) == 0 {
				t.Errorf("%v gives the token %s, which is not looked at", c, name)
			}
		}
	}
}
