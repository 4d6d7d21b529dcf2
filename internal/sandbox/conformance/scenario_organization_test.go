package conformance

import (
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"flowproof/internal/sandbox"
	"flowproof/internal/sandbox/mototest"
)

const organisedScenario = `
organization:
  role: flowproof-read
  external_id: 7f3a
  units: [{id: ou-sand-11111111, name: production}, {id: ou-sand-22222222, name: tests, parent: ou-sand-11111111}]
  empty_pages: true
accounts:
  - {id: "111111111111", name: management}
  - {id: "222222222222", name: shop, unit: ou-sand-11111111, roles: [{name: long, max_session: 7200, trust: '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111111111111:user/sandbox"},"Action":"sts:AssumeRole"}]}'}]}
  - {id: "333333333333", name: lab, unit: ou-sand-22222222, no_role: true, opted_in: [me-south-1]}
  - {id: "444444444444", name: old, state: SUSPENDED}
`

// organised serves a scenario's organisation, as seen by one of its accounts.
func organised(t *testing.T, account string) *world {
	t.Helper()
	scenario, err := sandbox.ParseScenario([]byte(organisedScenario))
	if err != nil {
		t.Fatal(err)
	}
	s, err := sandbox.New(scenario)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	listener := httptest.NewServer(s)
	t.Cleanup(listener.Close)
	env := mototest.Env(listener.URL)
	for i := range env {
		if strings.HasPrefix(env[i], "AWS_ACCESS_KEY_ID=") {
			env[i] = "AWS_ACCESS_KEY_ID=" + account
		}
	}
	return newWorld(t, "sandbox", account, env)
}

func TestAScenariosOrganisationIsListed(t *testing.T) {
	t.Parallel()
	w := organised(t, "111111111111")
	var all memberList
	w.cliAnswer(t, &all, "organizations", "list-accounts")
	states := map[string]string{}
	for _, a := range all.Accounts {
		states[a.ID+" "+a.Name] = a.State
	}
	want := map[string]string{"111111111111 management": "ACTIVE", "222222222222 shop": "ACTIVE", "333333333333 lab": "ACTIVE", "444444444444 old": "SUSPENDED"}
	if diff := cmp.Diff(want, states); diff != "" {
		t.Errorf("accounts (-want +got):\n%s", diff)
	}
	var below memberList
	w.cliAnswer(t, &below, "organizations", "list-accounts-for-parent", "--parent-id", "ou-sand-22222222")
	if len(below.Accounts) != 1 || below.Accounts[0].ID != "333333333333" {
		t.Errorf("accounts of the unit: %+v", below.Accounts)
	}
	var units struct{ OrganizationalUnits []struct{ ID, Name string } }
	w.cliAnswer(t, &units, "organizations", "list-organizational-units-for-parent", "--parent-id", "ou-sand-11111111")
	if len(units.OrganizationalUnits) != 1 || units.OrganizationalUnits[0].Name != "tests" {
		t.Errorf("units: %+v", units)
	}
	if code := w.cliAnswer(t, &below, "organizations", "list-accounts-for-parent", "--parent-id", "ou-sand-99999999"); code != "ParentNotFoundException" {
		t.Errorf("of a unit that there is not: %s", code)
	}
	if code := organised(t, "222222222222").cliAnswer(t, &all, "organizations", "list-accounts"); code != "AccessDeniedException" {
		t.Errorf("from a member account: %s", code)
	}
}

func TestAScenariosRolesAreLentToWhomTheyTrust(t *testing.T) {
	t.Parallel()
	role := func(account, name string) string { return "arn:aws:iam::" + account + ":role/" + name }
	for _, tt := range []struct {
		name, caller, arn, code string
		more                    []string
	}{
		{"trusted, with the external id", "111111111111", role("222222222222", "flowproof-read"), "", []string{"--external-id", "7f3a"}},
		{"another external id", "111111111111", role("222222222222", "flowproof-read"), "AccessDenied", []string{"--external-id", "else"}},
		{"no external id", "111111111111", role("222222222222", "flowproof-read"), "AccessDenied", nil},
		{"an account that is not trusted", "222222222222", role("111111111111", "flowproof-read"), "AccessDenied", []string{"--external-id", "7f3a"}},
		{"no such role", "111111111111", role("333333333333", "flowproof-read"), "AccessDenied", []string{"--external-id", "7f3a"}},
		{"a suspended account", "111111111111", role("444444444444", "flowproof-read"), "AccessDenied", []string{"--external-id", "7f3a"}},
		{"a user by ARN, for two hours", "111111111111", role("222222222222", "long"), "", []string{"--duration-seconds", "7200"}},
		{"longer than the role allows", "111111111111", role("222222222222", "long"), "ValidationError", []string{"--duration-seconds", "7201"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var lent struct {
				Credentials struct {
					AccessKeyID, SecretAccessKey, SessionToken string
					Expiration                                 time.Time
				}
				AssumedRoleUser struct{ Arn string }
			}
			args := append([]string{"sts", "assume-role", "--role-session-name", "jo", "--role-arn", tt.arn}, tt.more...)
			if code := organised(t, tt.caller).cliAnswer(t, &lent, args...); code != tt.code {
				t.Fatalf("code %q, want %q", code, tt.code)
			}
			if tt.code == "" && (lent.Credentials.SessionToken == "" || !strings.Contains(lent.AssumedRoleUser.Arn, ":assumed-role/") || lent.Credentials.Expiration.Before(time.Now())) {
				t.Errorf("lent %+v", lent)
			}
		})
	}
}

func TestAScenariosAccountsHaveRegions(t *testing.T) {
	t.Parallel()
	w := organised(t, "111111111111")
	var list struct {
		Regions []struct{ RegionName, RegionOptStatus string }
	}
	w.cliAnswer(t, &list, "account", "list-regions", "--account-id", "333333333333")
	status := map[string]string{}
	for _, r := range list.Regions {
		status[r.RegionName] = r.RegionOptStatus
	}
	if len(status) != 34 || status["me-south-1"] != "ENABLED" || status["eu-west-1"] != "ENABLED_BY_DEFAULT" || status["af-south-1"] != "DISABLED" {
		t.Errorf("%d Regions: %v", len(status), status)
	}
	if code := w.cliAnswer(t, &list, "account", "list-regions", "--account-id", "111111111111"); code != "AccessDeniedException" {
		t.Errorf("of the management account by its id: %s", code)
	}
	if code := w.cliAnswer(t, &list, "account", "list-regions"); code != "" {
		t.Errorf("of the caller's own: %s", code)
	}
}
