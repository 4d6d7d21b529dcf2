package awslive

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"testing"
	"time"

	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"
	"github.com/google/go-cmp/cmp"

	"flowproof/internal/inventory"
)

// answered is an API error as the SDK hands it over.
func answered(status int, code, message string) error {
	return &smithy.OperationError{ServiceID: "EC2", OperationName: "DescribeFlowLogs", Err: &awshttp.ResponseError{
		RequestID: "req-1",
		ResponseError: &smithyhttp.ResponseError{
			Response: &smithyhttp.Response{Response: &http.Response{StatusCode: status}},
			Err:      &smithy.GenericAPIError{Code: code, Message: message},
		},
	}}
}

func TestErrorsBecomeGapCauses(t *testing.T) {
	t.Parallel()
	const denied = "You are not authorized to perform this operation."
	user := "User: arn:aws:iam::123456789012:user/audit is not authorized to perform: ec2:DescribeFlowLogs "
	works := circumstances{credentials: true}
	optIn := circumstances{credentials: true, optIn: untold}
	tests := []struct {
		name string
		err  error
		with circumstances
		want inventory.Cause
	}{
		{"the bare old sentence", answered(403, "UnauthorizedOperation", denied), works, inventory.Denied},
		{"no identity-based policy", answered(403, "UnauthorizedOperation", user+"because no identity-based policy allows the ec2:DescribeFlowLogs action"), works, inventory.Denied},
		{"service control policy", answered(403, "UnauthorizedOperation", user+"with an explicit deny in a service control policy"), works, inventory.DeniedBySCP},
		{"service control policy with its ARN", answered(403, "AccessDenied", user+"with an explicit deny in a service control policy: arn:aws:organizations::1:policy/o-1/service_control_policy/p-1"), works, inventory.DeniedBySCP},
		{"permissions boundary", answered(403, "UnauthorizedOperation", user+"with an explicit deny in a permissions boundary: arn:aws:iam::1:policy/b"), works, inventory.Denied},
		{"resource control policy", answered(403, "AccessDeniedException", user+"with an explicit deny in a resource control policy"), works, inventory.Denied},
		{"session policy", answered(403, "AccessDenied", user+"with an explicit deny in a session policy"), works, inventory.Denied},
		{"AuthFailure in an opt-in Region", answered(401, "AuthFailure", "AWS was not able to validate the provided access credentials"), optIn, inventory.RegionDisabled},
		{"AuthFailure in a default Region", answered(401, "AuthFailure", "AWS was not able to validate the provided access credentials"), works, inventory.Credentials},
		{"AuthFailure when nothing worked yet", answered(401, "AuthFailure", "AWS was not able to validate the provided access credentials"), circumstances{}, inventory.Credentials},
		{"Region without the service", answered(400, "AuthFailure", "This request has been administratively disabled."), works, inventory.RegionDisabled},
		{"OptInRequired here only", answered(401, "OptInRequired", "You are not subscribed to this service."), works, inventory.RegionDisabled},
		{"OptInRequired everywhere", answered(401, "OptInRequired", "You are not subscribed to this service."), circumstances{}, inventory.Credentials},
		{"STS in a disabled Region", answered(403, "RegionDisabledException", "STS is not activated in this region"), works, inventory.RegionDisabled},
		{"expired session on EC2", answered(400, "RequestExpired", "Request has expired."), works, inventory.Credentials},
		{"expired token", answered(403, "ExpiredToken", "The security token included in the request is expired"), works, inventory.Credentials},
		{"invalid token", answered(403, "InvalidClientTokenId", "The security token included in the request is invalid."), works, inventory.Credentials},
		{"throttled", answered(503, "RequestLimitExceeded", "Request limit exceeded."), works, inventory.Throttled},
		{"server error", answered(500, "InternalError", "An internal error has occurred"), works, inventory.ServerError},
		{"unlisted code with 503", answered(503, "Mystery", "?"), works, inventory.ServerError},
		{"unlisted code with 403", answered(403, "Mystery", "?"), works, inventory.Denied},
		{"page token refused", answered(400, "InvalidNextToken", "The token is not valid."), works, inventory.Incomplete},
		{"DNS", &smithyhttp.RequestSendError{Err: &net.DNSError{Err: "no such host", Name: "ec2.eu-west-9.amazonaws.com"}}, works, inventory.Unreachable},
		{"refused", &smithyhttp.RequestSendError{Err: &net.OpError{Op: "dial", Err: errors.New("connection refused")}}, works, inventory.Unreachable},
		{"one call took too long", fmt.Errorf("call: %w", context.DeadlineExceeded), works, inventory.Unreachable},
		{"answer cut in the middle", &smithy.DeserializationError{Err: io.ErrUnexpectedEOF}, works, inventory.Incomplete},
		{"connection reset in the middle of the answer", &smithy.DeserializationError{Err: &net.OpError{Op: "read", Err: errors.New("connection reset by peer")}}, works, inventory.Incomplete},
		{"answer that is no XML", &smithy.DeserializationError{Err: errors.New("XML syntax error on line 1")}, works, inventory.Incomplete},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			tt.with.run = t.Context()
			got, message := classify(tt.err, tt.with)
			if got != tt.want {
				t.Errorf("classify = %q (%s), want %q", got, message, tt.want)
			}
			if message == "" {
				t.Error("no message")
			}
		})
	}
}

