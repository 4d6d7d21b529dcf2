package rules_test

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"flowproof/internal/finding"
	"flowproof/internal/inventory"
	"flowproof/internal/rule"
	"flowproof/internal/rules"
)

func ids(list []rule.Rule) []string {
	var ids []string
	for _, r := range list {
		ids = append(ids, r.ID)
	}
	return ids
}

func TestAll_is_the_folders(t *testing.T) {
	t.Parallel()
	entries, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	var folders []string
	for _, e := range entries {
		if e.IsDir() {
			folders = append(folders, e.Name())
		}
	}
	got := ids(rules.All())
	slices.Sort(got)
	if diff := cmp.Diff(folders, got); diff != "" {
		t.Errorf("rules are not the folders beside them (-folders +rules):\n%s", diff)
	}
}

func TestMetadata(t *testing.T) {
	t.Parallel()
	kebab := regexp.MustCompile(`^[a-z]+(-[a-z]+)*-check$`)
	seen := map[string]string{}
	for _, r := range rules.All() {
		if !kebab.MatchString(r.ID) {
			t.Errorf("%q is no id of a rule", r.ID)
		}
		if r.Title == "" || strings.TrimSpace(r.Title) != r.Title {
			t.Errorf("%s has the title %q", r.ID, r.Title)
		}
		for what, value := range map[string]string{"title": r.Title, "page": r.Page} {
			if other, ok := seen[what+value]; ok {
				t.Errorf("%s and %s have the same %s", other, r.ID, what)
			}
			seen[what+value] = r.ID
		}
		if !slices.Contains(finding.Severities(), r.Severity) {
			t.Errorf("%s has the severity %q", r.ID, r.Severity)
		}
		if !slices.Contains([]string{finding.VPCType, finding.FlowLogType, finding.TransitGatewayType}, r.Resource) {
			t.Errorf("%s judges %q", r.ID, r.Resource)
		}
		if len(r.Needs) == 0 || slices.Contains(r.Needs, inventory.Regions) {
			t.Errorf("%s needs %v", r.ID, r.Needs)
		}
		page, err := os.ReadFile(r.ID + "/page.md")
		if err != nil || string(page) != r.Page || strings.TrimSpace(r.Page) == "" {
			t.Errorf("%s has a page of %d bytes, which is not that of its folder (%v)", r.ID, len(r.Page), err)
		}
		if !strings.HasPrefix(r.Page, "# "+r.Title+"\n") {
			t.Errorf("the page of %s does not begin with its title", r.ID)
		}
	}
}

// TestNeeds holds a rule to what it declares: a gap in anything else must not change its findings, and one in
// what it needs must show in them.
func TestNeeds(t *testing.T) {
	t.Parallel()
	policy := rule.DefaultPolicy()
	policy.Encryption = true
	for _, r := range rules.All() {
		whole := inventory.Inventory{
			Target: inventory.Target{Scope: inventory.Scope{Partition: "aws", Account: "111122223333", Region: "eu-west-1"}},
			Kinds:  slices.Concat(r.Needs, []inventory.Kind{inventory.FlowLogs, inventory.VPCs}), VPCs: []inventory.VPC{{ID: "vpc-1"}},
			TransitGateways: []inventory.TransitGateway{{ID: "tgw-1"}},
			FlowLogs: []inventory.FlowLog{
				{ID: "fl-1", ResourceID: "eni-1", Status: "ACTIVE", LogGroup: "g", Role: "arn:aws:iam::111122223333:role/r"},
				{ID: "fl-2", ResourceID: "eni-1", Status: "ACTIVE", DestinationType: inventory.ToS3, Destination: "arn:aws:s3:::b"},
			},
		}
		whole.Normalize()
		whole.Named.Asked = whole.ReferredTo()
		for _, kind := range append(whole.Kinds, "unheard-of") {
			gapped := whole
			gapped.Fail("api", inventory.Denied, "no", kind)
			changed := !cmp.Equal(rule.Judge([]rule.Rule{r}, &whole, policy), rule.Judge([]rule.Rule{r}, &gapped, policy))
			if needs := slices.Contains(r.Needs, kind); changed != needs {
				t.Errorf("%s: a gap in %s changes findings: %v; declared as needed: %v", r.ID, kind, changed, needs)
			}
		}
	}
}

func TestSet(t *testing.T) {
	t.Parallel()
	for name, want := range map[string][]string{
		"page":    {"vpc-flow-log-check"},
		"default": {"vpc-flow-log-check", "flow-log-delivery-check", "flow-log-traffic-check"},
		"full":    ids(rules.All()),
	} {
		set, err := rules.Set(name)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, ids(set)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	if _, err := rules.Set("most"); err == nil || !strings.Contains(err.Error(), "page, default or full") {
		t.Errorf("error %v, want one that names the sets", err)
	}
}

func TestDefault_set_needs_two_lists(t *testing.T) {
	t.Parallel()
	set, err := rules.Set("default")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]inventory.Kind{inventory.FlowLogs, inventory.VPCs}, rule.Needs(set, rule.DefaultPolicy())); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
