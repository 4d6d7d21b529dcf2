package readrole

import (
	"bytes"
	"fmt"
	"strings"

	"go.yaml.in/yaml/v3"
)

// howTo says how the template reaches every account. Service-managed StackSets leave the management
// account out (CloudFormation user guide, "Considerations when creating StackSets with
// service-managed permissions").
const howTo = `The role that flowproof assumes to read an account. From the management account:

1. In every member account, those to come too, as a service-managed StackSet. It goes to one
   Region, since roles are global; ROOT is the root's id, r-..., or that of a unit:

     aws cloudformation create-stack-set --stack-set-name %[1]s \
       --template-body file://TEMPLATE --capabilities CAPABILITY_NAMED_IAM \
       --permission-model SERVICE_MANAGED --auto-deployment Enabled=true,RetainStacksOnAccountRemoval=false
     aws cloudformation create-stack-instances --stack-set-name %[1]s \
       --deployment-targets OrganizationalUnitIds=ROOT --regions us-east-1

2. In the management account, which such a StackSet leaves out, as a stack of its own; it is not
   needed where flowproof runs with credentials of that account:

     aws cloudformation deploy --stack-name %[1]s \
       --template-file TEMPLATE --capabilities CAPABILITY_NAMED_IAM

3. Try the way into each account: flowproof accounts
`

// CloudFormation writes the role as a template.
func (r Role) CloudFormation() ([]byte, error) {
	if err := r.Check(); err != nil {
		return nil, err
	}
	properties := object{
		{"RoleName", r.name()},
		{"Path", r.path()},
		{"Description", description},
		{"MaxSessionDuration", r.maxSession()},
		{"AssumeRolePolicyDocument", r.trust(r.partition())},
		{"Policies", []object{{{"PolicyName", "flowproof-read"}, {"PolicyDocument", r.permissions()}}}},
	}
	template := node(object{
		{"AWSTemplateFormatVersion", "2010-09-09"},
		{"Description", description},
		{"Resources", object{{"FlowproofRead", object{{"Type", "AWS::IAM::Role"}, {"Properties", properties}}}}},
	})
	var out bytes.Buffer
	for line := range strings.Lines(fmt.Sprintf(howTo, r.name())) {
		out.WriteString(strings.TrimRight("# "+line, " \n") + "\n")
	}
	enc := yaml.NewEncoder(&out)
	enc.SetIndent(2)
	if err := enc.Encode(template); err != nil {
		return nil, fmt.Errorf("write the template: %w", err)
	}
	return out.Bytes(), enc.Close()
}

const description = "Lets flowproof read the VPCs and flow logs of this account. It changes nothing."

// node is a value as YAML. Texts that YAML would take for something else, such as a date, are quoted.
func node(value any) *yaml.Node {
	n := &yaml.Node{}
	switch v := value.(type) {
	case object:
		n.Kind = yaml.MappingNode
		for _, m := range v {
			n.Content = append(n.Content, node(m.key), node(m.value))
		}
	case []object:
		n.Kind = yaml.SequenceNode
		for _, o := range v {
			n.Content = append(n.Content, node(o))
		}
	case []string:
		n.Kind = yaml.SequenceNode
		for _, s := range v {
			n.Content = append(n.Content, node(s))
		}
	default:
		_ = n.Encode(v) // texts and numbers always encode
	}
	return n
}
