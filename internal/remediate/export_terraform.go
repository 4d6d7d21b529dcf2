package remediate

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/hashicorp/hcl/v2/hclwrite"
	"github.com/zclconf/go-cty/cty"

	"flowproof/internal/terminal"
)

// terraform writes the plan as a configuration for the hashicorp/aws provider. Its syntax and the
// names in it are tested; more cannot be claimed without the provider.
func (p Plan) terraform() (string, error) {
	t := terraformFile{plan: p, file: hclwrite.NewEmptyFile()}
	for _, line := range p.head() {
		t.comment(line)
	}
	t.providers()
	for _, s := range p.Steps {
		err := t.step(s)
		switch {
		case errors.Is(err, errNotExported):
			t.body().AppendNewline()
			t.comment(fmt.Sprintf("Not in this configuration, as it changes part of what is there already: %s %s. By hand:", s.Action, s.Resource))
			t.comment(s.commandLine())
		case err != nil:
			return "", err
		}
	}
	return string(hclwrite.Format(t.file.Bytes())), nil
}

// terraformFile is a configuration being written.
type terraformFile struct {
	plan Plan
	file *hclwrite.File
}

func (t terraformFile) body() *hclwrite.Body { return t.file.Body() }

func (t terraformFile) comment(text string) {
	t.body().AppendUnstructuredTokens(hclwrite.Tokens{{
		Type: hclsyntax.TokenComment, Bytes: []byte("# " + terminal.Printable(text) + "\n"),
	}})
}

// providers declares the provider, once for each Region.
func (t terraformFile) providers() {
	t.body().AppendNewline()
	required := t.body().AppendNewBlock("terraform", nil).Body().AppendNewBlock("required_providers", nil).Body()
	required.SetAttributeValue("aws", cty.ObjectVal(map[string]cty.Value{"source": cty.StringVal("hashicorp/aws"), "version": cty.StringVal(">= 5.0")}))
	for _, region := range t.plan.regions() {
		t.body().AppendNewline()
		block := t.body().AppendNewBlock("provider", []string{"aws"}).Body()
		block.SetAttributeValue("alias", cty.StringVal(label(region)))
		block.SetAttributeValue("region", cty.StringVal(region))
		block.SetAttributeValue("allowed_account_ids", cty.ListVal([]cty.Value{cty.StringVal(t.plan.Accounts[0])}))
	}
}

// resource opens a resource in a Region.
func (t terraformFile) resource(kind, name, region string) *hclwrite.Body {
	t.body().AppendNewline()
	block := t.body().AppendNewBlock("resource", []string{kind, name}).Body()
	block.SetAttributeTraversal("provider", traversal("aws", label(region)))
	return block
}

func traversal(root string, attributes ...string) hcl.Traversal {
	t := hcl.Traversal{hcl.TraverseRoot{Name: root}}
	for _, a := range attributes {
		t = append(t, hcl.TraverseAttr{Name: a})
	}
	return t
}

// The resources of the provider that a plan makes.
const (
	tfRole         = "aws_iam_role"
	tfRolePolicy   = "aws_iam_role_policy"
	tfLogGroup     = "aws_cloudwatch_log_group"
	tfBucketPolicy = "aws_s3_bucket_policy"
	tfFlowLog      = "aws_flow_log"
)

func (t terraformFile) step(s Step) error {
	in, err := s.members()
	if err != nil {
		return err
	}
	switch s.Action {
	case CreateRole:
		r := t.resource(tfRole, label("role", s.Resource), t.plan.regions()[0])
		set(r, "name", in["RoleName"])
		set(r, "path", in["Path"])
		set(r, "description", in["Description"])
		set(r, "permissions_boundary", in["PermissionsBoundary"])
		t.tags(r)
		return setDocument(r, "assume_role_policy", in["AssumeRolePolicyDocument"])
	case PutRolePolicy:
		r := t.resource(tfRolePolicy, label("role", s.Resource), t.plan.regions()[0])
		set(r, "name", in["PolicyName"])
		set(r, "role", in["RoleName"])
		if t.plan.isPartOf(s, CreateRole) {
			r.SetAttributeTraversal("role", traversal(tfRole, label("role", s.Resource), "name"))
		}
		return setDocument(r, "policy", in["PolicyDocument"])
	case CreateLogGroup:
		days, err := t.plan.retentionOf(s)
		if err != nil {
			return err
		}
		r := t.resource(tfLogGroup, label(s.Region, s.Resource), s.Region)
		set(r, "name", in["logGroupName"])
		set(r, "retention_in_days", days)
		set(r, "kms_key_id", in["kmsKeyId"])
		t.tags(r)
	case PutRetentionPolicy:
		if !t.plan.isPartOf(s, CreateLogGroup) {
			return errNotExported
		}
	case PutBucketPolicy:
		t.body().AppendNewline()
		t.comment("This takes over the whole policy of the bucket: what it says now, and what delivery needs.")
		r := t.resource(tfBucketPolicy, label("bucket", s.Resource), s.Region)
		set(r, "bucket", in["Bucket"])
		return setDocument(r, "policy", in["Policy"])
	case CreateFlowLog:
		t.flowLog(s, in)
	default:
		return errNotExported
	}
	return nil
}

