package sandbox

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"time"
)

// retentionPolicy is an account-level policy of type RETENTION_POLICY, the only one that there is
// here. It overrides what is set on a log group (CloudWatch Logs API reference, PutAccountPolicy).
type retentionPolicy struct {
	name     string
	days     int    // 0: events never expire
	prefix   string // of the names of groups; "" for all
	newOnly  bool   // groups that were there before it keep their own
	created  time.Time
	changed  time.Time
	criteria string // as it was given
	previous *int   // days in effect until the change takes effect; nil when there are none
}

// policyDelay is how long a new or changed retention policy takes to have an effect, neverExpires what
// its document says for no days (CloudWatch Logs API reference, PutAccountPolicy).
const (
	policyDelay          = 24 * time.Hour
	neverExpires         = "NEVER_EXPIRE"
	retentionPolicyType  = "RETENTION_POLICY"
	leastPolicyDays      = 30
	maxRetentionPolicies = 20
)

// daysAt is what a policy asks at a time; false before it has an effect.
func (p retentionPolicy) daysAt(now time.Time) (int, bool) {
	if !now.Before(p.changed.Add(policyDelay)) {
		return p.days, true
	}
	if p.previous != nil {
		return *p.previous, true
	}
	return 0, false
}

// retentionOf is for how many days a group keeps events, and the account's policy that says so; the
// name is empty where the group itself decides. Of several policies the longest wins, of equal ones
// the first made. A group of class DELIVERY keeps them for a day whatever is said of it.
func (c *call) retentionOf(g *logGroup) (days int, policy string) {
	if g.class == classDelivery {
		return g.retention, ""
	}
	days = g.retention
	for _, p := range c.region.retention {
		asks, inEffect := p.daysAt(c.now)
		if !inEffect || !strings.HasPrefix(g.name, p.prefix) || p.newOnly && !g.created.After(p.created) {
			continue
		}
		if policy == "" || days != 0 && (asks == 0 || asks > days) {
			days, policy = asks, p.name
		}
	}
	return days, policy
}

// accountPolicy is one as DescribeAccountPolicies gives it.
type accountPolicy struct {
	Name     string `json:"policyName"`
	Document string `json:"policyDocument"`
	Changed  int64  `json:"lastUpdatedTime"`
	Type     string `json:"policyType"`
	Scope    string `json:"scope"`
	Criteria string `json:"selectionCriteria,omitempty"`
	Account  string `json:"accountId"`
}

func (c *call) showRetention(p retentionPolicy) accountPolicy {
	document := map[string]any{"retentionInDays": p.days, "enforcementMode": "RETROACTIVE"}
	if p.days == 0 {
		document["retentionInDays"] = neverExpires
	}
	if p.newOnly {
		document["enforcementMode"] = "NEW_ONLY"
	}
	text, _ := json.Marshal(document) // numbers and words only
	return accountPolicy{
		Name: p.name, Document: string(text), Changed: millis(p.changed), Type: retentionPolicyType, Scope: trafficAll,
		Criteria: p.criteria, Account: c.account.id,
	}
}

// policyCall is what calls about account policies have in common.
type policyCall struct {
	Type     string `json:"policyType"`
	Name     string `json:"policyName"`
	Document string `json:"policyDocument"`
	Criteria string `json:"selectionCriteria"`
	DryRun   bool   `json:"dryRun"`
}

func (c *call) policyInBody() (policyCall, error) {
	var in policyCall
	if err := c.decode(&in); err != nil {
		return in, err
	}
	if in.Type != retentionPolicyType {
		return in, violation(in.Type, "policyType", "Member must satisfy enum value set: ["+retentionPolicyType+"]")
	}
	return in, nil
}

func putAccountPolicy(c *call) error {
	in, err := c.policyInBody()
	if err != nil {
		return err
	}
	made := retentionPolicy{name: in.Name, criteria: in.Criteria, created: c.now, changed: c.now}
	if in.DryRun {
		return invalidParameter("dryRun is not supported here.")
	}
	if in.Name == "" || strings.HasPrefix(in.Name, "aws/") {
		return invalidParameter("The policy name is empty or begins with aws/.")
	}
	if made.prefix, err = prefixOf(in.Criteria); err != nil {
		return err
	}
	if made.days, made.newOnly, err = parseRetention(in.Document); err != nil {
		return err
	}
	all := slices.Clone(c.region.retention)
	if i := c.region.policyNamed(in.Name); i >= 0 {
		made.created = all[i].created
		if days, inEffect := all[i].daysAt(c.now); inEffect {
			made.previous = &days
		}
		all[i] = made
	} else {
		all = append(all, made)
	}
	if len(all) > maxRetentionPolicies {
		return badRequest("LimitExceededException", "Resource limit exceeded.")
	}
	c.region.retention = all
	c.reply = map[string]any{"accountPolicy": c.showRetention(made)}
	return nil
}

// namePrefix is the one form of a selection that retention policies take.
var namePrefix = regexp.MustCompile(`^LogGroupNamePrefix IN \["([.\-_/#A-Za-z0-9]+)"\]$`)

func prefixOf(criteria string) (string, error) {
	if criteria == "" {
		return "", nil
	}
	m := namePrefix.FindStringSubmatch(criteria)
	if m == nil {
		return "", invalidParameter("The selection criteria of a retention policy name one LogGroupNamePrefix.")
	}
	return m[1], nil
}

func parseRetention(document string) (days int, newOnly bool, err error) {
	var d struct {
		Days any    `json:"retentionInDays"`
		Mode string `json:"enforcementMode"`
	}
	if json.Unmarshal([]byte(document), &d) != nil || d.Mode != "RETROACTIVE" && d.Mode != "NEW_ONLY" {
		return 0, false, invalidParameter("The policy document is no retention policy.")
	}
	n, isNumber := d.Days.(float64)
	days = int(n)
	if d.Days != neverExpires && (!isNumber || days < leastPolicyDays || !slices.Contains(retentionDays, days)) {
		return 0, false, invalidParameter("The policy document names no retention that an account-level policy can have.")
	}
	return days, d.Mode == "NEW_ONLY", nil
}

// policyNamed is where a policy stands; -1 when there is none.
func (r *region) policyNamed(name string) int {
	return slices.IndexFunc(r.retention, func(p retentionPolicy) bool { return p.name == name })
}

func describeAccountPolicies(c *call) error {
	in, err := c.policyInBody()
	if err != nil {
		return err
	}
	shown := []accountPolicy{}
	for _, p := range c.region.retention {
		if in.Name == "" || p.name == in.Name {
			shown = append(shown, c.showRetention(p))
		}
	}
	c.reply = map[string]any{"accountPolicies": shown}
	return nil
}

func deleteAccountPolicy(c *call) error {
	in, err := c.policyInBody()
	if err != nil {
		return err
	}
	i := c.region.policyNamed(in.Name)
	if i < 0 {
		return badRequest("ResourceNotFoundException", "The specified account policy does not exist.")
	}
	c.region.retention = slices.Delete(slices.Clone(c.region.retention), i, i+1)
	return nil
}
