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

// columns says where in a record to look; -1 for what there is no column for.
type columns struct{ id, name, state int }

// The names that a header may give to columns, without case, spaces, dashes and underscores: those
// of the Organizations console's export among them.
var (
	idColumn    = []string{"id", "accountid", "account"}
	nameColumn  = []string{"name", "accountname"}
	stateColumn = []string{"state", "accountstate", "status", "accountstatus"}
)

// membersOfCSV reads CSV, of which one id a line is the simplest.
func membersOfCSV(text []byte) ([]Member, error) {
	r := csv.NewReader(bytes.NewReader(text))
	r.Comment = '#'
	r.FieldsPerRecord = -1
	r.TrimLeadingSpace = true
	r.ReuseRecord = true
	at := columns{0, 1, 2}
	var members []Member
	for first := true; ; first = false {
		record, err := r.Read()
		if errors.Is(err, io.EOF) {
			return members, nil
		}
		if err != nil {
			return nil, err // names the line
		}
		if first {
			if header, ok := headerOf(record); ok {
				at = header
				continue
			}
		}
		if isBlank(record) {
			continue
		}
		m, err := newMember(at.field(record, at.id), at.field(record, at.name), at.field(record, at.state))
		if err != nil {
			line, _ := r.FieldPos(0)
			return nil, fmt.Errorf("line %d: %w", line, err)
		}
		members = append(members, m)
	}
}

// headerOf reads a record as a header, if it has a column of account ids.
func headerOf(record []string) (columns, bool) {
	find := func(names []string) int {
		return slices.IndexFunc(record, func(field string) bool {
			return slices.Contains(names, strings.ToLower(strings.NewReplacer(" ", "", "-", "", "_", "").Replace(field)))
		})
	}
	at := columns{find(idColumn), find(nameColumn), find(stateColumn)}
	return at, at.id >= 0
}

func (columns) field(record []string, i int) string {
	if i < 0 || i >= len(record) {
		return ""
	}
	return record[i]
}

func isBlank(record []string) bool {
	return !slices.ContainsFunc(record, func(field string) bool { return strings.TrimSpace(field) != "" })
}
