package remediate

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"flowproof/internal/finding"
	"flowproof/internal/inventory"
	"flowproof/internal/strictjson"
)

// Whoever can write a plan's file can give it a hash that fits. So a plan that is read is worth no more than
// what can be said of it again: each step is built anew, by the functions of the planner, from the plan's
// policy and the few facts that only the account knows, and has to come out the same. Those facts are held to
// their form and to the account: ids and digests in preconditions, the old text of a document in an inverse,
// the path of a role, the Region of a bucket, and which part of the traffic was missing.

// errOther is what a person can do about a plan that does not come out the same.
var errOther = errors.New("it was edited, or made by another version of flowproof: plan again")

// checkWritten refuses a plan that this version's planner would not have written.
func (p Plan) checkWritten() error {
	d, err := newDeriver(p)
	if err != nil {
		return err
	}
	for i, s := range p.Steps {
		if err := d.checkStep(s); err != nil {
			return fmt.Errorf("step %d (%s): %w", i+1, s.ID, err)
		}
	}
	if err := d.checkCalls(); err != nil {
		return err
	}
	if err := d.checkWhole(); err != nil {
		return err
	}
	return p.checkTexts()
}

// deriver builds the steps of a plan again.
type deriver struct {
	plan    Plan
	planner *planner
	steps   map[string]Step
	logs    map[string]*account // the flow logs of the plan, as targets, by account
	roles   map[string]plannedRole
	buckets map[string]placement
	used    map[string]bool // steps that flow logs wait for
}

func newDeriver(p Plan) (*deriver, error) {
	if !inventory.IsPartition(p.Partition) {
		return nil, fmt.Errorf("the partition %q is not known", p.Partition)
	}
	if err := p.Policy.Check(); err != nil {
		return nil, err
	}
	if err := p.Policy.checkPartition(p.Partition); err != nil {
		return nil, err
	}
	if !slices.IsSorted(p.Accounts) || len(slices.Compact(slices.Clone(p.Accounts))) != len(p.Accounts) {
		return nil, errors.New("its accounts are not each there once, in order")
	}
	for _, a := range p.Accounts {
		if !inventory.IsAccount(a) {
			return nil, fmt.Errorf("%q is no account", a)
		}
	}
	format, err := p.Policy.logFormat()
	d := &deriver{
		plan: p, planner: &planner{id: p.ID, policy: p.Policy, partition: p.Partition, format: format},
		steps: map[string]Step{}, logs: map[string]*account{}, roles: map[string]plannedRole{}, buckets: map[string]placement{}, used: map[string]bool{},
	}
	for _, s := range p.Steps {
		d.steps[s.ID] = s
		if s.Action == CreateFlowLog {
			d.addTarget(s)
		}
		for _, id := range s.After {
			d.used[id] = d.used[id] || s.Action == CreateFlowLog
		}
	}
	return d, err
}

// addTarget notes what a flow log is for.
func (d *deriver) addTarget(s Step) {
	a := d.logs[s.Account]
	if a == nil {
		a = &account{scope: d.scope(s)}
		d.logs[s.Account] = a
	}
	inv := &inventory.Inventory{Target: inventory.Target{Scope: d.scope(s)}}
	a.sites = append(a.sites, site{inv: inv, targets: []target{{inv: inv, id: s.Resource}}})
}

func (d *deriver) scope(s Step) inventory.Scope {
	return inventory.Scope{Partition: d.plan.Partition, Account: s.Account, Region: s.Region}
}

// made reports whether the plan makes something that another step is about.
func (d *deriver) made(s Step, by Action, resource string) bool {
	_, found := d.steps[stepID(s.Account, s.Region, by, resource)]
	return found
}

// checkStep builds a step again and holds the one of the plan against it.
func (d *deriver) checkStep(s Step) error {
	if inventory.PartitionOf(s.Region) != d.plan.Partition {
		return fmt.Errorf("the Region %s is not of the partition %s", s.Region, d.plan.Partition)
	}
	c, err := d.change(s)
	if err != nil {
		return err
	}
	c.reason = finding.Finding{Fingerprint: s.Reason, Message: s.Why}
	want, err := d.planner.step(c)
	if err != nil {
		return err
	}
	want.Call, want.Cost = s.Call, s.Cost // of several steps together; looked at later
	if s.Action != CreateFlowLog && s.Call != s.ID {
		return fmt.Errorf("its call is not its own: %w", errOther)
	}
	return sameStep(want, s)
}

