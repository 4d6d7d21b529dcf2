package readrole

import (
	"fmt"
	"strings"

	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/hashicorp/hcl/v2/hclwrite"
	"github.com/zclconf/go-cty/cty"
)

// Terraform writes the role as a configuration for the hashicorp/aws provider: one account's. Its
// syntax is tested; more cannot be claimed without the provider.
func (r Role) Terraform() ([]byte, error) {
	if err := r.Check(); err != nil {
		return nil, err
	}
	file := hclwrite.NewEmptyFile()
	for line := range strings.SplitSeq("The role that flowproof assumes to read an account. Apply it in every account, the management\n"+
		"account too unless flowproof runs with credentials of it; then try the way in: flowproof accounts", "\n") {
		file.Body().AppendUnstructuredTokens(hclwrite.Tokens{{Type: hclsyntax.TokenComment, Bytes: []byte("# " + line + "\n")}})
	}
	file.Body().AppendNewline()
	required := file.Body().AppendNewBlock("terraform", nil).Body().AppendNewBlock("required_providers", nil).Body()
	required.SetAttributeValue("aws", cty.ObjectVal(map[string]cty.Value{"source": cty.StringVal("hashicorp/aws"), "version": cty.StringVal(">= 5.0")}))
	file.Body().AppendNewline()
	role := file.Body().AppendNewBlock("resource", []string{"aws_iam_role", "flowproof_read"}).Body()
	role.SetAttributeValue("name", cty.StringVal(r.name()))
	role.SetAttributeValue("path", cty.StringVal(r.path()))
	role.SetAttributeValue("description", cty.StringVal(description))
	role.SetAttributeValue("max_session_duration", cty.NumberIntVal(int64(r.maxSession())))
	role.SetAttributeRaw("assume_role_policy", jsonencode(r.trust(r.partition())))
	file.Body().AppendNewline()
	inline := file.Body().AppendNewBlock("resource", []string{"aws_iam_role_policy", "flowproof_read"}).Body()
	inline.SetAttributeValue("name", cty.StringVal("flowproof-read"))
	inline.SetAttributeRaw("role", hclwrite.TokensForIdentifier("aws_iam_role.flowproof_read.id"))
	inline.SetAttributeRaw("policy", jsonencode(r.permissions()))
	return hclwrite.Format(file.Bytes()), nil
}

// jsonencode is a policy as an argument of that function, in which Terraform users read it best.
func jsonencode(o object) hclwrite.Tokens {
	return hclwrite.TokensForFunctionCall("jsonencode", tokens(o))
}

func tokens(value any) hclwrite.Tokens {
	switch v := value.(type) {
	case object:
		var attributes []hclwrite.ObjectAttrTokens
		for _, m := range v {
			name := hclwrite.TokensForValue(cty.StringVal(m.key))
			if hclsyntax.ValidIdentifier(m.key) {
				name = hclwrite.TokensForIdentifier(m.key)
			}
			attributes = append(attributes, hclwrite.ObjectAttrTokens{Name: name, Value: tokens(m.value)})
		}
		return hclwrite.TokensForObject(attributes)
	case []object:
		var list []hclwrite.Tokens
		for _, o := range v {
			list = append(list, tokens(o))
		}
		return hclwrite.TokensForTuple(list)
	case []string:
		var list []hclwrite.Tokens
		for _, s := range v {
			list = append(list, tokens(s))
		}
		return hclwrite.TokensForTuple(list)
	}
	return hclwrite.TokensForValue(cty.StringVal(fmt.Sprint(value)))
}
