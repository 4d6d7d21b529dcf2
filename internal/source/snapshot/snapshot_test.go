package snapshot_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"flowproof/internal/inventory"
	"flowproof/internal/source/snapshot"
)

var (
	both   = []inventory.Kind{inventory.FlowLogs, inventory.VPCs}
	readAt = time.Date(2024, 5, 1, 10, 0, 0, 0, time.UTC)
)

func scope(region string) inventory.Scope {
	return inventory.Scope{Partition: "aws", Account: "111122223333", Region: region}
}

// full is one inventory with every field set, an incomplete one, and rows that were not read.
func full() []inventory.Inventory {
	whole := inventory.Inventory{
		Target: inventory.Target{Scope: scope("eu-west-1"), Assumed: true}, ReadAt: readAt, Kinds: both,
		VPCs: []inventory.VPC{
			{ID: "vpc-1", OwnerID: "111122223333", CIDR: "10.0.0.0/16", IsDefault: true, Tags: map[string]string{"Name": "<\u202e&\u009b>"}},
			{ID: "vpc-2"},
		},
		FlowLogs: []inventory.FlowLog{{
			ID: "fl-1", ResourceID: "vpc-1", Status: "ACTIVE", DeliveryStatus: "FAILED", DeliveryError: "Access error", TrafficType: "ALL",
			DestinationType: "s3", Destination: "arn:aws:s3:::b", LogGroup: "g", Role: "r", CrossAccountRole: "c", Format: "${version}", Interval: 600,
			FileFormat: "parquet", Hive: true, PerHour: true, Created: readAt.Add(-time.Hour), Tags: map[string]string{"a": ""},
			TagFields: []inventory.TagField{{Resource: "instance", Keys: []string{"Name"}}},
		}, {ResourceID: "vpc-2", DestinationType: "cloud-watch-logs"}},
	}
	cut := inventory.Inventory{Target: inventory.Target{Scope: scope("us-east-1")}, ReadAt: readAt, Kinds: both, VPCs: []inventory.VPC{{ID: "vpc-3"}}}
	cut.Fail("ec2:DescribeFlowLogs", inventory.Denied, "no\u2028no", inventory.FlowLogs)
	disabled := inventory.Inventory{Target: inventory.Target{Scope: scope("me-south-1"), Absent: inventory.Disabled}, Kinds: both}
	regions := inventory.Inventory{Target: inventory.Target{Scope: scope(inventory.AnyRegion)}, ReadAt: readAt, Kinds: both}
	regions.Fail("ec2:DescribeRegions", inventory.Denied, "no", inventory.Regions)
	return []inventory.Inventory{cut, whole, disabled, regions}
}

// save writes a snapshot and returns its path.
func save(t testing.TB, name string, inventories ...inventory.Inventory) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	w, err := snapshot.Create(path, "v1.2.3", "aws")
	if err != nil {
		t.Fatal(err)
	}
	for _, inv := range inventories {
		if err := w.Write(inv); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}

func open(t *testing.T, path string) *snapshot.Source {
	t.Helper()
	s, err := snapshot.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	})
	return s
}

// readAll discovers and reads as a run does: a target with gaps is not read.
func readAll(t *testing.T, s *snapshot.Source, kinds []inventory.Kind) []inventory.Inventory {
	t.Helper()
	var inventories []inventory.Inventory
	err := s.Discover(t.Context(), func(target inventory.Target) error {
		inv := inventory.Inventory{Target: target, Kinds: kinds}
		if len(target.Gaps) == 0 && target.Absent == inventory.Present {
			inv = s.Read(t.Context(), target, kinds)
		}
		inventories = append(inventories, inv)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return inventories
}

func TestRoundTrip(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"s.json", "s.jsonl.gz"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			want := full()
			path := save(t, name, want...)
			s := open(t, path)
			got := readAll(t, s, both)
			got[3].ReadAt = readAt // a row of gaps alone has no reading of its own
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("inventories (-want +got):\n%s", diff)
			}
			if again := s.Read(t.Context(), want[0].Target, both); len(again.VPCs) != 1 {
				t.Errorf("the second reading of a scope has %d VPCs", len(again.VPCs))
			}
			h := s.Header()
			if h.Schema != "flowproof.snapshot/v2" || h.Version != "v1.2.3" || h.Source != "aws" || h.Saved.IsZero() || h.Saved.Location() != time.UTC {
				t.Errorf("header %+v", h)
			}
			if s.Calls() != 0 {
				t.Errorf("Calls() = %d", s.Calls())
			}
		})
	}
}

