package remediate

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"flowproof/internal/inventory"
)

// sight is what a look at a step's resource says about what to do.
type sight struct {
	have   bool   // it is in the wanted state
	ours   bool   // and it is this plan that brought it there
	made   string // its id, where AWS chose it
	detail string
	moved  *mismatch // the world has moved: neither wanted nor as it was
}

// circumstances is what the journal knows beside the world.
type circumstances struct {
	sent       bool // the request was sent before, and acted on for all that is known
	parentOurs bool // this plan made the role or log group that the step is about
}

// request is the members of requests that tell what a step wants. Names differ in case between
// services; encoding/json does not mind.
type request struct {
	RoleName, PolicyName, PolicyDocument, AssumeRolePolicyDocument string

	LogGroupName, LogGroupClass, KMSKeyID string
	RetentionInDays                       int32

	Bucket, Policy string

	ResourceIDs                                     []string
	TrafficType, LogDestinationType, LogDestination string
	DeliverLogsPermissionArn                        string
	LogFormat                                       string
	TagFieldSpecifications                          []struct{ ResourceType string }
	MaxAggregationInterval                          int32
}

func requestOf(api API) (request, error) {
	var r request
	if err := json.Unmarshal(api.Input, &r); err != nil {
		return r, fmt.Errorf("read the input of %s:%s: %w", api.Service, api.Operation, err)
	}
	return r, nil
}

// document is the policy document that a request writes; empty for one that writes none.
func (r request) document() string {
	return cmp.Or(r.Policy, r.PolicyDocument, r.AssumeRolePolicyDocument)
}

// look says of one step whether its resource is in the wanted state already, is as it was when
// the plan was made and may be changed, or has moved.
func (w *world) look(ctx context.Context, s Step, c circumstances) (sight, error) {
	want, err := requestOf(s.API)
	if err != nil {
		return sight{}, err
	}
	seen, err := w.wanted(ctx, s, want, c)
	if err != nil || seen.have || seen.moved != nil {
		return seen, err
	}
	if seen.moved, err = w.protect(ctx, s, want, c); err != nil || seen.moved != nil {
		return seen, err
	}
	if c.parentOurs && s.Action != CreateFlowLog {
		return seen, nil // what this plan made cannot have been there when it was planned
	}
	seen.moved, err = w.check(ctx, s)
	return seen, err
}

// wanted says whether a step's resource is in the wanted state, or something of that name stands in the
// way of it.
func (w *world) wanted(ctx context.Context, s Step, want request, c circumstances) (sight, error) {
	switch s.Action {
	case CreateRole:
		return w.lookAtRole(ctx, want)
	case PutRolePolicy, UpdateAssumeRolePolicy, PutBucketPolicy:
		return w.lookAtDocument(ctx, s, want, c)
	case CreateLogGroup:
		return w.lookAtGroup(ctx, want)
	case PutRetentionPolicy, AssociateKMSKey:
		return w.lookAtSetting(ctx, s, want, c)
	case CreateFlowLog:
		return w.lookAtFlowLogs(s, want), nil
	}
	return sight{}, fmt.Errorf("this version cannot look at what %s does", s.Action)
}

// protect stops a step that would change a thing which flowproof did not make, by the tags that it has
// now and whatever the step's preconditions say, unless the step is about such a thing and the
// plan's policy allows it.
func (w *world) protect(ctx context.Context, s Step, want request, c circumstances) (*mismatch, error) {
	var what string
	var tags map[string]string
	var exists bool
	switch s.Action {
	case CreateRole, CreateLogGroup, CreateFlowLog:
		return nil, nil // it is new
	case PutRolePolicy, UpdateAssumeRolePolicy:
		role, err := w.role(ctx, want.RoleName)
		if err != nil {
			return nil, err
		}
		what = "role " + want.RoleName
		if exists = role != nil; exists {
			tags = role.tags
		}
	case PutRetentionPolicy, AssociateKMSKey:
		g, err := w.group(ctx, want.LogGroupName)
		if err != nil {
			return nil, err
		}
		what = "log group " + want.LogGroupName
		if exists = g != nil; exists {
			tags = g.tags
		}
	default:
		what, exists = "bucket "+want.Bucket, true // flowproof makes none
	}
	switch {
	case !exists && c.parentOurs:
		return nil, nil // made a moment ago, and not shown everywhere yet
	case !exists:
		return &mismatch{expected: what, found: "none"}, nil
	case managed(tags), s.Foreign && w.plan.Policy.ChangeExisting:
		return nil, nil
	}
	return &mismatch{expected: what + " as flowproof makes it", found: "one without the tag " + TagManaged + ", which says that flowproof made it"}, nil
}

// lookAtRole adopts a role with this plan's tag and trust: an earlier run made it. Any other role of
// that name is somebody else's.
func (w *world) lookAtRole(ctx context.Context, want request) (sight, error) {
	role, err := w.role(ctx, want.RoleName)
	switch {
	case err != nil || role == nil:
		return sight{}, err
	case !w.ours(role.tags):
		return sight{moved: &mismatch{
			expected: "no role " + want.RoleName, found: "a role that this plan did not make: " + role.arn,
		}}, nil
	}
	same, err := sameDocument(role.trust, want.AssumeRolePolicyDocument)
	if err != nil || same {
		return sight{have: same, ours: true, detail: "made by an earlier run of this plan"}, err
	}
	return sight{moved: &mismatch{
		expected: "role " + want.RoleName + " as this plan made it", found: "one whose trust policy was changed since",
	}}, nil
}

