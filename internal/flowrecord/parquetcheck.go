package flowrecord

import (
	"encoding/binary"
	"fmt"
	"io"

	"github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"
)

// Parquet files say how large their parts are, and the library reserves what they say. Bounds on
// what is believed: files of flow logs have up to 75 MB (VPC user guide), their pages about one.
const (
	maxColumns = 256 << 20 // all of them together, uncompressed
	maxPage    = 32 << 20  // uncompressed
)

// checkFooter refuses a file whose last eight bytes claim a footer that it has no room for.
func checkFooter(in io.ReaderAt, size int64) error {
	const magic = "PAR1"
	var tail [8]byte
	if size < int64(len(magic)+len(tail)) {
		return fmt.Errorf("%w: it has %d bytes", errParquet, size)
	}
	if n, err := in.ReadAt(tail[:], size-int64(len(tail))); n < len(tail) {
		return fmt.Errorf("%w: %w", errParquet, err)
	}
	if footer := int64(binary.LittleEndian.Uint32(tail[:4])); string(tail[4:]) != magic || footer > size-int64(len(magic)+len(tail)) {
		return fmt.Errorf("%w: it has no footer", errParquet)
	}
	return nil
}

// checkColumns refuses columns that would take too much or too long. On damaged ones of the two LZ4
// codecs, which flow logs do not use, the library never comes to an end.
func checkColumns(in io.ReaderAt, size int64, meta *format.FileMetaData) error {
	var sum int64
	for _, g := range meta.RowGroups {
		for _, c := range g.Columns {
			if codec := c.MetaData.Codec; codec == format.Lz4Raw || codec == format.Lz4 {
				return fmt.Errorf("%w: it is compressed with %s, which is not read", errParquet, codec)
			}
			if sum += max(0, c.MetaData.TotalUncompressedSize); sum > maxColumns {
				return fmt.Errorf("%w: its columns come to more than %d MiB", errParquet, maxColumns>>20)
			}
			if err := checkPages(in, size, &c.MetaData); err != nil {
				return err
			}
		}
	}
	return nil
}

// checkPages goes through the headers of a column's pages before the library does.
func checkPages(in io.ReaderAt, size int64, c *format.ColumnMetaData) error {
	start := c.DataPageOffset // 0 where a group has no rows and no data pages (observed of pyarrow 26)
	if d := c.DictionaryPageOffset; d > 0 && (start == 0 || d < start) {
		start = d
	}
	length := c.TotalCompressedSize
	if start < 0 || length < 0 || start > size || length > size-start {
		return fmt.Errorf("%w: a column lies outside of it", errParquet)
	}
	column := make([]byte, length)
	if n, err := in.ReadAt(column, start); int64(n) < length {
		return fmt.Errorf("%w: %w", errParquet, err)
	}
	for len(column) > 0 {
		var page format.PageHeader
		r := new(thrift.CompactProtocol).NewReaderFromBytes(column)
		if err := thrift.NewDecoder(r).Decode(&page); err != nil {
			return fmt.Errorf("%w: a page without a header: %w", errParquet, err)
		}
		column = column[min(r.BytesRead(), len(column)):]
		if page.UncompressedPageSize < 0 || page.UncompressedPageSize > maxPage || page.CompressedPageSize < 0 || int(page.CompressedPageSize) > len(column) {
			return fmt.Errorf("%w: a page of %d bytes, %d uncompressed", errParquet, page.CompressedPageSize, page.UncompressedPageSize)
		}
		column = column[page.CompressedPageSize:]
	}
	return nil
}
