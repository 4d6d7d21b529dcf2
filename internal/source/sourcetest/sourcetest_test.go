package sourcetest_test

import (
	"fmt"
	"io"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"flowproof/internal/finding"
	"flowproof/internal/scan"
	"flowproof/internal/source/awscli"
	"flowproof/internal/source/snapshot"
	"flowproof/internal/source/sourcetest"
)

// environments are those of the table and some drawn ones.
func environments() []sourcetest.Environment {
	list := sourcetest.Environments()
	for seed := range uint64(30) {
		env := sourcetest.Random(rand.New(rand.NewPCG(seed, 5)))
		env.Name = fmt.Sprintf("drawn %d", seed)
		list = append(list, env)
	}
	return list
}

func TestAWSCLI(t *testing.T) {
	t.Parallel()
	for _, style := range sourcetest.Styles() {
		for _, env := range environments() {
			t.Run(style.Name+"/"+env.Name, func(t *testing.T) {
				t.Parallel()
				sourcetest.Check(t, env, func(t *testing.T, env sourcetest.Environment) scan.Source {
					dir := t.TempDir()
					sourcetest.WriteAWSCLI(t, dir, env, style)
					s, err := awscli.New(dir, nil, nil)
					return opened(t, s, err)
				})
			})
		}
	}
}

func TestSnapshot(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"s.json", "s.json.gz"} {
		for _, env := range environments() {
			t.Run(name+"/"+env.Name, func(t *testing.T) {
				t.Parallel()
				sourcetest.Check(t, env, func(t *testing.T, env sourcetest.Environment) scan.Source {
					path := filepath.Join(t.TempDir(), name)
					w, err := snapshot.Create(path, "test", "test")
					if err != nil {
						t.Fatal(err)
					}
					for _, inv := range slices.Backward(env.Inventories) { // scopes come in any order
						if err := w.Write(inv); err != nil {
							t.Fatal(err)
						}
					}
					if err := w.Close(); err != nil {
						t.Fatal(err)
					}
					s, err := snapshot.Open(path)
					return opened(t, s, err)
				})
			})
		}
	}
}

// opened closes a source at the end of the test.
func opened[S interface {
	scan.Source
	io.Closer
}](t *testing.T, s S, err error) scan.Source {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return s
}

// TestEnvironments_mean_something keeps the table from turning into one in which nothing can differ.
func TestEnvironments_mean_something(t *testing.T) {
	t.Parallel()
	names, outcomes, assurances := map[string]bool{}, map[finding.Outcome]bool{}, map[finding.Assurance]bool{}
	for _, env := range sourcetest.Environments() {
		if names[env.Name] {
			t.Errorf("two environments are called %q", env.Name)
		}
		names[env.Name] = true
		for _, f := range sourcetest.Findings(env.Inventories) {
			outcomes[f.Outcome], assurances[f.Assurance] = true, true
		}
	}
	for _, o := range []finding.Outcome{finding.Pass, finding.Fail, finding.Unknown, finding.NotApplicable} {
		if !outcomes[o] {
			t.Errorf("no environment has the outcome %s", o)
		}
	}
	for _, a := range []finding.Assurance{"", finding.Absent, finding.Inactive, finding.Failing, finding.Unproven} {
		if !assurances[a] {
			t.Errorf("no environment has the assurance %q", a)
		}
	}
}

func TestShuffled_gives_the_same_findings(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 6))
	for _, env := range environments() {
		got := sourcetest.Findings(sourcetest.Shuffled(r, env).Inventories)
		if diff := cmp.Diff(sourcetest.Findings(env.Inventories), got); diff != "" {
			t.Errorf("%s (-in order +shuffled):\n%s", env.Name, diff)
		}
	}
}
