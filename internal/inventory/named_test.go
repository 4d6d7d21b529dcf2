package inventory

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestNamedThingsAreKnownOnlyWhereTheyWereAskedFor(t *testing.T) {
	t.Parallel()
	inv := &Inventory{
		Kinds: []Kind{LogGroups, Roles, Buckets, Streams},
		Named: Named{
			Asked:     Names{LogGroupPrefix: "/flowproof/", Roles: []string{"delivery"}, Buckets: []string{"central"}},
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
	n := Names{LogGroupPrefix: "/flowproof/{account}/", Streams: []string{"arn:aws:firehose:{region}:{account}:deliverystream/s"}}
	got := n.For(Scope{"aws", "123456789012", "eu-west-1"})
	want := Names{LogGroupPrefix: "/flowproof/123456789012/", Streams: []string{"arn:aws:firehose:eu-west-1:123456789012:deliverystream/s"}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("names (-want +got):\n%s", diff)
	}
	if kinds := got.Kinds(); !slices.Equal(kinds, []Kind{LogGroups, Streams}) {
		t.Errorf("kinds are %v", kinds)
	}
}

func TestAGapAboutOneThingLeavesTheOthersKnown(t *testing.T) {
	t.Parallel()
	inv := &Inventory{
		Kinds: []Kind{FlowLogs, Destinations},
		Named: Named{Asked: Names{Buckets: []string{"central", "gone", "locked"}}, Buckets: []Bucket{{Name: "central"}}},
	}
	inv.Gaps = []Gap{{Kind: Destinations, API: "s3:GetBucketPolicy", Cause: Denied, Message: "no", Resource: "locked"}}
	got := map[string][2]bool{}
	for _, name := range []string{"central", "gone", "locked", "other"} {
		_, exists, known := inv.Bucket(name)
		got[name] = [2]bool{exists, known}
	}
	want := map[string][2]bool{"central": {true, true}, "gone": {false, true}, "locked": {false, false}, "other": {false, false}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("exists and known (-want +got):\n%s", diff)
	}
	if inv.Whole(Destinations) {
		t.Error("a kind with a gap about one thing is whole")
	}
}

func TestOnlyIsWhatWouldHaveBeenRead(t *testing.T) {
	t.Parallel()
	inv := &Inventory{
		Kinds: []Kind{VPCs, Subnets, Interfaces, DeliveryRoles}, VPCs: []VPC{{ID: "vpc-1"}}, Subnets: []Subnet{{ID: "subnet-1"}},
		Interfaces: []Interface{{ID: "eni-1"}}, Named: Named{Asked: Names{Roles: []string{"r"}}, Roles: []Role{{Name: "r"}}},
		Target: Target{Gaps: []Gap{{Kind: VPCs, API: "a"}, {Kind: Interfaces, API: "b"}, {Kind: Regions, API: "c"}}},
	}
	got := inv.Only([]Kind{VPCs, Subnets})
	want := Inventory{
		Kinds: []Kind{VPCs, Subnets}, VPCs: []VPC{{ID: "vpc-1"}}, Subnets: []Subnet{{ID: "subnet-1"}},
		Target: Target{Gaps: []Gap{{Kind: VPCs, API: "a"}, {Kind: Regions, API: "c"}}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("kept (-want +got):\n%s", diff)
	}
}
