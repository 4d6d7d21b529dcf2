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
// the plan was made, or has moved.
func (w *world) look(ctx context.Context, s Step, c circumstances) (sight, error) {
	want, err := requestOf(s.API)
	if err != nil {
		return sight{}, err
	}
	var seen sight
	switch s.Action {
	case CreateRole:
		seen, err = w.lookAtRole(ctx, want)
	case PutRolePolicy, UpdateAssumeRolePolicy, PutBucketPolicy:
		seen, err = w.lookAtDocument(ctx, s, want, c)
	case CreateLogGroup:
		seen, err = w.lookAtGroup(ctx, want)
	case PutRetentionPolicy, AssociateKMSKey:
		seen, err = w.lookAtSetting(ctx, s, want, c)
	case CreateFlowLog:
		seen = w.lookAtFlowLogs(s, want)
	}
	if err != nil || seen.have || seen.moved != nil {
		return seen, err
	}
	if c.parentOurs && s.Action != CreateFlowLog {
		return seen, nil // what this plan made cannot have been there when it was planned
	}
	seen.moved, err = w.check(ctx, s)
	return seen, err
}

// lookAtRole adopts a role with this plan's tag: an earlier run made it. Any other role of that
// name is somebody else's.
func (w *world) lookAtRole(ctx context.Context, want request) (sight, error) {
	role, err := w.role(ctx, want.RoleName)
	switch {
	case err != nil || role == nil:
		return sight{}, err
	case w.ours(role.tags):
		return sight{have: true, ours: true, detail: "made by an earlier run of this plan"}, nil
	}
	return sight{moved: &mismatch{
		expected: "no role " + want.RoleName, found: "a role that this plan did not make: " + role.arn,
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
	case w.ours(g.tags):
		return sight{have: true, ours: true, detail: "made by an earlier run of this plan"}, nil
	case cmp.Or(g.class, standardClass) != class || want.KMSKeyID != "" && g.kmsKey != want.KMSKeyID:
		return sight{moved: &mismatch{
			expected: fmt.Sprintf("no log group %s", want.LogGroupName),
			found:    fmt.Sprintf("one that this plan did not make, of class %s with key %s", g.class, cmp.Or(g.kmsKey, NoFact)),
		}}, nil
	}
	return sight{have: true, detail: "it exists already; this plan did not make it"}, nil
}

// standardClass is the class of a log group that names none.
const standardClass = "STANDARD"

// lookAtSetting compares the retention or key of a log group. Of a group that flowproof did not
// make nothing is changed, unless the step says that it is about one.
func (w *world) lookAtSetting(ctx context.Context, s Step, want request, c circumstances) (sight, error) {
	g, err := w.group(ctx, want.LogGroupName)
	if err != nil {
		return sight{}, err
	}
	if g == nil {
		if c.parentOurs {
			return sight{}, nil // made a moment ago, and not shown everywhere yet
		}
		return sight{moved: &mismatch{expected: "log group " + want.LogGroupName, found: "none"}}, nil
	}
	have := g.kmsKey == want.KMSKeyID
	now := "key " + cmp.Or(g.kmsKey, NoFact)
	if s.Action == PutRetentionPolicy {
		have = g.retention == want.RetentionInDays
		now = fmt.Sprintf("retention_days %d", g.retention)
	}
	switch own := managed(g.tags); {
	case have:
		return sight{have: true, ours: c.parentOurs || c.sent, detail: "it is set so already"}, nil
	case !own && !s.Foreign:
		return sight{moved: &mismatch{
			expected: "log group " + want.LogGroupName + " as flowproof makes it",
			found:    "one that flowproof did not make, with " + now,
		}}, nil
	}
	return sight{}, nil
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
