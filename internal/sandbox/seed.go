package sandbox

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"
)

// epoch is the creation time of what a scenario declares without one.
var epoch = time.Date(2025, time.January, 1, 0, 0, 0, 0, time.UTC)

// defaultRole is the delivery role of declared flow logs that name none. It
// exists where such a flow log does.
const defaultRole = "VPC-Flow-Logs-Role"

// deliveryActions are what a delivery role needs (VPC user guide).
var deliveryActions = []string{
	"logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents", "logs:DescribeLogGroups", "logs:DescribeLogStreams",
}

// plantIAM makes the roles that the scenario declares.
func (a *account) plantIAM() {
	if a.seed == nil {
		return
	}
	for _, r := range a.seed.Roles {
		a.plantRole(r)
	}
	if _, declared := a.roles[defaultRole]; !declared && a.seed.usesDefaultRole() {
		a.plantRole(RoleSeed{Name: defaultRole, TrustedService: deliveryService, Allow: deliveryActions})
	}
	if o := a.server.scenario.Organization; o != nil && o.Role != "" && !a.seed.NoRole {
		path, name := o.rolePath()
		a.plantRole(RoleSeed{Name: name, Path: path, Trust: o.trust(&a.server.scenario, a.partition)})
	}
}

func (a *account) plantRole(seed RoleSeed) {
	r := &role{
		name: seed.Name, path: seed.Path, trust: seed.Trust, maxSession: 3600, created: epoch,
		id: iamID("AROA", digest(a.ids.server, a.id, "role", seed.Name)), inline: make(map[string]string),
	}
	if r.path == "" {
		r.path = "/"
	}
	if seed.MaxSession > 0 {
		r.maxSession = seed.MaxSession
	}
	r.arn = "arn:" + a.partition + ":iam::" + a.id + ":role" + r.path + r.name
	if r.trust == "" {
		r.trust = policyText(map[string]any{
			"Effect": "Allow", "Principal": map[string]string{"Service": seed.TrustedService}, "Action": "sts:AssumeRole",
		})
	}
	if len(seed.Allow) > 0 {
		on := seed.On
		if len(on) == 0 {
			on = []string{"*"}
		}
		r.inline["inline"] = policyText(map[string]any{"Effect": "Allow", "Action": seed.Allow, "Resource": on})
	}
	a.roles[r.name] = r
}

func policyText(statement map[string]any) string {
	b, err := json.Marshal(map[string]any{"Version": "2012-10-17", "Statement": []any{statement}})
	if err != nil {
		return "" // strings in maps always encode
	}
	return string(b)
}

func (a *AccountSeed) usesDefaultRole() bool {
	needs := func(f FlowLogSeed) bool { return f.Group != "" && f.Role == "" }
	for _, r := range a.Regions {
		if slices.ContainsFunc(r.FlowLogs, needs) {
			return true
		}
		for i := range r.VPCs {
			if slices.ContainsFunc(r.VPCs[i].FlowLogs, needs) {
				return true
			}
		}
	}
	return false
}

// plant makes what the scenario declares for this Region. The account's lock is held.
func (r *region) plant() {
	r.plantStreams()
	if r.disabled() {
		return
	}
	var seed RegionSeed
	withDefault := true
	if s := r.account.seed; s != nil {
		seed = s.Regions[r.name]
		if s.DefaultVPCs != nil {
			withDefault = *s.DefaultVPCs
		}
	}
	if seed.DefaultVPC != nil {
		withDefault = *seed.DefaultVPC
	}
	if withDefault && !slices.ContainsFunc(seed.VPCs, func(v VPCSeed) bool { return v.Default }) {
		r.plantVPC(VPCSeed{Default: true}, "default", 0)
	}
	for _, g := range seed.LogGroups {
		r.plantLogGroup(g)
	}
	for _, p := range seed.RetentionPolicies {
		r.plantRetentionPolicy(p)
	}
	for i := range seed.VPCs {
		for n := range max(seed.VPCs[i].Count, 1) {
			r.plantVPC(seed.VPCs[i], strconv.Itoa(i), n)
		}
	}
	for i, g := range seed.TransitGateways {
		r.plantGateway(g, strconv.Itoa(i))
	}
	for i, f := range seed.FlowLogs {
		r.plantFlowLogs(f, f.Resource, strconv.Itoa(i))
	}
}

