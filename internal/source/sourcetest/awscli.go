package sourcetest

import (
	"bytes"
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"golang.org/x/text/encoding/unicode"

	"flowproof/internal/inventory"
)

// Style is one way in which an environment comes to lie in files of the AWS CLI.
type Style struct {
	Name  string
	Times string                               // layout of CreationTime
	Thin  bool                                 // fields that say nothing new are left out, as in old answers
	Save  func(pages [][]byte) ([]byte, error) // what becomes of the pages on their way into the file
	Page  int                                  // items on a page; 0 for one page
}

// Styles are the ways that are seen in practice.
func Styles() []Style {
	const version1, version2 = "2006-01-02T15:04:05.000Z", "2006-01-02T15:04:05.000000-07:00"
	join := func(pages [][]byte) ([]byte, error) { return bytes.Join(pages, nil), nil }
	return []Style{
		{Name: "version 1 of the CLI", Times: version1, Save: join},
		{Name: "version 2 of the CLI", Times: version2, Save: join},
		{Name: "thinned out", Times: version1, Save: join, Thin: true},
		{Name: "pages appended with >>", Times: version2, Save: join, Page: 2},
		{Name: "redirected by PowerShell", Times: version2, Save: func(pages [][]byte) ([]byte, error) {
			return unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewEncoder().Bytes(bytes.Join(pages, nil))
		}},
	}
}

