package snapshot

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"flowproof/internal/inventory"
	"flowproof/internal/strictjson"
)

// readHeader accepts the header of the versions that can be read and no other.
func (s *Source) readHeader(raw []byte) error {
	var said struct{ Schema, Version string } // a newer version's header may hold more
	if err := json.Unmarshal(raw, &said); err != nil || said.Schema == "" {
		return errors.New("it is no snapshot of flowproof: its first line is no header")
	}
	switch {
	case said.Schema == Schema:
		s.parse = parse
	case said.Schema == schemaV1:
		s.parse = parseV1
	case strings.HasPrefix(said.Schema, "flowproof.snapshot/"):
		return fmt.Errorf("its schema is %q, and this version reads %s and older: use the version of flowproof that saved it (%q) or a newer one",
			said.Schema, Schema, said.Version)
	default:
		return fmt.Errorf("its schema is %q, not %s: it is no snapshot", said.Schema, Schema)
	}
	if err := strictjson.Unmarshal(raw, &s.header); err != nil {
		return s.formError(1, err)
	}
	return nil
}

// formError is about a line that is JSON and not of the form. Such a file was not damaged but made
// or changed by something else, and the rest of it is as little to be relied on.
func (s *Source) formError(number int, err error) error {
	return fmt.Errorf("line %d is not as flowproof writes it: %w; a snapshot that was edited is not judged: save it again", number, err)
}

// index finds every line after the header, and reads each, so that nothing is wrong with it when it
// is asked for. What is damaged becomes a row of its own beside the scopes that are whole.
func (s *Source) index(in *bufio.Reader, offset int64, damage string) error {
	var problems []string
	var buf []byte
	ended := -1 // the number of scopes that the trailer counts
	for number := 2; ; number++ {
		raw, err := s.limits.readLine(in, buf, number)
		if err != nil && !errors.Is(err, io.EOF) {
			return err
		}
		buf = raw
		at := span{number: number, offset: offset, length: int64(len(raw))}
		offset += at.length
		if text := bytes.TrimSpace(raw); len(text) > 0 {
			if ended >= 0 {
				return fmt.Errorf("line %d comes after its end: are these two snapshots in one file?", number)
			}
			end, wrong := s.indexLine(text, at)
			switch {
			case errors.Is(wrong, strictjson.ErrSyntax):
				problems = append(problems, fmt.Sprintf("line %d cannot be read", number))
			case wrong != nil:
				return wrong
			case end != nil:
				ended = end.Scopes
			}
		}
		if err != nil {
			break
		}
	}
	return s.conclude(problems, ended, damage)
}

// indexLine takes a scope's line. The first result is the trailer, if the line is that.
func (s *Source) indexLine(text []byte, at span) (*trailer, error) {
	inv, err := s.parse(text)
	if err == nil {
		return nil, s.add(inv, at)
	}
	if errors.Is(err, strictjson.ErrSyntax) {
		return nil, err
	}
	var said struct{ End json.RawMessage }
	if json.Unmarshal(text, &said) != nil || said.End == nil {
		return nil, s.formError(at.number, err)
	}
	var end trailer
	if err := strictjson.Unmarshal(text, &end); err != nil {
		return nil, s.formError(at.number, err)
	}
	if !end.End || end.Scopes < 0 {
		return nil, s.formError(at.number, errors.New("its end says that it is none"))
	}
	return &end, nil
}

func (s *Source) add(inv inventory.Inventory, at span) error {
	t := inv.Target
	if before, ok := s.lines[t.Scope]; ok {
		return fmt.Errorf("lines %d and %d are both of %s", before.number, at.number, t.Scope)
	}
	s.lines[t.Scope] = at
	if t.Region != inventory.AnyRegion {
		t.Gaps = nil // a run reads nothing of a target with gaps, and part of this one may be there
	}
	if !notRead(t) {
		s.addKinds(inv.Kinds)
	}
	s.targets = append(s.targets, t)
	return nil
}

// addKinds keeps the kinds that every scope so far has.
func (s *Source) addKinds(kinds []inventory.Kind) {
	if s.kinds == nil {
		s.kinds = append([]inventory.Kind{}, kinds...)
		return
	}
	s.kinds = slices.DeleteFunc(s.kinds, func(k inventory.Kind) bool { return !slices.Contains(kinds, k) })
}

// conclude adds the row that tells of damage. Nobody knows which account the missing scopes are
// of, so it stands under that of the last whole one.
func (s *Source) conclude(problems []string, ended int, damage string) error {
	switch {
	case damage != "":
		problems = append(problems, damage)
	case ended < 0:
		problems = append(problems, fmt.Sprintf("it is cut off; scopes whole before that: %d", len(s.targets)))
	case ended != len(s.targets):
		problems = append(problems, fmt.Sprintf("of its %d scopes %d are whole", ended, len(s.targets)))
	}
	if len(s.targets) == 0 {
		return fmt.Errorf("there is no scope in it to judge: %s", strings.Join(append(problems, "save it again"), "; "))
	}
	if len(problems) == 0 {
		return nil
	}
	const most = 3
	if len(problems) > most {
		problems = append(problems[:most], fmt.Sprintf("and %d more faults", len(problems)-most))
	}
	last := s.targets[len(s.targets)-1].Scope
	rest := inventory.Scope{Partition: last.Partition, Account: last.Account, Region: inventory.AnyRegion}
	gap := inventory.Gap{
		Kind: inventory.Regions, API: s.path, Cause: inventory.Incomplete,
		Message: "the snapshot is not whole, and what is missing may be of any account: " + strings.Join(problems, "; ") + "; save it again",
	}
	for i := range s.targets {
		if s.targets[i].Scope == rest {
			s.targets[i].Gaps = append(s.targets[i].Gaps, gap)
			return nil
		}
	}
	s.targets = append(s.targets, inventory.Target{Scope: rest, Gaps: []inventory.Gap{gap}})
	return nil
}
