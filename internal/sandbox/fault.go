package sandbox

import (
	"fmt"
	"net/http"
	"path"
	"slices"
	"strings"
	"sync"
	"time"
)

// Fault is one disturbance. The scope fields are globs; an empty one matches everything.
type Fault struct {
	Service   string `yaml:"service"`
	Operation string `yaml:"operation"`
	Region    string `yaml:"region"`
	Account   string `yaml:"account"`
	// Page, when above 0, hits only calls that ask for that page of a list (1 is the first).
	Page int `yaml:"page"`
	// First, when above 0, hits only that many calls of each operation in each account
	// and Region.
	First int `yaml:"first"`

	// Do says what happens: one of the Do constants.
	Do string `yaml:"do"`
	// Wording selects the message of a denied call: implicit (the default), scp, boundary,
	// session, rcp or bare (the sentence of older years).
	Wording string `yaml:"wording"`
	// Latency is what a call of kind latency waits in addition.
	Latency time.Duration `yaml:"latency"`
	// PageSize is the bound on pages of kind page-size.
	PageSize int `yaml:"page_size"`
	// Resource is a glob of the resources that a fault of kind unsuccessful refuses, and of the
	// roles whose AssumeRole any other fault hits.
	Resource string `yaml:"resource"`
	// Code, Message and Status make the answer of kind error, Code and Message that of kind
	// unsuccessful; Status is 400 when 0, and 302 for kind redirect.
	Code    string `yaml:"code"`
	Message string `yaml:"message"`
	Status  int    `yaml:"status"`
	// Body says what comes in place of an answer: one of the Body constants for kind no-answer, of
	// the Endless constants for kind endless.
	Body string `yaml:"body"`
	// Acted has a call of kind no-answer acted on all the same.
	Acted bool `yaml:"acted"`
	// Gzip packs what a fault of kind endless sends.
	Gzip bool `yaml:"gzip"`
	// Location is where a fault of kind redirect points.
	Location string `yaml:"location"`
}

// What a Fault can do.
const (
	DoThrottle     = "throttle"        // RequestLimitExceeded 503 (EC2), Throttling or ThrottlingException 400
	DoDeny         = "deny"            // UnauthorizedOperation 403 (EC2), AccessDenied(Exception)
	DoServerError  = "server-error"    // InternalError 500
	DoAuthFailure  = "auth-failure"    // what bad keys get
	DoDisable      = "region-disabled" // what a Region that is not enabled answers
	DoInvalidToken = "invalid-token"   // the page's token is refused; page 2 unless said
	DoDrop         = "drop"            // the connection is closed without an answer: a lost page
	DoCut          = "cut"             // half of the answer, then the connection is closed
	DoLatency      = "latency"
	DoPageSize     = "page-size"
	DoError        = "error"        // any other error, spelled out
	DoUnsuccessful = "unsuccessful" // CreateFlowLogs answers, and refuses some resources in its answer
	DoLoseAnswer   = "lose-answer"  // the call is acted on, then the connection is closed
	DoNoAnswer     = "no-answer"    // status 200, and a body that is not the operation's answer
	DoEndless      = "endless"      // an answer that never ends
	DoRedirect     = "redirect"     // the answer points elsewhere
	DoRepeatToken  = "repeat-token" // every page of a list is the first, with the same token
)

var doings = []string{
	DoThrottle, DoDeny, DoServerError, DoAuthFailure, DoDisable, DoInvalidToken,
	DoDrop, DoCut, DoLatency, DoPageSize, DoError,
	DoUnsuccessful, DoLoseAnswer,
	DoNoAnswer, DoEndless, DoRedirect, DoRepeatToken,
}

var wordings = []string{"", "implicit", "scp", "rcp", "boundary", "session", "bare"}

