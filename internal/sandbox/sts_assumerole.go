package sandbox

import (
	"encoding/base64"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"
)

// loan is what AssumeRole hands out: a role on loan.
type loan struct {
	account   string
	role      string // ARN
	principal string // arn:PARTITION:sts::ACCOUNT:assumed-role/ROLE/SESSION
	userID    string // ROLEID:SESSION
	expires   time.Time
}

// loans are those handed out, by access key.
type loans struct {
	mu    sync.RWMutex
	byKey map[string]*loan
}

// maxLoans bounds what a client that assumes roles for days can cost: the expired go first.
const maxLoans = 1 << 16

func (s *loans) add(key string, n *loan, now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.byKey == nil {
		s.byKey = make(map[string]*loan)
	}
	if len(s.byKey) >= maxLoans {
		for k, old := range s.byKey {
			if old.expires.Before(now) {
				delete(s.byKey, k)
			}
		}
	}
	s.byKey[key] = n
}

func (s *loans) get(key string) *loan {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.byKey[key]
}

var (
	roleARN = regexp.MustCompile(`^arn:[a-z-]+:iam::([0-9]{12}):role/.+$`)
)

// assumeRole lends a role to whoever its trust policy names. What the role then may do is not
// asked: every principal of the sandbox may do everything.
func assumeRole(c *call) error {
	arn := c.form.get("RoleArn")
	match := roleARN.FindStringSubmatch(arn)
	name := c.form.get("RoleSessionName")
	if match == nil || !sessionName.MatchString(name) {
		return badRequest("ValidationError", "1 validation error detected: RoleArn or RoleSessionName is missing or malformed")
	}
	role := c.server.account(match[1]).trusting(c, arn)
	if role == nil {
		return &apiError{http.StatusForbidden, "AccessDenied", "User: " + c.principal + " is not authorized to perform: sts:AssumeRole on resource: " + arn}
	}
	seconds, err := loanSeconds(c, role)
	if err != nil {
		return err
	}
	s := &loan{
		account: match[1], role: role.arn, userID: role.id + ":" + name, expires: c.now.Add(time.Duration(seconds) * time.Second),
		principal: "arn:" + c.account.partition + ":sts::" + match[1] + ":assumed-role/" + role.name + "/" + name,
	}
	c.lend(s)
	return nil
}

// lend makes keys for a session and answers with them.
func (c *call) lend(s *loan) {
	seed := digest("session", s.principal, c.requestID)
	key := iamID("ASIA", seed)
	c.server.loans.add(key, s, c.now)
	c.xml.within("AssumedRoleUser", func() {
		c.xml.text("AssumedRoleId", s.userID)
		c.xml.text("Arn", s.principal)
	})
	c.xml.within("Credentials", func() {
		c.xml.text("AccessKeyId", key)
		c.xml.text("SecretAccessKey", base64.StdEncoding.EncodeToString(seed[:30]))
		c.xml.text("SessionToken", base64.StdEncoding.EncodeToString([]byte("sandbox session of "+s.principal)))
		c.xml.time("Expiration", s.expires)
	})
}

// loanSeconds reads how long the session is to last.
func loanSeconds(c *call, r *role) (int, error) {
	n, there, err := c.form.int("DurationSeconds")
	switch {
	case err != nil:
		return 0, err
	case !there:
		return usualSession, nil
	case n < leastSession || n > longestSession:
		return 0, badRequest("ValidationError", "1 validation error detected: Value '"+strconv.Itoa(n)+
			"' at 'durationSeconds' failed to satisfy constraint: Member must have value between 900 and 43200")
	case c.loan != nil && n > longestChained:
		return 0, badRequest("ValidationError", "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining")
	case n > r.maxSession:
		return 0, badRequest("ValidationError", "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.")
	}
	return n, nil
}

// trusting finds a role that lets the caller become it, nil where there is none: AWS does not
// tell the two apart.
func (a *account) trusting(c *call, arn string) *role {
	a.mu.RLock()
	defer a.mu.RUnlock()
	r, ok := a.role(arn)
	if !ok || a.closed() {
		return nil
	}
	keys := map[string]string{"aws:PrincipalArn": c.principal}
	if c.loan != nil {
		keys["aws:PrincipalArn"] = c.loan.role
	}
	if id, given := c.form["ExternalId"]; given {
		keys["sts:ExternalId"] = id
	}
	if org := c.server.scenario.organizationOf(c.account.id); org != nil {
		keys["aws:PrincipalOrgID"] = org.ID
	}
	ask := request{action: "sts:AssumeRole", principal: c.principal, account: c.account.id, keys: keys}
	if !permits([]string{r.trust}, ask) {
		return nil
	}
	return r
}

// enter makes a call that is signed with a session's key the session's.
func (c *call) enter(s *loan) {
	c.loan, c.principal = s, s.principal
	if c.now.After(s.expires) {
		c.problem = expired(c)
	}
}

// isRole reports whether a principal is, or is lent, the role of an ARN: a trust policy names the
// role, a call comes from one of its loans.
func isRole(principal, role string) bool {
	_, name, lent := strings.Cut(principal, ":assumed-role/")
	if !lent {
		return principal == role
	}
	account := strings.Split(principal, ":")[4]
	name, _, _ = strings.Cut(name, "/")
	return strings.HasPrefix(role, "arn:") && strings.Contains(role, ":iam::"+account+":role/") && nameFromARN(role) == name
}