func (r *region) plantGateway(seed GatewaySeed, place string) {
	g := &transitGateway{id: seed.ID, owner: cmp.Or(seed.Owner, r.account.id)}
	if g.id == "" {
		g.id = r.account.ids.seeded("tgw", r.name, place)
	}
	if seed.Name != "" {
		g.tags = []tag{{"Name", seed.Name}}
	}
	r.gateways.add(g.id, g)
	var attached []string
	for n := range seed.Attachments {
		a := &gatewayAttachment{
			id: r.account.ids.seeded("tgw-attach", r.name, place, n), gatewayID: g.id, gatewayOwner: g.owner,
			vpcID: r.account.ids.seeded("vpc", r.name, "attached", place, n), owner: r.account.id,
		}
		r.attachments.add(a.id, a)
		attached = append(attached, a.id)
	}
	for i, f := range seed.FlowLogs {
		on := []string{g.id}
		if f.On == "attachments" {
			on = attached
		}
		for k, id := range f.first(on) {
			r.plantFlowLogs(f, id, fmt.Sprint("gateway/", place, "/", i, "/", k))
		}
	}
}

// plantVPC makes the n-th VPC of a declaration, with what lies in it.
func (r *region) plantVPC(seed VPCSeed, place string, n int) {
	a := r.account
	v := &vpc{id: seed.ID, owner: seed.Owner, cidr: seed.CIDR, isDefault: seed.Default, tenancy: "default"}
	if v.id == "" {
		v.id = a.ids.seeded("vpc", r.name, place, n)
	}
	if v.owner == "" {
		v.owner = a.id
	}
	if v.cidr == "" {
		v.cidr = fmt.Sprintf("10.%d.0.0/16", n%256)
		if v.isDefault {
			v.cidr = defaultVPCBlock
		}
	}
	v.cidr = netip.MustParsePrefix(v.cidr).Masked().String() // validate has parsed it before
	if name := seed.Name; name != "" {
		if seed.Count > 1 {
			name += "-" + strconv.Itoa(n+1)
		}
		v.tags = append(v.tags, tag{"Name", name})
	}
	v.tags = append(v.tags, seedTags(seed.Tags)...)
	r.vpcs.add(v.id, v)
	subnets := r.plantSubnets(v, seed, place, n)
	interfaces := r.plantInterfaces(v, subnets, seed.Interfaces, place, n)
	for i, f := range seed.FlowLogs {
		on := []string{v.id}
		switch f.On {
		case "subnets":
			on = ids(subnets, func(s *subnet) string { return s.id })
		case "interfaces":
			on = ids(interfaces, func(e *networkInterface) string { return e.id })
		}
		for k, id := range f.first(on) {
			r.plantFlowLogs(f, id, fmt.Sprint(place, "/", n, "/", i, "/", k))
		}
	}
}

// first is what a declared flow log is on, of what lies where it stands.
func (f FlowLogSeed) first(on []string) []string {
	if f.Only > 0 && f.Only < len(on) {
		return on[:f.Only]
	}
	return on
}

func ids[T any](list []T, id func(T) string) []string {
	out := make([]string, len(list))
	for i, e := range list {
		out[i] = id(e)
	}
	return out
}

// plantSubnets makes the subnets of a VPC: one per zone in a default VPC, otherwise as
// many as declared, or as the interfaces need.
func (r *region) plantSubnets(v *vpc, seed VPCSeed, place string, n int) []*subnet {
	names, count, bits := zones(r.name), seed.subnets(), subnetBits
	if v.isDefault && seed.Subnets == 0 {
		count, bits = len(names), 20
	}
	block := netip.MustParsePrefix(v.cidr)
	bits = max(bits, block.Bits())
	out := make([]*subnet, 0, count)
	for i := range count {
		s := &subnet{
			id: r.account.ids.seeded("subnet", r.name, place, n, i), owner: v.owner, vpcID: v.id,
			cidr: netip.PrefixFrom(addAddr(block.Addr(), i<<(32-bits)), bits).String(),
			zone: names[i%len(names)], isDefault: v.isDefault && seed.Subnets == 0,
		}
		r.subnets.add(s.id, s)
		out = append(out, s)
	}
	return out
}

func (r *region) plantInterfaces(v *vpc, subnets []*subnet, count int, place string, n int) []*networkInterface {
	out := make([]*networkInterface, 0, count)
	for i := range count {
		s := subnets[i%len(subnets)]
		block := netip.MustParsePrefix(s.cidr)
		e := &networkInterface{
			// Of a shared VPC a participant sees the interfaces that it owns itself.
			id: r.account.ids.seeded("eni", r.name, place, n, i), owner: r.account.id, vpcID: v.id, subnetID: s.id,
			zone: s.zone, inUse: true, created: epoch, address: addAddr(block.Addr(), firstHost+i/len(subnets)).String(),
		}
		r.addInterface(e)
		out = append(out, e)
	}
	return out
}

