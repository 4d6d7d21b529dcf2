package remediate

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"flowproof/internal/inventory"
)

// remain is what is left of what a step did.
type remain struct {
	gone bool
	keep string // why it must not be taken back; empty when it may be
	late bool   // or the read came too early to see what the step did
	data bool   // it would be taken back if its records might be deleted
}

func gone(is bool) remain { return remain{gone: is, late: is} }

// remains looks at what the steps of one request made.
type remains struct {
	run    *rollbackRun
	logs   []inventory.FlowLog // of the batch, by id
	looked bool
}

// of says whether what a step did may be taken back: it is there, its tags say that this plan made
// it, nobody has changed it since, and nothing else uses it.
func (m *remains) of(ctx context.Context, s Step, together []Step) (remain, error) {
	want, err := requestOf(s.API)
	if err != nil {
		return remain{}, err
	}
	switch s.Action {
	case CreateFlowLog:
		return m.flowLog(ctx, s, want, together)
	case CreateRole:
		return m.role(ctx, s, want)
	case CreateLogGroup:
		return m.logGroup(ctx, s, want)
	case PutRolePolicy, UpdateAssumeRolePolicy, PutBucketPolicy:
		return m.document(ctx, s, want)
	case PutRetentionPolicy, AssociateKMSKey:
		return m.setting(ctx, s, want)
	}
	return keep("this version cannot take back %s", s.Action), nil
}

// isGone reports whether nothing is left of what a step did.
func (m *remains) isGone(ctx context.Context, s Step, together []Step) (bool, error) {
	want, err := requestOf(s.API)
	if err != nil {
		return false, err
	}
	switch s.Action {
	case CreateFlowLog:
		l, err := m.logOf(ctx, s, together)
		return l == nil, err
	case CreateRole:
		role, err := m.run.Reader.role(ctx, s.Region, want.RoleName)
		return role == nil, err
	case CreateLogGroup:
		g, err := m.run.Reader.logGroup(ctx, s.Region, want.LogGroupName)
		return g == nil, err
	case PutRolePolicy, UpdateAssumeRolePolicy, PutBucketPolicy:
		found, err := m.document(ctx, s, want)
		return found.gone, err
	case PutRetentionPolicy, AssociateKMSKey:
		found, err := m.setting(ctx, s, want)
		return found.gone, err
	}
	return false, fmt.Errorf("this version cannot look at what %s did", s.Action)
}

// logOf gives the flow log that a step made; nil where it is gone. Those of a batch are read at once.
func (m *remains) logOf(ctx context.Context, s Step, together []Step) (*inventory.FlowLog, error) {
	if !m.looked {
		var ids []string
		for _, o := range together {
			ids = append(ids, m.run.history.Made(o.ID))
		}
		var err error
		if m.logs, err = m.run.Reader.flowLogs(ctx, s.Region, byID, ids); err != nil {
			return nil, err
		}
		m.looked = true
	}
	id := m.run.history.Made(s.ID)
	i := slices.IndexFunc(m.logs, func(l inventory.FlowLog) bool { return l.ID == id && id != "" })
	if i < 0 {
		return nil, nil
	}
	return &m.logs[i], nil
}

func (m *remains) flowLog(ctx context.Context, s Step, want request, together []Step) (remain, error) {
	l, err := m.logOf(ctx, s, together)
	if err != nil || l == nil {
		return gone(l == nil), err
	}
	switch tags := changedTags(l.Tags, tagsIn(s.API)); {
	case !madeBy(m.run.Plan.ID, l.Tags):
		return changed("its tags do not say that this plan made it"), nil
	case l.ResourceID != s.Resource || !want.sameLog(*l):
		return changed("it is not as this plan made it"), nil
	case tags != "":
		return changed("its tags were changed since: %s", tags), nil
	}
	return remain{}, nil
}