// flowLog writes a flow log. The provider wants the ARN of a log group where EC2 takes its name.
func (t terraformFile) flowLog(s Step, in map[string]any) {
	r := t.resource(tfFlowLog, label(s.Region, s.Resource), s.Region)
	subject := "vpc_id"
	switch in["ResourceType"] {
	case "TransitGateway":
		subject = "transit_gateway_id"
	case "RegionalNatGateway":
		subject = "regional_nat_gateway_id"
	}
	set(r, subject, s.Resource)
	set(r, "traffic_type", in["TrafficType"])
	set(r, "max_aggregation_interval", in["MaxAggregationInterval"])
	set(r, "log_format", in["LogFormat"])
	set(r, "log_destination_type", in["LogDestinationType"])
	r.AppendNewline() // long names are lined up among themselves
	if name, ok := in["LogGroupName"].(string); ok {
		group := Step{Account: s.Account, Region: s.Region, Resource: name}
		if t.plan.isPartOf(group, CreateLogGroup) {
			r.SetAttributeTraversal("log_destination", traversal(tfLogGroup, label(s.Region, name), "arn"))
		} else {
			set(r, "log_destination", fmt.Sprintf("arn:%s:logs:%s:%s:log-group:%s", t.plan.Partition, s.Region, s.Account, name))
		}
	} else {
		set(r, "log_destination", in["LogDestination"])
	}
	t.role(r, in["DeliverLogsPermissionArn"])
	set(r, "deliver_cross_account_role", in["DeliverCrossAccountRole"])
	if options, ok := in["DestinationOptions"].(map[string]any); ok {
		o := r.AppendNewBlock("destination_options", nil).Body()
		set(o, "file_format", options["FileFormat"])
		set(o, "hive_compatible_partitions", options["HiveCompatiblePartitions"])
		set(o, "per_hour_partition", options["PerHourPartition"])
	}
	t.tags(r)
	t.after(r, s)
}

// role names the delivery role, by the resource that makes it where the plan does.
func (t terraformFile) role(r *hclwrite.Body, arn any) {
	name := t.plan.Policy.DeliveryRole
	made := slices.ContainsFunc(t.plan.Steps, func(s Step) bool { return s.Action == CreateRole && s.Resource == name })
	if text, ok := arn.(string); ok && made && strings.HasSuffix(text, "/"+name) {
		r.SetAttributeTraversal("iam_role_arn", traversal(tfRole, label("role", name), "arn"))
		return
	}
	set(r, "iam_role_arn", arn)
}

// after writes what must be there first, as far as this configuration makes it.
func (t terraformFile) after(r *hclwrite.Body, s Step) {
	var tokens hclwrite.Tokens
	for _, before := range t.plan.Steps {
		if !slices.Contains(s.After, before.ID) {
			continue
		}
		var on hcl.Traversal
		switch before.Action {
		case PutRolePolicy:
			on = traversal(tfRolePolicy, label("role", before.Resource))
		case PutBucketPolicy:
			on = traversal(tfBucketPolicy, label("bucket", before.Resource))
		default:
			continue
		}
		if len(tokens) > 0 {
			tokens = append(tokens, &hclwrite.Token{Type: hclsyntax.TokenComma, Bytes: []byte(",")})
		}
		tokens = append(tokens, hclwrite.TokensForTraversal(on)...)
	}
	if len(tokens) == 0 {
		return
	}
	tokens = slices.Concat(
		hclwrite.Tokens{{Type: hclsyntax.TokenOBrack, Bytes: []byte("[")}}, tokens,
		hclwrite.Tokens{{Type: hclsyntax.TokenCBrack, Bytes: []byte("]")}})
	r.SetAttributeRaw("depends_on", tokens)
}

func (t terraformFile) tags(r *hclwrite.Body) {
	tags := map[string]cty.Value{}
	for _, k := range slices.Sorted(maps.Keys(t.plan.Policy.Tags)) {
		tags[k] = cty.StringVal(t.plan.Policy.Tags[k])
	}
	if len(tags) > 0 {
		r.SetAttributeValue("tags", cty.MapVal(tags))
	}
}

// set writes an attribute; what the request does not have is left out.
func set(body *hclwrite.Body, name string, value any) {
	switch v := value.(type) {
	case string:
		body.SetAttributeValue(name, cty.StringVal(v))
	case bool:
		body.SetAttributeValue(name, cty.BoolVal(v))
	case json.Number:
		if n, err := v.Int64(); err == nil {
			body.SetAttributeValue(name, cty.NumberIntVal(n))
		}
	}
}