// sameStep names the first key in which two steps differ.
func sameStep(want, got Step) error {
	a, err := membersOf(want)
	if err != nil {
		return err
	}
	b, err := membersOf(got)
	if err != nil {
		return err
	}
	for _, key := range []string{"id", "account", "region", "action", "resource", "api", "inverse", "foreign", "after", "preconditions", "cli", "permissions", "reversible"} {
		if !bytes.Equal(a[key], b[key]) {
			return fmt.Errorf("its %s is not what this plan's policy makes of it: %w", key, errOther)
		}
	}
	return nil
}

func membersOf(s Step) (map[string]json.RawMessage, error) {
	raw, err := json.Marshal(s)
	if err != nil {
		return nil, err
	}
	var members map[string]json.RawMessage
	if err := json.Unmarshal(raw, &members); err != nil {
		return nil, err
	}
	for key, value := range members {
		if members[key], err = canonicalJSON(value); err != nil {
			return nil, err
		}
	}
	return members, nil
}

// change is the one that the planner makes a step of.
func (d *deriver) change(s Step) (change, error) {
	want, err := requestOf(s.API)
	if err != nil {
		return change{}, err
	}
	switch s.Action {
	case CreateRole, PutRolePolicy, UpdateAssumeRolePolicy:
		return d.roleChange(s, want)
	case CreateLogGroup, PutRetentionPolicy, AssociateKMSKey:
		return d.groupChange(s)
	case PutBucketPolicy:
		return d.bucketChange(s)
	case CreateFlowLog:
		return d.flowLogChange(s, want)
	}
	return change{}, fmt.Errorf("no plan has a step %q", s.Action)
}

// roleChange builds what is done to a role.
func (d *deriver) roleChange(s Step, want request) (change, error) {
	if s.Region != homeRegion(d.plan.Partition) {
		return change{}, fmt.Errorf("IAM of %s answers in %s", d.plan.Partition, homeRegion(d.plan.Partition))
	}
	iam := d.scope(s)
	delivers := d.plan.Policy.Destination == ToCloudWatchLogs && s.Resource == d.plan.Policy.DeliveryRole
	if s.Action == CreateRole {
		if !delivers || d.logs[s.Account] == nil {
			return change{}, fmt.Errorf("no flow log of the plan delivers with it")
		}
		return d.planner.newRole(iam)
	}
	role := inventory.Role{Name: s.Resource}
	created := d.made(s, CreateRole, s.Resource)
	if !created {
		role.ARN = s.expected(FactRole, s.Resource)["arn"]
		if err := d.checkRoleARN(s.Account, s.Resource, role.ARN); err != nil {
			return change{}, err
		}
	}
	old, err := s.document()
	if err != nil {
		return change{}, err
	}
	if s.Action == UpdateAssumeRolePolicy {
		if created || old == "" {
			return change{}, errors.New("it does not say whom the role trusted before")
		}
		role.Trust = old
		c, err := d.planner.widerTrust(iam, role)
		c.foreign = s.Foreign
		return c, err
	}
	if old != "" {
		role.Inline = []inventory.RolePolicy{{Name: want.PolicyName, Document: old}}
	}
	groups := slices.DeleteFunc(resourceNames(iam, want.PolicyDocument), func(name string) bool { return strings.Contains(name, "*") })
	if delivers && (created || d.used[s.ID]) {
		groups = d.planner.groupPatterns(*d.logs[s.Account])
	}
	for _, name := range groups {
		if !isGroupName(strings.NewReplacer("*", "x").Replace(name)) {
			return change{}, fmt.Errorf("it writes to %q, which is no log group", name)
		}
	}
	c, err := d.planner.rolePolicy(iam, role, need{groups: groups})
	c.foreign = s.Foreign
	if created {
		c.after, c.foreign = []string{stepID(s.Account, s.Region, CreateRole, s.Resource)}, false
	}
	return c, err
}

