package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// proxy stands between every tool and moto: it counts calls, delays each by the same time, and
// says what moto cannot be brought to say. All tools meet the same one.
type proxy struct {
	to     *httputil.ReverseProxy
	server *http.Server
	url    string

	mu    sync.Mutex
	scene scene
	calls map[call]int
}

// scene is what the proxy adds to moto's account while one tool runs.
type scene struct {
	delay  time.Duration
	faults []fault
	owners map[string]string // VPC id to the account that shares it
}

// call is one kind of call, for counting: the action as its protocol names it.
type call struct{ service, action, region string }

// fault refuses an action in one Region: always, or only the first calls of each kind.
type fault struct {
	call
	refusal refusal
	first   int // 0 is always
}

// refusal is an error as EC2 words it.
type refusal struct {
	status        int
	code, message string
}

var (
	denied = refusal{http.StatusForbidden, "UnauthorizedOperation",
		"You are not authorized to perform this operation. User: arn:aws:iam::" + account +
			":user/bench is not authorized to perform: ec2:%s because no identity-based policy allows the ec2:%[1]s action"}
	// notEnabled is what every call gets in a Region that the account has not enabled.
	notEnabled = refusal{http.StatusUnauthorized, "AuthFailure", "AWS was not able to validate the provided access credentials"}
	throttled  = refusal{http.StatusServiceUnavailable, "RequestLimitExceeded", "Request limit exceeded."}
)

// newProxy serves a proxy to the server at target on a port of its own.
func newProxy(target string) (*proxy, error) {
	to, err := url.Parse(target)
	if err != nil {
		return nil, err
	}
	p := &proxy{to: &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(to); r.Out.Header.Del("Accept-Encoding") },
		// Enough connections kept that a tool that asks for everything at once waits for moto only.
		Transport: &http.Transport{MaxIdleConns: 256, MaxIdleConnsPerHost: 256, DisableCompression: true},
	}}
	p.to.ModifyResponse = rewrite
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	p.url = "http://" + listener.Addr().String()
	p.server = &http.Server{Handler: p, ReadHeaderTimeout: time.Minute}
	go func() { _ = p.server.Serve(listener) }() // ends with the process
	return p, nil
}

// play sets what the next run meets and starts its count.
func (p *proxy) play(s scene) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.scene, p.calls = s, map[call]int{}
}

// count is how many calls came since play.
func (p *proxy) count() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	sum := 0
	for _, n := range p.calls {
		sum += n
	}
	return sum
}

// ServeHTTP counts the call, waits, and refuses it or hands it on.
func (p *proxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return // the tool went away
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	c := callOf(r, body)
	delay, refused := p.admit(c)
	if delay > 0 {
		select {
		case <-time.After(delay):
		case <-r.Context().Done():
			return
		}
	}
	if refused != nil {
		refused.write(w, c.action)
		return
	}
	p.to.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), edited{}, p.editOf(c.action, body))))
}

// edited is where a call keeps what is to be done with its answer.
type edited struct{}

// editOf is what is to be done with the answer to a call; nil is nothing.
func (p *proxy) editOf(action string, body []byte) func([]byte) ([]byte, error) {
	switch action {
	case "DescribeRegions":
		form, _ := url.ParseQuery(string(body)) // it was read before
		return func(answer []byte) ([]byte, error) { return enableRegions(answer, regions, form) }
	case "DescribeVpcs":
		p.mu.Lock()
		owners := p.scene.owners
		p.mu.Unlock()
		return func(answer []byte) ([]byte, error) { return sharedBy(answer, owners) }
	}
	return nil
}

func (p *proxy) admit(c call) (time.Duration, *refusal) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.calls == nil {
		p.calls = map[call]int{}
	}
	p.calls[c]++
	if c.service == "ec2" && !slices.Contains(regions, c.region) {
		return p.scene.delay, &notEnabled
	}
	for _, f := range p.scene.faults {
		if f.call == c && (f.first == 0 || p.calls[c] <= f.first) {
			return p.scene.delay, &f.refusal
		}
	}
	return p.scene.delay, nil
}

