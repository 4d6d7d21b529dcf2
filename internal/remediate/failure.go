package remediate

import (
	"cmp"
	"context"
	"errors"
	"io"
	"regexp"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"flowproof/internal/awscall"
)

// failureClass says what to do about a failure.
type failureClass int

const (
	refused      failureClass = iota // as it stands it will never work
	transient                        // throttling, 5xx, a conflict: again in a moment
	unanswered                       // no answer of AWS's came: it may have been done
	unshown                          // it was accepted, and reading back does not show it
	unpropagated                     // what was just made is not known everywhere yet
	unlinked                         // what AWS makes by itself is not there yet
	exists                           // what the request wants is there
	absent                           // what the request is about is not there
	deniedCaller                     // the caller may not
	overLimit                        // a limit is reached
	tokenReused                      // the client token was used for another request
)

// failure is an error of AWS, or of the way to it, read once.
type failure struct {
	class   failureClass
	code    string
	message string
	garbled bool // something came that is no answer of the operation, where nothing came otherwise
	lasting bool // another attempt would bring the same
}

// codesOf lists error codes as AWS services spell them (EC2 API error reference, references of
// IAM, CloudWatch Logs and S3, recorded answers).
var codesOf = []struct {
	class failureClass
	codes []string
}{
	{deniedCaller, []string{
		"UnauthorizedOperation", "Client.UnauthorizedOperation", "AccessDenied", "AccessDeniedException", "AuthFailure",
		"OptInRequired", "UnrecognizedClientException", "InvalidClientTokenId", "ExpiredToken", "ExpiredTokenException",
		"RequestExpired", "SignatureDoesNotMatch", "InvalidSignatureException", "AllAccessDisabled", "Forbidden",
	}},
	{overLimit, []string{
		"FlowLogsLimitExceeded", "LimitExceeded", "LimitExceededException", "ResourceLimitExceeded", "ServiceQuotaExceededException",
		"PolicyTooLarge", "TagLimitExceeded",
	}},
	{exists, []string{"FlowLogAlreadyExists", "ResourceAlreadyExistsException", "EntityAlreadyExists"}},
	{absent, []string{
		"NoSuchEntity", "ResourceNotFoundException", "InvalidFlowLogId.NotFound", "NoSuchBucketPolicy", "NoSuchBucket", "NotFound",
		"InvalidVpcID.NotFound",
	}},
	{transient, []string{
		"OperationAborted", "OperationAbortedException", "DeleteConflict", "ConcurrentModification", "InternalError", "InternalFailure",
		"ServiceUnavailable", "ServiceUnavailableException", "Unavailable", "SlowDown", "ServiceFailure", "500", "503",
	}},
	{tokenReused, []string{"IdempotentParameterMismatch"}},
}

// messagesOf lists what tells a failure where its code says nothing: items of CreateFlowLogs
// come with the code "400" (observed), and a role that is not known yet with InvalidParameter.
var messagesOf = []struct {
	class failureClass
	part  string
}{
	{unpropagated, "unable to assume given iam role"},
	{unlinked, "service linked role is not yet available"}, // IncorrectState, of the first flow log with tag fields
	{exists, "existing flow log with the same configuration"},
	{overLimit, "maximum number of flow logs"},
	{transient, "internal error"},
	{transient, "rate exceeded"},
}

// failureOf reads an error of a request.
func failureOf(err error) failure {
	var came *awscall.NoAnswerError
	if errors.As(err, &came) {
		return failure{class: unanswered, message: oneLine(came.Error()), garbled: true, lasting: !came.RetryableError()}
	}
	var api smithy.APIError
	if !errors.As(err, &api) {
		f := failure{class: refused, message: oneLine(rootMessage(err))}
		if isBroken(err) {
			f.class = unanswered
		}
		return f
	}
	f := classify(api.ErrorCode(), api.ErrorMessage())
	var answer *smithyhttp.ResponseError
	if f.class == refused && errors.As(err, &answer) && answer.HTTPStatusCode() >= 500 {
		f.class = transient
	}
	return f
}