// resourceNames are the log groups that a delivery policy is about. Those of existing flow logs are known to
// the account alone: the policy is built again from them.
func resourceNames(iam inventory.Scope, policy string) []string {
	var document struct{ Statement []statement }
	if err := json.Unmarshal([]byte(policy), &document); err != nil || len(document.Statement) == 0 {
		return nil
	}
	var groups []string
	base := logGroupARN(iam, "")
	for _, arn := range document.Statement[0].Resource {
		groups = append(groups, strings.TrimSuffix(strings.TrimPrefix(arn, base), ":*"))
	}
	return groups
}

// logGroupARN is the ARN of a log group of an account in any Region.
func logGroupARN(s inventory.Scope, name string) string {
	return fmt.Sprintf("arn:%s:logs:*:%s:log-group:%s", s.Partition, s.Account, name)
}

// checkRoleARN holds the ARN of an existing role to the account and the role's name. Its path is known to
// the account alone.
func (d *deriver) checkRoleARN(account, name, arn string) error {
	prefix := fmt.Sprintf("arn:%s:iam::%s:role/", d.plan.Partition, account)
	if !isRoleARN(arn) || !strings.HasPrefix(arn, prefix) || arn[strings.LastIndexByte(arn, '/')+1:] != name {
		return fmt.Errorf("the role is %q, which is not %s of account %s", arn, name, account)
	}
	return nil
}

// document is the text that a step's inverse puts back; empty where there was none. Of a text with a key
// twice readers disagree on what it says.
func (s Step) document() (string, error) {
	if s.Inverse == nil {
		return "", nil
	}
	back, err := requestOf(s.Inverse.API)
	if err != nil {
		return "", err
	}
	old := back.document()
	if old == "" {
		return "", nil
	}
	if !isDocument(old) {
		return "", errors.New("what was there before is no policy document")
	}
	return old, nil
}

// groupChange builds what is done to a log group.
func (d *deriver) groupChange(s Step) (change, error) {
	scope, name := d.scope(s), s.Resource
	if !isGroupName(name) {
		return change{}, fmt.Errorf("%q is no log group", name)
	}
	if s.Action == CreateLogGroup {
		if !d.delivered(s) {
			return change{}, errors.New("no flow log of the plan delivers to it")
		}
		if d.plan.Policy.RetentionDays > 0 && !d.made(s, PutRetentionPolicy, name) {
			return change{}, errors.New("nothing says how long it keeps records, and the policy does")
		}
		return d.planner.newGroup(scope, name), nil
	}
	created := d.made(s, CreateLogGroup, name)
	if s.Action == PutRetentionPolicy && created {
		return d.planner.newRetention(scope, name), nil
	}
	g := inventory.LogGroup{Name: name}
	if s.Action == AssociateKMSKey {
		key := d.planner.keyFor(scope)
		if created || !isKeyARN(key) || !strings.Contains(key, ":"+s.Region+":") {
			return change{}, fmt.Errorf("the policy has no key of %s for it", s.Region)
		}
		c := d.planner.firstKey(scope, g)
		c.foreign = s.Foreign
		return c, nil
	}
	days, err := strconv.ParseInt(s.expected(FactLogGroup, name)["retention_days"], 10, 32)
	if err != nil || days < 1 || int32(days) >= d.plan.Policy.RetentionDays {
		return change{}, errors.New("it would not keep records for longer than before")
	}
	g.RetentionDays = int32(days)
	c := d.planner.longerRetention(scope, g)
	c.foreign = s.Foreign
	return c, nil
}

// delivered reports whether a flow log of the plan delivers to a log group that is made.
func (d *deriver) delivered(group Step) bool {
	a := d.logs[group.Account]
	if d.plan.Policy.Destination != ToCloudWatchLogs || a == nil {
		return false
	}
	return slices.ContainsFunc(a.sites, func(s site) bool {
		return s.inv.Region == group.Region && d.planner.groupOf(s.targets[0]) == group.Resource
	})
}

// bucketChange builds what is done to the policy of a bucket.
func (d *deriver) bucketChange(s Step) (change, error) {
	if d.plan.Policy.Destination != ToS3 || s.Resource != bucketName(d.plan.Policy.Bucket) || d.logs[s.Account] == nil {
		return change{}, errors.New("no flow log of the plan delivers to it")
	}
	old, err := s.document()
	if err != nil {
		return change{}, err
	}
	bucket := inventory.Bucket{Name: s.Resource, Region: s.Region, Policy: old}
	return widerBucketPolicy(d.scope(s), bucket, d.bucketStatements(s))
}

