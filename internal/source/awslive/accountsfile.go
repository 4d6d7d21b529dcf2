package awslive

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
)

// maxAccountsFile bounds a file of accounts: an organisation has 50,000 at most (Organizations
// quotas), of some hundred bytes each.
const maxAccountsFile = 32 << 20

var accountID = regexp.MustCompile(`^[0-9]{12}$`)

// ParseMembers reads a file of accounts: one id a line, CSV with or without a header, or JSON, a
// list of ids or of objects, or what `aws organizations list-accounts` prints. Empty lines and
// those that begin with # are passed over. Beside the id an account may have a name, a state, a role
// and an external id of its own; a column that is not known is refused. An account that is there
// twice is given once, as it is there first. Errors name the line.
func ParseMembers(r io.Reader) ([]Member, error) {
	text, err := io.ReadAll(io.LimitReader(r, maxAccountsFile+1))
	if err != nil {
		return nil, err
	}
	if len(text) > maxAccountsFile {
		return nil, fmt.Errorf("larger than %d MiB", maxAccountsFile>>20)
	}
	text = bytes.TrimPrefix(text, []byte("\ufeff")) // which spreadsheets put first
	parse := membersOfCSV
	if start := bytes.TrimSpace(text); bytes.HasPrefix(start, []byte("[")) || bytes.HasPrefix(start, []byte("{")) {
		parse = membersOfJSON
	}
	members, err := parse(text)
	if err != nil {
		return nil, err
	}
	if len(members) == 0 {
		return nil, errors.New("no account in it")
	}
	seen := make(map[string]Member, len(members))
	for _, m := range members {
		if first, twice := seen[m.ID]; twice && !first.entersAs(m) {
			return nil, fmt.Errorf("account %s is there twice, with another role or external id", m.ID)
		} else if !twice {
			seen[m.ID] = m
		}
	}
	given := make(map[string]bool, len(members))
	return slices.DeleteFunc(members, func(m Member) bool {
		twice := given[m.ID]
		given[m.ID] = true
		return twice
	}), nil
}

func (m Member) entersAs(o Member) bool {
	return m.RoleARN == o.RoleARN && m.RoleName == o.RoleName && m.ExternalID == o.ExternalID
}
