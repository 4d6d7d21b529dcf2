package remediate

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"flowproof/internal/flowrecord"
	"flowproof/internal/inventory"
)

// WritePolicy is the least IAM policy with which a plan can be applied, verified and rolled back:
// exactly its resources, and the actions that AWS checks without naming them in a call.
func (p Plan) WritePolicy() (string, error) {
	r := reach{partition: p.Partition, destination: p.Policy.Destination, wanted: p.Policy, actions: map[Action]bool{}}
	for _, id := range p.Rules() {
		r.scanned = append(r.scanned, answered[id]...)
	}
	for _, s := range p.Steps {
		r.actions[s.Action] = true
		if s.Inverse != nil {
			r.actions[s.Inverse.Action] = true
		}
		if err := r.addStep(s); err != nil {
			return "", err
		}
	}
	return r.policy()
}

// WritePolicy is the least IAM policy with which any plan of a policy can be made, applied, verified and
// rolled back, in every account and Region of a partition.
func (p Policy) WritePolicy(partition string) (string, error) {
	if err := p.Check(); err != nil {
		return "", err
	}
	r := reach{partition: partition, destination: p.Destination, planning: true, actions: map[Action]bool{CreateFlowLog: true, DeleteFlowLog: true}}
	everywhere := inventory.Scope{Partition: partition, Account: "*", Region: "*"}
	r.flowLogs = []string{everywhere.ARN("vpc-flow-log", "*")}
	r.subjects = []string{everywhere.ARN("vpc", "*"), everywhere.ARN("transit-gateway", "*"), everywhere.ARN("natgateway", "*")}
	r.scanned = append(r.scanned, natGatewayReading)
	for _, id := range slices.Sorted(maps.Keys(answered)) {
		r.scanned = append(r.scanned, answered[id]...)
	}
	format, _ := p.logFormat() // Check has looked at it
	wants, err := requestOf(API{Input: jsonInput(map[string]any{"LogFormat": format, "TagFieldSpecifications": p.tagSpecification()})})
	if err != nil {
		return "", err
	}
	r.addFields(wants)
	add := func(actions ...Action) {
		for _, a := range actions {
			r.actions[a] = true
		}
	}
	switch p.Destination {
	case ToS3:
		r.bucket = p.Bucket
		if p.ChangeExisting {
			add(PutBucketPolicy, DeleteBucketPolicy)
		}
	case ToFirehose:
		r.streams = []string{expandGroup(p.Stream, everywhere, "")}
		if p.SourceRole != "" {
			r.passed = []string{expandGroup(p.SourceRole, everywhere, "")}
		}
	default:
		add(CreateRole, PutRolePolicy, CreateLogGroup, PutRetentionPolicy, DeleteRole, DeleteRolePolicy, DeleteLogGroup)
		role := p.roleARN(partition, "*")
		r.roles, r.passed = []string{role}, []string{role}
		r.groups = groupARNs(everywhere, expandGroup(p.LogGroup, everywhere, "*"))
		if p.ChangeExisting {
			add(UpdateAssumeRolePolicy, AssociateKMSKey, DisassociateKMSKey)
		}
	}
	return r.policy()
}

// natGatewayReading is the action that looks at the NAT gateways of a plan again.
const natGatewayReading = "ec2:DescribeNatGateways"

// reach is what a policy has to cover.
type reach struct {
	partition   string
	destination Destination
	wanted      Policy
	planning    bool // the plan is yet to be made
	actions     map[Action]bool
	subjects    []string // ARNs of what gets flow logs
	flowLogs    []string
	groups      []string
	roles       []string // that are made or changed
	passed      []string // that are handed to the service
	bucket      string
	streams     []string
	containers  bool     // fields of flow logs are about them
	tags        []string // actions that look at the tags which records are to show
	scanned     []string // what verify reads beside VPCs and flow logs
}

// roleOf is the ARN of the role that a step makes or changes: one that exists is named by what must
// still be so of it.
func (r *reach) roleOf(s Step) string {
	for _, c := range s.Preconditions {
		if arn := c.Expect["arn"]; c.Kind == FactRole && arn != "" {
			return arn
		}
	}
	return r.wanted.roleARN(r.partition, s.Account)
}

func (r *reach) addStep(s Step) error {
	want, err := requestOf(s.API)
	if err != nil {
		return err
	}
	scope := inventory.Scope{Partition: r.partition, Account: s.Account, Region: s.Region}
	switch s.Action {
	case CreateRole, PutRolePolicy, UpdateAssumeRolePolicy:
		r.roles = append(r.roles, r.roleOf(s))
	case CreateLogGroup, PutRetentionPolicy, AssociateKMSKey:
		r.groups = append(r.groups, groupARNs(scope, s.Resource)...)
	case PutBucketPolicy:
		r.bucket = fmt.Sprintf("arn:%s:s3:::%s", r.partition, s.Resource)
	case CreateFlowLog:
		kind := "vpc"
		switch {
		case s.onGateway():
			kind = "transit-gateway"
		case strings.HasPrefix(s.Resource, "nat-"):
			kind = "natgateway"
			r.scanned = append(r.scanned, natGatewayReading)
		}
		r.subjects = append(r.subjects, scope.ARN(kind, s.Resource))
		r.flowLogs = append(r.flowLogs, scope.ARN("vpc-flow-log", "*"))
		r.addFields(want)
		if want.DeliverLogsPermissionArn != "" {
			r.passed = append(r.passed, want.DeliverLogsPermissionArn)
		}
		switch r.destination {
		case ToS3:
			r.bucket = fmt.Sprintf("arn:%s:s3:::%s", r.partition, bucketName(want.LogDestination))
		case ToFirehose:
			r.streams = append(r.streams, want.LogDestination)
		default:
			r.groups = append(r.groups, groupARNs(scope, want.LogGroupName)...)
		}
	}
	return nil
}

