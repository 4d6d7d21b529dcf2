package terminal_test

import (
	"os"
	"testing"

	"golang.org/x/sys/unix"

	"flowproof/internal/terminal"
)

// openTerminal returns the controlling side of a pseudo-terminal, which Linux
// takes for a terminal like the other side, with the given width.
func openTerminal(t *testing.T, columns uint16) *os.File {
	t.Helper()
	file, err := os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
	if err != nil {
		t.Fatalf("open a pseudo-terminal: %v", err)
	}
	t.Cleanup(func() { _ = file.Close() })
	if err := unix.IoctlSetWinsize(int(file.Fd()), unix.TIOCSWINSZ, &unix.Winsize{Row: 24, Col: columns}); err != nil {
		t.Fatalf("set its size: %v", err)
	}
	return file
}

func TestWidth_of_a_terminal(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name    string
		columns uint16
		env     map[string]string
		want    int
	}{
		{"its own width", 132, nil, 132},
		{"COLUMNS wins", 132, map[string]string{"COLUMNS": "60"}, 60},
		{"a width it does not know", 0, nil, 80},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := terminal.Streams{Stdout: openTerminal(t, tt.columns), Getenv: environment(tt.env)}
			if got := s.Width(); got != tt.want {
				t.Errorf("Width() = %d, want %d", got, tt.want)
			}
		})
	}
}

func TestColor_on_a_terminal(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		env  map[string]string
		off  bool
		want bool
	}{
		{"a terminal", map[string]string{"TERM": "xterm-256color"}, false, true},
		{"no TERM at all", nil, false, true},
		{"switched off", map[string]string{"TERM": "xterm"}, true, false},
		{"NO_COLOR", map[string]string{"NO_COLOR": "0"}, false, false},
		{"NO_COLOR set to nothing", map[string]string{"NO_COLOR": ""}, false, true},
		{"a dumb terminal", map[string]string{"TERM": "dumb"}, false, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := terminal.Streams{Stderr: openTerminal(t, 80), Getenv: environment(tt.env)}
			if got := s.Color(s.Stderr, tt.off); got != tt.want {
				t.Errorf("Color() = %v, want %v", got, tt.want)
			}
		})
	}
	if !terminal.IsTerminal(openTerminal(t, 80)) {
		t.Error("IsTerminal(pseudo-terminal) = false")
	}
}
