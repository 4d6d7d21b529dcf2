package terminal_test

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"flowproof/internal/terminal"
)

func TestPrintable(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, in, want string }{
		{"empty", "", ""},
		{"plain ascii", "prod-vpc (eu) ~", "prod-vpc (eu) ~"},
		{"letters of other scripts", "größe 東京 тест", "größe 東京 тест"},
		{"combining accent after its letter", "e\u0301", "e\u0301"},
		{"emoji", "🚀 launch", "🚀 launch"},
		{"backslash stays", `C:\u{41}`, `C:\u{41}`},
		{"newline forges a line", "a\nPASS", `a\u{a}PASS`},
		{"carriage return and tab", "a\r\tb", `a\u{d}\u{9}b`},
		{"null and delete", "a\x00\x7f", `a\u{0}\u{7f}`},
		{"escape sequence", "\x1b[31mred", `\u{1b}[31mred`},
		{"single character control sequence introducer", "a\u009b31m", `a\u{9b}31m`},
		{"next line", "a\u0085b", `a\u{85}b`},
		{"right to left override", "abc\u202etxt.exe", `abc\u{202e}txt.exe`},
		{"isolates and marks of direction", "\u2066\u2069\u200f\u061c", `\u{2066}\u{2069}\u{200f}\u{61c}`},
		{"zero width", "a\u200bb\u200d\ufeff", `a\u{200b}b\u{200d}\u{feff}`},
		{"line and paragraph separator", "\u2028\u2029", `\u{2028}\u{2029}`},
		{"spaces other than the plain one", "a\u00a0b\u3000c", `a\u{a0}b\u{3000}c`},
		{"soft hyphen", "so\u00adft", `so\u{ad}ft`},
		{"hangul fillers", "\u3164\u115f\uffa0", `\u{3164}\u{115f}\u{ffa0}`},
		{"variation selectors", "a\ufe0f\U000e0100", `a\u{fe0f}\u{e0100}`},
		{"combining grapheme joiner", "a\u034fb", `a\u{34f}b`},
		{"empty braille cell", "\u2800", `\u{2800}`},
		{"tag characters", "\U000e0041", `\u{e0041}`},
		{"private use", "\ue000\U000f0000", `\u{e000}\u{f0000}`},
		{"unassigned", "\u0378", `\u{378}`},
		{"byte that is not utf-8", "a\xffb", `a\x{ff}b`},
		{"raw control sequence introducer byte", "\x9b31m", `\x{9b}31m`},
		{"encoded surrogate", "\xed\xa0\x80", `\x{ed}\x{a0}\x{80}`},
		{"cut off sequence", "é\xc3", `é\x{c3}`},
		{"replacement character itself", "a\ufffdb", "a\ufffdb"},
		{"clean after the first change", "\x07ok é", `\u{7}ok é`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := terminal.Printable(tt.in); got != tt.want {
				t.Errorf("Printable(%q) = %q, want %q", tt.in, got, tt.want)
			}
		})
	}
}

func TestPrintable_does_not_allocate_for_clean_text(t *testing.T) {
	for _, s := range []string{"vpc-0123456789abcdef0", strings.Repeat("prod ", 50), "größe 東京"} {
		if n := testing.AllocsPerRun(100, func() { terminal.Printable(s) }); n != 0 {
			t.Errorf("Printable(%q) allocates %v times, want 0", s, n)
		}
	}
}

func FuzzPrintable(f *testing.F) {
	for _, s := range []string{"", "plain", "\x1b]0;title\x07", "\u009b2J", "\u202e", "\xff\xfe", `\u{1b}`, "a\ufe0f"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got := terminal.Printable(s)
		if !utf8.ValidString(got) {
			t.Fatalf("Printable(%q) = %q is not UTF-8", s, got)
		}
		for _, r := range got {
			if !unicode.IsPrint(r) {
				t.Fatalf("Printable(%q) = %q holds %U", s, got, r)
			}
		}
		if again := terminal.Printable(got); again != got {
			t.Fatalf("Printable twice changed %q to %q", got, again)
		}
		// Nothing may vanish: what a person cannot see must be spelled out.
		if len(got) < len(s) {
			t.Fatalf("Printable(%q) = %q is shorter", s, got)
		}
	})
}
