package snapshot

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"

	"flowproof/internal/inventory"
)

// Source gives back a snapshot. All of it is in memory: gzip cannot be read from the middle, and
// ten thousand scopes of a few VPCs each are some tens of megabytes.
type Source struct {
	path    string
	targets []inventory.Target
	saved   map[inventory.Scope]inventory.Inventory
}

// Open reads a snapshot. A file that is none, or of another version, is an error; one that was cut
// off gives what is whole of it, and one more row that says that something is missing.
func Open(path string) (*Source, error) {
	file, err := os.Open(path) //nolint:gosec // the user names their own file
	if err != nil {
		return nil, fmt.Errorf("open the snapshot: %w", err)
	}
	s, err := read(path, file)
	return s, errors.Join(err, file.Close())
}

func read(path string, r io.Reader) (*Source, error) {
	in := bufio.NewReader(r)
	if magic, _ := in.Peek(2); bytes.Equal(magic, []byte{0x1f, 0x8b}) { // what cannot be peeked at is no gzip
		zip, err := gzip.NewReader(in)
		if err != nil {
			return nil, fmt.Errorf("snapshot %s: %w", path, err)
		}
		in = bufio.NewReader(zip)
	}
	dec := json.NewDecoder(in)
	var h header
	if err := dec.Decode(&h); err != nil || h.Schema != Schema {
		return nil, fmt.Errorf("snapshot %s: not a %s file (its schema is %q); save it again with this version", path, Schema, h.Schema)
	}
	s := &Source{path: path, saved: map[inventory.Scope]inventory.Inventory{}}
	if whole := s.readScopes(dec); !whole {
		s.addCutOff()
	}
	return s, nil
}

// line is an inventory, or the trailer.
type line struct {
	inventory.Inventory
	trailer
}

// readScopes reads up to the trailer and reports whether it came and counts what was read.
func (s *Source) readScopes(dec *json.Decoder) bool {
	for {
		var l line
		if err := dec.Decode(&l); err != nil {
			return false
		}
		if l.End {
			return l.Scopes == len(s.targets) && !dec.More()
		}
		inv := l.Inventory
		if inv.Account == "" || inv.Region == "" {
			return false
		}
		if _, twice := s.saved[inv.Scope]; twice {
			return false
		}
		s.saved[inv.Scope] = inv
		s.targets = append(s.targets, inv.Target)
	}
}

// addCutOff adds a row for whatever else the snapshot held, under the last account that is whole.
func (s *Source) addCutOff() {
	scope := inventory.Scope{Partition: "aws", Account: inventory.AnyRegion, Region: inventory.AnyRegion}
	if n := len(s.targets); n > 0 {
		scope.Partition, scope.Account = s.targets[n-1].Partition, s.targets[n-1].Account
	}
	cut := inventory.Gap{
		Kind: inventory.Regions, API: s.path, Cause: inventory.Incomplete,
		Message: fmt.Sprintf("the snapshot is cut off after %d whole scopes: save it again", len(s.targets)),
	}
	if at := slices.IndexFunc(s.targets, func(t inventory.Target) bool { return t.Scope == scope }); at >= 0 {
		s.targets[at].Gaps = append(slices.Clone(s.targets[at].Gaps), cut)
		return
	}
	s.targets = append(s.targets, inventory.Target{Scope: scope, Gaps: []inventory.Gap{cut}})
}

// Discover implements scan.Source. Gaps that reading left in a scope are given by Read; those of a row that
// stands for an account as a whole come with it.
func (s *Source) Discover(_ context.Context, found func(inventory.Target) error) error {
	for _, t := range s.targets {
		if t.Region != inventory.AnyRegion {
			t.Gaps = nil
		}
		if err := found(t); err != nil {
			return err
		}
	}
	return nil
}

// Read implements scan.Source: the kinds asked for, with the gaps that they had. A kind that the
// snapshot was not saved with is a gap, never an empty list.
func (s *Source) Read(_ context.Context, t inventory.Target, kinds []inventory.Kind) inventory.Inventory {
	saved := s.saved[t.Scope]
	inv := inventory.Inventory{Target: t, ReadAt: saved.ReadAt, Kinds: kinds, Arrivals: saved.Arrivals}
	inv.Gaps = saved.GapsIn(kinds...)
	for _, kind := range kinds {
		switch {
		case !slices.Contains(saved.Kinds, kind):
			inv.Fail(s.path, inventory.Incomplete, fmt.Sprintf("the snapshot was saved without %s: save it with the rules that it is to be judged by", kind), kind)
		case kind == inventory.VPCs:
			inv.VPCs = saved.VPCs
		case kind == inventory.FlowLogs:
			inv.FlowLogs = saved.FlowLogs
		}
	}
	inv.Normalize()
	return inv
}

// Calls implements scan.Source: a file costs none.
func (s *Source) Calls() int64 { return 0 }
