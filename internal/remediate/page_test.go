package remediate

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"

	"flowproof/internal/rules"
)

// TestTheCodeOnPagesIsSound holds the exports that the pages of the rules show to what exports are held
// to here. That the program writes them is tested with the program.
func TestTheCodeOnPagesIsSound(t *testing.T) {
	t.Parallel()
	block := regexp.MustCompile("(?ms)^```(hcl|yaml)\n(# flowproof plan .*?)^```$")
	dir := t.TempDir()
	lint := []string{"--regions", "us-east-1", "--template"}
	configurations := 0
	for _, r := range rules.All() {
		for _, b := range block.FindAllStringSubmatch(r.Page, -1) {
			if b[1] == "yaml" {
				path := filepath.Join(dir, r.ID+".yaml")
				if err := os.WriteFile(path, []byte(b[2]), 0o600); err != nil {
					t.Fatal(err)
				}
				lint = append(lint, path)
				continue
			}
			configurations++
			file, diagnostics := hclsyntax.ParseConfig([]byte(b[2]), r.ID+".tf", hcl.InitialPos)
			if diagnostics.HasErrors() {
				t.Fatal(diagnostics)
			}
			for _, block := range file.Body.(*hclsyntax.Body).Blocks {
				if block.Type == "resource" {
					checkNames(t, block.Labels[0], "", block.Body)
				}
			}
		}
	}
	if configurations < 3 || len(lint) < 3+3 {
		t.Fatalf("the pages show %d configurations and %d templates", configurations, len(lint)-3)
	}
	out, err := exec.CommandContext(t.Context(), venv(t, "cfn-lint"), lint...).CombinedOutput()
	if err != nil || len(bytes.TrimSpace(out)) > 0 {
		t.Errorf("cfn-lint: %v\n%s", err, out)
	}
}
