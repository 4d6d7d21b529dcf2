package conformance

import (
	"encoding/json"
	"net/http/httptest"
	"testing"

	"flowproof/internal/sandbox"
	"flowproof/internal/sandbox/fleet"
	"flowproof/internal/sandbox/mototest"
)

// An organisation in moto has other units and accounts than one of a fleet: here the AWS CLI alone
// holds the answers to the models of the services, and the fleet says what they must be.

// organisation serves the fleet that a text describes.
func organisation(t *testing.T, text string) (*fleet.Fleet, *world) {
	t.Helper()
	spec, err := fleet.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	f := sandbox.Organisation(spec)
	s := sandbox.NewFleet(f)
	t.Cleanup(s.Close)
	listener := httptest.NewServer(s)
	t.Cleanup(listener.Close)
	return f, newWorld(t, "fleet", f.AccountID(0), mototest.Env(listener.URL))
}

// cliAnswer runs the AWS CLI and reads its answer, or the code of its error.
func (w *world) cliAnswer(t *testing.T, answer any, args ...string) (code string) {
	t.Helper()
	got, err := cliCall(args...).do(t.Context(), w)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := json.Marshal(got)
	if err != nil {
		t.Fatal(err)
	}
	var failure struct{ Error struct{ Code string } }
	if err := json.Unmarshal(raw, &failure); err != nil || failure.Error.Code != "" {
		return failure.Error.Code
	}
	if err := json.Unmarshal(raw, answer); err != nil {
		t.Fatalf("%v: %v\n%s", args, err, raw)
	}
	return ""
}

type memberList struct {
	Accounts []struct{ ID, Name, Email, Status, State, JoinedMethod, Arn string }
}

func TestListOfAccounts(t *testing.T) {
	t.Parallel()
	f, w := organisation(t, "accounts=70,suspended=30%,empty-pages=50%,hostile=20%,throttle=off")
	var all memberList
	w.cliAnswer(t, &all, "organizations", "list-accounts")
	if len(all.Accounts) != 70 {
		t.Errorf("%d accounts", len(all.Accounts))
	}
	for n, a := range all.Accounts {
		if a.ID != f.AccountID(n) || a.State != string(f.State(n)) || a.Name != f.AccountName(n) || a.Status == "CLOSED" {
			t.Errorf("account %d: %+v", n, a)
		}
	}
	var about struct {
		Organization struct{ ID, MasterAccountID string }
	}
	w.cliAnswer(t, &about, "organizations", "describe-organization")
	if about.Organization.MasterAccountID != f.AccountID(0) {
		t.Errorf("%+v", about)
	}
}

type unitList struct {
	OrganizationalUnits []struct{ ID, Name string }
}

func TestUnitsAndTheirAccounts(t *testing.T) {
	t.Parallel()
	f, w := organisation(t, "accounts=400,empty-pages=20%,throttle=off")
	root := f.Root().ID
	var top, below unitList
	w.cliAnswer(t, &top, "organizations", "list-organizational-units-for-parent", "--parent-id", root)
	unit := top.OrganizationalUnits[0].ID
	w.cliAnswer(t, &below, "organizations", "list-organizational-units-for-parent", "--parent-id", unit)
	stage := below.OrganizationalUnits[0].ID
	var in memberList
	var children, parents struct {
		Children, Parents []struct{ ID, Type string }
	}
	w.cliAnswer(t, &in, "organizations", "list-accounts-for-parent", "--parent-id", stage)
	w.cliAnswer(t, &children, "organizations", "list-children", "--parent-id", stage, "--child-type", "ACCOUNT")
	if len(in.Accounts) < 30 || len(in.Accounts) != len(children.Children) {
		t.Fatalf("%d accounts, %d children", len(in.Accounts), len(children.Children))
	}
	for i, a := range in.Accounts {
		if n, ok := f.Number(a.ID); !ok || f.UnitOf(n).ID != stage || children.Children[i].ID != a.ID {
			t.Errorf("account %s is listed in a unit that it is not in", a.ID)
		}
	}
	w.cliAnswer(t, &parents, "organizations", "list-parents", "--child-id", stage)
	if parents.Parents[0].ID != unit || parents.Parents[0].Type != "ORGANIZATIONAL_UNIT" {
		t.Errorf("parent of %s: %+v", stage, parents)
	}
}

func TestRegionsOfAnotherAccount(t *testing.T) {
	t.Parallel()
	f, w := organisation(t, "accounts=40,regions=20,opted-in=20%,denied=100%")
	var out struct {
		Regions []struct{ RegionName, RegionOptStatus string }
	}
	w.cliAnswer(t, &out, "account", "list-regions", "--account-id", f.AccountID(9))
	if len(out.Regions) != 34 {
		t.Errorf("%d Regions", len(out.Regions))
	}
	for _, r := range out.Regions {
		if enabled := r.RegionOptStatus != "DISABLED"; enabled != f.Enabled(9, f.Region(r.RegionName)) {
			t.Errorf("%+v", r)
		}
	}
}

func TestOnlyAdministratorsReadTheOrganization(t *testing.T) {
	t.Parallel()
	f, w := organisation(t, "accounts=40,list-regions=off")
	if code := w.cliAnswer(t, new(any), "account", "list-regions", "--account-id", f.AccountID(9)); code != "AccessDeniedException" {
		t.Errorf("list-regions=off: %q", code)
	}
	for n, want := range []string{"", "", "AccessDeniedException"} {
		member := *w
		member.env = append(member.env[:len(member.env):len(member.env)], "AWS_ACCESS_KEY_ID="+f.AccountID(n))
		if code := member.cliAnswer(t, new(any), "organizations", "list-accounts"); code != want {
			t.Errorf("account %d: %q, want %q", n, code, want)
		}
	}
}
