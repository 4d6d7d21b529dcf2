package awscall_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go/middleware"

	"flowproof/internal/awscall"
)

// answering is a configuration whose every call gets the answer of a handler.
func answering(t *testing.T, answer http.HandlerFunc) aws.Config {
	t.Helper()
	server := httptest.NewServer(answer)
	t.Cleanup(server.Close)
	return aws.Config{
		BaseEndpoint: aws.String(server.URL), Region: "eu-west-1",
		Credentials: credentials.NewStaticCredentialsProvider("K", "S", ""),
		HTTPClient:  wholeBody{},
		Retryer:     func() aws.Retryer { return aws.NopRetryer{} },
		APIOptions:  []func(*middleware.Stack) error{awscall.Check},
	}
}

// wholeBody sends a request's body in one piece. The SDK's own breaks the connection where a server
// answers before the end of the request is sent.
type wholeBody struct{}

var plainClient = awshttp.NewBuildableClient().WithTransportOptions(func(t *http.Transport) { t.Proxy = awscall.NoRedirects(nil) })

func (wholeBody) Do(r *http.Request) (*http.Response, error) {
	if r.Body != nil {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return nil, err
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
	}
	return plainClient.Do(r)
}

// saying answers everything with one body.
func saying(t *testing.T, status int, body string) aws.Config {
	t.Helper()
	return answering(t, func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		_, _ = fmt.Fprint(w, body)
	})
}

func TestAListIsAnAnswerWhereItsElementIsThere(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		status int
		body   string
		whole  bool
	}{
		{"an empty list", 200, `<DescribeVpcsResponse><vpcSet/></DescribeVpcsResponse>`, true},
		{"a list, whatever its namespace", 200, `<?xml version="1.0"?>` + "\n" + `<x:DescribeVpcsResponse xmlns:x="urn:y"><vpcSet><item/></vpcSet></x:DescribeVpcsResponse>`, true},
		{"no list", 200, `<DescribeVpcsResponse><requestId>1</requestId></DescribeVpcsResponse>`, false},
		{"an empty root", 200, `<DescribeVpcsResponse/>`, false},
		{"nothing", 200, ``, false},
		{"nothing, said so", 204, ``, false},
		{"a page of HTML", 200, `<!DOCTYPE html><html><body>Sign in</body></html>`, false},
		{"JSON", 200, `{}`, false},
		{"text", 200, `it works`, false},
		{"an error document", 200, `<ErrorResponse><Error><Code>Denied</Code></Error></ErrorResponse>`, false},
		{"an error document of EC2", 200, `<Response><Errors><Error><Code>Denied</Code></Error></Errors></Response>`, false},
		{"another operation's answer", 200, `<DescribeSubnetsResponse><subnetSet/></DescribeSubnetsResponse>`, false},
		{"another status", 202, `<DescribeVpcsResponse><vpcSet/></DescribeVpcsResponse>`, false},
		{"an answer that ends before its root", 200, `<DescribeVpcsResponse><vpcSet/>`, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := ec2.NewFromConfig(saying(t, tt.status, tt.body)).DescribeVpcs(t.Context(), nil)
			var no *awscall.NoAnswerError
			switch {
			case tt.whole && err != nil:
				t.Error(err)
			case !tt.whole && !errors.As(err, &no):
				t.Errorf("error %v, want that it is no answer", err)
			case !tt.whole && (no.Service != "EC2" || no.Operation != "DescribeVpcs" || no.Status != tt.status):
				t.Errorf("the error is about %+v", no)
			}
		})
	}
}

func TestAnIdentityHasAnAccountAndAnARN(t *testing.T) {
	t.Parallel()
	for body, whole := range map[string]bool{
		`<Account>123456789012</Account><Arn>arn:aws:iam::123456789012:root</Arn>`: true,
		`<Account>123456789012</Account>`:                                          false,
		`<Arn>arn:aws:iam::123456789012:root</Arn>`:                                false,
		`<Account>12345678901</Account><Arn>arn:aws:iam::123456789012:root</Arn>`:  false,
		`<Account>123456789012</Account><Arn>me</Arn>`:                             false,
		``: false,
	} {
		cfg := saying(t, 200, `<GetCallerIdentityResponse><GetCallerIdentityResult>`+body+`</GetCallerIdentityResult></GetCallerIdentityResponse>`)
		_, err := sts.NewFromConfig(cfg).GetCallerIdentity(t.Context(), nil)
		if (err == nil) != whole {
			t.Errorf("%s: %v", body, err)
		}
	}
}

func TestAnOperationThatIsNotKnownIsNotSent(t *testing.T) {
	t.Parallel()
	cfg := answering(t, func(http.ResponseWriter, *http.Request) { t.Error("it was sent") })
	if _, err := ec2.NewFromConfig(cfg).DeleteVpc(context.Background(), &ec2.DeleteVpcInput{VpcId: aws.String("vpc-1")}); err == nil || !strings.Contains(err.Error(), "was not sent") {
		t.Errorf("error %v", err)
	}
}

func TestAWriteOfIAMIsAnsweredWithItsMetadata(t *testing.T) {
	t.Parallel()
	for body, whole := range map[string]bool{
		`<DeleteRoleResponse xmlns="urn:x"><ResponseMetadata><RequestId>1</RequestId></ResponseMetadata></DeleteRoleResponse>`: true,
		`<DeleteRoleResponse>` + strings.Repeat(" ", 5000) + `<ResponseMetadata/></DeleteRoleResponse>`:                        true,
		`<DeleteRoleResponse><ResponseMetadata/>`:                            false,
		`<DeleteRoleResponse/>`:                                              false,
		`<PutRolePolicyResponse><ResponseMetadata/></PutRolePolicyResponse>`: false,
		``: false,
	} {
		_, err := iam.NewFromConfig(saying(t, 200, body)).DeleteRole(t.Context(), &iam.DeleteRoleInput{RoleName: aws.String("r")})
		if (err == nil) != whole {
			t.Errorf("%s: %v", body, err)
		}
	}
}
