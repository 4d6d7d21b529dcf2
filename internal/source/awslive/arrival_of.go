package awslive

import (
	"context"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"flowproof/internal/inventory"
)

// ArrivalsOf reads the flow logs and interfaces of a scope and looks for what the chosen flow logs have
// delivered, by the same signs as any run that asks for arrivals. The configuration is one of
// LoadConfig or ConfigAt. What could not be read is in the inventory's gaps.
func ArrivalsOf(ctx context.Context, cfg aws.Config, scope inventory.Scope, now func() time.Time, chosen func(inventory.FlowLog) bool) (inventory.Inventory, error) {
	o := Options{Regions: []string{scope.Region}, Now: now}
	filter, err := parseRegions(o.Regions)
	if err != nil {
		return inventory.Inventory{}, err
	}
	s, err := newSource(o, filter, cfg)
	if err != nil {
		return inventory.Inventory{}, err
	}
	s.chosen = chosen
	kinds := []inventory.Kind{inventory.FlowLogs, inventory.Interfaces, inventory.Arriving}
	return s.Read(ctx, inventory.Target{Scope: scope}, kinds), nil
}

// looksAt reports whether the records of one of some flow logs are looked for: of all, unless a run
// chose.
func (k *search) looksAt(logs ...inventory.FlowLog) bool {
	return k.chosen == nil || slices.ContainsFunc(logs, k.chosen)
}
