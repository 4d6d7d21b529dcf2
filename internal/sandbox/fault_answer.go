package sandbox

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
)

// What a fault of kind no-answer sends, with status 200 (204 for no-content).
const (
	BodyHTML      = "html"       // a sign-in page
	BodyEmpty     = "empty"      // nothing
	BodyNoContent = "no-content" // nothing, and the status says so
	BodyJSON      = "json"       // some JSON object
	BodyText      = "text"
	BodyError     = "error" // an error document of the service
	BodyOther     = "other" // the answer of another operation of the service
	BodyBare      = "bare"  // the operation's own root element or object, with nothing in it
)

// What a fault of kind endless sends.
const (
	EndlessText  = "text"  // one text, in the operation's own root element or object
	EndlessList  = "list"  // what the list holds, again and again
	EndlessError = "error" // the message of an error
)

var (
	noAnswers = []string{BodyHTML, BodyEmpty, BodyNoContent, BodyJSON, BodyText, BodyError, BodyOther, BodyBare}
	endless   = []string{EndlessText, EndlessList, EndlessError}
)

// validateAnswer checks what is only for faults that change the whole answer.
func (f *Fault) validateAnswer() error {
	kinds := map[string][]string{DoNoAnswer: noAnswers, DoEndless: endless}[f.Do]
	switch {
	case !slices.Contains(kinds, f.Body) && len(kinds) > 0:
		return fmt.Errorf("%s: body: %q is none of %s", f.Do, f.Body, strings.Join(kinds, ", "))
	case f.Body != "" && len(kinds) == 0:
		return fmt.Errorf("%s: body is for no-answer and endless", f.Do)
	case f.Acted && f.Do != DoNoAnswer:
		return fmt.Errorf("%s: acted is for no-answer", f.Do)
	case f.Gzip && f.Do != DoEndless:
		return fmt.Errorf("%s: gzip is for endless", f.Do)
	case f.Do == DoRedirect && f.Location == "":
		return errors.New("redirect: location is missing")
	case f.Do != DoRedirect && f.Location != "":
		return fmt.Errorf("%s: location is for redirect", f.Do)
	}
	return nil
}

// instead sends what a fault puts in place of a call's answer.
func (s *Server) instead(w http.ResponseWriter, r *http.Request, c *call, f *Fault) {
	if f.Acted || f.Body == EndlessList && readsOnly(c.operation) {
		_, body := s.settle(c, nil)
		c.answered = body
	}
	h := w.Header()
	h.Set("X-Amzn-Requestid", c.requestID)
	h.Set("Content-Type", c.service.protocol.contentType())
	switch f.Do {
	case DoRedirect:
		h.Set("Location", f.Location)
		s.recorder.add(c, f.status(http.StatusFound))
		w.WriteHeader(f.status(http.StatusFound))
	case DoEndless:
		s.withoutEnd(w, r, c, f)
	case DoNoAnswer:
		status, media, body := c.noAnswer(f.Body)
		if media != "" {
			h.Set("Content-Type", media)
			h.Del("X-Amzn-Requestid") // whoever sends it is not AWS
		}
		s.recorder.add(c, status)
		w.WriteHeader(status)
		_, _ = w.Write(body)
	}
}

// status is the one that the fault names, or another.
func (f *Fault) status(otherwise int) int {
	if f.Status != 0 {
		return f.Status
	}
	return otherwise
}

// noAnswer gives a body that is no answer to the call. Its media type is empty where it is the
// service's own.
func (c *call) noAnswer(kind string) (status int, media string, body []byte) {
	switch kind {
	case BodyHTML:
		return http.StatusOK, "text/html; charset=utf-8", []byte("<!DOCTYPE html>\n<html><head><title>Sign in</title></head>" +
			"<body><form action=\"/login\"><input name=\"user\"></form></body></html>\n")
	case BodyJSON:
		return http.StatusOK, "application/json", []byte(`{"message":"OK"}`)
	case BodyText:
		return http.StatusOK, "text/plain; charset=utf-8", []byte("It works!\n")
	case BodyNoContent:
		return http.StatusNoContent, "text/plain", nil
	case BodyError:
		return http.StatusOK, "", c.service.protocol.failure(c, badRequest("AccessDenied", "Access denied"))
	case BodyOther:
		before, after := c.frame("ListSomethingElse")
		return http.StatusOK, "", []byte(before + after)
	case BodyBare:
		before, after := c.frame(c.operation)
		return http.StatusOK, "", []byte(before + after)
	}
	return http.StatusOK, "text/plain", nil
}

