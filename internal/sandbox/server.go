package sandbox

import (
	"errors"
	"io"
	"net/http"
	"os"
	"strconv"
	"sync"
	"time"
)

// maxBody bounds a request. The largest call known here, CreateFlowLogs with
// a thousand ids, is under 50 KB.
const maxBody = 4 << 20

// Server is one embedded AWS. It is an http.Handler that answers every service
// on one address, as an endpoint URL override expects. It is safe for concurrent use.
type Server struct {
	scenario Scenario
	services map[string]*service
	faults   []*faultRule
	clock    func() time.Time
	recorder recorder
	buffers  sync.Pool // of *[]byte, for answers
	ids      requestIDs
	closing  chan struct{}
	close    sync.Once

	population *population // what there is, where it is computed instead of stored

	buckets  bucketStore
	loans    loans
	mu       sync.Mutex
	accounts map[string]*account
}

// Option changes how a Server runs, as opposed to what it holds, which is the
// Scenario's matter.
type Option func(*Server)

// WithClock makes the server take the time from now. Flow-log records arrive,
// and creation times are stamped, by this clock; latency is always real time.
func WithClock(now func() time.Time) Option {
	return func(s *Server) { s.clock = now }
}

// New builds a server holding what the scenario declares. Accounts and Regions
// are built when first touched, so that a large fleet costs nothing up front.
func New(sc Scenario, options ...Option) (*Server, error) {
	if err := sc.validate(); err != nil {
		return nil, err
	}
	s := newServer(sc, services(), options)
	for i := range sc.Faults {
		s.faults = append(s.faults, newFaultRule(sc.Faults[i]))
	}
	s.plantBuckets()
	return s, nil
}

func newServer(sc Scenario, services []*service, options []Option) *Server {
	s := &Server{
		scenario: sc,
		clock:    time.Now,
		closing:  make(chan struct{}),
		accounts: make(map[string]*account),
		services: make(map[string]*service),
	}
	for _, o := range options {
		o(s)
	}
	for _, sv := range services {
		s.services[sv.name] = sv
	}
	return s
}

// Close ends calls that wait out a latency; they are dropped unanswered. The server
// holds nothing else that needs releasing.
func (s *Server) Close() {
	s.close.Do(func() { close(s.closing) })
}

// Calls returns the recorded calls in the order in which they were answered. Of a very
// long run only the newest are kept (see callLimit).
func (s *Server) Calls() []Call { return s.recorder.all() }

// ServeHTTP answers one AWS call, or says that the server is ready to a
// request that is none.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := readBody(w, r)
	if errors.Is(err, os.ErrDeadlineExceeded) {
		http.Error(w, "request body: it did not come in time", http.StatusRequestTimeout)
		return
	}
	if err != nil {
		http.Error(w, "request body: "+err.Error(), http.StatusRequestEntityTooLarge)
		return
	}
	// The request is here. A limit on the time to read it would now end a call that waits out a latency.
	_ = http.NewResponseController(w).SetReadDeadline(time.Time{})
	c := s.route(r, body)
	if c == nil {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		_, _ = io.WriteString(w, "flowproof sandbox: ready\n")
		return
	}
	s.answer(w, r, c)
}

func readBody(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	if r.Body == nil || r.ContentLength == 0 {
		return nil, nil
	}
	if n := r.ContentLength; n > 0 && n <= maxBody {
		body := make([]byte, n)
		_, err := io.ReadFull(r.Body, body)
		return body, err
	}
	return io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
}

// answer takes a routed call through latency, faults and its handler, and writes what
// came of it.
func (s *Server) answer(w http.ResponseWriter, r *http.Request, c *call) {
	effect := s.disturb(c)
	if !s.wait(r, effect.delay) || effect.drop {
		s.recorder.add(c, 0)
		panic(http.ErrAbortHandler) // closes the connection without an answer
	}
	c.pageSize = effect.pageSize
	buf := s.buffer()
	c.xml.buf = *buf
	defer func() { *buf = c.xml.buf[:0]; s.buffers.Put(buf) }()
	if effect.instead != nil {
		s.instead(w, r, c, effect.instead)
		return
	}
	status, body := s.settle(c, effect.err)
	if effect.loseAnswer {
		s.recorder.add(c, 0)
		panic(http.ErrAbortHandler) // the client cannot know that the call was acted on
	}
	s.recorder.add(c, status)
	h := w.Header()
	h.Set("Content-Type", c.service.protocol.contentType())
	for name := range c.header {
		h.Set(name, c.header.Get(name))
	}
	h.Set("Content-Length", strconv.Itoa(len(body)))
	h.Set("X-Amzn-Requestid", c.requestID)
	w.WriteHeader(status)
	if effect.cut {
		_, _ = w.Write(body[:len(body)/2])
		_ = http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler) // the promised length is never reached
	}
	_, _ = w.Write(body)
}

// buffer gives an empty buffer for an answer, one that an earlier call has grown if
// there is one.
func (s *Server) buffer() *[]byte {
	if b, ok := s.buffers.Get().(*[]byte); ok {
		return b
	}
	return new([]byte)
}

// settle gives status and body of the answer: that of the handler, unless a knob has
// decided already.
func (s *Server) settle(c *call, err error) (int, []byte) {
	var body []byte
	if err == nil {
		body, err = s.run(c)
	}
	if err != nil {
		e := asAPIError(err)
		return e.status, c.service.protocol.failure(c, e)
	}
	if c.status != 0 {
		return c.status, body
	}
	return http.StatusOK, body
}

// wait lets a latency pass. It reports false when the client went away or the
// server closed before.
func (s *Server) wait(r *http.Request, d time.Duration) bool {
	if d <= 0 {
		return true
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-r.Context().Done():
		return false
	case <-s.closing:
		return false
	}
}

// run executes the handler under the account's lock, shared for an operation that
// only reads, and encodes the answer before the lock is given back.
func (s *Server) run(c *call) ([]byte, error) {
	if c.problem != nil {
		return nil, c.problem
	}
	if c.handler == nil {
		return nil, c.service.protocol.unknownOperation(c)
	}
	if c.region.disabled() && !c.service.global {
		return nil, regionDisabled(c)
	}
	if c.service.across {
		return c.handle()
	}
	a := c.account
	a.deliver(c.now)
	if readsOnly(c.operation) {
		a.mu.RLock()
		defer a.mu.RUnlock()
		if seen := a.seenAt(c.now); seen.regions[c.region.name] != nil {
			c.account, c.region = seen, seen.regions[c.region.name]
		}
	} else {
		a.mu.Lock()
		defer a.mu.Unlock()
		a.remember(c.region, c.now)
		defer a.changed(c.now)
	}
	return c.handle()
}

// handle runs the handler and gives the whole answer.
func (c *call) handle() ([]byte, error) {
	c.service.protocol.begin(c)
	if err := c.handler(c); err != nil {
		return nil, err
	}
	return c.service.protocol.success(c)
}

// asAPIError turns any error of a handler into what a client sees. Anything but an
// apiError is the sandbox's own mistake, and says so.
func asAPIError(err error) *apiError {
	if e, ok := errors.AsType[*apiError](err); ok {
		return e
	}
	return &apiError{status: http.StatusInternalServerError, code: "InternalError", message: "sandbox: " + err.Error()}
}
