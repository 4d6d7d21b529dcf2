package awslive

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
)

// maxAccountsFile bounds a file of accounts: an organisation has 50,000 at most (Organizations
// quotas), of some hundred bytes each.
const maxAccountsFile = 32 << 20

var accountID = regexp.MustCompile(`^[0-9]{12}$`)

// ParseMembers reads a file of accounts: one id a line, CSV with or without a header, or JSON, a
// list of ids or of objects, or what `aws organizations list-accounts` prints. Empty lines and
// those that begin with # are passed over. An account that is there twice is given once, as it is
// there first. Errors name the line.
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
	seen := make(map[string]bool, len(members))
	return slices.DeleteFunc(members, func(m Member) bool {
		twice := seen[m.ID]
		seen[m.ID] = true
		return twice
	}), nil
}

// newMember checks what a file says of an account.
func newMember(id, name, state string) (Member, error) {
	id = strings.TrimSpace(id)
	plain := strings.ReplaceAll(id, "-", "") // 1234-5678-9012, as the console shows it
	switch {
	case accountID.MatchString(plain):
		return Member{ID: plain, Name: strings.TrimSpace(name), State: strings.ToUpper(strings.TrimSpace(state))}, nil
	case id == "":
		return Member{}, errors.New("the account id is missing")
	case len(plain) < 12 && strings.Trim(plain, "0123456789") == "":
		return Member{}, fmt.Errorf("%q has %d digits and an account id has twelve: a spreadsheet may have dropped zeros in front", id, len(plain))
	}
	return Member{}, fmt.Errorf("%q is no account id, which has twelve digits", id)
}
