package awscall_test

import (
	"context"
	"errors"
	"net/http/httptest"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	accountapi "github.com/aws/aws-sdk-go-v2/service/account"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/schemas"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/firehose"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/organizations"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go/middleware"
	"github.com/aws/smithy-go/transport/http/protocol/awsjson"

	"flowproof/internal/awscall"
	"flowproof/internal/remediate"
	"flowproof/internal/sandbox"
	"flowproof/internal/source/awslive"
)

// clientsOf makes a client of each service that is read or written, by the name that the tables of
// permissions give it.
func clientsOf(cfg aws.Config) map[string]any {
	return map[string]any{
		"ec2": ec2.NewFromConfig(cfg), "iam": iam.NewFromConfig(cfg), "sts": sts.NewFromConfig(cfg),
		"logs": cloudwatchlogs.NewFromConfig(cfg), "firehose": firehose.NewFromConfig(cfg),
		"organizations": organizations.NewFromConfig(cfg), "account": accountapi.NewFromConfig(cfg),
		"s3":         s3.NewFromConfig(cfg, func(o *s3.Options) { o.UsePathStyle = true }),
		"cloudwatch": cloudwatch.NewFromConfig(cfg, func(o *cloudwatch.Options) { o.Protocol = awsjson.New10(schemas.GraniteServiceVersion20100801) }),
	}
}

// everyCall is every call that the program makes, as SERVICE:Operation.
func everyCall() []string {
	calls := remediate.Writes()
	for _, p := range awslive.Permissions() {
		calls = append(calls, p.Call)
	}
	slices.Sort(calls)
	return calls
}

// makeCall calls an operation, with something in each member of its input.
func makeCall(ctx context.Context, t *testing.T, cfg aws.Config, name string) error {
	t.Helper()
	return callWith(ctx, t, cfg, name, fill)
}

// callWith calls an operation with the input that fill fills.
func callWith(ctx context.Context, t *testing.T, cfg aws.Config, name string, fill func(reflect.Value)) error {
	t.Helper()
	service, operation, _ := strings.Cut(name, ":")
	method := reflect.ValueOf(clientsOf(cfg)[service]).MethodByName(operation)
	if !method.IsValid() {
		t.Fatalf("the SDK has no %s", name)
	}
	input := reflect.New(method.Type().In(1).Elem())
	fill(input.Elem())
	out := method.Call([]reflect.Value{reflect.ValueOf(ctx), input})
	err, _ := out[1].Interface().(error)
	return err
}

func fill(input reflect.Value) {
	for i := range input.NumField() {
		field := input.Field(i)
		if !field.CanSet() || strings.HasPrefix(input.Type().Field(i).Name, "Checksum") {
			continue
		}
		switch v := field.Addr().Interface().(type) {
		case **string:
			*v = aws.String("123456789012")
		case **int32:
			*v = aws.Int32(60)
		case **time.Time:
			*v = aws.Time(time.Unix(1e9, 0))
		case *[]string:
			*v = []string{"123456789012"}
		default:
			if field.Kind() == reflect.String { // an enumeration
				field.SetString("VPC")
			}
		}
	}
}

// served is a configuration for a sandbox whose every answer a fault changes.
func served(t *testing.T, fault string) aws.Config {
	t.Helper()
	sc, err := sandbox.ParseScenario([]byte("faults: [" + fault + "]"))
	if err != nil {
		t.Fatal(err)
	}
	world, err := sandbox.New(sc)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(world)
	t.Cleanup(server.Close)
	t.Cleanup(world.Close)
	return aws.Config{
		BaseEndpoint: aws.String(server.URL), Region: "eu-west-1",
		Credentials: credentials.NewStaticCredentialsProvider("K", "S", ""),
		Retryer:     func() aws.Retryer { return aws.NopRetryer{} },
		HTTPClient:  wholeBody{},
		APIOptions:  []func(*middleware.Stack) error{awscall.Check},
	}
}

// passing are the bodies that nothing tells from an operation's own answer: whether such a write was
// done, only reading it back can show.
var passing = map[string][]string{
	"s3:GetObject":               {"html", "empty", "json", "text", "error", "other", "bare"}, // any bytes
	"s3:PutBucketPolicy":         {"html", "empty", "no-content", "json", "text", "other", "bare"},
	"s3:DeleteBucketPolicy":      {"html", "empty", "no-content", "json", "text", "other", "bare"},
	"s3:HeadBucket":              {"error", "other", "bare"}, // it has no body: these have S3's headers
	"ec2:DeleteFlowLogs":         {"bare"},
	"iam:DeleteRole":             {"bare"},
	"iam:DeleteRolePolicy":       {"bare"},
	"iam:PutRolePolicy":          {"bare"},
	"iam:UpdateAssumeRolePolicy": {"bare"},
	"logs:CreateLogGroup":        {"empty", "bare"},
	"logs:DeleteLogGroup":        {"empty", "bare"},
	"logs:PutRetentionPolicy":    {"empty", "bare"},
	"logs:DeleteRetentionPolicy": {"empty", "bare"},
	"logs:AssociateKmsKey":       {"empty", "bare"},
	"logs:DisassociateKmsKey":    {"empty", "bare"},
}

// TestNothingElsePassesForAnAnswer puts each kind of body that is no answer in place of the answer to
// every call that the program makes.
func TestNothingElsePassesForAnAnswer(t *testing.T) {
	t.Parallel()
	for _, body := range []string{"html", "empty", "no-content", "json", "text", "error", "other", "bare"} {
		t.Run(body, func(t *testing.T) {
			t.Parallel()
			cfg := served(t, "{do: no-answer, body: "+body+"}")
			for _, name := range everyCall() {
				err := makeCall(t.Context(), t, cfg, name)
				var no *awscall.NoAnswerError
				switch wanted := slices.Contains(passing[name], body); {
				case wanted && err != nil:
					t.Errorf("%s: %v", name, err)
				case body == "error" && strings.HasPrefix(name, "s3:") && err != nil:
					// The SDK knows an error document of S3 whatever its status.
				case !wanted && !errors.As(err, &no):
					t.Errorf("%s: error %v, want that this is no answer", name, err)
				case !wanted && !strings.HasSuffix(name, ":"+no.Operation):
					t.Errorf("%s: the error is about %s", name, no.Operation)
				}
			}
		})
	}
}

func TestARedirectIsNotFollowedAndNamesItsPlace(t *testing.T) {
	t.Parallel()
	for _, status := range []string{"301", "302", "303", "307", "308"} {
		t.Run(status, func(t *testing.T) {
			t.Parallel()
			cfg := served(t, "{do: redirect, status: "+status+", location: 'http://login.example/in?a=b'}")
			for _, name := range everyCall() {
				err := makeCall(t.Context(), t, cfg, name)
				var no *awscall.NoAnswerError
				if !errors.As(err, &no) || no.Location != "http://login.example/in?a=b" || !strings.Contains(no.Error(), status) || no.RetryableError() {
					t.Errorf("%s: error %v, want one that names status and place", name, err)
				}
			}
		})
	}
}
