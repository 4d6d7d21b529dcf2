package awscall

import "bytes"

// tags counts the tags of an XML document as it comes. It knows as much of XML as counting needs: one
// that is not well-formed is for the SDK to refuse.
type tags struct {
	count int
	run   int // bytes since the last tag began
	items int // the most elements that any one has held so far

	depth int
	held  [maxDepth + 1]int // elements that the open one of each depth holds
	open  bool              // within a tag
	kind  byte              // the first byte of it
	last  byte              // the byte before p
}

func (t *tags) add(p []byte) {
	for len(p) > 0 {
		if !t.open {
			i := bytes.IndexByte(p, '<')
			if i < 0 {
				t.run += len(p)
				return
			}
			t.open, t.kind, t.run = true, 0, 0
			t.count++
			p = p[i+1:]
			continue
		}
		if t.kind == 0 {
			t.kind = p[0]
		}
		i := bytes.IndexByte(p, '>')
		if i < 0 {
			t.run += len(p)
			t.last = p[len(p)-1]
			return
		}
		if i > 0 {
			t.last = p[i-1]
		}
		t.run += i
		t.open = false
		t.close()
		p = p[i+1:]
	}
}

// close takes note of a tag that ended.
func (t *tags) close() {
	switch t.kind {
	case '?', '!':
		return
	case '/':
		t.depth--
		return
	}
	if t.depth < 0 || t.depth >= maxDepth {
		return
	}
	t.held[t.depth]++
	t.items = max(t.items, t.held[t.depth])
	if t.last != '/' {
		t.depth++
		t.held[t.depth] = 0
	}
}
