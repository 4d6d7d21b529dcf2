package awslive

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const (
	first  = "111111111111"
	second = "022222222222"
)

func TestFilesOfAccounts(t *testing.T) {
	t.Parallel()
	plain := []Member{{ID: first}, {ID: second}}
	named := []Member{{ID: first, Name: "shop", State: "ACTIVE"}, {ID: second, Name: "lab, old", State: "SUSPENDED"}}
	withRoles := []Member{
		{ID: first, Name: "a", RoleARN: "arn:aws:iam::" + first + ":role/service-role/X", ExternalID: "7f3a"},
		{ID: second, Name: "b", RoleName: "team/Y"},
	}
	for name, tt := range map[string]struct {
		text string
		want []Member
	}{
		"one a line":                      {first + "\n" + second + "\n", plain},
		"no last newline":                 {first + "\n" + second, plain},
		"lines of Windows":                {first + "\r\n" + second + "\r\n", plain},
		"a byte order mark":               {"\ufeff" + first + "\n" + second + "\n", plain},
		"comments and empty lines":        {"# ours\n\n" + first + "\n   \n# theirs\n" + second + "\n", plain},
		"spaces around":                   {"  " + first + "  \n\t" + second + "\n", plain},
		"twice":                           {first + "\n" + second + "\n" + first + "\n", plain},
		"as the console shows ids":        {"1111-1111-1111\n0222-2222-2222\n", plain},
		"CSV without a header":            {first + ",shop,active\n" + second + `,"lab, old",SUSPENDED` + "\n", named},
		"CSV with a header":               {"name,id,state\nshop," + first + ",ACTIVE\n\"lab, old\"," + second + ",SUSPENDED\n", named},
		"the console's export":            {"Account ID,ARN,Email,Name,Status,Joined method\n" + first + ",arn:aws:x,a@b.c,shop,ACTIVE,CREATED\n" + second + `,arn:aws:x,a@b.c,"lab, old",SUSPENDED,INVITED` + "\n", named},
		"a header behind a comment":       {"# list\nAccount_Id,Account Name,Account State\n" + first + ",shop,ACTIVE\n" + second + `,"lab, old",SUSPENDED` + "\n", named},
		"a JSON list of ids":              {`["` + first + `", "` + second + `"]`, plain},
		"a JSON list of objects":          {`[{"id": "` + first + `", "name": "shop", "state": "ACTIVE"}, {"Id": "` + second + `", "Name": "lab, old", "Status": "SUSPENDED"}]`, named},
		"what list-accounts prints":       {`{"Accounts": [{"Id": "` + first + `", "Name": "shop", "State": "ACTIVE", "Status": "ACTIVE", "Email": "a@b.c"}, {"Id": "` + second + `", "Name": "lab, old", "State": "SUSPENDED"}]}`, named},
		"ways in of their own, in CSV":    {"id,name,role_arn,external_id,role_name\n" + first + ",a,arn:aws:iam::" + first + ":role/service-role/X,7f3a,\n" + second + ",b,,,/team/Y\n", withRoles},
		"ways in of their own, in JSON":   {`[{"id": "` + first + `", "name": "a", "role_arn": "arn:aws:iam::` + first + `:role/service-role/X", "external_id": "7f3a"}, {"id": "` + second + `", "name": "b", "roleName": "team/Y"}]`, withRoles},
		"a role by ARN and by name":       {"Role Name,Role-ARN,Account\nservice-role/X,arn:aws:iam::" + first + ":role/service-role/X," + first, []Member{{ID: first, RoleARN: "arn:aws:iam::" + first + ":role/service-role/X"}}},
		"JSON behind spaces and the mark": {"\ufeff \n[\"" + first + "\",\n\"" + second + "\"]\n", plain},
	} {
		got, err := ParseMembers(strings.NewReader(tt.text))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

func TestFilesOfAccountsThatAreRefused(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct{ text, want string }{
		"nothing":                       {"", "no account in it"},
		"comments alone":                {"# none\n", "no account in it"},
		"an empty list":                 {"[]", "no account in it"},
		"zeros dropped by a sheet":      {first + "\n22222222222\n", `line 2: "22222222222" has 11 digits`},
		"a number as a sheet writes it": {first + "\n\n1.23457E+11\n", `line 3: "1.23457E+11" is no account id`},
		"thirteen digits":               {"1111111111111\n", `line 1: "1111111111111" is no account id`},
		"no id in a row":                {"id,name\n" + first + ",a\n,b\n", "line 3: the account id is missing"},
		"a header of other columns":     {"owner,email\njo,a@b.c\n", `line 1: "owner" is no account id`},
		"a quote that does not end":     {first + "\n\"" + second + "\n", "line 2"},
		"a terminal escape":             {"\x1b[2J\n", `"\x1b[2J" is no account id`},
		"a JSON number":                 {"[\n111111111111]", "line 2: 111111111111 is neither"},
		"a JSON null":                   {"[null]", "line 1: null is neither"},
		"a JSON object without an id":   {`[{"name": "shop"}]`, "line 1: the account id is missing"},
		"JSON that breaks off":          {"[\"" + first + "\",\n", "line 2"},
		"JSON and more":                 {`["` + first + `"] x`, "line 1"},
		"two lists":                     {`["` + first + `"]["` + second + `"]`, "behind the list"},
		"an object without a list":      {`{"a": 1}`, "list under Accounts"},
		"accounts that are no list":     {`{"Accounts": {"Id": "` + first + `"}}`, "want a list"},
		"a page of more":                {`{"Accounts": [{"Id": "` + first + `"}], "NextToken": "x"}`, "NextToken"},
		"an unknown column":             {"id,role_arm\n" + first + ",x\n", `line 1: the column "role_arm" is not known: the nearest is "role_arn"; there are id, name`},
		"an unknown key":                {`[{"id": "` + first + `", "externalid ": "x", "extrenal_id": "y"}]`, `the column "extrenal_id" is not known: the nearest is "external_id"`},
		"a column twice":                {"id,role_name,roleName\n" + first + ",a,b\n", `the column "roleName" says what another says too`},
		"a key twice":                   {`[{"id": "` + first + `", "role_name": "a", "role_name": "b"}]`, "is there twice"},
		"fields without a column":       {"id,name\n" + first + ",a,arn:aws:iam::" + first + ":role/x\n", "line 2: it has more than 2 fields"},
		"fields without a header":       {first + ",a,ACTIVE,arn:aws:iam::" + first + ":role/x\n", "line 1: it has more than 3 fields"},
		"a role of another account":     {"id,role_arn\n" + first + ",arn:aws:iam::" + second + ":role/x\n", "line 2: the role arn:aws:iam::" + second + ":role/x is of account " + second},
		"a role of no partition":        {"id,role_arn\n" + first + ",arn:aws-moon:iam::" + first + ":role/x\n", "is no ARN of a role"},
		"a user's ARN":                  {"id,role_arn\n" + first + ",arn:aws:iam::" + first + ":user/x\n", "is no ARN of a role"},
		"a role name that is none":      {"id,role_name\n" + first + ",a b\n", `role "a b": not the name of a role`},
		"two roles":                     {"id,role_name,role_arn\n" + first + ",y,arn:aws:iam::" + first + ":role/x\n", "are not the same role"},
		"an external id that is none":   {"id,external_id\n" + first + ",a b\n", "the external id is none"},
		"a key that is no text":         {`[{"id": "` + first + `", "external_id": 7}]`, `"external_id" is no text`},
		"twice with different ways in":  {"id,role_name\n" + first + ",a\n" + first + ",b\n", "is there twice, with another role or external id"},
		"a wrong id on its line":        {"{\n\"Accounts\": [\n{\"Id\": \"" + first + "\"},\n{\"Id\": \"1\"}\n]}", "line 4"},
	} {
		got, err := ParseMembers(strings.NewReader(tt.text))
		if err == nil {
			t.Errorf("%s: it was read as %v", name, got)
			continue
		}
		if !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: error %q, want one that says %q", name, err, tt.want)
		}
	}
}

// FuzzParseMembers wants every file to give accounts with proper ids, each once, or an error.
func FuzzParseMembers(f *testing.F) {
	for _, text := range []string{
		first + "\n" + second, "id,name\n" + first + ",a", `["` + first + `"]`, `{"Accounts":[{"Id":"` + first + `"}]}`,
		"\ufeff#\n\"" + first, `{"Accounts":null}`, `[[]]`, "\"a\nb\"\n", `{"accounts":[],"Accounts":["1"]}`,
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		members, err := ParseMembers(strings.NewReader(text))
		if err != nil {
			if len(members) > 0 || err.Error() == "" {
				t.Errorf("%d accounts beside the error %q", len(members), err)
			}
			return
		}
		seen := map[string]bool{}
		for _, m := range members {
			if !accountID.MatchString(m.ID) || seen[m.ID] {
				t.Errorf("account %q, or twice", m.ID)
			}
			seen[m.ID] = true
		}
		if len(members) == 0 {
			t.Error("neither an account nor an error")
		}
	})
}

func TestRoleName_in_any_notation(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"flowproof-read":  "flowproof-read",
		"service-role/X":  "service-role/X",
		"/service-role/X": "service-role/X",
		"/a/b/X":          "a/b/X",
		"arn:aws:iam::111111111111:role/service-role/X":   "service-role/X",
		"arn:aws-cn:iam::111111111111:role/flowproof@x,y": "flowproof@x,y",
		"": "", "/": "", "a/": "", "a//b": "", "//a": "", "a b": "", "arn:aws:iam::1:role/x": "", "arn:aws:iam::111111111111:user/x": "",
		strings.Repeat("x", 65): "",
	} {
		got, err := RoleName(text)
		if got != want || (err != nil) != (want == "") {
			t.Errorf("RoleName(%q) = %q and %v, want %q", text, got, err, want)
		}
	}
}