// classify reads a code and a message, of a whole request or of one item in it.
func classify(code, message string) failure {
	f := failure{class: refused, code: code, message: oneLine(message)}
	for _, known := range codesOf {
		if slices.Contains(known.codes, code) {
			f.class = known.class
			return f
		}
	}
	if _, throttled := retry.DefaultThrottleErrorCodes[code]; throttled {
		f.class = transient
		return f
	}
	lower := strings.ToLower(message)
	for _, known := range messagesOf {
		if strings.Contains(lower, known.part) {
			f.class = known.class
			return f
		}
	}
	return f
}

// isBroken reports whether an error is of the connection: the request may have been acted on.
func isBroken(err error) bool {
	if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) || errors.Is(err, context.DeadlineExceeded) {
		return true
	}
	var sending *smithyhttp.RequestSendError
	var reading *smithy.DeserializationError
	return errors.As(err, &sending) || errors.As(err, &reading) ||
		retry.RetryableConnectionError{}.IsErrorRetryable(err) == aws.TrueTernary
}

// outcome is how a failure ends a step for which there is nothing more to try.
func (f failure) outcome() Outcome {
	switch f.class {
	case deniedCaller:
		return Denied
	case overLimit:
		return Limited
	case unanswered, unshown:
		return Unknown
	}
	return Failed
}

// recorded is the failure as an answer in the journal: AWS's code, or what stands for one.
func (f failure) recorded() (code, message string) {
	switch {
	case f.garbled:
		return noAnswer, f.message
	case f.class == unanswered:
		return brokenConnection, f.message
	}
	return cmp.Or(f.code, "error"), f.message
}

// text is the failure in one line.
func (f failure) text() string {
	if f.code == "" {
		return f.message
	}
	return strings.TrimSuffix(f.code+": "+f.message, ": ")
}

// textFor is the failure of an action in one line, with what it usually means where AWS leaves that out.
func (f failure) textFor(a Action) string {
	text := f.text()
	if hint := f.hint(a); hint != "" {
		text += " (" + hint + ")"
	}
	return text
}

// namedAction is how AWS names the action that was not allowed (IAM user guide, "Troubleshoot access denied
// error messages").
var namedAction = regexp.MustCompile(`perform: ?[a-z0-9-]+:[A-Z]`)

// hint says what a message of AWS leaves out. Which permission lacks for CreateFlowLogs AWS often does not
// say (observed).
func (f failure) hint(a Action) string {
	lower := strings.ToLower(f.message)
	switch {
	case strings.Contains(lower, "access denied for logdestination"), strings.Contains(lower, "logdestinationpermission"):
		return "the bucket's policy does not let delivery.logs.amazonaws.com write, or has no room left"
	case strings.Contains(lower, "undeliverable"):
		return "the bucket's default key has to be a customer-managed one, given as an ARN"
	case strings.Contains(lower, "kms key") && (a == CreateLogGroup || a == AssociateKMSKey):
		return "the policy of the key has to let CloudWatch Logs use it for this log group: flowproof kb show " + encryptionRule + " has the statement"
	case f.class != deniedCaller:
		return ""
	case a == CreateRole, a == PutRolePolicy:
		return "where roles may not be made, --delivery-role plans with one that exists; where they need a boundary or a path, --permissions-boundary and --role-path plan with it"
	case a == PutRetentionPolicy:
		return "the flow log does not wait for it; --retention-days 0 plans none, where somebody else sets how long groups keep records"
	case strings.Contains(lower, "service control policy"):
		return "a service control policy of the organisation denies it, and nothing in this account can allow it"
	case a == CreateFlowLog && !namedAction.MatchString(f.message):
		return "for CreateFlowLogs it may be iam:PassRole, logs:CreateLogDelivery or ec2:CreateTags that is missing: see flowproof policy write"
	}
	return ""
}

// rootMessage is the innermost error's text: the SDK's wrapping names ids of requests.
func rootMessage(err error) string {
	for {
		inner := errors.Unwrap(err)
		if inner == nil {
			return err.Error()
		}
		err = inner
	}
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }
