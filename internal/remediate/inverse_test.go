package remediate

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestInverseIsDerived holds the derived inverse to the one that the planner writes, in every generated
// plan and in the old ones.
func TestInverseIsDerived(t *testing.T) {
	t.Parallel()
	kinds := map[Action]bool{}
	compare := func(p Plan) {
		for _, s := range p.Steps {
			got, err := p.inverseOf(s)
			if diff := cmp.Diff(asJSON(t, s.Inverse), asJSON(t, got)); diff != "" || err != nil {
				t.Fatalf("%s: %v %s", s.ID, err, diff)
			}
			if got != nil {
				kinds[got.Action] = true
			}
		}
	}
	for _, one := range plannedAccounts() {
		compare(one.plan)
	}
	for name := range oldRuns() {
		p, _ := oldPlan(t, name)
		compare(p)
	}
	if len(kinds) < 8 {
		t.Errorf("only %v were compared", kinds)
	}
}

// asJSON is a value as one line of JSON, whatever the spacing in it.
func asJSON(t *testing.T, value any) string {
	t.Helper()
	raw, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

// TestInverseOfTheFileIsNotBelieved rewrites the inverse of every step of old plans: what is derived
// names what the step is about, or nothing.
func TestInverseOfTheFileIsNotBelieved(t *testing.T) {
	t.Parallel()
	for name := range oldRuns() {
		p, _ := oldPlan(t, name)
		for _, s := range p.Steps {
			if s.Inverse == nil {
				continue
			}
			honest, err := p.inverseOf(s)
			if err != nil {
				t.Fatal(err)
			}
			for _, lie := range []string{
				`{}`, `{"logGroupName":"prod-audit"}`, `{"RoleName":"ProdAdmin","PolicyName":"p","PolicyDocument":"{}"}`,
				`{"Bucket":"prod-data","Policy":"{\"Statement\":[]}"}`, `{"FlowLogIds":["fl-0b"]}`,
			} {
				s.Inverse = &Inverse{Action: DeleteLogGroup, Resource: "prod-audit", API: API{"logs", "DeleteLogGroup", json.RawMessage(lie)}}
				got, err := p.inverseOf(s)
				if err == nil && asJSON(t, honest) != asJSON(t, got) {
					t.Errorf("%s: %s became %s", s.ID, lie, got.API.Input)
				}
			}
		}
	}
}
