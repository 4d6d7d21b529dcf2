package inventory

import (
	"slices"
	"testing"
)

func TestNamedThingsAreKnownOnlyWhereTheyWereAskedFor(t *testing.T) {
	t.Parallel()
	inv := &Inventory{
		Kinds: []Kind{LogGroups, Roles, Buckets, Streams},
		Named: Named{
			Asked:     Names{LogGroupPrefix: "/flowproof/", Role: "delivery", Bucket: "central"},
			LogGroups: []LogGroup{{Name: "/flowproof/vpc-1"}},
			Roles:     []Role{{Name: "delivery"}},
		},
	}
	group := func(name string) [2]bool {
		_, exists, known := inv.LogGroup(name)
		return [2]bool{exists, known}
	}
	_, bucketExists, bucketKnown := inv.Bucket("central")
	_, otherExists, otherKnown := inv.Role("other")
	_, streamExists, streamKnown := inv.Stream("arn:aws:firehose:eu-west-1:1:deliverystream/s")
	for name, got := range map[string][2][2]bool{
		"a group that is there":           {group("/flowproof/vpc-1"), {true, true}},
		"a group that is not":             {group("/flowproof/vpc-2"), {false, true}},
		"a group nobody asked for":        {group("/other"), {false, false}},
		"a bucket that is not there":      {{bucketExists, bucketKnown}, {false, true}},
		"a role nobody asked for":         {{otherExists, otherKnown}, {false, false}},
		"a stream of another scope":       {{streamExists, streamKnown}, {false, false}},
		"a group with nothing of its own": {group(""), {false, false}},
	} {
		if got[0] != got[1] {
			t.Errorf("%s: exists and known are %v, want %v", name, got[0], got[1])
		}
	}
	inv.Fail("logs:DescribeLogGroups", Denied, "no", LogGroups)
	if got := group("/flowproof/vpc-2"); got != [2]bool{false, false} {
		t.Errorf("after a gap a group that was not seen is %v, want not known", got)
	}
	if got := group("/flowproof/vpc-1"); got != [2]bool{true, true} {
		t.Errorf("after a gap a group that was seen is %v, want known", got)
	}
}

func TestNamesTakeTheirScope(t *testing.T) {
	t.Parallel()
	n := Names{LogGroupPrefix: "/flowproof/{account}/", Stream: "arn:aws:firehose:{region}:{account}:deliverystream/s"}
	got := n.For(Scope{"aws", "123456789012", "eu-west-1"})
	want := Names{LogGroupPrefix: "/flowproof/123456789012/", Stream: "arn:aws:firehose:eu-west-1:123456789012:deliverystream/s"}
	if got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	if kinds := got.Kinds(); !slices.Equal(kinds, []Kind{LogGroups, Streams}) {
		t.Errorf("kinds are %v", kinds)
	}
}
