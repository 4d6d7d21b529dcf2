package remediate

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"flowproof/internal/terminal"
)

// templateResources is how many resources one template may have (CloudFormation quotas).
const templateResources = 500

// cloudFormation writes the plan as one template. A stack is of one Region: where the plan has
// several, the template is deployed in each, and makes in each what belongs there.
func (p Plan) cloudFormation() (string, error) {
	t := template{plan: p, resources: map[string]*templateResource{}, conditions: map[string]any{}}
	for _, s := range p.Steps {
		err := t.step(s)
		switch {
		case errors.Is(err, errNotExported):
			t.left = append(t.left, fmt.Sprintf("%s %s, by hand: %s", s.Action, s.Resource, s.commandLine()))
		case err != nil:
			return "", err
		}
	}
	switch {
	case len(t.resources) > templateResources:
		return "", fmt.Errorf("the plan makes %d resources and a template takes %d: plan fewer Regions (--region) or VPCs (--resource) at a time", len(t.resources), templateResources)
	case len(t.resources) == 0:
		return "", errors.New("the plan makes nothing that a template could hold")
	}
	return t.write()
}

// template is a template being written.
type template struct {
	plan       Plan
	resources  map[string]*templateResource
	order      []string // of the resources: that of the plan
	conditions map[string]any
	left       []string // what it does not hold
}

func (t *template) write() (string, error) {
	var b bytes.Buffer
	for _, line := range t.plan.head() {
		b.WriteString("# " + terminal.Printable(line) + "\n")
	}
	if _, roles := t.resources[logicalID("Role", t.plan.Policy.DeliveryRole)]; roles {
		b.WriteString("# It names a role, and so needs --capabilities CAPABILITY_NAMED_IAM.\n")
	}
	if len(t.conditions) > 0 {
		fmt.Fprintf(&b, "# Deploy it in %s first, which makes the role, then in the other Regions.\n", terminal.Printable(t.globalRegion()))
	}
	for _, line := range t.left {
		b.WriteString("# Not in this template, as it changes part of what is there already: " + terminal.Printable(line) + "\n")
	}
	resources, err := t.inOrder()
	if err != nil {
		return "", err
	}
	document := struct {
		Version     string         `yaml:"AWSTemplateFormatVersion"`
		Description string         `yaml:"Description"`
		Conditions  map[string]any `yaml:"Conditions,omitempty"`
		Resources   *yaml.Node     `yaml:"Resources"`
	}{"2010-09-09", "VPC flow logs, by flowproof plan " + t.plan.ShortHash(), t.conditions, resources}
	enc := yaml.NewEncoder(&b)
	enc.SetIndent(2)
	if err := enc.Encode(document); err != nil {
		return "", fmt.Errorf("encode the template: %w", err)
	}
	return b.String(), enc.Close()
}

// globalRegion is the Region whose stack makes what has none: IAM's home where the plan is there
// anyway, else the first.
func (t *template) globalRegion() string {
	regions, home := t.plan.regions(), homeRegion(t.plan.Partition)
	if slices.Contains(regions, home) || len(regions) == 0 {
		return home
	}
	return regions[0]
}

// templateResource is a resource of a template.
type templateResource struct {
	Type      string         `yaml:"Type"`
	Condition string         `yaml:"Condition,omitempty"`
	After     []string       `yaml:"DependsOn,omitempty"`
	Deletion  string         `yaml:"DeletionPolicy,omitempty"`
	Replace   string         `yaml:"UpdateReplacePolicy,omitempty"`
	Values    map[string]any `yaml:"Properties"`
}

// add puts in a resource, on the condition that the stack is in its Region.
func (t *template) add(id, region, kind string, properties map[string]any) *templateResource {
	r := &templateResource{Type: kind, Values: properties}
	if len(t.plan.regions()) > 1 {
		r.Condition = logicalID("In", region)
		t.conditions[r.Condition] = map[string]any{"Fn::Equals": []any{map[string]any{"Ref": "AWS::Region"}, region}}
	}
	if t.resources[id] == nil {
		t.order = append(t.order, id)
	}
	t.resources[id] = r
	return r
}

// inOrder is the resources as YAML, each after what it needs.
func (t *template) inOrder() (*yaml.Node, error) {
	all := &yaml.Node{Kind: yaml.MappingNode}
	for _, id := range t.order {
		var r yaml.Node
		if err := r.Encode(t.resources[id]); err != nil {
			return nil, fmt.Errorf("encode the template's %s: %w", id, err)
		}
		all.Content = append(all.Content, &yaml.Node{Kind: yaml.ScalarNode, Value: id}, &r)
	}
	return all, nil
}

func (t *template) step(s Step) error {
	in, err := s.members()
	if err != nil {
		return err
	}
	switch s.Action {
	case CreateRole:
		return t.role(s, in)
	case PutRolePolicy:
		if t.plan.isPartOf(s, CreateRole) {
			return nil // told with the role
		}
		policy, err := yamlDocument(in["PolicyDocument"])
		t.add(logicalID("RolePolicy", s.Resource), t.globalRegion(), "AWS::IAM::RolePolicy", map[string]any{
			"RoleName": s.Resource, "PolicyName": in["PolicyName"], "PolicyDocument": policy,
		})
		return err
	case CreateLogGroup:
		return t.logGroup(s, in)
	case PutRetentionPolicy:
		if t.plan.isPartOf(s, CreateLogGroup) {
			return nil // told with the group
		}
	case PutBucketPolicy:
		if s.Inverse == nil || s.Inverse.Action != DeleteBucketPolicy {
			return errNotExported // CloudFormation makes a policy only where there is none
		}
		policy, err := yamlDocument(in["Policy"])
		t.add(logicalID("BucketPolicy", s.Resource), s.Region, "AWS::S3::BucketPolicy", map[string]any{"Bucket": s.Resource, "PolicyDocument": policy})
		return err
	case CreateFlowLog:
		t.flowLog(s, in)
		return nil
	}
	return errNotExported
}

