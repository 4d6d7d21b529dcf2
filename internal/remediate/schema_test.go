package remediate

import (
	"encoding/json"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

func TestPlansAreWhatTheirSchemaSays(t *testing.T) {
	t.Parallel()
	compiler := jsonschema.NewCompiler()
	compiler.AssertFormat()
	schema, err := compiler.Compile(filepath.Join("..", "..", "docs", "schema", "plan-v1.json"))
	if err != nil {
		t.Fatal(err)
	}
	plans := exported(t)
	plans["telling"] = built(t, telling())
	plans["empty"] = built(t, judged(DefaultPolicy(), readScope("eu-west-1")))
	for seed := range uint64(40) {
		plans[fmt.Sprint("generated ", seed)] = built(t, generated(seed))
	}
	for name, p := range plans {
		value, err := jsonschema.UnmarshalJSON(strings.NewReader(encoded(t, p)))
		if err != nil {
			t.Fatal(err)
		}
		if err := schema.Validate(value); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		value.(map[string]any)["unheard_of"] = true
		if err := schema.Validate(value); err == nil {
			t.Errorf("%s is valid with a key that is not described", name)
		}
	}
}

// TestOthersCanComputeTheHash does it as the schema says, in another language.
func TestOthersCanComputeTheHash(t *testing.T) {
	t.Parallel()
	const program = `
import hashlib, json, sys
plan = json.load(sys.stdin)
del plan["hash"]
text = json.dumps(plan, sort_keys=True, separators=(",", ":"), ensure_ascii=False) + "\n"
print("sha256:" + hashlib.sha256(text.encode()).hexdigest())
`
	p := built(t, telling())
	raw, err := json.Marshal(p)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), venv(t, "python"), "-c", program)
	cmd.Stdin = strings.NewReader(string(raw))
	out, err := cmd.Output()
	if got := strings.TrimSpace(string(out)); err != nil || got != p.Hash {
		t.Errorf("got %s, %v, want %s", got, err, p.Hash)
	}
}
