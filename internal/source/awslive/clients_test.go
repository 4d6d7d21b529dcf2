package awslive

import (
	"errors"
	"net/http"
	"reflect"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
)

// refusing sends nothing, and keeps who signed what it was given.
type refusing struct{ signed []string }

func (r *refusing) Do(req *http.Request) (*http.Response, error) {
	r.signed = append(r.signed, req.Header.Get("Authorization"))
	return nil, errors.New("nothing is sent")
}

// TestCallsForAnotherAccountCarryItsCredentials makes every call that is read of EC2 through the view
// of another account, and wants each to be signed with its credentials: with the caller's own, the
// caller's account would be read in its place.
func TestCallsForAnotherAccountCarryItsCredentials(t *testing.T) {
	t.Parallel()
	keys := func(id string) aws.CredentialsProvider {
		return credentials.NewStaticCredentialsProvider(id, "secret", "")
	}
	calls := reflect.TypeFor[regionReader]()
	for i := range calls.NumMethod() {
		call := calls.Method(i)
		var sent refusing
		client := ec2.New(ec2.Options{Region: "eu-west-1", Credentials: keys("CALLER"), HTTPClient: &sent, Retryer: aws.NopRetryer{}})
		reflect.ValueOf(as{client, keys("OTHER")}).MethodByName(call.Name).Call([]reflect.Value{
			reflect.ValueOf(t.Context()), reflect.New(call.Type.In(1).Elem()),
		})
		if len(sent.signed) != 1 || !strings.Contains(sent.signed[0], "Credential=OTHER/") {
			t.Errorf("%s was signed as %q", call.Name, sent.signed)
		}
	}
}
