package sandbox

import (
	"strconv"
	"time"
	"unicode/utf8"
)

// xmlWriter builds an XML answer by appending. It is written by hand because answers
// are large and many (it serves a benchmark) and reflection is slow; it knows
// only what AWS's answers need: nested elements with text in them.
type xmlWriter struct{ buf []byte }

// raw appends markup as it is.
func (w *xmlWriter) raw(s string) { w.buf = append(w.buf, s...) }

func (w *xmlWriter) open(tag string) {
	w.buf = append(w.buf, '<')
	w.buf = append(w.buf, tag...)
	w.buf = append(w.buf, '>')
}

func (w *xmlWriter) close(tag string) {
	w.buf = append(w.buf, '<', '/')
	w.buf = append(w.buf, tag...)
	w.buf = append(w.buf, '>')
}

// within writes an element holding what f writes.
func (w *xmlWriter) within(tag string, f func()) {
	w.open(tag)
	f()
	w.close(tag)
}

// text writes an element with a text; an empty text gives an empty element.
func (w *xmlWriter) text(tag, value string) {
	w.open(tag)
	w.escape(value)
	w.close(tag)
}

// some writes an element unless the text is empty, as AWS leaves out what it
// does not know.
func (w *xmlWriter) some(tag, value string) {
	if value != "" {
		w.text(tag, value)
	}
}

func (w *xmlWriter) bool(tag string, v bool) {
	w.open(tag)
	w.buf = strconv.AppendBool(w.buf, v)
	w.close(tag)
}

func (w *xmlWriter) int(tag string, v int) {
	w.open(tag)
	w.buf = strconv.AppendInt(w.buf, int64(v), 10)
	w.close(tag)
}

// time writes a time as EC2 and IAM do.
func (w *xmlWriter) time(tag string, t time.Time) {
	w.open(tag)
	w.buf = t.UTC().AppendFormat(w.buf, "2006-01-02T15:04:05.000Z")
	w.close(tag)
}

// escape appends text. A character that XML 1.0 cannot carry, such as ESC,
// becomes U+FFFD; U+009B and bidirectional controls pass, as they do through AWS.
func (w *xmlWriter) escape(s string) {
	start := 0
	for i := 0; i < len(s); {
		c := s[i]
		if c >= ' ' && c < utf8.RuneSelf && c != '&' && c != '<' && c != '>' {
			i++
			continue
		}
		repl, width := escaped(s[i:])
		if repl != "" {
			w.buf = append(w.buf, s[start:i]...)
			w.buf = append(w.buf, repl...)
			start = i + width
		}
		i += width
	}
	w.buf = append(w.buf, s[start:]...)
}

// escaped gives what stands for the first character of s, "" for itself, and its width.
func escaped(s string) (repl string, width int) {
	switch s[0] {
	case '&':
		return "&amp;", 1
	case '<':
		return "&lt;", 1
	case '>':
		return "&gt;", 1
	case '\r':
		return "&#xD;", 1
	case '\t', '\n':
		return "", 1
	}
	r, width := utf8.DecodeRuneInString(s)
	if r < ' ' || r == utf8.RuneError && width == 1 || r == 0xFFFE || r == 0xFFFF {
		return "\uFFFD", width
	}
	return "", width
}
