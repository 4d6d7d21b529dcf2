package remediate

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"

	"flowproof/internal/inventory"
)

// exported are plans of every kind, by name.
func exported(t *testing.T) map[string]Plan {
	t.Helper()
	logs := perVPC()
	logs.Tags = map[string]string{"team": "net", "Ünïcode": "a b"}
	logs.LogFormat, logs.KMSKey = "v5", "arn:aws:kms:{region}:123456789012:key/mrk-1"
	s3 := toCentral()
	s3.ChangeExisting, s3.Hive, s3.FileFormat = true, true, "parquet"
	firehose := DefaultPolicy()
	firehose.Destination, firehose.Stream = ToFirehose, "arn:aws:firehose:{region}:{account}:deliverystream/s"
	scopes := func(change func(*inventory.Inventory)) []inventory.Inventory {
		list := []inventory.Inventory{readScope("us-east-1", "vpc-0a", "vpc-0b"), readScope("eu-west-1", "vpc-0c")}
		for i := range list {
			addDestinations(&list[i])
			if change != nil {
				change(&list[i])
			}
		}
		return list
	}
	one := DefaultPolicy()
	adapt := DefaultPolicy()
	adapt.ChangeExisting = true
	plans := map[string]Plan{
		"logs":     built(t, judged(logs, scopes(nil)...)),
		"one":      built(t, judged(one, scopes(nil)[:1]...)),
		"s3":       built(t, judged(s3, scopes(nil)...)),
		"firehose": built(t, judged(firehose, scopes(nil)...)),
		"adapt": built(t, judged(adapt, scopes(func(inv *inventory.Inventory) {
			inv.Named.LogGroups = []inventory.LogGroup{group(func(g *inventory.LogGroup) { g.RetentionDays = 30 })}
			inv.Named.Roles = []inventory.Role{{Name: DefaultRole, ARN: "arn:aws:iam::123456789012:role/" + DefaultRole, Trust: wrongTrust}}
		})...)),
		"s3-merge": built(t, judged(s3, scopes(func(inv *inventory.Inventory) { inv.Named.Buckets[0].Policy = theirs })...)),
	}
	for name, p := range plans {
		if len(p.Steps) == 0 || len(p.Unplanned) > 0 {
			t.Fatalf("%s: steps %v, unplanned %v", name, outline(p), reasons(p))
		}
	}
	return plans
}

