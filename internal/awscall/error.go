package awscall

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// NoAnswerError says that what came back is not the answer of the operation that was called. Nothing
// is known of what was asked for; a write may have been done. Its texts come from whoever answered:
// they are printable only once they were made so.
type NoAnswerError struct {
	Service   string // as the SDK names it: EC2, CloudWatch Logs
	Operation string

	Status      int // 0 where it is not known
	ContentType string
	Began       string // how the body began, never with anything secret
	Location    string // where a redirect points
	Region      string // of the bucket, where S3 says it along with a redirect

	Why string // what is wrong with it
	Err error  // the SDK's own, where it could not read the answer; nil elsewhere

	final bool // another attempt would bring the same
}

func (e *NoAnswerError) Error() string {
	var came []string
	if e.Status != 0 {
		came = append(came, fmt.Sprintf("HTTP status %d", e.Status))
	}
	if e.ContentType != "" {
		came = append(came, "content type "+e.ContentType)
	}
	if e.Began != "" {
		came = append(came, e.Began)
	}
	text := "this is no answer of " + cmp.Or(e.Operation, "AWS") + ": " + e.Why
	if len(came) > 0 {
		text += " (" + strings.Join(came, ", ") + ")"
	}
	return text
}

// Unwrap gives the SDK's own error.
func (e *NoAnswerError) Unwrap() error { return e.Err }

// RetryableError tells the SDK's retryer to try again, as after a connection that broke: whatever
// answered may be gone by then.
func (e *NoAnswerError) RetryableError() bool { return !e.final }

// call is one operation of a service.
type call struct{ service, operation string }

// noAnswer is the error about the response that came to a call.
func (c call) noAnswer(resp *smithyhttp.Response, why string) *NoAnswerError {
	if resp == nil {
		return &NoAnswerError{Service: c.service, Operation: c.operation, Why: why}
	}
	if b, ok := resp.Body.(*body); ok {
		return b.noAnswer(why)
	}
	return &NoAnswerError{
		Service: c.service, Operation: c.operation, Status: resp.StatusCode, ContentType: resp.Header.Get("Content-Type"), Why: why,
	}
}

// named adds the call to the error of a redirect, which the HTTP client noticed without knowing it.
func (c call) named(err error) error {
	var no *NoAnswerError
	if errors.As(err, &no) && no.Operation == "" {
		no.Service, no.Operation = c.service, c.operation
	}
	return err
}

// headerBucketRegion is where S3 says in which Region a bucket is, when it refuses too (S3 API
// reference, HeadBucket).
const headerBucketRegion = "X-Amz-Bucket-Region"

// redirect is the error about an answer that points elsewhere. That of S3 for a bucket in another
// Region is an answer, and how its Region is learnt.
func redirect(header http.Header, came NoAnswerError) error {
	if came.Service == "S3" && header.Get(headerBucketRegion) != "" {
		return nil
	}
	came.Location, came.final = header.Get("Location"), true
	came.Why = "it points elsewhere"
	if came.Location != "" {
		came.Why = "it points to " + came.Location
	}
	return &came
}

// NoRedirects wraps the choice of a proxy, which an http.Transport asks before each request: one that
// follows a redirect is refused. The SDK's client follows those with status 307 and 308 to whatever
// host they name, with the headers of the request.
func NoRedirects(proxy func(*http.Request) (*url.URL, error)) func(*http.Request) (*url.URL, error) {
	return func(r *http.Request) (*url.URL, error) {
		if from := r.Response; from != nil {
			return nil, &NoAnswerError{
				Status: from.StatusCode, ContentType: from.Header.Get("Content-Type"),
				Location: r.URL.Redacted(), Region: from.Header.Get(headerBucketRegion),
				Why: "it points to " + r.URL.Redacted(), final: true,
			}
		}
		if proxy == nil {
			return nil, nil
		}
		return proxy(r)
	}
}

// BucketRegion gives the Region that S3 named for a bucket when it refused a call or pointed
// elsewhere; empty where it named none.
func BucketRegion(err error) string {
	var no *NoAnswerError
	if errors.As(err, &no) && no.Region != "" {
		return no.Region
	}
	var answer *smithyhttp.ResponseError
	if errors.As(err, &answer) && answer.Response != nil {
		return answer.Response.Header.Get(headerBucketRegion)
	}
	return ""
}