// addFields covers what the fields of a flow log ask of whoever makes it.
func (r *reach) addFields(want request) {
	r.containers = r.containers || slices.ContainsFunc(fieldsOf(want.LogFormat), flowrecord.OfECS)
	r.tags = append(r.tags, want.tagPermissions()...)
}

// groupARNs are both ARNs of a log group: tags go by the one without ":*", everything else by the
// other (CloudWatch Logs API reference, LogGroup).
func groupARNs(s inventory.Scope, name string) []string {
	arn := fmt.Sprintf("arn:%s:logs:%s:%s:log-group:%s", s.Partition, s.Region, s.Account, name)
	return []string{arn, arn + ":*"}
}

// policy writes it all down.
func (r reach) policy() (string, error) {
	statements := []statement{r.reading()}
	add := func(sid string, resources []string, conditions map[string]map[string]any, actions ...string) {
		if len(actions) > 0 && len(resources) > 0 {
			statements = append(statements, statement{
				Sid: sid, Effect: "Allow", Action: unique(actions), Resource: unique(resources), Condition: conditions,
			})
		}
	}
	add("FlowproofRoles", r.roles, nil, r.of("iam")...)
	add("FlowproofPassRole", r.passed, map[string]map[string]any{"StringEquals": {"iam:PassedToService": r.service()}}, "iam:PassRole")
	add("FlowproofLogGroups", r.groups, nil, r.of("logs")...)
	if r.bucket != "" {
		add("FlowproofBucket", []string{r.bucket}, nil, r.of("s3")...)
	}
	if r.actions[CreateFlowLog] {
		add("FlowproofFlowLogs", slices.Concat(r.subjects, r.flowLogs), nil, "ec2:CreateFlowLogs")
		add("FlowproofTags", r.flowLogs, map[string]map[string]any{"StringEquals": {"ec2:CreateAction": "CreateFlowLogs"}}, "ec2:CreateTags")
		add("FlowproofRollback", r.flowLogs, map[string]map[string]any{"StringEquals": {"aws:ResourceTag/" + TagManaged: "true"}}, "ec2:DeleteFlowLogs")
	}
	if r.actions[CreateFlowLog] && r.destination != ToCloudWatchLogs {
		add("FlowproofDelivery", []string{"*"}, nil, "logs:CreateLogDelivery", "logs:DeleteLogDelivery")
	}
	linked := func(sid, service, role string) {
		arn := fmt.Sprintf("arn:%s:iam::*:role/aws-service-role/%s/%s", r.partition, service, role)
		add(sid, []string{arn}, map[string]map[string]any{"StringEquals": {"iam:AWSServiceName": service}}, "iam:CreateServiceLinkedRole")
	}
	if r.destination == ToFirehose {
		add("FlowproofStreams", r.streams, nil, "firehose:TagDeliveryStream")
		linked("FlowproofLinkedRole", deliveryService, "AWSServiceRoleForLogDelivery")
	}
	if r.containers {
		add("FlowproofContainers", []string{"*"}, nil, containerPermissions...)
	}
	if len(r.tags) > 0 {
		add("FlowproofTagFields", []string{"*"}, nil, r.tags...)
		linked("FlowproofTagFieldsRole", flowLogService, "AWSServiceRoleForVPCFlowLogs")
	}
	return readable(statements)
}

// readable is a policy with its parts in the order in which people write them, as policy read prints it.
func readable(statements []statement) (string, error) {
	raw, err := json.Marshal(struct {
		Version   string
		Statement []statement
	}{policyVersion, statements})
	if err != nil {
		return "", fmt.Errorf("encode a policy: %w", err)
	}
	return string(raw), nil
}

// service is the one that roles are passed to.
func (r reach) service() string {
	if r.destination == ToFirehose {
		return deliveryService
	}
	return flowLogService
}

// of gives the IAM actions of what is done at a service.
func (r reach) of(service string) []string {
	var actions []string
	for _, a := range slices.Sorted(maps.Keys(r.actions)) {
		if operations[a][0] == service {
			actions = append(actions, actionPermissions[a]...)
		}
	}
	return actions
}

// reading is what apply, verify and rollback look at again. Most of these calls know no resources,
// and all of them only read.
func (r reach) reading() statement {
	actions := append([]string{"ec2:DescribeFlowLogs", "ec2:DescribeNetworkInterfaces", "ec2:DescribeRegions", "ec2:DescribeVpcs"}, r.scanned...)
	groups := []string{"logs:DescribeLogGroups", "logs:DescribeLogStreams", "logs:ListTagsForResource"}
	roles := []string{"iam:GetRole", "iam:GetRolePolicy", "iam:ListAttachedRolePolicies", "iam:ListRolePolicies"}
	switch r.destination {
	case ToS3:
		actions = append(actions, "s3:GetBucketPolicy", "s3:ListBucket")
	case ToFirehose:
		actions = append(actions, "cloudwatch:GetMetricStatistics", "firehose:DescribeDeliveryStream")
	default:
		actions = slices.Concat(actions, roles, groups)
		if r.planning {
			actions = append(actions, "iam:GetPolicy", "iam:GetPolicyVersion") // of policies attached to the role
		}
	}
	if len(r.groups) > 0 { // of other flow logs
		actions = append(actions, groups...)
	}
	if len(r.roles) > 0 {
		actions = append(actions, roles...)
	}
	return statement{Sid: "FlowproofRead", Effect: "Allow", Action: unique(actions), Resource: []string{"*"}}
}
