package finding_test

import (
	"encoding/json"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"flowproof/internal/finding"
	"flowproof/internal/inventory"
)

func TestAssurance_in_JSON(t *testing.T) {
	t.Parallel()
	for _, a := range append(finding.Assurances(), "") {
		b, err := json.Marshal(a)
		if err != nil {
			t.Fatal(err)
		}
		if want := `"` + string(a) + `"`; a != "" && string(b) != want {
			t.Errorf("%q is %s", a, b)
		}
		if a == "" && string(b) != "null" {
			t.Errorf("an empty assurance is %s, want null", b)
		}
		var back finding.Assurance
		if err := json.Unmarshal(b, &back); err != nil || back != a {
			t.Errorf("%s is read as %q, %v", b, back, err)
		}
	}
}

func TestFinding_has_every_key(t *testing.T) {
	t.Parallel()
	b, err := json.Marshal(finding.Finding{Evidence: finding.Evidence{FlowLogs: []inventory.FlowLog{}}, Gaps: []inventory.Gap{}})
	if err != nil {
		t.Fatal(err)
	}
	want := `{"fingerprint":"","rule":"","outcome":"","severity":"","assurance":null,"message":"",` +
		`"resource":{"arn":"","type":"","id":"","name":"","account":"","region":"","owner":"","default":false},` +
		`"evidence":{"flow_logs":[]},"gaps":[],"suppression":null}`
	if diff := cmp.Diff(want, string(b)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestFingerprint(t *testing.T) {
	t.Parallel()
	const arn = "arn:aws:ec2:eu-west-1:111122223333:vpc/vpc-1"
	if got, want := finding.Fingerprint("a-check", arn, ""), "a-check@"+arn; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got, want := finding.Fingerprint("a-check", arn, finding.SeenFrom("444455556666")), "a-check@"+arn+"#seen-from:444455556666"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestResource_scope(t *testing.T) {
	t.Parallel()
	r := finding.Resource{ARN: "arn:aws-cn:ec2:cn-north-1:444455556666:vpc/vpc-1", Account: "111122223333", Region: "cn-north-1", Owner: "444455556666"}
	want := inventory.Scope{Partition: "aws-cn", Account: "111122223333", Region: "cn-north-1"}
	if got := r.Scope(); got != want {
		t.Errorf("Scope() = %v, want the scope that was read, %v", got, want)
	}
	if got := (finding.Resource{ARN: "none"}).Scope(); got != (inventory.Scope{}) {
		t.Errorf("Scope() without an ARN = %v", got)
	}
}

func TestCompare(t *testing.T) {
	t.Parallel()
	at := func(kind, id, rule, fingerprint string) finding.Finding {
		return finding.Finding{Resource: finding.Resource{Type: kind, ID: id}, Rule: rule, Fingerprint: fingerprint}
	}
	want := []finding.Finding{
		at("a", "vpc-1", "a-check", "1"), at("a", "vpc-1", "a-check", "2"), at("a", "vpc-1", "b-check", "0"),
		at("a", "vpc-2", "a-check", "0"), at("b", "vpc-0", "a-check", "0"),
	}
	r := rand.New(rand.NewPCG(1, 1))
	for range 20 {
		got := slices.Clone(want)
		r.Shuffle(len(got), func(i, j int) { got[i], got[j] = got[j], got[i] })
		slices.SortFunc(got, finding.Compare)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("order (-want +got):\n%s", diff)
		}
	}
}

func TestLists_are_in_order_and_whole(t *testing.T) {
	t.Parallel()
	if diff := cmp.Diff([]finding.Outcome{"pass", "fail", "unknown", "not-applicable", "suppressed"}, finding.Outcomes()); diff != "" {
		t.Errorf("outcomes (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]finding.Severity{"low", "medium", "high", "critical"}, finding.Severities()); diff != "" {
		t.Errorf("severities (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]finding.Assurance{"absent", "inactive", "failing", "unproven", "delivering"}, finding.Assurances()); diff != "" {
		t.Errorf("assurances (-want +got):\n%s", diff)
	}
}

func TestSuppress(t *testing.T) {
	t.Parallel()
	own := finding.Resource{Account: "111122223333", Owner: "111122223333"}
	foreign := finding.Resource{Account: "111122223333", Owner: "444455556666"}
	gaps := []inventory.Gap{{API: "ec2:DescribeFlowLogs"}}
	for name, tt := range map[string]struct {
		finding finding.Finding
		want    bool
	}{
		"a fail":                          {finding.Finding{Outcome: finding.Fail, Resource: own}, true},
		"an unknown that AWS leaves":      {finding.Finding{Outcome: finding.Unknown, Resource: own}, true},
		"an unknown because of a gap":     {finding.Finding{Outcome: finding.Unknown, Resource: own, Gaps: gaps}, false},
		"a pass":                          {finding.Finding{Outcome: finding.Pass, Resource: own}, false},
		"what does not apply":             {finding.Finding{Outcome: finding.NotApplicable, Resource: own}, false},
		"what is suppressed already":      {finding.Finding{Outcome: finding.Suppressed, Resource: own}, false},
		"a VPC that another account owns": {finding.Finding{Outcome: finding.Unknown, Resource: foreign}, false},
	} {
		if got := tt.finding.Suppressible(); got != tt.want {
			t.Errorf("%s: may be suppressed: %v, want %v", name, got, tt.want)
		}
	}
	f := finding.Finding{Outcome: finding.Fail, Resource: own}
	by := finding.Suppression{Owner: "network", Reason: "empty", Expires: "2027-01-01"}
	f.Suppress(by)
	want := finding.Finding{Outcome: finding.Suppressed, SuppressedOutcome: finding.Fail, Suppression: &by, Resource: own}
	if diff := cmp.Diff(want, f); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
