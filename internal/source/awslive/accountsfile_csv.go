package awslive

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

// withoutHeader are the columns of a file without a header.
var withoutHeader = []column{idColumn, nameColumn, stateColumn}

// membersOfCSV reads CSV, of which one id a line is the simplest.
func membersOfCSV(text []byte) ([]Member, error) {
	r := csv.NewReader(bytes.NewReader(text))
	r.Comment = '#'
	r.FieldsPerRecord = -1
	r.TrimLeadingSpace = true
	r.ReuseRecord = true
	columns := withoutHeader
	var members []Member
	for first := true; ; first = false {
		record, err := r.Read()
		if errors.Is(err, io.EOF) {
			return members, nil
		}
		if err != nil {
			return nil, err // names the line
		}
		line, _ := r.FieldPos(0)
		if first && isHeader(record) {
			if columns, err = columnsOf(record); err != nil {
				return nil, fmt.Errorf("line %d: %w", line, err)
			}
			continue
		}
		if isBlank(record) {
			continue
		}
		m, err := memberOfRecord(columns, record)
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", line, err)
		}
		members = append(members, m)
	}
}

// isHeader reports whether a record has a column of account ids.
func isHeader(record []string) bool {
	return slices.ContainsFunc(record, func(field string) bool {
		c, err := columnOf(field)
		return err == nil && c == idColumn
	})
}

func memberOfRecord(columns []column, record []string) (Member, error) {
	said := map[column]string{}
	for i, field := range record {
		switch {
		case i < len(columns):
			said[columns[i]] = field
		case strings.TrimSpace(field) != "":
			return Member{}, fmt.Errorf("it has more than %d fields: a file with more columns begins with their names (id, name, role_arn, external_id, ...)", len(columns))
		}
	}
	return newMember(said)
}

func isBlank(record []string) bool {
	return !slices.ContainsFunc(record, func(field string) bool { return strings.TrimSpace(field) != "" })
}
