package sandbox

import (
	"encoding/base32"
	"encoding/base64"
	"encoding/binary"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// session is what the credentials of an assumed role stand for. Nothing is kept of it: the
// access key holds account and end, the session token the name, as a real token holds what
// AWS needs to know.
type session struct {
	account string // empty where the caller is in no session
	name    string
	until   time.Time
}

// sessionPrefix begins the access keys of temporary credentials (IAM user guide, identifiers).
const sessionPrefix = "ASIA"

// encode makes the access key, of five bytes each for account and end, and the session token.
func (s session) encode() (key, token string) {
	account, err := strconv.ParseUint(s.account, 10, 64)
	if err != nil {
		return "", "" // an account's id is twelve digits
	}
	var a, u [8]byte
	binary.BigEndian.PutUint64(a[:], account)
	binary.BigEndian.PutUint64(u[:], uint64(s.until.Unix()))
	key = sessionPrefix + base32.StdEncoding.EncodeToString(append(a[3:], u[3:]...))
	return key, base64.StdEncoding.EncodeToString([]byte(s.name))
}

// readSession reads back what encode made, and refuses a session that has ended.
func (p *population) readSession(c *call, r *http.Request, key string) (session, *apiError) {
	raw, err := base32.StdEncoding.DecodeString(strings.TrimPrefix(key, sessionPrefix))
	token := r.Header.Get("X-Amz-Security-Token")
	name, tokenErr := base64.StdEncoding.DecodeString(token)
	if err != nil || tokenErr != nil || len(raw) != 10 || token == "" {
		return session{}, badCredentials(c)
	}
	var a, u [8]byte
	copy(a[3:], raw[:5])
	copy(u[3:], raw[5:])
	s := session{
		account: strconv.FormatUint(binary.BigEndian.Uint64(a[:]), 10), name: string(name),
		until: time.Unix(int64(binary.BigEndian.Uint64(u[:])), 0).UTC(),
	}
	if n, ok := p.fleet.Number(s.account); !ok || !p.fleet.Enterable(n) {
		return session{}, badCredentials(c)
	}
	if !c.now.Before(s.until) {
		return s, expired(c)
	}
	return s, nil
}

// expired is what a call gets whose session has ended.
func expired(c *call) *apiError {
	switch c.service.protocol.(type) {
	case ec2Query:
		return badRequest("RequestExpired", "Request has expired.")
	case json11, restJSON:
		return badRequest("ExpiredTokenException", "The security token included in the request is expired")
	}
	return &apiError{http.StatusForbidden, "ExpiredToken", "The security token included in the request is expired"}
}

func fleetCallerIdentity(c *call) error {
	user := userID(c.account.id)
	if s := c.member.session; s.account != "" {
		user = iamID("AROA", digest("role", c.account.id)) + ":" + s.name
	}
	c.xml.text("Arn", c.principal)
	c.xml.text("UserId", user)
	c.xml.text("Account", c.account.id)
	return nil
}

// Bounds of AssumeRole (STS API reference). A session that itself was assumed ends after an hour.
const (
	leastSession   = 900
	usualSession   = 3600
	longestSession = 43200
	longestChained = 3600
)

var (
	fleetRole   = regexp.MustCompile(`^arn:aws:iam::([0-9]{12}):role/([\w+=,.@/-]+)$`)
	sessionName = regexp.MustCompile(`^[\w+=,.@-]{2,64}$`)
)

// fleetAssumeRole gives credentials for the one role that every account has, unless the account
// is one that cannot be entered.
func fleetAssumeRole(c *call) error {
	f := c.server.population.fleet
	arn, name := c.form.get("RoleArn"), c.form.get("RoleSessionName")
	role := fleetRole.FindStringSubmatch(arn)
	if role == nil || !sessionName.MatchString(name) {
		return badRequest("ValidationError", "RoleArn or RoleSessionName does not match its pattern")
	}
	seconds, err := c.sessionSeconds()
	if err != nil {
		return err
	}
	n, ok := f.Number(role[1])
	if !ok || !f.Enterable(n) || role[2] != f.Spec().Role || c.form.get("ExternalId") != f.Spec().ExternalID {
		return &apiError{http.StatusForbidden, "AccessDenied", "User: " + c.principal + " is not authorized to perform: sts:AssumeRole on resource: " + arn}
	}
	until := c.now.Add(min(time.Duration(seconds)*time.Second, f.Spec().Session)).Truncate(time.Second)
	s := session{account: role[1], name: name, until: until}
	key, token := s.encode()
	c.xml.open("Credentials")
	c.xml.text("AccessKeyId", key)
	c.xml.text("SecretAccessKey", "flowproof/sandbox/fleet/secret/key")
	c.xml.text("SessionToken", token)
	c.xml.text("Expiration", until.Format(time.RFC3339))
	c.xml.close("Credentials")
	c.xml.open("AssumedRoleUser")
	c.xml.text("AssumedRoleId", iamID("AROA", digest("role", role[1]))+":"+name)
	c.xml.text("Arn", "arn:aws:sts::"+role[1]+":assumed-role/"+role[2]+"/"+name)
	c.xml.close("AssumedRoleUser")
	return nil
}

// sessionSeconds reads how long a session is to last.
func (c *call) sessionSeconds() (int, error) {
	seconds, there, err := c.form.int("DurationSeconds")
	switch {
	case err != nil:
		return 0, err
	case !there:
		return usualSession, nil
	case seconds < leastSession || seconds > longestSession:
		return 0, badRequest("ValidationError", "DurationSeconds must be from 900 to 43200")
	case seconds > longestChained && c.member.session.account != "":
		return 0, badRequest("ValidationError", "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining")
	}
	return seconds, nil
}
