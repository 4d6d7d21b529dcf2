package report

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"flowproof/internal/event"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// look is one way to show a run.
type look struct {
	file   string
	format string
	Options
}

const planCommand = "flowproof plan --out plan.json"

func looks() []look {
	all := []look{{"scan.json", JSON, Options{}}, {"events.jsonl", JSONL, Options{}}}
	for _, width := range []int{80, 200} {
		for _, colour := range []bool{false, true} {
			name := fmt.Sprintf("%d.txt", width)
			if colour {
				name = fmt.Sprintf("%d-colour.txt", width)
			}
			all = append(all, look{name, Text, Options{Width: width, Colour: colour, Plan: planCommand}})
		}
	}
	return append(all,
		look{"80-verbose.txt", Text, Options{Verbose: true}},
		look{"40.txt", Text, Options{Width: 40, Plan: planCommand}})
}

func written(t testing.TB, l look, spool *event.Spool) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := Write(l.format, &out, spool, l.Options); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestGoldens(t *testing.T) {
	t.Parallel()
	for name, events := range scenarios() {
		spool := spoolOf(t, events)
		for _, l := range looks() {
			file := filepath.Join("testdata", name, l.file)
			t.Run(name+"/"+l.file, func(t *testing.T) {
				got := written(t, l, spool)
				if *update {
					if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
						t.Fatal(err)
					}
					if err := os.WriteFile(file, got, 0o644); err != nil {
						t.Fatal(err)
					}
				}
				want, err := os.ReadFile(file)
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(string(want), string(got)); diff != "" {
					t.Errorf("%s (-want +got; rewrite with -update):\n%s", file, diff)
				}
			})
		}
	}
}