// addAddr counts on from an IPv4 address.
func addAddr(a netip.Addr, n int) netip.Addr {
	b := a.As4()
	v := uint32(b[0])<<24 | uint32(b[1])<<16 | uint32(b[2])<<8 | uint32(b[3])
	v += uint32(n)
	return netip.AddrFrom4([4]byte{byte(v >> 24), byte(v >> 16), byte(v >> 8), byte(v)})
}

func (r *region) plantFlowLogs(seed FlowLogSeed, resource, place string) {
	for n := range max(seed.Count, 1) {
		f := r.flowLogOf(seed, resource)
		if f.id == "" {
			f.id = r.account.ids.seeded("fl", r.name, resource, place, n)
		}
		r.flowLogs.add(f.id, f)
		r.account.wake(f.created)
	}
}

// knowsNoTraffic says of an id whether flow logs on it have no traffic type, and an interval of 60.
func knowsNoTraffic(resource string) bool {
	for _, target := range flowLogTargets() {
		if target.gateway && strings.HasPrefix(resource, target.prefix+"-") {
			return true
		}
	}
	return false
}

func (r *region) flowLogOf(seed FlowLogSeed, resource string) *flowLog {
	a := r.account
	f := &flowLog{
		id: seed.ID, resourceID: resource, traffic: seed.Traffic, format: seed.Format, interval: seed.Interval,
		created: seed.Created, status: seed.Status, delivery: seed.Delivery, message: seed.Error,
		pinned: seed.Delivery != "" || seed.Error != "", tags: seedTags(seed.Tags),
	}
	f.fillDefaults()
	for _, resource := range slices.Sorted(maps.Keys(seed.TagFields)) {
		f.tagFields = append(f.tagFields, tagFieldSpec{resource, seed.TagFields[resource]})
	}
	if knowsNoTraffic(resource) {
		f.traffic, f.interval = "", 60
	}
	if seed.Delivery == "none" {
		f.delivery = ""
	}
	switch {
	case seed.Group != "":
		f.destination = destination{kind: destLogs, group: seed.Group}
		if seed.Role == "" {
			seed.Role = defaultRole
		}
	case seed.Bucket != "":
		f.destination = destination{kind: destS3, arn: "arn:" + a.partition + ":s3:::" + seed.Bucket}
		f.file = &fileOptions{format: "plain-text"}
		if seed.FileFormat != "" {
			f.file.format = seed.FileFormat
		}
	default:
		f.destination = destination{kind: destFirehose, arn: "arn:" + a.partition + ":firehose:" + r.name + ":" + a.id + ":deliverystream/" + seed.Stream}
	}
	if seed.Role != "" {
		f.role = a.roleARN(seed.Role)
	}
	return f
}

// fillDefaults gives a new flow log what its creator left open.
func (f *flowLog) fillDefaults() {
	if f.traffic == "" {
		f.traffic = trafficAll
	}
	if f.format == "" {
		f.format = defaultFormat
	}
	if f.interval == 0 {
		f.interval = 600
	}
	if f.status == "" {
		f.status = statusActive
	}
	if f.delivery == "" && f.message == "" {
		f.delivery = deliverySuccess
	}
	if f.created.IsZero() {
		f.created = epoch
	}
}

// roleARN gives the ARN of a role by name, also of one that does not exist.
func (a *account) roleARN(name string) string {
	if r, ok := a.roles[name]; ok {
		return r.arn
	}
	return "arn:" + a.partition + ":iam::" + a.id + ":role/" + name
}

func (r *region) plantLogGroup(seed LogGroupSeed) {
	g := &logGroup{
		name: seed.Name, created: seed.Created, retention: seed.RetentionDays, kmsKey: seed.KMSKey,
		class: seed.Class, tags: seedTags(seed.Tags), protected: seed.Protected, streams: make(map[string]*logStream),
	}
	if g.created.IsZero() {
		g.created = epoch
	}
	if g.class == "" {
		g.class = classStandard
	}
	r.logGroups[g.name] = g
}

// plantRetentionPolicy adds a policy that has been in effect since the beginning. One for new groups
// alone came after the groups of the scenario.
func (r *region) plantRetentionPolicy(seed RetentionPolicySeed) {
	p := retentionPolicy{
		name: seed.Name, days: seed.Days, prefix: seed.Prefix, newOnly: seed.NewOnly,
		created: epoch, changed: epoch.Add(-policyDelay),
	}
	if p.prefix != "" {
		p.criteria = `LogGroupNamePrefix IN ["` + p.prefix + `"]`
	}
	r.retention = append(r.retention, p)
}

// seedTags orders declared tags by key.
func seedTags(m map[string]string) []tag {
	var out []tag
	for _, k := range slices.Sorted(maps.Keys(m)) {
		out = append(out, tag{k, m[k]})
	}
	return out
}
