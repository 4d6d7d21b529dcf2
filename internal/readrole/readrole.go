// Package readrole writes the role that is assumed in each account of an organisation as code: a
// CloudFormation template, for a StackSet and for a stack of its own, or Terraform. It knows the
// role's shape and nothing of what the role reads: the actions are handed to it.
package readrole

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
)

// Role is the role to be written.
type Role struct {
	Name       string   // with its path, where it has one
	Actions    []string // that it allows, on everything: lists know no resources
	Trusted    []string // who may assume it: account ids, or ARNs of users and roles, sessions among them
	OrgID      string   // only from accounts of this organisation
	ExternalID string   // to be given by who assumes it; empty for none
	Partition  string   // where the role is to be; empty for that of the ARNs in Trusted, else "aws"
	Session    time.Duration
}

// The patterns of what goes into a policy: a value that fits holds nothing that a template or a
// policy would take for something else.
var (
	accountID = regexp.MustCompile(`^[0-9]{12}$`)
	principal = regexp.MustCompile(`^arn:(aws[a-z-]*):(iam|sts)::([0-9]{12}):((root)|((user|role|assumed-role)/[\w+=,.@/-]+))$`)
	orgID     = regexp.MustCompile(`^o-[a-z0-9]{10,32}$`)
	external  = regexp.MustCompile(`^[\w+=,.@:/-]{2,}$`)
	roleName  = regexp.MustCompile(`^([\w+=,.@-]+/)*[\w+=,.@-]{1,64}$`)
)

// Check says what is wrong with a role, before it is written.
func (r Role) Check() error {
	switch {
	case !roleName.MatchString(r.Name):
		return fmt.Errorf("role %q: not the name of a role, such as flowproof-read", r.Name)
	case !orgID.MatchString(r.OrgID):
		return fmt.Errorf("organisation %q: want its id, such as o-a1b2c3d4e5", r.OrgID)
	case r.ExternalID != "" && !external.MatchString(r.ExternalID):
		return fmt.Errorf("external id %q: letters, digits and +=,.@:/_- are allowed, two at least", r.ExternalID)
	case len(r.Trusted) == 0:
		return errors.New("nobody is trusted with the role: name the account, role or user that scans")
	}
	for _, t := range r.Trusted {
		m := principal.FindStringSubmatch(t)
		if m == nil && !accountID.MatchString(t) {
			return fmt.Errorf("%q: want an account id, or the ARN of a role or user", t)
		}
		if m != nil && m[1] != r.partition() {
			return fmt.Errorf("%q is of partition %s, and the role of %s: nobody can assume a role of another partition", t, m[1], r.partition())
		}
	}
	return nil
}

// path and name are the parts of Name as IAM takes them.
func (r Role) path() string {
	if i := strings.LastIndexByte(r.Name, '/'); i >= 0 {
		return "/" + r.Name[:i+1]
	}
	return "/"
}

func (r Role) name() string { return r.Name[strings.LastIndexByte(r.Name, '/')+1:] }

// maxSession is the longest session in seconds: an hour, unless more is asked for.
func (r Role) maxSession() int { return int(max(r.Session, time.Hour).Seconds()) }

// permissions is the policy of the role.
func (r Role) permissions() object {
	return policy(object{
		{"Sid", "FlowproofRead"}, {"Effect", "Allow"}, {"Action", r.Actions}, {"Resource", "*"},
	})
}

// trust is who may assume the role. The principal is the account, and a condition names the role or
// user in it: an ARN as the principal would stop to fit when the role is deleted and made again, and
// that of a session does not hold its role's path (IAM user guide, "AWS JSON policy elements:
// Principal").
func (r Role) trust(partition string) object {
	var accounts, callers []string
	named := false
	for _, t := range r.Trusted {
		account, who := t, []string{"arn:" + partition + ":iam::" + t + ":*"}
		if m := principal.FindStringSubmatch(t); m != nil {
			account, who = m[3], callerARNs(m)
			named = true
		}
		accounts = append(accounts, "arn:"+partition+":iam::"+account+":root")
		callers = append(callers, who...)
	}
	slices.Sort(accounts)
	equals := object{{"aws:PrincipalOrgID", r.OrgID}}
	if r.ExternalID != "" {
		equals = append(equals, member{"sts:ExternalId", r.ExternalID})
	}
	condition := object{{"StringEquals", equals}}
	if named {
		slices.Sort(callers)
		condition = append(condition, member{"ArnLike", object{{"aws:PrincipalArn", slices.Compact(callers)}}})
	}
	return policy(object{
		{"Sid", "FlowproofCaller"}, {"Effect", "Allow"}, {"Principal", object{{"AWS", slices.Compact(accounts)}}},
		{"Action", "sts:AssumeRole"}, {"Condition", condition},
	})
}

// callerARNs are the values of aws:PrincipalArn that a principal has: its own, and for a session those
// that its role can have, whose path the session's ARN leaves out.
func callerARNs(match []string) []string {
	prefix := "arn:" + match[1] + ":iam::" + match[3] + ":"
	rest, lent := strings.CutPrefix(match[4], "assumed-role/")
	if !lent {
		return []string{prefix + match[4]}
	}
	name, _, _ := strings.Cut(rest, "/")
	return []string{prefix + "role/" + name, prefix + "role/*/" + name}
}

// partition is that of the trusted principals.
func (r Role) partition() string {
	if r.Partition != "" {
		return r.Partition
	}
	for _, t := range r.Trusted {
		if m := principal.FindStringSubmatch(t); m != nil {
			return m[1]
		}
	}
	return "aws"
}
