package sourcetest_test

import (
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strconv"
	"testing"
	"time"

	"flowproof/internal/inventory"
	"flowproof/internal/scan"
	"flowproof/internal/source/awslive"
	"flowproof/internal/source/sourcetest"
)

func TestLive(t *testing.T) {
	t.Parallel()
	for _, thin := range []bool{false, true} {
		for _, env := range environments() {
			for _, account := range accountsOf(env) {
				t.Run(fmt.Sprintf("thin %v/%s/%s", thin, env.Name, account), func(t *testing.T) {
					t.Parallel()
					sourcetest.Check(t, only(env, account), func(t *testing.T, env sourcetest.Environment) scan.Source {
						server := httptest.NewServer(answers{env: env, account: account, thin: thin})
						t.Cleanup(server.Close)
						s, err := awslive.At(server.URL, awslive.Options{Now: time.Now})
						if err != nil {
							t.Fatal(err)
						}
						return s
					})
				})
			}
		}
	}
}

// accountsOf lists the accounts: credentials are of one.
func accountsOf(env sourcetest.Environment) []string {
	var accounts []string
	for _, inv := range env.Inventories {
		accounts = append(accounts, inv.Account)
	}
	return slices.Compact(accounts)
}

func only(env sourcetest.Environment, account string) sourcetest.Environment {
	env.Inventories = slices.DeleteFunc(slices.Clone(env.Inventories), func(inv inventory.Inventory) bool { return inv.Account != account })
	return env
}

// answers is as much of AWS's query protocol as carries an environment. The embedded AWS of this
// module cannot stand in for it: it refuses to hold what old and thinned-out answers hold.
type answers struct {
	env     sourcetest.Environment
	account string
	thin    bool
}

// pageOfAnswers is small, so that lists come in pages.
const pageOfAnswers = 100

var credentialRegion = regexp.MustCompile(`Credential=[^/]+/[0-9]+/([a-z0-9-]+)/`)

func (a answers) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var region string
	if m := credentialRegion.FindStringSubmatch(r.Header.Get("Authorization")); m != nil {
		region = m[1]
	}
	var inv inventory.Inventory
	for _, other := range a.env.Inventories {
		if other.Region == region {
			inv = other
		}
	}
	if err := a.answer(w, r, inv); err != nil {
		http.Error(w, err.Error(), http.StatusNotImplemented) // the test fails on it
	}
}

// answer writes what one action gives in a scope.
func (a answers) answer(w io.Writer, r *http.Request, inv inventory.Inventory) error {
	var answer any
	switch action := r.FormValue("Action"); action {
	case "GetCallerIdentity":
		_, err := fmt.Fprintf(w, `<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult>`+
			`<Arn>arn:aws:iam::%[1]s:user/reader</Arn><UserId>U</UserId><Account>%[1]s</Account></GetCallerIdentityResult></GetCallerIdentityResponse>`, a.account)
		return err
	case "DescribeRegions":
		answer = a.regions()
	case "DescribeVpcs":
		answer = page(r, "vpcSet", inv.VPCs, a.vpc)
	case "DescribeFlowLogs":
		answer = page(r, "flowLogSet", inv.FlowLogs, a.flowLog)
	case "DescribeSubnets":
		answer = page(r, "subnetSet", inv.Subnets, func(s inventory.Subnet) []node {
			return slices.Concat(text("subnetId", s.ID), text("vpcId", s.VPCID), text("ownerId", s.OwnerID), tags(s.Tags))
		})
	case "DescribeNetworkInterfaces":
		answer = page(r, "networkInterfaceSet", inv.Interfaces, networkInterface)
	case "DescribeTransitGateways":
		answer = page(r, "transitGatewaySet", inv.TransitGateways, func(g inventory.TransitGateway) []node {
			return slices.Concat(text("transitGatewayId", g.ID), text("ownerId", g.OwnerID), text("state", g.State), tags(g.Tags))
		})
	case "DescribeTransitGatewayAttachments":
		answer = page(r, "transitGatewayAttachments", inv.GatewayAttachments, func(a inventory.GatewayAttachment) []node {
			return slices.Concat(text("transitGatewayAttachmentId", a.ID), text("transitGatewayId", a.GatewayID), text("resourceType", a.ResourceType),
				text("resourceId", a.ResourceID), text("resourceOwnerId", a.OwnerID), text("state", a.State))
		})
	case "DescribeNatGateways":
		answer = page(r, "natGatewaySet", inv.NATGateways, func(g inventory.NATGateway) []node {
			return slices.Concat(text("natGatewayId", g.ID), text("vpcId", g.VPCID), text("availabilityMode", g.Mode), text("state", g.State), tags(g.Tags))
		})
	default:
		return fmt.Errorf("unexpected action %q", action)
	}
	return xml.NewEncoder(w).EncodeElement(answer, xml.StartElement{Name: xml.Name{Local: r.FormValue("Action") + "Response"}})
}

