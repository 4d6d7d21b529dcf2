package readrole

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"go.yaml.in/yaml/v3"
)

var update = flag.Bool("update", false, "write the golden files anew")

func example() Role {
	return Role{
		Name: "flowproof-read", Actions: []string{"ec2:DescribeFlowLogs", "ec2:DescribeVpcs"},
		Trusted: []string{"arn:aws:iam::111111111111:user/audit"}, OrgID: "o-a1b2c3d4e5", Session: time.Hour,
	}
}

// examples are roles of every shape.
func examples() map[string]Role {
	session, account := example(), example()
	session.Trusted = []string{"arn:aws:sts::111111111111:assumed-role/AWSReservedSSO_Audit_0123456789abcdef/jo@example.com"}
	session.ExternalID, session.Name, session.Session = "7f3a-77", "security/audit/flowproof-read", 2*time.Hour
	account.Trusted = []string{"222222222222", "111111111111", "arn:aws:iam::333333333333:role/path/scanner"}
	return map[string]Role{"user": example(), "session": session, "account": account}
}

func golden(t *testing.T, name string, got []byte) string {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, got, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s (-want +got):\n%s", name, diff)
	}
	return path
}

func TestTheTemplatesAreCloudFormation(t *testing.T) {
	t.Parallel()
	var files []string
	for name, r := range examples() {
		text, err := r.CloudFormation()
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, golden(t, name+".yaml", text))
	}
	lint := filepath.Join("..", "..", ".venv", "bin", "cfn-lint")
	out, err := exec.CommandContext(t.Context(), lint, append([]string{"--regions", "us-east-1", "--template"}, files...)...).CombinedOutput()
	if err != nil || len(bytes.TrimSpace(out)) > 0 {
		t.Errorf("cfn-lint: %v\n%s", err, out)
	}
}

func TestTheConfigurationsAreTerraform(t *testing.T) {
	t.Parallel()
	for name, r := range examples() {
		text, err := r.Terraform()
		if err != nil {
			t.Fatal(err)
		}
		golden(t, name+".tf", text)
		if _, problems := hclsyntax.ParseConfig(text, name, hcl.InitialPos); problems.HasErrors() {
			t.Errorf("%s: %v", name, problems)
		}
	}
}

// TestBothSayTheSame holds the policies in the template to the value that both are written from.
func TestBothSayTheSame(t *testing.T) {
	t.Parallel()
	for name, r := range examples() {
		text, err := r.CloudFormation()
		if err != nil {
			t.Fatal(err)
		}
		var template struct {
			Resources struct {
				FlowproofRead struct {
					Properties struct {
						RoleName, Path           string
						MaxSessionDuration       int
						AssumeRolePolicyDocument any
					}
				}
			}
		}
		var raw map[string]any
		if err := yaml.Unmarshal(text, &raw); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		asJSON, err := json.Marshal(raw)
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(asJSON, &template); err != nil {
			t.Fatal(err)
		}
		p := template.Resources.FlowproofRead.Properties
		if p.Path+p.RoleName != "/"+r.Name || p.MaxSessionDuration != int(r.Session.Seconds()) {
			t.Errorf("%s: role %s%s of %d s", name, p.Path, p.RoleName, p.MaxSessionDuration)
		}
		hcl, err := r.Terraform()
		if err != nil {
			t.Fatal(err)
		}
		for _, key := range []string{r.OrgID, r.ExternalID} {
			if !bytes.Contains(hcl, []byte(key)) || !bytes.Contains(asJSON, []byte(key)) {
				t.Errorf("%s: %q is not in both", name, key)
			}
		}
	}
}

func TestRolesThatAreRefused(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		change func(*Role)
		want   string
	}{
		"no name":                      {func(r *Role) { r.Name = "" }, "not the name of a role"},
		"a name that ends as a path":   {func(r *Role) { r.Name = "audit/" }, "not the name of a role"},
		"a name with a quote":          {func(r *Role) { r.Name = `a"b` }, "not the name of a role"},
		"no organisation":              {func(r *Role) { r.OrgID = "" }, "want its id"},
		"an organisation with a colon": {func(r *Role) { r.OrgID = "o-a1b2c3d4e5: x" }, "want its id"},
		"nobody":                       {func(r *Role) { r.Trusted = nil }, "nobody is trusted"},
		"everybody":                    {func(r *Role) { r.Trusted = []string{"*"} }, "want an account id"},
		"a wildcard":                   {func(r *Role) { r.Trusted = []string{"arn:aws:iam::111111111111:role/*"} }, "want an account id"},
		"a service":                    {func(r *Role) { r.Trusted = []string{"ec2.amazonaws.com"} }, "want an account id"},
		"a line break in the id":       {func(r *Role) { r.ExternalID = "a\nb" }, "external id"},
	} {
		r := example()
		tt.change(&r)
		_, yamlErr := r.CloudFormation()
		_, hclErr := r.Terraform()
		for _, err := range []error{yamlErr, hclErr} {
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("%s: error %v, want one that says %q", name, err, tt.want)
			}
		}
	}
}

func TestThePartitionIsThatOfWhoIsTrusted(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		partition string
		trusted   []string
		want      string
	}{
		"an ARN says it":              {"", []string{"arn:aws-us-gov:iam::111111111111:role/audit"}, "aws-us-gov"},
		"an ARN beside an account":    {"", []string{"222222222222", "arn:aws-us-gov:iam::111111111111:role/audit"}, "aws-us-gov"},
		"an account in a partition":   {"aws-cn", []string{"111111111111"}, "aws-cn"},
		"an account and nothing else": {"", []string{"111111111111"}, "aws"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := example()
			r.Partition, r.Trusted = tt.partition, tt.trusted
			text, err := r.CloudFormation()
			if err != nil {
				t.Fatal(err)
			}
			if here := "arn:" + tt.want + ":"; !bytes.Contains(text, []byte(here+"iam::111111111111:root")) ||
				bytes.Count(text, []byte("arn:aws")) != bytes.Count(text, []byte(here)) {
				t.Errorf("the trust is not of %s:\n%s", tt.want, text)
			}
		})
	}
}

func TestNobodyIsTrustedAcrossPartitions(t *testing.T) {
	t.Parallel()
	r := example()
	r.Partition = "aws-cn"
	if _, err := r.CloudFormation(); err == nil || !strings.Contains(err.Error(), "of partition aws, and the role of aws-cn") {
		t.Errorf("error %v, want the two partitions", err)
	}
}