func (f refusal) write(w http.ResponseWriter, action string) {
	message := f.message
	if strings.Contains(message, "%") {
		message = fmt.Sprintf(message, action)
	}
	w.Header().Set("Content-Type", "text/xml;charset=UTF-8")
	w.WriteHeader(f.status)
	_, _ = fmt.Fprintf(w, `<?xml version="1.0" encoding="UTF-8"?>`+"\n"+
		`<Response><Errors><Error><Code>%s</Code><Message>%s</Message></Error></Errors><RequestID>bench</RequestID></Response>`,
		f.code, message)
}

// credential is the part of a signature that names the Region and the service.
var credential = regexp.MustCompile(`Credential=[^/]+/\d+/([^/]+)/([^/]+)/aws4_request`)

// callOf names a call: by the form field of the query protocols, by the header of the JSON ones,
// else by method and path.
func callOf(r *http.Request, body []byte) call {
	c := call{action: r.Method + " " + r.URL.Path}
	if m := credential.FindStringSubmatch(r.Header.Get("Authorization")); m != nil {
		c.region, c.service = m[1], m[2]
	}
	if target := r.Header.Get("X-Amz-Target"); target != "" {
		_, c.action, _ = strings.Cut(target, ".")
	} else if form, err := url.ParseQuery(string(body)); err == nil && form.Get("Action") != "" {
		c.action = form.Get("Action")
	}
	return c
}

// rewrite makes moto's answer that of the account of the comparison.
func rewrite(answer *http.Response) error {
	edit, ok := answer.Request.Context().Value(edited{}).(func([]byte) ([]byte, error))
	if !ok || edit == nil || answer.StatusCode != http.StatusOK {
		return nil
	}
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		return err
	}
	if body, err = edit(body); err != nil {
		return err
	}
	answer.Body = io.NopCloser(bytes.NewReader(body))
	answer.ContentLength = int64(len(body))
	answer.Header.Set("Content-Length", strconv.Itoa(len(body)))
	return nil
}

// enableRegions enables the Regions named and no other, and honours the filter of the call, which
// moto does not.
func enableRegions(answer []byte, names []string, form url.Values) ([]byte, error) {
	wanted := []string{optedOut, notRequired}
	if form.Get("AllRegions") != "true" {
		wanted = []string{notRequired}
	}
	if form.Get("Filter.1.Name") == "opt-in-status" {
		wanted = slices.DeleteFunc(wanted, func(status string) bool { return !hasValue(form, "Filter.1.Value.", status) })
	}
	return editItems(answer, "regionInfo", func(item []byte) []byte {
		status := optedOut
		if slices.Contains(names, element(item, "regionName")) {
			status = notRequired
		}
		if !slices.Contains(wanted, status) {
			return nil
		}
		return bytes.Replace(item, []byte(element(item, "optInStatus")), []byte(status), 1)
	})
}

// What DescribeRegions says of a Region.
const optedOut, notRequired = "not-opted-in", "opt-in-not-required"

// hasValue is whether a list of a query protocol holds the value.
func hasValue(form url.Values, prefix, value string) bool {
	for n := 1; form.Has(prefix + strconv.Itoa(n)); n++ {
		if form.Get(prefix+strconv.Itoa(n)) == value {
			return true
		}
	}
	return false
}

// sharedBy makes other accounts the owners of VPCs. Moto has no sharing of VPCs.
func sharedBy(answer []byte, owners map[string]string) ([]byte, error) {
	return editItems(answer, "vpcSet", func(item []byte) []byte {
		owner, shared := owners[element(item, "vpcId")]
		if !shared {
			return item
		}
		return bytes.Replace(item, []byte(element(item, "ownerId")), []byte(owner), 1)
	})
}