func (d *deriver) bucketStatements(s Step) []statement {
	return bucketStatements(d.scope(s), d.plan.Policy.Bucket, d.planner.objectsOf(s.Account))
}

// flowLogChange builds a flow log.
func (d *deriver) flowLogChange(s Step, want request) (change, error) {
	on, err := subjectNamed(s.Resource)
	if err != nil {
		return change{}, err
	}
	there, err := s.flowLogsBefore()
	if err != nil {
		return change{}, err
	}
	at, err := d.place(s, want)
	if err != nil {
		return change{}, err
	}
	if !on.gateway {
		if err := d.checkTraffic(s, want.TrafficType); err != nil {
			return change{}, err
		}
	}
	return d.planner.newFlowLog(d.scope(s), on, s.Resource, want.TrafficType, there, at), nil
}

// subjectNamed is the kind of resource that an id is of.
func subjectNamed(id string) (subject, error) {
	switch {
	case inventory.IsID("vpc", id):
		return subject{resourceType: "VPC"}, nil
	case inventory.IsID("nat", id):
		return natGateways, nil
	case inventory.IsID("tgw", id) && !inventory.IsID("tgw-attach", id):
		return subject{resourceType: "TransitGateway", gateway: true}, nil
	}
	return subject{}, fmt.Errorf("%q is nothing that a plan makes a flow log on", id)
}

// flowLogsBefore are the ids of the flow logs that a resource had, as the precondition joins them.
func (s Step) flowLogsBefore() (string, error) {
	there := s.expected(FactFlowLogs, s.Resource)["ids"]
	if there == NoFact {
		return there, nil
	}
	ids := strings.Split(there, ",")
	for _, id := range ids {
		if id != "" && !inventory.IsID("fl", id) {
			return "", fmt.Errorf("%q is no flow log", id)
		}
	}
	if joined(ids) != there {
		return "", errors.New("the flow logs that were there are not in order")
	}
	return there, nil
}

// checkTraffic holds what a flow log records to the policy: all of it, or the part that no other flow log
// records, which the plan says in its notes.
func (d *deriver) checkTraffic(s Step, traffic string) error {
	wanted := d.plan.Policy.Traffic
	if traffic == wanted {
		return nil
	}
	records := inventory.FlowLog{TrafficType: traffic}.Traffic()
	if wanted != "ALL" || records == 0 || records == inventory.AllTraffic || s.expected(FactFlowLogs, s.Resource)["ids"] == NoFact {
		return fmt.Errorf("it records %q and the policy asks for %s", traffic, wanted)
	}
	return d.plan.says(s.Account, s.Resource, complementNote(inventory.AllTraffic&^records, records.String(), wanted))
}

// says refuses a plan that keeps something from its reader.
func (p Plan) says(account, resource, reason string) error {
	if slices.ContainsFunc(p.Notes, func(n Note) bool { return n.Account == account && n.Resource == resource && n.Reason == reason }) {
		return nil
	}
	return fmt.Errorf("no note says that %s: %w", reason, errOther)
}

// place builds where a flow log delivers, and what must be done and be so before.
func (d *deriver) place(s Step, want request) (placement, error) {
	switch d.plan.Policy.Destination {
	case ToS3:
		return d.placeInBucket(s)
	case ToFirehose:
		arn := expandGroup(d.plan.Policy.Stream, d.scope(s), "")
		if parts := strings.SplitN(arn, ":", 6); parts[3] != s.Region || parts[4] != s.Account && d.plan.Policy.SourceRole == "" {
			return placement{}, fmt.Errorf("no flow log of %s/%s delivers to %s", s.Account, s.Region, arn)
		}
		return d.planner.inStream(d.scope(s), arn), nil
	}
	role, err := d.role(s, want)
	if err != nil {
		return placement{}, err
	}
	name := expandGroup(d.plan.Policy.LogGroup, d.scope(s), s.Resource)
	at := placement{input: inGroup(name, role.arn), after: slices.Clone(role.after), expect: slices.Clone(role.expect)}
	switch {
	case d.made(s, CreateLogGroup, name):
		at.after = append(at.after, stepID(s.Account, s.Region, CreateLogGroup, name))
	case d.made(s, AssociateKMSKey, name):
		at.after = append(at.after, stepID(s.Account, s.Region, AssociateKMSKey, name))
	}
	if !d.made(s, CreateLogGroup, name) {
		at.expect = append(at.expect, Precondition{Kind: FactLogGroup, Resource: name, Expect: map[string]string{"exists": "true"}})
	}
	at.after = withRetention(s, at.after, stepID(s.Account, s.Region, PutRetentionPolicy, name))
	return at, nil
}

