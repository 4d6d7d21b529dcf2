package conformance

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestDifferenceFits(t *testing.T) {
	t.Parallel()
	row := difference{operation: "DescribeVpcs", in: "a step", path: "Vpcs.*.Id", sandbox: "vpc-*", moto: ""}
	in, here := flow{name: "a flow"}, step{name: "a step", call: caller{operation: "DescribeVpcs"}}
	seen := field{path: "Vpcs.3.Id", ours: "vpc-1"}
	tests := map[string]struct {
		change func(d *difference, f *field)
		want   bool
	}{
		"what it describes":         {func(*difference, *field) {}, true},
		"in its flow":               {func(d *difference, _ *field) { d.in = "a flow" }, true},
		"in another step":           {func(d *difference, _ *field) { d.in = "another step" }, false},
		"of another operation":      {func(d *difference, _ *field) { d.operation = "DescribeSubnets" }, false},
		"of any operation":          {func(d *difference, _ *field) { d.operation = "*" }, true},
		"another field":             {func(_ *difference, f *field) { f.path = "Vpcs.3.Name" }, false},
		"a deeper field":            {func(_ *difference, f *field) { f.path = "Vpcs.3.Id.X" }, false},
		"any deeper field":          {func(d *difference, f *field) { d.path, f.path = "Vpcs.**", "Vpcs.3.Tags.0.Key" }, true},
		"not the list itself":       {func(d *difference, f *field) { d.path, f.path = "Vpcs.**", "Vpcs" }, false},
		"another value here":        {func(_ *difference, f *field) { f.ours = "subnet-1" }, false},
		"no value here":             {func(_ *difference, f *field) { f.ours = "" }, false},
		"a value there":             {func(_ *difference, f *field) { f.theirs = "vpc-2" }, false},
		"anything at all there":     {func(d *difference, f *field) { d.moto, f.theirs = "**", "vpc-2" }, true},
		"a value with a tail":       {func(d *difference, f *field) { d.sandbox, f.ours = "a*c", "abc" }, true},
		"a value with another tail": {func(d *difference, f *field) { d.sandbox, f.ours = "a*c", "abd" }, false},
		"two stars":                 {func(d *difference, f *field) { d.sandbox, f.ours = "a*c*e", "abcde" }, true},
		"two stars in wrong order":  {func(d *difference, f *field) { d.sandbox, f.ours = "a*d*c*e", "abcde" }, false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d, f := row, seen
			test.change(&d, &f)
			if got := d.fits(in, here, f); got != test.want {
				t.Errorf("fits is %v, want %v: %+v %+v", got, test.want, d, f)
			}
		})
	}
}

func TestAnswersAreNormalised(t *testing.T) {
	t.Parallel()
	answer := map[string]any{
		"vpcs": []any{
			map[string]any{"VpcId": "vpc-0123456789abcdef0", "OwnerId": "200000000001", "Tags": []any{}},
			map[string]any{"VpcId": "vpc-0123456789abcdef1", "Name": ""},
			map[string]any{"VpcId": "vpc-0123456789abcdef0", "CreateTime": "2026-01-01T00:00:00.123Z"},
		},
		"NextToken": "abc", "CreationTime": 1767225600000.0, "StartDate": "yesterday", "RoleId": "AROAABCDEFGHIJKLMNOP", "UserId": "somebody",
	}
	got := flatten(renamer{account: "200000000001", names: make(map[string]string)}.rename(treeOf(answer)))
	want := map[string]string{
		"Vpcs.0.VpcId": "vpc-(1)", "Vpcs.0.OwnerId": "(account)", "Vpcs.1.VpcId": "vpc-(2)", "Vpcs.2.VpcId": "vpc-(1)",
		"Vpcs.2.CreateTime": "(time)", "NextToken": "(token)", "CreationTime": "(time)",
		"StartDate": "yesterday", "RoleId": "(id)", "UserId": "somebody",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestCompare(t *testing.T) {
	t.Parallel()
	failed := map[string]string{"Error.Code": "NoSuchEntity", "Error.Status": "404", "Error.Message": "none"}
	tests := map[string]struct {
		ours, theirs map[string]string
		want         []field
	}{
		"the same":                {map[string]string{"a": "1"}, map[string]string{"a": "1"}, nil},
		"one more here and there": {map[string]string{"a": "1"}, map[string]string{"b": "2"}, []field{{"a", "1", ""}, {"b", "", "2"}}},
		"an error on one side":    {map[string]string{"a": "1"}, failed, []field{{"Outcome", "success", "404 NoSuchEntity"}}},
		"another message": {failed, map[string]string{"Error.Code": "NoSuchEntity", "Error.Status": "404", "Error.Message": "nothing"},
			[]field{{"Error.Message", "none", "nothing"}}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(test.want, compare(test.ours, test.theirs), cmp.AllowUnexported(field{})); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestListsAreKeyed(t *testing.T) {
	t.Parallel()
	tree := treeOf(map[string]any{"Vpcs": []any{
		map[string]any{"Cidr": "10.2.0.0/16", "Tags": []any{map[string]any{"Key": "b"}, map[string]any{"Key": "a"}}},
		map[string]any{"Cidr": "10.1.0.0/16"},
	}})
	tree = keyed(tree, "Vpcs.*.Tags", "Key")
	tree = keyed(tree, "Vpcs", "Cidr")
	want := map[string]string{
		"Vpcs.10_1_0_0_16.Cidr": "10.1.0.0/16", "Vpcs.10_2_0_0_16.Cidr": "10.2.0.0/16",
		"Vpcs.10_2_0_0_16.Tags.a.Key": "a", "Vpcs.10_2_0_0_16.Tags.b.Key": "b",
	}
	if diff := cmp.Diff(want, flatten(tree)); diff != "" {
		t.Error(diff)
	}
}
