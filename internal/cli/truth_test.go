package cli_test

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"net/http/httptest"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	gocmp "github.com/google/go-cmp/cmp"

	"flowproof/internal/sandbox"
	"flowproof/internal/sandbox/mototest"
)

// truth is the table in testdata/truth.yaml: awkward cases, single and combined, and what every rule
// must say of them.
type truth struct {
	Shared yaml.Node   `yaml:"shared"` // anchors
	Cases  []truthCase `yaml:"cases"`
}

// truthCase is one Region of one account, and what the rules say.
type truthCase struct {
	Name    string            `yaml:"name"`
	Account map[string]any    `yaml:"account"`  // of the scenario's account, beside its Region
	Region  map[string]any    `yaml:"region"`   // eu-west-1 of it
	Others  []any             `yaml:"others"`   // other accounts of the scenario
	Faults  []any             `yaml:"faults"`   // of the scenario
	Setting map[string]string `yaml:"settings"` // in the environment
	Moto    bool              `yaml:"moto"`     // moto can express it
	// Want is what the rules say of each resource: by the VPC's or gateway's name, the flow log's
	// id or "scope". What is not listed must be not-applicable.
	Want map[string][]string `yaml:"want"`
}

func truthCases(t *testing.T) []truthCase {
	t.Helper()
	text, err := os.ReadFile("testdata/truth.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var table truth
	dec := yaml.NewDecoder(bytes.NewReader(text))
	dec.KnownFields(true)
	if err := dec.Decode(&table); err != nil {
		t.Fatal(err)
	}
	names := map[string]bool{}
	for _, c := range table.Cases {
		if names[c.Name] {
			t.Errorf("two cases are called %q", c.Name)
		}
		names[c.Name] = true
	}
	if len(table.Cases) < 40 {
		t.Errorf("only %d cases", len(table.Cases))
	}
	return table.Cases
}

// truthAccount is the account of the table.
const truthAccount = "123456789012"

// scenario is the case as the sandbox takes it, with other names in the place of some.
func (c truthCase) scenario(t *testing.T, names *strings.Replacer) sandbox.Scenario {
	t.Helper()
	account := map[string]any{"id": truthAccount, "default_vpcs": false, "regions": map[string]any{"eu-west-1": c.Region}}
	for key, value := range c.Account {
		account[key] = value
	}
	text, err := yaml.Marshal(map[string]any{"accounts": append([]any{account}, c.Others...), "faults": c.Faults})
	if err != nil {
		t.Fatal(err)
	}
	scenario, err := sandbox.ParseScenario([]byte(names.Replace(string(text))))
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	return scenario
}

// TestTruthTable puts every case on the sandbox and asks the whole program, with every rule.
func TestTruthTable(t *testing.T) {
	t.Parallel()
	for _, c := range truthCases(t) {
		t.Run(c.Name, func(t *testing.T) {
			t.Parallel()
			aws, err := sandbox.New(c.scenario(t, strings.NewReplacer()))
			if err != nil {
				t.Fatal(err)
			}
			server := httptest.NewServer(aws)
			t.Cleanup(aws.Close)
			t.Cleanup(server.Close)
			c.check(t, c.judged(t, mototest.Env(server.URL)))
		})
	}
}

// judged runs the program on the case's Region and gives outcome and assurance by resource, sorted.
func (c truthCase) judged(t *testing.T, env []string) map[string][]string {
	t.Helper()
	cmd := exec.Command("flowproof", "scan", "--ruleset", "full", "--format", "json", "--quiet", "--region", "eu-west-1")
	cmd.Dir = t.TempDir()
	cmd.Env = slices.Concat(env, []string{"PATH=" + os.Getenv("PATH"), "AWS_EC2_METADATA_DISABLED=true", "AWS_MAX_ATTEMPTS=2"})
	for name, value := range c.Setting {
		cmd.Env = append(cmd.Env, name+"="+value)
	}
	text, err := cmd.Output()
	if exit := (*exec.ExitError)(nil); err != nil && (!errors.As(err, &exit) || len(text) == 0) {
		t.Fatalf("%v: %s", err, exit.Stderr)
	}
	var document struct {
		Findings []struct {
			Rule, Outcome string
			Assurance     *string
			Resource      struct{ Type, ID, Name string }
		} `json:"findings"`
	}
	if err := json.Unmarshal(text, &document); err != nil {
		t.Fatal(err)
	}
	said := map[string][]string{}
	for _, f := range document.Findings {
		name := cmp.Or(f.Resource.Name, f.Resource.ID)
		if f.Resource.Type == "flowproof::Scope" {
			name = "scope"
		}
		text := f.Rule + " " + f.Outcome
		if f.Assurance != nil && f.Rule == "vpc-flow-log-check" {
			text += " " + *f.Assurance
		}
		if f.Outcome != "not-applicable" {
			said[name] = append(said[name], text)
		}
	}
	for name := range said {
		slices.Sort(said[name])
	}
	return said
}

func (c truthCase) check(t *testing.T, said map[string][]string) {
	t.Helper()
	want := map[string][]string{}
	for name, list := range c.Want {
		if len(list) > 0 {
			want[name] = slices.Sorted(slices.Values(list))
		}
	}
	if diff := gocmp.Diff(want, said); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
