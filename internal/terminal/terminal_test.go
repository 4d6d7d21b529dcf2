package terminal_test

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"flowproof/internal/terminal"
)

func environment(set map[string]string) func(string) string {
	return func(name string) string { return set[name] }
}

func TestWidth_without_a_terminal(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, columns string
		want          int
	}{
		{"nothing set", "", 80},
		{"columns set", "200", 200},
		{"narrower than usual", "40", 40},
		{"not a number", "wide", 80},
		{"zero", "0", 80},
		{"negative", "-5", 80},
		{"absurd", "99999999", 10_000},
		{"too big for an integer", "99999999999999999999", 80},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := terminal.Streams{Stdout: &bytes.Buffer{}, Getenv: environment(map[string]string{"COLUMNS": tt.columns})}
			if got := s.Width(); got != tt.want {
				t.Errorf("Width() with COLUMNS=%q = %d, want %d", tt.columns, got, tt.want)
			}
		})
	}
}

func TestStreams_zero_value_is_no_terminal(t *testing.T) {
	t.Parallel()
	var s terminal.Streams
	if got := s.Width(); got != terminal.DefaultWidth {
		t.Errorf("Width() = %d, want %d", got, terminal.DefaultWidth)
	}
	if terminal.IsTerminal(s.Stdin) || s.Color(s.Stdout, false) {
		t.Error("streams that are nil count as a terminal")
	}
}

func TestStreams_on_a_file(t *testing.T) {
	t.Parallel()
	file, err := os.Create(filepath.Join(t.TempDir(), "out.txt"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = file.Close() })
	s := terminal.Streams{Stdout: file, Getenv: environment(nil)}
	if terminal.IsTerminal(s.Stdout) {
		t.Error("IsTerminal(file) = true")
	}
	if s.Color(s.Stdout, false) {
		t.Error("Color(file) = true")
	}
	if got := s.Width(); got != terminal.DefaultWidth {
		t.Errorf("Width() = %d, want %d", got, terminal.DefaultWidth)
	}
}

func TestSystem_is_the_process(t *testing.T) {
	t.Setenv("COLUMNS", "123")
	s := terminal.System()
	if s.Stdin != os.Stdin || s.Stdout != os.Stdout || s.Stderr != os.Stderr {
		t.Error("System() does not hold the streams of the process")
	}
	if got := s.Width(); got != 123 {
		t.Errorf("Width() = %d, want 123 from COLUMNS", got)
	}
}
