package config

import (
	"flag"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/spf13/pflag"
)

var update = flag.Bool("update", false, "rewrite the generated documents")

// golden compares a generated document with the file that holds it.
func golden(t *testing.T, path, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s is out of date, run the test with -update (-file +generated):\n%s", path, diff)
	}
}

// given is what a test gives to Load, beside defaults.
type given struct {
	file string // the text of a settings file
	env  map[string]string
	args []string
}

// load runs Load on a file of the test's own, named by the environment.
func (g given) load(t *testing.T) (Resolved, error) {
	t.Helper()
	env := map[string]string{fileEnv: write(t, "flowproof.yaml", g.file)}
	for name, text := range g.env {
		env[name] = text
	}
	return Load(parsed(t, g.args...), func(name string) string { return env[name] })
}

func write(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// parsed are the flags of all settings after a command line was read.
func parsed(t *testing.T, args ...string) *pflag.FlagSet {
	t.Helper()
	flags := allFlags()
	if err := flags.Parse(args); err != nil {
		t.Fatal(err)
	}
	return flags
}

func allFlags() *pflag.FlagSet {
	flags := pflag.NewFlagSet("flowproof", pflag.ContinueOnError)
	flags.SetOutput(io.Discard)
	for _, s := range Table() {
		if !s.NoFlag {
			Flags(flags, s.Key)
		}
	}
	FileFlag(flags)
	return flags
}

// valueOf is one setting of a resolved table.
func valueOf(t *testing.T, r Resolved, key string) Value {
	t.Helper()
	for _, v := range r.Values {
		if v.Key == key {
			return v
		}
	}
	t.Fatalf("no value for %q", key)
	return Value{}
}

// wantError checks that an error says each of the words.
func wantError(t *testing.T, err error, words ...string) {
	t.Helper()
	if err == nil {
		t.Fatalf("no error, want one that says %q", words)
	}
	for _, word := range words {
		if !strings.Contains(err.Error(), word) {
			t.Errorf("error %q does not say %q", err, word)
		}
	}
}
