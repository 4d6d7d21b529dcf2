package sandbox

import (
	"errors"
	"fmt"
	"net/netip"
	"regexp"
	"slices"
	"strings"
)

var (
	accountID    = regexp.MustCompile(`^[0-9]{12}$`)
	resourceID   = regexp.MustCompile(`^[a-z]+(-[a-z]+)*-[0-9a-z]{1,32}$`)
	logGroupName = regexp.MustCompile(`^[\.\-_/#A-Za-z0-9]+$`) // of up to 512: as a count in the pattern, half a megabyte
)

// maxSeeded bounds what one entry of a scenario may multiply into.
const maxSeeded = 100_000

// validate refuses a scenario that could not be built or would not mean what it says.
// Every error names the place.
func (sc *Scenario) validate() error {
	if len(sc.Accounts) == 0 {
		return errors.New("scenario: no account (start from DefaultScenario or ParseScenario)")
	}
	if sc.Latency < 0 || sc.RecordDelay < 0 || sc.PageSize < 0 {
		return errors.New("scenario: latency, record_delay and page_size cannot be below zero")
	}
	if err := sc.Writes.validate(); err != nil {
		return fmt.Errorf("scenario: %w", err)
	}
	for i := range sc.Faults {
		if err := sc.Faults[i].validate(); err != nil {
			return fmt.Errorf("scenario: faults[%d]: %w", i, err)
		}
	}
	seen := make(map[string]bool)
	for i := range sc.Accounts {
		a := &sc.Accounts[i]
		if !accountID.MatchString(a.ID) || seen[a.ID] {
			return fmt.Errorf("scenario: accounts[%d]: id %q is not twelve digits, or is there twice", i, a.ID)
		}
		seen[a.ID] = true
		if err := a.validate(); err != nil {
			return fmt.Errorf("scenario: account %s: %w", a.ID, err)
		}
	}
	if sc.Organization != nil {
		if err := sc.Organization.validate(sc); err != nil {
			return fmt.Errorf("scenario: organization: %w", err)
		}
	}
	return nil
}