// s3Roots are the root elements of S3's answers that are not named after their operation (S3 API
// reference, response syntax of each).
var s3Roots = map[string]string{
	"ListBuckets": "ListAllMyBucketsResult", "ListObjectsV2": "ListBucketResult", "GetBucketPolicyStatus": "PolicyStatus",
	"GetPublicAccessBlock": "PublicAccessBlockConfiguration", "GetBucketEncryption": "ServerSideEncryptionConfiguration",
	"GetBucketLifecycleConfiguration": "LifecycleConfiguration", "GetBucketAcl": "AccessControlPolicy",
	"GetBucketLocation": "LocationConstraint",
}

// frame is what stands around the answer of an operation of the call's service.
func (c *call) frame(operation string) (before, after string) {
	switch p := c.service.protocol.(type) {
	case ec2Query:
		return xmlHeader + "<" + operation + `Response xmlns="` + ec2Namespace + `"><requestId>` + c.requestID + "</requestId>", "</" + operation + "Response>"
	case awsQuery:
		return "<" + operation + `Response xmlns="` + p.namespace + `"><` + operation + "Result>",
			"</" + operation + "Result><ResponseMetadata><RequestId>" + c.requestID + "</RequestId></ResponseMetadata></" + operation + "Response>"
	case restXML:
		root := s3Roots[operation]
		switch {
		case operation == "GetBucketPolicy":
			return "{", "}"
		case root == "":
			root = operation + "Result"
		}
		return xmlHeader + "<" + root + ` xmlns="` + s3Namespace + `">`, "</" + root + ">"
	}
	if operation != c.operation {
		return `{"SomethingElse":[`, "]}"
	}
	return "{", "}"
}

// withoutEnd sends an answer that has no end: it stops when the client goes away or the server closes.
func (s *Server) withoutEnd(w http.ResponseWriter, r *http.Request, c *call, f *Fault) {
	status, before, again := c.endless(f.Body)
	if status >= http.StatusBadRequest {
		status = f.status(status)
	}
	out, flush := io.Writer(w), func() error { return nil }
	if f.Gzip {
		w.Header().Set("Content-Encoding", "gzip")
		z := gzip.NewWriter(w)
		out, flush = z, z.Flush
	}
	s.recorder.add(c, status)
	w.WriteHeader(status)
	_, err := io.WriteString(out, before)
	piece := bytes.Repeat(again, 1+(64<<10)/len(again))
	for err == nil && r.Context().Err() == nil {
		select {
		case <-s.closing:
			return
		default:
		}
		if _, err = out.Write(piece); err == nil {
			err = flush()
		}
	}
}

// endless gives an answer's beginning, and what comes after it for ever.
func (c *call) endless(kind string) (status int, before string, again []byte) {
	isXML := strings.Contains(c.service.protocol.contentType(), "xml")
	if kind == EndlessError {
		const message = "Endless"
		text := string(c.service.protocol.failure(c, badRequest("InternalFailure", message)))
		before, _, _ = strings.Cut(text, message)
		return http.StatusBadRequest, before, []byte(message)
	}
	if kind == EndlessList {
		if before, again = itemsOf(c.answered, isXML); len(again) > 0 {
			return http.StatusOK, before, again
		}
	}
	before, _ = c.frame(c.operation)
	if isXML {
		return http.StatusOK, before + "<text>", []byte("endless ")
	}
	return http.StatusOK, before + `"text":"`, []byte("endless ")
}

// itemsOf takes an answer apart into what stands before the items of its list, and the items.
func itemsOf(answer []byte, isXML bool) (before string, items []byte) {
	if !isXML {
		if first, last := bytes.IndexByte(answer, '['), bytes.LastIndexByte(answer, ']'); first >= 0 && last > first+1 {
			return string(answer[:first+1]), append(bytes.Clone(answer[first+1:last]), ',')
		}
		return "", nil
	}
	for _, tag := range []string{"item", "member", "Contents", "Bucket", "Rule", "Grant"} {
		first, last := bytes.Index(answer, []byte("<"+tag+">")), bytes.LastIndex(answer, []byte("</"+tag+">"))
		if first >= 0 && last > first {
			return string(answer[:first]), bytes.Clone(answer[first : last+len("</>")+len(tag)])
		}
	}
	return "", nil
}

// beginAgain makes a call ask for the first page of its list whatever it asked for, so that every
// page gives the token of the second.
func (c *call) beginAgain() {
	c.page = 1
	for _, name := range []string{"NextToken", "Marker", "continuation-token", "start-after"} {
		delete(c.form, name)
	}
	var in map[string]json.RawMessage
	if len(c.body) == 0 || json.Unmarshal(c.body, &in) != nil {
		return
	}
	delete(in, "nextToken")
	delete(in, "NextToken")
	if body, err := json.Marshal(in); err == nil {
		c.body = body
	}
}
