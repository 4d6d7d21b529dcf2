package snapshot_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"flowproof/internal/inventory"
)

func named() inventory.Named {
	return inventory.Named{
		Asked: inventory.Names{LogGroupPrefix: "/f/", Roles: []string{"r"}, Buckets: []string{"b"}, Streams: []string{"s"}},
		LogGroups: []inventory.LogGroup{{
			Name: "/f/g", RetentionDays: 1, KMSKey: "k", Class: "STANDARD", StoredBytes: 1, Created: readAt, Tags: map[string]string{"a": "b"},
			RetentionPolicy: "base", Protected: true,
		}},
		Roles: []inventory.Role{{
			Name: "r", ARN: "arn:r", Trust: "{}", Boundary: "arn:b", Tags: map[string]string{"a": "b"},
			Inline: []inventory.RolePolicy{{Name: "p", Document: "{}"}}, Attached: []inventory.RolePolicy{{Name: "arn:p", Document: "{}"}},
		}},
		Buckets: []inventory.Bucket{{Name: "b", Region: "eu-west-1", Owned: true, Policy: "{}"}},
		Streams: []inventory.Stream{{Name: "s", ARN: "s", Status: "ACTIVE", Source: "DirectPut"}},
	}
}

func TestWhat_was_asked_for_by_name_comes_back_with_its_kind(t *testing.T) {
	t.Parallel()
	saved := full()[1]
	saved.Kinds = slices.Concat(inventory.NamedKinds(), both)
	saved.Named = named()
	other := full()[0]
	other.Kinds = []inventory.Kind{inventory.Roles, inventory.VPCs}
	s := open(t, save(t, "s.json", saved, other, full()[2]))

	target := inventory.Target{Scope: saved.Scope}
	for name, test := range map[string]struct {
		kinds []inventory.Kind
		want  inventory.Named
	}{
		"all":  {inventory.NamedKinds(), named()},
		"none": {both, inventory.Named{}},
		"one": {[]inventory.Kind{inventory.Buckets}, inventory.Named{
			Asked: inventory.Names{Buckets: []string{"b"}}, Buckets: named().Buckets,
		}},
	} {
		got := s.Read(t.Context(), target, test.kinds)
		if diff := cmp.Diff(test.want, got.Named); diff != "" || len(got.Gaps) > 0 {
			t.Errorf("%s: gaps %v, %s", name, got.Gaps, diff)
		}
	}
	if diff := cmp.Diff([]inventory.Kind{inventory.Roles, inventory.VPCs}, s.Kinds()); diff != "" {
		t.Errorf("the kinds that every scope has (a disabled Region has none): %s", diff)
	}
}
