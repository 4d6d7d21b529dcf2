// Package awslive reads a real AWS account through aws-sdk-go-v2. It only ever reads: its
// interfaces hold Describe, Get, List, Head and AssumeRole calls and nothing else.
package awslive

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials"
	accountapi "github.com/aws/aws-sdk-go-v2/service/account"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/firehose"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/organizations"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/signin"
	"github.com/aws/aws-sdk-go-v2/service/sso"
	"github.com/aws/aws-sdk-go-v2/service/ssooidc"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go/logging"
	"github.com/aws/smithy-go/middleware"

	"flowproof/internal/awscall"
	"flowproof/internal/inventory"
)

// Options says how to reach an account and which Regions of it to read.
type Options struct {
	Profile     string   // of the AWS configuration files; empty for the default chain
	EndpointURL string   // for every service; empty for AWS's own
	Regions     []string // names and globs; empty for every Region that the account has enabled
	Version     string   // of flowproof, for the user agent

	Organization string // id of the organisation that the accounts are in; empty to ask where it matters

	Named  inventory.Names // what to read by name, where the run asks for its kind
	Window time.Duration   // how far back to look for arrivals, where the run asks for them; 0 means a day
	Sample int             // how many of the newest records to keep of each flow log, where the run asks for records

	MFAToken func() (string, error) // asks a person; nil where nobody can be asked
	Now      func() time.Time
}

// Bounds on what one account can cost. They add up to a known worst case (docs/organizations.md):
// calls that hang cost their own scopes, never the run.
const (
	callsInFlight     = 64  // of a run over one account
	callsInFlightMany = 256 // of a run over many: at 30 ms a call, 64 would be the limit of a large one
	dialTimeout       = 10 * time.Second
	attemptDeadline   = 15 * time.Second // of one attempt, until its answer is there
	callDeadline      = 45 * time.Second // of one page with all its attempts
	scopeDeadline     = 5 * time.Minute
)

// serviceIDs are the services that calls can go to, those of signing in among them.
var serviceIDs = []string{
	sts.ServiceID, ec2.ServiceID, iam.ServiceID, cloudwatchlogs.ServiceID, cloudwatch.ServiceID, s3.ServiceID, firehose.ServiceID,
	organizations.ServiceID, accountapi.ServiceID, sso.ServiceID, ssooidc.ServiceID, signin.ServiceID,
}

// fallbackRegion is where the first calls go when nobody names a Region.
const fallbackRegion = "us-east-1"

// Source reads one account. New has not contacted AWS yet: Discover does.
type Source struct {
	options Options
	home    string // the Region of the first calls
	counter *callCounter
	allowed regionFilter

	regions  *clients
	identity identityReader

	credentials aws.CredentialsProvider // the caller's

	byName   *named
	self     *account     // the caller's own, once Discover knows it
	accounts atomic.Int32 // known to be there
	doubts   doubts

	chosen func(inventory.FlowLog) bool // whose arrivals are looked for; nil for all
}

// identityReader tells whose credentials these are, and lends roles.
type identityReader interface {
	GetCallerIdentity(context.Context, *sts.GetCallerIdentityInput, ...func(*sts.Options)) (*sts.GetCallerIdentityOutput, error)
	AssumeRole(context.Context, *sts.AssumeRoleInput, ...func(*sts.Options)) (*sts.AssumeRoleOutput, error)
}

// New loads the AWS configuration as the AWS CLI does: environment, profile, SSO, web identity,
// instance role. An error is about the configuration or the Regions asked for; credentials
// are first used by Discover.
func New(ctx context.Context, o Options) (*Source, error) {
	filter, err := parseRegions(o.Regions)
	if err != nil {
		return nil, err
	}
	cfg, err := LoadConfig(ctx, o)
	if err != nil {
		return nil, err
	}
	return newSource(o, filter, cfg)
}

// LoadConfig is the configuration that New reads with, for those who do more than read.
func LoadConfig(ctx context.Context, o Options) (aws.Config, error) {
	retryer, err := newRetryer()
	if err != nil {
		return aws.Config{}, err
	}
	p, err := readProfile(ctx, o.Profile)
	if err != nil {
		return aws.Config{}, err
	}
	e, err := readEndpoints(o.EndpointURL, p, os.Environ())
	if err == nil {
		err = unsetEmpty(endpointVariable)
	}
	if err != nil {
		return aws.Config{}, err
	}
	load, err := credentialOptions(p, e, o.MFAToken)
	if err != nil {
		return aws.Config{}, err
	}
	load = append(load,
		config.WithRetryer(func() aws.Retryer { return retryer }),
		config.WithHTTPClient(newHTTPClient(e.proxy)),
		config.WithAPIOptions(checked()),
		config.WithLogger(logging.Nop{}), // what the SDK has to say is in its errors
		config.WithAppID("flowproof-"+cmp.Or(o.Version, "dev")),
	)
	if o.Profile != "" {
		load = append(load, config.WithSharedConfigProfile(o.Profile))
	}
	cfg, err := config.LoadDefaultConfig(ctx, load...)
	if err != nil {
		return aws.Config{}, p.unusable(err)
	}
	cfg.Credentials = providing{cfg.Credentials, p}
	cfg.BaseEndpoint = orNil(e.all.url)
	cfg.ConfigSources = append([]any{e}, cfg.ConfigSources...)
	return cfg, nil
}

