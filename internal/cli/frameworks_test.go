package cli_test

import (
	"bytes"
	"os"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"flowproof/internal/cli"
	"flowproof/internal/terminal"
)

// TestFrameworksKeepToTheirSchema validates what the command prints, with the schema closed to keys
// that it does not describe.
func TestFrameworksKeepToTheirSchema(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile("../../docs/schema/frameworks-v1.json")
	if err != nil {
		t.Fatal(err)
	}
	raw = bytes.ReplaceAll(raw, []byte(`"type": "object",`), []byte(`"type": "object", "additionalProperties": false,`))
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	compiler := jsonschema.NewCompiler()
	if err := compiler.AddResource("frameworks.json", doc); err != nil {
		t.Fatal(err)
	}
	schema, err := compiler.Compile("frameworks.json")
	if err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"list"}, {"list", "--rule", "vpc-flow-log-check"}, {"show", "gdpr"}} {
		var out bytes.Buffer
		streams := terminal.Streams{Stdin: os.Stdin, Stdout: &out, Stderr: &out, Getenv: func(string) string { return "" }}
		if status := cli.Main(append(append([]string{"frameworks"}, args...), "--format", "json"), streams); status != 0 {
			t.Fatalf("%v: exit status %d: %s", args, status, out.String())
		}
		got, err := jsonschema.UnmarshalJSON(&out)
		if err != nil {
			t.Fatal(err)
		}
		if err := schema.Validate(got); err != nil {
			t.Errorf("%v: %v", args, err)
		}
	}
}
