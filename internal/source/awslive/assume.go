package awslive

import (
	"context"
	"fmt"
	"regexp"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials/stscreds"

	"flowproof/internal/inventory"
)

// Role says what to assume in each account, and for how long.
type Role struct {
	Name       string // with its path, where it has one
	ExternalID string // asked for by its trust policy; empty for none
	Session    string // name of the session in CloudTrail
	Duration   time.Duration
}

// Bounds of a session (STS API reference, AssumeRole), and of one that another session starts (IAM
// user guide, "Role chaining").
const (
	minSession     = 15 * time.Minute
	maxSession     = 12 * time.Hour
	chainedSession = time.Hour
)

// refreshBefore is how long before their end credentials are fetched anew, so that a call that is
// retried for long still goes out with good ones.
const refreshBefore = 2 * time.Minute

var (
	roleName    = regexp.MustCompile(`^[\w+=,.@/-]{1,128}$`)
	sessionName = regexp.MustCompile(`^[\w+=,.@-]{2,64}$`)
)

func (r Role) check() error {
	switch {
	case !roleName.MatchString(r.Name):
		return fmt.Errorf("role %q: not the name of a role, such as flowproof-read, with its path where it has one", r.Name)
	case !sessionName.MatchString(r.Session):
		return fmt.Errorf("session %q: 2 to 64 letters, digits and +=,.@_- are allowed", r.Session)
	case r.Duration < minSession, r.Duration > maxSession:
		return fmt.Errorf("session of %s: AWS allows 15m to 12h", r.Duration)
	}
	return nil
}

// checkCaller refuses a session that AWS would refuse in every account.
func (r Role) checkCaller(who caller) error {
	if who.lent() && r.Duration > chainedSession {
		return fmt.Errorf("%w: %s is a role's session itself, and AWS lets it start sessions of one hour at most (role chaining): "+
			"ask for --session-duration 1h or less; they are renewed while the run lasts", ErrSession, who.arn)
	}
	return nil
}

// arn names the role in an account.
func (r Role) arn(partition, account string) string {
	return "arn:" + partition + ":iam::" + account + ":role/" + r.Name
}

// assume gives the credentials of the role in an account, fetched with the first call that needs
// them and again before they end. Any number of calls wait for the same answer.
func (o *Organization) assume(partition, id string) aws.CredentialsProvider {
	role := o.membership.Role
	provider := stscreds.NewAssumeRoleProvider(o.source.identity, role.arn(partition, id), func(a *stscreds.AssumeRoleOptions) {
		a.RoleSessionName = role.Session
		a.Duration = role.Duration
		if role.ExternalID != "" {
			a.ExternalID = aws.String(role.ExternalID)
		}
	})
	return aws.NewCredentialsCache(lender{provider, o.source.doubts.about("sts", o.source.home)}, func(c *aws.CredentialsCacheOptions) {
		c.ExpiryWindow = refreshBefore
	})
}

// lender bounds the time of an assumption: the cache that asks it takes the deadlines off, since
// several callers wait for one answer.
type lender struct {
	provider aws.CredentialsProvider
	endpoint *patience
}

// Retrieve implements aws.CredentialsProvider.
func (l lender) Retrieve(ctx context.Context) (aws.Credentials, error) {
	return along(withRoute(ctx, &route{endpoint: l.endpoint}), l.provider.Retrieve)
}

// enter assumes the role of an account; the gap says why it cannot be.
func (o *Organization) enter(ctx context.Context, a *account) *inventory.Gap {
	if a.credentials == nil {
		return nil
	}
	if _, err := a.credentials.Retrieve(ctx); err != nil {
		cause, message := classify(err, circumstances{run: ctx, credentials: true})
		return &inventory.Gap{Kind: inventory.Accounts, API: "sts:AssumeRole", Cause: cause, Message: message}
	}
	return nil
}
