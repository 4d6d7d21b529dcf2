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
)

// readHeader accepts this version's header and no other.
func (s *Source) readHeader(raw []byte) error {
	const what = "it is no snapshot of flowproof: its first line is no header"
	if err := json.Unmarshal(raw, &s.header); err != nil || s.header.Schema == "" {
		return errors.New(what)
	}
	if s.header.Schema != Schema {
		if strings.HasPrefix(s.header.Schema, "flowproof.snapshot/") {
			return fmt.Errorf("its schema is %q, and this version reads %s: use the version of flowproof that saved it (%q) or a newer one",
				s.header.Schema, Schema, s.header.Version)
		}
		return fmt.Errorf("its schema is %q, not %s: it is no snapshot", s.header.Schema, Schema)
	}
	return nil
}

// index finds every line after the header. What is wrong with the file becomes a row of its
// own beside the scopes that are whole.
func (s *Source) index(in *bufio.Reader, offset int64, damage string) error {
	var problems []string
	ended := -1 // the number of scopes that the trailer counts
	for number := 2; ; number++ {
		raw, err := in.ReadBytes('\n')
		if err != nil && !errors.Is(err, io.EOF) {
			return err
		}
		at := span{number: number, offset: offset, length: int64(len(raw))}
		offset += at.length
		if text := bytes.TrimSpace(raw); len(text) > 0 {
			if ended >= 0 {
				return fmt.Errorf("line %d comes after its end: are these two snapshots in one file?", number)
			}
			l, wrong := parse(text)
			switch {
			case wrong != "":
				problems = append(problems, fmt.Sprintf("line %d %s", number, wrong))
			case l.End:
				ended = l.Scopes
			default:
				if err := s.add(l, at); err != nil {
					return err
				}
			}
		}
		if err != nil {
			break
		}
	}
	return s.conclude(problems, ended, damage)
}

// parse reads what is needed of a line, and says what is wrong with it.
func parse(text []byte) (line, string) {
	var l line
	if err := json.Unmarshal(text, &l); err != nil {
		return l, "cannot be read"
	}
	if !l.End && (l.Partition == "" || l.Account == "" || l.Region == "") {
		return l, "names no scope"
	}
	return l, ""
}

func (s *Source) add(l line, at span) error {
	t := l.Target
	if before, ok := s.lines[t.Scope]; ok {
		return fmt.Errorf("lines %d and %d are both of %s", before.number, at.number, t.Scope)
	}
	s.lines[t.Scope] = at
	if t.Region != inventory.AnyRegion {
		t.Gaps = nil // a run reads nothing of a target with gaps, and part of this one may be there
	}
	if t.Absent == inventory.Present && t.Region != inventory.AnyRegion {
		s.addKinds(l.Kinds)
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
