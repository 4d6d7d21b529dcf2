package sandbox

import (
	"net/http"
	"strings"
)

// restJSON is the REST-JSON protocol of Account Management: the operation in the path, a
// document in and a document out, the error's code in a header.
type restJSON struct{}

// read takes the operation from a path such as /listRegions.
func (restJSON) read(c *call, r *http.Request, body []byte) error {
	path := strings.TrimPrefix(r.URL.Path, "/")
	if path == "" {
		return restJSON{}.unknownOperation(c)
	}
	c.operation = strings.ToUpper(path[:1]) + path[1:]
	c.body = body
	return nil
}

func (restJSON) begin(*call) {}

func (restJSON) success(c *call) ([]byte, error) { return json11{}.success(c) }

func (restJSON) failure(c *call, e *apiError) []byte {
	if c.header == nil {
		c.header = make(http.Header)
	}
	c.header.Set("X-Amzn-Errortype", e.code)
	return json11{}.failure(c, e)
}

func (restJSON) unknownOperation(*call) *apiError {
	return &apiError{status: http.StatusNotFound, code: "UnknownOperationException"}
}

func (restJSON) contentType() string { return "application/json" }
