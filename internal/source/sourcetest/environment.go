package sourcetest

import (
	"fmt"
	"time"

	"flowproof/internal/inventory"
	"flowproof/internal/rule"
)

// The accounts of the environments.
const (
	Account = "111122223333"
	Other   = "444455556666"
)

var created = time.Date(2024, 5, 1, 10, 0, 0, 0, time.UTC)

const format = "${version} ${account-id} ${interface-id} ${srcaddr} ${dstaddr} ${srcport} ${dstport} ${protocol} " +
	"${packets} ${bytes} ${start} ${end} ${action} ${log-status}"

// Environments is the table: every row of the verdict table, and what recorded answers taught.
func Environments() []Environment {
	return []Environment{
		one("no VPC at all"),
		one("no flow log", own("vpc-1")),
		one("an unused default VPC", isDefault(own("vpc-1"))),
		one("one that works", own("vpc-1"), toGroup("fl-1", "vpc-1", "ALL")),
		one("not active", own("vpc-1"), with(toGroup("fl-1", "vpc-1", "ALL"), func(l *inventory.FlowLog) { l.Status = "DELETED" })),
		one("failing", own("vpc-1"), failing(toGroup("fl-1", "vpc-1", "ALL"), "FAILED", "Access error")),
		one("failing without a status", own("vpc-1"), failing(toGroup("fl-1", "vpc-1", "ALL"), "", "Rate limited")),
		one("neither status nor error", own("vpc-1"), failing(toGroup("fl-1", "vpc-1", "ALL"), "", "")),
		one("one that fails beside one that works", own("vpc-1"),
			failing(toGroup("fl-1", "vpc-1", "ALL"), "FAILED", "Unknown error"), toBucket("fl-2", "vpc-1", "ALL")),
		one("rejected traffic only", own("vpc-1"), toBucket("fl-1", "vpc-1", "REJECT")),
		one("accepted traffic only", own("vpc-1"), toBucket("fl-1", "vpc-1", "ACCEPT")),
		one("accepted and rejected apart", own("vpc-1"), toBucket("fl-1", "vpc-1", "ACCEPT"), toGroup("fl-2", "vpc-1", "REJECT")),
		one("subnets and interfaces only", own("vpc-1"), toGroup("fl-1", "subnet-1", "ALL"), toGroup("fl-2", "eni-1", "REJECT")),
		one("a subnet recorded, an interface recorded, one outside", own("vpc-1"), subnet("subnet-1", "vpc-1"), subnet("subnet-2", "vpc-1"),
			eni("eni-1", "vpc-1", "subnet-1"), eni("eni-2", "vpc-1", "subnet-2"), eni("eni-3", "vpc-1", "subnet-2"),
			toGroup("fl-1", "subnet-1", "ALL"), toBucket("fl-2", "eni-2", "REJECT")),
		one("interfaces of a participant", own("vpc-1"), subnet("subnet-1", "vpc-1"), toGroup("fl-1", "subnet-9", "ALL"),
			inventory.Interface{ID: "eni-1", VPCID: "vpc-1", SubnetID: "subnet-1", OwnerID: Other, Status: "available", Type: "lambda"}),
		one("transit gateways with and without", inventory.TransitGateway{ID: "tgw-1", OwnerID: Account, State: "available"},
			inventory.TransitGateway{ID: "tgw-2", OwnerID: Other, State: "available", Tags: map[string]string{"Name": "core"}},
			inventory.TransitGateway{ID: "tgw-3", OwnerID: Account, State: "deleted"},
			inventory.TransitGateway{ID: "tgw-4", OwnerID: Account, State: "available"},
			inventory.GatewayAttachment{ID: "tgw-attach-1", GatewayID: "tgw-1", ResourceType: "vpc", ResourceID: "vpc-1", OwnerID: Account, State: "available"},
			toBucket("fl-1", "tgw-4", ""), toBucket("fl-2", "tgw-attach-1", "")),
		one("a regional NAT gateway beside a zonal one", own("vpc-1"), toGroup("fl-1", "vpc-1", "ALL"),
			inventory.NATGateway{ID: "nat-1", VPCID: "vpc-1", Mode: "regional", State: "available"},
			inventory.NATGateway{ID: "nat-2", VPCID: "vpc-1", Mode: "zonal", State: "available"}),
		one("a transit gateway", own("vpc-1"), with(toBucket("fl-1", "tgw-1", ""), func(l *inventory.FlowLog) { l.Interval = 60 })),
		one("a flow log whose records show tags", own("vpc-1"), with(toBucket("fl-1", "vpc-1", "ALL"), func(l *inventory.FlowLog) {
			l.Format = "${version} ${instance-tag} ${instance-tag-2} ${asg-tag}"
			l.TagFields = []inventory.TagField{{Resource: "instance", Keys: []string{"Name", "größe"}}, {Resource: "auto-scaling-group", Keys: []string{"team"}}}
		})),
		one("parts of a Cloud WAN", own("vpc-1"), toBucket("fl-1", "core-network-1", ""), toBucket("fl-2", "attachment-1", ""), toBucket("fl-3", "core-network-edge-1", "")),
		one("a stream, parquet, hourly", own("vpc-1"), with(toBucket("fl-1", "vpc-1", "ALL"), func(l *inventory.FlowLog) {
			l.FileFormat, l.Hive, l.PerHour = "parquet", true, true
		}), with(toBucket("fl-2", "vpc-1", "ALL"), func(l *inventory.FlowLog) {
			l.DestinationType, l.Destination = inventory.ToFirehose, "arn:aws:firehose:eu-west-1:111122223333:deliverystream/s"
			l.Role, l.CrossAccountRole = "arn:aws:iam::111122223333:role/a", "arn:aws:iam::444455556666:role/AWSLogDeliveryFirehoseCrossAccountRole"
		})),
		one("shared by another account", shared("vpc-1"), own("vpc-2"), toGroup("fl-1", "vpc-2", "ALL")),
		one("no owner named, as in old answers", inventory.VPC{ID: "vpc-1"}, toGroup("fl-1", "vpc-1", "ALL")),
		one("old answers without most fields", inventory.VPC{ID: "vpc-1"},
			inventory.FlowLog{ID: "fl-1", ResourceID: "vpc-1", Status: "ACTIVE", LogGroup: "g"}, inventory.FlowLog{ResourceID: "vpc-1", Status: "ACTIVE"}),
		one("a flow log without a resource", own("vpc-1"), own("vpc-2"), toGroup("fl-1", "", "ALL"), toGroup("fl-2", "vpc-2", "ALL")),
		one("one id several times with other content", own("vpc-1"), own("vpc-2"),
			toGroup("fl-1", "vpc-1", "ALL"), failing(toGroup("fl-1", "vpc-1", "ALL"), "FAILED", "Access error"), toBucket("fl-1", "vpc-2", "REJECT")),
		one("an S3 flow log with a role, from before it was refused", own("vpc-1"),
			with(toBucket("fl-1", "vpc-1", "ALL"), func(l *inventory.FlowLog) { l.Role = "arn:aws:iam::111122223333:role/r" })),
		one("hostile names", named("vpc-1", "\u202e\u009b31m\u2028\r\n\t\"\\<script>&'"), named("vpc-2", "größe 東京 \U0001f680"),
			with(toGroup("fl-1", "vpc-1", "ALL"), func(l *inventory.FlowLog) {
				l.Tags = map[string]string{"Name": "\u200b", "": "empty key", "aws:x": ""}
			})),
		{Name: "one VPC id in two Regions and two accounts", Inventories: []inventory.Inventory{
			at(Account, "eu-west-1", own("vpc-1"), toGroup("fl-1", "vpc-1", "ALL")),
			at(Account, "us-east-1", own("vpc-1")),
			at(Other, "eu-west-1", inventory.VPC{ID: "vpc-1", OwnerID: Other}),
		}},
		{Name: "owner and participant", Inventories: []inventory.Inventory{
			at(Account, "eu-west-1", shared("vpc-1")),
			at(Other, "eu-west-1", inventory.VPC{ID: "vpc-1", OwnerID: Other}, toBucket("fl-1", "vpc-1", "ALL")),
		}},
		many(200, 1100),
	}
}