func (a *AccountSeed) validate() error {
	if !slices.Contains(accountStates, a.State) {
		return fmt.Errorf("state %q is none of %s", a.State, strings.Join(accountStates[1:], ", "))
	}
	known := regionNames()
	for _, list := range [][]string{a.OptedIn, a.DisabledRegions} {
		for _, name := range list {
			if !slices.Contains(known, name) {
				return fmt.Errorf("no Region %q", name)
			}
		}
	}
	for _, r := range a.Roles {
		if r.Name == "" || r.Trust != "" && r.TrustedService != "" {
			return fmt.Errorf("role %q: needs a name, and either trust or trusted_service", r.Name)
		}
	}
	for _, b := range a.Buckets {
		if b.Region != "" && !slices.Contains(known, b.Region) {
			return fmt.Errorf("bucket %s: no Region %q", b.Name, b.Region)
		}
		if b.Policy != "" {
			if err := checkBucketPolicy(b.Policy, b.Name); err != nil {
				return fmt.Errorf("bucket %s: %w", b.Name, err)
			}
		}
	}
	for name, r := range a.Regions {
		if !slices.Contains(known, name) {
			return fmt.Errorf("no Region %q", name)
		}
		if err := r.validate(); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return nil
}

func (r *RegionSeed) validate() error {
	for i := range r.VPCs {
		if err := r.VPCs[i].validate(); err != nil {
			return fmt.Errorf("vpcs[%d]: %w", i, err)
		}
	}
	for i := range r.FlowLogs {
		f := &r.FlowLogs[i]
		if !resourceID.MatchString(f.Resource) || f.On != "" {
			return fmt.Errorf("flow_logs[%d]: resource %q is no id, or on is set (which belongs into a VPC)", i, f.Resource)
		}
		if err := f.validate(); err != nil {
			return fmt.Errorf("flow_logs[%d]: %w", i, err)
		}
	}
	for i := range r.TransitGateways {
		if err := r.TransitGateways[i].validate(); err != nil {
			return fmt.Errorf("transit_gateways[%d]: %w", i, err)
		}
	}
	for i, g := range r.LogGroups {
		if !logGroupName.MatchString(g.Name) || g.RetentionDays < 0 {
			return fmt.Errorf("log_groups[%d]: %q is no log group name, or retention_days is below zero", i, g.Name)
		}
	}
	for i, p := range r.RetentionPolicies {
		if p.Name == "" || p.Days != 0 && (p.Days < leastPolicyDays || !slices.Contains(retentionDays, p.Days)) ||
			p.Prefix != "" && !logGroupName.MatchString(p.Prefix) {
			return fmt.Errorf("retention_policies[%d]: it has no name, or %d days or the prefix %q are none that CloudWatch Logs takes", i, p.Days, p.Prefix)
		}
	}
	return nil
}

func (g *GatewaySeed) validate() error {
	switch {
	case g.ID != "" && (!resourceID.MatchString(g.ID) || !strings.HasPrefix(g.ID, "tgw-")):
		return fmt.Errorf("%q is no id of a transit gateway", g.ID)
	case g.Owner != "" && !accountID.MatchString(g.Owner):
		return fmt.Errorf("owner %q is not twelve digits", g.Owner)
	case bad(g.Attachments):
		return fmt.Errorf("attachments is below zero or above %d", maxSeeded)
	}
	for i := range g.FlowLogs {
		if on := g.FlowLogs[i].On; on != "" && on != "attachments" {
			return fmt.Errorf("flow_logs[%d]: on: %q is not attachments", i, on)
		}
		if err := g.FlowLogs[i].validate(); err != nil {
			return fmt.Errorf("flow_logs[%d]: %w", i, err)
		}
	}
	return nil
}

func (v *VPCSeed) validate() error {
	switch {
	case v.ID != "" && (!resourceID.MatchString(v.ID) || !strings.HasPrefix(v.ID, "vpc-")):
		return fmt.Errorf("%q is no id of a VPC", v.ID)
	case v.ID != "" && v.Count > 1:
		return errors.New("an id and a count")
	case v.Default && (v.CIDR != "" || v.Count > 1):
		return errors.New("a default VPC is one, and its block is " + defaultVPCBlock)
	case v.Owner != "" && !accountID.MatchString(v.Owner):
		return fmt.Errorf("owner %q is not twelve digits", v.Owner)
	case bad(v.Count) || bad(v.Subnets) || bad(v.Interfaces):
		return fmt.Errorf("count, subnets or interfaces is below zero or above %d", maxSeeded)
	case max(v.Count, 1)*v.resources() > maxSeeded:
		return fmt.Errorf("more than %d resources", maxSeeded)
	}
	bits := 16
	if v.CIDR != "" {
		p, err := netip.ParsePrefix(v.CIDR)
		if err != nil || !p.Addr().Is4() || p.Bits() < 16 || p.Bits() > 28 {
			return fmt.Errorf("cidr %q is no IPv4 block between /16 and /28", v.CIDR)
		}
		bits = p.Bits()
	}
	if size := max(bits, subnetBits); v.subnets() > 1<<(size-bits) || v.Interfaces > v.subnets()*subnetRoom(size) {
		return fmt.Errorf("%d subnets and %d interfaces do not fit into a /%d", v.subnets(), v.Interfaces, bits)
	}
	for i := range v.FlowLogs {
		f := &v.FlowLogs[i]
		if f.Resource != "" || !slices.Contains([]string{"", "vpc", "subnets", "interfaces"}, f.On) {
			return fmt.Errorf("flow_logs[%d]: on is vpc, subnets or interfaces, and resource stands outside a VPC only", i)
		}
		if err := f.validate(); err != nil {
			return fmt.Errorf("flow_logs[%d]: %w", i, err)
		}
	}
	return nil
}

// subnetBits is the size of a declared subnet, where the VPC is not smaller.
const subnetBits = 24

// firstHost is the last byte of the first declared interface of a subnet.
const firstHost = 10

// subnetRoom is how many interfaces a declared subnet takes.
func subnetRoom(bits int) int { return 1<<(32-bits) - firstHost - 1 }

// subnets is how many subnets the VPC gets: as many as declared, or as its interfaces
// need.
func (v *VPCSeed) subnets() int {
	if v.Subnets > 0 {
		return v.Subnets
	}
	room := subnetRoom(subnetBits)
	return (v.Interfaces + room - 1) / room
}

// resources is how many rows one VPC of the declaration makes.
func (v *VPCSeed) resources() int {
	n := 1 + v.subnets() + v.Interfaces
	for i := range v.FlowLogs {
		on := 1
		switch v.FlowLogs[i].On {
		case "subnets":
			on = v.subnets()
		case "interfaces":
			on = v.Interfaces
		}
		n += on * max(v.FlowLogs[i].Count, 1)
	}
	return n
}

func (f *FlowLogSeed) validate() error {
	destinations := 0
	for _, d := range []string{f.Group, f.Bucket, f.Stream} {
		if d != "" {
			destinations++
		}
	}
	switch {
	case destinations != 1:
		return errors.New("exactly one of group, bucket and stream is needed")
	case f.Group != "" && !logGroupName.MatchString(f.Group):
		return fmt.Errorf("%q is no log group name", f.Group)
	case !slices.Contains([]string{"", "ACCEPT", "REJECT", trafficAll}, f.Traffic):
		return fmt.Errorf("traffic %q is none of ACCEPT, REJECT, ALL", f.Traffic)
	case !slices.Contains([]string{"", deliverySuccess, deliveryFailed, "none"}, f.Delivery):
		return fmt.Errorf("delivery %q is none of SUCCESS, FAILED, none", f.Delivery)
	case !slices.Contains([]int{0, 60, 600}, f.Interval):
		return fmt.Errorf("interval %d is neither 60 nor 600", f.Interval)
	case f.ID != "" && (!resourceID.MatchString(f.ID) || !strings.HasPrefix(f.ID, "fl-") || f.Count > 1):
		return fmt.Errorf("%q is no id of a flow log, or stands with a count", f.ID)
	case bad(f.Count), bad(f.Only):
		return fmt.Errorf("count or only is below zero or above %d", maxSeeded)
	}
	return nil
}

func bad(n int) bool { return n < 0 || n > maxSeeded }
