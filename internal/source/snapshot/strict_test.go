package snapshot_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"flowproof/internal/inventory"
	"flowproof/internal/source/snapshot"
	"flowproof/internal/source/sourcetest"
)

// everyKind is every kind that can be read.
var everyKind = []inventory.Kind{
	inventory.Arriving, inventory.Buckets, inventory.DeliveryRoles, inventory.Destinations, inventory.FlowLogs, inventory.Interfaces,
	inventory.LogGroups, inventory.NATGateways, inventory.Records, inventory.Roles, inventory.Streams, inventory.Subnets,
	inventory.TransitGateways, inventory.GatewayAttachments, inventory.VPCs,
}

// filled is an inventory in which every field of everything is set, found by reflection, so that a fact
// that is new is missed here if it is not saved.
func filled() inventory.Inventory {
	var inv inventory.Inventory
	fill(reflect.ValueOf(&inv).Elem())
	inv.Target = inventory.Target{Scope: scope("eu-west-1"), Assumed: true}
	inv.Fail("ec2:DescribeFlowLogs", inventory.Denied, "no", inventory.FlowLogs)
	inv.Gaps[0].Resource = "fl-1"
	inv.Kinds = everyKind
	inv.Arrivals[0].Seen = inventory.SeenRecord
	return inv
}

// fill sets every field. Text is the name of its type, as whatever follows does not care.
func fill(v reflect.Value) {
	switch v.Kind() {
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[time.Time]() {
			v.Set(reflect.ValueOf(readAt))
			return
		}
		for i := range v.NumField() {
			fill(v.Field(i))
		}
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		fill(v.Index(0))
	case reflect.Map:
		v.Set(reflect.ValueOf(map[string]string{"Name": "x"}))
	case reflect.String:
		v.SetString("text")
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int32, reflect.Int64:
		v.SetInt(1)
	default:
		panic(fmt.Sprintf("a fact of type %s: teach fill about it", v.Type()))
	}
}

