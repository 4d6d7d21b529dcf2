package event

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"flowproof/internal/finding"
	"flowproof/internal/inventory"
)

// wholeExample has something in every field.
func wholeExample() finding.Finding {
	f := *findingIn(scopeOf("111111111111", "eu-west-1"), "a", "vpc-1").Finding
	f.Assurance = finding.Failing
	f.Message = "a \"name\" with \\ and \u2028 and <&> and \x00\x1b[31m"
	f.Resource.Name, f.Resource.Default = `","outcome":"pass`, true
	f.Evidence.FlowLogs = []inventory.FlowLog{{ID: "fl-1", Format: `${version} "}]`, Tags: map[string]string{"a": "]}"}}}
	f.Gaps = []inventory.Gap{{Kind: inventory.VPCs, API: "ec2:DescribeVpcs", Cause: inventory.Denied, Message: "no"}}
	f.Suppression = &finding.Suppression{Owner: "o", Reason: "r", Expires: "2027-01-01"}
	f.SuppressedOutcome, f.Baseline = finding.Fail, true
	return f
}

// A finding must not be decoded by the standard library because a field is new here: that would
// be slow and right, so nothing else would notice.
func TestWithoutEvidenceKnowsEveryField(t *testing.T) {
	t.Parallel()
	for _, f := range []finding.Finding{wholeExample(), *findingIn(scopeOf("1", "a"), "a", "vpc-1").Finding} {
		raw, err := json.Marshal(f)
		if err != nil {
			t.Fatal(err)
		}
		c := cursor{s: string(raw)}
		got := c.finding()
		if c.failed || c.at != len(raw) {
			t.Errorf("it stops at %d of %s", c.at, raw)
		}
		f.Evidence = finding.Evidence{}
		if diff := cmp.Diff(f, got); diff != "" {
			t.Error(diff)
		}
	}
}

// FuzzWithoutEvidence holds our decoding to the standard library's.
func FuzzWithoutEvidence(f *testing.F) {
	raw, err := json.Marshal(wholeExample())
	if err != nil {
		f.Fatal(err)
	}
	f.Add(raw)
	f.Add([]byte(`{"gaps":[],"resource":{"default":false},"evidence":{"flow_logs":[{}]},"suppression":null}`))
	f.Add([]byte(`{"message":"\\\"","Rule":"x","rule":"\ud800","gaps":null}`))
	f.Add([]byte(`{}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		var want finding.Finding
		if json.Unmarshal(raw, &want) != nil {
			return
		}
		// As our own encoder writes it: what it never writes may be read in either way.
		compact, err := json.Marshal(want)
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(compact, &want); err != nil {
			t.Fatal(err)
		}
		got, err := WithoutEvidence(compact)
		if err != nil {
			t.Fatal(err)
		}
		want.Evidence = finding.Evidence{}
		if got.Gaps == nil && len(want.Gaps) == 0 || want.Gaps == nil && len(got.Gaps) == 0 {
			want.Gaps, got.Gaps = nil, nil
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s\n%s", compact, diff)
		}
		if _, err := WithoutEvidence(raw); err != nil {
			t.Errorf("%s: %v", raw, err)
		}
	})
}
