package sandbox

import (
	"net/http"
)

const xmlHeader = `<?xml version="1.0" encoding="UTF-8"?>` + "\n"

// awsQuery is the query protocol of STS and IAM: a form in, XML out, the result in
// an element of its own.
type awsQuery struct{ namespace string }

func (awsQuery) read(c *call, r *http.Request, body []byte) error { return readForm(c, r, body) }

func (p awsQuery) begin(c *call) {
	c.xml.raw(xmlHeader)
	c.xml.open(c.operation + `Response xmlns="` + p.namespace + `"`)
	c.result = len(c.xml.buf)
	c.xml.open(c.operation + "Result")
}

// success closes what begin opened. An operation that returns nothing has no
// result element.
func (p awsQuery) success(c *call) ([]byte, error) {
	w, result := &c.xml, c.operation+"Result"
	if len(w.buf) == c.result+len(result)+len("<>") {
		w.buf = w.buf[:c.result]
	} else {
		w.close(result)
	}
	w.open("ResponseMetadata")
	w.text("RequestId", c.requestID)
	w.close("ResponseMetadata")
	w.close(c.operation + "Response")
	return w.buf, nil
}

func (p awsQuery) failure(c *call, e *apiError) []byte {
	kind := "Sender"
	if e.status >= http.StatusInternalServerError {
		kind = "Receiver"
	}
	var out xmlWriter
	out.open(`ErrorResponse xmlns="` + p.namespace + `"`)
	out.open("Error")
	out.text("Type", kind)
	out.text("Code", e.code)
	out.text("Message", e.message)
	out.close("Error")
	out.text("RequestId", c.requestID)
	out.close("ErrorResponse")
	return out.buf
}

func (awsQuery) unknownOperation(c *call) *apiError {
	return badRequest("InvalidAction", "Could not find operation "+c.operation+" for version "+c.form.get("Version"))
}

func (awsQuery) contentType() string { return "text/xml" }

// ec2Query is EC2's variant of the query protocol: no result element, the request id
// beside the result, and an error document of its own.
type ec2Query struct{}

const ec2Namespace = "http://ec2.amazonaws.com/doc/2016-11-15/"

func (ec2Query) read(c *call, r *http.Request, body []byte) error { return readForm(c, r, body) }

func (ec2Query) begin(c *call) {
	c.xml.raw(xmlHeader)
	c.xml.open(c.operation + `Response xmlns="` + ec2Namespace + `"`)
	c.xml.text("requestId", c.requestID)
}

func (ec2Query) success(c *call) ([]byte, error) {
	c.xml.close(c.operation + "Response")
	return c.xml.buf, nil
}

func (ec2Query) failure(c *call, e *apiError) []byte {
	var out xmlWriter
	out.raw(xmlHeader)
	out.open("Response")
	out.open("Errors")
	out.open("Error")
	out.text("Code", e.code)
	out.text("Message", e.message)
	out.close("Error")
	out.close("Errors")
	out.text("RequestID", c.requestID)
	out.close("Response")
	return out.buf
}

func (ec2Query) unknownOperation(c *call) *apiError {
	return badRequest("InvalidAction", "The action "+c.operation+" is not valid for this web service.")
}

func (ec2Query) contentType() string { return "text/xml;charset=UTF-8" }

// readForm takes the parameters of a query protocol from body and URL.
func readForm(c *call, r *http.Request, body []byte) error {
	c.form = parseForm(r.URL.RawQuery, string(body))
	c.operation = c.form.get("Action")
	if c.operation == "" {
		return badRequest("MissingAction", "The request must contain the parameter Action.")
	}
	return nil
}
