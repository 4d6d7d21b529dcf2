package remediate

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"flowproof/internal/inventory"
)

// world is what is read again for the steps of one call, just before acting. It is thrown away
// after that.
type world struct {
	reader Reader
	plan   Plan
	region string
	vpcs   []string          // that preconditions are about
	owners map[string]string // of those VPCs; nil until one is asked about
	logs   []inventory.FlowLog
	roles  map[string]*readRole // those that were looked at
	groups map[string]*readGroup
}

// see reads what the steps of a call have in common: the flow logs with one request for up to 200
// resources.
func (r Reader) see(ctx context.Context, p Plan, steps []Step) (*world, error) {
	w := &world{reader: r, plan: p, region: steps[0].Region, roles: map[string]*readRole{}, groups: map[string]*readGroup{}}
	var logged []string
	for _, s := range steps {
		for _, c := range s.Preconditions {
			switch c.Kind {
			case FactVPC:
				w.vpcs = append(w.vpcs, c.Resource)
			case FactFlowLogs:
				logged = append(logged, c.Resource)
			}
		}
		if s.Action == CreateFlowLog {
			logged = append(logged, s.Resource)
		}
	}
	var err error
	w.logs, err = r.flowLogs(ctx, w.region, byResource, unique(logged))
	return w, err
}

// owner gives the owner of a VPC, and whether it exists. All VPCs of the call are read at once.
func (w *world) owner(ctx context.Context, vpc string) (owner string, exists bool, err error) {
	if w.owners == nil {
		if w.owners, err = w.reader.vpcOwners(ctx, w.region, unique(w.vpcs)); err != nil {
			return "", false, err
		}
	}
	owner, exists = w.owners[vpc]
	return owner, exists, nil
}

// role reads a role once for all that is asked of it.
func (w *world) role(ctx context.Context, name string) (*readRole, error) {
	if found, known := w.roles[name]; known {
		return found, nil
	}
	found, err := w.reader.role(ctx, w.region, name)
	if err == nil {
		w.roles[name] = found
	}
	return found, err
}

// group reads a log group once for all that is asked of it.
func (w *world) group(ctx context.Context, name string) (*readGroup, error) {
	if found, known := w.groups[name]; known {
		return found, nil
	}
	found, err := w.reader.logGroup(ctx, w.region, name)
	if err == nil {
		w.groups[name] = found
	}
	return found, err
}

func unique(list []string) []string {
	list = slices.Clone(list)
	slices.Sort(list)
	return slices.Compact(list)
}

// ours reports whether tags say that this plan made the resource.
func (w *world) ours(tags map[string]string) bool { return madeBy(w.plan.ID, tags) }

func madeBy(planID string, tags map[string]string) bool {
	return tags[TagPlan] == planID && managed(tags)
}

// managed reports whether tags say that flowproof made the resource, for this plan or another.
func managed(tags map[string]string) bool { return tags[TagManaged] == "true" }

// mismatch is a precondition that no longer holds.
type mismatch struct{ expected, found string }

// check reads a step's preconditions again and gives the first that no longer holds.
func (w *world) check(ctx context.Context, s Step) (*mismatch, error) {
	for _, c := range s.Preconditions {
		facts, err := w.facts(ctx, c)
		if err != nil {
			return nil, err
		}
		for _, name := range slices.Sorted(maps.Keys(c.Expect)) {
			if want, got := c.Expect[name], cmp.Or(facts[name], NoFact); want != got {
				what := fmt.Sprintf("%s %s: %s ", c.Kind, c.Resource, name)
				return &mismatch{expected: what + shorten(want), found: what + shorten(got)}, nil
			}
		}
	}
	return nil, nil
}

// shorten cuts a digest to what a person compares.
func shorten(fact string) string {
	if digits, ok := strings.CutPrefix(fact, hashPrefix); ok && len(digits) > 12 {
		return hashPrefix + digits[:12]
	}
	return fact
}

// facts reads the facts of a precondition, in the words of FactKind.
func (w *world) facts(ctx context.Context, c Precondition) (map[string]string, error) {
	switch c.Kind {
	case FactVPC:
		owner, there, err := w.owner(ctx, c.Resource)
		return given(there, map[string]string{"owner": owner}), err
	case FactFlowLogs:
		return map[string]string{"ids": joined(w.foreignLogsOn(c.Resource))}, nil
	case FactLogGroup:
		g, err := w.group(ctx, c.Resource)
		return g.facts(), err
	case FactRole:
		role, err := w.role(ctx, c.Resource)
		if err != nil {
			return nil, err
		}
		return role.facts()
	case FactRolePolicy:
		role, policy, _ := strings.Cut(c.Resource, "/")
		return documentFacts(w.reader.rolePolicy(ctx, w.region, role, policy))
	case FactBucketPolicy:
		return documentFacts(w.bucketPolicy(ctx, c.Resource))
	case FactStream:
		return w.streamFacts(ctx, c.Resource)
	}
	return nil, fmt.Errorf("precondition %q is none that can be read", c.Kind)
}

// foreignLogsOn gives the ids of the flow logs on a resource that this plan did not make.
func (w *world) foreignLogsOn(resource string) []string {
	var ids []string
	for _, l := range w.logs {
		if l.ResourceID == resource && !w.ours(l.Tags) {
			ids = append(ids, l.ID)
		}
	}
	return ids
}

func (w *world) bucketPolicy(ctx context.Context, bucket string) (string, error) {
	region, err := w.reader.bucketRegion(ctx, w.region, bucket)
	if err != nil {
		return "", err
	}
	return w.reader.bucketPolicy(ctx, region, bucket)
}

// streamFacts takes the name of a stream of this Region, or an ARN.
func (w *world) streamFacts(ctx context.Context, resource string) (map[string]string, error) {
	region := w.region
	if parts := strings.SplitN(resource, ":", 6); len(parts) == 6 {
		region = parts[3]
	}
	s, err := w.reader.stream(ctx, region, resource[strings.LastIndexByte(resource, '/')+1:])
	if err != nil || s == nil {
		return given(false, nil), err
	}
	return given(true, map[string]string{"status": s.status, "source": s.source}), nil
}

func (g *readGroup) facts() map[string]string {
	if g == nil {
		return given(false, nil)
	}
	days := NoFact
	if g.retention > 0 {
		days = strconv.Itoa(int(g.retention))
	}
	return given(true, map[string]string{"retention_days": days, "kms_key": g.kmsKey, "class": g.class})
}

func (r *readRole) facts() (map[string]string, error) {
	if r == nil {
		return given(false, nil), nil
	}
	trust, err := DocumentDigest(r.trust)
	return given(true, map[string]string{"arn": r.arn, "trust": trust}), err
}

func documentFacts(document string, err error) (map[string]string, error) {
	if err != nil || document == "" {
		return given(false, nil), err
	}
	digest, err := DocumentDigest(document)
	return given(true, map[string]string{"document": digest}), err
}

// given adds whether the thing is there at all.
func given(there bool, facts map[string]string) map[string]string {
	if !there {
		return map[string]string{"exists": "false"}
	}
	facts["exists"] = "true"
	return facts
}

// joined writes ids as preconditions do.
func joined(ids []string) string {
	return cmp.Or(strings.Join(unique(ids), ","), NoFact)
}
