package awslive

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// ErrEndpoint means that an address to send calls to is not one.
var ErrEndpoint = errors.New("not an endpoint")

// endpoints says where calls go in place of AWS's own addresses. The order is the AWS CLI's (AWS SDKs
// and Tools Reference Guide, "Service-specific endpoints"): the flag before all; the environment's
// for one service; the environment's for all; the profile's for one service; the profile's for all.
type endpoints struct {
	flag     bool // the flag gives them, which the AWS CLI takes for the command's own calls alone
	all      address
	services map[string]address // by name as it stands behind AWS_ENDPOINT_URL_
}

// address is where calls go, and what says so.
type address struct{ url, from string }

const (
	endpointVariable = "AWS_ENDPOINT_URL"
	endpointKey      = "endpoint_url"
)

// readEndpoints puts the layers together, and refuses an address that is none, or one that holds a
// password: it would stand in messages and reports.
func readEndpoints(flag string, p profile, environ []string) (endpoints, error) {
	e := endpoints{flag: flag != "", services: map[string]address{}}
	switch {
	case flag != "":
		e.all = address{flag, "--endpoint-url"}
		return e, e.check()
	case p.ignoresEndpoints():
		return e, nil
	}
	e.all = address{p.env.BaseEndpoint, endpointVariable}
	if e.all.url == "" {
		e.all = address{cmp.Or(p.said(endpointKey), p.shared.BaseEndpoint), fmt.Sprintf("endpoint_url of profile %q", p.name)}
		if err := e.addServices(p); err != nil {
			return e, err
		}
	}
	for _, pair := range environ {
		name, value, _ := strings.Cut(pair, "=")
		if service, ok := strings.CutPrefix(name, endpointVariable+"_"); ok && value != "" {
			e.services[service] = address{value, name}
		}
	}
	return e, e.check()
}

// addServices adds the endpoints of the services section that the profile names.
func (e *endpoints) addServices(p profile) error {
	name := p.shared.ServicesSectionName
	if name == "" {
		return nil
	}
	if p.shared.Services.ServiceValues == nil {
		return fmt.Errorf("%w: profile %q names services %q, and the AWS configuration file has no section [services %s]", ErrEndpoint, p.name, name, name)
	}
	for service, keys := range p.shared.Services.ServiceValues {
		if value := keys[endpointKey]; value != "" {
			e.services[strings.ToUpper(service)] = address{value, fmt.Sprintf("endpoint_url of %s in [services %s]", service, name)}
		}
	}
	return nil
}

// ignoresEndpoints reports whether configured endpoints are to be left aside.
func (p profile) ignoresEndpoints() bool {
	if ignore := p.env.IgnoreConfiguredEndpoints; ignore != nil {
		return *ignore
	}
	if said := p.said("ignore_configured_endpoint_urls"); said != "" {
		return strings.EqualFold(said, "true")
	}
	return p.shared.IgnoreConfiguredEndpoints != nil && *p.shared.IgnoreConfiguredEndpoints
}

// check looks at the addresses that calls of this program can go to.
func (e endpoints) check() error {
	used := []address{e.all}
	for _, id := range serviceIDs {
		used = append(used, e.services[serviceName(id)])
	}
	for _, a := range used {
		if a.url == "" {
			continue
		}
		if err := checkEndpoint(a.url); err != nil {
			return fmt.Errorf("%w: %s %w", ErrEndpoint, a.from, err)
		}
	}
	return nil
}

// checkEndpoint refuses what is no address of a server. The errors never show it: it may hold a
// password.
func checkEndpoint(text string) error {
	u, err := url.Parse(text)
	switch {
	case err != nil:
		return errors.New("is not a URL, such as http://127.0.0.1:4566")
	case u.User != nil:
		return errors.New("holds a user name or a password: give the address without them; AWS calls are signed with AWS credentials")
	case u.Scheme != "http" && u.Scheme != "https", u.Hostname() == "":
		return errors.New("is not a URL that starts with http:// or https:// and names a host")
	case u.RawQuery != "", u.Fragment != "":
		return errors.New("holds more than a scheme, a host, a port and a path")
	}
	return nil
}

// serviceName is a service's id as it stands behind AWS_ENDPOINT_URL_.
func serviceName(id string) string { return strings.ToUpper(strings.ReplaceAll(id, " ", "_")) }

// of is the address that calls to a service go to; empty for AWS's own.
func (e endpoints) of(serviceID string) string {
	return cmp.Or(e.services[serviceName(serviceID)].url, e.all.url)
}

// GetServiceBaseEndpoint gives the SDK's clients the endpoint of their service, before they look into
// the environment and the profile themselves.
func (e endpoints) GetServiceBaseEndpoint(_ context.Context, serviceID string) (string, bool, error) {
	found := e.of(serviceID)
	return found, found != "", nil
}

// GetIgnoreConfiguredEndpoints says that what is given here counts: it has been thought of already.
func (e endpoints) GetIgnoreConfiguredEndpoints(context.Context) (bool, bool, error) {
	return false, true, nil
}

// sentElsewhere is a request that was not sent, as its host is none of the endpoints.
type sentElsewhere struct {
	host string
	all  address
}

func (s sentElsewhere) Error() string {
	return fmt.Sprintf("not sent to %s: %s sends every AWS call to %s", s.host, s.all.from, s.all.url)
}

// RetryableError keeps the SDK from trying again.
func (s sentElsewhere) RetryableError() bool { return false }

// around marks the requests of an SSO portal, which may leave for it when only the flag gives an endpoint.
type around struct{}

// proxy is http.Transport.Proxy, which is asked about every request before anything is dialled. It
// refuses those for other hosts than the endpoints where one is given for all services: what is meant
// for an emulator must not reach AWS, whichever way a client found there.
func (e endpoints) proxy(r *http.Request) (*url.URL, error) {
	if e.all.url != "" && r.Context().Value(around{}) == nil && !e.names(r.URL.Hostname()) {
		return nil, sentElsewhere{r.URL.Hostname(), e.all}
	}
	return proxyOfEnvironment(r)
}

// names reports whether a host is that of an endpoint.
func (e endpoints) names(host string) bool {
	for _, a := range append(slices.Collect(maps.Values(e.services)), e.all) {
		if u, err := url.Parse(a.url); err == nil && strings.EqualFold(u.Hostname(), host) {
			return true
		}
	}
	return false
}

// proxyOfEnvironment is the proxy that HTTP_PROXY, HTTPS_PROXY and NO_PROXY say. Its error does not
// show the proxy's address, which may hold a password.
func proxyOfEnvironment(r *http.Request) (*url.URL, error) {
	proxy, err := http.ProxyFromEnvironment(r)
	if err != nil {
		return nil, errors.New("HTTPS_PROXY or HTTP_PROXY is not the URL of a proxy")
	}
	return proxy, nil
}