// node is an XML element of text or of others.
type node struct {
	XMLName xml.Name
	Text    string `xml:",chardata"`
	Nodes   []node
}

type response struct{ Nodes []node }

func of(name string, nodes ...node) node {
	return node{XMLName: xml.Name{Local: name}, Nodes: nodes}
}

// text is an element with text, or none at all where there is no text: AWS leaves it out.
func text(name, value string) []node {
	if value == "" {
		return nil
	}
	return []node{{XMLName: xml.Name{Local: name}, Text: value}}
}

func (a answers) regions() response {
	list := of("regionInfo")
	for _, inv := range a.env.Inventories {
		list.Nodes = append(list.Nodes, of("item", slices.Concat(text("regionName", inv.Region), text("optInStatus", "opt-in-not-required"))...))
	}
	return response{Nodes: []node{list}}
}

// page is the part of a list that the token asks for; the token is the number of the first item.
func page[T any](r *http.Request, name string, all []T, item func(T) []node) response {
	first, _ := strconv.Atoi(r.FormValue("NextToken")) // absent: the first page
	last := min(first+pageOfAnswers, len(all))
	list := of(name)
	for _, thing := range all[first:last] {
		list.Nodes = append(list.Nodes, of("item", item(thing)...))
	}
	out := response{Nodes: []node{list}}
	if last < len(all) {
		out.Nodes = append(out.Nodes, text("nextToken", strconv.Itoa(last))...)
	}
	return out
}

func (a answers) vpc(v inventory.VPC) []node {
	return slices.Concat(text("vpcId", v.ID), text("ownerId", v.OwnerID), text("cidrBlock", v.CIDR),
		text("isDefault", strconv.FormatBool(v.IsDefault)), tags(v.Tags))
}

func (a answers) flowLog(l inventory.FlowLog) []node {
	item := slices.Concat(
		text("flowLogId", l.ID), text("resourceId", l.ResourceID), text("flowLogStatus", l.Status), text("deliverLogsStatus", l.DeliveryStatus),
		text("deliverLogsErrorMessage", l.DeliveryError), text("trafficType", l.TrafficType), text("logDestination", l.Destination),
		text("logGroupName", l.LogGroup), text("deliverLogsPermissionArn", l.Role), text("deliverCrossAccountRole", l.CrossAccountRole),
		text("logFormat", l.Format), tags(l.Tags))
	if !a.thin || l.DestinationType != inventory.ToCloudWatchLogs {
		item = append(item, text("logDestinationType", l.DestinationType)...)
	}
	if l.Interval != 0 {
		item = append(item, text("maxAggregationInterval", strconv.Itoa(int(l.Interval)))...)
	}
	if !l.Created.IsZero() {
		item = append(item, text("creationTime", l.Created.Format("2006-01-02T15:04:05.000Z"))...)
	}
	if l.FileFormat != "" {
		item = append(item, of("destinationOptions", slices.Concat(text("fileFormat", l.FileFormat),
			text("hiveCompatiblePartitions", strconv.FormatBool(l.Hive)), text("perHourPartition", strconv.FormatBool(l.PerHour)))...))
	}
	if len(l.TagFields) > 0 {
		item = append(item, of("tagFieldSpecificationSet", tagFields(l.TagFields)...))
	}
	return item
}

func tagFields(fields []inventory.TagField) []node {
	var items []node
	for _, f := range fields {
		keys := of("tagKeySet")
		for _, k := range f.Keys {
			keys.Nodes = append(keys.Nodes, text("item", k)...)
		}
		items = append(items, of("item", append(text("resourceType", f.Resource), keys)...))
	}
	return items
}

func networkInterface(i inventory.Interface) []node {
	item := slices.Concat(text("networkInterfaceId", i.ID), text("vpcId", i.VPCID), text("subnetId", i.SubnetID), text("ownerId", i.OwnerID),
		text("status", i.Status), text("interfaceType", i.Type))
	if !i.Attached.IsZero() {
		item = append(item, of("attachment", text("attachTime", i.Attached.Format("2006-01-02T15:04:05.000Z"))...))
	}
	return item
}

func tags(tags map[string]string) []node {
	list := of("tagSet")
	for key, value := range tags {
		list.Nodes = append(list.Nodes, of("item", of("key"), of("value")))
		last := list.Nodes[len(list.Nodes)-1].Nodes
		last[0].Text, last[1].Text = key, value
	}
	return []node{list}
}