// unsetEmpty removes a variable that is set to nothing, which the AWS CLI takes for one that is not
// set. The SDK's clients do not: they then look at no endpoint of their own service.
func unsetEmpty(variable string) error {
	if value, set := os.LookupEnv(variable); set && value == "" {
		return os.Unsetenv(variable)
	}
	return nil
}

// At reads whatever answers at an endpoint, with fixed credentials and none of this machine's
// configuration: the embedded AWS of the demo must not depend on, or be handed, a real account's.
func At(endpointURL string, o Options) (*Source, error) {
	filter, err := parseRegions(o.Regions)
	if err != nil {
		return nil, err
	}
	cfg, err := ConfigAt(endpointURL)
	if err != nil {
		return nil, err
	}
	return newSource(o, filter, cfg)
}

// ConfigAt is the configuration that At reads with.
func ConfigAt(endpointURL string) (aws.Config, error) {
	retryer, err := newRetryer()
	if err != nil {
		return aws.Config{}, err
	}
	e := endpoints{all: address{endpointURL, "the embedded AWS"}}
	return aws.Config{
		BaseEndpoint: aws.String(endpointURL),
		Credentials:  credentials.NewStaticCredentialsProvider("FLOWPROOF", "flowproof", ""),
		HTTPClient:   newHTTPClient(e.proxy),
		APIOptions:   checked(),
		Logger:       logging.Nop{},
		Retryer:      func() aws.Retryer { return retryer },
	}, nil
}

func newSource(o Options, filter regionFilter, cfg aws.Config) (*Source, error) {
	cfg, counter, err := throughOneDoor(cfg, filter, callsInFlight)
	if err != nil {
		return nil, err
	}
	return sourceOf(o, filter, cfg, counter), nil
}

// throughOneDoor gives a configuration whose every call is counted and bounded, and its home Region.
func throughOneDoor(cfg aws.Config, filter regionFilter, inFlight int) (aws.Config, *callCounter, error) {
	home, err := filter.homeRegion(cfg.Region)
	if err != nil {
		return aws.Config{}, nil, err
	}
	counter := &callCounter{client: cfg.HTTPClient, free: make(chan struct{}, inFlight)}
	cfg.HTTPClient = counter
	cfg.Retryer = counter.counting(cfg.Retryer)
	cfg.Region = home
	return cfg, counter, nil
}

func sourceOf(o Options, filter regionFilter, cfg aws.Config, counter *callCounter) *Source {
	s := &Source{options: o, home: cfg.Region, counter: counter, allowed: filter, regions: newClients(cfg)}
	s.identity = sts.NewFromConfig(cfg)
	s.credentials = cfg.Credentials
	s.byName = newNamed(cfg, o)
	return s
}

// Calls implements scan.Source.
func (s *Source) Calls() int64 { return s.counter.calls.Load() }

// Throttles implements scan.Source.
func (s *Source) Throttles() int64 { return s.counter.throttles.Load() }

// Accounts implements scan.Source: none until Discover knows whose credentials these are.
func (s *Source) Accounts() int { return int(s.accounts.Load()) }

// newHTTPClient keeps as many connections as there may be calls in flight: behind one
// endpoint the default of 10 would open a connection for most calls. It stays the SDK's own
// kind of client, so that AWS_CA_BUNDLE works. proxy is asked about every request.
func newHTTPClient(proxy func(*http.Request) (*url.URL, error)) *awshttp.BuildableClient {
	return awshttp.NewBuildableClient().
		WithTransportOptions(func(t *http.Transport) {
			t.Proxy = proxy
			t.MaxIdleConns = 2 * callsInFlightMany
			t.MaxIdleConnsPerHost = callsInFlightMany
			t.TLSHandshakeTimeout = dialTimeout
			t.Proxy = awscall.NoRedirects(t.Proxy)
		})
}

// checked makes every client of a configuration, those of the credential chain too, take for an
// answer only what is one.
func checked() []func(*middleware.Stack) error {
	return []func(*middleware.Stack) error{awscall.Check}
}

// maxAttempts is ours unless AWS_MAX_ATTEMPTS says otherwise, as in every AWS tool.
func maxAttempts() (int, error) {
	said := os.Getenv("AWS_MAX_ATTEMPTS")
	if said == "" {
		return defaultAttempts, nil
	}
	n, err := strconv.Atoi(said)
	if err != nil || n < 1 {
		return 0, fmt.Errorf("AWS_MAX_ATTEMPTS is %q: it must be a number from 1", said)
	}
	return n, nil
}