func export(t *testing.T, p Plan, kind string) string {
	t.Helper()
	var out bytes.Buffer
	if err := p.Export(kind, &out); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// providerNames are the arguments of hashicorp/aws that an exported plan may use (provider
// documentation, version 5 and 6).
var providerNames = map[string][]string{
	"aws_iam_role":             {"provider", "name", "description", "assume_role_policy", "tags"},
	"aws_iam_role_policy":      {"provider", "name", "role", "policy"},
	"aws_cloudwatch_log_group": {"provider", "name", "retention_in_days", "kms_key_id", "tags"},
	"aws_s3_bucket_policy":     {"provider", "bucket", "policy"},
	"aws_flow_log": {
		"provider", "vpc_id", "transit_gateway_id", "traffic_type", "max_aggregation_interval", "log_format", "log_destination_type",
		"log_destination", "iam_role_arn", "deliver_cross_account_role", "destination_options", "tags", "depends_on",
		"destination_options.file_format", "destination_options.hive_compatible_partitions", "destination_options.per_hour_partition",
	},
}

func TestTheTerraformExportReadsBack(t *testing.T) {
	t.Parallel()
	for name, p := range exported(t) {
		text := export(t, p, "terraform")
		golden(t, "export-"+name+".tf", text)
		file, diagnostics := hclsyntax.ParseConfig([]byte(text), name+".tf", hcl.InitialPos)
		if diagnostics.HasErrors() {
			t.Fatalf("%s: %v", name, diagnostics)
		}
		flowLogs, addresses := 0, map[string]bool{}
		for _, block := range file.Body.(*hclsyntax.Body).Blocks {
			if block.Type != "resource" {
				continue
			}
			address := strings.Join(block.Labels, ".")
			if addresses[address] {
				t.Errorf("%s: %s occurs twice", name, address)
			}
			addresses[address] = true
			if block.Labels[0] == "aws_flow_log" {
				flowLogs++
			}
			checkNames(t, block.Labels[0], "", block.Body)
		}
		if want := len(slices.DeleteFunc(slices.Clone(p.Steps), func(s Step) bool { return s.Action != CreateFlowLog })); flowLogs != want {
			t.Errorf("%s: %d flow logs, want %d", name, flowLogs, want)
		}
		if name == "logs" {
			checkFormatText(t, file.Body.(*hclsyntax.Body), formatOf(t, "v5"))
		}
	}
}

// checkNames holds a resource to the provider's arguments.
func checkNames(t *testing.T, kind, under string, body *hclsyntax.Body) {
	t.Helper()
	for name := range body.Attributes {
		if !slices.Contains(providerNames[kind], under+name) {
			t.Errorf("%s has no argument %s%s", kind, under, name)
		}
	}
	for _, block := range body.Blocks {
		if !slices.Contains(providerNames[kind], under+block.Type) {
			t.Errorf("%s has no block %s%s", kind, under, block.Type)
		}
		checkNames(t, kind, block.Type+".", block.Body)
	}
}

// checkFormatText evaluates log_format: its ${...} must be text to Terraform, not its own expressions.
func checkFormatText(t *testing.T, body *hclsyntax.Body, want string) {
	t.Helper()
	for _, block := range body.Blocks {
		attribute, ok := block.Body.Attributes["log_format"]
		if !ok {
			continue
		}
		value, diagnostics := attribute.Expr.Value(nil)
		if diagnostics.HasErrors() || value.Type() != cty.String || value.AsString() != want {
			t.Errorf("log_format is %v, %v", value, diagnostics)
		}
	}
}

// venv is a program of the virtual environment that `make venv` makes.
func venv(t *testing.T, program string) string {
	t.Helper()
	path, err := filepath.Abs(filepath.Join("..", "..", ".venv", "bin", program))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(path); err != nil {
		t.Fatalf("%s is missing: run `make venv` first", path)
	}
	return path
}

func TestTheCloudFormationExportPassesCfnLint(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	var files []string
	for name, p := range exported(t) {
		var out bytes.Buffer
		err := p.Export("cloudformation", &out)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		golden(t, "export-"+name+".yaml", out.String())
		path := filepath.Join(dir, name+".yaml")
		if err := os.WriteFile(path, out.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
		files = append(files, path)
	}
	slices.Sort(files)
	out, err := exec.CommandContext(t.Context(), venv(t, "cfn-lint"), append([]string{"--regions", "us-east-1", "eu-west-1", "--template"}, files...)...).CombinedOutput()
	if err != nil || len(bytes.TrimSpace(out)) > 0 {
		t.Errorf("cfn-lint: %v\n%s", err, out)
	}
}

func TestTheScriptIsBash(t *testing.T) {
	t.Parallel()
	for name, p := range exported(t) {
		text := export(t, p, "cli")
		golden(t, "export-"+name+".sh", text)
		cmd := exec.CommandContext(t.Context(), "bash", "-n")
		cmd.Stdin = strings.NewReader(text)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("%s: %v\n%s", name, err, out)
		}
	}
}

func TestAnExportOfSomethingElseIsRefused(t *testing.T) {
	t.Parallel()
	p := exported(t)["one"]
	if err := p.Export("pulumi", &bytes.Buffer{}); err == nil || !strings.Contains(err.Error(), "terraform, cloudformation, cli") {
		t.Errorf("got %v", err)
	}
	p.Accounts = append(p.Accounts, "999999999999")
	if err := p.Export("terraform", &bytes.Buffer{}); err == nil || !strings.Contains(err.Error(), "one account at a time") {
		t.Errorf("got %v", err)
	}
}

// formatOf is a named format as CreateFlowLogs takes it.
func formatOf(t *testing.T, name string) string {
	t.Helper()
	format, err := Policy{LogFormat: name}.logFormat()
	if err != nil {
		t.Fatal(err)
	}
	return format
}