func TestEvery_fact_is_saved(t *testing.T) {
	t.Parallel()
	want := filled()
	got := readAll(t, open(t, save(t, "s.json", want)), everyKind)
	want.Normalize()
	if diff := cmp.Diff([]inventory.Inventory{want}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestA_list_that_was_read_is_written(t *testing.T) {
	t.Parallel()
	text := string(content(t, save(t, "s.json", inventory.Inventory{Target: inventory.Target{Scope: scope("eu-west-1")}, ReadAt: readAt, Kinds: both})))
	for _, want := range []string{`"vpcs":[]`, `"flow_logs":[]`, `"gaps":[]`} {
		if !strings.Contains(text, want) {
			t.Errorf("%s is not in %s", want, text)
		}
		path := filepath.Join(t.TempDir(), "s.json")
		write(t, path, []byte(strings.Replace(text, ","+want, "", 1)))
		if _, err := snapshot.Open(path); err == nil || !strings.Contains(err.Error(), "is missing") {
			t.Errorf("without %s: error %v", want, err)
		}
	}
	if strings.Contains(text, "subnets") {
		t.Errorf("subnets were not asked for: %s", text)
	}
}

// TestNo_key_can_be_changed takes every key of generated snapshots, at every depth, and renames it,
// writes it in other case, twice, with null, and leaves it out. Each time the file is refused, or
// says what it said before.
func TestNo_key_can_be_changed(t *testing.T) {
	t.Parallel()
	inventories := append(full(), filled())
	inventories[4].Region = "eu-west-3"
	for seed := range uint64(3) {
		for i, inv := range sourcetest.Random(rand.New(rand.NewPCG(seed, 1))).Inventories {
			inv.Region = fmt.Sprintf("eu-north-%d%d", seed+1, i)
			inventories = append(inventories, inv)
		}
	}
	text := content(t, save(t, "s.json", inventories...))
	checkMutations(t, text, mutations)
}

// TestNo_key_of_version_1_can_be_changed is the same for a file of version 1. It left out what is
// empty, so of a key that is missing nobody can know that it was there.
func TestNo_key_of_version_1_can_be_changed(t *testing.T) {
	t.Parallel()
	text := content(t, filepath.Join("testdata", "v1.json"))
	checkMutations(t, text, slices.DeleteFunc(slices.Clone(mutations), func(m mutation) bool { return m.name == "left out" }))
}

// mutation changes the member of an object with one key. What it returns stands in its place.
type mutation struct {
	name string
	of   func(key, value string) string
}

var mutations = []mutation{
	{"renamed", func(key, value string) string { return fmt.Sprintf("%q:%s", key+"s", value) }},
	{"cut by a letter", func(key, value string) string { return fmt.Sprintf("%q:%s", key[:len(key)-1], value) }},
	{"in capitals", func(key, value string) string { return fmt.Sprintf("%q:%s", strings.ToUpper(key), value) }},
	{"with a capital", func(key, value string) string { return fmt.Sprintf("%q:%s", strings.ToUpper(key[:1])+key[1:], value) }},
	{"twice", func(key, value string) string { return fmt.Sprintf("%q:%s,%[1]q:%[2]s", key, value) }},
	{"twice, the second null", func(key, value string) string { return fmt.Sprintf("%q:%s,%[1]q:null", key, value) }},
	{"twice, the second in capitals", func(key, value string) string { return fmt.Sprintf("%q:%s,%q:null", key, value, strings.ToUpper(key)) }},
	{"null", func(key, _ string) string { return fmt.Sprintf("%q:null", key) }},
	{"left out", func(string, string) string { return "" }},
}

// checkMutations tries each mutation at three places of each key, but for the keys of tags, which are
// names that people gave.
func checkMutations(t *testing.T, text []byte, mutations []mutation) {
	t.Helper()
	dir := t.TempDir()
	path := filepath.Join(dir, "s.json")
	write(t, path, text)
	before := readAll(t, open(t, path), everyKind)
	lines := bytes.Split(bytes.TrimSpace(text), []byte("\n"))
	tried, tries := 0, map[string]int{}
	for number, line := range lines {
		for _, m := range members(t, line) {
			if place := fmt.Sprint(m.path, ".", m.key, " ", min(number, 1)); strings.HasSuffix(m.path, ".tags") || tries[place] > 2 {
				continue
			} else {
				tries[place]++
			}
			for _, mutation := range mutations {
				tried++
				changed := slices.Clone(lines)
				changed[number] = m.replaced(line, mutation.of(m.key, string(line[m.value:m.end])))
				write(t, path, bytes.Join(changed, []byte("\n")))
				if after, refused := reading(t, path); !refused && !told(before, after) {
					t.Errorf("line %d, %s.%s %s: it reads as something else, and nothing says so: %s", number+1, m.path, m.key, mutation.name, changed[number])
				}
			}
		}
	}
	if tried < 1000 {
		t.Errorf("%d mutations were tried: the snapshot lacks keys", tried)
	}
}

func reading(t *testing.T, path string) (inventories []inventory.Inventory, refused bool) {
	t.Helper()
	s, err := snapshot.Open(path)
	if err != nil {
		return nil, true
	}
	defer func() { _ = s.Close() }()
	return readAll(t, s, everyKind), false
}

// told reports whether a reading says the same as before, or has more gaps.
func told(before, after []inventory.Inventory) bool {
	return gaps(after) > gaps(before) || cmp.Equal(before, after, cmpopts.EquateEmpty())
}

func gaps(inventories []inventory.Inventory) int {
	n := 0
	for _, inv := range inventories {
		n += len(inv.Gaps)
	}
	return n
}

// member is one key of an object in a line, and where it stands there.
type member struct {
	path, key        string
	from, value, end int
}

// replaced is the line with something else in the member's place; nothing takes its comma too.
func (m member) replaced(line []byte, by string) []byte {
	from, end := m.from, m.end
	if by == "" {
		switch {
		case line[end] == ',':
			end++
		case line[from-1] == ',':
			from--
		}
	}
	return slices.Concat(line[:from], []byte(by), line[end:])
}

// members finds every key of every object in a line that has no spaces between its tokens.
func members(t *testing.T, line []byte) []member {
	t.Helper()
	var found []member
	var walk func(path string, at int) int
	walk = func(path string, at int) int {
		switch line[at] {
		case '{':
			for at++; line[at] != '}'; {
				m := member{path: path, from: at}
				m.value = value(t, line, at) + 1
				if err := json.Unmarshal(line[at:m.value-1], &m.key); err != nil {
					t.Fatal(err)
				}
				m.end = walk(path+"."+m.key, m.value)
				found = append(found, m)
				if at = m.end; line[at] == ',' {
					at++
				}
			}
			return at + 1
		case '[':
			for at++; line[at] != ']'; {
				if at = walk(path, at); line[at] == ',' {
					at++
				}
			}
			return at + 1
		}
		return value(t, line, at)
	}
	walk("", 0)
	return found
}

// value is where the value that begins at a place ends.
func value(t *testing.T, line []byte, at int) int {
	t.Helper()
	dec := json.NewDecoder(bytes.NewReader(line[at:]))
	if _, err := dec.Token(); err != nil {
		t.Fatal(err)
	}
	return at + int(dec.InputOffset())
}

// TestReads_a_file_of_8fa8869 reads what the last version that wrote version 1 saved of the demo, as
// that version did.
func TestReads_a_file_of_8fa8869(t *testing.T) {
	t.Parallel()
	path := filepath.Join("testdata", "v1.json")
	got := readAll(t, open(t, path), everyKind)
	lines := bytes.Split(bytes.TrimSpace(content(t, path)), []byte("\n"))
	lines = lines[1 : len(lines)-1]
	if len(got) != len(lines) || len(got) != 34 {
		t.Fatalf("%d scopes of %d lines, want 34", len(got), len(lines))
	}
	vpcs, logs := 0, 0
	for i, line := range lines {
		var saved inventory.Inventory
		if err := json.Unmarshal(line, &saved); err != nil {
			t.Fatal(err)
		}
		vpcs, logs = vpcs+len(got[i].VPCs), logs+len(got[i].FlowLogs)
		if saved.Absent != inventory.Present {
			saved.ReadAt, saved.Kinds = time.Time{}, everyKind
		}
		for _, k := range everyKind {
			if !slices.Contains(saved.Kinds, k) {
				got[i].Gaps = slices.DeleteFunc(got[i].Gaps, func(g inventory.Gap) bool { return g.Kind == k })
			}
		}
		got[i].Kinds = saved.Kinds
		saved.Normalize()
		if diff := cmp.Diff(saved, got[i], cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("line %d (-want +got):\n%s", i+2, diff)
		}
	}
	if vpcs < 10 || logs < 5 {
		t.Errorf("%d VPCs and %d flow logs: the file was to hold more", vpcs, logs)
	}
}

func TestReads_within_limits(t *testing.T) {
	t.Parallel()
	whole := content(t, save(t, "s.json", full()...))
	header := whole[:bytes.IndexByte(whole, '\n')+1]
	tests := []struct {
		name    string
		content []byte
		want    string
	}{
		{"an endless line", slices.Concat(header, bytes.Repeat([]byte("["), 64<<20+1)), "line 2 is longer than 64 MiB"},
		{"a long line among others", slices.Concat(whole, bytes.Repeat([]byte(" "), 64<<20+1), []byte("\n")), "line 7 is longer than 64 MiB"},
	}
	for _, tt := range tests {
		for _, packed := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, compressed %v", tt.name, packed), func(t *testing.T) {
				t.Parallel()
				path := filepath.Join(t.TempDir(), "s")
				write(t, path, pack(t, tt.content, packed))
				if _, err := snapshot.Open(path); err == nil || !strings.Contains(err.Error(), tt.want) {
					t.Errorf("error %v, want %q", err, tt.want)
				}
			})
		}
	}
	path := filepath.Join(t.TempDir(), "s.gz")
	write(t, path, pack(t, whole, true))
	if _, err := snapshot.OpenWithin(path, int64(len(whole))-1); err == nil || !strings.Contains(err.Error(), "unpack it with gunzip") {
		t.Errorf("unpacked beyond the limit: error %v", err)
	}
	s, err := snapshot.OpenWithin(path, int64(len(whole)))
	if err != nil {
		t.Fatalf("at the limit: %v", err)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

func TestRead_a_file_that_was_changed_since(t *testing.T) {
	t.Parallel()
	path := save(t, "s.json", full()[1])
	s := open(t, path)
	text := content(t, path)
	for _, other := range []string{`"region":"eu-west-2"`, `"Region":"eu-west-1"`} {
		write(t, path, bytes.Replace(text, []byte(`"region":"eu-west-1"`), []byte(other), 1))
		got := readAll(t, s, both)
		if len(got[0].Gaps) != 2 || !strings.Contains(got[0].Gaps[0].Message, "line 2 of the snapshot is another than when it was opened") {
			t.Errorf("%s: gaps %v", other, got[0].Gaps)
		}
	}
}
