package awslive

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials/processcreds"
	"github.com/aws/smithy-go"

	"flowproof/internal/inventory"
)

// CredentialsError says why no credentials could be had: nothing was asked with them. It is an
// ErrNoIdentity.
type CredentialsError struct {
	Cause   inventory.Cause
	Message string   // hostile
	Command []string // that a person can type next to get some; empty where there is none
	Advice  string   // what else to do; empty where nothing is better than the usual
	err     error
}

func (c *CredentialsError) Error() string { return ErrNoIdentity.Error() + ": " + c.Message }

// Unwrap gives what the SDK said.
func (c *CredentialsError) Unwrap() error { return c.err }

// Is makes it an ErrNoIdentity.
func (c *CredentialsError) Is(target error) bool { return target == ErrNoIdentity }

// RetryableError keeps the SDK from asking again: whoever gives credentials has been asked as often
// as makes sense.
func (c *CredentialsError) RetryableError() bool { return false }

// notGiven keeps the SDK from asking AWS again where there are no credentials to ask with.
func notGiven(err error) aws.Ternary {
	if _, ok := errors.AsType[*CredentialsError](err); ok {
		return aws.FalseTernary
	}
	return aws.UnknownTernary
}

// providing gives a profile's credentials, or says why it cannot.
type providing struct {
	aws.CredentialsProvider
	profile profile
}

// Retrieve implements aws.CredentialsProvider.
func (p providing) Retrieve(ctx context.Context) (aws.Credentials, error) {
	given, err := p.CredentialsProvider.Retrieve(ctx)
	if err != nil {
		return given, p.profile.notGiven(ctx, err)
	}
	return given, nil
}

// SignIn obtains the credentials of a configuration now where a person is asked for an MFA code: they
// have no deadline, as calls have. Every other way in is tried by the first call.
func SignIn(ctx context.Context, cfg aws.Config) error { return signIn(ctx, cfg.Credentials) }

func signIn(ctx context.Context, credentials aws.CredentialsProvider) error {
	p, ok := credentials.(providing)
	if !ok || !p.profile.asksPerson() {
		return nil
	}
	_, err := p.Retrieve(ctx)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return err
}

// asksPerson reports whether the profile, or one that it rests on, enters its role with an MFA code.
func (p profile) asksPerson() bool {
	for shared := &p.shared; shared != nil; shared = shared.Source {
		if shared.MFASerial != "" {
			return true
		}
	}
	return false
}

// notGiven explains why the profile's credentials could not be had.
func (p profile) notGiven(ctx context.Context, err error) *CredentialsError {
	var process *processcreds.ProviderError
	cause, said := classify(err, circumstances{run: ctx})
	c := &CredentialsError{Cause: cause, err: err}
	first := p.first()
	switch service := serviceOf(err); {
	case p.withWebIdentity() && service == "STS" && strings.Contains(err.Error(), "WebIdentity"):
		c.Message = p.about("sts:AssumeRoleWithWebIdentity: " + said)
		c.Advice = freshToken
	case p.withWebIdentity() && service == "":
		c.Message, c.Advice = p.about(said), freshToken
	case p.inContainer() && service == "":
		c.Message = "the credentials of the container (AWS_CONTAINER_CREDENTIALS_FULL_URI or _RELATIVE_URI): " + said
	case service == "STS":
		c.Message = p.about("sts:AssumeRole: " + said)
		c.Advice = p.entering(cause, said)
	case service == "SSO" && cause == inventory.Denied:
		c.Message = p.about("sso:GetRoleCredentials: " + said) // the answer to a sign-in that is good
		c.Advice = fmt.Sprintf("whoever signed in has no role %s in account %s: correct sso_role_name and sso_account_id of profile %q, or ask for it", first.SSORoleName, first.SSOAccountID, first.Profile)
	case service == "SSO" && cause != inventory.Credentials, service == "SSO OIDC" && !refused(err):
		c.Message = p.about("its SSO portal: " + said)
	case first.SSOAccountID != "":
		c.Cause, c.Message = inventory.Credentials, p.about(signedOut(err, said))
		c.Command = signInWith(first.Profile, "sso", "login")
	case first.LoginSession != "" && (service == "" || refused(err)):
		c.Cause, c.Message = inventory.Credentials, p.about(signedOut(err, said))
		c.Command = signInWith(first.Profile, "login")
	case errors.As(err, &process):
		c.Cause, c.Message = inventory.Credentials, p.about("credential_process "+first.CredentialProcess+": "+failureOf(process))
		c.Advice = "run the credential_process of the profile by hand: it must print credentials as JSON and exit 0"
	case strings.Contains(err.Error(), "EC2 IMDS"): // the last place that the SDK looks in
		c.Cause = inventory.Credentials
		c.Message = fmt.Sprintf("no credentials in the environment, in the profile %q or on an instance: %s", p.name, said)
	default:
		c.Message = p.about(said)
	}
	if todo := wayOut(err); todo != "" {
		c.Message, c.Advice, c.Command = strings.ReplaceAll(c.Message, "; "+todo, ""), todo, nil
	}
	return c
}

