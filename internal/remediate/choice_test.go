package remediate_test

import (
	"strings"
	"testing"

	"flowproof/internal/inventory"
	"flowproof/internal/remediate"
)

func TestCheckChoice(t *testing.T) {
	t.Parallel()
	read := inventory.Inventory{
		Target: inventory.Target{Scope: inventory.Scope{Partition: "aws", Account: "123456789012", Region: "eu-west-1"}},
		VPCs: []inventory.VPC{
			{ID: "vpc-0a1", Tags: map[string]string{"env": "prod", "team": "a"}},
			{ID: "vpc-0b2", Tags: map[string]string{"env": "test"}},
		},
		TransitGateways: []inventory.TransitGateway{{ID: "tgw-1", Tags: map[string]string{"env": "net"}}},
	}
	unread := inventory.Inventory{Target: inventory.Target{Scope: inventory.Scope{Partition: "aws", Account: "123456789012", Region: "eu-west-2"}}}
	unread.Fail("ec2:DescribeVpcs", inventory.Denied, "no", inventory.VPCs)
	regions := inventory.Inventory{Target: inventory.Target{Scope: inventory.Scope{Partition: "aws", Account: "123456789012", Region: "*"}}}
	regions.Fail("ec2:DescribeRegions", inventory.Denied, "no", inventory.Regions)
	tests := []struct {
		name      string
		resources []string
		tags      map[string]string
		also      []inventory.Inventory
		want      string
	}{
		{name: "nothing chosen"},
		{name: "by id", resources: []string{"vpc-0a1"}},
		{name: "by pattern", resources: []string{"vpc-0*", "tgw-*"}},
		{name: "by tag", tags: map[string]string{"env": "prod", "team": "a"}},
		{name: "a gateway by tag", tags: map[string]string{"env": "net"}},
		{name: "an id that is not there", resources: []string{"vpc-0a2"}, want: `--resource vpc-0a2 fits none of the 3 VPCs and transit gateways that were read: the nearest is "vpc-0a1"`},
		{name: "one of two that is not there", resources: []string{"vpc-0a1", "subnet-*"}, want: "--resource subnet-* fits none"},
		{name: "a value that is not there", tags: map[string]string{"env": "prd"}, want: `--tag env=prd: nothing that was read has this value: the nearest is "prod"`},
		{name: "a key that is not there", tags: map[string]string{"Env": "prod"}, want: `none of the 3 VPCs and transit gateways that were read has the tag "Env": the nearest is "env"`},
		{name: "each fits and nothing fits all", resources: []string{"vpc-0b2"}, tags: map[string]string{"env": "prod"}, want: "nothing fits all of them"},
		{name: "two tags of two VPCs", tags: map[string]string{"env": "test", "team": "a"}, want: "nothing fits all of them"},
		{name: "not there, where something was not read", resources: []string{"vpc-1"}, also: []inventory.Inventory{unread}},
		{name: "not there, where Regions were not read", tags: map[string]string{"x": "y"}, also: []inventory.Inventory{regions}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			in := remediate.Input{
				Inventories: append([]inventory.Inventory{read}, tt.also...),
				Policy:      remediate.Policy{Resources: tt.resources, ChosenTags: tt.tags},
			}
			err := in.CheckChoice()
			if tt.want == "" && err != nil || tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)) {
				t.Errorf("error %v, want %q", err, tt.want)
			}
		})
	}
}
