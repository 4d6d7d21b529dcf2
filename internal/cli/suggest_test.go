package cli

import (
	"os"
	"path/filepath"
	"testing"

	"flowproof/internal/config"
)

func TestThePlanThatAScanSuggests(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "my file.yaml")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name string
		scan []string
		want string
	}{
		{"nothing given", nil, "flowproof plan --out plan.json"},
		{"what is read", []string{"--region", "us-*,eu-west-1", "--region=sa-east-1", "--profile", "audit"},
			"flowproof plan --profile audit --region 'us-*,eu-west-1' --region sa-east-1 --out plan.json"},
		{"what is judged", []string{"--ruleset", "page"}, "flowproof plan --ruleset page --out plan.json"},
		{"how it is shown", []string{"--verbose", "--format", "text", "--fail-on", "none", "--allow-gaps"}, "flowproof plan --out plan.json"},
		{"a settings file", []string{"--config", file}, "flowproof plan --config '" + file + "' --out plan.json"},
		{"many accounts", []string{"--org"}, ""},
		{"an empty value", []string{"--profile", ""}, "flowproof plan --profile '' --out plan.json"},
		{"what a shell would read otherwise", []string{"--profile", "it's; rm -rf $HOME"},
			`flowproof plan --profile 'it'\''s; rm -rf $HOME' --out plan.json`},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			scan := new(app).scanCommand()
			if err := scan.ParseFlags(test.scan); err != nil {
				t.Fatal(err)
			}
			r, err := config.Load(scan.Flags(), func(string) string { return "" })
			if err != nil {
				t.Fatal(err)
			}
			if got := planAfter(scan.Flags(), r.Settings); got != test.want {
				t.Errorf("got  %s\nwant %s", got, test.want)
			}
		})
	}
}
