package remediate

import (
	"fmt"
	"slices"

	"flowproof/internal/finding"
	"flowproof/internal/flowrecord"
	"flowproof/internal/inventory"
)

// change is what the planner knows of a step; the rest follows from it.
type change struct {
	scope    inventory.Scope // with the Region that the call goes to
	action   Action
	resource string
	reason   finding.Finding
	foreign  bool
	after    []string
	expect   []Precondition
	input    map[string]any
	undo     *undo
}

// undo is the inverse of a change.
type undo struct {
	action Action
	input  map[string]any
}

// step completes a change. Its call is its own unless batch puts it with others.
func (p *planner) step(c change) (Step, error) {
	api := API{Service: operations[c.action][0], Operation: operations[c.action][1], Input: jsonInput(c.input)}
	line, err := command(api, c.scope.Region)
	if err != nil {
		return Step{}, err
	}
	id := stepID(c.scope.Account, c.scope.Region, c.action, c.resource)
	s := Step{
		ID: id, Call: id, Account: c.scope.Account, Region: c.scope.Region,
		Action: c.action, Resource: c.resource,
		Reason: c.reason.Fingerprint, Why: c.reason.Message, Foreign: c.foreign,
		After: append([]string{}, c.after...), Preconditions: append([]Precondition{}, c.expect...),
		API: api, CLI: line, Permissions: p.permissions(c.action, api), Reversible: true,
	}
	if c.undo != nil {
		s.Inverse = &Inverse{Action: c.undo.action, Resource: c.resource, API: API{
			Service: operations[c.undo.action][0], Operation: operations[c.undo.action][1], Input: jsonInput(c.undo.input),
		}}
	}
	return s, nil
}

// add plans a change that flow logs need, and gives its id.
func (p *planner) add(c change) (string, error) {
	s, err := p.step(c)
	if err != nil {
		return "", err
	}
	p.before = append(p.before, s)
	return s.ID, nil
}

// permissions are the IAM actions behind an action, those included that AWS checks without naming
// them in the call (VPC user guide; observed refusals).
func (p *planner) permissions(a Action, api API) []string {
	actions := actionPermissions[a]
	if a == CreateFlowLog {
		actions = append(slices.Clone(actions), flowLogPermissions[p.policy.Destination]...)
		if want, err := requestOf(api); err == nil {
			actions = append(actions, want.fieldPermissions()...)
		}
		if p.policy.SourceRole != "" && p.policy.Destination == ToFirehose {
			actions = append(actions, "iam:PassRole")
		}
	}
	return unique(actions)
}

var actionPermissions = map[Action][]string{
	CreateRole:             {"iam:CreateRole", "iam:TagRole"},
	PutRolePolicy:          {"iam:PutRolePolicy"},
	UpdateAssumeRolePolicy: {"iam:UpdateAssumeRolePolicy"},
	CreateLogGroup:         {"logs:CreateLogGroup", "logs:TagResource"},
	PutRetentionPolicy:     {"logs:PutRetentionPolicy"},
	AssociateKMSKey:        {"logs:AssociateKmsKey"},
	PutBucketPolicy:        {"s3:PutBucketPolicy"},
	CreateFlowLog:          {"ec2:CreateFlowLogs", "ec2:CreateTags"},

	DeleteRole:            {"iam:DeleteRole"},
	DeleteRolePolicy:      {"iam:DeleteRolePolicy"},
	DeleteLogGroup:        {"logs:DeleteLogGroup"},
	DeleteRetentionPolicy: {"logs:DeleteRetentionPolicy"},
	DisassociateKMSKey:    {"logs:DisassociateKmsKey"},
	DeleteBucketPolicy:    {"s3:DeleteBucketPolicy"},
	DeleteFlowLog:         {"ec2:DeleteFlowLogs"},
}

// containerPermissions are what AWS asks of whoever makes a flow log with fields about containers
// (service authorization reference, dependent actions of ec2:CreateFlowLogs).
var containerPermissions = []string{
	"ecs:ListClusters", "ecs:ListContainerInstances", "ecs:ListServices", "ecs:ListTaskDefinitions", "ecs:ListTasks",
}

// fieldPermissions are what the fields of a flow log ask of whoever makes it. Those that show tags also
// need a service-linked role of VPC Flow Logs, which AWS makes with the first of them.
func (r request) fieldPermissions() []string {
	actions := slices.Clone(r.tagPermissions())
	if len(actions) > 0 {
		actions = append(actions, "iam:CreateServiceLinkedRole")
	}
	if slices.ContainsFunc(fieldsOf(r.LogFormat), flowrecord.OfECS) {
		actions = append(actions, containerPermissions...)
	}
	return actions
}

// tagPermissions are for looking at the tags that records are to show.
func (r request) tagPermissions() []string {
	var actions []string
	for _, of := range r.TagFieldSpecifications {
		if of.ResourceType == "auto-scaling-group" {
			actions = append(actions, "autoscaling:DescribeTags")
		} else {
			actions = append(actions, "ec2:DescribeTags")
		}
	}
	return unique(actions)
}

