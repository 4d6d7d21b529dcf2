package awslive

import (
	"cmp"
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials/stscreds"

	"flowproof/internal/inventory"
)

// Role says what to assume in each account, and for how long.
type Role struct {
	Name       string // in any notation of [RoleName]
	ARN        string // in place of the name, for one account
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
	// A name, and a path before it, of the same characters here: IAM lets a path hold any printable
	// one (IAM user guide, "IAM identifiers").
	roleName    = regexp.MustCompile(`^([\w+=,.@-]+/)*[\w+=,.@-]{1,64}$`)
	externalID  = regexp.MustCompile(`^[\w+=,.@:/-]+$`) // STS API reference, AssumeRole
	sessionName = regexp.MustCompile(`^[\w+=,.@-]{2,64}$`)
)

// RoleName is the name of a role with its path, from any notation: X, service-role/X, /service-role/X
// or an ARN, whose account does not matter.
func RoleName(text string) (string, error) {
	name := strings.TrimPrefix(text, "/")
	if _, path, ok := splitRoleARN(text); ok {
		name = path
	}
	const longestPath = 512
	if !roleName.MatchString(name) || len(name) > longestPath+64 {
		return "", fmt.Errorf("role %q: not the name of a role, such as flowproof-read, with its path where it has one", text)
	}
	return name, nil
}

// splitRoleARN gives the account of a role's ARN, and the name with its path.
func splitRoleARN(arn string) (account, name string, ok bool) {
	parts := strings.SplitN(arn, ":", 6)
	if len(parts) != 6 || parts[0] != "arn" || parts[2] != "iam" || parts[3] != "" || !accountID.MatchString(parts[4]) {
		return "", "", false
	}
	if !slices.Contains(inventory.Partitions(), parts[1]) {
		return "", "", false
	}
	name, isRole := strings.CutPrefix(parts[5], "role/")
	return parts[4], name, isRole && roleName.MatchString(name)
}

// roleIn is the role to assume in an account: the run's, unless the file of accounts names another.
func (o *Organization) roleIn(id string) Role {
	role, said := o.membership.Role, o.listedAs[id]
	role.Name, role.ARN = cmp.Or(said.RoleName, role.Name), said.RoleARN
	role.ExternalID = cmp.Or(said.ExternalID, role.ExternalID)
	return role
}

func (r Role) check() error {
	if _, err := RoleName(r.Name); err != nil {
		return err
	}
	switch {
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
	if r.ARN != "" {
		return r.ARN
	}
	name, _ := RoleName(r.Name) // check has refused what is none
	return "arn:" + partition + ":iam::" + account + ":role/" + name
}

// assume gives the credentials of the role in an account, fetched with the first call that needs
// them and again before they end. Any number of calls wait for the same answer.
func (o *Organization) assume(partition, id string) aws.CredentialsProvider {
	role := o.roleIn(id)
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