// withRetention lets a flow log wait for the retention of its log group too, as it did in plans of earlier
// versions.
func withRetention(s Step, after []string, retention string) []string {
	at := slices.Index(s.After, retention)
	if at < 0 || !slices.Equal(slices.Delete(slices.Clone(s.After), at, at+1), after) {
		return after
	}
	return s.After
}

// role builds the delivery role of an account, once for all its flow logs: made by the plan, changed by it,
// or as the first flow log says that it was.
func (d *deriver) role(s Step, want request) (plannedRole, error) {
	if role, known := d.roles[s.Account]; known {
		return role, nil
	}
	name := d.plan.Policy.DeliveryRole
	id := func(a Action) string { return stepID(s.Account, homeRegion(d.plan.Partition), a, name) }
	role := plannedRole{arn: want.DeliverLogsPermissionArn}
	if _, made := d.steps[id(CreateRole)]; made {
		role.arn = d.plan.Policy.roleARN(d.plan.Partition, s.Account)
		role.after = []string{id(CreateRole), id(PutRolePolicy)}
		d.roles[s.Account] = role
		return role, nil
	}
	if err := d.checkRoleARN(s.Account, name, role.arn); err != nil {
		return role, err
	}
	if before := s.expected(FactRole, name); before != nil {
		if !isDigest(before["trust"]) {
			return role, errors.New("it does not say whom its role trusted")
		}
		role.expect = []Precondition{{Kind: FactRole, Resource: name, Expect: map[string]string{"exists": "true", "arn": role.arn, "trust": before["trust"]}}}
		d.roles[s.Account] = role
		return role, nil
	}
	for _, a := range []Action{UpdateAssumeRolePolicy, PutRolePolicy} {
		change, planned := d.steps[id(a)]
		if !planned {
			continue
		}
		if change.expected(FactRole, name)["arn"] != role.arn {
			return role, fmt.Errorf("its role is not the one that the plan changes")
		}
		role.after = append(role.after, id(a))
	}
	if len(role.after) == 0 {
		return role, errors.New("it does not say what its role was")
	}
	d.roles[s.Account] = role
	return role, nil
}

// placeInBucket builds a bucket as the destination, once for all flow logs of an account: its policy is
// changed by the plan, was as the first flow log says, or is another account's, which the notes say.
func (d *deriver) placeInBucket(s Step) (placement, error) {
	at, known := d.buckets[s.Account]
	if known {
		return at, nil
	}
	name := bucketName(d.plan.Policy.Bucket)
	at.input = d.planner.inBucket()
	for id, other := range d.steps {
		if other.Action == PutBucketPolicy && other.Account == s.Account {
			at.after = []string{id}
		}
	}
	before := s.expected(FactBucketPolicy, name)
	switch {
	case len(at.after) > 0:
	case before != nil:
		if !isDigest(before["document"]) {
			return at, errors.New("it does not say what the policy of its bucket was")
		}
		at.expect = []Precondition{{Kind: FactBucketPolicy, Resource: name, Expect: map[string]string{"exists": "true", "document": before["document"]}}}
	default:
		reason, err := foreignBucketNote(d.bucketStatements(s))
		if err != nil {
			return at, err
		}
		if err := d.plan.says(s.Account, name, reason); err != nil {
			return at, err
		}
	}
	d.buckets[s.Account] = at
	return at, nil
}

var digestPattern = regexp.MustCompile(`^sha256:[0-9a-f]{64}$`)

func isDigest(text string) bool { return digestPattern.MatchString(text) }

