package flowrecord_test

import (
	"bytes"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/compress/snappy"

	"flowproof/internal/flowrecord"
)

// row is a record as flow logs put it into Parquet: columns in an order of their own.
type row struct {
	Version     int32   `parquet:"version"`
	AccountID   *string `parquet:"account_id,optional"`
	InterfaceID *string `parquet:"interface_id,optional"`
	SrcAddr     *string `parquet:"srcaddr,optional"`
	Packets     *int64  `parquet:"packets,optional"`
	Start       int64   `parquet:"start"`
	End         int64   `parquet:"end"`
	LogStatus   string  `parquet:"log_status"`
	MoonPhase   *string `parquet:"moon_phase,optional"`
}

func parquetFile(t testing.TB, rows ...row) []byte {
	t.Helper()
	var out bytes.Buffer
	w := parquet.NewGenericWriter[row](&out, parquet.Compression(&snappy.Codec{}))
	if _, err := w.Write(rows); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func rows() []row {
	eni, account, source, packets := "eni-1", "123456789012", "10.0.0.5", int64(3)
	return []row{
		{Version: 5, AccountID: &account, InterfaceID: &eni, SrcAddr: &source, Packets: &packets, Start: 1700000000, End: 1700000060, LogStatus: "OK"},
		{Version: 5, AccountID: &account, InterfaceID: &eni, Start: 1700000060, End: 1700000120, LogStatus: "NODATA"},
		{Version: 5, AccountID: &account, Start: 1700000120, End: 1700000180, LogStatus: "SKIPDATA"},
	}
}

func TestParquet(t *testing.T) {
	t.Parallel()
	file := parquetFile(t, rows()...)
	var got []string
	for r, err := range flowrecord.Parquet(bytes.NewReader(file), int64(len(file))) {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, r.Value(flowrecord.InterfaceID)+" "+string(r.Status())+" "+r.At().Format("15:04:05")+": "+r.String())
	}
	want := []string{
		"eni-1 OK 22:14:20: 5 123456789012 eni-1 10.0.0.5 3 1700000000 1700000060 OK -",
		"eni-1 NODATA 22:15:20: 5 123456789012 eni-1 - - 1700000060 1700000120 NODATA -",
		" SKIPDATA 22:16:20: 5 123456789012 - - - 1700000120 1700000180 SKIPDATA -",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("records (-want +got):\n%s", diff)
	}
}

func TestParquet_of_many_rows_and_of_none(t *testing.T) {
	t.Parallel()
	var many []row
	for range 1000 {
		many = append(many, rows()...)
	}
	for _, want := range [][]row{nil, many} {
		file := parquetFile(t, want...)
		c, _, err := count(flowrecord.Parquet(bytes.NewReader(file), int64(len(file))))
		if err != nil || c.Records() != len(want) {
			t.Errorf("%d records (%v), want %d", c.Records(), err, len(want))
		}
	}
}

// Files that pyarrow 26 wrote: a group without rows has a dictionary, and its data pages begin at 0.
func TestParquet_with_groups_without_rows(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]flowrecord.Count{
		"no-rows.parquet":           {},
		"rows-between-none.parquet": {OK: 1},
	} {
		file, err := os.ReadFile(filepath.Join("testdata", name))
		if err != nil {
			t.Fatal(err)
		}
		got, _, err := count(flowrecord.Parquet(bytes.NewReader(file), int64(len(file))))
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

func TestParquet_that_is_none(t *testing.T) {
	t.Parallel()
	file := parquetFile(t, rows()...)
	for name, damaged := range map[string][]byte{
		"nothing":  nil,
		"text":     []byte("2 123456789012 eni-1 OK"),
		"cut off":  file[:len(file)/2],
		"its tail": file[len(file)/2:],
	} {
		if _, _, err := count(flowrecord.Parquet(bytes.NewReader(damaged), int64(len(damaged)))); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func TestParquet_stops_when_nobody_wants_more(t *testing.T) {
	t.Parallel()
	file := parquetFile(t, rows()...)
	for _, err := range flowrecord.Parquet(bytes.NewReader(file), int64(len(file))) {
		if err != nil {
			t.Error(err)
		}
		break
	}
}

// TestParquet_passes_panics_on: a panic of who takes the records is not a damaged file.
func TestParquet_passes_panics_on(t *testing.T) {
	t.Parallel()
	defer func() {
		if _, panicked := recover().(*runtime.PanicNilError); !panicked {
			t.Error("the panic was swallowed, or the records could not be read")
		}
	}()
	file := parquetFile(t, rows()...)
	for _, err := range flowrecord.Parquet(bytes.NewReader(file), int64(len(file))) {
		panic(err)
	}
}

func FuzzParquet(f *testing.F) {
	file := parquetFile(f, rows()...)
	f.Add(file)
	f.Add(file[:len(file)/2])
	f.Add([]byte("PAR1PAR1"))
	f.Fuzz(func(t *testing.T, data []byte) {
		c, lines, _ := count(flowrecord.Parquet(bytes.NewReader(data), int64(len(data))))
		if c.Records() != len(lines) {
			t.Errorf("%d records counted, %d given", c.Records(), len(lines))
		}
	})
}
