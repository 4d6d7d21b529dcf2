package cli

import (
	"cmp"
	"context"
	"errors"
	"slices"

	"flowproof/internal/event"
	"flowproof/internal/finding"
	"flowproof/internal/inventory"
	"flowproof/internal/source/awslive"
)

// The exit statuses of every command. Scripts rely on them; docs/exit-codes.md says the same.
const (
	statusClean       = 0
	statusInternal    = 1   // something went wrong inside flowproof, or with its files
	statusUsage       = 2   // the command line, the configuration, or what they refer to
	statusFindings    = 3   // findings at or above --fail-on
	statusNoIdentity  = 4   // no AWS identity could be obtained at all
	statusIncomplete  = 5   // something could not be read; wins over statusFindings
	statusUnreached   = 6   // apply, verify or rollback did not reach its end state
	statusInterrupted = 130 // Ctrl-C
)

// summaryStatus decides a run's exit status from its summary and what the user tolerates.
func summaryStatus(s event.Summary, failOn string, allowGaps bool) int {
	switch {
	case !s.Complete && !allowGaps:
		return statusIncomplete
	case failedAtLeast(s, failOn):
		return statusFindings
	}
	return statusClean
}

// failedAtLeast reports whether a finding that no baseline knows fails at or above a severity;
// never for "none".
func failedAtLeast(s event.Summary, failOn string) bool {
	from := slices.Index(finding.Severities(), finding.Severity(failOn))
	if from < 0 {
		return false
	}
	for _, v := range finding.Severities()[from:] {
		if s.New(v) > 0 {
			return true
		}
	}
	return false
}

// errUsage marks errors that are about what was typed or configured.
var errUsage = errors.New("usage")

// usageError is err with the exit status of a usage error; its text is err's.
type usageError struct{ err error }

func (u usageError) Error() string   { return u.err.Error() }
func (u usageError) Unwrap() []error { return []error{u.err, errUsage} }

// errorStatus decides the exit status of a command that ended with an error.
func errorStatus(err error) int {
	switch {
	case errors.Is(err, context.Canceled):
		return statusInterrupted
	case errors.Is(err, awslive.ErrNoIdentity):
		return statusNoIdentity
	case errors.Is(err, errUsage), errors.Is(err, awslive.ErrNoRegion), errors.Is(err, awslive.ErrNoAccount), errors.Is(err, awslive.ErrNoUnit),
		errors.Is(err, awslive.ErrNoOrganization), errors.Is(err, awslive.ErrSession),
		errors.Is(err, awslive.ErrProfile), errors.Is(err, awslive.ErrEndpoint):
		return statusUsage
	}
	return statusInternal
}

// nextStep is what to do about an error, where there is something better than its text.
func nextStep(err error) string {
	var asked *awslive.IdentityError
	var none *awslive.CredentialsError
	switch {
	case errors.As(err, &none):
		return cmp.Or(commandOf(none.Command), none.Advice, identityStep(none.Cause))
	case errors.As(err, &asked):
		return cmp.Or(asked.Advice, identityStep(asked.Cause))
	case errors.Is(err, awslive.ErrNoIdentity):
		return giveCredentials
	}
	return ""
}

// identityStep is what to do where nobody can say who this is.
func identityStep(cause inventory.Cause) string {
	switch cause {
	case inventory.Unreachable, inventory.Incomplete: // something else may have answered
		return "check the network and the proxy, and the address where --endpoint-url or AWS_ENDPOINT_URL gives one"
	case inventory.RegionDisabled:
		return "set AWS_REGION, or the profile's region, to one that the account has enabled, such as us-east-1"
	case inventory.Throttled, inventory.ServerError:
		return "try again: AWS did not say who you are, and did not say no"
	}
	return giveCredentials
}

const giveCredentials = "give credentials as for the AWS CLI: run `aws configure` or `aws sso login`, set AWS_PROFILE or use --profile; `aws sts get-caller-identity` must work"
