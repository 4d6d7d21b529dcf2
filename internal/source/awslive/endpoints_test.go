package awslive

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/sts"
)

// layered is a place that can name an endpoint, in the order in which they count (AWS SDKs and Tools
// Reference Guide, "Service-specific endpoints"), the flag before them.
type layered int

const (
	byFlag layered = iota
	byVariableOfService
	byVariable
	byServicesSection
	byProfile
	layers
)

func (l layered) url() string { return "http://" + string(rune('a'+int(l))) + ".example:1" }

// TestTheFirstLayerThatNamesAnEndpointDecides tries every combination of layers, with configured
// endpoints ignored and not.
func TestTheFirstLayerThatNamesAnEndpointDecides(t *testing.T) {
	t.Parallel()
	for set := range 1 << layers {
		for _, ignored := range []bool{false, true} {
			flag, p, environ := "", profile{name: "p"}, []string(nil)
			wantService, wantOthers := "", ""
			for l := layers - 1; l >= 0; l-- {
				if set&(1<<l) == 0 {
					continue
				}
				switch l {
				case byFlag:
					flag = l.url()
				case byVariableOfService:
					environ = append(environ, "AWS_ENDPOINT_URL_CLOUDWATCH_LOGS="+l.url())
				case byVariable:
					p.env.BaseEndpoint = l.url()
				case byServicesSection:
					p.shared.ServicesSectionName = "s"
					p.shared.Services = config.Services{ServiceValues: map[string]map[string]string{"cloudwatch_logs": {"endpoint_url": l.url()}}}
				case byProfile:
					p.shared.BaseEndpoint = l.url()
				}
				if ignored && l != byFlag {
					continue
				}
				wantService = l.url()
				if l != byVariableOfService && l != byServicesSection {
					wantOthers = l.url()
				}
			}
			p.env.IgnoreConfiguredEndpoints = aws.Bool(ignored)
			e, err := readEndpoints(flag, p, environ)
			if err != nil {
				t.Fatal(err)
			}
			if got := e.of(cloudwatchlogs.ServiceID); got != wantService {
				t.Errorf("layers %05b, ignored %v: CloudWatch Logs at %q, want %q", set, ignored, got, wantService)
			}
			for _, id := range []string{sts.ServiceID, ec2.ServiceID} {
				if got := e.of(id); got != wantOthers {
					t.Errorf("layers %05b, ignored %v: %s at %q, want %q", set, ignored, id, got, wantOthers)
				}
			}
		}
	}
}

func TestTheCredentialsFileNamesAnEndpointToo(t *testing.T) {
	t.Parallel()
	p := profile{
		name: "p", config: parseINI("[profile p]\nendpoint_url = http://config\n"), credentials: parseINI("[p]\nendpoint_url = http://credentials\n"),
	}
	e, err := readEndpoints("", p, nil)
	if err != nil {
		t.Fatal(err)
	}
	if got := e.of(sts.ServiceID); got != "http://credentials" {
		t.Errorf("endpoint %q", got)
	}
}

// hostileEndpoints are addresses that hold a secret, or are none.
func hostileEndpoints() []string {
	return []string{
		"http://user:SECRET@127.0.0.1:4566", "https://:SECRET@host", "http://SECRET@host", "HTTP://user:SECRET@host/", "http://user:SEC RET@host",
		"http://user:%zzSECRET@host", "http://user:SECRET@host:port", "//user:SECRET@host", "user:SECRET@host", "http://user:SECRET@", "http://host/?key=SECRET", "http://host/#SECRET",
		"ftp://SECRET", "SECRET", "http://", "http://:4566", "http:///SECRET", "http://[::1", "http://a\nSECRET",
	}
}

func TestAnEndpointThatHoldsAPasswordIsRefusedUnseen(t *testing.T) {
	t.Parallel()
	for _, text := range hostileEndpoints() {
		for name, read := range map[string]func() error{
			"flag": func() error { _, err := readEndpoints(text, profile{}, nil); return err },
			"variable": func() error {
				_, err := readEndpoints("", profile{env: config.EnvConfig{BaseEndpoint: text}}, nil)
				return err
			},
			"variable of a service": func() error {
				_, err := readEndpoints("", profile{}, []string{"AWS_ENDPOINT_URL_STS=" + text})
				return err
			},
			"profile": func() error {
				_, err := readEndpoints("", profile{shared: config.SharedConfig{BaseEndpoint: text}}, nil)
				return err
			},
		} {
			err := read()
			if !errors.Is(err, ErrEndpoint) {
				t.Errorf("%s %q: %v", name, text, err)
			}
			if err != nil && strings.Contains(err.Error(), "SEC") {
				t.Errorf("%s %q is shown: %v", name, text, err)
			}
		}
	}
}

// TestNothingLeavesForAnywhereButTheEndpoints asks for many hosts with an endpoint for all services.
func TestNothingLeavesForAnywhereButTheEndpoints(t *testing.T) {
	t.Parallel()
	e := endpoints{all: address{"http://localhost:4566", "AWS_ENDPOINT_URL"}, services: map[string]address{"EC2": {"https://ec2.eu-west-1.amazonaws.com", "AWS_ENDPOINT_URL_EC2"}}}
	for host, want := range map[string]bool{
		"localhost": true, "LOCALHOST:4566": true, "ec2.eu-west-1.amazonaws.com": true,
		"sts.amazonaws.com": false, "sts.eu-west-1.amazonaws.com": false, "ec2.us-east-1.amazonaws.com": false, "localhost.evil.example": false,
		"example.com": false, "169.254.169.254": false, "portal.sso.us-east-1.amazonaws.com": false,
	} {
		r, err := http.NewRequestWithContext(context.Background(), http.MethodPost, "https://"+host+"/", nil)
		if err != nil {
			t.Fatal(err)
		}
		_, err = e.proxy(r)
		if (err == nil) != want {
			t.Errorf("%s: %v", host, err)
		}
		if err != nil && !strings.Contains(err.Error(), "AWS_ENDPOINT_URL") {
			t.Errorf("%s: %v", host, err)
		}
		if _, err = (endpoints{}).proxy(r); err != nil {
			t.Errorf("%s without an endpoint: %v", host, err)
		}
	}
}
