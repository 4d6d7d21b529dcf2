package spelling_test

import (
	"strings"
	"testing"

	"flowproof/internal/spelling"
)

func TestNearest(t *testing.T) {
	t.Parallel()
	known := []string{"region", "report", "rule", "tag", "eu-west-1", "eu-west-2"}
	for _, test := range []struct {
		typed, want string
		slip        bool
	}{
		{"region", "region", true},
		{"regoin", "region", true},
		{"regions", "region", true},
		{"tags", "tag", true},
		{"eu-wset-1", "eu-west-1", true},
		{"repo", "report", false},
		{"bucket", "", false},
		{"", "", false},
		{strings.Repeat("region", 1000), "", false},
	} {
		got := spelling.Nearest(test.typed, known)
		if got != test.want {
			t.Errorf("%q: %q, want %q", test.typed, got, test.want)
		}
		if slip := got != "" && spelling.IsSlip(test.typed, got); slip != test.slip {
			t.Errorf("%q for %q: a slip %v, want %v", test.typed, got, slip, test.slip)
		}
		if hint := spelling.Hint(test.typed, known); (hint == "") != (test.want == "") || !strings.Contains(hint, test.want) {
			t.Errorf("%q: hint %q", test.typed, hint)
		}
	}
}
