package awscli

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// pages walks the documents of one saved answer. Usually there is one; a person who pages by
// hand and appends with >> leaves several, which are one list. It reads item by item, so that
// a list of any length takes the memory of what it holds and no more.
type pages struct {
	in   *json.Decoder
	list string

	documents int
	without   int   // documents that hold no list
	items     int   // whole items seen
	bad       int   // of them, those that could not be used
	firstBad  error // why the first of those could not
	next      bool  // the document read last says that the list goes on
}

func pagesIn(r io.Reader, list string) *pages {
	return &pages{in: json.NewDecoder(r), list: list}
}

// each hands every item of the list to add; an error of add is about that item alone. The error
// says why the file could not be read to its end; see problems for what else may be wrong.
func (p *pages) each(ctx context.Context, add func(item []byte) error) error {
	for ; ; p.documents++ {
		token, err := p.in.Token()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return p.cut(err)
		}
		if token != json.Delim('{') {
			return fmt.Errorf("the file holds no answer of the AWS CLI but a bare %s (was --query used?)", describe(token))
		}
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
	for p.in.More() {
		key, err := p.in.Token()
		if err != nil {
			return p.cut(err)
		}
		if key == p.list {
			ok, err := p.array(ctx, add)
			if err != nil {
				return err
			}
			seen = seen || ok
			continue
		}
		var value json.RawMessage
		if err := p.in.Decode(&value); err != nil {
			return p.cut(err)
		}
		if key == "NextToken" || key == "nextToken" { // the second in services that speak JSON, with --no-paginate
			p.next = string(value) != "null" && string(value) != `""`
		}
	}
	if _, err := p.in.Token(); err != nil {
		return p.cut(err)
	}
	if !seen {
		p.without++
	}
	return nil
}

// array reads the list. It reports false for null, which is no list.
func (p *pages) array(ctx context.Context, add func(item []byte) error) (bool, error) {
	token, err := p.in.Token()
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
		var item json.RawMessage
		if err := p.in.Decode(&item); err != nil {
			return false, p.cut(err)
		}
		p.items++
		if err := add(item); err != nil {
			p.bad++
			p.firstBad = cmp.Or(p.firstBad, fmt.Errorf("item %d: %w", p.items, err))
		}
	}
	if _, err := p.in.Token(); err != nil {
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
