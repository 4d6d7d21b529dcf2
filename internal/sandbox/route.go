package sandbox

import (
	"net/http"
	"net/url"
	"strings"
)

// service is one AWS service: how it is spoken to and what it can do. Its name is the
// one that requests are signed for.
type service struct {
	name       string
	protocol   protocol
	global     bool // answers in any Region, enabled or not
	across     bool // looks at other accounts than the caller's: its handlers lock what they look at
	operations map[string]handler
}

// services lists what the sandbox speaks. A new service is one entry here and
// one map of operations in a file of its own.
func services() []*service {
	return []*service{
		{name: "ec2", protocol: ec2Query{}, operations: ec2Operations()},
		{name: "sts", protocol: awsQuery{namespace: "https://sts.amazonaws.com/doc/2011-06-15/"}, across: true, operations: stsOperations()},
		{name: "iam", protocol: awsQuery{namespace: "https://iam.amazonaws.com/doc/2010-05-08/"}, global: true, operations: iamOperations()},
		{name: "logs", protocol: json11{}, operations: logsOperations()},
		{name: "s3", protocol: restXML{}, operations: s3Operations()},
		{name: "firehose", protocol: json11{}, operations: firehoseOperations()},
		{name: "monitoring", protocol: json10{}, operations: cloudWatchOperations()},
		{name: "organizations", protocol: json11{}, global: true, across: true, operations: seedOrganizationOperations()},
		{name: "account", protocol: restJSON{}, global: true, across: true, operations: accountOperations()},
	}
}

// protocol is how a family of services is spoken on the wire.
type protocol interface {
	// read takes operation and parameters from the request.
	read(c *call, r *http.Request, body []byte) error
	// begin writes what stands before a handler's answer.
	begin(c *call)
	// success gives the whole of what the handler left in the call.
	success(c *call) ([]byte, error)
	// failure encodes an error answer.
	failure(c *call, e *apiError) []byte
	unknownOperation(c *call) *apiError
	contentType() string
}

// credential is the scope that a Signature Version 4 names: who signs, for
// which Region and which service.
type credential struct {
	accessKey, region, service string
}

// route makes a call of a request, or nil of a request that is no AWS call.
func (s *Server) route(r *http.Request, body []byte) *call {
	c := &call{server: s, requestID: s.ids.next(), now: s.clock().UTC()}
	cred, signed := credentialOf(r)
	if !signed {
		return s.unsigned(c, r, body)
	}
	c.service = s.services[cred.service]
	if c.service == nil {
		c.service = &service{name: cred.service, protocol: guessProtocol(r)}
	}
	s.identify(c, r, cred)
	if c.service.operations == nil {
		_ = c.service.protocol.read(c, r, body) // for the record; a REST call has no operation to read
		c.problem = &apiError{http.StatusBadRequest, c.service.protocol.unknownOperation(c).code, "The sandbox has no service " + cred.service + "."}
		return c
	}
	if err := c.service.protocol.read(c, r, body); err != nil {
		c.problem = err
		return c
	}
	if lent := s.loans.get(cred.accessKey); lent != nil {
		c.enter(lent)
	}
	c.handler = c.service.operations[c.operation]
	c.page = pageOf(c)
	return c
}

// unsigned tells an AWS call without a signature, which AWS refuses, from a
// plain HTTP request.
func (s *Server) unsigned(c *call, r *http.Request, body []byte) *call {
	p := guessProtocol(r)
	c.service = &service{protocol: p}
	if err := p.read(c, r, body); err != nil || c.operation == "" {
		return nil
	}
	s.identify(c, r, credential{region: home})
	c.problem = &apiError{status: http.StatusForbidden, code: "MissingAuthenticationToken", message: "Request is missing Authentication Token"}
	return c
}

// guessProtocol picks the protocol in which to say that a service is unknown.
func guessProtocol(r *http.Request) protocol {
	if r.Header.Get("X-Amz-Target") != "" {
		return json11{}
	}
	return awsQuery{namespace: "https://sts.amazonaws.com/doc/2011-06-15/"}
}

// credentialOf reads the credential scope from the Authorization header or from a
// presigned URL. It holds ACCESSKEY/DATE/REGION/SERVICE/aws4_request.
func credentialOf(r *http.Request) (credential, bool) {
	scope := ""
	if h := r.Header.Get("Authorization"); strings.HasPrefix(h, "AWS4-") {
		_, scope, _ = strings.Cut(h, "Credential=")
		scope, _, _ = strings.Cut(scope, ",")
	} else if r.URL.RawQuery != "" {
		q, _ := url.ParseQuery(r.URL.RawQuery)
		scope = q.Get("X-Amz-Credential")
	}
	parts := strings.Split(strings.TrimSpace(scope), "/")
	if n := len(parts); n >= 5 {
		// An access key may itself hold slashes; the four last parts never do.
		return credential{accessKey: strings.Join(parts[:n-4], "/"), region: parts[n-3], service: parts[n-2]}, true
	}
	return credential{}, false
}

// identify finds the account and principal behind an access key. Any key is good:
// a session's reaches the account of its role, one that the scenario lists or that is itself an
// account's id that account, every other the first account.
func (s *Server) identify(c *call, r *http.Request, cred credential) {
	if s.population != nil {
		s.population.identify(c, r, cred)
		return
	}
	id := s.scenario.accountOfKey(cred.accessKey)
	if lent := s.loans.get(cred.accessKey); lent != nil {
		id = lent.account
	}
	c.account = s.account(id)
	c.region = c.account.region(cred.region)
	c.principal = "arn:" + c.account.partition + ":iam::" + id + ":user/sandbox"
}

// account returns the state of an account, built when first asked for.
func (s *Server) account(id string) *account {
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.accounts[id]
	if a == nil {
		a = newAccount(s, id)
		s.accounts[id] = a
	}
	return a
}
