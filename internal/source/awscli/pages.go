package awscli

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
)

// pages walks the documents of one saved answer. Usually there is one; a person who pages by
// hand and appends with >> leaves several, which are one list. It reads item by item, so that
// a list of any length takes the memory of what it holds and no more.
type pages struct {
	in     *json.Decoder
	budget *budget
	list   string

	documents int
	apart     bool  // a document follows one whose list did not go on
	twice     error // a key is there twice in a document
	without   int   // documents that hold no list
	items     int   // whole items seen
	bad       int   // of them, those that could not be used
	firstBad  error // why the first of those could not
	next      bool  // the document read last says that the list goes on
}

func pagesIn(r io.Reader, list string) *pages {
	b := &budget{from: r}
	return &pages{in: json.NewDecoder(b), budget: b, list: list}
}

// valueLimit is how long one value of an answer may be: an item of a list, or anything beside the
// list. The longest item that AWS gives is far below it.
const valueLimit = 16 << 20

// budget is a reader that refuses to read on when one value does not end.
type budget struct {
	from io.Reader
	read int // since the last value
}

func (b *budget) Read(p []byte) (int, error) {
	n, err := b.from.Read(p)
	if b.read += n; b.read > valueLimit {
		return 0, fmt.Errorf("a value is longer than %d MiB", valueLimit>>20)
	}
	return n, err
}

// token is the next token.
func (p *pages) token() (json.Token, error) {
	p.budget.read = 0
	return p.in.Token()
}

// value is the next value, whole.
func (p *pages) value() (json.RawMessage, error) {
	p.budget.read = 0
	var value json.RawMessage
	err := p.in.Decode(&value)
	return value, err
}

// each hands every item of the list to add; an error of add is about that item alone. The error
// says why the file could not be read to its end; see problems for what else may be wrong.
func (p *pages) each(ctx context.Context, add func(item []byte) error) error {
	for ; ; p.documents++ {
		token, err := p.token()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return p.cut(err)
		}
		if token != json.Delim('{') {
			return fmt.Errorf("the file holds no answer of the AWS CLI but a bare %s (was --query used?)", describe(token))
		}
		p.apart = p.apart || p.documents > 0 && !p.next
		if err := p.document(ctx, add); err != nil {
			return err
		}
	}
}

// problems says why what was read is not the whole list.
func (p *pages) problems() []string {
	var said []string
	if p.documents == 0 {
		said = append(said, "the file is empty, as a command that failed leaves it")
	}
	if p.without > 0 {
		said = append(said, fmt.Sprintf("the answer has no list %s (was --query used, or is it another command's answer?)", p.list))
	}
	if p.apart {
		said = append(said, "the file holds a further answer after one whose list does not go on (no NextToken): it is not the next page of it, and may be another account's or Region's")
	}
	if p.twice != nil {
		said = append(said, fmt.Sprintf("%v: which one counts nobody can tell", p.twice))
	}
	if p.bad > 0 {
		said = append(said, fmt.Sprintf("%d of %d items in %s cannot be used; the first: %v", p.bad, p.items, p.list, p.firstBad))
	}
	if p.next {
		said = append(said, "the list goes on after this page (NextToken): leave out --max-items and --no-paginate, or append the next pages")
	}
	return said
}

// document reads one answer after its opening brace. Its NextToken counts only until another
// document follows.
func (p *pages) document(ctx context.Context, add func(item []byte) error) error {
	p.next = false
	seen := false
	keys := map[string]bool{}
	for p.in.More() {
		key, err := p.token()
		if err != nil {
			return p.cut(err)
		}
		p.once(keys, key)
		if key == p.list {
			ok, err := p.array(ctx, add)
			if err != nil {
				return err
			}
			seen = seen || ok
			continue
		}
		value, err := p.value()
		if err != nil {
			return p.cut(err)
		}
		if key == "NextToken" || key == "nextToken" { // the second in services that speak JSON, with --no-paginate
			p.next = string(value) != "null" && string(value) != `""`
		}
	}
	if _, err := p.token(); err != nil {
		return p.cut(err)
	}
	if !seen {
		p.without++
	}
	return nil
}

// once notes a key of the document's own object. In other case it is the same key: whoever reads
// the answer with encoding/json takes it for that.
func (p *pages) once(keys map[string]bool, key json.Token) {
	name, _ := key.(string)
	if folded := strings.ToLower(name); keys[folded] {
		p.twice = cmp.Or(p.twice, fmt.Errorf("the key %s is there twice", clip([]byte(name))))
	} else {
		keys[folded] = true
	}
}

// array reads the list. It reports false for null, which is no list.
func (p *pages) array(ctx context.Context, add func(item []byte) error) (bool, error) {
	token, err := p.token()
	switch {
	case err != nil:
		return false, p.cut(err)
	case token == nil:
		return false, nil
	case token != json.Delim('['):
		return false, fmt.Errorf("%s is not a list but %s", p.list, describe(token))
	}
	for p.in.More() {
		if ctx.Err() != nil {
			return false, ctx.Err()
		}
		item, err := p.value()
		if err != nil {
			return false, p.cut(err)
		}
		p.items++
		if err := add(item); err != nil {
			p.bad++
			p.firstBad = cmp.Or(p.firstBad, fmt.Errorf("item %d: %w", p.items, err))
		}
	}
	if _, err := p.token(); err != nil {
		return false, p.cut(err)
	}
	return true, nil
}

// cut words an error of the decoder, which ends every reading: after it nothing is certain.
func (p *pages) cut(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return fmt.Errorf("the file is cut off; whole before that in %s: %d", p.list, p.items)
	}
	return fmt.Errorf("the file is not the JSON of an answer: %w (whole before that in %s: %d)", err, p.list, p.items)
}

// describe names a JSON value without quoting it.
func describe(token json.Token) string {
	switch token {
	case json.Delim('['):
		return "list"
	case json.Delim('{'):
		return "object"
	case nil:
		return "null"
	}
	switch token.(type) {
	case string:
		return "text"
	case bool:
		return "true or false"
	}
	return "number"
}
