package awslive

import (
	"cmp"
	"context"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials/ec2rolecreds"
	"github.com/aws/aws-sdk-go-v2/credentials/ssocreds"
	"github.com/aws/aws-sdk-go-v2/credentials/stscreds"
	"github.com/aws/aws-sdk-go-v2/feature/ec2/imds"
	"github.com/aws/aws-sdk-go-v2/service/sso"
	"github.com/aws/aws-sdk-go-v2/service/ssooidc"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go/logging"
)

// credentialOptions are how the SDK's chain of credential providers is set up. It makes its clients
// before it knows of any endpoint for all services (config.resolveCredentials comes before
// resolveBaseEndpoint), so each of them is told here where to go.
func credentialOptions(p profile, e endpoints, mfa func() (string, error)) ([]func(*config.LoadOptions) error, error) {
	metadata, err := metadataClient(p)
	if err != nil {
		return nil, err
	}
	return []func(*config.LoadOptions) error{
		config.WithAssumeRoleCredentialOptions(func(o *stscreds.AssumeRoleOptions) {
			o.TokenProvider = mfa
			o.Client = roleAt{o.Client, e.of(sts.ServiceID)}
		}),
		config.WithWebIdentityRoleCredentialOptions(func(o *stscreds.WebIdentityRoleOptions) {
			if o.Client != nil { // the SDK asks once before it has one
				o.Client = webIdentityAt{o.Client, e.of(sts.ServiceID)}
			}
		}),
		config.WithSSOProviderOptions(func(o *ssocreds.Options) { o.Client = portalAt{o.Client, e} }),
		config.WithSSOTokenProviderOptions(func(o *ssocreds.SSOTokenProviderOptions) { o.Client = signInAt{o.Client, e} }),
		config.WithEC2RoleCredentialOptions(func(o *ec2rolecreds.Options) { o.Client = metadata }),
	}, nil
}

// roleAt assumes roles at an endpoint; empty for AWS's own.
type roleAt struct {
	client   stscreds.AssumeRoleAPIClient
	endpoint string
}

// AssumeRole implements stscreds.AssumeRoleAPIClient.
func (r roleAt) AssumeRole(ctx context.Context, in *sts.AssumeRoleInput, with ...func(*sts.Options)) (*sts.AssumeRoleOutput, error) {
	return r.client.AssumeRole(ctx, in, append(with, stsAt(r.endpoint))...)
}

// webIdentityAt is roleAt for a role that a web identity token lets in.
type webIdentityAt struct {
	client   stscreds.AssumeRoleWithWebIdentityAPIClient
	endpoint string
}

// AssumeRoleWithWebIdentity implements stscreds.AssumeRoleWithWebIdentityAPIClient.
func (w webIdentityAt) AssumeRoleWithWebIdentity(
	ctx context.Context, in *sts.AssumeRoleWithWebIdentityInput, with ...func(*sts.Options),
) (*sts.AssumeRoleWithWebIdentityOutput, error) {
	return w.client.AssumeRoleWithWebIdentity(ctx, in, append(with, stsAt(w.endpoint))...)
}

// stsAt sends a call of STS to an endpoint, and to the usual Region where the profile has none.
func stsAt(endpoint string) func(*sts.Options) {
	return func(o *sts.Options) {
		o.BaseEndpoint = orNil(endpoint)
		o.Region = cmp.Or(o.Region, fallbackRegion)
	}
}

// orNil is text as the SDK has it: nil where there is none.
func orNil(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}

// portalAt asks an SSO portal for a role's credentials. Like the AWS CLI it follows the endpoints of
// the environment and the profile, and not the flag: a sign-in is the portal's, whatever the calls
// that it is for are sent to.
type portalAt struct {
	client    ssocreds.GetRoleCredentialsAPIClient
	endpoints endpoints
}

// GetRoleCredentials implements ssocreds.GetRoleCredentialsAPIClient.
func (p portalAt) GetRoleCredentials(ctx context.Context, in *sso.GetRoleCredentialsInput, with ...func(*sso.Options)) (*sso.GetRoleCredentialsOutput, error) {
	ctx, endpoint := p.endpoints.ofPortal(ctx, sso.ServiceID)
	return p.client.GetRoleCredentials(ctx, in, append(with, func(o *sso.Options) { o.BaseEndpoint = endpoint })...)
}

// signInAt renews an SSO sign-in, where portalAt would ask.
type signInAt struct {
	client    ssocreds.CreateTokenAPIClient
	endpoints endpoints
}

// CreateToken implements ssocreds.CreateTokenAPIClient.
func (s signInAt) CreateToken(ctx context.Context, in *ssooidc.CreateTokenInput, with ...func(*ssooidc.Options)) (*ssooidc.CreateTokenOutput, error) {
	ctx, endpoint := s.endpoints.ofPortal(ctx, ssooidc.ServiceID)
	return s.client.CreateToken(ctx, in, append(with, func(o *ssooidc.Options) { o.BaseEndpoint = endpoint })...)
}

// ofPortal is of for the services of a sign-in, and the context that their calls go with.
func (e endpoints) ofPortal(ctx context.Context, serviceID string) (context.Context, *string) {
	if e.flag {
		return context.WithValue(ctx, around{}, true), nil
	}
	return ctx, orNil(e.of(serviceID))
}

// How long one try at the instance metadata service may take, and how many there are, unless the
// variables of the AWS CLI say otherwise (AWS SDKs and Tools Reference Guide, "IMDS credential
// provider"). Nothing answers there on most machines.
const (
	metadataTimeout  = time.Second
	metadataAttempts = 1
)

// metadataLimits are how long one try at the metadata service may take, and how many there are.
func metadataLimits(p profile) (timeout time.Duration, attempts int, err error) {
	seconds, err := p.whole("AWS_METADATA_SERVICE_TIMEOUT", "metadata_service_timeout", int(metadataTimeout/time.Second))
	if err != nil {
		return 0, 0, err
	}
	attempts, err = p.whole("AWS_METADATA_SERVICE_NUM_ATTEMPTS", "metadata_service_num_attempts", metadataAttempts)
	if err != nil {
		return 0, 0, err
	}
	return time.Duration(seconds) * time.Second, attempts, nil
}

// metadataClient asks the instance metadata service, past the endpoints of services.
func metadataClient(p profile) (*imds.Client, error) {
	timeout, attempts, err := metadataLimits(p)
	if err != nil {
		return nil, err
	}
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.Proxy = proxyOfEnvironment
	return imds.NewFromConfig(aws.Config{ConfigSources: []any{p.env, p.shared}, Logger: logging.Nop{}}, func(o *imds.Options) {
		o.HTTPClient = &http.Client{Transport: transport, Timeout: timeout}
		o.DisableDefaultTimeout = true // of a whole operation: it would cut attempts that were asked for
		o.Retryer = retry.NewStandard(func(s *retry.StandardOptions) { s.MaxAttempts = attempts })
	}), nil
}
