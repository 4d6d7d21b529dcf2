package terminal

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Printable returns s as it may be shown on a screen. Characters that have a
// shape of their own, and the plain space, stay as they are. Everything else
// is spelled out: a code point as \u{202e}, a byte that is not UTF-8 as
// \x{ff}, both in lower-case hex. That takes in control characters (newline
// and tab too, ESC, and U+009B, which some terminals obey like ESC and "["),
// characters that reorder or hide text, zero-width ones, spaces other than the
// plain one, and private and unassigned code points.
//
// The backslash stays as it is, so that applying Printable twice does no more
// than applying it once. The price is that a name which really holds the eight
// characters \u{202e} looks the same as one that was spelled out. The JSON
// formats keep the exact name.
func Printable(s string) string {
	clean := cleanPrefix(s)
	if clean == len(s) {
		return s
	}
	var b strings.Builder
	b.Grow(len(s) + 16)
	b.WriteString(s[:clean])
	for rest := s[clean:]; rest != ""; {
		r, size := utf8.DecodeRuneInString(rest)
		switch {
		case r == utf8.RuneError && size == 1:
			spell(&b, 'x', rune(rest[0]))
		case hasShape(r):
			b.WriteString(rest[:size])
		default:
			spell(&b, 'u', r)
		}
		rest = rest[size:]
	}
	return b.String()
}

// cleanPrefix returns the length of the longest prefix that needs no change.
// Plain ASCII, which nearly every name is, never gets as far as decoding.
func cleanPrefix(s string) int {
	for i := 0; i < len(s); {
		if c := s[i]; c < utf8.RuneSelf {
			if c < ' ' || c > '~' {
				return i
			}
			i++
			continue
		}
		r, size := utf8.DecodeRuneInString(s[i:])
		if r == utf8.RuneError && size == 1 || !hasShape(r) {
			return i
		}
		i += size
	}
	return len(s)
}

// hasShape reports whether r draws something. unicode.IsPrint leaves out
// controls, format characters, odd spaces and code points without a meaning.
// What it lets through and no screen shows are the fillers and selectors that
// Unicode lists as ignorable, and the empty braille cell.
func hasShape(r rune) bool {
	const emptyBraille = '\u2800'
	return unicode.IsPrint(r) && r != emptyBraille &&
		!unicode.In(r, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector)
}

func spell(b *strings.Builder, kind byte, r rune) {
	b.WriteByte('\\')
	b.WriteByte(kind)
	b.WriteByte('{')
	b.WriteString(strconv.FormatInt(int64(r), 16))
	b.WriteByte('}')
}
