package sandbox

import (
	"encoding/hex"
	"encoding/json"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// call is one AWS call on its way: what was asked, by whom and where, and what
// the handler has answered so far.
type call struct {
	server    *Server
	service   *service
	handler   handler
	operation string
	requestID string
	principal string // ARN of the caller
	loan      *loan  // whose keys these are; nil for a user's
	account   *account
	region    *region
	member    member // of the fleet, where one is served
	now       time.Time
	page      int // 1 for the first page of a list, and for every call without pages
	pageSize  int // when above 0, the most that any page holds (a knob)
	problem   error

	form        form   // parameters of a query protocol
	body        []byte // document of a JSON protocol
	s3          s3Call // what the path of a request to S3 names
	expectOwner string // account that a bucket has to belong to, if the client says so
	items       []*faultRule

	xml      xmlWriter // answer of a query protocol
	result   int       // where the result element begins in it
	reply    any       // answer of a JSON protocol, nil for an empty one
	status   int       // HTTP status of success, 200 unless set
	answered []byte    // the answer that a fault puts another in place of
	header   http.Header
}

// handler answers one operation: it reads c.form or c.decode, and writes c.xml or sets
// c.reply. It runs with the account's lock held, shared if readsOnly says so of
// the operation's name, exclusive otherwise. After an error nothing that was
// written is sent. Errors for the client are *apiError.
type handler func(c *call) error

// decode reads the JSON document of the call into v.
func (c *call) decode(v any) error {
	if len(c.body) == 0 {
		return nil
	}
	if err := json.Unmarshal(c.body, v); err != nil {
		return &apiError{status: http.StatusBadRequest, code: "SerializationException", message: err.Error()}
	}
	return nil
}

// readsOnly says whether an operation of this name leaves the state alone.
func readsOnly(operation string) bool {
	for _, p := range []string{"Describe", "Get", "List", "Head"} {
		if strings.HasPrefix(operation, p) {
			return true
		}
	}
	return false
}

// apiError is an error as AWS answers it.
type apiError struct {
	status  int
	code    string
	message string
}

func (e *apiError) Error() string { return e.code + ": " + e.message }

// badRequest is an error with HTTP status 400, which most of AWS's are.
func badRequest(code, message string) *apiError {
	return &apiError{status: http.StatusBadRequest, code: code, message: message}
}

// Call is one recorded call, for tests that count or inspect what a client did.
type Call struct {
	Service   string
	Operation string
	Account   string
	Region    string
	Status    int // HTTP status; 0 when the connection was dropped unanswered
	Page      int // which page was asked for, from 1
}

// callLimit bounds the memory of a server that runs for days.
const callLimit = 1 << 18

type recorder struct {
	off   bool // nothing is kept
	mu    sync.Mutex
	calls []Call
}

func (r *recorder) add(c *call, status int) {
	if r.off {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.calls) >= callLimit {
		r.calls = append(r.calls[:0], r.calls[callLimit/2:]...)
	}
	r.calls = append(r.calls, Call{
		Service: c.service.name, Operation: c.operation,
		Account: c.account.id, Region: c.region.name, Status: status, Page: c.page,
	})
}

func (r *recorder) all() []Call {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]Call(nil), r.calls...)
}

// requestIDs hands out request ids in the shape of AWS's, in a fixed sequence.
type requestIDs struct{ n atomic.Uint64 }

func (q *requestIDs) next() string {
	h := digest("request", q.n.Add(1))
	var b [36]byte
	hex.Encode(b[0:8], h[0:4])
	hex.Encode(b[9:13], h[4:6])
	hex.Encode(b[14:18], h[6:8])
	hex.Encode(b[19:23], h[8:10])
	hex.Encode(b[24:36], h[10:16])
	b[8], b[13], b[18], b[23] = '-', '-', '-', '-'
	return string(b[:])
}
