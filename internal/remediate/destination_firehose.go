package remediate

import (
	"fmt"
	"strings"

	"flowproof/internal/inventory"
)

// planFirehose plans flow logs to an existing stream; flowproof makes none. A stream in another
// account takes the two roles that the policy gives.
func (p *planner) planFirehose(a account) error {
	for _, s := range a.sites {
		arn := expandGroup(p.policy.Stream, s.inv.Scope, "")
		targets := p.free(s.targets, inventory.FlowLog{DestinationType: inventory.ToFirehose, Destination: arn})
		if len(targets) == 0 {
			continue
		}
		if reason := p.streamObstacle(s.inv, arn); reason != "" {
			p.skip(targets, reason)
			continue
		}
		at := p.placeInStream(s.inv, arn)
		if err := p.planFlowLogs(targets, func(target) (placement, error) { return at, nil }); err != nil {
			return err
		}
	}
	return nil
}

// streamObstacle says why a stream does not take this scope's flow logs; empty if nothing is known to
// be in the way.
func (p *planner) streamObstacle(inv *inventory.Inventory, arn string) string {
	parts := strings.SplitN(arn, ":", 6)
	stream, exists, known := inv.Stream(arn)
	switch {
	case parts[3] != inv.Region:
		return fmt.Sprintf("the stream is in %s and the VPC in %s: give a stream for each Region, with {region} in its ARN", parts[3], inv.Region)
	case parts[4] != inv.Account && p.policy.SourceRole == "":
		return fmt.Sprintf("the stream is in account %s: give --source-role and --cross-account-role", parts[4])
	case known && !exists:
		return fmt.Sprintf("there is no stream %s, and flowproof makes none", arn)
	case exists && stream.Status != "ACTIVE":
		return fmt.Sprintf("the stream %s is %s, not ACTIVE", arn, stream.Status)
	case exists && stream.Source != directPut:
		return fmt.Sprintf("the stream %s takes records from %s: flow logs need one with Direct PUT", arn, stream.Source)
	}
	return ""
}

// directPut is the type of a stream that services may write to (Firehose API reference).
const directPut = "DirectPut"

func (p *planner) placeInStream(inv *inventory.Inventory, arn string) placement {
	_, _, known := inv.Stream(arn)
	switch account := accountOfStream(arn); {
	case account != inv.Account:
		p.note(inv.Scope, arn, "the stream is in account %s and was not read: AWS refuses the flow logs if it or its role is not ready", account)
	case !known:
		p.note(inv.Scope, arn, "this stream was not read: apply looks before it makes flow logs")
	}
	return p.inStream(inv.Scope, arn)
}

// inStream is the stream as CreateFlowLogs takes it, and what must be so of one in the account itself.
func (p *planner) inStream(s inventory.Scope, arn string) placement {
	at := placement{input: map[string]any{"LogDestinationType": inventory.ToFirehose, "LogDestination": arn}}
	if accountOfStream(arn) != s.Account {
		at.input["DeliverLogsPermissionArn"] = expandGroup(p.policy.SourceRole, s, "")
		at.input["DeliverCrossAccountRole"] = p.policy.CrossAccountRole
		return at
	}
	at.expect = []Precondition{{Kind: FactStream, Resource: arn, Expect: map[string]string{"exists": "true", "status": "ACTIVE", "source": directPut}}}
	return at
}

// accountOfStream is the account in the ARN of a stream.
func accountOfStream(arn string) string { return strings.SplitN(arn, ":", 6)[4] }