func (t *template) role(s Step, in map[string]any) error {
	trust, err := yamlDocument(in["AssumeRolePolicyDocument"])
	if err != nil {
		return err
	}
	properties := t.tagged(map[string]any{"RoleName": s.Resource, "Description": in["Description"], "AssumeRolePolicyDocument": trust})
	for _, member := range []string{"Path", "PermissionsBoundary"} {
		if value, given := in[member]; given {
			properties[member] = value
		}
	}
	var policies []any
	for _, other := range t.plan.Steps {
		if other.Action != PutRolePolicy || other.Resource != s.Resource {
			continue
		}
		its, err := other.members()
		if err != nil {
			return err
		}
		policy, err := yamlDocument(its["PolicyDocument"])
		if err != nil {
			return err
		}
		policies = append(policies, map[string]any{"PolicyName": its["PolicyName"], "PolicyDocument": policy})
	}
	properties["Policies"] = policies
	t.add(logicalID("Role", s.Resource), t.globalRegion(), "AWS::IAM::Role", properties)
	return nil
}

// logGroup keeps the group, with its records, when the stack goes.
func (t *template) logGroup(s Step, in map[string]any) error {
	days, err := t.plan.retentionOf(s)
	if err != nil {
		return err
	}
	properties := t.tagged(map[string]any{"LogGroupName": s.Resource})
	if days != nil {
		properties["RetentionInDays"] = yamlValue(days)
	}
	if key := in["kmsKeyId"]; key != nil {
		properties["KmsKeyId"] = key
	}
	r := t.add(logicalID("LogGroup", s.Region, s.Resource), s.Region, "AWS::Logs::LogGroup", properties)
	r.Deletion, r.Replace = "Retain", "Retain"
	return nil
}

func (t *template) flowLog(s Step, in map[string]any) {
	properties := t.tagged(map[string]any{"ResourceId": s.Resource})
	for name, value := range in {
		switch name {
		case resourceIDs, "TagSpecifications":
		default:
			properties[name] = yamlValue(value)
		}
	}
	role := t.roleOf(properties)
	var after []string
	for _, before := range t.plan.Steps {
		if !slices.Contains(s.After, before.ID) {
			continue
		}
		id, region := "", before.Region
		switch before.Action {
		case CreateRole:
			id, region = logicalID("Role", before.Resource), t.globalRegion()
		case PutRolePolicy:
			id, region = logicalID("RolePolicy", before.Resource), t.globalRegion()
		case CreateLogGroup:
			id = logicalID("LogGroup", before.Region, before.Resource)
		case PutBucketPolicy:
			id = logicalID("BucketPolicy", before.Resource)
		default:
			continue
		}
		if _, there := t.resources[id]; there && region == s.Region && id != role {
			after = append(after, id)
		}
	}
	t.add(logicalID("FlowLog", s.Region, s.Resource), s.Region, "AWS::EC2::FlowLog", properties).After = after
}

// roleOf makes a flow log take its role from the resource that makes it, and gives that resource's id.
// Where there are several stacks one alone makes the role, and the others name it.
func (t *template) roleOf(flowLog map[string]any) string {
	const member = "DeliverLogsPermissionArn"
	name := t.plan.Policy.DeliveryRole
	id := logicalID("Role", name)
	arn, _ := flowLog[member].(string)
	if t.resources[id] == nil || len(t.plan.regions()) > 1 || !strings.HasSuffix(arn, "/"+name) {
		if arn != "" { // too long to stand beside its name
			flowLog[member] = &yaml.Node{Kind: yaml.ScalarNode, Style: yaml.FoldedStyle, Value: arn}
		}
		return ""
	}
	flowLog[member] = &yaml.Node{Kind: yaml.ScalarNode, Tag: "!GetAtt", Value: id + ".Arn"}
	return id
}

// tagged adds the policy's tags to properties.
func (t *template) tagged(properties map[string]any) map[string]any {
	var tags []any
	for _, k := range slices.Sorted(maps.Keys(t.plan.Policy.Tags)) {
		tags = append(tags, map[string]any{"Key": k, "Value": t.plan.Policy.Tags[k]})
	}
	if len(tags) > 0 {
		properties["Tags"] = tags
	}
	return properties
}

// yamlDocument reads a policy so that the template shows it as structure.
func yamlDocument(text any) (any, error) {
	document, ok := text.(string)
	if !ok {
		return nil, errors.New("a policy document is no text")
	}
	value, err := generic([]byte(document))
	return yamlValue(value), err
}

// yamlValue makes numbers of JSON plain ones.
func yamlValue(value any) any {
	switch v := value.(type) {
	case json.Number:
		if n, err := v.Int64(); err == nil {
			return n
		}
		return v.String()
	case map[string]any:
		out := map[string]any{}
		for k, inner := range v {
			out[k] = yamlValue(inner)
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, inner := range v {
			out[i] = yamlValue(inner)
		}
		return out
	}
	return value
}