const freshToken = "the token in the file that AWS_WEB_IDENTITY_TOKEN_FILE or web_identity_token_file names must be there and current, " +
	"and the role's trust policy must name who issued it"

// withWebIdentity reports whether the credentials begin with a web identity token.
func (p profile) withWebIdentity() bool {
	return p.first().WebIdentityTokenFile != "" || !p.typed && p.env.WebIdentityTokenFilePath != ""
}

// inContainer reports whether the credentials begin with those of a container, for want of others.
func (p profile) inContainer() bool {
	first := p.first()
	return cmp.Or(p.env.ContainerCredentialsEndpoint, p.env.ContainerCredentialsRelativePath) != "" &&
		first.SSOAccountID+first.LoginSession+first.CredentialProcess == ""
}

// about is a message with the profile that it is about, if it is about any.
func (p profile) about(message string) string {
	if !p.there {
		return message
	}
	return fmt.Sprintf("profile %q: %s", p.name, message)
}

// first is the profile that the credentials begin with: the last source_profile.
func (p profile) first() config.SharedConfig {
	first := p.shared
	for first.Source != nil {
		first = *first.Source
	}
	return first
}

// refused reports whether a service said no, as opposed to nothing.
func refused(err error) bool {
	api, ok := errors.AsType[smithy.APIError](err)
	return ok && api.ErrorFault() == smithy.FaultClient
}

// signedOut is why a sign-in is of no use.
func signedOut(err error, said string) string {
	if errors.Is(err, fs.ErrNotExist) || strings.Contains(said, "token file not found") {
		return "nobody has signed in yet"
	}
	return "the sign-in has ended, or is not accepted: " + said
}

// signInWith is the AWS CLI's command that signs in.
func signInWith(profile string, command ...string) []string {
	command = append([]string{"aws"}, command...)
	if profile != config.DefaultSharedConfigProfile {
		command = append(command, "--profile", profile)
	}
	return command
}

// serviceOf is the service that gave the innermost error; empty where none was asked, for want of
// credentials to ask it with.
func serviceOf(err error) string {
	service := ""
	for err != nil {
		if operation, ok := err.(*smithy.OperationError); ok { //nolint:errorlint // each link of the chain is looked at
			service = operation.Service()
			if strings.HasPrefix(operation.Unwrap().Error(), "get identity: ") {
				service = ""
			}
		}
		err = errors.Unwrap(err)
	}
	return service
}

// assuming is the profile whose role AWS speaks of.
func (p profile) assuming(said string) string {
	for link := &p.shared; link != nil; link = link.Source {
		if link.RoleARN != "" && strings.Contains(said, link.RoleARN) {
			return link.Profile
		}
	}
	return p.name
}

// entering is what to do where the profile's role cannot be assumed.
func (p profile) entering(cause inventory.Cause, said string) string {
	name := p.assuming(said)
	switch {
	case strings.Contains(said, "role chaining"):
		return fmt.Sprintf("set duration_seconds of profile %q to 3600 or less: a role that another role assumes has sessions of one hour at most", name)
	case strings.Contains(said, "DurationSeconds"), strings.Contains(said, "durationSeconds"):
		return fmt.Sprintf("set duration_seconds of profile %q to what the role allows", name)
	case cause == inventory.Denied, cause == inventory.DeniedBySCP:
		return fmt.Sprintf("the trust policy of the role must let in who its source_profile or credential_source is, with the external id or the MFA device that it asks for: "+
			"role_arn, external_id and mfa_serial of profile %q", name)
	case cause == inventory.Credentials:
		return fmt.Sprintf("the credentials of profile %q were refused: renew them", p.first().Profile)
	}
	return ""
}

// failureOf is what became of a credential_process. What it printed is left out: it may hold keys.
func failureOf(err *processcreds.ProviderError) string {
	var exit interface { // exec.ExitError; no package here starts a program
		error
		ExitCode() int
	}
	switch {
	case errors.As(err, &exit):
		return exit.Error() + "; what it said stands above"
	case strings.Contains(err.Error(), "parse failed"):
		return "it did not print credentials as JSON"
	}
	return rootMessage(err)
}
