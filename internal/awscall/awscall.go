// Package awscall checks that what answers a call of an AWS service is that call's own answer. A
// proxy or a sign-in page answers with status 200, too; the SDK takes its page, an empty body or the
// answer of another operation for an empty list. What is no answer becomes a NoAnswerError here, for
// every client of a configuration, reading and writing.
package awscall

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"reflect"

	"github.com/aws/smithy-go"
	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// Check adds the checks to a call. It belongs into aws.Config.APIOptions, which the SDK hands to
// every client that it makes of a configuration, those of its credential chain too.
func Check(stack *middleware.Stack) error {
	return errors.Join(
		stack.Initialize.Add(accounting{operation: stack.ID()}, middleware.After),
		stack.Deserialize.Add(members{operation: stack.ID()}, middleware.Before),
		stack.Deserialize.Add(bounds{operation: stack.ID()}, middleware.After), // the first to see an answer
	)
}

// answerOf gives what is known of the answer to a call. The clients of the metadata service and of
// container credentials, which are no AWS services, are asked for in the middle of another call and
// have its names in their context: only the name of the stack tells them apart.
func answerOf(ctx context.Context, stack string) (answer, call, bool) {
	c := call{middleware.GetServiceID(ctx), middleware.GetOperationName(ctx)}
	if c.operation != stack {
		return answer{}, call{operation: stack}, false
	}
	return answers[c], c, true
}

// bounds looks at an answer before the SDK reads it: its status, how it begins, and how long it is.
type bounds struct{ operation string }

// ID implements middleware.DeserializeMiddleware.
func (bounds) ID() string { return "flowproof.bounds" }

// HandleDeserialize implements middleware.DeserializeMiddleware.
func (b bounds) HandleDeserialize(ctx context.Context, in middleware.DeserializeInput, next middleware.DeserializeHandler) (middleware.DeserializeOutput, middleware.Metadata, error) {
	out, metadata, err := next.HandleDeserialize(ctx, in)
	wanted, c, service := answerOf(ctx, b.operation)
	resp, ok := out.RawResponse.(*smithyhttp.Response)
	if err != nil || !ok || resp.Body == nil {
		return out, metadata, c.named(err)
	}
	body := &body{src: resp.Body, came: NoAnswerError{
		Service: c.service, Operation: c.operation, Status: resp.StatusCode, ContentType: resp.Header.Get("Content-Type"),
	}}
	switch {
	case resp.StatusCode >= http.StatusMultipleChoices && resp.StatusCode < http.StatusBadRequest:
		if err := redirect(resp.Header, body.came); err != nil {
			resp.Body = body.refused(err)
			return out, metadata, err
		}
		body.limit = maxError
	case resp.StatusCode >= http.StatusBadRequest, !service:
		body.limit = maxError
	default:
		body.limit = wanted.limit()
		if err := wanted.begins(resp, body); err != nil {
			resp.Body = body.refused(err)
			return out, metadata, err
		}
		if wanted.form == streamForm {
			return out, metadata, nil
		}
	}
	resp.Body = body
	return out, metadata, nil
}

// members looks at what the SDK made of an answer: whether it holds what the operation always gives.
type members struct{ operation string }

// ID implements middleware.DeserializeMiddleware.
func (members) ID() string { return "flowproof.members" }

// HandleDeserialize implements middleware.DeserializeMiddleware.
func (m members) HandleDeserialize(ctx context.Context, in middleware.DeserializeInput, next middleware.DeserializeHandler) (middleware.DeserializeOutput, middleware.Metadata, error) {
	out, metadata, err := next.HandleDeserialize(ctx, in)
	wanted, c, service := answerOf(ctx, m.operation)
	if !service {
		return out, metadata, err
	}
	resp, _ := out.RawResponse.(*smithyhttp.Response)
	if err == nil {
		if why := wanted.missing(out.Result); why != "" {
			err = c.noAnswer(resp, why)
		}
	} else if resp != nil && resp.StatusCode < http.StatusMultipleChoices && isUnreadable(err) {
		no := c.noAnswer(resp, "it cannot be read")
		no.Err = err
		err = no
	}
	if err != nil {
		forget(out.Result)
	}
	return out, metadata, err
}

// forget empties a result: clients of the SDK's newer kind read the next attempt's answer into the
// same one, and what the last attempt left in it would pass for that answer.
func forget(result any) {
	if v := reflect.ValueOf(result); v.Kind() == reflect.Pointer && !v.IsNil() {
		v.Elem().SetZero()
	}
}

// isUnreadable reports whether the SDK could not read an answer of success that came whole: one that
// broke off or took too long is known by its own error. S3 has errors with a status of success.
func isUnreadable(err error) bool {
	var no *NoAnswerError
	var api smithy.APIError
	var network net.Error
	return !errors.As(err, &no) && !errors.As(err, &api) && !errors.As(err, &network) &&
		!errors.Is(err, io.ErrUnexpectedEOF) && !errors.Is(err, context.Canceled) && !errors.Is(err, context.DeadlineExceeded)
}

// accounting looks at a call as a whole, with its attempts: that everything asked for is accounted for,
// and that a list goes on.
type accounting struct{ operation string }

// ID implements middleware.InitializeMiddleware.
func (accounting) ID() string { return "flowproof.accounting" }

// HandleInitialize implements middleware.InitializeMiddleware.
func (a accounting) HandleInitialize(ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler) (middleware.InitializeOutput, middleware.Metadata, error) {
	wanted, c, service := answerOf(ctx, a.operation)
	if !service {
		return next.HandleInitialize(ctx, in)
	}
	if wanted.form == unknown {
		return middleware.InitializeOutput{}, middleware.Metadata{}, fmt.Errorf("%s %s was not sent: it is not known what its answer looks like", c.service, c.operation)
	}
	out, metadata, err := next.HandleInitialize(ctx, in)
	if err != nil {
		return out, metadata, err
	}
	if why := unaccounted(in.Parameters, out.Result); why != "" {
		return middleware.InitializeOutput{}, metadata, c.noAnswer(nil, why)
	}
	if why := listOf(ctx).repeats(wanted.token.of(out.Result)); why != "" {
		no := c.noAnswer(nil, why)
		no.final = true
		return middleware.InitializeOutput{}, metadata, no
	}
	return out, metadata, nil
}
