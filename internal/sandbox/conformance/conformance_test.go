package conformance

import (
	"fmt"
	"path"
	"slices"
	"strings"
	"sync"
	"testing"
)

// difference is a field in which sandbox and moto differ, for a reason.
type difference struct {
	operation string // "*" for any
	in        string // name of the only step or flow it applies to; "" for any
	path      string // "*" stands for one element; a last "**" for any number
	sandbox   string // the value, "" for none; see like
	moto      string
	source    string // where AWS documents what the sandbox does
}

// fits says whether the row describes a difference that was seen.
func (d difference) fits(in flow, s step, f field) bool {
	return (d.operation == "*" || d.operation == s.call.operation) && (d.in == "" || d.in == s.name || d.in == in.name) &&
		pathFits(d.path, f.path) && like(d.sandbox, f.ours) && like(d.moto, f.theirs)
}

func pathFits(pattern, p string) bool {
	if head, deep := strings.CutSuffix(pattern, ".**"); deep {
		n := strings.Count(head, ".") + 1
		parts := strings.Split(p, ".")
		return len(parts) > n && pathFits(head, strings.Join(parts[:n], "."))
	}
	ok, err := path.Match(strings.ReplaceAll(pattern, ".", "/"), strings.ReplaceAll(p, ".", "/"))
	return ok && err == nil
}

// like compares a value with a text in which "*" stands for any run of characters, but not
// for the absence of a value; "**" stands for that, too.
func like(pattern, value string) bool {
	if pattern == "**" {
		return true
	}
	parts := strings.Split(pattern, "*")
	if len(parts) == 1 {
		return pattern == value
	}
	rest, ok := strings.CutPrefix(value, parts[0])
	if !ok || value == "" {
		return false
	}
	last := len(parts) - 1
	for _, part := range parts[1:last] {
		if _, rest, ok = strings.Cut(rest, part); !ok {
			return false
		}
	}
	return strings.HasSuffix(rest, parts[last])
}

// used counts how often each row of the list applied.
type used struct {
	mu    sync.Mutex
	rows  map[int]int
	flows int
}

// explain finds the row for a difference.
func (u *used) explain(in flow, s step, f field) bool {
	i := slices.IndexFunc(differences, func(d difference) bool { return d.fits(in, s, f) })
	if i < 0 {
		return false
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	u.rows[i]++
	return true
}

func TestSandboxAnswersAsMotoDoes(t *testing.T) {
	t.Parallel()
	all := flows()
	seen := &used{rows: make(map[int]int)}
	t.Run("flow", func(t *testing.T) { // returns when all flows are through
		for i, f := range all {
			t.Run(f.name, func(t *testing.T) {
				t.Parallel()
				f.run(t, stored, fmt.Sprintf("2000000%05d", i), seen)
			})
		}
	})
	if seen.flows != len(all) {
		return // some flows were not selected, so that a row without use proves nothing
	}
	for i, d := range differences {
		if seen.rows[i] == 0 {
			t.Errorf("difference that is none any more: %s %s, sandbox %q, moto %q", d.operation, d.path, d.sandbox, d.moto)
		}
		if d.source == "" {
			t.Errorf("difference without a source: %s %s", d.operation, d.path)
		}
	}
}

// run takes both worlds through the flow. Steps build on each other, so a step goes on
// after a difference, but a world that gives no answer ends the flow.
func (f flow) run(t *testing.T, open server, account string, seen *used) {
	ours, theirs := worlds(t, open, account, f.buckets)
	for _, s := range f.steps {
		a, b := s.run(t, ours), s.run(t, theirs)
		for name := range s.keep {
			if ours.kept[name] == "" && theirs.kept[name] == "" {
				t.Fatalf("%s: neither world has anything to keep as %s; the sandbox answered %v", s.name, name, a)
			}
		}
		for _, d := range compare(a, b) {
			if !seen.explain(f, s, d) {
				t.Errorf("%s (%s): %s", s.name, s.call.operation, d)
			}
		}
	}
	seen.mu.Lock()
	seen.flows++
	seen.mu.Unlock()
}
