package sandbox

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
)

// json11 is the JSON 1.1 protocol of CloudWatch Logs and others: the operation in the
// header X-Amz-Target, a document in and a document out.
type json11 struct{}

func (json11) read(c *call, r *http.Request, body []byte) error {
	_, c.operation, _ = strings.Cut(r.Header.Get("X-Amz-Target"), ".")
	c.body = body
	if c.operation == "" {
		return json11{}.unknownOperation(c)
	}
	return nil
}

func (json11) begin(*call) {}

func (json11) success(c *call) ([]byte, error) {
	if c.reply == nil {
		return nil, nil
	}
	b, err := json.Marshal(c.reply)
	if err != nil {
		return nil, fmt.Errorf("encode the answer to %s: %w", c.operation, err)
	}
	return b, nil
}

func (json11) failure(_ *call, e *apiError) []byte {
	b, err := json.Marshal(map[string]string{"__type": e.code, "message": e.message})
	if err != nil {
		return []byte(`{"__type":"InternalFailure"}`)
	}
	return b
}

func (json11) unknownOperation(*call) *apiError {
	return badRequest("UnknownOperationException", "")
}

func (json11) contentType() string { return "application/x-amz-json-1.1" }