func (m *remains) role(ctx context.Context, s Step, want request) (remain, error) {
	r := m.run
	role, err := r.Reader.role(ctx, s.Region, want.RoleName)
	if err != nil || role == nil {
		return gone(role == nil), err
	}
	same, err := sameDocument(role.trust, want.AssumeRolePolicyDocument)
	if err != nil {
		return remain{}, err
	}
	switch tags := changedTags(role.tags, tagsIn(s.API)); {
	case !madeBy(r.Plan.ID, role.tags):
		return changed("its tags do not say that this plan made it"), nil
	case !same:
		return changed("its trust policy was changed since"), nil
	case tags != "":
		return changed("its tags were changed since: %s", tags), nil
	}
	policies, err := r.Reader.rolePolicyNames(ctx, s.Region, want.RoleName)
	if err != nil {
		return remain{}, err
	}
	policies = slices.DeleteFunc(policies, func(name string) bool {
		return slices.ContainsFunc(r.Plan.Steps, func(o Step) bool {
			put, err := requestOf(o.API)
			return err == nil && o.Action == PutRolePolicy && r.history.undone[o.ID] && put.RoleName == want.RoleName && put.PolicyName == name
		})
	})
	if len(policies) > 0 {
		return changed("it has policies that this plan did not give it, or that were changed since: %s", strings.Join(policies, ", ")), nil
	}
	return m.used(ctx, s, func(l inventory.FlowLog) bool { return l.Role == role.arn })
}

// logGroup keeps a group that holds records, unless it was named.
func (m *remains) logGroup(ctx context.Context, s Step, want request) (remain, error) {
	r := m.run
	g, err := r.Reader.logGroup(ctx, s.Region, want.LogGroupName)
	if err != nil || g == nil {
		return gone(g == nil), err
	}
	days, key := m.settings(s, want)
	switch tags := changedTags(g.tags, tagsIn(s.API)); {
	case !madeBy(r.Plan.ID, g.tags):
		return changed("its tags do not say that this plan made it"), nil
	case tags != "":
		return changed("its tags were changed since: %s", tags), nil
	case g.retention != days && g.policy == "":
		return changed("its retention was changed since, to %d days", g.retention), nil
	case g.kmsKey != key:
		return changed("its key was changed since, to %s", cmp.Or(g.kmsKey, NoFact)), nil
	case g.protected:
		return keep("it is protected from deletion; to delete it, lift that and roll back again: aws logs put-log-group-deletion-protection --region %s --log-group-identifier %s --no-deletion-protection-enabled",
			s.Region, quote(want.LogGroupName)), nil
	case g.filters > 0:
		return keep("it has metric filters that this plan did not make"), nil
	}
	streams, err := r.Reader.hasStreams(ctx, s.Region, want.LogGroupName)
	if err != nil {
		return remain{}, err
	}
	if (streams || g.stored > 0) && !slices.Contains(r.DeleteData, want.LogGroupName) {
		held := keep("it holds records; to delete it with them add --delete-data %s", want.LogGroupName)
		held.data = true
		return held, nil
	}
	return m.used(ctx, s, func(l inventory.FlowLog) bool {
		return l.DestinationType == inventory.ToCloudWatchLogs && groupName(l.LogGroup, l.Destination) == want.LogGroupName
	}, s.Region)
}

// settings is what the plan set on a log group that it made.
func (m *remains) settings(group Step, want request) (days int32, key string) {
	key = want.KMSKeyID
	for _, s := range m.run.Plan.Steps {
		if parentOf(s) != group.ID || !m.run.history.steps[s.ID].outcome.reached() {
			continue
		}
		set, err := requestOf(s.API)
		switch {
		case err != nil:
		case s.Action == PutRetentionPolicy:
			days = set.RetentionInDays
		case s.Action == AssociateKMSKey:
			key = set.KMSKeyID
		}
	}
	return days, key
}

// used keeps what a flow log still uses that this plan did not make, or that could not be deleted.
// Flow logs that were there before the step did without it. Without Regions it looks in all of the
// plan's.
func (m *remains) used(ctx context.Context, s Step, uses func(inventory.FlowLog) bool, regions ...string) (remain, error) {
	r := m.run
	since := r.history.steps[s.ID].at.Add(-clockSkew)
	if len(regions) == 0 {
		for _, s := range r.Plan.Steps {
			regions = append(regions, s.Region)
		}
	}
	for _, region := range unique(regions) {
		logs, err := r.Reader.flowLogs(ctx, region, "", nil)
		if err != nil {
			return remain{}, err
		}
		i := slices.IndexFunc(logs, func(l inventory.FlowLog) bool {
			return uses(l) && !r.history.undone[l.ID] && !l.Created.Before(since)
		})
		if i >= 0 {
			return keep("flow log %s in %s uses it", logs[i].ID, region), nil
		}
	}
	return remain{}, nil
}

