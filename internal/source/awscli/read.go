package awscli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"slices"

	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"

	"flowproof/internal/inventory"
)

const (
	fileOfVPCs        = "describe-vpcs.json"
	fileOfFlowLogs    = "describe-flow-logs.json"
	fileOfSubnets     = "describe-subnets.json"
	fileOfInterfaces  = "describe-network-interfaces.json"
	fileOfGateways    = "describe-transit-gateways.json"
	fileOfAttachments = "describe-transit-gateway-attachments.json"
	fileOfNATGateways = "describe-nat-gateways.json"
	fileOfLogGroups   = "describe-log-groups.json"
)

// answer is one saved list: where it lies, what it is called inside, how it is saved.
type answer struct {
	kind    inventory.Kind
	file    string
	list    string // the key of the list in the answer
	command string // of the AWS CLI, with its service
	add     func(inv *inventory.Inventory, item []byte) error
}

// answerOf knows the file of each kind that this source can give.
func answerOf(k inventory.Kind) (answer, bool) {
	switch k {
	case inventory.VPCs:
		return answer{k, fileOfVPCs, "Vpcs", "ec2 describe-vpcs", addVPC}, true
	case inventory.FlowLogs:
		return answer{k, fileOfFlowLogs, "FlowLogs", "ec2 describe-flow-logs", addFlowLog}, true
	case inventory.Subnets:
		return answer{k, fileOfSubnets, "Subnets", "ec2 describe-subnets", addSubnet}, true
	case inventory.Interfaces:
		return answer{k, fileOfInterfaces, "NetworkInterfaces", "ec2 describe-network-interfaces", addInterface}, true
	case inventory.TransitGateways:
		return answer{k, fileOfGateways, "TransitGateways", "ec2 describe-transit-gateways", addGateway}, true
	case inventory.GatewayAttachments:
		return answer{k, fileOfAttachments, "TransitGatewayAttachments", "ec2 describe-transit-gateway-attachments", addAttachment}, true
	case inventory.NATGateways:
		return answer{k, fileOfNATGateways, "NatGateways", "ec2 describe-nat-gateways", addNATGateway}, true
	}
	return answer{}, false
}

// Read opens the files of the kinds asked for and no others. ReadAt is the newest modification
// time among them, so that a folder that stays as it is says the same for ever (copying it
// without its times, or checking it out of git, makes it look newer); zero where there is none.
func (s *Source) Read(ctx context.Context, t inventory.Target, kinds []inventory.Kind) inventory.Inventory {
	inv := inventory.Inventory{Target: t, Kinds: slices.Clone(kinds)}
	if t.Region == inventory.AnyRegion {
		return inv // there is no folder to read; its gap says so
	}
	for _, k := range kinds {
		if k == inventory.Destinations || k == inventory.DeliveryRoles {
			continue // known once the flow logs are
		}
		a, ok := answerOf(k)
		if !ok {
			inv.Fail("awscli", inventory.Incomplete, fmt.Sprintf("files saved with the AWS CLI do not hold %s: read the account itself", k), k)
			continue
		}
		s.readAnswer(ctx, &inv, a)
	}
	checkOwner(&inv)
	inv.Normalize()
	s.readReferred(ctx, &inv)
	inv.Normalize()
	return inv
}

// readAnswer adds one file to the inventory. Whatever is whole in a damaged file
// counts; the damage is a gap.
func (s *Source) readAnswer(ctx context.Context, inv *inventory.Inventory, a answer) {
	save := fmt.Sprintf("save it with: aws %s --region %s --output json > %s", a.command, inv.Region, a.file)
	fail := func(what string) {
		inv.Fail(a.file, inventory.Incomplete, what+"; "+save, a.kind)
	}
	file, err := s.open(inv, a)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		fail("the file is missing")
		return
	case err != nil:
		fail(err.Error())
		return
	}
	defer func() { _ = file.Close() }() // only read from

	pages := pagesIn(transform.NewReader(file, unicode.BOMOverride(transform.Nop)), a.list)
	err = pages.each(ctx, func(item []byte) error { return a.add(inv, item) })
	switch {
	case err != nil && ctx.Err() != nil:
		inv.Fail(a.file, inventory.Interrupted, "interrupted while the file was being read", a.kind)
		return
	case err != nil:
		fail(err.Error())
		return
	}
	for _, p := range pages.problems() {
		fail(p)
	}
}

// open opens a file of the scope and takes note of its time. Anything but a plain file is refused
// before it is opened: a pipe would hang.
func (s *Source) open(inv *inventory.Inventory, a answer) (io.ReadCloser, error) {
	name := a.file
	if !s.flat {
		name = path.Join(inv.Account, inv.Region, a.file)
	}
	info, err := s.root.Stat(name)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s is no plain file", name)
	}
	if at := info.ModTime().UTC(); at.After(inv.ReadAt) {
		inv.ReadAt = at
	}
	return s.root.Open(name)
}

// checkOwner finds answers that lie in another account's folder. There, all VPCs would be taken for
// shared ones and none would be judged. A default VPC cannot be shared (VPC sharing guide), so
// one that is foreign, among VPCs of that same owner alone, gives the mistake away.
func checkOwner(inv *inventory.Inventory) {
	if len(inv.VPCs) == 0 {
		return
	}
	owner, isDefault := inv.VPCs[0].Owner(inv.Scope), false
	for _, v := range inv.VPCs {
		if !v.Shared(inv.Scope) || v.Owner(inv.Scope) != owner {
			return
		}
		isDefault = isDefault || v.IsDefault
	}
	if isDefault {
		inv.Fail(fileOfVPCs, inventory.Incomplete, fmt.Sprintf(
			"the answer is of account %s, whose default VPC it lists, and not of %s: move it to the folder of %[1]s, or name that account with --account",
			owner, inv.Account), inventory.VPCs)
	}
}