var flowLogPermissions = map[Destination][]string{
	ToCloudWatchLogs: {"iam:PassRole"},
	ToS3:             {"logs:CreateLogDelivery", "logs:DeleteLogDelivery"},
	ToFirehose:       {"firehose:TagDeliveryStream", "iam:CreateServiceLinkedRole", "logs:CreateLogDelivery", "logs:DeleteLogDelivery"},
}

// planFlowLogs plans the flow log of each target whose way is free. place says where a target's
// records go, in the members of CreateFlowLogs, and what has to be done before.
func (p *planner) planFlowLogs(targets []target, place func(target) (placement, error)) error {
	for _, t := range targets {
		at, err := place(t)
		if err != nil {
			return err
		}
		s, err := p.flowLog(t, at)
		if err != nil {
			return err
		}
		p.logs = append(p.logs, s)
	}
	return nil
}

// placement is where a flow log delivers.
type placement struct {
	input  map[string]any
	after  []string
	expect []Precondition
}

// flowLog plans one flow log.
func (p *planner) flowLog(t target, at placement) (Step, error) {
	if !t.gateway {
		p.noteComplement(t)
	}
	c := p.newFlowLog(t.inv.Scope, t.subject, t.id, p.trafficOf(t), joined(idsOf(t.logs)), at)
	c.reason = t.finding
	return p.step(c)
}

// newFlowLog is the change that makes a flow log of some traffic on a resource, which has the flow logs
// that are named.
func (p *planner) newFlowLog(s inventory.Scope, on subject, id, traffic, there string, at placement) change {
	input := map[string]any{
		"ResourceIds": []string{id}, "ResourceType": on.resourceType, "MaxAggregationInterval": p.policy.Interval,
		"TagSpecifications": []any{map[string]any{"ResourceType": "vpc-flow-log", "Tags": p.tagList()}},
	}
	if on.gateway {
		input["MaxAggregationInterval"] = 60
	} else {
		input["TrafficType"] = traffic
		if p.format != "" {
			input["LogFormat"] = p.format // a gateway has fields of its own
		}
		if tags := p.policy.tagSpecification(); tags != nil {
			input["TagFieldSpecifications"] = tags
		}
	}
	for member, value := range at.input {
		input[member] = value
	}
	expect := []Precondition{{Kind: FactFlowLogs, Resource: id, Expect: map[string]string{"ids": there}}}
	if on.resourceType == "VPC" {
		expect = append(expect, Precondition{
			Kind: FactVPC, Resource: id, Expect: map[string]string{"exists": "true", "owner": s.Account},
		})
	}
	return change{
		scope: s, action: CreateFlowLog, resource: id,
		after: at.after, expect: append(expect, at.expect...), input: input,
		undo: &undo{DeleteFlowLog, map[string]any{"FlowLogIds": []string{CreatedID}}},
	}
}

func idsOf(logs []inventory.FlowLog) []string {
	var ids []string
	for _, l := range logs {
		ids = append(ids, l.ID)
	}
	return ids
}

// noteComplement says why a flow log records less than the policy wants of all.
func (p *planner) noteComplement(t target) {
	if traffic := p.trafficOf(t); traffic != p.policy.Traffic {
		p.note(t.inv.Scope, t.id, "%s", complementNote(inventory.Recorded(t.logs), traffic, p.policy.Traffic))
	}
}

func complementNote(recorded inventory.Traffic, missing, wanted string) string {
	return fmt.Sprintf("its working flow logs record %s already, so the plan adds one of %s and not a second of %s", recorded, missing, wanted)
}

// batch gives flow logs that differ in nothing but their resource one call, as many as one takes.
func (p *planner) batch(most func(resourceType string) int) {
	type batchKey struct{ account, region, input string }
	calls := map[batchKey]int{} // steps in the open call
	names := map[batchKey]string{}
	numbers := map[[2]string]int{}
	first := map[string]int{} // where a call's first step stands
	for i := range p.logs {
		s := &p.logs[i]
		rest, kind := withoutResources(s.API)
		k := batchKey{s.Account, s.Region, rest}
		if names[k] == "" || calls[k] == most(kind) {
			n := numbers[[2]string{s.Account, s.Region}] + 1
			numbers[[2]string{s.Account, s.Region}] = n
			names[k], calls[k] = fmt.Sprintf("%s/%s/CreateFlowLogs/%d", s.Account, s.Region, n), 0
			first[names[k]] = i
		}
		s.Call = names[k]
		calls[k]++
	}
	slices.SortStableFunc(p.logs, func(a, b Step) int { return first[a.Call] - first[b.Call] })
}

// withoutResources is what a flow log's request says beside its resource, and the type of that.
func withoutResources(api API) (rest, resourceType string) {
	value, err := generic(api.Input)
	object, ok := value.(map[string]any)
	if err != nil || !ok {
		return string(api.Input), ""
	}
	delete(object, resourceIDs)
	encoded, err := encodeGeneric(object)
	if err != nil {
		return string(api.Input), ""
	}
	kind, _ := object["ResourceType"].(string)
	return string(encoded), kind
}