// checkCalls puts the flow logs together again, as many to a call as this version does or as versions did
// that knew another limit: apply splits those when it sends them.
func (d *deriver) checkCalls() error {
	first := slices.IndexFunc(d.plan.Steps, func(s Step) bool { return s.Action == CreateFlowLog })
	if first < 0 {
		return nil
	}
	logs := d.plan.Steps[first:]
	const before = 1000
	for _, most := range []func(string) int{idsPerCall, func(string) int { return before }} {
		again := &planner{logs: slices.Clone(logs)}
		again.batch(most)
		if slices.EqualFunc(logs, again.logs, func(a, b Step) bool { return a.ID == b.ID && a.Call == b.Call }) {
			return nil
		}
	}
	return fmt.Errorf("its flow logs are not put together as the planner does, at the end of the plan: %w", errOther)
}

// checkWhole prices the plan again.
func (d *deriver) checkWhole() error {
	priced := d.plan
	priced.Steps = slices.Clone(d.plan.Steps)
	if err := d.planner.price(&priced); err != nil {
		return err
	}
	measured, sum, used := 0, 0.0, map[string][]string{}
	table, err := loadPrices()
	if err != nil {
		return err
	}
	for i, s := range d.plan.Steps {
		want := priced.Steps[i].Cost
		if s.Action == CreateFlowLog && d.measured(s) {
			measured++
			sum += *s.Cost.Monthly
			from, _ := table.of(s.Region)
			used[from] = append(used[from], s.Region)
			continue
		}
		if !sameJSON(want, s.Cost) {
			return fmt.Errorf("step %d (%s): its cost is not what the plan's volumes make of it: %w", i+1, s.ID, errOther)
		}
	}
	if measured > 0 {
		sum = cents(sum)
		priced.Cost.Monthly, priced.Cost.Unknown = &sum, priced.Cost.Unknown-measured
		priced.Cost.Assumptions = d.planner.assumptions(table, used)
	}
	if !sameJSON(priced.Cost, d.plan.Cost) {
		return fmt.Errorf("its cost is not the sum of its steps': %w", errOther)
	}
	return nil
}

var measuredBasis = regexp.MustCompile(`^[0-9.e+-]+ GB a month: [.\-_/#A-Za-z0-9]+ holds [0-9.e+-]+ GB of [0-9.e+-]+ days, from [0-9]+ flow logs?$`)

// measured reports whether a flow log's cost rests on what its log group has taken in, which is known to the
// account alone.
func (d *deriver) measured(s Step) bool {
	return d.plan.Policy.GBPerVPC == 0 && d.plan.Policy.Destination == ToCloudWatchLogs && d.plan.Partition == "aws" &&
		s.Cost.Monthly != nil && *s.Cost.Monthly >= 0 && measuredBasis.MatchString(s.Cost.Basis)
}

func sameJSON(a, b any) bool {
	x, err := json.Marshal(a)
	if err != nil {
		return false
	}
	y, err := json.Marshal(b)
	return err == nil && bytes.Equal(x, y)
}

// checkTexts holds what stands beside the steps to its form. The words in it are the file's own, and are
// shown as such.
func (p Plan) checkTexts() error {
	about := func(account, region string) error {
		switch {
		case !slices.Contains(p.Accounts, account):
			return fmt.Errorf("it says something of account %q, which is not one of the plan's", account)
		case region != "" && region != inventory.AnyRegion && !inventory.IsRegion(region):
			return fmt.Errorf("it says something of %q, which is no Region", region)
		}
		return nil
	}
	for _, u := range p.Unplanned {
		if err := about(u.Account, u.Region); err != nil {
			return err
		}
	}
	for _, n := range slices.Concat(p.LeftOut, p.LeftAlone, p.Notes) {
		if err := about(n.Account, n.Region); err != nil {
			return err
		}
	}
	for _, g := range p.Gaps {
		if err := about(g.Account, g.Region); err != nil {
			return err
		}
		if !inventory.Cause(g.Cause).Known() {
			return fmt.Errorf("a gap has the cause %q, which is not known", g.Cause)
		}
	}
	return nil
}

// isDocument reports whether a text is a policy that statements can be added to, and that says the same to
// every reader.
func isDocument(policy string) bool {
	value, err := generic([]byte(policy))
	_, ok := value.(map[string]any)
	return err == nil && ok && strictjson.Check([]byte(policy)) == nil
}
