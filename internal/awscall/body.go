package awscall

import (
	"bytes"
	"errors"
	"fmt"
	"io"
)

// Bounds of an answer, unpacked. The longest known page, 1,000 flow logs with 50 tags each, is 25 MiB
// where all tags are as long as AWS allows; an error is a few KiB.
const (
	maxPage  = 64 << 20 // of EC2
	maxOther = 16 << 20 // of what other services answer: a page of log events is about 1 MiB
	maxError = 1 << 20
	// maxRun is the most bytes that come between two tags of XML: texts there are names and policies.
	maxRun = 1 << 20
	// What becomes of an element or a value costs more memory than its bytes do. The page above has
	// 400,000 tags, and 1,000 elements in its list; a list of buckets can have 10,000.
	maxParts = 2 << 20
	maxItems = 20_000 // in one element
	maxDepth = 100    // of elements in one another: no answer has more than 20
)

// body is the body of an answer, read up to its bounds.
type body struct {
	src  io.ReadCloser
	head []byte // read from src already, and not given on yet

	first []byte // how it began

	limit int64 // of bytes
	read  int64
	xml   bool
	parts int // of JSON
	tags  tags

	came NoAnswerError // what is known of the answer
	err  error         // ends the body
}

// Read implements io.Reader.
func (b *body) Read(p []byte) (int, error) {
	if len(b.head) > 0 {
		n := copy(p, b.head)
		b.head = b.head[n:]
		return n, nil
	}
	return b.more(p)
}

// Close implements io.Closer.
func (b *body) Close() error { return b.src.Close() }

// more reads on from the source.
func (b *body) more(p []byte) (int, error) {
	if b.err != nil {
		return 0, b.err
	}
	n, err := b.src.Read(p)
	b.read += int64(n)
	switch {
	case b.read > b.limit:
		b.err = b.tooLarge(fmt.Sprintf("it is longer than %d MiB", b.limit>>20))
	case !b.counted(p[:n]):
		b.err = b.tooLarge("it holds more than a page of any list can")
	default:
		return n, err
	}
	return 0, b.err
}

// counted counts the parts of what was read, and reports whether they are within bounds.
func (b *body) counted(p []byte) bool {
	if b.xml {
		b.tags.add(p)
		t := b.tags
		return t.count <= maxParts && t.run <= maxRun && t.depth < maxDepth && t.items <= maxItems
	}
	b.parts += bytes.Count(p, []byte("{")) + bytes.Count(p, []byte("[")) + bytes.Count(p, []byte(","))
	return b.parts <= maxParts
}

// peek reads the first bytes, as far as they decide what the body is; they are given on later.
func (b *body) peek() ([]byte, error) {
	const enough = 1024
	b.head = make([]byte, 0, enough)
	for len(b.head) < enough && b.err == nil {
		n, err := b.more(b.head[len(b.head):enough])
		b.head = b.head[:len(b.head)+n]
		b.err = err
	}
	b.first = b.head
	if b.err != nil && !errors.Is(b.err, io.EOF) {
		return nil, b.err
	}
	return b.head, nil
}

// all reads what peek left, too; the whole is given on later.
func (b *body) all() ([]byte, error) {
	whole := bytes.NewBuffer(b.head)
	b.head = nil
	if _, err := whole.ReadFrom(readFunc(b.more)); err != nil {
		b.err = err
		return nil, err
	}
	b.head, b.err = whole.Bytes(), io.EOF
	return b.head, nil
}

type readFunc func([]byte) (int, error)

func (f readFunc) Read(p []byte) (int, error) { return f(p) }

// refused ends the body at once: the SDK reads what it does not use to its end.
func (b *body) refused(err error) *body {
	b.head, b.err = nil, err
	return b
}

func (b *body) noAnswer(why string) *NoAnswerError {
	no := b.came
	no.Why = why
	if b.first != nil {
		no.Began = beginning(b.first)
	}
	return &no
}

func (b *body) tooLarge(why string) *NoAnswerError {
	no := b.noAnswer(why)
	no.final = true
	return no
}
