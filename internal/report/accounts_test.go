package report

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"flowproof/internal/inventory"
)

// triedAccounts is a document with an account of every kind, one with a name that is hostile.
func triedAccounts() Accounts {
	role := func(id string) string { return "arn:aws:iam::" + id + ":role/flowproof-read" }
	refusal := func(id string) *inventory.Gap {
		return &inventory.Gap{
			Kind: inventory.Accounts, API: "sts:AssumeRole", Cause: inventory.Denied,
			Message: "AccessDenied: User: arn:aws:iam::111111111111:user/audit is not authorized to perform: sts:AssumeRole on resource: " + role(id),
		}
	}
	a := Accounts{Caller: "arn:aws:iam::111111111111:user/audit", Role: "flowproof-read"}
	for _, x := range []Account{
		{ID: "333333333333", Name: "lab", Unit: "ou-ab12-22222222", State: "ACTIVE", Way: "role", Role: role("333333333333"), Status: Refused, Gap: refusal("333333333333")},
		{ID: "111111111111", Name: "security", Unit: "r-ab12", State: "ACTIVE", Way: "credentials", Status: Entered},
		{ID: "222222222222", Name: "shop \u202eevil\x1b[2J", Unit: "ou-ab12-11111111", State: "ACTIVE", Way: "role", Role: role("222222222222"), Status: Entered},
		{ID: "555555555555", Name: "payer", Unit: "r-ab12", State: "ACTIVE", Management: true, Way: "role", Role: role("555555555555"), Status: Refused, Gap: refusal("555555555555")},
		{ID: "444444444444", Name: "old", State: "PENDING_CLOSURE", Way: "none", Status: ClosedAccount},
		{ID: "666666666666", Way: "role", Role: role("666666666666"), Status: Entered},
	} {
		a.Add(x)
	}
	a.Gaps = []inventory.Gap{{Kind: inventory.Accounts, API: "organizations:ListAccounts", Cause: inventory.Throttled, Message: "TooManyRequestsException: slow down; accounts may be missing"}}
	return a
}

func TestAccountsAsTheyAreWritten(t *testing.T) {
	t.Parallel()
	for _, l := range []look{
		{"accounts.json", JSON, Options{}}, {"80.txt", Text, Options{}}, {"40.txt", Text, Options{Width: 40}},
		{"120-colour.txt", Text, Options{Width: 120, Colour: true}},
	} {
		var out bytes.Buffer
		if err := WriteAccounts(l.format, &out, triedAccounts(), l.Options); err != nil {
			t.Fatal(err)
		}
		file := filepath.Join("testdata", "accounts", l.file)
		if *update {
			if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(file, out.Bytes(), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), out.String()); diff != "" {
			t.Errorf("%s (-want +got; rewrite with -update):\n%s", file, diff)
		}
		if l.format == JSON {
			document, err := jsonschema.UnmarshalJSON(&out)
			if err != nil {
				t.Fatal(err)
			}
			if err := compiled(t, accountsSchema, true).Validate(document); err != nil {
				t.Error(err)
			}
		}
	}
}

func TestNoAccountsAreADocumentToo(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	if err := WriteAccounts(JSON, &out, Accounts{}, Options{}); err != nil {
		t.Fatal(err)
	}
	document, err := jsonschema.UnmarshalJSON(&out)
	if err != nil {
		t.Fatal(err)
	}
	if err := compiled(t, accountsSchema, true).Validate(document); err != nil {
		t.Error(err)
	}
	if err := WriteAccounts(JSONL, &out, Accounts{}, Options{}); err == nil || !strings.Contains(err.Error(), "text or json") {
		t.Errorf("error %v", err)
	}
}
