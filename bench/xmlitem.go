package main

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
)

// editItems gives every item of a list in an EC2 answer to edit and puts what it returns in its
// place. All other bytes stay as they are.
func editItems(answer []byte, list string, edit func(item []byte) []byte) ([]byte, error) {
	var out bytes.Buffer
	copied := int64(0)
	items, err := itemsOf(answer, list)
	if err != nil {
		return nil, err
	}
	for _, item := range items {
		out.Write(answer[copied:item.from])
		out.Write(edit(answer[item.from:item.to]))
		copied = item.to
	}
	out.Write(answer[copied:])
	return out.Bytes(), nil
}

type span struct{ from, to int64 }

// itemsOf finds the items directly under the list: items hold lists of their own.
func itemsOf(answer []byte, list string) ([]span, error) {
	var items []span
	var path []string
	decoder := xml.NewDecoder(bytes.NewReader(answer))
	for {
		before := decoder.InputOffset()
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			return items, nil
		}
		if err != nil {
			return nil, fmt.Errorf("read an answer of moto: %w", err)
		}
		switch t := token.(type) {
		case xml.StartElement:
			path = append(path, t.Name.Local)
			if len(path) == 3 && path[1] == list {
				items = append(items, span{from: before})
			}
		case xml.EndElement:
			if len(path) == 3 && path[1] == list {
				items[len(items)-1].to = decoder.InputOffset()
			}
			path = path[:len(path)-1]
		}
	}
}

// element is the text of the first element of that name, empty where there is none.
func element(item []byte, name string) string {
	_, after, found := bytes.Cut(item, []byte("<"+name+">"))
	if !found {
		return ""
	}
	text, _, _ := bytes.Cut(after, []byte("</"+name+">"))
	return string(text)
}