// one is an environment of one Region.
func one(name string, things ...any) Environment {
	return Environment{Name: name, Inventories: []inventory.Inventory{at(Account, "eu-west-1", things...)}}
}

// at is a scope that was read whole and holds things.
func at(account, region string, things ...any) inventory.Inventory {
	inv := inventory.Inventory{
		Target: inventory.Target{Scope: inventory.Scope{Partition: "aws", Account: account, Region: region}},
		Kinds:  rule.Needs(Rules(), rule.DefaultPolicy()),
		ReadAt: created.Add(time.Hour),
	}
	for _, thing := range things {
		switch thing := thing.(type) {
		case inventory.VPC:
			inv.VPCs = append(inv.VPCs, thing)
		case inventory.FlowLog:
			inv.FlowLogs = append(inv.FlowLogs, thing)
		case inventory.Subnet:
			inv.Subnets = append(inv.Subnets, thing)
		case inventory.Interface:
			inv.Interfaces = append(inv.Interfaces, thing)
		case inventory.TransitGateway:
			inv.TransitGateways = append(inv.TransitGateways, thing)
		case inventory.GatewayAttachment:
			inv.GatewayAttachments = append(inv.GatewayAttachments, thing)
		case inventory.NATGateway:
			inv.NATGateways = append(inv.NATGateways, thing)
		}
	}
	inv.Normalize()
	return inv
}

