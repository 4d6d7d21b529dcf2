package snapshot

import (
	"errors"
	"fmt"

	"flowproof/internal/inventory"
)

// notRead reports whether a row of the ledger is of something that is never read.
func notRead(t inventory.Target) bool {
	return t.Absent != inventory.Present || t.Region == inventory.AnyRegion
}

// check refuses words that no version writes: whoever judged by them would take them for something
// else, or for nothing at all.
func check(inv inventory.Inventory) error {
	if err := inv.Check(); err != nil {
		return err
	}
	if !inv.Absent.Known() {
		return fmt.Errorf("absent is %q, which is not known", inv.Absent)
	}
	for _, k := range inv.Kinds { // one that is there twice says the same twice: prove of version 1 wrote such
		if !k.Readable() {
			return fmt.Errorf("the kind %q is not known", k)
		}
	}
	for _, g := range inv.Gaps {
		if err := checkGap(g); err != nil {
			return err
		}
	}
	for _, a := range inv.Arrivals {
		if !a.Seen.Known() {
			return fmt.Errorf("an arrival of %q was seen by %q, which is not known", a.FlowLog, a.Seen)
		}
	}
	if !notRead(inv.Target) {
		return nil
	}
	if inv.Absent == inventory.Present && len(inv.Gaps) == 0 {
		return fmt.Errorf("it is of the Region %q and says nothing: such a row holds a gap, or why nothing is read", inv.Region)
	}
	return checkEmpty(inv)
}

func checkGap(g inventory.Gap) error {
	switch {
	case !g.Kind.Known():
		return fmt.Errorf("a gap is of the kind %q, which is not known", g.Kind)
	case !g.Cause.Known():
		return fmt.Errorf("a gap has the cause %q, which is not known", g.Cause)
	case g.API == "":
		return errors.New("a gap names no API")
	}
	return nil
}

// checkEmpty refuses facts in a row that is never read: nobody would look at them.
func checkEmpty(inv inventory.Inventory) error {
	facts := len(inv.VPCs) + len(inv.FlowLogs) + len(inv.Subnets) + len(inv.Interfaces) + len(inv.TransitGateways) +
		len(inv.GatewayAttachments) + len(inv.NATGateways) + len(inv.Arrivals) + len(inv.Looks) + len(inv.Samples) +
		len(inv.Named.LogGroups) + len(inv.Named.Roles) + len(inv.Named.Buckets) + len(inv.Named.Streams)
	if facts > 0 || !inv.Named.Asked.IsZero() {
		return fmt.Errorf("it holds facts, and is of %s, which is never read", inv.Scope)
	}
	return nil
}
