package awslive

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"

	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"flowproof/internal/awscall"
	"flowproof/internal/inventory"
)

// The error codes of each cause, as AWS services spell them (EC2 API error reference, STS and
// IAM references, recorded answers). What a service does not know in a Region that has to be enabled
// is another matter: see circumstances.foreign.
var causeByCode = map[inventory.Cause][]string{
	inventory.Denied: {
		"UnauthorizedOperation", "AccessDenied", "AccessDeniedException", "Client.UnauthorizedOperation",
	},
	inventory.Credentials: {
		"AuthFailure", "RequestExpired", "ExpiredToken", "ExpiredTokenException", "InvalidClientTokenId",
		"UnrecognizedClientException", "SignatureDoesNotMatch", "InvalidSignatureException",
		"IncompleteSignature", "MissingAuthenticationToken", "Blocked",
	},
	inventory.Throttled: {
		"RequestLimitExceeded", "Throttling", "ThrottlingException", "ThrottledException", "RequestThrottled",
		"RequestThrottledException", "TooManyRequestsException", "EC2ThrottledException", "SlowDown",
		"PriorRequestNotComplete", "BandwidthLimitExceeded", "RequestThrottledException", "TransactionInProgressException",
	},
	inventory.RegionDisabled: {"OptInRequired", "RegionDisabledException", "RegionDisabled"},
	inventory.ServerError: {
		"InternalError", "InternalFailure", "InternalServerError", "ServiceUnavailable", "Unavailable",
		"ServiceUnavailableException", "InternalServiceError", "ServerInternal",
	},
}

// circumstances is what is known beside an error, and decides the ambiguous ones.
type circumstances struct {
	run         context.Context // done: somebody pressed Ctrl-C, or the scope's deadline passed
	credentials bool            // the same credentials worked elsewhere
	optIn       optIn           // whether the account has enabled the Region, once a service does not know the credentials
	token       bool            // the credentials are a session's that somebody else started
}

// classify says why a call failed, and what AWS said in one line.
func classify(err error, c circumstances) (inventory.Cause, string) {
	var api smithy.APIError
	var body *smithy.DeserializationError
	var given notTried
	var noAnswer *awscall.NoAnswerError
	var none *CredentialsError
	switch {
	case c.run.Err() != nil:
		return inventory.Interrupted, interruption(c.run)
	case errors.As(err, &given):
		return given.cause, given.Error()
	case errors.As(err, &noAnswer):
		return inventory.Incomplete, renewal(err) + oneLine(noAnswer.Error())
	case errors.As(err, &api) && c.optIn != forAll && looksForeign(err) && !isAdministrative(api):
		return c.foreign(api)
	case errors.As(err, &api):
		return classifyAPI(err, api, c), renewal(err) + describeAPI(api)
	case errors.As(err, &none):
		return none.Cause, none.Message
	case isTimeout(err):
		return inventory.Unreachable, "no answer in time: " + rootMessage(err)
	case isCut(err), errors.As(err, &body):
		return inventory.Incomplete, "the answer broke off or could not be read: " + rootMessage(err)
	case isNetwork(err):
		return inventory.Unreachable, withWayOut(rootMessage(err), err)
	case strings.Contains(err.Error(), "credentials"), strings.Contains(err.Error(), "failed to sign"):
		return inventory.Credentials, rootMessage(err)
	}
	return inventory.Unreachable, withWayOut(rootMessage(err), err)
}

func classifyAPI(err error, api smithy.APIError, c circumstances) inventory.Cause {
	code, message := api.ErrorCode(), api.ErrorMessage()
	if code == "AuthFailure" && isAdministrative(api) {
		return inventory.RegionDisabled
	}
	for cause, codes := range causeByCode {
		if !slices.Contains(codes, code) {
			continue
		}
		if cause == inventory.Denied && strings.Contains(message, "explicit deny in a service control policy") {
			return inventory.DeniedBySCP
		}
		if code == "OptInRequired" && !c.credentials {
			return inventory.Credentials // an account that may use nothing yet
		}
		return cause
	}
	return causeByStatus(err)
}

// isAdministrative reports whether a service is not there in the Region at all.
func isAdministrative(api smithy.APIError) bool {
	return strings.Contains(api.ErrorMessage(), "administratively disabled")
}

// causeByStatus classes codes that nobody has listed.
func causeByStatus(err error) inventory.Cause {
	var resp *awshttp.ResponseError
	if !errors.As(err, &resp) {
		return inventory.Incomplete
	}
	switch status := resp.HTTPStatusCode(); {
	case status == http.StatusTooManyRequests:
		return inventory.Throttled
	case status >= http.StatusInternalServerError:
		return inventory.ServerError
	case status == http.StatusUnauthorized:
		return inventory.Credentials
	case status == http.StatusForbidden:
		return inventory.Denied
	}
	return inventory.Incomplete
}

func interruption(run context.Context) string {
	if errors.Is(run.Err(), context.DeadlineExceeded) {
		return "the time for this account and Region was up"
	}
	return "the run was interrupted before this was read"
}

func isCut(err error) bool {
	return errors.Is(err, io.ErrUnexpectedEOF) || strings.Contains(err.Error(), "unexpected EOF")
}

func isTimeout(err error) bool {
	var net net.Error
	return errors.Is(err, context.DeadlineExceeded) || errors.As(err, &net) && net.Timeout()
}

func isNetwork(err error) bool {
	var send *smithyhttp.RequestSendError
	var op *net.OpError
	var dns *net.DNSError
	return errors.As(err, &send) || errors.As(err, &op) || errors.As(err, &dns)
}

// renewal says that it was not the call that AWS refused, but the role that it needs anew: its session
// had come to its end.
func renewal(err error) string {
	if operation, ok := errors.AsType[*smithy.OperationError](err); ok && operation.Service() != "STS" && strings.Contains(err.Error(), "operation error STS: AssumeRole") {
		return "the role's session has ended, and sts:AssumeRole gave no other: "
	}
	return ""
}

// describeAPI is AWS's code and message in one line. The encoded authorization message is
// left out: it is long, different each time, and only its owner can decode it.
func describeAPI(api smithy.APIError) string {
	message := api.ErrorMessage()
	if i := strings.Index(message, "Encoded authorization failure message"); i >= 0 {
		message = message[:i]
	}
	return strings.TrimSpace(api.ErrorCode() + ": " + oneLine(message))
}

// rootMessage is the innermost error's text: the SDK's own wrapping names ids that differ in
// every run.
func rootMessage(err error) string {
	for {
		inner := errors.Unwrap(err)
		if inner == nil {
			return oneLine(err.Error())
		}
		err = inner
	}
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }
