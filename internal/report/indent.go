package report

import "bytes"

// appendIndented appends compact JSON as json.Indent lays it out with this prefix and two spaces,
// several times faster: it takes for granted that the JSON is what our own encoder wrote.
func appendIndented(dst, src []byte, prefix string) []byte {
	depth := 0
	for i := 0; i < len(src); i++ {
		switch c := src[i]; c {
		case '"':
			end := i + stringEnd(src[i:])
			dst = append(dst, src[i:end]...)
			i = end - 1
		case '{', '[':
			dst = append(dst, c)
			if i+1 < len(src) && (src[i+1] == '}' || src[i+1] == ']') {
				i++
				dst = append(dst, src[i])
				continue
			}
			depth++
			dst = appendBreak(dst, prefix, depth)
		case '}', ']':
			depth--
			dst = append(appendBreak(dst, prefix, depth), c)
		case ',':
			dst = appendBreak(append(dst, c), prefix, depth)
		case ':':
			dst = append(dst, c, ' ')
		default:
			dst = append(dst, c)
		}
	}
	return dst
}

// stringEnd is the length of the string literal that b begins with.
func stringEnd(b []byte) int {
	at := 1
	for at < len(b) {
		quote := bytes.IndexByte(b[at:], '"')
		if quote < 0 {
			return len(b)
		}
		at += quote + 1
		escapes := 0
		for b[at-2-escapes] == '\\' {
			escapes++
		}
		if escapes%2 == 0 {
			break
		}
	}
	return at
}

// indentation is as deep as our documents go, and further.
const indentation = "                                        "

func appendBreak(dst []byte, prefix string, depth int) []byte {
	dst = append(append(dst, '\n'), prefix...)
	for ; depth > len(indentation)/2; depth -= len(indentation) / 2 {
		dst = append(dst, indentation...)
	}
	return append(dst, indentation[:2*depth]...)
}
