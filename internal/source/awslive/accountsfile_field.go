package awslive

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"flowproof/internal/spelling"
)

// column is what a file of accounts may say of each, by the name of its column in CSV and of its key
// in JSON.
type column int

const (
	idColumn column = iota
	nameColumn
	stateColumn
	statusColumn // which AWS retired for the state
	roleARNColumn
	roleNameColumn
	externalIDColumn
	unusedColumn // what others export beside it
)

// columnNames are known without case, spaces, dashes and underscores: among them those of the
// Organizations console's export and of `aws organizations list-accounts`.
var columnNames = map[string]column{
	"id": idColumn, "accountid": idColumn, "account": idColumn,
	"name": nameColumn, "accountname": nameColumn,
	"state": stateColumn, "accountstate": stateColumn, "status": statusColumn, "accountstatus": statusColumn,
	"rolearn": roleARNColumn, "rolename": roleNameColumn, "externalid": externalIDColumn,
	"arn": unusedColumn, "accountarn": unusedColumn, "email": unusedColumn, "accountemail": unusedColumn, "emailaddress": unusedColumn,
	"joinedmethod": unusedColumn, "joinedtimestamp": unusedColumn, "joineddate": unusedColumn, "joinedon": unusedColumn, "paths": unusedColumn,
}

func foldName(name string) string {
	return strings.ToLower(strings.NewReplacer(" ", "", "-", "", "_", "").Replace(name))
}

// columnOf knows a column by its name. What is unknown may be a role or an external id mistyped, without
// which the account would be entered another way.
func columnOf(name string) (column, error) {
	if c, ok := columnNames[foldName(name)]; ok {
		return c, nil
	}
	known := []string{"id", "name", "state", "role_arn", "role_name", "external_id"}
	return 0, fmt.Errorf("the column %.60q is not known%s; there are %s", name, spelling.Hint(strings.ToLower(name), known), strings.Join(known, ", "))
}

// columnsOf knows the columns of a header, each of which may be there once.
func columnsOf(names []string) ([]column, error) {
	var columns []column
	for _, name := range names {
		c, err := columnOf(name)
		if err != nil {
			return nil, err
		}
		if c != unusedColumn && slices.Contains(columns, c) {
			return nil, fmt.Errorf("the column %.60q says what another says too", name)
		}
		columns = append(columns, c)
	}
	return columns, nil
}

// newMember checks what a file says of an account.
func newMember(said map[column]string) (Member, error) {
	for c, text := range said {
		said[c] = strings.TrimSpace(text)
	}
	id := said[idColumn]
	m := Member{ID: strings.ReplaceAll(id, "-", ""), Name: said[nameColumn], State: strings.ToUpper(said[stateColumn])} // 1234-5678-9012, as the console shows it
	if m.State == "" {
		m.State = strings.ToUpper(said[statusColumn])
	}
	switch {
	case id == "":
		return Member{}, errors.New("the account id is missing")
	case !accountID.MatchString(m.ID) && len(m.ID) < 12 && strings.Trim(m.ID, "0123456789") == "":
		return Member{}, fmt.Errorf("%q has %d digits and an account id has twelve: a spreadsheet may have dropped zeros in front", id, len(m.ID))
	case !accountID.MatchString(m.ID):
		return Member{}, fmt.Errorf("%q is no account id, which has twelve digits", id)
	}
	var err error
	if m.RoleARN, m.RoleName, err = roleOf(said[roleARNColumn], said[roleNameColumn], m.ID); err != nil {
		return Member{}, err
	}
	m.ExternalID = said[externalIDColumn]
	if m.ExternalID != "" && (!externalID.MatchString(m.ExternalID) || len(m.ExternalID) < 2 || len(m.ExternalID) > 1224) {
		return Member{}, errors.New("the external id is none: it has 2 to 1224 letters, digits and +=,.@:/_-")
	}
	return m, nil
}

// roleOf checks the role that a file names for an account: by its ARN, by its name, or by both.
func roleOf(arn, name, account string) (roleARN, roleName string, err error) {
	if name != "" {
		if roleName, err = RoleName(name); err != nil {
			return "", "", err
		}
	}
	if arn == "" {
		return "", roleName, nil
	}
	of, path, ok := splitRoleARN(arn)
	switch {
	case !ok:
		return "", "", fmt.Errorf("%q is no ARN of a role, such as arn:aws:iam::%s:role/flowproof-read", arn, account)
	case of != account:
		return "", "", fmt.Errorf("the role %s is of account %s, not of %s", arn, of, account)
	case roleName != "" && roleName != path:
		return "", "", fmt.Errorf("the role %s and the role name %s are not the same role", arn, roleName)
	}
	return arn, "", nil
}