// many is more than a page of either list.
func many(vpcs, logs int) Environment {
	var things []any
	for i := range vpcs {
		things = append(things, own(fmt.Sprintf("vpc-%05d", i)))
	}
	for i := range logs {
		things = append(things, toBucket(fmt.Sprintf("fl-%05d", i), fmt.Sprintf("vpc-%05d", i%(2*vpcs)), "ALL"))
	}
	return one("more than a page", things...)
}

func own(id string) inventory.VPC {
	return inventory.VPC{ID: id, OwnerID: Account, CIDR: "10.0.0.0/16"}
}

func shared(id string) inventory.VPC {
	return inventory.VPC{ID: id, OwnerID: Other, CIDR: "10.1.0.0/16"}
}

func subnet(id, vpc string) inventory.Subnet {
	return inventory.Subnet{ID: id, VPCID: vpc, OwnerID: Account}
}

func eni(id, vpc, subnet string) inventory.Interface {
	return inventory.Interface{ID: id, VPCID: vpc, SubnetID: subnet, OwnerID: Account, Status: "in-use", Type: "interface", Attached: created}
}

func isDefault(v inventory.VPC) inventory.VPC {
	v.IsDefault, v.CIDR = true, "172.31.0.0/16"
	return v
}

func named(id, name string) inventory.VPC {
	v := own(id)
	v.Tags = map[string]string{"Name": name, "team": "a"}
	return v
}

func toGroup(id, resource, traffic string) inventory.FlowLog {
	return inventory.FlowLog{
		ID: id, ResourceID: resource, Status: "ACTIVE", DeliveryStatus: "SUCCESS", TrafficType: traffic,
		DestinationType: inventory.ToCloudWatchLogs, LogGroup: "MyFlowLogs", Role: "arn:aws:iam::111122223333:role/VPC-Flow-Logs-Role",
		Destination: "arn:aws:logs:eu-west-1:111122223333:log-group:MyFlowLogs", Format: format, Interval: 600, Created: created,
	}
}

func toBucket(id, resource, traffic string) inventory.FlowLog {
	l := toGroup(id, resource, traffic)
	l.DestinationType, l.Destination = inventory.ToS3, "arn:aws:s3:::central-flow-logs/prefix"
	l.LogGroup, l.Role, l.FileFormat = "", "", "plain-text"
	l.Created = created.Add(123 * time.Millisecond)
	return l
}

func failing(l inventory.FlowLog, status, message string) inventory.FlowLog {
	l.DeliveryStatus, l.DeliveryError = status, message
	return l
}

func with(l inventory.FlowLog, change func(*inventory.FlowLog)) inventory.FlowLog {
	change(&l)
	return l
}