func (f *Fault) validate() error {
	if !slices.Contains(doings, f.Do) {
		return fmt.Errorf("do: %q is none of %s", f.Do, strings.Join(doings, ", "))
	}
	if !slices.Contains(wordings, f.Wording) {
		return fmt.Errorf("wording: %q is none of %s", f.Wording, strings.Join(wordings[1:], ", "))
	}
	for _, g := range []string{f.Service, f.Operation, f.Region, f.Account, f.Resource} {
		if _, err := path.Match(g, ""); err != nil {
			return fmt.Errorf("pattern %q: %w", g, err)
		}
	}
	switch {
	case f.Page < 0, f.First < 0, f.PageSize < 0, f.Latency < 0:
		return fmt.Errorf("%s: a number below zero", f.Do)
	case (f.Do == DoError || f.Do == DoUnsuccessful) && f.Code == "":
		return fmt.Errorf("%s: code is missing", f.Do)
	case f.Do == DoRedirect && f.Status != 0 && (f.Status < 300 || f.Status > 399):
		return fmt.Errorf("status: %d is no status of a redirect", f.Status)
	case f.Do != DoRedirect && f.Status != 0 && (f.Status < 400 || f.Status > 599):
		return fmt.Errorf("status: %d is no error status", f.Status)
	case f.Do == DoLatency && f.Latency == 0:
		return fmt.Errorf("latency: latency is missing")
	case f.Do == DoPageSize && f.PageSize == 0:
		return fmt.Errorf("page-size: page_size is missing")
	}
	return f.validateAnswer()
}

// faultRule is a Fault with its counters.
type faultRule struct {
	Fault
	mu   sync.Mutex
	hits map[faultKey]int
}

type faultKey struct{ account, region, service, operation string }

func newFaultRule(f Fault) *faultRule {
	if f.Do == DoInvalidToken && f.Page == 0 {
		f.Page = 2 // the first page has no token to refuse
	}
	return &faultRule{Fault: f, hits: make(map[faultKey]int)}
}

// applies says whether the fault hits this call, and counts it if so.
func (f *faultRule) applies(c *call) bool {
	if !glob(f.Service, c.service.name) || !glob(f.Operation, c.operation) ||
		!glob(f.Region, c.region.name) || !glob(f.Account, c.account.id) {
		return false
	}
	if c.operation == "AssumeRole" && !glob(f.Resource, c.form.get("RoleArn")) {
		return false
	}
	if f.Page > 0 && f.Page != c.page {
		return false
	}
	if f.First == 0 {
		return true
	}
	k := faultKey{c.account.id, c.region.name, c.service.name, c.operation}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.hits[k] >= f.First {
		return false
	}
	f.hits[k]++
	return true
}

func glob(pattern, name string) bool {
	if pattern == "" || pattern == "*" || pattern == name {
		return true
	}
	ok, err := path.Match(pattern, name)
	return ok && err == nil
}

// effect is what the knobs do to one call.
type effect struct {
	delay    time.Duration
	pageSize int
	err      error
	drop     bool // no answer at all
	cut      bool // half an answer

	loseAnswer bool   // acted on, and no answer
	instead    *Fault // sends something else than an answer
}

// disturb decides what happens to a call before it is run. Latencies add up, the last
// page size counts, and the first fault that ends the call ends it.
func (s *Server) disturb(c *call) effect {
	if s.population != nil {
		return s.population.disturb(c)
	}
	e := effect{delay: s.scenario.Latency, pageSize: s.scenario.PageSize}
	for _, f := range s.faults {
		if e.err != nil || e.drop || e.cut || e.instead != nil {
			break
		}
		if !f.applies(c) {
			continue
		}
		switch f.Do {
		case DoLatency:
			e.delay += f.Latency
		case DoPageSize:
			e.pageSize = f.PageSize
		case DoDrop:
			e.drop = true
		case DoCut:
			e.cut = true
		case DoLoseAnswer:
			e.loseAnswer = true
		case DoNoAnswer, DoEndless, DoRedirect:
			e.instead = &f.Fault
		case DoRepeatToken:
			c.beginAgain()
		case DoUnsuccessful:
			c.items = append(c.items, f)
		default:
			e.err = f.refuse(c)
		}
	}
	return e
}

// refuse gives the error answer of a fault that has one.
func (f *Fault) refuse(c *call) error {
	var e *apiError
	switch f.Do {
	case DoThrottle:
		e = throttled(c)
	case DoDeny:
		e = denied(c, f.Wording)
	case DoServerError:
		e = &apiError{http.StatusInternalServerError, "InternalError", "An internal error has occurred"}
	case DoAuthFailure:
		e = badCredentials(c)
	case DoDisable:
		e = regionDisabled(c)
	case DoInvalidToken:
		e = badToken(c)
	default:
		e = &apiError{http.StatusBadRequest, f.Code, f.Message}
	}
	if f.Status != 0 {
		e.status = f.Status
	}
	return e
}