func TestFile_is_private_and_alone(t *testing.T) {
	t.Parallel()
	path := save(t, "s.json", full()...)
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, want 0600", info.Mode().Perm())
	}
	if got := list(t, filepath.Dir(path)); len(got) != 1 {
		t.Errorf("left behind: %v", got)
	}
}

func list(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

func TestCompressed_by_name_and_found_by_content(t *testing.T) {
	t.Parallel()
	plain, packed := content(t, save(t, "s.json", full()...)), content(t, save(t, "s.gz", full()...))
	if !bytes.HasPrefix(plain, []byte(`{"schema":"flowproof.snapshot/v2"`)) {
		t.Errorf("plain file begins with %q", plain[:40])
	}
	if !bytes.HasPrefix(packed, []byte{0x1f, 0x8b}) {
		t.Errorf("file named .gz begins with %x", packed[:2])
	}
	renamed := filepath.Join(t.TempDir(), "s.json")
	write(t, renamed, packed)
	if got := len(readAll(t, open(t, renamed), both)); got != 4 {
		t.Errorf("%d scopes from a compressed file of another name, want 4", got)
	}
}

func content(t testing.TB, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func write(t testing.TB, path string, b []byte) {
	t.Helper()
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestSchema_describes_what_is_written(t *testing.T) {
	t.Parallel()
	compiler := jsonschema.NewCompiler()
	compiler.AssertFormat()
	schema, err := compiler.Compile(filepath.Join("..", "..", "..", "docs", "schema", "snapshot-v2.json"))
	if err != nil {
		t.Fatal(err)
	}
	inventories := full()
	inventories[1] = filled()
	lines := bytes.Split(bytes.TrimSpace(content(t, save(t, "s.json", inventories...))), []byte("\n"))
	if len(lines) != 6 {
		t.Fatalf("%d lines, want a header, four scopes and a trailer", len(lines))
	}
	for i, line := range lines {
		value, err := jsonschema.UnmarshalJSON(bytes.NewReader(line))
		if err != nil {
			t.Fatal(err)
		}
		if err := schema.Validate(value); err != nil {
			t.Errorf("line %d: %v", i+1, err)
		}
		value.(map[string]any)["unheard_of"] = true
		if err := schema.Validate(value); err == nil {
			t.Errorf("line %d is valid with a field that is not described", i+1)
		}
	}
}

func TestRead_gives_only_the_kinds_asked_for(t *testing.T) {
	t.Parallel()
	everything := full()[1]
	everything.Kinds = append(everything.Kinds, "arrivals", "records")
	everything.Arrivals = []inventory.Arrival{{FlowLog: "fl-1", Newest: readAt, Seen: inventory.SeenInStream}}
	everything.Looks = []inventory.Look{{FlowLog: "fl-1", Since: readAt, Until: readAt, Blind: "cut short"}}
	everything.Samples = []inventory.Sample{{FlowLog: "fl-1", OK: 1, Lines: []string{"2 -"}}}
	everything.Fail("ec2:DescribeFlowLogs", inventory.Throttled, "slow", inventory.FlowLogs)
	s := open(t, save(t, "s.json", everything))

	inv := s.Read(t.Context(), everything.Target, []inventory.Kind{inventory.VPCs})
	want := inventory.Inventory{Target: everything.Target, ReadAt: readAt, Kinds: []inventory.Kind{inventory.VPCs}, VPCs: everything.VPCs}
	want.Gaps = nil
	if diff := cmp.Diff(want, inv); diff != "" {
		t.Errorf("only VPCs (-want +got):\n%s", diff)
	}
	inv = s.Read(t.Context(), everything.Target, nil)
	for i := range reflect.TypeFor[inventory.Inventory]().NumField() {
		if field := reflect.ValueOf(inv).Field(i); field.Kind() == reflect.Slice && field.Len() > 0 {
			t.Errorf("%s is there although nothing was asked for", reflect.TypeFor[inventory.Inventory]().Field(i).Name)
		}
	}
}

func TestRead_of_kinds_that_were_not_saved(t *testing.T) {
	t.Parallel()
	inv := full()[1]
	inv.Kinds, inv.VPCs = []inventory.Kind{inventory.FlowLogs}, nil
	path := save(t, "s.json", inv)
	got := open(t, path).Read(t.Context(), inv.Target, both)
	want := []inventory.Gap{{Kind: inventory.VPCs, API: path, Cause: inventory.Incomplete, Message: "the snapshot was saved by rules that did not need vpcs: save it again with the rules that are asked now (--rule, --ruleset)"}}
	if diff := cmp.Diff(want, got.Gaps); diff != "" {
		t.Errorf("gaps (-want +got):\n%s", diff)
	}
	if got.Status() != inventory.StatusIncomplete {
		t.Errorf("status %s", got.Status())
	}
}

func TestRead_what_is_not_there(t *testing.T) {
	t.Parallel()
	path := save(t, "s.json", full()...)
	s := open(t, path)
	got := s.Read(t.Context(), inventory.Target{Scope: scope("eu-west-2")}, both)
	if len(got.Gaps) != 2 || !strings.Contains(got.Gaps[0].Message, "no such scope") {
		t.Errorf("gaps %v, want one of each kind", got.Gaps)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	got = s.Read(ctx, inventory.Target{Scope: scope("eu-west-1")}, both)
	if len(got.Gaps) != 2 || got.Gaps[0].Cause != inventory.Interrupted {
		t.Errorf("gaps %v, want interruptions", got.Gaps)
	}
}

func TestOpen_refuses(t *testing.T) {
	t.Parallel()
	const (
		header = `{"schema":"flowproof.snapshot/v1","version":"v1","saved":"2024-05-01T10:00:00Z","source":"aws"}`
		scope  = `"partition":"aws","account":"111122223333","region":"eu-west-1","read_at":"2024-05-01T10:00:00Z"`
		eu     = "{" + scope + `,"kinds":["vpcs"]}`
		end    = "\n" + `{"end":true,"scopes":1}`
		rest   = `,"read_at":"2024-05-01T10:00:00Z","kinds":["vpcs"]}` + end
	)
	line := func(more string) string { return header + "\n{" + scope + `,"kinds":["vpcs"],` + more + "}" + end }
	tests := []struct{ name, content, want string }{
		{"nothing", "", "its first line is no header"},
		{"text", "hello\n", "its first line is no header"},
		{"a JSON document", "{\n  \"schema\": 1\n}", "its first line is no header"},
		{"JSON without a schema", `{"version":"v1"}`, "its first line is no header"},
		{"one endless line", strings.Repeat("x", 1<<20), "its first line is no header"},
		{"a newer version", `{"schema":"flowproof.snapshot/v3","version":"v9"}`, `its schema is "flowproof.snapshot/v3", and this version reads flowproof.snapshot/v2 and older: use the version of flowproof that saved it ("v9")`},
		{"another of our formats", `{"schema":"flowproof.events/v1"}`, `its schema is "flowproof.events/v1", not flowproof.snapshot/v2`},
		{"a header with more in it", strings.Replace(header, "{", `{"x":1,`, 1) + "\n" + eu + end, `line 1 is not as flowproof writes it: the key "x" is unknown`},
		{"a header with a key twice", strings.Replace(header, "{", `{"schema":"flowproof.snapshot/v2",`, 1) + "\n" + eu + end, `the key "schema" is there twice`},
		{"a header alone", header + "\n", "there is no scope in it to judge: it is cut off; scopes whole before that: 0"},
		{"no scopes", header + "\n" + `{"end":true,"scopes":0}`, "there is no scope in it to judge"},
		{"two in one file", header + "\n" + eu + end + "\n" + header + "\n", "line 4 comes after its end"},
		{"a scope twice", header + "\n" + eu + "\n" + eu + "\n", "lines 2 and 3 are both of 111122223333/eu-west-1"},
		{"a misspelt list", line(`"vpc":[{"id":"vpc-1"}]`), `line 2 is not as flowproof writes it: the key "vpc" is unknown`},
		{"a list in other case", line(`"VPCs":[{"id":"vpc-1"}]`), `the key "VPCs" is unknown`},
		{"a list twice", line(`"vpcs":[{"id":"vpc-1"}],"vpcs":[]`), `the key "vpcs" is there twice`},
		{"a list that is null", line(`"vpcs":null`), `"vpcs" is null`},
		{"a list that is an object", line(`"vpcs":{}`), "cannot unmarshal object"},
		{"an id that is a number", line(`"vpcs":[{"id":7}]`), "cannot unmarshal number"},
		{"an unknown absence", line(`"absent":"gone"`), `absent is "gone", which is not known`},
		{"an absence in other case", line(`"absent":"Disabled"`), `absent is "Disabled"`},
		{"a disabled Region with facts", line(`"absent":"disabled","vpcs":[{"id":"vpc-1"}]`), "it holds facts, and is of 111122223333/eu-west-1, which is never read"},
		{"an account's row with facts", header + "\n" + `{"partition":"aws","account":"111122223333","region":"*","gaps":[{"kind":"regions","api":"a","cause":"denied","message":""}],"vpcs":[{"id":"vpc-1"}]` + rest, "it holds facts, and is of 111122223333/*"},
		{"an account's row that says nothing", header + "\n" + `{"partition":"aws","account":"111122223333","region":"*"` + rest, `it is of the Region "*" and says nothing`},
		{"an unknown kind", header + "\n{" + scope + `,"kinds":["vpc"]}` + end, `the kind "vpc" is not known`},
		{"a kind of discovery", header + "\n{" + scope + `,"kinds":["regions"]}` + end, `the kind "regions" is not known`},
		{"an unknown cause", line(`"gaps":[{"kind":"vpcs","api":"a","cause":"Denied","message":""}]`), `the cause "Denied", which is not known`},
		{"a gap of an unknown kind", line(`"gaps":[{"kind":"VPCs","api":"a","cause":"denied","message":""}]`), `a gap is of the kind "VPCs"`},
		{"a gap without an API", line(`"gaps":[{"kind":"vpcs","api":"","cause":"denied","message":""}]`), "a gap names no API"},
		{"an unknown sign of arrival", line(`"arrivals":[{"flow_log":"fl-1","newest":"2024-05-01T10:00:00Z","seen":"guess"}]`), `was seen by "guess"`},
		{"an unknown partition", header + "\n" + `{"partition":"aws-moon","account":"111122223333","region":"eu-west-1"` + rest, `the partition "aws-moon" is not known`},
		{"a hostile account", header + "\n" + `{"partition":"aws","account":"$(touch x)","region":"eu-west-1"` + rest, `the account "$(touch x)" is not 12 digits`},
		{"a hostile Region", header + "\n" + `{"partition":"aws","account":"111122223333","region":"eu-west-1;x"` + rest, `"eu-west-1;x" is no name of a Region`},
		{"a line without a scope", header + "\n{}" + end, `the key "partition" is missing`},
		{"an end that is none", header + "\n" + eu + "\n" + `{"end":false,"scopes":1}`, "its end says that it is none"},
		{"an end with more in it", header + "\n" + eu + "\n" + `{"end":true,"scopes":1,"x":1}`, `the key "x" is unknown`},
		{"an end with a key twice", header + "\n" + eu + "\n" + `{"end":true,"scopes":9,"scopes":1}`, `the key "scopes" is there twice`},
		{"an end with a negative count", header + "\n" + eu + "\n" + `{"end":true,"scopes":-1}`, "line 3 is not as flowproof writes it"},
		{"nested too deep", line(`"vpcs":` + strings.Repeat("[", 100) + strings.Repeat("]", 100)), "cannot unmarshal array"},
		{"a packing that is none", "\x1f\x8bxyz", "unpack"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "s")
			write(t, path, []byte(tt.content))
			_, err := snapshot.Open(path)
			if err == nil || !strings.Contains(err.Error(), tt.want) || !strings.Contains(err.Error(), path) {
				t.Errorf("error %v holds not both %q and the path", err, tt.want)
			}
		})
	}
	for _, path := range []string{filepath.Join(t.TempDir(), "none"), t.TempDir()} {
		if _, err := snapshot.Open(path); err == nil {
			t.Errorf("Open(%s) succeeded", path)
		}
	}
}

func TestOpen_a_file_that_is_not_whole(t *testing.T) {
	t.Parallel()
	whole := content(t, save(t, "s.json", full()[:3]...))
	lines := bytes.SplitAfter(whole, []byte("\n"))
	join := func(parts ...[]byte) []byte { return bytes.Join(parts, nil) }
	tests := []struct {
		name    string
		content []byte
		scopes  int
		want    string
	}{
		{"cut off before the trailer", join(lines[0], lines[1], lines[2], lines[3]), 3, "it is cut off; scopes whole before that: 3"},
		{"cut off in a line", join(lines[0], lines[1], lines[2][:50]), 1, "line 3 cannot be read; it is cut off; scopes whole before that: 1"},
		{"cut off in the trailer", whole[:len(whole)-4], 3, "line 5 cannot be read; it is cut off; scopes whole before that: 3"},
		{"a damaged line in the middle", join(lines[0], lines[1], []byte("\x00\x00\n"), lines[3], lines[4]), 2, "line 3 cannot be read; of its 3 scopes 2 are whole"},
		{"a line lost", join(lines[0], lines[1], lines[3], lines[4]), 2, "of its 3 scopes 2 are whole"},
		{"many faults", join(lines[0], lines[1], []byte("a\nb\nc\nd\n"), lines[4]), 1, "line 5 cannot be read; and 2 more faults"},
	}
	for _, tt := range tests {
		for _, packed := range []bool{false, true} {
			name := tt.name
			if packed {
				name += ", compressed"
			}
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				path := filepath.Join(t.TempDir(), "s")
				write(t, path, pack(t, tt.content, packed))
				checkDamaged(t, path, tt.scopes, tt.want)
			})
		}
	}
	packed := pack(t, join(lines[0], lines[1], bytes.Repeat([]byte(" "), 1<<16), lines[2]), true)
	t.Run("compression cut off", func(t *testing.T) {
		t.Parallel()
		path := filepath.Join(t.TempDir(), "s.gz")
		write(t, path, packed[:len(packed)-6])
		checkDamaged(t, path, 2, "its compression is damaged: unexpected EOF")
	})
	t.Run("compression with a wrong checksum", func(t *testing.T) {
		t.Parallel()
		path := filepath.Join(t.TempDir(), "s.gz")
		wrong := bytes.Clone(packed)
		wrong[len(wrong)-8] ^= 1
		write(t, path, wrong)
		checkDamaged(t, path, 2, "its compression is damaged: gzip: invalid checksum")
	})
}

