package flowrecord_test

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"iter"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"flowproof/internal/flowrecord"
)

const (
	ok       = "2 123456789012 eni-1 10.0.0.5 10.0.1.7 443 49152 6 10 840 1700000000 1700000060 ACCEPT OK"
	noData   = "2 123456789012 eni-1 - - - - - - - 1700000060 1700000120 - NODATA"
	skipData = "2 123456789012 eni-1 - - - - - - - 1700000120 1700000180 - SKIPDATA"
)

// count takes all there is: records by status, the first of them, and the error at the end.
func count(records iter.Seq2[flowrecord.Record, error]) (c flowrecord.Count, lines []string, err error) {
	for r, e := range records {
		switch {
		case errors.Is(e, flowrecord.ErrMalformed):
			c.Malformed++
		case e != nil:
			err = e
		default:
			c.Add(r)
			lines = append(lines, r.String())
		}
	}
	return c, lines, err
}

func zipped(t testing.TB, text string) string {
	t.Helper()
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	if _, err := io.WriteString(w, text); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func TestLines(t *testing.T) {
	t.Parallel()
	header := strings.Join(flowrecord.UpTo("v2"), " ")
	long := strings.Repeat("x", 100<<10)
	packed := zipped(t, ok+"\n"+noData+"\n")
	joined := zipped(t, header+"\n"+ok+"\n") + zipped(t, header+"\n"+noData+"\n")
	tests := []struct {
		name, text string
		want       flowrecord.Count
		fails      bool
	}{
		{"nothing", "", flowrecord.Count{}, false},
		{"one of each status", ok + "\n" + noData + "\n" + skipData + "\n", flowrecord.Count{OK: 1, NoData: 1, SkipData: 1}, false},
		{"no line feed at the end, and carriage returns", ok + "\r\n\r\n" + ok, flowrecord.Count{OK: 2}, false},
		{"a header before them", header + "\n" + ok + "\n", flowrecord.Count{OK: 1}, false},
		{"a header alone", header, flowrecord.Count{}, false},
		{"a header of underscores", strings.ReplaceAll(header, "-", "_") + "\n" + ok + "\n", flowrecord.Count{OK: 1}, false},
		{"a header in capitals", strings.ToUpper(header) + "\n" + ok + "\n", flowrecord.Count{OK: 1}, false},
		{"a header behind a byte order mark", "\ufeff" + header + "\n" + ok + "\n", flowrecord.Count{OK: 1}, false},
		{"a header after records", ok + "\n" + header + "\n" + noData, flowrecord.Count{OK: 1, NoData: 1}, false},
		{"files joined as they are", joined, flowrecord.Count{OK: 1, NoData: 1}, false},
		{"a header of another format than was said", "log-status end moon-phase\nSKIPDATA 1700000180 full\n", flowrecord.Count{SkipData: 1}, false},
		{"a header of another format in the middle", ok + "\nlog-status end\nNODATA 1700000180\n" + ok, flowrecord.Count{OK: 2, NoData: 1}, false},
		{"a header of transit gateways", "tgw-id tgw-attachment-id packets-lost-no-route\ntgw-1 tgw-attach-1 0\n", flowrecord.Count{Other: 1}, false},
		{"a status of another year", strings.Replace(ok, " OK", " LATE", 1), flowrecord.Count{Other: 1}, false},
		{"no records", "hello\nworld of flows\n", flowrecord.Count{Malformed: 2}, false},
		{"prose of fourteen words", "at the end of the start of this action some bytes go from version one", flowrecord.Count{Malformed: 1}, false},
		{"another log's lines", `{"message": "a b c d e f g h i j k l m"}`, flowrecord.Count{Malformed: 1}, false},
		{"a version that is none", strings.Replace(ok, "2 ", "two ", 1), flowrecord.Count{Malformed: 1}, false},
		{"a time that is none", strings.Replace(ok, "1700000000", "2023-11-14T22:13:20Z", 1), flowrecord.Count{Malformed: 1}, false},
		{"an action that is none", strings.Replace(ok, "ACCEPT", "DROP", 1), flowrecord.Count{Malformed: 1}, false},
		{"a status that is none", strings.Replace(ok, " OK", " fine", 1), flowrecord.Count{Malformed: 1}, false},
		{"compressed", packed, flowrecord.Count{OK: 1, NoData: 1}, false},
		{"compressed and cut off", zipped(t, strings.Repeat(ok+"\n", 3))[:30], flowrecord.Count{}, true},
		{"compressed by name only", "\x1f\x8bno", flowrecord.Count{}, true},
		{"a line without an end", ok + "\n" + long, flowrecord.Count{OK: 1}, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, _, err := count(flowrecord.Lines(strings.NewReader(tt.text), flowrecord.DefaultFormat(), 1<<20))
			if (err != nil) != tt.fails {
				t.Errorf("error %v", err)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("count (-want +got):\n%s", diff)
			}
		})
	}
}

