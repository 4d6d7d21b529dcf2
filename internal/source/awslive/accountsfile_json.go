package awslive

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"

	"flowproof/internal/strictjson"
)

// membersOfJSON reads a list of ids or objects, or an object with such a list under Accounts, which
// is what `aws organizations list-accounts` prints.
func membersOfJSON(text []byte) ([]Member, error) {
	if bytes.HasPrefix(bytes.TrimSpace(text), []byte("{")) {
		var answer struct {
			Accounts  json.RawMessage
			NextToken string
		}
		if err := decodeWhole(text, &answer); err != nil {
			return nil, err
		}
		switch {
		case answer.NextToken != "":
			return nil, errors.New("it has a NextToken: the list is not whole, list the accounts without limits on pages")
		case answer.Accounts == nil:
			return nil, errors.New("want a JSON list of accounts, or an object with the list under Accounts")
		}
		at := bytes.Index(text, answer.Accounts)
		members, err := membersOfList(answer.Accounts, lineAt(text, at)-1)
		return members, err
	}
	return membersOfList(text, 0)
}

// decodeWhole decodes one JSON document and wants nothing behind it.
func decodeWhole(text []byte, v any) error {
	if err := strictjson.CheckFolded(text); err != nil && !errors.Is(err, strictjson.ErrSyntax) {
		return err
	}
	if err := json.Unmarshal(text, v); err != nil {
		if at, ok := errors.AsType[*json.SyntaxError](err); ok {
			return fmt.Errorf("line %d: %w", lineAt(text, int(at.Offset)), err)
		}
		return err
	}
	return nil
}

// membersOfList reads a JSON list that begins some lines into the file.
func membersOfList(text []byte, lines int) ([]Member, error) {
	d := json.NewDecoder(bytes.NewReader(text))
	failed := func(err error) error {
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			return fmt.Errorf("line %d: the list breaks off", lines+lineAt(text, len(text)))
		}
		return fmt.Errorf("line %d: %w", lines+lineAt(text, int(d.InputOffset())), err)
	}
	if start, err := d.Token(); err != nil || start != json.Delim('[') {
		return nil, failed(cmp.Or(err, errors.New("want a list of accounts")))
	}
	var members []Member
	for d.More() {
		var raw json.RawMessage
		if err := d.Decode(&raw); err != nil {
			return nil, failed(err)
		}
		m, err := memberOfJSON(raw)
		if err != nil {
			return nil, failed(err)
		}
		members = append(members, m)
	}
	if _, err := d.Token(); err != nil {
		return nil, failed(err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, failed(errors.New("something stands behind the list"))
	}
	return members, nil
}

func memberOfJSON(raw json.RawMessage) (Member, error) {
	said := map[column]string{}
	switch raw[0] {
	case '"':
		var id string
		if err := json.Unmarshal(raw, &id); err != nil {
			return Member{}, err
		}
		said[idColumn] = id
	case '{':
		if err := takeKeys(raw, said); err != nil {
			return Member{}, err
		}
	default:
		return Member{}, fmt.Errorf("%.40s is neither an account id in quotes nor an object", raw)
	}
	return newMember(said)
}

// takeKeys takes the keys of an object as CSV has columns.
func takeKeys(raw json.RawMessage, said map[column]string) error {
	if err := strictjson.CheckFolded(raw); err != nil {
		return err
	}
	var values map[string]json.RawMessage
	if err := json.Unmarshal(raw, &values); err != nil {
		return err
	}
	keys := slices.Sorted(maps.Keys(values))
	columns, err := columnsOf(keys)
	if err != nil {
		return err
	}
	for i, key := range keys {
		if columns[i] == unusedColumn || string(values[key]) == "null" {
			continue
		}
		var text string
		if err := json.Unmarshal(values[key], &text); err != nil {
			return fmt.Errorf("%.60q is no text", key)
		}
		said[columns[i]] = text
	}
	return nil
}

// lineAt counts the lines up to an offset.
func lineAt(text []byte, offset int) int {
	return 1 + bytes.Count(text[:min(max(offset, 0), len(text))], []byte("\n"))
}