func pack(t *testing.T, b []byte, packed bool) []byte {
	t.Helper()
	if !packed {
		return b
	}
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	if _, err := w.Write(b); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// checkDamaged wants the whole scopes, and one more row that says what happened.
func checkDamaged(t *testing.T, path string, scopes int, want string) {
	t.Helper()
	got := readAll(t, open(t, path), both)
	if len(got) != scopes+1 {
		t.Fatalf("%d rows, want %d and one more", len(got), scopes)
	}
	last := got[scopes]
	if last.Scope != scope(inventory.AnyRegion) || last.Status() != inventory.StatusIncomplete {
		t.Errorf("the last row is %s %s", last.Scope, last.Status())
	}
	if len(last.Gaps) != 1 || last.Gaps[0].Kind != inventory.Regions || last.Gaps[0].Cause != inventory.Incomplete || !strings.Contains(last.Gaps[0].Message, want) {
		t.Errorf("gaps %v hold not %q", last.Gaps, want)
	}
}

func TestOpen_damage_joins_a_row_about_the_account(t *testing.T) {
	t.Parallel()
	whole := content(t, save(t, "s.json", full()...))
	path := filepath.Join(t.TempDir(), "s.json")
	write(t, path, whole[:bytes.LastIndex(whole, []byte(`{"end"`))])
	got := readAll(t, open(t, path), both)
	if len(got) != 4 || len(got[3].Gaps) != 2 {
		t.Fatalf("%d rows, the last with gaps %v; want both gaps there", len(got), got[len(got)-1].Gaps)
	}
}

func TestDiscover_passes_an_error_on(t *testing.T) {
	t.Parallel()
	s := open(t, save(t, "s.json", full()...))
	calls := 0
	err := s.Discover(t.Context(), func(inventory.Target) error { calls++; return io.ErrClosedPipe })
	if !errors.Is(err, io.ErrClosedPipe) || calls != 1 {
		t.Errorf("error %v after %d calls", err, calls)
	}
}