// Wherever a text is cut, plain or packed, its whole lines count and the cut one counts as nothing.
func TestLines_of_a_text_that_was_cut(t *testing.T) {
	t.Parallel()
	text := strings.Repeat(ok+"\n"+noData+"\n", 3)
	packed := zipped(t, text)
	for most := range len(text) {
		want := flowrecord.Count{OK: (strings.Count(text[:most], "\n") + 1) / 2, NoData: strings.Count(text[:most], "\n") / 2}
		for name, lines := range map[string]iter.Seq2[flowrecord.Record, error]{
			"bound, plain":    flowrecord.Lines(strings.NewReader(text), flowrecord.Format{}, int64(most)),
			"bound, packed":   flowrecord.Lines(strings.NewReader(packed), flowrecord.Format{}, int64(most)),
			"beginning alone": flowrecord.Lines(flowrecord.Beginning(strings.NewReader(text[:most])), flowrecord.Format{}, 1<<20),
		} {
			got, _, err := count(lines)
			if !errors.Is(err, flowrecord.ErrCut) {
				t.Errorf("%s at %d: error %v", name, most, err)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s at %d (-want +got):\n%s", name, most, diff)
			}
		}
	}
	for cut := range len(packed) {
		got, _, err := count(flowrecord.Lines(flowrecord.Beginning(strings.NewReader(packed[:cut])), flowrecord.Format{}, 1<<20))
		if !errors.Is(err, flowrecord.ErrCut) || got.Malformed > 0 {
			t.Errorf("packed, its first %d bytes: %+v, %v", cut, got, err)
		}
	}
	if got, _, err := count(flowrecord.Lines(strings.NewReader(packed), flowrecord.Format{}, int64(len(text)))); err != nil || got.Records() != 6 {
		t.Errorf("as long as the bound: %+v, %v", got, err)
	}
}

func TestLines_stop_when_nobody_wants_more(t *testing.T) {
	t.Parallel()
	for _, err := range flowrecord.Lines(strings.NewReader(ok+"\n"+ok), flowrecord.Format{}, 1<<20) {
		if err != nil {
			t.Error(err)
		}
		break
	}
}

func TestRecord(t *testing.T) {
	t.Parallel()
	custom, err := flowrecord.ParseFormat("${log-status} ${interface-id} ${end} ${start} ${moon-phase}")
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name, line string
		format     flowrecord.Format
		eni        string
		at         time.Time
		status     flowrecord.Status
	}{
		{"the default format", ok, flowrecord.Format{}, "eni-1", time.Unix(1700000060, 0).UTC(), flowrecord.OK},
		{"another order", "SKIPDATA eni-2 1700000000 1699999400 full", custom, "eni-2", time.Unix(1700000000, 0).UTC(), flowrecord.SkipData},
		{"no end", "OK eni-2 - 1699999400 full", custom, "eni-2", time.Unix(1699999400, 0).UTC(), flowrecord.OK},
		{"neither end nor start", "OK - - - full", custom, "", time.Time{}, flowrecord.OK},
		{"a time beyond all years", "OK eni-2 99999999999999 0 full", custom, "eni-2", time.Time{}, flowrecord.OK},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r, err := tt.format.Parse(tt.line)
			if err != nil {
				t.Fatal(err)
			}
			if got := r.Value(flowrecord.InterfaceID); got != tt.eni {
				t.Errorf("interface %q, want %q", got, tt.eni)
			}
			if !r.At().Equal(tt.at) || r.Status() != tt.status || r.String() != tt.line {
				t.Errorf("%v %s %q", r.At(), r.Status(), r)
			}
		})
	}
}

func FuzzLines(f *testing.F) {
	for _, seed := range []string{"", ok, noData + "\n" + skipData, "log-status end\nOK 5", zipped(f, ok), zipped(f, ok)[:20], "\x1f\x8b"} {
		f.Add(seed, "")
		f.Add(seed, "${end} ${log-status}")
	}
	f.Fuzz(func(t *testing.T, text, format string) {
		parsed, err := flowrecord.ParseFormat(format)
		if err != nil {
			return
		}
		c, lines, _ := count(flowrecord.Lines(strings.NewReader(text), parsed, 1<<20))
		if c.Records() != len(lines) {
			t.Errorf("%d records counted, %d given", c.Records(), len(lines))
		}
		for _, line := range lines {
			if strings.ContainsAny(line, "\n\r") || line == "" {
				t.Errorf("a record of more than one line: %q", line)
			}
		}
	})
}

func TestTagsAreGivenAsTheyWereSet(t *testing.T) {
	t.Parallel()
	format, err := flowrecord.ParseFormat("${instance-tag} ${asg-tag-2} ${interface-tag} ${interface-type} ${log-status}")
	if err != nil {
		t.Fatal(err)
	}
	r, err := format.Parse("web%20server%2F1 100%zz - a%20b INCOMPLETEDATA")
	if err != nil {
		t.Fatal(err)
	}
	for field, want := range map[string]string{
		"instance-tag": "web server/1", "asg-tag-2": "100%zz", "interface-tag": "", "interface-type": "a%20b",
	} {
		if got := r.Value(field); got != want {
			t.Errorf("%s is %q, want %q", field, got, want)
		}
	}
	var c flowrecord.Count
	c.Add(r)
	if want := (flowrecord.Count{Incomplete: 1}); c != want || c.Records() != 1 {
		t.Errorf("counted as %+v", c)
	}
}