// lookAtDocument compares the policy document that a step writes with the one there is.
func (w *world) lookAtDocument(ctx context.Context, s Step, want request, c circumstances) (sight, error) {
	var now string
	var err error
	switch s.Action {
	case PutBucketPolicy:
		now, err = w.reader.bucketPolicy(ctx, w.region, want.Bucket)
	case PutRolePolicy:
		now, err = w.reader.rolePolicy(ctx, w.region, want.RoleName, want.PolicyName)
	default:
		var role *readRole
		if role, err = w.role(ctx, want.RoleName); role != nil {
			now = role.trust
		}
	}
	if err != nil {
		return sight{}, err
	}
	same, err := sameDocument(now, want.document())
	if err != nil || !same {
		return sight{}, err
	}
	return sight{have: true, ours: c.sent || c.parentOurs, detail: "it says so already"}, nil
}

func sameDocument(a, b string) (bool, error) {
	first, err := DocumentDigest(a)
	if err != nil {
		return false, err
	}
	second, err := DocumentDigest(b)
	return first == second, err
}

// lookAtGroup adopts a group with this plan's tag. A group that somebody else made in the meantime
// serves as well when it is of the same class and key; it stays theirs.
func (w *world) lookAtGroup(ctx context.Context, want request) (sight, error) {
	g, err := w.group(ctx, want.LogGroupName)
	switch class := cmp.Or(want.LogGroupClass, standardClass); {
	case err != nil || g == nil:
		return sight{}, err
	case cmp.Or(g.class, standardClass) != class || want.KMSKeyID != "" && g.kmsKey != want.KMSKeyID:
		return sight{moved: &mismatch{
			expected: fmt.Sprintf("no log group %s, or one as the plan makes it", want.LogGroupName),
			found:    fmt.Sprintf("one of class %s with key %s", cmp.Or(g.class, standardClass), cmp.Or(g.kmsKey, NoFact)),
		}}, nil
	case w.ours(g.tags):
		return sight{have: true, ours: true, detail: "made by an earlier run of this plan"}, nil
	}
	return sight{have: true, detail: "it exists already; this plan did not make it"}, nil
}

// standardClass is the class of a log group that names none.
const standardClass = "STANDARD"

// lookAtSetting compares the retention or key of a log group.
func (w *world) lookAtSetting(ctx context.Context, s Step, want request, c circumstances) (sight, error) {
	g, err := w.group(ctx, want.LogGroupName)
	if err != nil || g == nil {
		return sight{}, err
	}
	if s.Action == PutRetentionPolicy && g.policy != "" {
		return g.underPolicy(want.RetentionInDays), nil
	}
	have := g.kmsKey == want.KMSKeyID
	if s.Action == PutRetentionPolicy {
		have = g.retention == want.RetentionInDays
	}
	if !have {
		return sight{}, nil
	}
	return sight{have: true, ours: c.parentOurs || c.sent, detail: "it is set so already"}, nil
}

// underPolicy compares the retention of a group that an account-level policy decides about: nothing can
// be set on the group itself that has an effect.
func (g *readGroup) underPolicy(wanted int32) sight {
	by := "the account's retention policy " + g.policy
	if g.retention == 0 || g.retention >= wanted {
		return sight{have: true, detail: by + " has records kept for as long"}
	}
	return sight{moved: &mismatch{
		expected: fmt.Sprintf("retention_days %d", wanted),
		found:    fmt.Sprintf("%d by %s, which overrides what is set on a log group", g.retention, by),
	}}
}

// lookAtFlowLogs finds a flow log that does what the step wants: one of this plan's is adopted, and
// somebody else's that works serves as well.
func (w *world) lookAtFlowLogs(s Step, want request) sight {
	var alike *inventory.FlowLog
	for i := range w.logs {
		l := &w.logs[i]
		switch {
		case l.ResourceID != s.Resource:
		case w.ours(l.Tags) && want.sameLog(*l):
			return sight{have: true, ours: true, made: l.ID, detail: "made by an earlier run of this plan"}
		case want.sameLog(*l) && (alike == nil || l.Works()):
			alike = l
		}
	}
	switch {
	case alike == nil:
		return sight{}
	case alike.Works():
		return sight{have: true, detail: alike.ID + ", which this plan did not make, records the same already"}
	}
	return sight{moved: &mismatch{
		expected: "no flow log of this kind on " + s.Resource,
		found:    alike.ID + ", which does not work and stands in the way: AWS allows one of a kind",
	}}
}

// sameLog reports whether EC2 takes a flow log for the same as the one asked for: same traffic,
// same destination.
func (r request) sameLog(l inventory.FlowLog) bool {
	kind := cmp.Or(r.LogDestinationType, inventory.ToCloudWatchLogs)
	if r.TrafficType != l.TrafficType || kind != cmp.Or(l.DestinationType, inventory.ToCloudWatchLogs) {
		return false
	}
	if kind == inventory.ToCloudWatchLogs {
		return groupName(r.LogGroupName, r.LogDestination) == groupName(l.LogGroup, l.Destination)
	}
	return strings.TrimSuffix(r.LogDestination, "/") == strings.TrimSuffix(l.Destination, "/")
}

// groupName is the name of a log group that is given by name or by ARN.
func groupName(name, arn string) string {
	if name != "" {
		return name
	}
	_, name, _ = strings.Cut(arn, ":log-group:")
	return strings.TrimSuffix(name, ":*")
}