// mayChange reports whether a step's resource, with these tags, is one that the step may change back.
func (m *remains) mayChange(s Step, tags map[string]string) bool {
	return managed(tags) || s.Foreign && m.run.Plan.Policy.ChangeExisting
}

// document compares a policy document with what the step wrote and with what was there before.
func (m *remains) document(ctx context.Context, s Step, want request) (remain, error) {
	if s.Action == PutBucketPolicy {
		if !m.mayChange(s, nil) {
			return keep("the plan does not say that it may change a bucket, which flowproof never makes"), nil
		}
		now, err := m.run.Reader.bucketPolicy(ctx, s.Region, want.Bucket)
		if err != nil {
			return remain{}, err
		}
		return m.compare(ctx, s, want, now, func(l inventory.FlowLog) bool {
			return l.DestinationType == inventory.ToS3 && bucketName(l.Destination) == want.Bucket
		})
	}
	role, err := m.run.Reader.role(ctx, s.Region, want.RoleName)
	switch {
	case err != nil || role == nil:
		return gone(role == nil), err
	case !m.mayChange(s, role.tags):
		return changed("the tags of role %s do not say that flowproof made it", want.RoleName), nil
	}
	now := role.trust
	if s.Action == PutRolePolicy {
		if now, err = m.run.Reader.rolePolicy(ctx, s.Region, want.RoleName, want.PolicyName); err != nil {
			return remain{}, err
		}
	}
	return m.compare(ctx, s, want, now, func(l inventory.FlowLog) bool { return l.Role == role.arn })
}

// compare holds a document against the two that a step knows. What a flow log uses that is not of this
// plan is kept.
func (m *remains) compare(ctx context.Context, s Step, want request, now string, uses func(inventory.FlowLog) bool) (remain, error) {
	back, err := requestOf(m.run.inverses[s.ID].API)
	if err != nil {
		return remain{}, err
	}
	asBefore, err := sameDocument(now, back.document()) // empty when the inverse deletes
	if err != nil || asBefore {
		return remain{gone: asBefore, late: asBefore}, err
	}
	asWritten, err := sameDocument(now, want.document())
	if err != nil || !asWritten {
		return changed("it was changed since"), err
	}
	return m.used(ctx, s, uses)
}

// setting compares a setting of a log group that the plan did not make.
func (m *remains) setting(ctx context.Context, s Step, want request) (remain, error) {
	g, err := m.run.Reader.logGroup(ctx, s.Region, want.LogGroupName)
	switch {
	case err != nil || g == nil:
		return gone(g == nil), err
	case !m.mayChange(s, g.tags):
		return changed("the tags of log group %s do not say that flowproof made it", want.LogGroupName), nil
	}
	back, err := requestOf(m.run.inverses[s.ID].API)
	if err != nil {
		return remain{}, err
	}
	now, written, before := g.kmsKey, want.KMSKeyID, back.KMSKeyID
	if s.Action == PutRetentionPolicy {
		if g.policy != "" {
			return keep("the account's retention policy %s hides what is set on it: roll back again when that no longer applies", g.policy), nil
		}
		now, written, before = days(g.retention), days(want.RetentionInDays), days(back.RetentionInDays)
	}
	switch now {
	case before:
		return remain{gone: true, late: true}, nil
	case written:
		return remain{}, nil
	}
	return changed("it was changed since, to %s", now), nil
}

func days(n int32) string { return strconv.Itoa(int(n)) + " days" }

// tagsIn gives the tags that a request sets, in whichever form its service takes them.
func tagsIn(api API) map[string]string {
	type pair struct{ Key, Value string }
	var in struct {
		Tags              json.RawMessage
		TagSpecifications []struct{ Tags []pair }
	}
	tags := map[string]string{}
	if json.Unmarshal(api.Input, &in) != nil {
		return tags
	}
	var list []pair
	if json.Unmarshal(in.Tags, &tags) != nil && json.Unmarshal(in.Tags, &list) == nil {
		tags = map[string]string{}
	}
	for _, spec := range in.TagSpecifications {
		list = append(list, spec.Tags...)
	}
	for _, t := range list {
		tags[t.Key] = t.Value
	}
	return tags
}
