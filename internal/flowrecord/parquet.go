package flowrecord

import (
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"
	"strings"

	"github.com/parquet-go/parquet-go"
)

// Parquet reads records from a Parquet file, whose columns are the fields with "_" in the place of
// "-" (VPC user guide, "Flow log files"). An error ends it; what came before it counts.
func Parquet(file io.ReaderAt, size int64) iter.Seq2[Record, error] {
	return func(yield func(Record, error) bool) {
		stopped := false
		err := readParquet(file, size, func(r Record) bool {
			stopped = !yield(r, nil)
			return !stopped
		})
		if err != nil && !stopped {
			yield(Record{}, err)
		}
	}
}

// errParquet marks what cannot be read as Parquet.
var errParquet = errors.New("read flow log records as Parquet")

// readParquet hands records over until there are no more or nobody wants any. The library panics
// on some files that are damaged: that is an error of the file.
func readParquet(in io.ReaderAt, size int64, take func(Record) bool) (err error) {
	taking := false
	defer func() {
		if taking { // a panic of the taker is not ours
			return
		}
		if p := recover(); p != nil {
			err = fmt.Errorf("%w: the file is damaged: %v", errParquet, p)
		}
	}()
	if err := checkFooter(in, size); err != nil {
		return err
	}
	file, err := parquet.OpenFile(in, size, parquet.SkipPageIndex(true), parquet.SkipBloomFilters(true))
	if err != nil {
		return fmt.Errorf("%w: %w", errParquet, err)
	}
	if err := checkColumns(in, size, file.Metadata()); err != nil {
		return err
	}
	if file.NumRows() == 0 {
		return nil
	}
	f := formatOf(file)
	rows := parquet.NewReader(file)
	defer func() { err = errors.Join(err, rows.Close()) }()
	batch := make([]parquet.Row, 64)
	for {
		n, err := rows.ReadRows(batch)
		for _, row := range batch[:n] {
			r := recordOf(f, row)
			taking = true
			more := take(r)
			taking = false
			if !more {
				return nil
			}
		}
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return fmt.Errorf("%w: %w", errParquet, err)
		case n == 0:
			return fmt.Errorf("%w: it gives neither rows nor an end", errParquet)
		}
	}
}

func formatOf(file *parquet.File) Format {
	var f Format
	for _, path := range file.Schema().Columns() {
		f.fields = append(f.fields, strings.ReplaceAll(strings.Join(path, "."), "_", "-"))
	}
	return f
}

// recordOf puts a row's values in their columns' places. What is absent is "-", as in text.
func recordOf(f Format, row parquet.Row) Record {
	values := slices.Repeat([]string{"-"}, len(f.Fields()))
	for _, v := range row {
		if i := v.Column(); i >= 0 && i < len(values) && !v.IsNull() {
			values[i] = v.String()
		}
	}
	return Record{format: f, values: values}
}