// WriteAWSCLI writes an environment into dir as the AWS CLI would print it: DIR/ACCOUNT/REGION/describe-*.json.
func WriteAWSCLI(t *testing.T, dir string, env Environment, style Style) {
	t.Helper()
	for _, inv := range env.Inventories {
		folder := filepath.Join(dir, inv.Account, inv.Region)
		if err := os.MkdirAll(folder, 0o700); err != nil {
			t.Fatal(err)
		}
		for name, content := range map[string][]byte{
			"describe-vpcs.json":               style.print(t, "Vpcs", items(inv.VPCs, style, vpcItem)),
			"describe-flow-logs.json":          style.print(t, "FlowLogs", items(inv.FlowLogs, style, flowLogItem)),
			"describe-subnets.json":            style.print(t, "Subnets", items(inv.Subnets, style, subnetItem)),
			"describe-network-interfaces.json": style.print(t, "NetworkInterfaces", items(inv.Interfaces, style, interfaceItem)),
			"describe-transit-gateways.json":   style.print(t, "TransitGateways", items(inv.TransitGateways, style, gatewayItem)),
			"describe-transit-gateway-attachments.json": style.print(t, "TransitGatewayAttachments",
				items(inv.GatewayAttachments, style, attachmentItem)),
			"describe-nat-gateways.json": style.print(t, "NatGateways", items(inv.NATGateways, style, natItem)),
		} {
			if err := os.WriteFile(filepath.Join(folder, name), content, 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
}

func items[T any](facts []T, s Style, item func(T, Style) map[string]any) []any {
	var list []any
	for _, fact := range facts {
		list = append(list, item(fact, s))
	}
	return list
}

// print prints a list, page by page, indented like the CLI.
func (s Style) print(t *testing.T, list string, items []any) []byte {
	t.Helper()
	size := s.Page
	if size == 0 {
		size = max(len(items), 1)
	}
	var pages [][]byte
	for chunk := range slices.Chunk(items, size) {
		answer := map[string]any{list: chunk}
		if (len(pages)+1)*size < len(items) {
			answer["NextToken"] = "eyJOZXh0VG9rZW4iOiBudWxsfQ=="
		}
		pages = append(pages, indented(t, answer))
	}
	if len(items) == 0 {
		pages = [][]byte{indented(t, map[string]any{list: []any{}})}
	}
	content, err := s.Save(pages)
	if err != nil {
		t.Fatal(err)
	}
	return content
}

func indented(t *testing.T, v any) []byte {
	t.Helper()
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "    ")
	if err := enc.Encode(v); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func vpcItem(v inventory.VPC, s Style) map[string]any {
	item := map[string]any{"VpcId": v.ID, "CidrBlock": v.CIDR, "State": "available", "DhcpOptionsId": "dopt-1", "InstanceTenancy": "default"}
	set(item, "OwnerId", v.OwnerID)
	if v.IsDefault || !s.Thin {
		item["IsDefault"] = v.IsDefault
	}
	setTags(item, v.Tags, s)
	return item
}

func flowLogItem(l inventory.FlowLog, s Style) map[string]any {
	item := map[string]any{}
	for field, value := range map[string]string{
		"FlowLogId": l.ID, "ResourceId": l.ResourceID, "FlowLogStatus": l.Status, "DeliverLogsStatus": l.DeliveryStatus,
		"DeliverLogsErrorMessage": l.DeliveryError, "TrafficType": l.TrafficType, "LogDestination": l.Destination, "LogGroupName": l.LogGroup,
		"DeliverLogsPermissionArn": l.Role, "DeliverCrossAccountRole": l.CrossAccountRole, "LogFormat": l.Format,
	} {
		set(item, field, value)
	}
	if l.DestinationType != inventory.ToCloudWatchLogs || !s.Thin {
		item["LogDestinationType"] = l.DestinationType
	}
	if l.Interval != 0 {
		item["MaxAggregationInterval"] = l.Interval
	}
	if !l.Created.IsZero() {
		item["CreationTime"] = l.Created.In(time.FixedZone("", 0)).Format(s.Times)
	}
	if l.FileFormat != "" {
		item["DestinationOptions"] = map[string]any{"FileFormat": l.FileFormat, "HiveCompatiblePartitions": l.Hive, "PerHourPartition": l.PerHour}
	}
	if len(l.TagFields) > 0 {
		var specs []any
		for _, f := range l.TagFields {
			specs = append(specs, map[string]any{"ResourceType": f.Resource, "TagKeys": f.Keys})
		}
		item["TagFieldSpecifications"] = specs
	}
	setTags(item, l.Tags, s)
	return item
}

func subnetItem(n inventory.Subnet, s Style) map[string]any {
	item := map[string]any{"SubnetId": n.ID, "VpcId": n.VPCID, "State": "available"}
	set(item, "OwnerId", n.OwnerID)
	setTags(item, n.Tags, s)
	return item
}

func interfaceItem(i inventory.Interface, s Style) map[string]any {
	item := map[string]any{"NetworkInterfaceId": i.ID, "VpcId": i.VPCID, "SubnetId": i.SubnetID, "TagSet": []any{}}
	for field, value := range map[string]string{"OwnerId": i.OwnerID, "Status": i.Status, "InterfaceType": i.Type} {
		set(item, field, value)
	}
	if !i.Attached.IsZero() {
		item["Attachment"] = map[string]any{"AttachTime": i.Attached.In(time.FixedZone("", 0)).Format(s.Times), "DeviceIndex": 0}
	}
	return item
}

func gatewayItem(g inventory.TransitGateway, s Style) map[string]any {
	item := map[string]any{"TransitGatewayId": g.ID}
	set(item, "OwnerId", g.OwnerID)
	set(item, "State", g.State)
	setTags(item, g.Tags, s)
	return item
}

func attachmentItem(a inventory.GatewayAttachment, _ Style) map[string]any {
	item := map[string]any{"TransitGatewayAttachmentId": a.ID, "TransitGatewayId": a.GatewayID}
	for field, value := range map[string]string{"ResourceType": a.ResourceType, "ResourceId": a.ResourceID, "ResourceOwnerId": a.OwnerID, "State": a.State} {
		set(item, field, value)
	}
	return item
}

func natItem(g inventory.NATGateway, s Style) map[string]any {
	item := map[string]any{"NatGatewayId": g.ID, "VpcId": g.VPCID}
	set(item, "AvailabilityMode", g.Mode)
	set(item, "State", g.State)
	setTags(item, g.Tags, s)
	return item
}

// set leaves out what AWS would leave out.
func set(item map[string]any, field, value string) {
	if value != "" {
		item[field] = value
	}
}

func setTags(item map[string]any, tags map[string]string, s Style) {
	if len(tags) == 0 && s.Thin {
		return
	}
	list := []map[string]string{}
	for _, key := range slices.Sorted(maps.Keys(tags)) {
		list = append(list, map[string]string{"Key": key, "Value": tags[key]})
	}
	item["Tags"] = list
}
