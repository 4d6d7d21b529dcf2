package remediate

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/hashicorp/hcl/v2/hclwrite"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
	"github.com/zclconf/go-cty/cty/function/stdlib"
)

// encodedDocument evaluates an attribute as Terraform would, and gives the JSON in its canonical form.
func encodedDocument(t *testing.T, attribute *hclsyntax.Attribute) string {
	t.Helper()
	value, diagnostics := attribute.Expr.Value(&hcl.EvalContext{Functions: map[string]function.Function{"jsonencode": stdlib.JSONEncodeFunc}})
	if diagnostics.HasErrors() || value.Type() != cty.String {
		t.Fatalf("%s is %v: %v", attribute.Name, value, diagnostics)
	}
	return canonical(t, value.AsString())
}

func canonical(t *testing.T, document string) string {
	t.Helper()
	value, err := generic([]byte(document))
	if err != nil {
		t.Fatalf("%v in %s", err, document)
	}
	text, err := encodeGeneric(value)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestTerraformSaysTheDocumentsOfThePlan holds each policy in a configuration to that of the step.
func TestTerraformSaysTheDocumentsOfThePlan(t *testing.T) {
	t.Parallel()
	for name, p := range exported(t) {
		want, got := map[string]int{}, map[string]int{}
		for _, s := range p.Steps {
			in, err := s.members()
			if err != nil {
				t.Fatal(err)
			}
			switch s.Action {
			case CreateRole:
				want[canonical(t, in["AssumeRolePolicyDocument"].(string))]++
			case PutRolePolicy:
				want[canonical(t, in["PolicyDocument"].(string))]++
			case PutBucketPolicy:
				want[canonical(t, in["Policy"].(string))]++
			}
		}
		file, diagnostics := hclsyntax.ParseConfig([]byte(export(t, p, "terraform")), name+".tf", hcl.InitialPos)
		if diagnostics.HasErrors() {
			t.Fatal(diagnostics)
		}
		for _, block := range file.Body.(*hclsyntax.Body).Blocks {
			for _, attribute := range []string{"policy", "assume_role_policy"} {
				if a, ok := block.Body.Attributes[attribute]; ok {
					got[encodedDocument(t, a)]++
				}
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: documents (-plan +Terraform):\n%s", name, diff)
		}
	}
}

// TestDocumentsSurviveTerraform: what is there already in a bucket's policy can be anything.
func TestDocumentsSurviveTerraform(t *testing.T) {
	t.Parallel()
	for _, document := range []string{
		`{}`, `[]`, `{"a":[]}`, `{"a":[[],{}]}`, `{"a":null,"b":true,"c":false}`, `{"n":[0,-1,1.5,12345678901234567]}`,
		`{"aws:SourceArn":["${aws:username}","%{if}","$${x}"],"${key}":"%%{y}"}`,
		`{"quotes \" and \\":"line\nbreak\t\u0000","if":1,"for":2,"null":3,"true":4}`,
		`{"1":1,"a.b":2,"a-b":3,"ä":4,"":5}`,
	} {
		file := hclwrite.NewEmptyFile()
		if err := setDocument(file.Body(), "policy", document); err != nil {
			t.Fatalf("%s: %v", document, err)
		}
		text := hclwrite.Format(file.Bytes())
		parsed, diagnostics := hclsyntax.ParseConfig(text, "x.tf", hcl.InitialPos)
		if diagnostics.HasErrors() {
			t.Errorf("%s: %v\n%s", document, diagnostics, text)
			continue
		}
		if diff := cmp.Diff(canonical(t, document), encodedDocument(t, parsed.Body.(*hclsyntax.Body).Attributes["policy"])); diff != "" {
			t.Errorf("%s\n%s", diff, text)
		}
	}
}