func TestInterruptionWinsOverWhateverTheCallSaid(t *testing.T) {
	t.Parallel()
	stopped, cancel := context.WithCancel(t.Context())
	cancel()
	late, cancelLate := context.WithDeadline(t.Context(), time.Unix(1, 0))
	defer cancelLate()
	for _, run := range []context.Context{stopped, late} {
		if got, _ := classify(answered(503, "RequestLimitExceeded", ""), circumstances{run: run}); got != inventory.Interrupted {
			t.Errorf("classify = %q, want interrupted", got)
		}
	}
}

func TestMessagesAreOneLineWithoutWhatChangesEachTime(t *testing.T) {
	t.Parallel()
	err := answered(403, "UnauthorizedOperation", "You are not\nauthorized.  Encoded authorization failure message: abc123")
	_, got := classify(err, circumstances{run: t.Context()})
	if diff := cmp.Diff("UnauthorizedOperation: You are not authorized.", got); diff != "" {
		t.Error(diff)
	}
}

func TestBackoffStaysUnderItsDoublingCeiling(t *testing.T) {
	t.Parallel()
	ceilings := []time.Duration{100, 200, 400, 800, 1600, 3200, 5000, 5000, 5000, 5000, 5000, 5000}
	for attempt, ceiling := range ceilings {
		for range 200 {
			got, err := backoff(attempt, nil)
			if err != nil || got < 0 || got >= ceiling*time.Millisecond {
				t.Fatalf("backoff(%d) = %s, %v, want below %dms", attempt, got, err, ceiling)
			}
		}
	}
}

func TestRetryerTakesTwelveAttemptsAndRetriesCutAnswers(t *testing.T) {
	t.Parallel()
	r, err := newRetryer()
	if err != nil {
		t.Fatal(err)
	}
	if got := r.MaxAttempts(); got != 12 {
		t.Errorf("MaxAttempts = %d, want 12", got)
	}
	for _, err := range []error{
		&smithy.DeserializationError{Err: io.ErrUnexpectedEOF},
		answered(503, "RequestLimitExceeded", "Request limit exceeded."),
		answered(500, "InternalError", ""),
	} {
		if !r.IsErrorRetryable(err) {
			t.Errorf("not retried: %v", err)
		}
	}
	for _, err := range []error{
		answered(403, "UnauthorizedOperation", ""),
		answered(401, "AuthFailure", ""),
		answered(400, "InvalidNextToken", ""),
	} {
		if r.IsErrorRetryable(err) {
			t.Errorf("retried: %v", err)
		}
	}
}
